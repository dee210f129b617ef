// What runs by the clock in the next week: how many start in each hour of the next day, and day by day what starts when,
// with the maintenance that is planned.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ScheduleCalendar as Plan, WindowPeriod } from '../../api/shapes';
import { useCan } from '../../app/session';
import { clock, day, exactTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { jobName } from '../../i18n/words';
import { Loaded } from '../../ui/StateBlock';

const days = 7;
const shownMax = 8;

export function ScheduleCalendar() {
  const mayMaintenance = useCan('maintenance:read');
  const plan = useResource(paths.scheduleCalendar(days), { everyMs: 60_000 });
  const from = new Date().setHours(0, 0, 0, 0);
  const windows = useResource(mayMaintenance ? paths.windowCalendar(Math.floor(from / 1000), days + 1) : null);
  return <Loaded from={plan} lines={6}>{(p) => <><Load plan={p} /><Week plan={p} from={from} windows={windows.data ?? []} /></>}</Loaded>;
}

function Load({ plan }: { plan: Plan }) {
  const t = useT();
  const most = Math.max(1, ...plan.load.map((h) => h.count));
  const busiest = plan.load.reduce((a, b) => (b.count > a.count ? b : a), plan.load[0] ?? { at: plan.from, count: 0 });
  const total = plan.load.reduce((sum, h) => sum + h.count, 0);
  return (
    <div className="agenda-load">
      <p className="muted">{t('agenda.load', { n: total, most: busiest.count, at: clock(toMillis(busiest.at) ?? 0) })}</p>
      <ol aria-label={t('agenda.perHour')}>{plan.load.map((h) => { const ms = toMillis(h.at) ?? 0; return <li key={h.at} title={`${clock(ms)} · ${t('agenda.starts', { n: h.count })}`}><i style={{ blockSize: `${Math.max(h.count > 0 ? 6 : 0, (h.count / most) * 100)}%` }} /><span className="sr">{clock(ms)}: {t('agenda.starts', { n: h.count })}</span><span className="agenda-hour num" aria-hidden="true">{new Date(ms).getHours() % 6 === 0 ? clock(ms) : ''}</span></li>; })}</ol>
      {plan.frequent.length > 0 ? <p className="faint">{t('agenda.frequent', { names: plan.frequent.map((f) => `${f.name} (${f.count}×)`).join(', ') })}</p> : null}
    </div>
  );
}

function Week({ plan, from, windows }: { plan: Plan; from: number; windows: readonly WindowPeriod[] }) {
  const t = useT();
  const all = Array.from({ length: days + 1 }, (_, n) => { const d = new Date(from); d.setDate(d.getDate() + n); return d.getTime(); });
  return (
    <ol className="agenda">{all.slice(0, days).map((start, n) => {
      const end = all[n + 1] ?? start;
      const slots = plan.slots.flatMap((s) => { const ms = toMillis(s.at) ?? 0; return ms >= start && ms < end ? [{ ...s, ms }] : []; });
      const planned = windows.filter((w) => w.start * 1000 < end && w.end * 1000 > start);
      return (
        <li key={start} className="agenda-day">
          <h3>{n === 0 ? t('agenda.today') : day(start)}</h3>
          {planned.map((w) => <p key={`w${w.window_id}-${w.start}`} className="agenda-window" title={`${exactTime(w.start * 1000)} – ${exactTime(w.end * 1000)}`}>{w.start * 1000 >= start ? clock(w.start * 1000) : '…'} {w.name}</p>)}
          {slots.slice(0, shownMax).map((s) => <p key={`${s.schedule_id}-${s.at}`} title={`${exactTime(s.ms)} · ${jobName(s.kind)}`}><b className="num">{clock(s.ms)}</b> {s.name}</p>)}
          {slots.length > shownMax ? <p className="faint">{t('agenda.more', { n: slots.length - shownMax })}</p> : null}
          {slots.length === 0 && planned.length === 0 ? <p className="faint">{t('agenda.nothing')}</p> : null}
        </li>
      );
    })}</ol>
  );
}
