// What was measured around an incident, from the rule that opened it, and the way to the logs and figures of that time.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { AlertPreview, AlertRule, IncidentDetail } from '../../api/shapes';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Loaded } from '../../ui/StateBlock';
import { Picture } from './Preview';

/** Before it began and after it ended. */
const around = 15 * 60;
const hoursMax = 168;

/** `from` and `to` of the time around an incident, in seconds. */
export function spanAround(i: Pick<IncidentDetail, 'timestamp' | 'resolved_at'>, now: number): { from: number; to: number } {
  return { from: i.timestamp - around, to: i.resolved_at === 0 ? now : i.resolved_at + around };
}

export function IncidentEvidence({ incident: i }: { incident: IncidentDetail }) {
  const t = useT();
  const mayLogs = useCan('logs:read');
  const rules = useResource(paths.alertRules);
  const [now] = useState(() => Math.floor(Date.now() / 1000));
  const { from, to } = spanAround(i, now);
  const rule = i.alerts.map((a) => rules.data?.find((r) => r.id === a.rule_id)).find((r) => r !== undefined);
  const range = `${new Date(from * 1000).toISOString()}/${new Date(to * 1000).toISOString()}`;
  const hours = Math.ceil((now - from) / 3600);
  return (
    <Card title={t('inc.evidence')} actions={<>{mayLogs ? <ButtonLink small icon="list" to={`/explore/logs?t=${encodeURIComponent(range)}`}>{t('inc.logsThen')}</ButtonLink> : null}<ButtonLink small icon="activity" to={`/explore/metrics?t=${encodeURIComponent(range)}`}>{t('inc.figuresThen')}</ButtonLink></>}>
      {rule ? (hours <= hoursMax ? <Curves rule={rule} hours={hours} from={from * 1000} to={to * 1000} severity={i.severity} /> : <p className="muted">{t('inc.evidenceOld')}</p>) : <Loaded from={rules} lines={3} compact>{() => <p className="muted">{t('inc.evidenceNone')}</p>}</Loaded>}
    </Card>
  );
}

function Curves({ rule, hours, from, to, severity }: { rule: AlertRule; hours: number; from: number; to: number; severity: string }) {
  const t = useT();
  const [found, setFound] = useState<AlertPreview | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const { condition, clear_condition: clear, for_s: forS } = rule;
  useEffect(() => {
    const stop = new AbortController();
    send<AlertPreview>('POST', urls.alertPreview, { condition, clear_condition: clear ?? null, for_s: forS, hours }, { signal: stop.signal }).then((r) => setFound(r ?? null), (e: unknown) => { if (!stop.signal.aborted) setFailed(asApiError(e).message); });
    return () => stop.abort();
  }, [condition, clear, forS, hours]);
  if (failed !== null) return <p className="field-error" role="alert">{failed}</p>;
  if (found === null) return <p className="muted" role="status">{t('core.loading')}</p>;
  if (found.curves.length === 0) return <p className="muted">{t('inc.evidenceNone')}</p>;
  return <Picture result={found} condition={condition} severity={severity} span={{ from, to }} />;
}
