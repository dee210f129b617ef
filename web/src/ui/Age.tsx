// How old something is, kept current by one shared timer; the exact time is in the title.
import { useSyncExternalStore } from 'react';
import { ago, exactTime, toMillis } from '../format/time';
import { useT } from '../i18n';

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;
function subscribe(l: () => void) {
  listeners.add(l);
  timer ??= setInterval(() => { now = Date.now(); for (const x of listeners) x(); }, 5_000);
  return () => { listeners.delete(l); if (listeners.size === 0 && timer) { clearInterval(timer); timer = null; } };
}
/** Current time in steps of five seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => { if (listeners.size === 0) now = Date.now(); return now; });
}

export function Age({ at }: { at: number | string | null | undefined }) {
  const t = useT();
  const current = useNow();
  const ms = toMillis(at);
  if (ms === null) return <span className="faint">{t('core.never')}</span>;
  // A clock a little ahead of ours must not read "in 3 s".
  const shown = ms > current && ms < current + 60_000 ? current : ms;
  return <time className="num nowrap" dateTime={new Date(ms).toISOString()} title={exactTime(ms)}>{ago(shown, current)}</time>;
}
