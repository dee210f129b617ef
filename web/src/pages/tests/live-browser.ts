// The socket of a browser that is driven from here: pictures and states in, what is done out. One that was refused or broke off is
// opened again for as long as the browser is there: a window that went dark once must not stay dark.
import { useCallback, useEffect, useRef, useState } from 'react';
import { asApiError, load } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Json } from '../../api/testing';
import { retryDelay } from '../../app/stream';

export interface LiveTab { url: string; title: string; active: boolean }
export interface LiveState { url: string; title: string; tabs: LiveTab[]; steps: Json[]; recording: boolean; problem: string | null; closed: boolean }
/** `lost`: the way to the browser is broken and tried again; `over`: there is no browser any more. */
export type LiveWay = 'open' | 'lost' | 'over';

export function useLiveBrowser(id: string) {
  const [state, setState] = useState<LiveState | null>(null);
  const [picture, setPicture] = useState<string | null>(null);
  const [way, setWay] = useState<LiveWay>('open');
  const socket = useRef<WebSocket | null>(null);
  useEffect(() => {
    let gone = false;
    let shown: string | null = null;
    let tries = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => { setWay('lost'); timer = setTimeout(() => void again(), retryDelay(tries, Math.random())); tries += 1; };
    /** A socket does not say why it was refused: whether there still is a browser is asked. */
    const again = async () => {
      try { await load(paths.browserSession(id)); } catch (e) {
        if (gone) return;
        if (asApiError(e).status === 404) setWay('over'); else later();
        return;
      }
      if (!gone) open();
    };
    const open = () => {
      const mine = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${urls.browserLive(id)}`);
      let ended = false;
      mine.binaryType = 'blob';
      mine.onmessage = (message: MessageEvent<string | Blob>) => {
        tries = 0;
        setWay('open');
        if (typeof message.data === 'string') {
          const now = JSON.parse(message.data) as LiveState;
          ended = now.closed;
          setState(now);
          return;
        }
        const next = URL.createObjectURL(new Blob([message.data], { type: 'image/jpeg' }));
        setPicture(next);
        if (shown) URL.revokeObjectURL(shown);
        shown = next;
      };
      mine.onclose = () => { if (gone) return; if (ended) setWay('over'); else later(); };
      socket.current = mine;
    };
    open();
    return () => { gone = true; clearTimeout(timer); socket.current?.close(); if (shown) URL.revokeObjectURL(shown); };
  }, [id]);
  const touch = useCallback((what: Json) => { if (socket.current?.readyState === WebSocket.OPEN) socket.current.send(JSON.stringify(what)); }, []);
  return { state, picture, touch, way };
}
