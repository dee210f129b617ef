// The chart engine behind TimeSeries, loaded only when a chart is on screen: uPlot with the tokens of the theme.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { byUnit, joined } from '../format/numbers';
import { clock, clockSeconds, dayTime } from '../format/time';
import type { PlotSpec } from './TimeSeries';

function css(name: string): string { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
function alpha(hex: string, a: number): string {
  const n = Number.parseInt(hex.slice(1), 16);
  return `rgba(${(n >> 16) & 255}, ${(n >> 8) & 255}, ${n & 255}, ${a})`;
}

/** Ticks of byte axes fall on round binary figures. */
const binarySteps = Array.from({ length: 50 }, (_, n) => 2 ** n);

export interface Plot { update(spec: PlotSpec): void; resize(width: number): void; destroy(): void }

/** Joins all series on one time axis; a series without a value at a time has null there (a gap stays a gap). */
export function align(spec: PlotSpec): uPlot.AlignedData {
  const tables = spec.series.map((s): uPlot.AlignedData => [s.points.map(([at]) => at / 1000), s.points.map(([, v]) => v)]);
  if (tables.length === 0) return [[]];
  return tables.length === 1 && tables[0] ? tables[0] : uPlot.join(tables, tables.map((t) => t.map(() => 2)));
}

/** Values without a neighbour on either side: no line leads to them, so they are drawn as dots. */
export function lonely(values: ArrayLike<number | null | undefined>): number[] | null {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  return found.length > 0 ? found : null;
}

function limits(spec: PlotSpec): (u: uPlot, low: number | null, high: number | null) => [number, number] {
  return (_u, low, high) => {
    if (spec.max !== undefined) return [spec.min ?? 0, spec.max];
    const top = Math.max(high ?? 0, ...(spec.thresholds ?? []).map((x) => x.value * 1.02));
    const bottom = Math.min(spec.min ?? 0, low ?? 0);
    return [bottom, top <= bottom ? bottom + 1 : bottom + (top - bottom) * 1.1];
  };
}

export function createPlot(target: HTMLElement, first: PlotSpec, width: number): Plot {
  let spec = first;
  const line = css('--line');
  const faint = css('--text-3');
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const wide = () => (spec.to - spec.from) > 36 * 3600_000;
  const axis: uPlot.Axis = { stroke: faint, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, gap: 6 };
  const options: uPlot.Options = {
    width, height: spec.height, padding: [8, 12, 0, 0], legend: { show: false },
    cursor: {
      ...(spec.syncKey ? { sync: { key: spec.syncKey, setSeries: false } } : {}),
      points: { size: 7, fill: (u, i) => String(u.series[i]?.stroke instanceof Function ? css(`--series-${((i - 1) % 8) + 1}`) : u.series[i]?.stroke) },
      drag: { x: true, y: false, uni: 12 }, y: false,
    },
    scales: { x: { time: true, range: () => [spec.from / 1000, spec.to / 1000] }, y: { range: limits(spec) } },
    axes: [
      { ...axis, space: 70, size: 28, values: (_u, splits) => splits.map((s) => (wide() ? dayTime(s * 1000).replace(/,? 00:00$/, '') : clock(s * 1000))) },
      { ...axis, size: 62, space: 34, ...(/^b/i.test(spec.unit) ? { incrs: binarySteps } : {}), values: (_u, splits) => splits.map((v) => joined(byUnit(v, spec.unit)).replace(/[.,]0{1,2}(?=\D|$)/, '')) },
    ],
    series: [{}, ...spec.series.map((s, i): uPlot.Series => {
      const color = css(`--series-${s.hue ?? (i % 8) + 1}`);
      return { label: s.label, stroke: color, width: 1.5, ...(i >= 4 ? { dash: [6, 4] } : {}), ...(spec.series.length === 1 || spec.area ? { fill: alpha(color, 0.1) } : {}), points: { show: false, size: 5, fill: color, filter: (u, n) => lonely(u.data[n] ?? []) }, spanGaps: false };
    })],
    hooks: {
      setCursor: [(u) => {
        const i = u.cursor.idx;
        const at = i === null || i === undefined ? null : u.data[0][i];
        spec.onCursor?.(at === null || at === undefined || i === null || i === undefined ? null : { text: wide() ? dayTime(at * 1000) : clockSeconds(at * 1000), values: spec.series.map((_s, n) => u.data[n + 1]?.[i] ?? null), left: u.cursor.left ?? 0 });
      }],
      setSelect: [(u) => {
        if (u.select.width < 12) return;
        const from = u.posToVal(u.select.left, 'x') * 1000;
        const to = u.posToVal(u.select.left + u.select.width, 'x') * 1000;
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        spec.onBrush?.(from, to);
      }],
      draw: [(u) => {
        for (const threshold of spec.thresholds ?? []) {
          const y = u.valToPos(threshold.value, 'y', true);
          if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) continue;
          u.ctx.save();
          u.ctx.strokeStyle = css(`--${threshold.status}`);
          u.ctx.setLineDash([5, 5]);
          u.ctx.lineWidth = devicePixelRatio;
          u.ctx.globalAlpha = 0.75;
          u.ctx.beginPath();
          u.ctx.moveTo(u.bbox.left, y);
          u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
          u.ctx.stroke();
          u.ctx.restore();
        }
      }],
    },
  };
  const plot = new uPlot(options, align(spec), target);
  return {
    update(next) { spec = next; plot.setData(align(next)); },
    resize(w) { plot.setSize({ width: w, height: spec.height }); },
    destroy() { plot.destroy(); },
  };
}
