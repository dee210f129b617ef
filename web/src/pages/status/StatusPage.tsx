// The public face: how things are, what is wrong, what was wrong. No sign-in, no names.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { PublicIncident, PublicStatus } from '../../api/shapes';
import { date, dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Brand } from '../../app/Rail';
import { StatusMark } from '../../ui/Icon';
import { Loaded } from '../../ui/StateBlock';
import './status.css';

export const stateOf: Readonly<Record<string, Status>> = { operational: 'ok', degraded: 'warning', major_outage: 'critical', unknown: 'unknown' };
const severityTo: Readonly<Record<string, Status>> = { minor: 'warning', major: 'critical', critical: 'critical' };
const RESOLVED_SHOWN = 10;

export default function StatusPage() {
  const t = useT();
  const status = useResource(paths.publicStatus, { everyMs: 30_000 });
  const all = useResource(paths.publicIncidents, { everyMs: 60_000 });
  const past = (all.data?.incidents ?? []).filter((i) => i.resolved_at !== null).slice(0, RESOLVED_SHOWN);
  return (
    <div className="status-page">
      <header className="status-top"><Brand size={30} /><h1>{t('status.title')}</h1></header>
      <Loaded from={status} lines={6}>{(data) => <>
        <p className={`status-overall status-is-${stateOf[data.overall] ?? 'unknown'}`} role="status"><StatusMark status={stateOf[data.overall] ?? 'unknown'} bare size={22} /><span>{tDynamic(`status.overall.${data.overall}`, data.overall)}</span><small><Age at={data.timestamp} /></small></p>
        {data.active_incidents.map((i) => <Incident key={i.id} incident={i} />)}
        <Components data={data} />
        <History bars={data.uptime_history} />
      </>}</Loaded>
      {past.length > 0 ? <section aria-labelledby="status-past"><h2 id="status-past">{t('status.past')}</h2>{past.map((i) => <Incident key={i.id} incident={i} />)}</section> : null}
    </div>
  );
}

function Components({ data }: { data: PublicStatus }) {
  const t = useT();
  if (data.components.length === 0) return null;
  const groups = [...new Set(data.components.map((c) => c.group_name))];
  return (
    <section className="card status-components" aria-label={t('status.components')}>
      {groups.map((group) => (
        <div key={group}>
          {groups.length > 1 || group !== 'Default' ? <h2>{group}</h2> : null}
          <ul>{data.components.filter((c) => c.group_name === group).map((c) => <li key={c.id}><span>{c.name}</span><StatusMark status={stateOf[c.status] ?? 'unknown'} word={tDynamic(`status.is.${c.status}`, c.status)} /></li>)}</ul>
        </div>
      ))}
    </section>
  );
}

function History({ bars }: { bars: PublicStatus['uptime_history'] }) {
  const t = useT();
  const bad = bars.filter((b) => b.incidents > 0).length;
  const unknown = bars.filter((b) => !b.known).length;
  return (
    <section className="card status-history">
      <h2>{t('status.days', { n: bars.length })}</h2>
      <div className="status-bars" role="img" aria-label={t('status.daysText', { n: bars.length, bad })}>
        {bars.map((b) => <span key={b.date} className={`status-bar status-is-${!b.known ? 'unknown' : b.incidents === 0 ? 'ok' : (severityTo[b.worst_severity ?? ''] ?? 'warning')}`} title={`${b.date}: ${!b.known ? t('status.dayUnknown') : b.incidents === 0 ? t('status.dayGood') : t('status.dayBad', { n: b.incidents })}`} />)}
      </div>
      <p className="muted status-legend"><span>{bars[0] ? date(Date.parse(bars[0].date)) : ''}</span>{unknown > 0 ? <span>{t('status.daysUnknown', { n: unknown })}</span> : null}<span>{t('status.today')}</span></p>
    </section>
  );
}

function Incident({ incident: i }: { incident: PublicIncident }) {
  const t = useT();
  const open = i.resolved_at === null;
  return (
    <article className={open ? 'card status-incident status-open' : 'card status-incident'}>
      <header><StatusMark status={open ? (severityTo[i.severity] ?? 'warning') : 'ok'} bare size={18} /><h3>{i.title}</h3><span className="muted">{tDynamic(`status.step.${i.status}`, i.status)}</span></header>
      <ol>{[...i.updates].reverse().map((u) => <li key={u.id}><strong>{tDynamic(`status.step.${u.status}`, u.status)}</strong> <span>{u.message}</span> <time className="muted num">{dayTime(toMillis(u.created_at) ?? 0)}</time></li>)}</ol>
      {i.updates.length === 0 ? <p className="muted">{open ? t('status.since', { time: dayTime(toMillis(i.created_at) ?? 0) }) : t('status.until', { from: dayTime(toMillis(i.created_at) ?? 0), to: dayTime(toMillis(i.resolved_at) ?? 0) })}</p> : null}
    </article>
  );
}
