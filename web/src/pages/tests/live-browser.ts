// The socket of a browser that is driven from here: pictures and states in, what is done out.
import { useCallback, useEffect, useRef, useState } from 'react';
import { urls } from '../../api/paths';
import type { Json } from '../../api/testing';

export interface LiveState { url: string; title: string; steps: Json[]; recording: boolean; problem: string | null; closed: boolean }

export function useLiveBrowser(id: string) {
  const [state, setState] = useState<LiveState | null>(null);
  const [picture, setPicture] = useState<string | null>(null);
  const [open, setOpen] = useState(true);
  const socket = useRef<WebSocket | null>(null);
  useEffect(() => {
    const mine = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${urls.browserLive(id)}`);
    let shown: string | null = null;
    mine.binaryType = 'blob';
    mine.onmessage = (message: MessageEvent<string | Blob>) => {
      if (typeof message.data === 'string') { setState(JSON.parse(message.data) as LiveState); return; }
      const next = URL.createObjectURL(new Blob([message.data], { type: 'image/jpeg' }));
      setPicture(next);
      if (shown) URL.revokeObjectURL(shown);
      shown = next;
    };
    mine.onclose = () => setOpen(false);
    socket.current = mine;
    return () => { mine.close(); if (shown) URL.revokeObjectURL(shown); };
  }, [id]);
  const touch = useCallback((what: Json) => { if (socket.current?.readyState === WebSocket.OPEN) socket.current.send(JSON.stringify(what)); }, []);
  return { state, picture, touch, open };
}
