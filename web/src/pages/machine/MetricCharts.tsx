// The standard charts of a machine over one span, with shared cursor and zoom.
import { useMemo } from 'react';
import { useMetric } from '../../api/metrics';
import { type Range, rangeText } from '../../format/time';
import { type PlainKey, useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { ErrorBlock } from '../../ui/StateBlock';
import { TimeSeries, type TimeSeriesProps } from '../../ui/TimeSeries';

export interface MachineChart { metric: string; title: PlainKey; unit: string; max?: number; thresholds?: TimeSeriesProps['thresholds'] }
export const machineCharts: readonly MachineChart[] = [
  { metric: 'host_cpu_percent', title: 'machine.cpu', unit: '%', max: 100, thresholds: [{ value: 75, status: 'warning' }, { value: 90, status: 'critical' }] },
  { metric: 'host_mem_percent', title: 'machine.memory', unit: '%', max: 100, thresholds: [{ value: 90, status: 'critical' }] },
  { metric: 'host_net_bps', title: 'machine.networkRate', unit: 'B/s' },
  { metric: 'host_diskio_bps', title: 'machine.diskRate', unit: 'B/s' },
  { metric: 'host_disk_percent', title: 'machine.diskFill', unit: '%', max: 100, thresholds: [{ value: 80, status: 'warning' }, { value: 90, status: 'critical' }] },
  { metric: 'host_temp_celsius', title: 'machine.temperature', unit: '°C', thresholds: [{ value: 70, status: 'warning' }, { value: 85, status: 'critical' }] },
];

const shownSeries = 8;

export function MetricChart({ chart, range, setRange, height = 200, hideEmpty }: { chart: MachineChart; range: Range; setRange?: (text: string) => void; height?: number; hideEmpty?: boolean }) {
  const t = useT();
  const { series, error, loading, reload, data } = useMetric(chart.metric, range);
  // More than eight lines cannot be told apart: the busiest stay.
  const shown = useMemo(() => {
    if (series.length <= shownSeries) return series;
    const peak = (s: (typeof series)[number]) => Math.max(0, ...s.points.map(([, v]) => v ?? 0));
    return [...series].sort((a, b) => peak(b) - peak(a)).slice(0, shownSeries);
  }, [series]);
  if (hideEmpty && data !== undefined && series.every((s) => s.points.every(([, v]) => v === null))) return null;
  if (hideEmpty && data === undefined && error) return null;
  return (
    <Card className="chart-card" flush>
      {error && data === undefined ? <ErrorBlock error={error} retry={reload} compact /> : (
        <TimeSeries title={t(chart.title)} name={chart.metric} series={shown} unit={chart.unit} from={range.from} to={range.to} height={height} loading={loading}
          {...(chart.max !== undefined ? { max: chart.max } : {})} {...(chart.thresholds ? { thresholds: chart.thresholds } : {})} syncKey="machine"
          onBrush={setRange ? (a, b) => setRange(rangeText(a, b)) : undefined} />
      )}
    </Card>
  );
}
