// A week of prices as a grid of hours: the darker, the dearer. What a price is in force when is seen at a glance.
import type { Tariff } from '../../api/power';
import { showNumber } from '../../format/numbers';
import { tDynamic, useT } from '../../i18n';

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const minutes = (text: string): number => { const [h, m] = text.split(':').map(Number); return (h ?? 0) * 60 + (m ?? 0); };

/** The price at an hour of a weekday in a month (1-12); the first period that fits wins, one over midnight belongs to the day it starts on. */
export function rateAt(tariff: Pick<Tariff, 'base_rate' | 'periods'>, day: number, hour: number, month: number): number {
  const at = hour * 60;
  const runsOn = (p: Tariff['periods'][number], d: number) => (p.days.length === 0 || p.days.includes(days[(d + 7) % 7] ?? 'mon')) && (p.months.length === 0 || p.months.includes(month));
  const hit = tariff.periods.find((p) => {
    const [from, to] = [minutes(p.start), minutes(p.end)];
    if (from === to) return runsOn(p, day);
    if (from < to) return at >= from && at < to && runsOn(p, day);
    return at >= from ? runsOn(p, day) : at < to && runsOn(p, day - 1);
  });
  return hit ? hit.rate : tariff.base_rate;
}

export function TariffWeek({ tariff, month = new Date().getMonth() + 1 }: { tariff: Pick<Tariff, 'base_rate' | 'periods' | 'currency'>; month?: number }) {
  const t = useT();
  const grid = days.map((_, d) => Array.from({ length: 24 }, (__, h) => rateAt(tariff, d, h, month)));
  const rates = [...new Set(grid.flat())].sort((a, b) => a - b);
  const share = (rate: number) => (rates.length < 2 ? 0.5 : rates.indexOf(rate) / (rates.length - 1));
  const shade = (rate: number) => `color-mix(in srgb, var(--series-2) ${Math.round(12 + share(rate) * 78)}%, var(--inset))`;
  return (
    <figure className="week" aria-label={t('power.week')}>
      {days.map((d, i) => (
        <div key={d} className="week-row"><small className="muted">{tDynamic(`power.day.${d}`, d)}</small><span className="week-hours">{grid[i]?.map((rate, h) => <i key={h} style={{ background: shade(rate) }} title={`${tDynamic(`power.day.${d}`, d)} ${String(h).padStart(2, '0')}:00  ${showNumber(rate, 4)} ${tariff.currency}`} />)}</span></div>
      ))}
      <div className="week-row" aria-hidden="true"><small /><span className="week-axis faint num">{[0, 6, 12, 18, 24].map((h) => <span key={h}>{h}</span>)}</span></div>
      <figcaption className="ebars-legend">{rates.map((rate) => <span key={rate} className="num"><i style={{ background: shade(rate) }} />{showNumber(rate, 4)} {tariff.currency}</span>)}</figcaption>
    </figure>
  );
}
