// Storage: filesystems, what the disks do now, when they are full, and what SMART says.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { Disk, DiskIo, DiskPrediction, SmartDisk } from '../../api/shapes';
import { bytes, joined, showNumber } from '../../format/numbers';
import { date, span, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { useRing, useStats } from '../../state/live';
import { levelOf } from '../../state/status';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { Pill, StatusMark } from '../../ui/Icon';
import { Empty, Loaded, Skeleton } from '../../ui/StateBlock';
import { Meter, Sparkline, Value } from '../../ui/Value';

const mountOf = (d: Disk) => d.mount;
const deviceOf = (d: SmartDisk) => d.device;

export function DisksTab() {
  const t = useT();
  const disks = useStats((s) => s?.disks ?? null);
  const ready = useStats((s) => s !== null);
  const columns = useMemo((): Column<Disk>[] => [
    { id: 'mount', title: t('machine.mount'), value: (d) => d.mount, kind: 'main', cell: (d) => <span className="row"><bdi className="mono">{d.mount}</bdi>{levelOf(d.percent, 80, 90) === 'ok' ? null : <StatusMark status={levelOf(d.percent, 80, 90)} bare />}</span> },
    { id: 'used', title: t('machine.used'), value: (d) => d.percent, kind: 'number', width: '32%', cell: (d) => <span className="cell-meter"><Meter value={d.percent} status={levelOf(d.percent, 80, 90)} ticks={[80, 90]} label={d.mount} /><span className="num">{d.percent} %</span></span> },
    { id: 'free', title: t('machine.free'), value: (d) => d.free_bytes ?? null, kind: 'number', cell: (d) => (typeof d.free_bytes === 'number' ? joined(bytes(d.free_bytes)) : d.free) },
    { id: 'size', title: t('machine.size'), value: (d) => d.total_bytes ?? null, kind: 'number', cell: (d) => (typeof d.total_bytes === 'number' ? joined(bytes(d.total_bytes)) : d.total) },
  ], [t]);
  return (
    <div className="grid">
      <div className="span-8 stack home-column">
        <Card title={t('machine.filesystems')} flush>{!ready ? <Skeleton lines={4} /> : <DataTable name="filesystems" label={t('machine.filesystems')} rows={disks ?? []} columns={columns} keyOf={mountOf} initialSort="-used" filterable={false} empty={<Empty compact icon="disk" title={t('machine.noDisks')} />} />}</Card>
        <Smart />
      </div>
      <div className="span-4 stack home-column"><Forecast /><IoNow /></div>
    </div>
  );
}

function Forecast() {
  const t = useT();
  const prediction = useResource(paths.diskPrediction);
  return (
    <Card title={t('machine.prediction')}>
      <Loaded from={prediction} lines={2} compact>{(p) => <ForecastText p={p} />}</Loaded>
    </Card>
  );
}

function ForecastText({ p }: { p: DiskPrediction }) {
  const t = useT();
  const combined = p.combined;
  if (!combined || p.error || Object.values(p.metrics ?? {}).every((m) => m.error)) return <p className="muted">{t('machine.predictionWait')}</p>;
  const full = toMillis(combined.full_at);
  const pace = combined.slope_per_day;
  const season = p.metrics[combined.primary_metric ?? '']?.seasonal;
  return (
    <div className="stack">
      {full === null ? <p><StatusMark status="ok" word={t('machine.predictionNone')} /></p> : <p>{t('machine.predictionText', { date: date(full), confidence: tDynamic(`machine.confidence.${combined.confidence ?? 'low'}`, combined.confidence ?? '') })}</p>}
      {season ? <p className="muted">{t('machine.predictionSeason', { hours: span(season.period_hours * 3600), n: showNumber(season.amplitude, 1) })}</p> : null}
      {typeof pace === 'number' ? <p className="muted num">{t('machine.predictionPerDay', { n: showNumber(pace, 2) })}</p> : null}
    </div>
  );
}

function IoNow() {
  const t = useT();
  const io = useStats((s) => s?.diskIo ?? null);
  return <Card title={t('machine.io')} sub={t('machine.last30')} flush>{io === null ? <Skeleton lines={3} /> : io.length === 0 ? <Empty compact icon="disk" title={t('machine.noDisks')} /> : <ul className="ratelist">{io.map((d) => <IoRow key={d.device} d={d} />)}</ul>}</Card>;
}

function IoRow({ d }: { d: DiskIo }) {
  const t = useT();
  const read = useRing(`read:${d.device}`);
  const write = useRing(`write:${d.device}`);
  const max = Math.max(10_240, ...read.map(([, v]) => v ?? 0), ...write.map(([, v]) => v ?? 0));
  return <RateRow name={d.device} a={{ label: t('machine.read'), value: d.read_bps, points: read }} b={{ label: t('machine.write'), value: d.write_bps, points: write }} max={max} />;
}

interface Rate { label: string; value: number | null; points: readonly (readonly [number, number | null])[] }
export function RateRow({ name, a, b, max }: { name: string; a: Rate; b: Rate; max: number }) {
  const windowMs = 30 * 60_000;
  return (
    <li className="rate">
      <bdi className="mono rate-name">{name}</bdi>
      <span className="rate-figures num"><span><i className="dot-1" />{a.label} <Value of={a.value === null ? null : bytes(a.value, true)} /></span><span><i className="dot-3" />{b.label} <Value of={b.value === null ? null : bytes(b.value, true)} /></span></span>
      <span className="rate-spark"><Sparkline points={a.points} windowMs={windowMs} max={max} height={34} /><Sparkline points={b.points} windowMs={windowMs} max={max} height={34} color="var(--series-3)" area={false} /></span>
    </li>
  );
}

function Smart() {
  const t = useT();
  const smart = useResource(paths.smart);
  const columns = useMemo((): Column<SmartDisk>[] => [
    { id: 'device', title: t('machine.device'), value: (d) => d.device, kind: 'main', cell: (d) => <bdi className="mono">{d.device}</bdi> },
    { id: 'state', title: t('machine.state'), value: (d) => (d.error ? 'unknown' : d.smart_ok === true ? 'ok' : d.smart_ok === false ? 'failed' : 'unknown'), cell: (d) => <span title={d.error}><StatusMark status={d.error || d.smart_ok === null || d.smart_ok === undefined ? 'unknown' : d.smart_ok ? 'ok' : 'critical'} /></span> },
    { id: 'model', title: t('machine.model'), value: (d) => d.model ?? d.error ?? null },
    { id: 'size', title: t('machine.capacity'), value: (d) => d.capacity_bytes ?? null, kind: 'number', cell: (d) => <Value of={typeof d.capacity_bytes === 'number' ? bytes(d.capacity_bytes) : null} /> },
    { id: 'temp', title: t('machine.temp'), value: (d) => d.temp_c ?? null, kind: 'number', cell: (d) => <Value of={typeof d.temp_c === 'number' ? { figure: showNumber(d.temp_c), unit: '°C' } : null} /> },
    { id: 'hours', title: t('machine.hours'), value: (d) => d.power_on_hours ?? null, kind: 'number', cell: (d) => (typeof d.power_on_hours === 'number' ? span(d.power_on_hours * 3600) : <Value of={null} />) },
    { id: 'risk', title: t('machine.risk'), value: (d) => d.risk_score ?? null, kind: 'number', cell: (d) => (typeof d.risk_score === 'number' ? <Pill status={levelOf(d.risk_score, 40, 60)}>{d.risk_score}</Pill> : <Value of={null} />) },
  ], [t]);
  return (
    <Card title={t('machine.smart')} flush>
      <Loaded from={smart} lines={3} compact>{(rows) => (rows.length === 0 ? <Empty compact icon="disk" title={t('machine.noSmart')} text={t('machine.noSmartText')} /> : <DataTable name="smart" label={t('machine.smart')} rows={rows} columns={columns} keyOf={deviceOf} filterable={false} />)}</Loaded>
    </Card>
  );
}
