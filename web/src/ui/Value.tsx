// Figures: value with unit, meter, sparkline. A missing value is a dash with its reason, never a zero.
import { memo } from 'react';
import type { Quantity } from '../format/numbers';
import { useT } from '../i18n';
import type { Status } from '../state/status';

export function Value({ of, missing, big }: { of: Quantity | null; missing?: string; big?: boolean }) {
  const t = useT();
  if (of === null) return <span className={big ? 'value value-big faint' : 'value faint'} title={missing ?? t('core.noValue')}>–<span className="sr">{missing ?? t('core.noValue')}</span></span>;
  return <span className={big ? 'value value-big num' : 'value num'}>{of.figure}{of.unit ? <span className="unit">{of.unit === '%' ? '' : ' '}{of.unit}</span> : null}</span>;
}

/** Linear fill with threshold ticks; the colour follows the state, the figure stands beside it. */
export function Meter({ value, status = 'ok', ticks = [], label, thin }: { value: number | null; status?: Status; ticks?: readonly number[]; label: string; thin?: boolean }) {
  const t = useT();
  if (value === null) return <span className={`meter meter-unknown${thin ? ' meter-thin' : ''}`} role="img" aria-label={`${label}: ${t('core.noValue')}`} />;
  const shown = Math.max(0, Math.min(100, value));
  return (
    <span className={`meter meter-${status}${thin ? ' meter-thin' : ''}`} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(shown)}>
      <span className="meter-fill" style={{ inlineSize: `${shown}%` }} />
      {ticks.map((tick) => <span key={tick} className="meter-tick" style={{ insetInlineStart: `${tick}%` }} />)}
    </span>
  );
}

export interface SparklineProps {
  points: readonly (readonly [number, number | null])[];
  /** Window in milliseconds; the newest point is at the right edge. */
  windowMs: number; width?: number; height?: number; max?: number; min?: number; color?: string; area?: boolean;
}

/** Path data for a window of points; null values break the line. Exported for its test. */
export function sparkPaths(points: SparklineProps['points'], windowMs: number, width: number, height: number, min: number | undefined, max: number | undefined): { line: string; area: string } {
  const end = points.at(-1)?.[0] ?? 0;
  const start = end - windowMs;
  const inside = points.filter(([at]) => at >= start);
  const known = inside.flatMap(([, v]) => (v === null ? [] : [v]));
  if (known.length === 0) return { line: '', area: '' };
  const low = min ?? Math.min(...known);
  const top = Math.max(max ?? Math.max(...known), low + 1e-9);
  const x = (at: number) => Math.round(((at - start) / windowMs) * width * 10) / 10;
  const y = (v: number) => Math.round((height - 1.5 - ((v - low) / (top - low)) * (height - 3)) * 10) / 10;
  let line = '';
  let area = '';
  let run: string[] = [];
  const close = () => {
    if (run.length > 1) { line += `M${run.join('L')}`; area += `M${run[0]?.split(' ')[0]} ${height}L${run.join('L')}L${run.at(-1)?.split(' ')[0]} ${height}Z`; }
    run = [];
  };
  for (const [at, v] of inside) { if (v === null) close(); else run.push(`${x(at)} ${y(v)}`); }
  close();
  return { line, area };
}

export const Sparkline = memo(function Sparkline({ points, windowMs, width = 240, height = 40, max, min = 0, color = 'var(--series-1)', area = true }: SparklineProps) {
  // A server that just started has less than the window: the line still fills its place, over at least two minutes.
  const first = points[0]?.[0] ?? 0;
  const span = Math.min(windowMs, Math.max(120_000, (points.at(-1)?.[0] ?? 0) - first));
  const paths = sparkPaths(points, span, width, height, min, max);
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" style={{ blockSize: height }} aria-hidden="true">
      {area ? <path d={paths.area} fill={color} opacity=".14" /> : null}
      <path d={paths.line} fill="none" stroke={color} strokeWidth="1.5" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
    </svg>
  );
});
