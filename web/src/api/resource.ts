// Cached GETs: one request per address however many components ask, stale data shown at once with its age,
// refreshed on demand or on an interval while somebody looks. Nothing here polls in a hidden tab.
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { type ApiError, asApiError, type Get, load } from './client';

export interface Resource<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  /** Milliseconds of the last good answer; null before the first. */
  readonly at: number | null;
  readonly loading: boolean;
}
interface Entry {
  state: Resource<unknown>; listeners: Set<() => void>; running: Promise<void> | null; usedAt: number;
  /** Changed while a request was under way: its answer may be the one from before. */
  outdated: boolean;
}

const idle: Resource<never> = { data: undefined, error: undefined, at: null, loading: false };
const entries = new Map<string, Entry>();
const capacity = 120;
const freshMs = 4_000;

function entryOf(url: string): Entry {
  let entry = entries.get(url);
  if (!entry) {
    if (entries.size >= capacity) {
      const victims = [...entries].filter(([, e]) => e.listeners.size === 0).sort((a, b) => a[1].usedAt - b[1].usedAt).slice(0, 30);
      for (const [key] of victims) entries.delete(key);
    }
    entry = { state: idle, listeners: new Set(), running: null, usedAt: Date.now(), outdated: false };
    entries.set(url, entry);
  }
  return entry;
}

function update(entry: Entry, change: Partial<Resource<unknown>>) {
  entry.state = { ...entry.state, ...change };
  for (const listener of [...entry.listeners]) listener();
}

/** Holds the entry of an address while somebody looks at it; returns the release. */
export function watch(url: string, listener: () => void): () => void {
  const entry = entryOf(url);
  entry.listeners.add(listener);
  entry.usedAt = Date.now();
  return () => { entry.listeners.delete(listener); };
}

/** The last answer under an address. */
export function answerOf<T>(get: Get<T>): T | undefined { return entries.get(get.url)?.state.data as T | undefined; }

/** Fetches now; concurrent calls share the request. */
export function refresh<T>(get: Get<T>): Promise<void> {
  const entry = entryOf(get.url);
  if (entry.running) return entry.running;
  entry.outdated = false;
  update(entry, { loading: true });
  entry.running = load(get)
    .then((data) => update(entry, { data, error: undefined, at: Date.now(), loading: false }), (cause: unknown) => update(entry, { error: asApiError(cause), loading: false }))
    .finally(() => { entry.running = null; })
    .then(() => (entry.outdated ? refresh(get) : undefined));
  return entry.running;
}

/** Marks everything under a path prefix as old; what is on screen is fetched again. */
export function invalidate(...prefixes: string[]): void {
  for (const [url, entry] of entries) {
    if (!prefixes.some((p) => url.startsWith(p))) continue;
    if (entry.listeners.size === 0) { entries.delete(url); continue; }
    if (entry.running) entry.outdated = true;
    else void refresh({ url, ...(textUrls.has(url) ? { as: 'text' as const } : {}) });
  }
}
const textUrls = new Set<string>();

/** Changes a cached answer at once (optimistic update). */
export function patchResource<T>(get: Get<T>, change: (data: T) => T): void {
  const entry = entries.get(get.url);
  // The entry under this address holds T by construction of paths.ts.
  if (entry?.state.data !== undefined) update(entry, { data: change(entry.state.data as T) });
}

/** The same for every cached answer under a path prefix, whose form the caller knows. */
export function patchUnder<T>(prefix: string, change: (data: T) => T): void {
  for (const [url, entry] of entries) {
    if (!url.startsWith(prefix) || entry.state.data === undefined) continue;
    const next = change(entry.state.data as T);
    if (!Object.is(next, entry.state.data)) update(entry, { data: next });
  }
}

export function clearResources(): void { for (const entry of entries.values()) update(entry, idle); entries.clear(); }

export function useResource<T>(get: Get<T> | null, options: { everyMs?: number } = {}): Resource<T> & { reload: () => void } {
  const url = get?.url ?? null;
  const as = get?.as;
  const everyMs = options.everyMs ?? 0;
  const subscribe = useCallback((listener: () => void) => (url === null ? () => {} : watch(url, listener)), [url]);
  // The cache is keyed by address and the address fixes the reply type.
  const state = useSyncExternalStore(subscribe, () => (url === null ? idle : entryOf(url).state)) as Resource<T>;

  const reload = useCallback(() => { if (url !== null) void refresh({ url, ...(as ? { as } : {}) }); }, [url, as]);
  useEffect(() => {
    if (url === null) return;
    if (as === 'text') textUrls.add(url);
    const entry = entryOf(url);
    if (entry.state.at === null || Date.now() - entry.state.at > freshMs) reload();
    if (everyMs <= 0) return;
    const timer = setInterval(() => { if (document.visibilityState === 'visible') reload(); }, everyMs);
    const onVisible = () => { if (document.visibilityState === 'visible' && Date.now() - (entry.state.at ?? 0) > everyMs) reload(); };
    document.addEventListener('visibilitychange', onVisible);
    return () => { clearInterval(timer); document.removeEventListener('visibilitychange', onVisible); };
  }, [url, as, everyMs, reload]);
  return { ...state, reload };
}
