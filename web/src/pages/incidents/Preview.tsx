// What the condition would have done in the last seven days: the server counts, the chart shows why.
import { useEffect, useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { useMetric } from '../../api/metrics';
import { urls } from '../../api/paths';
import type { AlertPreview } from '../../api/shapes';
import { dayTime, span } from '../../format/time';
import { useT } from '../../i18n';
import { Icon } from '../../ui/Icon';
import { TimeSeries } from '../../ui/TimeSeries';
import { useTimeRange } from '../../ui/TimeRange';
import { readSentence, subjects } from './sentence';

const hours = 168;

export function Preview({ condition, forS, severity }: { condition: string; forS: number; severity: string }) {
  const t = useT();
  const [result, setResult] = useState<AlertPreview | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    // Typing settles first; a half-written condition is not asked for.
    const timer = setTimeout(() => {
      send<AlertPreview>('POST', urls.alertPreview, { condition, for_s: forS, hours }, { signal: stop.signal }).then((r) => { setResult(r); setError(null); }, (e: unknown) => { if (!stop.signal.aborted) { setError(asApiError(e)); setResult(null); } });
    }, 350);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [condition, forS]);
  const sentence = readSentence(condition);
  const subject = subjects.find((s) => s.id === sentence?.subject);
  const last = result?.intervals.at(-1);
  return (
    <div className="rule-preview">
      <p className="rule-verdict" role="status">
        {error ? <><Icon name="info" /> {error.message}</> : result === null ? t('core.loading') : result.unknown_metrics.length > 0 ? <><Icon name="info" /> {t('rules.unknownMetric', { name: result.unknown_metrics.join(', ') })}</> : <><b>{t('rules.wouldFire', { n: result.firings })}</b> {last ? t('rules.lastTime', { when: dayTime(last.from * 1000), time: last.to === null ? t('problems.ongoing') : span(last.to - last.from) }) : null}</>}
      </p>
      {subject?.series && sentence ? <Picture series={subject.series} only={subject.id === 'rx' || subject.id === 'tx' ? subject.id : null} unit={subject.unit} value={Number(sentence.value)} severity={severity} /> : null}
    </div>
  );
}

function Picture({ series, only, unit, value, severity }: { series: string; only: string | null; unit: string; value: number; severity: string }) {
  const t = useT();
  const { range } = useTimeRange('-7d');
  const week = { ...range, from: range.to - hours * 3_600_000 };
  const query = useMetric(series, week, 'max');
  const shown = only ? query.series.filter((s) => s.label.includes(only)) : query.series;
  return <TimeSeries bare title={t('rules.preview')} name="rule-preview" series={shown} unit={unit} from={week.from} to={week.to} height={150} loading={query.loading} {...(unit === '%' ? { max: 100 } : {})} {...(Number.isFinite(value) ? { thresholds: [{ value, status: severity === 'warning' || severity === 'info' ? 'warning' as const : 'critical' as const }] } : {})} />;
}
