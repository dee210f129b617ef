// Network: interfaces with live rates, listening ports, established connections.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { Connection, ListenPort, NetInterface } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useT } from '../../i18n';
import { useRing, useStats } from '../../state/live';
import { Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { RateRow } from './DisksTab';

const portKey = (p: ListenPort) => `${p.port}/${p.address}/${p.protocol ?? ''}`;
const connectionKey = (c: Connection) => `${c.pid}/${c.local}/${c.remote}`;

export function NetworkTab() {
  const t = useT();
  const interfaces = useResource(paths.interfaces, { everyMs: 30_000 });
  const [view, setView] = useQueryParam('view', 'ports');
  const switcher = <Segmented label={t('machine.network')} value={view === 'connections' ? 'connections' : 'ports'} options={[{ id: 'ports', text: t('machine.ports') }, { id: 'connections', text: t('machine.connections') }]} onChange={(v) => setView(v)} />;
  return (
    <div className="stack home-column">
      <Card title={t('machine.interfaces')} flush>
        <Loaded from={interfaces} lines={3} compact>{(list) => (list.length === 0 ? <Empty compact icon="network" title={t('machine.noInterfaces')} /> : <Interfaces list={list} />)}</Loaded>
      </Card>
      <section className="card">{view === 'connections' ? <Connections toolbar={switcher} /> : <Ports toolbar={switcher} />}</section>
    </div>
  );
}

/** What carries traffic first; the idle virtual ones are folded away. */
function Interfaces({ list }: { list: readonly NetInterface[] }) {
  const t = useT();
  const shown = list.filter((i) => i.up || !i.virtual);
  const rest = list.filter((i) => !shown.includes(i));
  return (
    <>
      <ul className="iflist">{[...shown].sort((a, b) => Number(b.up) - Number(a.up)).map((i) => <Interface key={i.name} of={i} />)}</ul>
      {rest.length > 0 ? <details className="iface-more"><summary>{t('machine.otherInterfaces', { n: rest.length })}</summary><ul className="iflist">{rest.map((i) => <Interface key={i.name} of={i} />)}</ul></details> : null}
    </>
  );
}

function Interface({ of }: { of: NetInterface }) {
  const t = useT();
  const now = useStats((s) => s?.netInterfaces?.find((n) => n.name === of.name) ?? null);
  const rx = useRing(`rx:${of.name}`);
  const tx = useRing(`tx:${of.name}`);
  const max = Math.max(10_240, ...rx.map(([, v]) => v ?? 0), ...tx.map(([, v]) => v ?? 0));
  return (
    <li className="iface">
      <div className="iface-head"><StatusMark status={of.up === null ? 'unknown' : of.up ? 'ok' : 'paused'} word={of.up === null ? t('status.unknown') : of.up ? t('machine.up1') : t('machine.down1')} /><bdi className="mono">{of.ip || '–'}</bdi><span className="faint num">{of.speed > 0 ? `${of.speed} Mbit/s` : ''} {of.mtu === null ? '' : `${t('machine.mtu')} ${of.mtu}`}</span></div>
      <ul><RateRow name={of.name} a={{ label: t('machine.in'), value: now?.rx_bps ?? null, points: rx }} b={{ label: t('machine.out'), value: now?.tx_bps ?? null, points: tx }} max={max} /></ul>
    </li>
  );
}

function Ports({ toolbar }: { toolbar: React.ReactNode }) {
  const t = useT();
  const ports = useResource(paths.ports, { everyMs: 30_000 });
  const columns = useMemo((): Column<ListenPort>[] => [
    { id: 'port', title: t('machine.port'), value: (p) => p.port, kind: 'main', width: '120px', cell: (p) => <span className="num">{p.port}</span> },
    { id: 'process', title: t('machine.process'), value: (p) => p.process, cell: (p) => (p.process ? <bdi>{p.process}</bdi> : <span className="faint">–</span>) },
    { id: 'address', title: t('machine.local'), value: (p) => p.address, cell: (p) => <bdi className="mono">{p.address}</bdi> },
    { id: 'protocol', title: t('machine.protocol'), value: (p) => p.protocol ?? null, width: '110px' },
    { id: 'pid', title: t('machine.pid'), value: (p) => p.pid, kind: 'number', width: '110px' },
  ], [t]);
  return <Loaded from={ports} lines={8}>{(rows) => <DataTable name="ports" label={t('machine.ports')} rows={rows} columns={columns} keyOf={portKey} toolbar={toolbar} empty={<Empty icon="network" title={t('machine.noPorts')} />} />}</Loaded>;
}

function Connections({ toolbar }: { toolbar: React.ReactNode }) {
  const t = useT();
  const connections = useResource(paths.connections, { everyMs: 10_000 });
  const columns = useMemo((): Column<Connection>[] => [
    { id: 'process', title: t('machine.process'), value: (c) => c.process, kind: 'main', cell: (c) => (c.process ? <bdi>{c.process}</bdi> : <span className="faint">–</span>) },
    { id: 'local', title: t('machine.local'), value: (c) => c.local, cell: (c) => <bdi className="mono">{c.local}</bdi> },
    { id: 'remote', title: t('machine.remote'), value: (c) => c.remote, cell: (c) => <bdi className="mono">{c.remote}</bdi> },
    { id: 'state', title: t('machine.state'), value: (c) => c.status.toLowerCase() },
    { id: 'pid', title: t('machine.pid'), value: (c) => c.pid, kind: 'number', width: '110px' },
  ], [t]);
  return (
    <Loaded from={connections} lines={8}>{(rows) => <DataTable name="connections" label={t('machine.connections')} rows={rows} columns={columns} keyOf={connectionKey} toolbar={toolbar} liveSort empty={<Empty icon="network" title={t('machine.noConnections')} />} />}</Loaded>
  );
}
