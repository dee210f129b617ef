// Addresses that earlier clients published. The query and the rest of the path are kept.

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
  ['/topology', '/map?layer=media'],
  ['/dashboard', '/'],
  ['/events', '/explore/timeline'],
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

/** `/go/<ref>`: the page of a thing by its reference. Null when the kind has no page yet. */
export function pageOfRef(ref: string): string | null {
  const at = ref.indexOf(':');
  if (at < 0) return null;
  const id = ref.slice(at + 1);
  const kind = ref.slice(0, at);
  const enc = encodeURIComponent;
  switch (kind) {
    case 'machine': case 'host': return `/machines/${enc(id)}`;
    case 'service': { const [host, unit] = split(id); return unit ? `/machines/${enc(host)}/services?q=${enc(unit)}` : `/machines/local/services?q=${enc(id)}`; }
    case 'disk': { const [host, mount] = split(id); return mount ? `/machines/${enc(host)}/disks` : '/machines/local/disks'; }
    case 'rule': return `/incidents/rules?q=${enc(id)}`;
    case 'incident': return `/incidents/${enc(id)}`;
    case 'alert': return `/incidents?q=${enc(id)}`;
    case 'user': return `/settings/people?q=${enc(id)}`;
    case 'setting': return `/settings/system?q=${enc(id)}`;
    case 'channel': return '/settings/channels';
    case 'job': return '/settings/system/jobs';
    case 'power_device': case 'ups': return `/power/${enc(id)}`;
    case 'site': return `/sites/${enc(id)}`;
    case 'filesystem': case 'interface': case 'container': case 'pdu': case 'sensor': case 'bmc': return `/inventory/${enc(ref)}`;
    default: return null;
  }
}
function split(id: string): [string, string | undefined] { const i = id.indexOf('/'); return i < 0 ? [id, undefined] : [id.slice(0, i), id.slice(i + 1)]; }
