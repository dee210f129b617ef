// References of things and the pages they lead to.

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
