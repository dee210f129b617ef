// Every thing this server knows of itself: machine, disks, services, containers, interfaces, from the live picture.
import { useMemo } from 'react';
import { navigate, useQueryParam } from '../../app/router';
import { bytes, joined } from '../../format/numbers';
import { type PlainKey, useT } from '../../i18n';
import { useStats } from '../../state/live';
import { levelOf, rank, severityOf, type Status, statusOf, worst } from '../../state/status';
import { Segmented } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Icon, type IconName, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Skeleton } from '../../ui/StateBlock';
import { toggleToken } from '../../state/filter';

type Kind = 'machine' | 'disk' | 'service' | 'container' | 'interface';
interface Thing { ref: string; kind: Kind; name: string; status: Status; word: string; detail: string; to: string }
const kinds: readonly { id: Kind; icon: IconName; label: PlainKey }[] = [{ id: 'machine', icon: 'server', label: 'kind.machine' }, { id: 'service', icon: 'gear', label: 'kind.service' }, { id: 'disk', icon: 'disk', label: 'kind.disk' }, { id: 'container', icon: 'package', label: 'kind.container' }, { id: 'interface', icon: 'network', label: 'kind.interface' }];
const keyOf = (x: Thing) => x.ref;

export default function InventoryPage() {
  const t = useT();
  const stats = useStats((s) => s);
  const [filter, setFilter] = useQueryParam('q');
  const things = useMemo((): Thing[] => {
    if (!stats) return [];
    const host = stats.hostname ?? 'local';
    const own = (stats.alerts ?? []).map((a) => severityOf(a.severity ?? a.level));
    const state: Status = own.length === 0 ? 'ok' : worst(own);
    const list: Thing[] = [{ ref: `machine:${host}`, kind: 'machine', name: host, status: state, word: t(`status.${state}`), detail: [stats.osName, stats.defaultIp].filter(Boolean).join(', '), to: '/machines/local' }];
    for (const s of stats.services ?? []) list.push({ ref: `service:${host}/${s.name}`, kind: 'service', name: s.name, status: statusOf(s.status), word: s.status, detail: '', to: `/machines/local/services?q=${encodeURIComponent(s.name)}` });
    for (const d of stats.disks ?? []) { const level = levelOf(d.percent, 80, 90); list.push({ ref: `disk:${host}${d.mount}`, kind: 'disk', name: d.mount, status: level, word: `${d.percent} %`, detail: typeof d.total_bytes === 'number' ? joined(bytes(d.total_bytes)) : d.total, to: '/machines/local/disks' }); }
    for (const c of stats.containers ?? []) list.push({ ref: `container:${host}/${c.name}`, kind: 'container', name: c.name, status: statusOf(c.state), word: c.state, detail: c.image, to: '/machines/local' });
    for (const n of stats.netInterfaces ?? []) list.push({ ref: `interface:${host}/${n.name}`, kind: 'interface', name: n.name, status: n.rx_bps === null ? 'unknown' : 'ok', word: n.rx_bps === null ? '–' : `${joined(bytes(n.rx_bps, true))}`, detail: '', to: '/machines/local/network' });
    return list.sort((a, b) => rank(a.status) - rank(b.status));
  }, [stats, t]);
  const columns = useMemo((): Column<Thing>[] => [
    { id: 'name', title: t('core.name'), value: (x) => x.name, kind: 'main', cell: (x) => <span className="row"><span className="faint"><Icon name={kinds.find((k) => k.id === x.kind)?.icon ?? 'boxes'} /></span><bdi>{x.name}</bdi></span> },
    { id: 'state', title: t('machine.state'), value: (x) => x.status, width: '190px', cell: (x) => <StatusMark status={x.status} word={x.word} /> },
    { id: 'kind', title: t('inventory.kind'), value: (x) => x.kind, width: '140px', cell: (x) => t(`kind.${x.kind}`) },
    { id: 'detail', title: t('inventory.detail'), value: (x) => x.detail, cell: (x) => <bdi className="muted">{x.detail}</bdi> },
    { id: 'ref', title: 'Ref', value: (x) => x.ref, extra: true, cell: (x) => <bdi className="mono">{x.ref}</bdi> },
  ], [t]);
  const chosen = kinds.find((k) => filter.split(/\s+/).includes(`kind:${k.id}`))?.id ?? 'all';
  const choose = (id: Kind | 'all') => { let next = filter; if (chosen !== 'all') next = toggleToken(next, `kind:${chosen}`); if (id !== 'all') next = toggleToken(next, `kind:${id}`); setFilter(next); };
  const count = (id: Kind) => things.filter((x) => x.kind === id).length;
  return (
    <>
      <PageHead title={t('inventory.title')} sub={t('inventory.sub')} actions={<Segmented<Kind | 'all'> label={t('inventory.kind')} value={chosen} onChange={choose} options={[{ id: 'all', text: `${t('inventory.all')} ${things.length}` }, ...kinds.filter((k) => count(k.id) > 0).map((k) => ({ id: k.id, text: `${t(k.label)} ${count(k.id)}` }))]} />} />
      <section className="card">{!stats ? <Skeleton lines={8} /> : <DataTable key={chosen} name="inventory" label={t('inventory.title')} rows={things} columns={columns} keyOf={keyOf} liveSort onOpen={(x) => navigate(x.to)} empty={<Empty icon="boxes" title={t('inventory.empty')} />} />}</section>
    </>
  );
}
