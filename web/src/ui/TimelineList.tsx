// Events of all parts as one list: mark, what happened, where, when. Days are headed.
import { Fragment } from 'react';
import { Link } from '../app/Link';
import { pageOfRef } from '../app/refs';
import type { EventItem } from '../api/shapes';
import { clock, clockSeconds, day, exactTime, toMillis } from '../format/time';
import { tDynamic, useT } from '../i18n';
import { severityOf } from '../state/status';
import { StatusMark } from './Icon';
import { Button } from './Button';

export function eventTitle(kind: string): string {
  const fallback = kind.replace(/^.*\./, '').replaceAll('_', ' ');
  return tDynamic(`event.${kind}`, fallback.charAt(0).toUpperCase() + fallback.slice(1));
}

/** Kinds that report the end of a problem show as well, whatever their severity. */
export function endsWell(kind: string): boolean { return /(^|[._])(resolved|recovered|restored|cleared|online|up|succeeded|completed)$/.test(kind); }

/** Events that say the same one after the other become one, with how often; the newest stands for them. */
export function collapse(items: readonly EventItem[]): { event: EventItem; times: number }[] {
  const out: { event: EventItem; times: number }[] = [];
  for (const event of items) {
    const last = out.at(-1);
    const n = Math.max(1, event.repeat_count ?? 1);
    if (last && last.event.kind === event.kind && last.event.message === event.message && last.event.severity === event.severity && last.event.subject_id === event.subject_id) last.times += n;
    else out.push({ event, times: n });
  }
  return out;
}

export function TimelineList({ items, fresh = 0, showFresh, days = true, compact }: { items: readonly EventItem[]; fresh?: number; showFresh?: () => void; days?: boolean; compact?: boolean }) {
  const t = useT();
  let lastDay = '';
  return (
    <div className={compact ? 'timeline timeline-compact' : 'timeline'}>
      {fresh > 0 && showFresh ? <div className="timeline-fresh"><Button small icon="arrow-up" onClick={showFresh}>{t('core.newItems', { n: fresh })}</Button></div> : null}
      <ol>
        {collapse(items).map(({ event: e, times }) => {
          const ms = toMillis(e.created_at) ?? 0;
          const label = day(ms);
          const head = days && label !== lastDay;
          lastDay = label;
          const to = e.subject_type && e.subject_id ? pageOfRef(`${e.subject_type}:${e.subject_id}`) : null;
          const subject = e.subject_name ?? e.subject_id;
          return (
            <Fragment key={e.id}>
              {head ? <li className="timeline-day">{label}</li> : null}
              <li className="timeline-row">
                <time className="num faint" dateTime={new Date(ms).toISOString()} title={exactTime(ms)}>{compact ? clock(ms) : clockSeconds(ms)}</time>
                <StatusMark status={endsWell(e.kind) ? 'ok' : severityOf(e.severity)} bare />
                <span className="timeline-text">
                  <span className="timeline-message">{e.message || eventTitle(e.kind)}</span>
                  {times > 1 ? <span className="tag num">×{times}</span> : null}
                  <span className="timeline-meta faint">{tDynamic(`source.${e.source}`, e.source)} · {eventTitle(e.kind)}{subject ? <> · {to ? <Link to={to}><bdi>{subject}</bdi></Link> : <bdi>{subject}</bdi>}</> : null}{e.actor ? <> · <bdi>{e.actor}</bdi></> : null}</span>
                </span>
              </li>
            </Fragment>
          );
        })}
      </ol>
    </div>
  );
}
