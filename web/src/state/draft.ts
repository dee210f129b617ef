// Unfinished forms, kept on the server: they survive a reload, signing out and a restart. One key per form and object.
// Must never hold a secret: forms leave those out of what they hand over.
import { useCallback, useEffect, useRef, useState } from 'react';
import { load, send } from '../api/client';
import { paths, urls } from '../api/paths';

export interface Draft {
  /** When what is shown was written, if it came from a draft. */
  restoredAt: string | null;
  /** True once everything typed is on the server. */
  kept: boolean;
  /** The form was sent, or given up: the draft goes. */
  forget: () => void;
  /** Back to how the form began. */
  startOver: () => void;
}

const saveAfterMs = 800;

/** Takes a stored body only when every member has the kind it has in the form: it may come from an older version. */
export function readDraft<T extends object>(body: unknown, like: T): T | null {
  if (typeof body !== 'object' || body === null) return null;
  const found = new Map<string, unknown>(Object.entries(body));
  const sameKind = (a: unknown, b: unknown) => typeof a === typeof b && Array.isArray(a) === Array.isArray(b) && (a === null) === (b === null);
  const fits = Object.entries(like).every(([key, value]) => sameKind(found.get(key), value));
  // Every member was compared with the form's own.
  return fits ? Object.fromEntries(Object.keys(like).map((key) => [key, found.get(key)])) as T : null;
}

/** `value` is what the form holds now, `apply` puts other values into it. A null key keeps nothing. */
export function useDraft<T extends object>(key: string | null, value: T, apply: (value: T) => void): Draft {
  const [began] = useState(value);
  const text = JSON.stringify(value);
  const start = JSON.stringify(began);
  const latest = useRef({ text, apply, value });
  useEffect(() => { latest.current = { text, apply, value }; });
  const [restoredAt, setRestoredAt] = useState<string | null>(null);
  const stored = useRef(start);
  const [storedText, setStored] = useState(start);
  const over = useRef(false);

  const remove = useCallback(() => {
    if (key !== null) send('DELETE', urls.draft(key)).catch(() => { /* there was none, or it goes with the next one */ });
  }, [key]);
  const keep = useCallback((body: unknown, as: string) => {
    if (key === null || over.current || stored.current === as) return;
    stored.current = as;
    if (as === start) { remove(); setStored(as); return; }
    send('PUT', urls.draft(key), { body }).then(() => setStored(as), () => { stored.current = ''; });
  }, [key, start, remove]);

  useEffect(() => {
    if (key === null) return;
    let gone = false;
    load(paths.drafts).then((all) => {
      const found = all.find((d) => d.key === key);
      // What was typed meanwhile stands.
      if (gone || !found || latest.current.text !== start) return;
      const read = readDraft(found.body, began);
      if (!read || JSON.stringify(read) === start) return;
      stored.current = JSON.stringify(read);
      setStored(stored.current);
      setRestoredAt(found.updated_at);
      latest.current.apply(read);
    }, () => { /* the form works without */ });
    return () => { gone = true; };
  }, [key, start, began]);

  useEffect(() => {
    if (text === start && stored.current === start) return;
    const timer = setTimeout(() => keep(latest.current.value, text), saveAfterMs);
    return () => clearTimeout(timer);
  }, [text, start, keep]);
  // Closed before the pause was over: what was typed last is kept as well.
  useEffect(() => () => { if (latest.current.text !== start) keep(latest.current.value, latest.current.text); }, [keep, start]);

  const forget = useCallback(() => { const had = stored.current !== start; over.current = true; if (had) remove(); }, [remove, start]);
  const startOver = useCallback(() => { setRestoredAt(null); stored.current = start; setStored(start); latest.current.apply(began); remove(); }, [remove, start, began]);
  return { restoredAt, kept: text !== start && storedText === text, forget, startOver };
}
