// Outages: the last weeks of every UPS as a strip, then each outage with how long it lasted and what it did to the battery;
// one that is chosen shows its charge curve.
import { useMemo } from 'react';
import { useMetric } from '../../api/metrics';
import { paths } from '../../api/paths';
import type { Outage, PowerDevice } from '../../api/power';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { showNumber } from '../../format/numbers';
import { dayMonth, dayTime, span, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { useNow } from '../../ui/Age';
import { Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { TimeSeries } from '../../ui/TimeSeries';
import { Value } from '../../ui/Value';
import './power.css';

const keyOf = (o: Outage) => String(o.id);
const windows = ['7', '30', '90'] as const;
type Days = (typeof windows)[number];
const dayMs = 86_400_000;

export default function OutagesPage() {
  const t = useT();
  const outages = useResource(paths.powerOutages({ page_size: 200 }), { everyMs: 5_000 });
  const devices = useResource(paths.powerDevices);
  const [word, setWord] = useQueryParam('days', '30');
  const [shown, setShown] = useQueryParam('outage');
  const days: Days = windows.find((w) => w === word) ?? '30';
  const columns = useMemo((): Column<Outage>[] => [
    { id: 'device', title: t('power.ups'), value: (o) => o.device_name, kind: 'main', cell: (o) => <bdi>{o.device_name}</bdi> },
    { id: 'state', title: t('power.state'), value: (o) => (o.ended_at === null ? 'running' : (o.ended_by ?? '')), width: '190px', cell: (o) => <OutageMark outage={o} /> },
    { id: 'start', title: t('power.began'), value: (o) => toMillis(o.started_at), kind: 'number', width: '150px', cell: (o) => { const ms = toMillis(o.started_at); return ms === null ? '–' : <span className="nowrap">{dayTime(ms)}</span>; } },
    { id: 'duration', title: t('power.duration'), value: (o) => o.duration_seconds, kind: 'number', cell: (o) => <span className="nowrap">{span(o.duration_seconds)}</span> },
    { id: 'battery', title: t('power.battery'), value: (o) => o.battery_start, kind: 'number', cell: (o) => <Fall outage={o} /> },
    { id: 'runtime', title: t('power.leastRuntime'), value: (o) => o.min_runtime_seconds, kind: 'number', cell: (o) => (o.min_runtime_seconds === null ? <Value of={null} /> : <span className="nowrap">{span(o.min_runtime_seconds)}</span>) },
    { id: 'load', title: t('power.mostLoad'), value: (o) => o.max_load, kind: 'number', cell: (o) => <Value of={o.max_load === null ? null : { figure: showNumber(o.max_load), unit: '%' }} /> },
  ], [t]);
  const chosen = outages.data?.items.find((o) => String(o.id) === shown);
  return (
    <>
      <PageHead title={t('nav.outages')} sub={outages.data ? t('power.outageCount', { n: outages.data.total }) : ' '} />
      <div className="stack home-column">
        {outages.data && devices.data ? (
          <Card title={t('power.timelineOf', { n: days })} actions={<Segmented<Days> label={t('power.timelineOf', { n: days })} value={days} onChange={setWord} options={windows.map((w) => ({ id: w, text: `${w} d` }))} />}>
            <Strips outages={outages.data.items} devices={devices.data} days={Number(days)} onOpen={(o) => setShown(String(o.id))} />
          </Card>
        ) : null}
        <section className="card"><Loaded from={outages} lines={6}>{(page) => <DataTable name="outages" label={t('nav.outages')} rows={page.items} columns={columns} keyOf={keyOf} initialSort="-start" liveSort onOpen={(o) => setShown(String(o.id))} empty={<Empty icon="bolt" title={t('power.noOutages')} text={t('power.noOutagesText')} />} />}</Loaded></section>
      </div>
      {chosen ? <OutageLayer outage={chosen} onClose={() => setShown('')} /> : null}
    </>
  );
}

function OutageMark({ outage: o }: { outage: Outage }) {
  const t = useT();
  if (o.ended_at === null) return <StatusMark status="warning" word={t('power.running')} />;
  return <StatusMark status={o.ended_by === 'power_restored' ? 'ok' : o.ended_by === 'shutdown' ? 'critical' : o.ended_by === 'device_lost' ? 'paused' : 'unknown'} word={tDynamic(`power.end.${o.ended_by ?? ''}`, o.ended_by ?? '')} />;
}

/** How far the charge fell, as a bar and in figures. */
function Fall({ outage: o }: { outage: Outage }) {
  if (o.battery_start === null) return <Value of={null} />;
  const end = o.battery_end ?? o.battery_start;
  return (
    <span className="fall">
      <span className="fall-bar" aria-hidden="true"><i className="fall-kept" style={{ inlineSize: `${Math.min(end, o.battery_start)}%` }} /><i className="fall-lost" style={{ inlineSize: `${Math.max(0, o.battery_start - end)}%` }} /></span>
      <span className="nowrap num">{showNumber(o.battery_start)} → {o.battery_end === null ? '…' : showNumber(o.battery_end)} %</span>
    </span>
  );
}

/** One strip per UPS: mains all along, broken where the battery carried the load. */
function Strips({ outages, devices, days, onOpen }: { outages: readonly Outage[]; devices: readonly PowerDevice[]; days: number; onOpen: (o: Outage) => void }) {
  const t = useT();
  const now = useNow();
  const from = now - days * dayMs;
  const upses = devices.filter((d) => d.type === 'ups');
  const inside = outages.filter((o) => (toMillis(o.ended_at) ?? now) >= from);
  const total = inside.reduce((sum, o) => sum + o.duration_seconds, 0);
  const longest = Math.max(0, ...inside.map((o) => o.duration_seconds));
  if (upses.length === 0) return <p className="muted">{t('power.none')}</p>;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((x) => from + x * days * dayMs);
  return (
    <div className="strips">
      <p className="muted">{inside.length === 0 ? t('power.noneIn') : `${t('power.nOutages', { n: inside.length })} · ${t('power.allTogether')} ${span(total)} · ${t('power.longest')} ${span(longest)}`}</p>
      <ul>
        {upses.map((d) => {
          const own = inside.filter((o) => o.device_id === d.id);
          // Before anybody watched it nothing is known of its supply.
          const since = Math.min(d.last_seen === null ? now : (toMillis(d.created_at) ?? now), ...own.map((o) => toMillis(o.started_at) ?? now));
          const unseen = Math.max(0, Math.min(1, (since - from) / (days * dayMs)));
          return (
            <li key={d.id}>
              <span className="truncate"><Link to={`/power/${encodeURIComponent(d.id)}`}><bdi>{d.name}</bdi></Link></span>
              <span className="strip">
                {unseen > 0 ? <i className="strip-unseen" title={t('power.notSeenYet')} style={{ inlineSize: `${unseen * 100}%` }} /> : null}
                {own.map((o) => {
                  const start = Math.max(toMillis(o.started_at) ?? now, from);
                  const end = toMillis(o.ended_at) ?? now;
                  const text = `${d.name}, ${dayTime(start)}, ${span(o.duration_seconds)}`;
                  return <button type="button" key={o.id} className={o.ended_at === null ? 'strip-mark strip-open' : 'strip-mark'} title={text} aria-label={text} onClick={() => onOpen(o)} style={{ insetInlineStart: `min(calc(100% - 6px), ${((start - from) / (days * dayMs)) * 100}%)`, inlineSize: `max(6px, ${((end - start) / (days * dayMs)) * 100}%)` }} />;
                })}
              </span>
              <span className="num muted nowrap">{unseen === 1 ? '–' : t('power.nOutages', { n: own.length })}</span>
            </li>
          );
        })}
      </ul>
      <div className="strip-axis faint num" aria-hidden="true">{ticks.map((x) => <span key={x}>{dayMonth(x)}</span>)}</div>
    </div>
  );
}

function OutageLayer({ outage: o, onClose }: { outage: Outage; onClose: () => void }) {
  const t = useT();
  const now = useNow();
  const began = toMillis(o.started_at) ?? now;
  const ended = toMillis(o.ended_at) ?? now;
  const margin = Math.max(120_000, (ended - began) * 0.4);
  const range = useMemo(() => ({ from: began - margin, to: Math.min(ended + margin * 2, Math.max(ended, now)), live: false, label: '' }), [began, ended, margin, now]);
  const facts = [
    [t('power.began'), dayTime(began)], [t('power.duration'), span(o.duration_seconds)],
    [t('power.battery'), o.battery_start === null ? null : o.battery_end === null ? `${showNumber(o.battery_start)} %` : t('power.chargeFell', { from: showNumber(o.battery_start), to: showNumber(o.battery_end) })],
    [t('power.leastRuntime'), o.min_runtime_seconds === null ? null : span(o.min_runtime_seconds)], [t('power.mostLoad'), o.max_load === null ? null : `${showNumber(o.max_load)} %`],
  ].filter((x): x is [string, string] => x[1] !== null);
  return (
    <Layer title={o.device_name} onClose={onClose} wide>
      <div className="stack">
        <p><OutageMark outage={o} /></p>
        <dl className="facts">{facts.map(([label, value]) => <div className="fact" key={label}><dt>{label}</dt><dd className="num">{value}</dd></div>)}</dl>
        <Curve metric="power_battery_percent" title={t('power.curve')} unit="%" id={o.device_id} range={range} max={100} />
        <Curve metric="power_power_watts" title={t('power.watts')} unit="W" id={o.device_id} range={range} />
        <p><Link to={`/power/${encodeURIComponent(o.device_id)}`}>{t('power.openDevice', { name: o.device_name })}</Link></p>
      </div>
    </Layer>
  );
}

function Curve({ metric, title, unit, id, range, max }: { metric: string; title: string; unit: string; id: string; range: { from: number; to: number; live: boolean; label: string }; max?: number }) {
  const { series, loading, data } = useMetric(metric, range, 'avg', `device_id=${id}`);
  if (data !== undefined && series.every((s) => s.points.every(([, v]) => v === null))) return null;
  return <TimeSeries title={title} name={`outage-${metric}`} series={series.map((s) => ({ ...s, label: title }))} unit={unit} from={range.from} to={range.to} height={150} loading={loading} area min={0} {...(max === undefined ? {} : { max })} />;
}
