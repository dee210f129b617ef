// The live cards of this machine on Home: tiles with half-hour sparklines, disks, services, busiest processes.
import type { ReactNode } from 'react';
import { paths } from '../../api/home-paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { bytes, joined, percent, type Quantity, showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { memPercent, useLink, useRing, useStats } from '../../state/live';
import { levelOf, rank, type Status, statusOf } from '../../state/status';
import { ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Icon, type IconName, StatusMark } from '../../ui/Icon';
import { Empty, Skeleton } from '../../ui/StateBlock';
import { Meter, Sparkline, Value } from '../../ui/Value';

const windowMs = 30 * 60_000;

function Tile({ icon, label, to, status = 'ok', children, foot, spark }: { icon: IconName; label: string; to: string; status?: Status; children: ReactNode; foot: ReactNode; spark: ReactNode }) {
  const alarming = status === 'warning' || status === 'critical';
  return (
    <Link to={to} className={`tile${alarming ? ` tile-${status}` : ''}`}>
      <span className="tile-head"><Icon name={icon} /><span>{label}</span>{alarming ? <StatusMark status={status} bare size={13} /> : null}</span>
      <span className="tile-figure">{children}</span>
      <span className="tile-foot">{foot}</span>
      <span className="tile-spark">{spark}</span>
    </Link>
  );
}

/** Shown once there is a UPS: what it carries, and whether one runs on its battery. */
function PowerTile() {
  const t = useT();
  const summary = useResource(paths.powerSummary, { everyMs: 5_000 });
  const s = summary.data;
  if (!s || s.devices.total === 0) return null;
  const state: Status = s.devices.on_battery > 0 ? 'warning' : s.devices.offline > 0 ? 'critical' : 'ok';
  const foot = [s.devices.on_battery > 0 ? t('home.onBattery', { n: s.devices.on_battery }) : s.devices.offline > 0 ? t('home.upsOffline', { n: s.devices.offline }) : t('home.onMains'), ...(s.total_kwh_today === null ? [] : [t('home.kwhToday', { kwh: showNumber(s.total_kwh_today, 2) })])].join(', ');
  return (
    <Tile icon="bolt" label={t('nav.power')} to="/power" status={state} foot={foot} spark={null}>
      <Value big of={s.total_watts === null ? null : { figure: showNumber(s.total_watts), unit: 'W' }} />
    </Tile>
  );
}

const toneOf = (status: Status) => (status === 'warning' || status === 'critical' ? `var(--${status})` : 'var(--series-1)');

export function Tiles() {
  const t = useT();
  const info = useResource(paths.systemInfo);
  const cpu = useStats((s) => s?.cpu_percent ?? null);
  const load = useStats((s) => s?.load?.[0] ?? null);
  const mem = useStats((s) => (s ? memPercent(s) : null));
  const used = useStats((s) => s?.memory?.used ?? null);
  const total = useStats((s) => s?.memory?.total ?? null);
  const rx = useStats((s) => s?.net_rx_bytes ?? null);
  const tx = useStats((s) => s?.net_tx_bytes ?? null);
  const temp = useStats((s) => s?.cpu_temp ?? null);
  const cpuPoints = useRing('cpu');
  const memPoints = useRing('mem');
  const rxPoints = useRing('rx');
  const txPoints = useRing('tx');
  const readPoints = useRing('read');
  const writePoints = useRing('write');
  const tempPoints = useRing('temp');
  const stale = useLink().link === 'reconnecting';
  const rate = (v: number | null): Quantity | null => (v === null ? null : bytes(v, true));
  const top = (points: readonly (readonly [number, number | null])[], floor: number) => Math.max(floor, ...points.map(([, v]) => v ?? 0));
  const netTop = Math.max(top(rxPoints, 10_240), top(txPoints, 0));
  const ioTop = Math.max(top(readPoints, 10_240), top(writePoints, 0));
  const cpuState = levelOf(cpu, 75, 90);
  const memState = levelOf(mem, 80, 90);
  const tempState = levelOf(temp, 70, 85);
  const read = readPoints.at(-1)?.[1] ?? null;
  const write = writePoints.at(-1)?.[1] ?? null;
  const two = (a: ReactNode, b: ReactNode) => <span className="tile-two">{a}{b}</span>;
  const line = (points: Parameters<typeof Sparkline>[0]['points'], max: number, color: string, area = true) => <Sparkline points={points} windowMs={windowMs} max={max} color={color} area={area} height={44} />;
  return (
    <div className={stale ? 'tiles tiles-stale' : 'tiles'}>
      <Tile icon="cpu" label={t('home.cpu')} to="/machines/local/metrics" status={cpuState} spark={line(cpuPoints, 100, toneOf(cpuState))}
        foot={<>{info.data?.cpu_cores ? t('home.cores', { n: info.data.cpu_cores }) : null}{info.data?.cpu_cores && load !== null ? ', ' : null}{load !== null ? t('home.load1', { value: showNumber(load, 2) }) : null}</>}>
        <Value big of={cpu === null ? null : percent(cpu, 1)} />
      </Tile>
      <Tile icon="memory" label={t('home.memory')} to="/machines/local/metrics" status={memState} spark={line(memPoints, 100, toneOf(memState))} foot={used !== null && total !== null ? t('home.memOf', { used: joined(bytes(used)), total: joined(bytes(total)) }) : null}>
        <Value big of={mem === null ? null : percent(mem, 1)} />
      </Tile>
      <Tile icon="network" label={t('home.network')} to="/machines/local/network" spark={<>{line(rxPoints, netTop, 'var(--series-1)')}{line(txPoints, netTop, 'var(--series-3)', false)}</>} foot={<><i className="dot-1" />{t('home.in')} <i className="dot-3" />{t('home.out')}</>}>
        {two(<Value big of={rate(rx)} />, <Value big of={rate(tx)} />)}
      </Tile>
      <Tile icon="disk" label={t('home.diskIo')} to="/machines/local/disks" spark={<>{line(readPoints, ioTop, 'var(--series-1)')}{line(writePoints, ioTop, 'var(--series-3)', false)}</>} foot={<><i className="dot-1" />{t('home.read')} <i className="dot-3" />{t('home.write')}</>}>
        {two(<Value big of={rate(read)} />, <Value big of={rate(write)} />)}
      </Tile>
      <PowerTile />
      {temp !== null || tempPoints.some(([, v]) => v !== null) ? (
        <Tile icon="thermometer" label={t('home.temperature')} to="/machines/local/metrics" status={tempState} spark={line(tempPoints, 100, toneOf(tempState))} foot={t('home.last30')}>
          <Value big of={temp === null ? null : { figure: showNumber(temp, 0), unit: '°C' }} missing={t('home.noSensor')} />
        </Tile>
      ) : null}
    </div>
  );
}

export function Disks() {
  const t = useT();
  const disks = useStats((s) => s?.disks ?? null);
  const ready = useStats((s) => s !== null);
  return (
    <Card title={t('home.disks')} flush actions={<Link to="/machines/local/disks">{t('home.details')}</Link>}>
      {!ready ? <Skeleton lines={3} height={28} /> : !disks || disks.length === 0 ? <Empty compact icon="disk" title={t('home.noDisks')} /> : (
        <ul className="disklist">
          {[...disks].sort((a, b) => b.percent - a.percent).slice(0, 5).map((d) => {
            const status = levelOf(d.percent, 80, 90);
            return (
              <li key={d.mount}>
                <span className="disk-name truncate"><bdi className="mono">{d.mount}</bdi>{status === 'ok' ? null : <StatusMark status={status} bare size={13} />}</span>
                <span className="num faint">{typeof d.free_bytes === 'number' ? t('home.free', { amount: joined(bytes(d.free_bytes)) }) : t('home.free', { amount: d.free })}</span>
                <span className="num disk-percent">{d.percent} %</span>
                <Meter value={d.percent} status={status} ticks={[80, 90]} label={d.mount} thin />
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

export function Services() {
  const t = useT();
  const services = useStats((s) => s?.services ?? null);
  const ready = useStats((s) => s !== null);
  const list = [...(services ?? [])].sort((a, b) => rank(statusOf(a.status)) - rank(statusOf(b.status)) || a.name.localeCompare(b.name));
  const running = list.filter((s) => statusOf(s.status) === 'ok').length;
  return (
    <Card title={t('home.services')} {...(list.length > 0 ? { sub: t('home.servicesOk', { n: running }) } : {})} flush actions={list.length > 0 ? <Link to="/machines/local/services">{t('home.details')}</Link> : null}>
      {!ready ? <Skeleton lines={4} /> : list.length === 0 ? <Empty compact icon="gear" title={t('home.noServices')} text={t('home.noServicesText')} action={<ButtonLink small to="/settings/system/configuration?q=monitoredServices">{t('home.chooseServices')}</ButtonLink>} /> : (
        <ul className="linelist">
          {list.slice(0, 8).map((s) => <li key={s.name}><StatusMark status={statusOf(s.status)} bare /><bdi className="truncate">{s.name}</bdi><span className="faint">{s.status}</span></li>)}
        </ul>
      )}
    </Card>
  );
}

export function TopProcesses() {
  const t = useT();
  const cpu = useStats((s) => s?.topCpu ?? null);
  const mem = useStats((s) => s?.topMem ?? null);
  const ready = useStats((s) => s !== null);
  const column = (title: string, list: typeof cpu) => (
    <div>
      <h3 className="busiest-head">{title}</h3>
      <ul className="busiest">
        {(list ?? []).slice(0, 5).map((p, i) => {
          const v = Number(p.val);
          return <li key={`${p.name}${i}`}><bdi className="truncate">{p.name}</bdi><span className="num">{Number.isFinite(v) ? `${showNumber(v, 1)} %` : p.val}</span></li>;
        })}
      </ul>
    </div>
  );
  return (
    <Card title={t('home.top')} actions={<Link to="/machines/local/processes">{t('home.details')}</Link>}>
      {!ready ? <Skeleton lines={4} /> : (cpu?.length ?? 0) + (mem?.length ?? 0) === 0 ? <Empty compact icon="list" title={t('home.noTop')} /> : <div className="toppair">{column(t('home.topCpu'), cpu)}{column(t('home.topMem'), mem)}</div>}
    </Card>
  );
}
