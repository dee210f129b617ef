// Time series for a span: picks a step for about 240 points and aligns the span to it, so that neighbours share the cache.
import { useMemo } from 'react';
import type { Range } from '../format/time';
import { toMillis } from '../format/time';
import type { PlotSeries } from '../ui/TimeSeries';
import { paths } from './paths';
import { useResource } from './resource';
import type { MetricReply } from './shapes';

const steps = [5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400];

/** Seconds per point for a span of milliseconds. */
export function stepFor(spanMs: number, points = 240): number {
  const wanted = spanMs / 1000 / points;
  return steps.find((s) => s >= wanted) ?? 86400;
}

export function labelText(labels: Readonly<Record<string, string>>, skip: readonly string[] = ['host']): string {
  return Object.entries(labels).filter(([k]) => !skip.includes(k)).map(([, v]) => v).join(' ');
}

export function toPlotSeries(reply: MetricReply | undefined, name: string): PlotSeries[] {
  return (reply?.series ?? []).map((s) => ({ label: labelText(s.labels) || name, points: s.points.map(([at, v]) => [toMillis(at) ?? 0, v] as const) }));
}

export function useMetric(metric: string | null, range: Range, agg = 'avg', labels = '', fixedStep?: number) {
  const step = fixedStep ?? stepFor(range.to - range.from);
  const from = Math.floor(range.from / 1000 / step) * step;
  const to = Math.ceil(range.to / 1000 / step) * step;
  const resource = useResource(metric === null ? null : paths.metricsQuery(metric, { from, to, step, agg, ...(labels === '' ? {} : { labels }) }));
  // While a moved live span loads, the last picture stays.
  const series = useMemo(() => toPlotSeries(resource.data, metric ?? ''), [resource.data, metric]);
  return { ...resource, series, step };
}
