// The route table: address, chunk, messages, title. A page is loaded with its messages, then shown. Home and signing in
// are known at once; the table of all other pages follows when it is needed or the browser is idle.
import type { ComponentType } from 'react';
import type { PlainKey, Namespace } from '../i18n';
import { createStore } from '../state/store';
import type { Params } from './router';

export interface PageProps { params: Params }
export interface RouteDef {
  path: string; title: PlainKey; load: () => Promise<{ default: ComponentType<PageProps> }>; messages: readonly Namespace[];
  /** Reachable without a session, drawn without the shell. */
  bare?: boolean;
}

export const firstRoutes: readonly RouteDef[] = [
  { path: '/login', title: 'nav.login', load: () => import('../pages/entry/LoginPage'), messages: ['entry'], bare: true },
  { path: '/welcome', title: 'nav.welcome', load: () => import('../pages/entry/WelcomePage'), messages: ['entry'], bare: true },
  { path: '/setup', title: 'nav.welcome', load: () => import('../pages/entry/WelcomePage'), messages: ['entry'], bare: true },
  { path: '/', title: 'nav.home', load: () => import('../pages/home/HomePage'), messages: ['home'] },
];

/** `complete` says whether an address without a match is no page at all. */
export const routeTable = createStore<{ routes: readonly RouteDef[]; complete: boolean }>({ routes: firstRoutes, complete: false });

export async function loadRoutes(): Promise<void> {
  if (routeTable.get().complete) return;
  const { routes } = await import('./all-routes');
  routeTable.set({ routes, complete: true });
}
