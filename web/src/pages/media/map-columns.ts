// Which column a thing of the media map stands in: an edge that only receives from other nodes stands on their far side.
import type { Topology } from '../../api/media';

export type ColumnId = 'sources' | 'senders' | 'relays' | 'receivers' | 'destinations';
export interface MapItem { id: string; label: string; detail: string; node?: Topology['nodes'][number] }
export interface MapColumn { id: ColumnId; items: MapItem[] }

const byLabel = (a: MapItem, b: MapItem) => a.label.localeCompare(b.label);

export function columnsOf(map: Topology): MapColumn[] {
  const own = new Set(map.nodes.map((n) => n.id));
  const relays = new Set(map.nodes.filter((n) => n.device_type === 'relay').map((n) => n.id));
  const receives = (id: string) => map.links.some((l) => l.to === id && own.has(l.from));
  const sends = (id: string) => map.links.some((l) => l.from === id && own.has(l.to));
  const item = (n: Topology['nodes'][number]): MapItem => ({ id: n.id, label: n.name, detail: '', node: n });
  const edges = map.nodes.filter((n) => !relays.has(n.id));
  const far = (id: string) => receives(id) && !sends(id);
  const ext = (side: 'source' | 'destination') => map.externals.filter((e) => e.side === side).map((e) => ({ id: e.id, label: e.label, detail: e.protocol.toUpperCase() }));
  const columns: MapColumn[] = [
    { id: 'sources', items: ext('source') }, { id: 'senders', items: edges.filter((n) => !far(n.id)).map(item) }, { id: 'relays', items: map.nodes.filter((n) => relays.has(n.id)).map(item) },
    { id: 'receivers', items: edges.filter((n) => far(n.id)).map(item) }, { id: 'destinations', items: ext('destination') },
  ];
  return columns.filter((c) => c.items.length > 0).map((c) => ({ ...c, items: c.items.sort(byLabel) }));
}
