// The measures of one UPS over a span; above them a band shows when the battery carried the load.
import { useMetric } from '../../api/metrics';
import { type Range, rangeText } from '../../format/time';
import { type PlainKey, useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { ErrorBlock } from '../../ui/StateBlock';
import { TimeRange, useTimeRange } from '../../ui/TimeRange';
import { TimeSeries, type TimeSeriesProps } from '../../ui/TimeSeries';

interface Chart { metric: string; title: PlainKey; unit: string; max?: number; min?: number; thresholds?: TimeSeriesProps['thresholds'] }
const charts: readonly Chart[] = [
  { metric: 'power_power_watts', title: 'power.watts', unit: 'W', min: 0 },
  { metric: 'power_battery_percent', title: 'power.battery', unit: '%', max: 100, min: 0, thresholds: [{ value: 20, status: 'critical' }] },
  { metric: 'power_load_percent', title: 'power.load', unit: '%', min: 0, thresholds: [{ value: 90, status: 'warning' }] },
  { metric: 'power_input_voltage', title: 'power.input', unit: 'V' },
  { metric: 'power_runtime_seconds', title: 'power.runtime', unit: 's', min: 0 },
  { metric: 'power_temperature_c', title: 'power.temperature', unit: '°C' },
];

export function DeviceCharts({ id, ups }: { id: string; ups: boolean }) {
  const t = useT();
  const { range, text, set } = useTimeRange('-1h');
  return (
    <>
      <div className="row row-between tab-bar power-bar">{ups ? <SourceBand id={id} range={range} /> : <span />}<TimeRange range={range} text={text} set={set} initial="-1h" /></div>
      <div className="grid">{charts.map((c) => <DeviceChart key={c.metric} chart={c} id={id} range={range} setRange={set} label={t(c.title)} />)}</div>
    </>
  );
}

function DeviceChart({ chart, id, range, setRange, label }: { chart: Chart; id: string; range: Range; setRange: (text: string) => void; label: string }) {
  const { series, error, loading, reload, data } = useMetric(chart.metric, range, 'avg', `device_id=${id}`);
  const named = series.map((s) => ({ ...s, label }));
  if (data !== undefined && named.every((s) => s.points.every(([, v]) => v === null))) return null;
  if (data === undefined && error?.status === 400) return null;
  return (
    <div className="span-6">
      <Card className="chart-card" flush>
        {error && data === undefined ? <ErrorBlock error={error} retry={reload} compact /> : (
          <TimeSeries title={label} name={chart.metric} series={named} unit={chart.unit} from={range.from} to={range.to} height={170} loading={loading} area
            {...(chart.max !== undefined ? { max: chart.max } : {})} {...(chart.min !== undefined ? { min: chart.min } : {})} {...(chart.thresholds ? { thresholds: chart.thresholds } : {})} syncKey="power" onBrush={(a, b) => setRange(rangeText(a, b))} />
        )}
      </Card>
    </div>
  );
}

/** Mains and battery over the span; where nothing is known, nothing is drawn. */
function SourceBand({ id, range }: { id: string; range: Range }) {
  const t = useT();
  const { series, step } = useMetric('power_on_battery', range, 'max', `device_id=${id}`);
  const points = series[0]?.points ?? [];
  const width = range.to - range.from;
  const runs: { from: number; to: number; battery: boolean }[] = [];
  for (const [at, v] of points) {
    if (v === null || at < range.from) continue;
    const last = runs.at(-1);
    const battery = v > 0;
    const end = Math.min(at + step * 1000, range.to);
    if (last && last.battery === battery && at - last.to <= step * 1000) last.to = end; else runs.push({ from: at, to: end, battery });
  }
  const outages = runs.filter((r) => r.battery).length;
  return (
    <span className="band-box">
      <span className="band" role="img" aria-label={t('power.bandLabel', { n: outages })}>
        {runs.map((r) => <i key={r.from} className={r.battery ? 'band-battery' : 'band-mains'} style={{ insetInlineStart: `${((r.from - range.from) / width) * 100}%`, inlineSize: `${Math.max(0.3, ((r.to - r.from) / width) * 100)}%` }} />)}
      </span>
      <span className="band-legend faint"><span><i className="band-mains" />{t('power.mains')}</span><span><i className="band-battery" />{t('power.battery')}</span></span>
    </span>
  );
}
