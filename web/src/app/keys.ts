// The keyboard map: global keys, page keys, and `g` + letter. Single keys are dead in fields and can be switched off.
import { useEffect, useRef } from 'react';
import type { PlainKey } from '../i18n';
import { preferences } from '../state/preferences';
import { createStore } from '../state/store';

export interface KeyBinding { keys: string; label: PlainKey; run: (event: KeyboardEvent) => void }

const stack = createStore<readonly (readonly KeyBinding[])[]>([]);
export const keyBindings = stack;
let pendingG = 0;

/** Text form of an event: `Ctrl+k`, `Alt+j`, `g h`, `?`, `Escape`. Meta counts as Ctrl. */
export function keyName(e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  return `${e.ctrlKey || e.metaKey ? 'Ctrl+' : ''}${e.altKey ? 'Alt+' : ''}${key}`;
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select');
}

function onKey(e: KeyboardEvent) {
  if (e.defaultPrevented || e.isComposing) return;
  const name = keyName(e);
  const modified = name.startsWith('Ctrl+') || name.startsWith('Alt+') || name === 'Escape' || name === 'F6';
  if (!modified && (isTyping(e.target) || !preferences.get().singleKeys)) return;
  const now = Date.now();
  const full = !modified && now - pendingG < 1200 && name !== 'g' ? `g ${name}` : name;
  pendingG = name === 'g' ? now : 0;
  const layers = stack.get();
  for (let i = layers.length - 1; i >= 0; i -= 1) {
    const hit = layers[i]?.find((b) => b.keys === full);
    if (hit) { e.preventDefault(); hit.run(e); return; }
  }
}

export function startKeys(): void { document.addEventListener('keydown', onKey); }

/** Registers page keys while the component is mounted; the newest layer wins. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  const latest = useRef(bindings);
  useEffect(() => { latest.current = bindings; });
  const names = bindings.map((b) => b.keys).join('\n');
  useEffect(() => {
    const layer: KeyBinding[] = names === '' ? [] : names.split('\n').map((keys, i) => ({
      keys,
      get label() { return latest.current[i]?.label ?? 'core.help'; },
      run: (e) => latest.current[i]?.run(e),
    }));
    stack.set((s) => [...s, layer]);
    return () => stack.set((s) => s.filter((l) => l !== layer));
  }, [names]);
}
