// What will happen by the clock, whichever part does it: a strip of the days with how much each holds, and the days below it.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ComingItem } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { clock, date, day, dayMonth, dayTime, exactTime, toMillis, weekdayShort } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { useNow } from '../../ui/Age';
import { Segmented } from '../../ui/Button';
import { Icon, type IconName } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import './agenda.css';

const spans = ['1', '7', '31'] as const;
const icons: Readonly<Record<string, IconName>> = { schedule: 'clock', maintenance: 'gear', certificate_renewal: 'refresh', certificate_end: 'shield', key_end: 'key' };

interface Line { item: ComingItem; at: number; until: number | null; /** Periods of maintenance that hold it. */ within: string | null }
interface Day { key: string; at: number; lines: Line[] }

/** Things by day, each with the maintenance that lies over it. */
export function daysOf(items: readonly ComingItem[], now: number, count: number): Day[] {
  const lines = items.map((item) => ({ item, at: toMillis(item.at) ?? now, until: toMillis(item.until) }));
  const windows = lines.filter((l) => l.item.kind === 'maintenance' && l.until !== null);
  // Days are those of the zone that times are shown in; by the hour, as not each of them has 24.
  const days: Day[] = [];
  for (let at = now; at <= now + (count - 1) * 86_400_000; at += 3_600_000) if (days.at(-1)?.key !== date(at)) days.push({ key: date(at), at, lines: [] });
  for (const line of lines) {
    // What began before today is under way.
    const key = date(Math.max(line.at, now));
    const over = line.item.kind === 'schedule' ? windows.find((w) => w.at <= line.at && line.at < (w.until ?? 0)) : undefined;
    days.find((d) => d.key === key)?.lines.push({ ...line, within: over?.item.name ?? null });
  }
  return days;
}

export function Agenda() {
  const t = useT();
  const [text, setSpan] = useQueryParam('days', '7');
  const chosen = spans.find((s) => s === text) ?? '7';
  const coming = useResource(paths.comingUp(Number(chosen)), { everyMs: 60_000 });
  return (
    <>
      <div className="agenda-span"><Segmented label={t('agenda.span')} value={chosen} options={spans.map((s) => ({ id: s, text: t('agenda.days', { n: Number(s) }) }))} onChange={(s) => setSpan(s)} /></div>
      <Loaded from={coming} lines={8}>
        {(page) => (
          <>
            {page.unavailable.length > 0 ? <p className="banner banner-warning" role="status">{t('agenda.missing', { parts: page.unavailable.join(', ') })}</p> : null}
            {page.items.length === 0 ? <section className="card"><Empty icon="calendar" title={t('agenda.none')} text={t('agenda.noneText')} /></section> : <Days items={page.items} count={Number(chosen) + 1} />}
          </>
        )}
      </Loaded>
    </>
  );
}

function Days({ items, count }: { items: readonly ComingItem[]; count: number }) {
  const t = useT();
  const minute = Math.floor(useNow() / 60_000) * 60_000;
  const days = useMemo(() => daysOf(items, minute, count), [items, minute, count]);
  const most = Math.max(1, ...days.map((d) => d.lines.length));
  return (
    <>
      {count > 2 ? (
        <section className="card agenda-strip" aria-label={t('agenda.load')}>
          <ol>{days.map((d) => <li key={d.key}><a href={`#day-${d.at}`} title={`${day(d.at)}: ${t('agenda.count', { n: d.lines.length })}`}><span className="agenda-bar"><span style={{ blockSize: `${Math.round((100 * d.lines.length) / most)}%` }} /></span><small>{count > 10 ? dayMonth(d.at) : weekdayShort(d.at)}</small><span className="sr">{t('agenda.count', { n: d.lines.length })}</span></a></li>)}</ol>
        </section>
      ) : null}
      <section className="card agenda">
        {days.filter((d) => d.lines.length > 0).map((d) => (
          <section key={d.key} id={`day-${d.at}`} aria-label={day(d.at)}>
            <h2>{day(d.at)} <span className="faint num">{t('agenda.count', { n: d.lines.length })}</span></h2>
            <ul>{d.lines.map((l, n) => <Row key={`${l.item.kind}/${l.item.name}/${l.at}/${n}`} line={l} now={minute} />)}</ul>
          </section>
        ))}
      </section>
    </>
  );
}

function Row({ line, now }: { line: Line; now: number }) {
  const t = useT();
  const { item } = line;
  const repeats = item.repeats === null ? t('agenda.once') : item.repeats === '' ? t('agenda.again') : item.repeats;
  return (
    <li>
      <time className="num" dateTime={item.at} title={exactTime(line.at)}>{line.at < now ? t('agenda.now') : clock(line.at)}</time>
      <Icon name={icons[item.kind] ?? 'clock'} size={14} />
      <span><Link to={item.page}>{item.name}</Link><small className="faint">{tDynamic(`agenda.kind.${item.kind}`, item.kind)} · {repeats}{line.until === null ? '' : ` · ${t('agenda.until', { when: dayTime(line.until) })}`}{line.within === null ? null : <span className="tag">{t('agenda.within', { name: line.within })}</span>}</small></span>
    </li>
  );
}
