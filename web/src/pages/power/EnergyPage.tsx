// Energy and what it cost: bars per hour, day, week or month, the devices behind them, and the tariff.
import { useMemo } from 'react';
import { paths, urls } from '../../api/paths';
import type { EnergyBucket } from '../../api/power';
import { useResource } from '../../api/resource';
import { useQueryParam } from '../../app/router';
import { showNumber } from '../../format/numbers';
import { clock, date, dayTime, toMillis } from '../../format/time';
import { type PlainKey, useT } from '../../i18n';
import { Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { TariffCard } from './TariffCard';
import './power.css';

const sizes = ['hour', 'day', 'week', 'month'] as const;
type Size = (typeof sizes)[number];
const labels: Readonly<Record<Size, PlainKey>> = { hour: 'power.perHour', day: 'power.perDay', week: 'power.perWeek', month: 'power.perMonth' };
interface Total { id: string; name: string; kwh: number; cost: number; currency: string; estimated: boolean; coverage: number; rows: number }
const keyOf = (x: Total) => x.id;

export default function EnergyPage() {
  const t = useT();
  const [word, setWord] = useQueryParam('per', 'day');
  const size: Size = sizes.find((s) => s === word) ?? 'day';
  const history = useResource(paths.energyHistory({ bucket: size }), { everyMs: 60_000 });
  const devices = useResource(paths.powerDevices);
  const names = useMemo(() => new Map((devices.data ?? []).map((d) => [d.id, d.name])), [devices.data]);
  const rows = history.data ?? [];
  const kwh = rows.reduce((a, b) => a + b.kwh, 0);
  const cost = rows.reduce((a, b) => a + b.cost, 0);
  const currency = rows.at(-1)?.currency ?? '';
  const approx = rows.some((r) => r.estimated) ? '≈ ' : '';
  const sub = rows.length === 0 ? ' ' : `${approx}${showNumber(kwh, kwh < 10 ? 3 : 1)} kWh${cost > 0 ? ` · ${approx}${showNumber(cost, 2)} ${currency}` : ''} · ${t(labels[size])}`;
  return (
    <>
      <PageHead title={t('nav.energy')} sub={sub} actions={<><Segmented<Size> label={t('power.bucket')} value={size} onChange={setWord} options={sizes.map((s) => ({ id: s, text: t(labels[s]) }))} /><a className="btn btn-secondary" href={urls.energyCsv({ bucket: size })} download><Icon name="download" /><span>CSV</span></a></>} />
      <div className="grid">
        <div className="span-8 stack home-column">
          <Card title={t('power.consumption')} {...(approx ? { sub: t('power.estimatedSome') } : {})}>
            <Loaded from={history} lines={6}>{(list) => (list.length === 0 ? <Empty icon="chart" title={t('power.noEnergy')} text={t('power.noEnergyText')} /> : <Bars rows={list} size={size} />)}</Loaded>
          </Card>
          <Devices rows={rows} names={names} />
        </div>
        <div className="span-4 stack home-column"><TariffCard /></div>
      </div>
    </>
  );
}

function Bars({ rows, size }: { rows: readonly EnergyBucket[]; size: Size }) {
  const t = useT();
  const sums = useMemo(() => {
    const by = new Map<string, { at: number; kwh: number; cost: number; estimated: boolean; coverage: number; n: number }>();
    for (const r of rows) {
      const sum = by.get(r.start) ?? { at: toMillis(r.start) ?? 0, kwh: 0, cost: 0, estimated: false, coverage: 0, n: 0 };
      by.set(r.start, { at: sum.at, kwh: sum.kwh + r.kwh, cost: sum.cost + r.cost, estimated: sum.estimated || r.estimated, coverage: sum.coverage + r.coverage, n: sum.n + 1 });
    }
    return [...by.values()].sort((a, b) => a.at - b.at);
  }, [rows]);
  const top = Math.max(...sums.map((s) => s.kwh), 1e-9);
  const name = (at: number) => (size === 'hour' ? clock(at) : size === 'month' ? date(at).replace(/^\d+ /, '') : date(at).replace(/ \d{4}$/, ''));
  const currency = rows[0]?.currency ?? '';
  const every = Math.ceil(sums.length / 12);
  return (
    <figure className="bars" aria-label={t('power.consumption')}>
      <ul>
        {sums.map((s, i) => {
          const text = `${size === 'hour' ? dayTime(s.at) : date(s.at)}: ${s.estimated ? '≈ ' : ''}${showNumber(s.kwh, 3)} kWh${s.cost > 0 ? `, ${showNumber(s.cost, 2)} ${currency}` : ''}, ${t('power.seenShare', { n: showNumber((s.coverage / s.n) * 100) })}`;
          return <li key={s.at} title={text}><span className="sr">{text}</span><span className="bar-value num" aria-hidden="true">{sums.length <= 14 ? showNumber(s.kwh, s.kwh < 10 ? 2 : 0) : ''}</span><span className={s.coverage / s.n < 0.9 ? 'bar bar-partial' : 'bar'} style={{ blockSize: `${Math.max(1.5, (s.kwh / top) * 100)}%` }} aria-hidden="true" /><small className="num" aria-hidden="true">{i % every === 0 ? name(s.at) : ''}</small></li>;
        })}
      </ul>
      <figcaption className="faint">{t('power.barsUnit', { top: showNumber(top, top < 10 ? 2 : 0) })}</figcaption>
    </figure>
  );
}

function Devices({ rows, names }: { rows: readonly EnergyBucket[]; names: ReadonlyMap<string, string> }) {
  const t = useT();
  const totals = useMemo(() => {
    const by = new Map<string, Total>();
    for (const r of rows) {
      const sum = by.get(r.device_id) ?? { id: r.device_id, name: names.get(r.device_id) ?? r.device_id, kwh: 0, cost: 0, currency: r.currency, estimated: false, coverage: 0, rows: 0 };
      by.set(r.device_id, { ...sum, currency: r.currency, kwh: sum.kwh + r.kwh, cost: sum.cost + r.cost, estimated: sum.estimated || r.estimated, coverage: sum.coverage + r.coverage, rows: sum.rows + 1 });
    }
    return [...by.values()];
  }, [rows, names]);
  const columns = useMemo((): Column<Total>[] => [
    { id: 'name', title: t('power.ups'), value: (x) => x.name, kind: 'main', cell: (x) => <bdi>{x.name}</bdi> },
    { id: 'kwh', title: 'kWh', value: (x) => x.kwh, kind: 'number', cell: (x) => `${x.estimated ? '≈ ' : ''}${showNumber(x.kwh, 3)}` },
    { id: 'cost', title: t('power.cost'), value: (x) => x.cost, kind: 'number', cell: (x) => `${showNumber(x.cost, 2)} ${x.currency}` },
    { id: 'coverage', title: t('power.coverage'), value: (x) => x.coverage / x.rows, kind: 'number', cell: (x) => `${showNumber((x.coverage / x.rows) * 100)} %` },
  ], [t]);
  if (totals.length === 0) return null;
  return <Card title={t('power.byDevice')} flush><DataTable name="energy" label={t('power.byDevice')} rows={totals} columns={columns} keyOf={keyOf} initialSort="-kwh" filterable={false} /></Card>;
}
