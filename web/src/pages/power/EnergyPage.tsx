// Energy and what it cost: bars per hour, day, week or month, the devices behind them, and the tariff.
import { useMemo } from 'react';
import { paths, urls } from '../../api/paths';
import type { EnergyBucket } from '../../api/power';
import { useResource } from '../../api/resource';
import { useQueryParam } from '../../app/router';
import { showNumber } from '../../format/numbers';
import { dayMonth } from '../../format/time';
import { type PlainKey, useT } from '../../i18n';
import { Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Value } from '../../ui/Value';
import { colourOf, EnergyBars, ranked, type Size } from './EnergyBars';
import { TariffCard } from './TariffCard';
import './power.css';

const sizes = ['hour', 'day', 'week', 'month'] as const;
const labels: Readonly<Record<Size, PlainKey>> = { hour: 'power.perHour', day: 'power.perDay', week: 'power.perWeek', month: 'power.perMonth' };
interface Total { id: string; name: string; kwh: number; cost: number; currency: string; estimated: boolean; coverage: number; rows: number; rank: number }
const keyOf = (x: Total) => x.id;

export default function EnergyPage() {
  const t = useT();
  const [word, setWord] = useQueryParam('per', 'day');
  const size: Size = sizes.find((s) => s === word) ?? 'day';
  const history = useResource(paths.energyHistory({ bucket: size, standing: 'true' }), { everyMs: 60_000 });
  const devices = useResource(paths.powerDevices);
  const names = useMemo(() => new Map((devices.data ?? []).map((d) => [d.id, d.name])), [devices.data]);
  const rows = useMemo(() => (history.data ?? []).filter((r) => r.device_id !== null), [history.data]);
  const approx = rows.some((r) => r.estimated);
  const first = rows.map((r) => r.start).sort().at(0);
  return (
    <>
      <PageHead title={t('nav.energy')} sub={first === undefined ? ' ' : t('power.spanOf', { from: dayMonth(Date.parse(first)), to: dayMonth(Date.now()) })} actions={<><Segmented<Size> label={t('power.bucket')} value={size} onChange={setWord} options={sizes.map((s) => ({ id: s, text: t(labels[s]) }))} /><a className="btn btn-secondary" href={urls.energyCsv({ bucket: size, standing: 'true' })} download><Icon name="download" /><span>CSV</span></a></>} />
      <div className="grid">
        <div className="span-8 stack home-column">
          {rows.length > 0 ? <Headline rows={history.data ?? []} approx={approx} /> : null}
          <Card title={t('power.consumption')} sub={approx ? t('power.estimatedSome') : 'kWh'}>
            <Loaded from={history} lines={6}>{() => (rows.length === 0 ? <Empty icon="chart" title={t('power.noEnergy')} text={t('power.noEnergyText')} /> : <EnergyBars rows={rows} size={size} names={names} />)}</Loaded>
          </Card>
          <Devices rows={rows} names={names} />
        </div>
        <div className="span-4 stack home-column"><TariffCard /></div>
      </div>
    </>
  );
}

/** What it came to: energy, its price, the standing charge, and what a day of it costs. */
function Headline({ rows, approx }: { rows: readonly EnergyBucket[]; approx: boolean }) {
  const t = useT();
  const used = rows.filter((r) => r.device_id !== null);
  const kwh = used.reduce((a, b) => a + b.kwh, 0);
  const cost = used.reduce((a, b) => a + b.cost, 0);
  const standing = rows.filter((r) => r.device_id === null).reduce((a, b) => a + b.cost, 0);
  const currency = rows.at(-1)?.currency ?? '';
  const mark = approx ? '≈ ' : '';
  const money = (x: number) => ({ figure: `${mark}${showNumber(x, 2)}`, unit: currency });
  const figures = [
    { label: t('power.consumption'), of: { figure: `${mark}${showNumber(kwh, kwh < 10 ? 3 : 1)}`, unit: 'kWh' } },
    ...(cost !== 0 || standing !== 0 ? [{ label: t('power.energyCost'), of: money(cost) }] : []),
    ...(standing !== 0 ? [{ label: t('power.standingSum'), of: { figure: showNumber(standing, 2), unit: currency } }, { label: t('power.together'), of: money(cost + standing) }] : []),
    ...(cost !== 0 && kwh > 0 ? [{ label: t('power.perKwh'), of: { figure: showNumber(cost / kwh, 3), unit: `${currency} / kWh` } }] : []),
  ];
  return <section className="card power-now"><div className="power-figures">{figures.map((f) => <span key={f.label} className="power-figure"><small>{f.label}</small><Value big of={f.of} /></span>)}</div></section>;
}

function Devices({ rows, names }: { rows: readonly EnergyBucket[]; names: ReadonlyMap<string, string> }) {
  const t = useT();
  const totals = useMemo(() => {
    const by = new Map<string, Total>();
    const order = ranked(rows);
    for (const r of rows) {
      const id = r.device_id;
      if (id === null) continue;
      const sum = by.get(id) ?? { id, name: names.get(id) ?? id, kwh: 0, cost: 0, currency: r.currency, estimated: false, coverage: 0, rows: 0, rank: order.indexOf(id) };
      by.set(id, { ...sum, currency: r.currency, kwh: sum.kwh + r.kwh, cost: sum.cost + r.cost, estimated: sum.estimated || r.estimated, coverage: sum.coverage + r.coverage, rows: sum.rows + 1 });
    }
    return [...by.values()];
  }, [rows, names]);
  const columns = useMemo((): Column<Total>[] => [
    { id: 'name', title: t('power.ups'), value: (x) => x.name, kind: 'main', cell: (x) => <span className="row"><i className="swatch" style={{ background: colourOf(x.rank) }} /><bdi>{x.name}</bdi></span> },
    { id: 'kwh', title: 'kWh', value: (x) => x.kwh, kind: 'number', cell: (x) => `${x.estimated ? '≈ ' : ''}${showNumber(x.kwh, 3)}` },
    { id: 'cost', title: t('power.cost'), value: (x) => x.cost, kind: 'number', cell: (x) => `${showNumber(x.cost, 2)} ${x.currency}` },
    { id: 'coverage', title: t('power.coverage'), value: (x) => x.coverage / x.rows, kind: 'number', cell: (x) => `${showNumber((x.coverage / x.rows) * 100)} %` },
  ], [t]);
  if (totals.length === 0) return null;
  return <Card title={t('power.byDevice')} flush><DataTable name="energy" label={t('power.byDevice')} rows={totals} columns={columns} keyOf={keyOf} initialSort="-kwh" filterable={false} /></Card>;
}
