// Follows an exploration: what changed is asked for anew, at most twice a second.
import { useEffect } from 'react';
import { openStream } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';

const names = ['page_discovered', 'flow_discovered', 'flow_validated', 'progress', 'paused', 'resumed', 'complete', 'cancelled', 'failed'];
const last = new Set(['complete', 'cancelled', 'failed']);

export function useLive(session: string, follow: boolean): void {
  useEffect(() => {
    if (!follow) return;
    const source = openStream(urls.discoveryStream(session));
    let waits: ReturnType<typeof setTimeout> | null = null;
    const now = () => { waits = null; invalidate(urls.discovery(session)); };
    const on = (e: Event) => {
      if (last.has(e.type)) { source.close(); now(); return; }
      waits ??= setTimeout(now, 500);
    };
    for (const name of names) source.addEventListener(name, on);
    return () => { source.close(); if (waits !== null) clearTimeout(waits); };
  }, [session, follow]);
}
