// Bitrate, loss and round trip of the flows of a node over a span.
import { useMetric } from '../../api/metrics';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { type Range, rangeText } from '../../format/time';
import { type PlainKey, useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { Empty, ErrorBlock } from '../../ui/StateBlock';
import { TimeRange, useTimeRange } from '../../ui/TimeRange';
import { TimeSeries } from '../../ui/TimeSeries';

const charts: readonly { metric: string; title: PlainKey; unit: string; per?: number }[] = [
  { metric: 'node_flow_bitrate_bps', title: 'media.bitrate', unit: 'Mb/s', per: 1e6 }, { metric: 'node_flow_loss', title: 'media.loss', unit: '%' }, { metric: 'node_flow_rtt_ms', title: 'media.rtt', unit: 'ms' }, { metric: 'node_cpu_percent', title: 'media.cpu', unit: '%' },
];

export function FlowCharts({ id }: { id: string }) {
  const t = useT();
  const { range, text, set } = useTimeRange('-1h');
  // Only what some node told once is asked for: the server knows no other names.
  // Asked again, because the first figures of the first node make them.
  const known = useResource(paths.metricsAvailable, { everyMs: 15_000 });
  const exists = (metric: string) => known.data?.some((m) => m.name === metric) ?? false;
  const bitrate = useMetric(exists('node_total_bitrate_bps') ? 'node_total_bitrate_bps' : null, range, 'avg', `node=${id}`);
  const silent = bitrate.data !== undefined && bitrate.series.every((s) => s.points.every(([, v]) => v === null));
  const empty = silent || (known.data !== undefined && !exists('node_total_bitrate_bps'));
  return (
    <div className="stack">
      <div className="row row-between"><span /><TimeRange range={range} text={text} set={set} initial="-1h" /></div>
      {known.error && known.data === undefined ? <section className="card"><ErrorBlock error={known.error} retry={known.reload} /></section> : empty ? <section className="card"><Empty icon="chart" title={t('media.noFigures')} text={t('media.noFiguresText')} /></section> : charts.filter((c) => exists(c.metric)).map((c) => <FlowChart key={c.metric} {...c} id={id} range={range} setRange={set} label={t(c.title)} />)}
    </div>
  );
}

function FlowChart({ metric, unit, per = 1, id, range, setRange, label }: { metric: string; unit: string; per?: number; id: string; range: Range; setRange: (text: string) => void; label: string }) {
  const { series, error, loading, reload, data } = useMetric(metric, range, 'avg', `node=${id}`);
  // Every series is of this node, so its id says nothing.
  const named = series.map((s) => ({ label: s.label.replace(id, '').trim() || label, points: s.points.map(([at, v]) => [at, v === null ? null : v / per] as const) }));
  if (data !== undefined && series.every((s) => s.points.every(([, v]) => v === null))) return null;
  return <Card className="chart-card" flush>{error && data === undefined ? <ErrorBlock error={error} retry={reload} compact /> : <TimeSeries title={label} name={metric} series={named} unit={unit} from={range.from} to={range.to} height={170} loading={loading} min={0} syncKey="media" onBrush={(a, b) => setRange(rangeText(a, b))} />}</Card>;
}
