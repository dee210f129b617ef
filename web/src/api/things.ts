// Things as they change: one stream per tab while a page shows some, patched into what is cached. What a patch cannot
// say (counts, links, whether a row still matches its filter) is asked for again, at most every two seconds.
import { useEffect } from 'react';
import { createStore, useStore } from '../state/store';
import { openStream } from './client';
import { urls } from './paths';
import { invalidate, patchUnder } from './resource';
import type { Thing, ThingDetail, ThingPatch, Things } from './shapes';

const listPath = '/api/ui/inventory?';
const thingPath = '/api/ui/things/';
const askAgainMs = 2_000;

/** The thing after the change; the same object when it is older than what is known or of another thing. */
export function patched<T extends Thing>(thing: T, patch: ThingPatch): T {
  if (thing.ref !== patch.ref || patch.rev <= thing.rev) return thing;
  return { ...thing, ...patch.fields, rev: patch.rev, gone_at: patch.gone ? patch.at : null };
}

export function patchedList(list: Things, patch: ThingPatch): Things {
  const items = list.items.map((x) => patched(x, patch));
  return items.every((x, i) => x === list.items[i]) ? list : { ...list, items };
}

const connected = createStore(false);
let source: EventSource | null = null;
let readers = 0;
let again: ReturnType<typeof setTimeout> | null = null;

function askAgain() {
  if (again !== null) return;
  again = setTimeout(() => { again = null; invalidate(listPath, thingPath); }, askAgainMs);
}
function take(event: MessageEvent<string>) {
  let patch: ThingPatch;
  try { patch = JSON.parse(event.data); } catch { return; }
  patchUnder<Things>(listPath, (list) => patchedList(list, patch));
  // The timeline of a thing lies under the same path and is a list.
  patchUnder<ThingDetail>(thingPath, (thing) => (Array.isArray(thing) ? thing : patched(thing, patch)));
  askAgain();
}
function open() {
  const opened = openStream(urls.thingStream);
  source = opened;
  opened.addEventListener('ready', () => connected.set(true));
  opened.addEventListener('reset', () => { connected.set(true); askAgain(); });
  opened.addEventListener('thing', take);
  opened.onerror = () => connected.set(false);
}
function close() { source?.close(); source = null; connected.set(false); }
const onVisible = () => { if (document.visibilityState === 'hidden') close(); else if (!source) { open(); askAgain(); } };

/** Follows things while the component is shown; true while changes arrive by themselves. */
export function useThingStream(): boolean {
  useEffect(() => {
    readers += 1;
    if (readers === 1) { open(); document.addEventListener('visibilitychange', onVisible); }
    return () => {
      readers -= 1;
      if (readers > 0) return;
      document.removeEventListener('visibilitychange', onVisible);
      close();
    };
  }, []);
  return useStore(connected);
}
