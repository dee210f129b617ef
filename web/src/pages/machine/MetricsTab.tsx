// Charts of the machine for a chosen span; dragging zooms all of them, the span is in the address.
import { useT } from '../../i18n';
import { TimeRange, useTimeRange } from '../../ui/TimeRange';
import { MetricChart, machineCharts } from './MetricCharts';

export function MetricsTab() {
  const t = useT();
  const { range, text, set } = useTimeRange('-1h');
  return (
    <>
      <div className="row row-between tab-bar"><span className="faint">{t('machine.zoomHint')}</span><TimeRange range={range} text={text} set={set} initial="-1h" /></div>
      <div className="grid">{machineCharts.map((c, i) => <div key={c.metric} className={i < 6 ? 'span-6' : ''}><MetricChart chart={c} range={range} setRange={set} hideEmpty={c.metric === 'host_temp_celsius'} /></div>)}</div>
    </>
  );
}
