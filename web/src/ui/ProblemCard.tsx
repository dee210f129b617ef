// One problem: mark, title, since when, cause and what is folded beneath; acknowledge and silence where the caller may.
import { type ReactNode, useState } from 'react';
import { asApiError, send } from '../api/client';
import { urls } from '../api/home-paths';
import { invalidate } from '../api/resource';
import type { Problem } from '../api/shapes';
import { clock, span, toMillis } from '../format/time';
import { useT } from '../i18n';
import { severityOf } from '../state/status';
import { useNow } from './Age';
import { Button, ButtonLink } from './Button';
import { StatusMark } from './Icon';
import { Menu } from './Menu';
import { toast } from './toasts';

/** How long something may be kept quiet. */
export const silenceMinutes = [60, 240, 1440] as const;

/** Where the cause can be seen: the labels of the firing say which thing it is about. */
export function problemPage(problem: Pick<Problem, 'labels' | 'rule_id' | 'incident_id' | 'thing_ref'>): string {
  if (problem.incident_id) return `/incidents/${problem.incident_id}`;
  if (problem.thing_ref) return `/inventory/${encodeURIComponent(problem.thing_ref)}`;
  const labels = problem.labels ?? {};
  if (labels.mount || labels.device) return '/machines/local/disks';
  const unit = labels.service ?? labels.unit ?? (problem.rule_id.startsWith('service') ? labels.name : undefined);
  if (unit) return `/machines/local/services?q=${encodeURIComponent(unit)}`;
  if (/^(cpu|mem|load|temp)/.test(problem.rule_id)) return '/machines/local/metrics';
  return `/incidents/rules?q=${encodeURIComponent(problem.rule_id)}`;
}

export function ProblemCard({ problem, open, over, pick }: { problem: Problem; open?: boolean; /** It ended while the page was open. */ over?: boolean; /** The box it is chosen by. */ pick?: ReactNode }) {
  const t = useT();
  const now = useNow();
  const [busy, setBusy] = useState(false);
  const since = toMillis(problem.since);
  const silenced = problem.state === 'silenced' || problem.state === 'maintenance';
  const acknowledged = problem.acknowledged_by !== null;
  const status = over ? 'ok' : silenced ? 'maintenance' : severityOf(problem.severity);
  const until = toMillis(problem.silenced_until);
  const act = async (url: string, body?: unknown) => {
    setBusy(true);
    let done = true;
    try { await send('POST', url, body); } catch (e) { done = false; toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
    invalidate('/api/ui/attention', '/api/alert-history', '/api/silences', '/api/incidents');
    return done;
  };
  const silence = async (minutes: number) => {
    const url = urls.silence(problem.firing_id);
    if (await act(url, { minutes }) && minutes > 0) toast({ level: 'ok', text: t('problem.silencedFor', { time: span(minutes * 60) }), action: { text: t('core.undo'), run: () => void act(url, { minutes: 0 }) } });
  };
  return (
    <li className={`problem problem-${status}${pick ? ' problem-pick' : ''}`}>
      <span className="problem-mark">{pick}<StatusMark status={status} size={16} bare /></span>
      <div className="problem-text">
        <p className="problem-title">{problem.title}{problem.flapping ? <span className="tag">{t('problem.flapping')}</span> : null}{over ? <span className="faint"> {t('problem.over')}</span> : since === null ? null : <span className="faint num"> {span((now - since) / 1000)}</span>}</p>
        {problem.cause ? <p className="muted">{t('core.cause', { cause: problem.cause })}</p> : null}
        {acknowledged || silenced ? <p className="faint">{acknowledged ? t('problem.acked', { name: problem.acknowledged_by ?? '' }) : null}{acknowledged && silenced ? ', ' : null}{silenced ? (problem.state === 'maintenance' ? t('problem.maintenanceUntil', { time: until === null ? '' : clock(until) }) : t('problem.silencedUntil', { time: until === null ? '' : clock(until) })) : null}</p> : null}
        {problem.children.length > 0 ? (
          <details open={open}><summary className="faint">{t('core.folded', { n: problem.children.length })}</summary><ul className="problem-children">{problem.children.map((c) => <li key={c.firing_id}>{c.title}</li>)}</ul></details>
        ) : null}
      </div>
      <span className="problem-actions">
        {!over && problem.actions.includes('ack') && !acknowledged ? <Button small busy={busy} writes onClick={() => void act(urls.acknowledge(problem.firing_id))}>{t('problem.ack')}</Button> : null}
        {!over && problem.actions.includes('silence') ? (
          <Menu label={`${t('problem.silence')}: ${problem.title}`} items={problem.state === 'silenced' ? [{ id: 'end', text: t('problem.unsilence'), icon: 'bell', run: () => void silence(0) }] : silenceMinutes.map((minutes) => ({ id: String(minutes), text: t('problem.silenceFor', { time: span(minutes * 60) }), icon: 'pause' as const, run: () => void silence(minutes) }))} />
        ) : null}
        <ButtonLink small to={problemPage(problem)} iconEnd="chevron-right">{t('core.open')}</ButtonLink>
      </span>
    </li>
  );
}
