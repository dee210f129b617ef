// Everything that runs by the clock, in one list: when next, how the last run ended, pause, run now, change.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ScheduleRow } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { jobName, jobState } from '../../i18n/words';
import { statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Tabs } from '../../ui/Tabs';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Agenda } from './Agenda';
import { EditSchedule, NewSchedule } from './ScheduleForms';
import './backups.css';

const keyOf = (s: ScheduleRow) => s.uid;

export default function SchedulesPage() {
  const t = useT();
  const mayChange = useCan('automations:manage');
  const mayRun = useCan('automations:run');
  const schedules = useResource(paths.schedules, { everyMs: 15_000 });
  const [tab] = useQueryParam('tab');
  const coming = tab === 'coming';
  const [making, setMaking] = useState(false);
  const [editing, setEditing] = useState<ScheduleRow | null>(null);
  const [removing, setRemoving] = useState<ScheduleRow | null>(null);
  const remove = async (s: ScheduleRow) => {
    await send('DELETE', urls.schedule(s.id));
    toast({ level: 'ok', text: t('plan.removed', { name: s.name }) });
    invalidate('/api/schedules');
  };
  const columns = useMemo((): Column<ScheduleRow>[] => {
    const act = async (s: ScheduleRow, verb: 'pause' | 'resume' | 'trigger') => {
      try {
        await send('POST', urls.scheduleAct(s.id, verb));
        if (verb === 'trigger') toast({ level: 'ok', text: t(s.approval ? 'plan.waiting' : 'schedules.started', { name: s.name }) });
        else toast({ level: 'ok', text: t(verb === 'pause' ? 'plan.paused' : 'plan.resumed', { name: s.name }) });
        invalidate('/api/schedules', '/api/jobs', '/api/approvals');
      } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    };
    const permission = mayChange ? undefined : t('core.needsPermission', { permission: 'automations:manage' });
    const changeReason = (s: ScheduleRow) => (s.managed_by ? t('schedules.managed', { setting: s.managed_by }) : permission);
    return [
      { id: 'name', title: t('schedules.name'), value: (s) => s.name, kind: 'main', cell: (s) => <span className="backups-file">{s.managed_by === 'backup.schedule' ? <Link to="/settings/backups">{s.name}</Link> : s.name}<small className="faint" title={s.kind}>{jobName(s.kind)}</small></span> },
      { id: 'state', title: t('schedules.state'), value: (s) => (s.enabled ? 'on' : 'off'), width: '120px', cell: (s) => <span className="backups-file"><StatusMark status={s.enabled ? 'ok' : 'paused'} word={s.enabled ? t('schedules.on') : t('schedules.off')} />{s.approval ? <small className="faint">{t('plan.asks')}</small> : null}</span> },
      { id: 'cron', title: t('schedules.when'), value: (s) => s.cron, cell: (s) => <span className="backups-file">{s.readable.startsWith('Cron: ') ? <bdi className="mono">{s.cron}</bdi> : <>{s.readable}<small className="faint"><bdi className="mono">{s.cron}</bdi></small></>}</span> },
      { id: 'next', title: t('schedules.next'), value: (s) => toMillis(s.next_run_at), kind: 'number', cell: (s) => (s.next_run_at === null ? <span className="faint">–</span> : <span title={s.upcoming.map((u) => { const ms = toMillis(u); return ms === null ? '' : dayTime(ms); }).join('\n')}><Age at={s.next_run_at} /></span>) },
      { id: 'last', title: t('schedules.last'), value: (s) => toMillis(s.last_run_at), kind: 'number', cell: (s) => (s.last_run_at === null ? <span className="faint">{t('schedules.never')}</span> : <Age at={s.last_run_at} />) },
      { id: 'outcome', title: t('schedules.outcome'), value: (s) => s.last_state, cell: (s) => (s.last_state === null ? <span className="faint">–</span> : <span className="backups-file"><StatusMark status={s.last_state === 'skipped' ? 'warning' : statusOf(s.last_state)} word={jobState(s.last_state)} />{s.last_state === 'skipped' && s.skip_reason !== null ? <small className="faint">{tDynamic(`schedules.skip.${s.skip_reason}`, s.skip_reason)}</small> : null}</span>) },
      { id: 'overlap', title: t('schedules.overlap'), value: (s) => tDynamic(`schedules.overlap.${s.overlap}`, s.overlap) },
      { id: 'actions', title: t('schedules.actions'), value: () => null, kind: 'actions', plain: true, cell: (s) => (
        <Menu label={`${t('schedules.actions')}: ${s.name}`} items={[
          { id: 'run', text: t('schedules.run'), icon: 'play', reason: mayRun ? undefined : t('core.needsPermission', { permission: 'automations:run' }), run: () => void act(s, 'trigger') },
          { id: 'toggle', text: s.enabled ? t('schedules.pause') : t('schedules.resume'), icon: s.enabled ? 'pause' : 'refresh', reason: changeReason(s), run: () => void act(s, s.enabled ? 'pause' : 'resume') },
          { id: 'edit', text: t('core.edit'), icon: 'edit', reason: permission, run: () => setEditing(s) },
          ...(s.removable ? [{ id: 'remove', text: t('plan.delete'), icon: 'trash' as const, danger: true, reason: permission, run: () => setRemoving(s) }] : []),
        ]} />
      ) },
    ];
  }, [t, mayChange, mayRun]);
  return (
    <>
      <PageHead title={t('schedules.title')} sub={schedules.data ? t('schedules.sub', { zone: schedules.data.timezone }) : ''} actions={<Button kind="primary" icon="plus" reason={mayChange ? undefined : t('core.needsPermission', { permission: 'automations:manage' })} writes onClick={() => setMaking(true)}>{t('plan.new')}</Button>} />
      <Tabs label={t('schedules.title')} active={coming ? 'coming' : 'list'} items={[{ id: 'list', text: t('agenda.list'), to: '/settings/system/schedules', count: schedules.data?.items.length }, { id: 'coming', text: t('agenda.coming'), to: '/settings/system/schedules?tab=coming' }]} />
      {coming ? <Agenda /> : <section className="card"><Loaded from={schedules} lines={5}>{(data) => <DataTable name="schedules" label={t('schedules.title')} rows={data.items} columns={columns} keyOf={keyOf} initialSort="next" empty={<Empty icon="calendar" title={t('schedules.none')} />} />}</Loaded></section>}
      {making ? <NewSchedule onClose={() => setMaking(false)} /> : null}
      {removing ? <ConfirmDialog title={t('plan.removeTitle', { name: removing.name })} name={removing.name} action={t('plan.delete')} onClose={() => setRemoving(null)} run={() => remove(removing)}><p>{t('plan.removeText')}</p><ChangePreview path={urls.schedule(removing.id)} /></ConfirmDialog> : null}
      {editing ? <EditSchedule schedule={editing} onClose={() => setEditing(null)} /> : null}
    </>
  );
}
