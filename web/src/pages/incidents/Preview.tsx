// What the condition would have done in the last seven days: the server counts and sends the points behind it.
import { useEffect, useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { AlertPreview, NoData } from '../../api/shapes';
import { byUnit, joined } from '../../format/numbers';
import { dayTime, span } from '../../format/time';
import { type Translate, useT } from '../../i18n';
import { Icon } from '../../ui/Icon';
import { TimeSeries } from '../../ui/TimeSeries';
import { unitOf, useRuleSeries } from './MetricField';
import { subjects } from './sentence';
import { readTerms } from './terms';

const hours = 168;

export function Preview({ condition, clear, forS, severity }: { condition: string; clear: string; forS: number; severity: string }) {
  const t = useT();
  const [result, setResult] = useState<AlertPreview | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    // Typing settles first; a half-written condition is not asked for.
    const timer = setTimeout(() => {
      send<AlertPreview>('POST', urls.alertPreview, { condition, clear_condition: clear || null, for_s: forS, hours }, { signal: stop.signal }).then((r) => { setResult(r); setError(null); }, (e: unknown) => { if (!stop.signal.aborted) { setError(asApiError(e)); setResult(null); } });
    }, 350);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [condition, clear, forS]);
  const last = result?.intervals.at(-1);
  return (
    <div className="rule-preview">
      <p className="rule-verdict" role="status">
        {error ? <><Icon name="info" /> {error.message}</> : result === null ? t('core.loading') : <>{result.no_data.length > 0 ? <Silence of={result.no_data} /> : null}{result.unknown_metrics.length > 0 ? null : <><b>{t('rules.wouldFire', { n: result.firings })}</b> {last ? last.to === null ? t('rules.lastOpen', { when: dayTime(last.from * 1000) }) : t('rules.lastTime', { when: dayTime(last.from * 1000), time: span(last.to - last.from) }) : null}{result.unknown_s > 0 ? <span className="faint"> {t('cond.unknown', { time: span(result.unknown_s), total: span(result.total_s) })}</span> : null}</>}</>}
      </p>
      {result && result.now.length > 0 ? <Present result={result} condition={condition} /> : null}
      {result && result.curves.length > 0 ? <Picture result={result} condition={condition} severity={severity} /> : null}
    </div>
  );
}

/** Why a measurement says nothing. */
export function silence(t: Translate, n: NoData): string {
  if (n.reason === 'silent' && n.since !== null) return t('rules.silent', { name: n.metric, when: dayTime(n.since * 1000) });
  if (n.reason === 'silent') return t('rules.noValue', { name: n.metric });
  return n.reason === 'no_such_subject' ? t('rules.noSubject', { name: n.metric }) : t('rules.unknownMetric', { name: n.metric });
}

function Silence({ of }: { of: readonly NoData[] }) {
  const t = useT();
  return <>{of.map((n) => <span key={n.metric} className="rule-silence"><Icon name="info" /> {silence(t, n)}</span>)}</>;
}

const presentMax = 12;

/** What the condition reads at this moment, thing by thing: those for which it holds first. */
function Present({ result, condition }: { result: AlertPreview; condition: string }) {
  const t = useT();
  const series = useRuleSeries();
  const metrics = new Set((readTerms(condition)?.list ?? []).map((x) => x.metric));
  const unit = metrics.size === 1 ? unitOf(series, [...metrics][0] ?? '') || (subjects.find((s) => metrics.has(s.metric))?.unit ?? '') : '';
  const all = [...result.now].sort((a, b) => Number(b.holds === true) - Number(a.holds === true));
  const more = result.instances - Math.min(all.length, presentMax);
  return (
    <ul className="rule-now" aria-label={t('rules.present')}>
      <li className="faint">{t('rules.present')}</li>
      {all.slice(0, presentMax).map((n) => (
        <li key={n.label ?? ''} className={n.holds === true ? 'rule-now-holds' : undefined} title={n.holds === null ? t('rules.cannotTell') : undefined}>
          {n.label === null ? null : <span className="rule-now-label">{n.label}</span>}
          <b className="num">{n.value === null ? '–' : joined(byUnit(n.value, unit))}</b>
          {n.holds === true ? <span className="sr">{t('rules.holds')}</span> : null}
        </li>
      ))}
      {more > 0 ? <li className="faint">{t('rules.andMore', { n: more })}</li> : null}
    </ul>
  );
}

export function Picture({ result, condition, severity, span: shown }: { result: AlertPreview; condition: string; severity: string; /** Milliseconds; absent = all of the preview. */ span?: { from: number; to: number } }) {
  const t = useT();
  const series = useRuleSeries();
  const terms = readTerms(condition)?.list ?? [];
  const units = new Set(result.curves.map((c) => subjects.find((s) => s.metric.replace('[*]', '') === c.metric.replace(/\["?[^\]]*"?\]/, ''))?.unit ?? unitOf(series, c.metric)));
  const unit = units.size === 1 ? ([...units][0] ?? '') : '';
  // Of one metric only what tells its lines apart.
  const isOne = new Set(result.curves.map((c) => c.metric.split('[')[0])).size === 1;
  const label = (metric: string) => (isOne && /\[(.+)\]$/.exec(metric)?.[1]?.replaceAll('"', '')) || metric;
  const to = shown?.to ?? Date.now();
  const from = shown?.from ?? to - result.hours * 3_600_000;
  const status = severity === 'warning' || severity === 'info' ? 'warning' as const : 'critical' as const;
  const lines = terms.filter((x) => ['value', 'avg', 'min', 'max'].includes(x.kind)).map((x) => Number(x.value)).filter((v) => Number.isFinite(v));
  return <TimeSeries bare title={shown ? t('inc.evidence') : t('rules.preview')} name="rule-preview" series={result.curves.map((c) => ({ label: label(c.metric), points: c.points.map(([s, v]) => [s * 1000, v] as const) }))} unit={unit} from={from} to={to} height={150} {...(unit === '%' ? { max: 100 } : {})} thresholds={lines.map((value) => ({ value, status }))} />;
}
