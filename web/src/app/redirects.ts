// Addresses that earlier clients published. The query and the rest of the path are kept.

import { pageOfRef } from './refs';

const table: readonly (readonly [from: string, to: string])[] = [
  ['/target-groups', '/sites/pools'],
  ['/certificates', '/sites/certificates'],
  ['/security', '/sites/protection'],
  ['/appsec', '/sites/protection'],
  ['/threats', '/sites/protection'],
  ['/hosts', '/sites'],
  ['/logs', '/explore/logs'],
  ['/notifications', '/settings/channels'],
  ['/backup', '/settings/backups'],
  ['/system', '/settings/system'],
  ['/topology', '/media/map'],
  ['/dashboard', '/'],
  ['/events', '/explore/timeline'],
  ['/admin/nodes', '/media'],
  ['/admin/users', '/settings/people'],
  ['/admin/audit', '/settings/audit'],
  ['/admin/settings', '/settings/system'],
  ['/admin', '/settings'],
  ['/ai', '/settings/models'],
];

/** The present address of a published one, or null when the path needs no redirect. */
export function redirectOf(pathname: string, search: string): string | null {
  const node = /^\/nodes\/([^/]+)(?:\/config)?\/?$/.exec(pathname);
  if (node) return `/media/nodes/${node[1]}${pathname.includes('/config') ? '/configuration' : ''}${search}`;
  if (pathname === '/nodes' || pathname === '/nodes/') return `/media${search}`;
  for (const [from, to] of table) {
    if (pathname !== from && !pathname.startsWith(`${from}/`)) continue;
    const rest = keepsRest(from) ? pathname.slice(from.length).replace(/\/$/, '') : '';
    const [path = '/', query] = to.split('?');
    const params = new URLSearchParams(search);
    for (const [k, v] of new URLSearchParams(query)) params.set(k, v);
    const text = params.toString();
    return path + rest + (text === '' ? '' : `?${text}`);
  }
  return null;
}
function keepsRest(from: string): boolean { return from === '/hosts' || from === '/target-groups' || from === '/certificates'; }

/** Old hash addresses `#/settings/auth` become paths; null when the hash is an ordinary fragment. */
export function hashRedirect(hash: string): string | null {
  if (!hash.startsWith('#/')) return null;
  const path = hash.slice(1);
  const [pathname = '/', query] = path.split('?');
  const search = query ? `?${query}` : '';
  const settings: Record<string, string> = { '/settings/auth': '/settings/account', '/settings/users': '/settings/people', '/settings/notifications': '/settings/channels', '/settings/alerts': '/incidents/rules' };
  const own = settings[pathname];
  if (own) return own + search;
  return redirectOf(pathname, search) ?? path;
}

/** Where an address leads that is no page: an old hash, `/go/<ref>`, or one that was published. */
export function redirectFor(pathname: string, search: string, hash: string): string | null {
  return hashRedirect(hash) ?? goRedirect(pathname) ?? redirectOf(pathname, search);
}
function goRedirect(pathname: string): string | null {
  if (!pathname.startsWith('/go/')) return null;
  try { return pageOfRef(decodeURIComponent(pathname.slice(4))) ?? '/inventory'; } catch { return '/inventory'; }
}
