// Log lines as they come. The stream begins with what is stored after it was opened, so at each opening the newest page is
// asked for once more: what came between the first page and the stream, or while the connection was away, is in it.
import { useEffect, useRef, useState } from 'react';
import { load, openStream, type Get } from './client';

const refusedMs = 5_000;

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
    const begin = () => {
      const stream = openStream(url);
      opened = stream;
      setState('away');
      stream.onopen = () => {
        setState('live');
        load(latest.current.newest).then((page) => { if (!stale) latest.current.take.page(page); }, () => {});
      };
      stream.onerror = () => {
        if (stream.readyState !== EventSource.CLOSED) { setState('away'); return; }
        // The browser does not come back to a stream that was refused; a place may be free soon.
        setState('refused');
        again = setTimeout(begin, refusedMs);
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

/** The lines of `more` that `known` does not have. */
export function unknownTo<T extends { id: number }>(known: readonly T[], more: readonly T[]): T[] {
  const have = new Set(known.map((e) => e.id));
  return more.filter((e) => !have.has(e.id));
}
