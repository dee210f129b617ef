// Maintenance: windows as a list and as a calendar of five weeks, and the form that plans one.
import { useMemo, useState } from 'react';
import { send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { MaintenanceWindow, WindowPeriod } from '../../api/shapes';
import { useCan } from '../../app/session';
import { clock, dayMonth, dayTime, exactTime, span, weekdayName, weekdayShort } from '../../format/time';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { offerUndo } from '../../ui/undo';
import { Empty, Loaded } from '../../ui/StateBlock';
import { readWeekly } from './weekly';
import { WindowForm } from './WindowForm';
import './incident.css';

const keyOf = (w: MaintenanceWindow) => String(w.id);

function monday(): Date {
  const d = new Date();
  d.setHours(0, 0, 0, 0);
  d.setDate(d.getDate() - ((d.getDay() + 6) % 7));
  return d;
}

export default function MaintenancePage() {
  const t = useT();
  const may = useCan('maintenance:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'maintenance:manage' });
  const windows = useResource(paths.windows, { everyMs: 30_000 });
  const [editing, setEditing] = useState<MaintenanceWindow | 'new' | null>(null);
  const columns = useMemo((): Column<MaintenanceWindow>[] => {
    const recurring = (cron: string) => {
      const weekly = readWeekly(cron);
      if (!weekly) return <code className="condition-code">{cron}</code>;
      return weekly.day === '*' ? t('mw.daily', { time: weekly.time }) : t('mw.weekly', { day: weekdayName(new Date(2023, 0, 1 + Number(weekly.day)).getTime()), time: weekly.time });
    };
    const now = (w: MaintenanceWindow) => (!w.enabled ? t('mw.off') : w.active && w.active_until ? t('mw.active', { time: dayTime(w.active_until * 1000) }) : w.next_start ? t('mw.next', { time: dayTime(w.next_start * 1000) }) : t('mw.over'));
    return [
      { id: 'name', title: t('mw.name'), value: (w) => w.name, kind: 'main', cell: (w) => <span className="row"><StatusMark status={w.active ? 'maintenance' : w.enabled && w.next_start ? 'pending' : 'paused'} bare />{w.name}</span> },
      { id: 'when', title: t('mw.when'), value: (w) => w.schedule ?? String(w.one_off_start ?? ''), cell: (w) => (w.schedule ? <span title={w.schedule}>{recurring(w.schedule)} · {span(w.duration_min * 60)}{w.timezone ? <span className="faint"> {w.timezone}</span> : null}</span> : <span>{w.one_off_start ? dayTime(w.one_off_start * 1000) : ''} – {w.one_off_end ? dayTime(w.one_off_end * 1000) : ''}</span>) },
      { id: 'scope', title: t('mw.scope'), value: (w) => w.scope.join(' '), cell: (w) => (w.scope.length === 0 && w.matchers.length === 0 ? t('mw.everything') : <span className="matchers">{w.scope.map((s) => <code key={s}>{s}</code>)}</span>) },
      { id: 'now', title: t('mw.state'), value: now, width: '200px' },
      { id: 'reason', title: t('mw.reason'), value: (w) => w.reason, extra: true },
      { id: 'actions', title: t('mw.actions'), value: () => null, kind: 'actions', plain: true, cell: (w) => <ConfirmInline action={t('mw.delete')} effect={w.active ? t('mw.deleteEffect') : w.name} icon="trash" danger reason={reason} run={async () => { const done = await send<{ undo?: string }>('DELETE', urls.window(w.id)); offerUndo(t('mw.deleted', { name: w.name }), done.undo, t('core.undo'), [urls.windows, '/api/ui/attention']); }} /> },
    ];
  }, [t, reason]);
  return (
    <>
      <PageHead title={t('mw.title')} sub={t('mw.sub')} actions={<Button kind="primary" icon="plus" reason={reason} writes onClick={() => setEditing('new')}>{t('mw.new')}</Button>} />
      <div className="stack">
        <section className="card"><Loaded from={windows} lines={4}>{(rows) => <DataTable name="maintenance" label={t('mw.list')} rows={rows} columns={columns} keyOf={keyOf} {...(may ? { onOpen: setEditing } : {})} empty={<Empty icon="calendar" title={t('mw.none')} text={t('mw.noneText')} />} />}</Loaded></section>
        <Card title={t('mw.calendar')} flush><Month /></Card>
      </div>
      {editing ? <WindowForm window={editing === 'new' ? null : editing} onClose={() => setEditing(null)} /> : null}
    </>
  );
}

function Month() {
  const start = useMemo(monday, []);
  const periods = useResource(paths.windowCalendar(Math.floor(start.getTime() / 1000), 36));
  return <Loaded from={periods} lines={6}>{(all) => <Grid start={start} periods={all} />}</Loaded>;
}

function Grid({ start, periods }: { start: Date; periods: readonly WindowPeriod[] }) {
  // Days are cut by the calendar, not by 24 hours, so that weeks with a clock change stay whole.
  const days = Array.from({ length: 35 }, (_, n) => { const d = new Date(start); d.setDate(d.getDate() + n); return d; });
  const today = new Date().setHours(0, 0, 0, 0);
  return (
    <div className="month">
      {days.slice(0, 7).map((d) => <div className="month-head" key={d.getTime()}>{weekdayShort(d.getTime())}</div>)}
      {days.map((d) => {
        const from = d.getTime();
        const next = new Date(d);
        next.setDate(next.getDate() + 1);
        const here = periods.filter((p) => p.start * 1000 < next.getTime() && p.end * 1000 > from);
        const kind = from === today ? 'month-today' : from < today ? 'month-past' : '';
        return (
          <div className={`month-day ${kind} ${here.length === 0 ? 'month-empty' : ''}`} key={from}>
            <span className="month-number">{dayMonth(from)}</span>
            {here.slice(0, 4).map((p) => <span className="month-period" key={`${p.window_id}-${p.start}`} title={`${p.name}: ${exactTime(p.start * 1000)} – ${exactTime(p.end * 1000)}`}>{p.start * 1000 >= from ? clock(p.start * 1000) : '…'} {p.name}</span>)}
            {here.length > 4 ? <span className="faint">+{here.length - 4}</span> : null}
          </div>
        );
      })}
    </div>
  );
}

