// Consumption per period as stacked bars, one colour per device; pale where part of the time was not seen.
import { useMemo } from 'react';
import type { EnergyBucket } from '../../api/power';
import { showNumber } from '../../format/numbers';
import { clock, date, dayMonth, dayTime, month, toMillis } from '../../format/time';
import { useT } from '../../i18n';

export type Size = 'hour' | 'day' | 'week' | 'month';
interface Sum { at: number; kwh: number; cost: number; estimated: boolean; coverage: number; n: number; parts: Map<string, number> }

export function sumsOf(rows: readonly EnergyBucket[]): Sum[] {
  const by = new Map<string, Sum>();
  for (const r of rows) {
    if (r.device_id === null) continue;
    const sum = by.get(r.start) ?? { at: toMillis(r.start) ?? 0, kwh: 0, cost: 0, estimated: false, coverage: 0, n: 0, parts: new Map<string, number>() };
    sum.parts.set(r.device_id, (sum.parts.get(r.device_id) ?? 0) + r.kwh);
    by.set(r.start, { ...sum, kwh: sum.kwh + r.kwh, cost: sum.cost + r.cost, estimated: sum.estimated || r.estimated, coverage: sum.coverage + r.coverage, n: sum.n + 1 });
  }
  return [...by.values()].sort((a, b) => a.at - b.at);
}

/** A round number not below `top`, so that the axis reads well. */
export function roundTop(top: number): number {
  if (top <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(top));
  return ([1, 2, 2.5, 4, 5, 10].find((x) => x * unit >= top) ?? 10) * unit;
}

/** As many decimals as the quarters of the axis need, so that no two of them look alike. */
export function axisDigits(top: number): number {
  const exact = (digits: number) => [0.25, 0.5, 0.75, 1].every((x) => Math.abs(Number((top * x).toFixed(digits)) - top * x) < top * 1e-6);
  return [0, 1, 2, 3, 4, 5].find(exact) ?? 6;
}

/** The devices by their share, most first: the order of colours everywhere on the page. */
export function ranked(rows: readonly EnergyBucket[]): string[] {
  const by = new Map<string, number>();
  for (const r of rows) if (r.device_id !== null) by.set(r.device_id, (by.get(r.device_id) ?? 0) + r.kwh);
  return [...by].sort((a, b) => b[1] - a[1]).map(([id]) => id);
}
export const colourOf = (index: number): string => `var(--series-${(index % 8) + 1})`;

export function EnergyBars({ rows, size, names }: { rows: readonly EnergyBucket[]; size: Size; names: ReadonlyMap<string, string> }) {
  const t = useT();
  const sums = useMemo(() => sumsOf(rows), [rows]);
  const devices = useMemo(() => ranked(rows), [rows]);
  const top = roundTop(Math.max(...sums.map((s) => s.kwh), 1e-9));
  const digits = axisDigits(top);
  const label = (at: number) => (size === 'hour' ? clock(at) : size === 'month' ? month(at) : dayMonth(at));
  const currency = rows[0]?.currency ?? '';
  const every = Math.ceil(sums.length / 10);
  return (
    <figure className="ebars" aria-label={t('power.consumption')}>
      <div className="ebars-plot">
        <div className="ebars-grid" aria-hidden="true">{[1, 0.75, 0.5, 0.25, 0].map((x) => <span key={x}><small className="num">{showNumber(top * x, x === 0 ? 0 : digits)}</small></span>)}</div>
        <ul>
          {sums.map((s, i) => {
            const partial = s.coverage / s.n < 0.9;
            const text = `${size === 'hour' ? dayTime(s.at) : date(s.at)}: ${s.estimated ? '≈ ' : ''}${showNumber(s.kwh, 3)} kWh${s.cost !== 0 ? `, ${showNumber(s.cost, 2)} ${currency}` : ''}, ${t('power.seenShare', { n: showNumber((s.coverage / s.n) * 100) })}`;
            return (
              <li key={s.at} title={text}>
                <span className="sr">{text}</span>
                <span className={partial ? 'ebar ebar-partial' : 'ebar'} style={{ blockSize: `${Math.max(0.8, (s.kwh / top) * 100)}%` }} aria-hidden="true">
                  {devices.map((id, d) => { const kwh = s.parts.get(id); return kwh ? <i key={id} style={{ flexGrow: (kwh / s.kwh) * 100, background: colourOf(d) }} /> : null; })}
                </span>
                <small className="num" aria-hidden="true">{i % every === 0 ? label(s.at) : ''}</small>
              </li>
            );
          })}
        </ul>
      </div>
      <figcaption className="ebars-legend">
        {devices.slice(0, 8).map((id, d) => <span key={id}><i style={{ background: colourOf(d) }} /><bdi>{names.get(id) ?? id}</bdi></span>)}
        <span className="faint">{t('power.barsUnit')}</span>
      </figcaption>
    </figure>
  );
}
