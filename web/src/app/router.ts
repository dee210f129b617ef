// Addresses. A path is matched against the route table; the query belongs to the page and survives reloads.
// Back restores the scroll position.
import { useCallback, useSyncExternalStore } from 'react';

export interface Place { pathname: string; search: string; hash: string; key: string }
export type Params = Readonly<Record<string, string>>;

const listeners = new Set<() => void>();
const scrolls = new Map<string, number>();
let counter = 0;

function read(): Place {
  const state: unknown = history.state;
  const key = typeof state === 'object' && state !== null && 'key' in state ? String(state.key) : 'first';
  return { pathname: location.pathname, search: location.search, hash: location.hash, key };
}
let place: Place | null = null;
export function here(): Place { place ??= read(); return place; }

function changed() { place = read(); for (const l of [...listeners]) l(); }

export interface NavigateOptions { replace?: boolean; keepScroll?: boolean }
export function navigate(to: string, options: NavigateOptions = {}): void {
  const target = new URL(to, location.href);
  if (target.origin !== location.origin) { location.assign(target.href); return; }
  const samePath = target.pathname === here().pathname;
  scrolls.set(here().key, window.scrollY);
  counter += 1;
  const key = `${Date.now().toString(36)}${counter}`;
  const href = target.pathname + target.search + target.hash;
  if (options.replace) history.replaceState({ key: samePath ? here().key : key }, '', href);
  else history.pushState({ key }, '', href);
  changed();
  if (!samePath && !options.keepScroll) window.scrollTo(0, 0);
}
export function back(): void { history.back(); }

export function startRouter(): void {
  history.scrollRestoration = 'manual';
  window.addEventListener('popstate', () => {
    const left = place?.key;
    if (left) scrolls.set(left, window.scrollY);
    changed();
    const y = scrolls.get(here().key) ?? 0;
    // The page may need a moment for its cached data to give it height again.
    requestAnimationFrame(() => { window.scrollTo(0, y); setTimeout(() => { if (Math.abs(window.scrollY - y) > 4) window.scrollTo(0, y); }, 120); });
  });
}

function subscribe(listener: () => void) { listeners.add(listener); return () => { listeners.delete(listener); }; }
export function usePlace(): Place { return useSyncExternalStore(subscribe, here); }

/** One query parameter as state. Empty or default removes it from the address. */
export function useQueryParam(name: string, initial = ''): [string, (value: string, push?: boolean) => void] {
  const value = new URLSearchParams(usePlace().search).get(name) ?? initial;
  const set = useCallback((next: string, push = false) => {
    const url = new URL(location.href);
    if (next === '' || next === initial) url.searchParams.delete(name); else url.searchParams.set(name, next);
    navigate(url.pathname + url.search + url.hash, { replace: !push, keepScroll: true });
  }, [name, initial]);
  return [value, set];
}

export interface Match<R> { route: R; params: Params }

/** Matches `/machines/:host/:tab?`; a trailing slash is ignored, segments are decoded once. */
export function matchRoute<R extends { path: string }>(routes: readonly R[], pathname: string): Match<R> | null {
  const parts = pathname.split('/').filter((p) => p !== '');
  for (const route of routes) {
    const pattern = route.path.split('/').filter((p) => p !== '');
    const params: Record<string, string> = {};
    let i = 0;
    let ok = true;
    for (const piece of pattern) {
      const optional = piece.endsWith('?');
      const part = parts[i];
      if (piece.startsWith(':')) {
        if (part === undefined) { if (!optional) ok = false; continue; }
        params[piece.slice(1, optional ? -1 : undefined)] = decode(part);
        i += 1;
      } else if (part === piece) i += 1;
      else { ok = false; break; }
    }
    if (ok && i === parts.length) return { route, params };
  }
  return null;
}
function decode(part: string): string { try { return decodeURIComponent(part); } catch { return part; } }
