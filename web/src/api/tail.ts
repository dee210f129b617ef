// Log lines as they come. The stream begins with what is stored after it was opened, so at each opening the newest page is
// asked for once more: what came between the first page and the stream, or while the connection was away, is in it.
import { useEffect, useRef, useState } from 'react';
import { load, openStream, type Get } from './client';

/** Pauses before a refused stream is asked for again. */
const refusedMs = 5_000;
const refusedMsMax = 30_000;

/** `refused` while the server takes no further stream. */
export type TailState = 'off' | 'away' | 'live' | 'refused';

interface Lines<T> { entries: readonly T[]; total_count: number }

/** Follows `url` (null: does not) and gives each line on; `newest` is the page that closes the gap. */
export function useTail<T>(url: string | null, newest: Get<Lines<T>>, take: { line: (entry: T) => void; page: (page: Lines<T>) => void }): TailState {
  const [state, setState] = useState<TailState>('off');
  const latest = useRef({ newest, take });
  latest.current = { newest, take };
  useEffect(() => {
    if (url === null) return;
    let stale = false;
    let opened: EventSource | null = null;
    let again: ReturnType<typeof setTimeout> | null = null;
    let pause = refusedMs;
    const begin = () => {
      const stream = openStream(url);
      opened = stream;
      // What was refused stays so until it is not: a state that blinks says nothing.
      setState((now) => (now === 'refused' ? now : 'away'));
      stream.onopen = () => {
        pause = refusedMs;
        setState('live');
        load(latest.current.newest).then((page) => { if (!stale) latest.current.take.page(page); }, () => {});
      };
      stream.onerror = () => {
        if (stream.readyState !== EventSource.CLOSED) { setState('away'); return; }
        // The browser does not come back to a stream that was refused, and does not say why. Who may read the page has too
        // many streams, and a place may be free soon; an ended session shows itself by the page.
        // Its answer may come when the next stream is open already: then it says nothing of that one.
        const say = (why: TailState) => { if (!stale && opened === stream) setState(why); };
        load(latest.current.newest).then(() => say('refused'), () => say('away'));
        again = setTimeout(begin, pause);
        pause = Math.min(pause * 2, refusedMsMax);
      };
      stream.addEventListener('entry', (e) => {
        let entry: T;
        try { entry = JSON.parse(e.data) as T; } catch { return; }
        latest.current.take.line(entry);
      });
    };
    begin();
    return () => { stale = true; opened?.close(); if (again) clearTimeout(again); setState('off'); };
  }, [url]);
  return state;
}

/** A timestamp that compares as text: the server leaves out the digits of a fraction that are zero. */
const moment = (timestamp: string) => timestamp.replace(/(?:\.(\d+))?Z$/, (_, fraction: string | undefined) => `.${(fraction ?? '').padEnd(9, '0')}Z`);

/**
 * What is shown after the newest page (newest first) came beside what was shown before, oldest first. A full page of which
 * nothing is known may have a hole before it that nothing could fill: then it begins anew.
 */
export function withNewest<T extends { id: number; timestamp: string }>(old: readonly T[], page: readonly T[], pageSize: number): { lines: T[]; anew: boolean } {
  const have = new Set(old.map((e) => e.id));
  const more = page.filter((e) => !have.has(e.id));
  const anew = old.length > 0 && more.length === page.length && page.length >= pageSize;
  const lines = anew ? [...more] : [...old, ...more];
  return { lines: lines.sort((a, b) => { const [x, y] = [moment(a.timestamp), moment(b.timestamp)]; return x === y ? a.id - b.id : x < y ? -1 : 1; }), anew };
}
