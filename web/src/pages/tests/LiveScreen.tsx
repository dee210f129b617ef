// The picture of a browser that is driven from here, which takes the mouse and the keys, and its bar.
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { Json } from '../../api/testing';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import type { LiveState, LiveTab } from './live-browser';

export interface View { width: number; height: number }

export function Bar({ state, touch, over, children }: { state: LiveState | null; touch: (what: Json) => void; over: boolean; children?: ReactNode }) {
  const t = useT();
  const [typed, setTyped] = useState<string | null>(null);
  const go = () => { if (typed) touch({ type: 'goto', url: /^https?:/.test(typed) ? typed : `https://${typed}` }); setTyped(null); };
  return (
    <form className="live-bar" onSubmit={(e) => { e.preventDefault(); go(); }}>
      <Button small kind="quiet" icon="chevron-left" label={t('healing.live.back')} disabled={over} onClick={() => touch({ type: 'back' })}>{''}</Button>
      <Button small kind="quiet" icon="refresh" label={t('healing.live.reload')} disabled={over} onClick={() => touch({ type: 'reload' })}>{''}</Button>
      <input className="input mono" aria-label={t('testing.address')} value={typed ?? state?.url ?? ''} onChange={(e) => setTyped(e.target.value)} onBlur={() => setTyped(null)} disabled={over} spellCheck={false} autoCapitalize="none" />
      {children}
    </form>
  );
}

/** What a tab is called: its title, else what of its address says most. */
const tabName = (tab: LiveTab) => tab.title || tab.url.replace(/^https?:\/\//, '') || '…';

/** The tabs that pages and people opened; nothing for a single one unless a person may open more. */
export function TabStrip({ tabs, touch, over, grows = false }: { tabs: readonly LiveTab[]; touch: (what: Json) => void; over: boolean; grows?: boolean }) {
  const t = useT();
  if (tabs.length < 2 && !grows) return null;
  return (
    <nav className="live-tabs" aria-label={t('healing.live.tabs')}>
      {tabs.map((tab, index) => (
        <span key={index} className={tab.active ? 'live-tab live-tab-on' : 'live-tab'}>
          <button type="button" aria-current={tab.active ? 'page' : undefined} title={tab.url} disabled={over} onClick={() => touch({ type: 'tab', index })}><bdi>{tabName(tab)}</bdi></button>
          {tabs.length > 1 ? <Button small kind="quiet" icon="close" label={t('healing.live.closeTab', { name: tabName(tab) })} disabled={over} onClick={() => touch({ type: 'closetab', index })} /> : null}
        </span>
      ))}
      {grows ? <Button small kind="quiet" icon="plus" label={t('healing.live.newTab')} disabled={over} onClick={() => touch({ type: 'newtab' })} /> : null}
    </nav>
  );
}

/** Where an area lies in the picture, whatever its size. */
function share(a: Area, view: View) {
  const of = (n: number, all: number) => `${(n / all) * 100}%`;
  return { insetInlineStart: of(a.x, view.width), insetBlockStart: of(a.y, view.height), inlineSize: of(a.width, view.width), blockSize: of(a.height, view.height) };
}

const buttons = ['left', 'middle', 'right'] as const;

export interface Place { x: number; y: number }
export interface Area extends Place { width: number; height: number }

/** With `onPick` the next click points at an element instead of reaching the page; `area` is marked in the picture. */
export function Screen({ picture, view, touch, onPick, area }: { picture: string | null; view: View; touch: (what: Json) => void; onPick?: ((at: Place) => void) | undefined; area?: Area | null }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const moved = useRef(0);
  const picked = useRef(false);
  const at = (e: { clientX: number; clientY: number }) => {
    const r = box.current?.getBoundingClientRect();
    return r ? { x: Math.round(((e.clientX - r.left) / r.width) * view.width), y: Math.round(((e.clientY - r.top) / r.height) * view.height) } : { x: 0, y: 0 };
  };
  const mouse = (event: 'move' | 'down' | 'up') => (e: PointerEvent) => {
    if (onPick) { if (event === 'down') { e.preventDefault(); picked.current = true; onPick(at(e)); } return; }
    if (event === 'up' && picked.current) { picked.current = false; return; }
    if (event === 'move') {
      if (e.timeStamp - moved.current < 60) return;
      moved.current = e.timeStamp;
    } else if (event === 'down') { picked.current = false; box.current?.focus(); e.preventDefault(); }
    touch({ type: 'mouse', event, ...at(e), button: buttons[event === 'move' ? 0 : e.button] ?? 'left' });
  };
  const key = (e: KeyboardEvent) => {
    // Tab stays the way out for whoever has only keys; Control+Tab goes into the page.
    if (e.nativeEvent.isComposing || e.metaKey || ['Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'Dead', 'Unidentified'].includes(e.key) || (e.key === 'Tab' && !e.ctrlKey)) return;
    e.preventDefault();
    e.stopPropagation();
    if (e.key.length === 1 && !e.ctrlKey && !e.altKey) touch({ type: 'text', text: e.key });
    else if (e.key === 'Tab') touch({ type: 'key', key: 'Tab' });
    else touch({ type: 'key', key: `${e.ctrlKey ? 'Control+' : ''}${e.altKey ? 'Alt+' : ''}${e.shiftKey ? 'Shift+' : ''}${e.key === ' ' ? 'Space' : e.key}` });
  };
  useEffect(() => {
    const screen = box.current;
    // React hears wheels passively, and the page around must not scroll along.
    const wheel = (e: WheelEvent) => { e.preventDefault(); touch({ type: 'wheel', ...at(e), delta_x: e.deltaX, delta_y: e.deltaY }); };
    screen?.addEventListener('wheel', wheel, { passive: false });
    return () => screen?.removeEventListener('wheel', wheel);
  });
  return (
    <div ref={box} role="application" aria-label={t('healing.live.screen')} tabIndex={0} className={onPick ? 'live-screen live-picking' : 'live-screen'} style={{ aspectRatio: `${view.width} / ${view.height}`, '--view': `${view.width}px`, '--ratio': view.width / view.height } as React.CSSProperties} onPointerDown={mouse('down')} onPointerUp={mouse('up')} onPointerMove={mouse('move')} onContextMenu={(e) => e.preventDefault()} onKeyDown={key} onPaste={(e) => { e.preventDefault(); touch({ type: 'text', text: e.clipboardData.getData('text/plain').slice(0, 2000) }); }}>
      {picture ? <img src={picture} alt="" draggable={false} /> : <p className="faint">{t('healing.live.wait')}</p>}
      {area ? <span className="live-area" style={share(area, view)} /> : null}
    </div>
  );
}
