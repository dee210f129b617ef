// A measure over time: lines with legend, thresholds, shared cursor and brush, a table twin and CSV.
// The chart engine is loaded when the chart comes into view; the reserved height keeps the page still.
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { byUnit, joined } from '../format/numbers';
import { dayTime } from '../format/time';
import { useT } from '../i18n';
import { toCsv } from '../state/filter';
import { preferences } from '../state/preferences';
import { useStore } from '../state/store';
import { Menu } from './Overlay';
import { saveFile } from './download';
import type { Plot } from './plot';

/** `hue`: one of the eight colours of series, where the order alone would say something wrong. */
export interface PlotSeries { label: string; points: readonly (readonly [number, number | null])[]; hue?: number }
export interface PlotSpec {
  series: readonly PlotSeries[]; unit: string; from: number; to: number; height: number; min?: number; max?: number; area?: boolean;
  thresholds?: readonly { value: number; status: 'warning' | 'critical' }[]; syncKey?: string;
  onBrush?: ((from: number, to: number) => void) | undefined;
  onCursor?: (at: { text: string; values: (number | null)[]; left: number } | null) => void;
}
export interface TimeSeriesProps extends Omit<PlotSpec, 'height' | 'onCursor'> { title: ReactNode; name: string; height?: number; actions?: ReactNode; loading?: boolean; bare?: boolean }

/** Figures of one series for the legend and the spoken summary. */
export function summarise(points: PlotSeries['points']): { last: number; min: number; max: number; mean: number } | null {
  const known = points.flatMap(([, v]) => (v === null ? [] : [v]));
  const last = known.at(-1);
  if (last === undefined) return null;
  return { last, min: Math.min(...known), max: Math.max(...known), mean: known.reduce((a, b) => a + b, 0) / known.length };
}

export function TimeSeries({ title, name, height = 200, actions, loading, bare, ...spec }: TimeSeriesProps) {
  const t = useT();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const theme = useStore(preferences, (p) => `${p.theme}/${p.language}`);
  const [cursor, setCursor] = useState<{ text: string; values: (number | null)[]; left: number } | null>(null);
  const [asTable, setAsTable] = useState(false);
  const [failed, setFailed] = useState(false);
  const full: PlotSpec = { ...spec, height, onCursor: setCursor };
  const latest = useRef(full);
  useEffect(() => { latest.current = full; });
  const shape = `${theme}|${spec.unit}|${height}|${spec.series.map((s) => s.label).join('|')}|${asTable}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` is what a plot cannot change after creation.
  useEffect(() => {
    const node = host.current;
    if (!node) return;
    let gone = false;
    let started = false;
    const resize = new ResizeObserver(([entry]) => { if (entry && plot.current) plot.current.resize(Math.floor(entry.contentRect.width)); });
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting || started) return;
      started = true;
      import('./plot').then(({ createPlot }) => {
        if (gone) return;
        plot.current = createPlot(node, latest.current, node.clientWidth);
        resize.observe(node);
      }, () => setFailed(true));
    }, { rootMargin: '200px' });
    seen.observe(node);
    return () => { gone = true; seen.disconnect(); resize.disconnect(); plot.current?.destroy(); plot.current = null; };
  }, [shape]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the data make a redraw necessary.
  useEffect(() => { plot.current?.update(full); }, [spec.series, spec.from, spec.to]);

  const sums = useMemo(() => spec.series.map((s) => summarise(s.points)), [spec.series]);
  const none = spec.series.every((_s, i) => sums[i] === null);
  const show = (v: number) => joined(byUnit(v, spec.unit));
  const times = useMemo(() => [...new Set(spec.series.flatMap((s) => s.points.map(([at]) => at)))].sort((a, b) => b - a), [spec.series]);
  const maps = useMemo(() => spec.series.map((s) => new Map(s.points)), [spec.series]);
  const csv = () => saveFile(`${name}.csv`, 'text/csv', toCsv(['time', ...spec.series.map((s) => s.label)], [...times].reverse().map((at) => [new Date(at).toISOString(), ...maps.map((m) => m.get(at) ?? null)])));
  const spoken = none ? t('chart.noData') : spec.series.map((s, i) => { const f = sums[i]; return f ? t('chart.summary', { name: s.label, last: show(f.last), min: show(f.min), max: show(f.max) }) : ''; }).join(' ');

  return (
    <figure className={bare ? 'chart chart-bare' : 'chart'}>
      <figcaption className="chart-head">
        <span className="chart-title">{title}</span>
        <span className="chart-legend">
          {spec.series.slice(0, 8).map((s, i) => {
            const v = cursor ? cursor.values[i] : sums[i]?.last;
            return <span key={s.label} className="legend-item"><i style={{ background: `var(--series-${s.hue ?? (i % 8) + 1})` }} />{spec.series.length > 1 ? <span>{s.label}</span> : null}<b className="num">{v === null || v === undefined ? '–' : show(v)}</b></span>;
          })}
          <span className="legend-time num">{cursor?.text ?? ''}</span>
        </span>
        <span className="chart-actions">
          {actions}
          <Menu label={t('chart.options')} items={[{ id: 'table', text: asTable ? t('chart.asChart') : t('chart.asTable'), icon: asTable ? 'chart' : 'table', run: () => setAsTable(!asTable) }, { id: 'csv', text: t('table.csv'), icon: 'download', run: csv }]} />
        </span>
      </figcaption>
      <p className="sr">{spoken}</p>
      {asTable ? (
        <div className="chart-table" style={{ blockSize: height }} tabIndex={0} role="region" aria-label={t('chart.asTable')}>
          <table className="table table-dense"><thead><tr><th>{t('chart.time')}</th>{spec.series.map((s) => <th key={s.label} className="cell-number">{s.label}</th>)}</tr></thead>
            <tbody>{times.slice(0, 400).map((at) => <tr key={at}><td className="num">{dayTime(at)}</td>{maps.map((m, i) => { const v = m.get(at); return <td key={i} className="cell-number num">{v === null || v === undefined ? '–' : show(v)}</td>; })}</tr>)}</tbody></table>
        </div>
      ) : (
        <div className="chart-plot" style={{ blockSize: height }} aria-hidden="true">
          <div ref={host} className="chart-host" />
          {none && !loading ? <p className="chart-none">{t('chart.noData')}</p> : null}
          {failed ? <p className="chart-none">{t('chart.failed')}</p> : null}
        </div>
      )}
    </figure>
  );
}
