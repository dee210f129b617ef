// The sheets of the schedules page: a new schedule, a change, and who is asked before it runs.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { offerBack } from '../../app/offers';
import { invalidate, useResource } from '../../api/resource';
import type { HoldPolicy, ScheduleRow } from '../../api/shapes';
import { localInput, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { useDraft } from '../../state/draft';
import { Button } from '../../ui/Button';
import { DraftNote } from '../../ui/DraftNote';
import { Field, Select, Switch, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import '../approvals/approvals.css';

interface Fault { field: string; text: string }
function fault(e: unknown): Fault { const why = asApiError(e); return { field: why.fields[0]?.field ?? '', text: why.message }; }

/** When an expression would run, with what clock changes do to it. Asks after a pause in typing. */
function Preview({ cron, zone }: { cron: string; zone: string }) {
  const t = useT();
  const [asked, setAsked] = useState({ cron, zone });
  useEffect(() => { const wait = setTimeout(() => setAsked({ cron, zone }), 350); return () => clearTimeout(wait); }, [cron, zone]);
  const preview = useResource(asked.cron.trim() === '' ? null : paths.schedulePreview(asked.cron, asked.zone));
  if (!preview.data?.valid) return preview.data?.error ? <p className="field-error" role="status">{preview.data.error}</p> : null;
  return (
    <div className="schedule-preview" role="status">
      <strong>{preview.data.readable}</strong>
      <ol aria-label={t('plan.next')}>{preview.data.next.map((s) => <li key={s.at}><span className="num">{s.local}</span>{s.clock_change ? <span className="muted">{t(s.clock_change === 'gap' ? 'plan.gap' : 'plan.repeated')}</span> : null}</li>)}</ol>
    </div>
  );
}

interface Ask { on: boolean; quorum: string; approvers: string; minutes: string; onTimeout: HoldPolicy['on_timeout'] }
function askOf(policy: HoldPolicy | null): Ask {
  return { on: policy !== null, quorum: String(policy?.quorum ?? 1), approvers: policy?.approvers.join(', ') ?? '', minutes: String(Math.round((policy?.timeout_s ?? 3600) / 60)), onTimeout: policy?.on_timeout ?? 'deny' };
}
function policyOf(ask: Ask, old: HoldPolicy | null): HoldPolicy | null {
  if (!ask.on) return null;
  return { quorum: Number(ask.quorum), approvers: ask.approvers.split(',').map((a) => a.trim()).filter(Boolean), timeout_s: Math.round(Number(ask.minutes) * 60), on_timeout: ask.onTimeout, escalate_s: old?.escalate_s ?? null };
}

function AskFields({ ask, onChange, error }: { ask: Ask; onChange: (ask: Ask) => void; error: Fault | null }) {
  const t = useT();
  const at = (field: string) => (error?.field === `approval.${field}` ? error.text : null);
  return (
    <div className="stack schedule-ask">
      <Switch label={t('plan.ask')} checked={ask.on} onChange={(on) => onChange({ ...ask, on })} />
      {ask.on ? <>
        <div className="backups-pair">
          <TextField type="number" inputMode="numeric" label={t('plan.quorum')} value={ask.quorum} onChange={(quorum) => onChange({ ...ask, quorum })} error={at('quorum')} />
          <TextField type="number" inputMode="numeric" label={t('plan.timeout')} value={ask.minutes} onChange={(minutes) => onChange({ ...ask, minutes })} error={at('timeout_s')} disabled={ask.onTimeout === 'wait'} />
        </div>
        <TextField optional label={t('plan.approvers')} help={t('plan.approversHelp')} value={ask.approvers} onChange={(approvers) => onChange({ ...ask, approvers })} error={at('approvers')} />
        <Select label={t('plan.onTimeout')} value={ask.onTimeout} onChange={(onTimeout) => onChange({ ...ask, onTimeout })} options={(['deny', 'approve', 'wait'] as const).map((id) => ({ id, text: t(`plan.onTimeout.${id}`) }))} />
      </> : null}
    </div>
  );
}

/** Local time of a browser's field, and back; empty = none. */
function fieldOf(at: ScheduleRow['until']): string {
  const ms = toMillis(at);
  return ms === null ? '' : localInput(ms);
}
const timeOf = (field: string) => (field === '' ? '' : new Date(field).toISOString());

function Until({ value, onChange, error }: { value: string; onChange: (value: string) => void; error: string | null }) {
  const t = useT();
  return <Field optional label={t('plan.until')} help={t('plan.untilHelp')} error={error}>{({ id, describedBy }) => <input id={id} aria-describedby={describedBy} className="input" type="datetime-local" value={value} onChange={(e) => onChange(e.target.value)} />}</Field>;
}

const overlaps = ['skip', 'queue', 'replace', 'allow'] as const;

export function NewSchedule({ onClose }: { onClose: () => void }) {
  const t = useT();
  const kinds = useResource(paths.scheduleKinds);
  const [name, setName] = useState('');
  const [kind, setKind] = useState('');
  const [days, setDays] = useState('30');
  const [cron, setCron] = useState('0 4 * * *');
  const [zone, setZone] = useState('');
  const [until, setUntil] = useState('');
  const [ask, setAsk] = useState(() => askOf(null));
  const [error, setError] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const draft = useDraft('schedule/new', { name, kind, days, cron, zone, until, ask }, (d) => { setName(d.name); setKind(d.kind); setDays(d.days); setCron(d.cron); setZone(d.zone); setUntil(d.until ?? ''); setAsk(d.ask); });
  const chosen = kind === '' ? kinds.data?.[0]?.kind ?? '' : kind;
  const at = (field: string) => (error?.field === field ? error.text : null);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await send('POST', urls.schedules, { name, kind: chosen, cron, ...(zone === '' ? {} : { timezone: zone }), ...(until === '' ? {} : { until: timeOf(until) }), ...(chosen === 'jobs.prune' ? { payload: { days: Number(days) } } : {}), approval: policyOf(ask, null) });
      toast({ level: 'ok', text: t('plan.made', { name }) });
      draft.forget();
      invalidate('/api/schedules');
      onClose();
    } catch (e) { setError(fault(e)); }
    setBusy(false);
  };
  return (
    <Layer kind="sheet" title={t('plan.new')} onClose={onClose} footer={<><Button onClick={() => { draft.forget(); onClose(); }}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} disabled={chosen === ''} writes onClick={() => void save()}>{t('plan.create')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <DraftNote draft={draft} />
        <TextField label={t('core.name')} value={name} onChange={setName} error={at('name')} maxLength={100} autoFocus />
        <Select label={t('plan.kind')} value={chosen} onChange={setKind} options={(kinds.data ?? []).map((k) => ({ id: k.kind, text: tDynamic(`job.${k.kind}`, k.description) }))} />
        {chosen === 'jobs.prune' ? <TextField type="number" inputMode="numeric" label={t('plan.days')} value={days} onChange={setDays} error={at('payload.days')} /> : null}
        <TextField mono label={t('schedules.when')} help={t('schedules.cronHelp')} value={cron} onChange={setCron} error={at('cron')} />
        <TextField optional label={t('schedules.zone')} help={t('schedules.zoneHelp')} value={zone} onChange={setZone} error={at('timezone')} />
        <Preview cron={cron} zone={zone} />
        <Until value={until} onChange={setUntil} error={at('until')} />
        <AskFields ask={ask} onChange={setAsk} error={error} />
        {error && !['name', 'cron', 'timezone', 'until', 'payload.days'].includes(error.field) && !error.field.startsWith('approval.') ? <p className="field-error" role="alert">{error.text}</p> : null}
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}

export function EditSchedule({ schedule, onClose }: { schedule: ScheduleRow; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(schedule.name);
  const [until, setUntil] = useState(() => fieldOf(schedule.until));
  const [cron, setCron] = useState(schedule.cron);
  const [zone, setZone] = useState(schedule.timezone ?? '');
  const [overlap, setOverlap] = useState(schedule.overlap);
  const [misfire, setMisfire] = useState(schedule.misfire);
  const [ask, setAsk] = useState(() => askOf(schedule.approval));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Fault | null>(null);
  const managed = schedule.managed_by !== null;
  const save = async () => {
    setBusy(true);
    setError(null);
    const undo: string[] = [];
    try {
      const policy = policyOf(ask, schedule.approval);
      const kept = { onUndo: (token: string) => { undo.push(token); } };
      if (!managed) await send('PATCH', urls.schedule(schedule.id), { cron, timezone: zone, overlap, misfire, ...(until === fieldOf(schedule.until) ? {} : { until: timeOf(until) }), ...(schedule.removable ? { name } : {}) }, kept);
      if (JSON.stringify(policy) !== JSON.stringify(schedule.approval)) await send(policy === null ? 'DELETE' : 'PUT', urls.scheduleApproval(schedule.id), policy ?? undefined, kept);
      onClose();
    } catch (e) { setError(fault(e)); }
    // Of two changes the first may have been made.
    offerBack(undo);
    invalidate('/api/schedules');
    setBusy(false);
  };
  return (
    <Layer kind="sheet" title={t('schedules.editTitle', { name: schedule.name })} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} writes onClick={() => void save()}>{t('core.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        {managed ? <p className="muted">{t('schedules.managed', { setting: schedule.managed_by ?? '' })}</p> : <>
          {schedule.removable ? <TextField label={t('core.name')} value={name} onChange={setName} error={error?.field === 'name' ? error.text : null} maxLength={100} /> : null}
          <TextField mono label={t('schedules.when')} help={t('schedules.cronHelp')} value={cron} onChange={setCron} error={error && !['timezone', 'name', 'until'].includes(error.field) && !error.field.startsWith('approval.') ? error.text : null} autoFocus />
          <TextField optional label={t('schedules.zone')} help={t('schedules.zoneHelp')} value={zone} onChange={setZone} error={error?.field === 'timezone' ? error.text : null} />
          <Preview cron={cron} zone={zone} />
          <Until value={until} onChange={setUntil} error={error?.field === 'until' ? error.text : null} />
          <Select label={t('schedules.overlap')} value={overlap} onChange={setOverlap} options={overlaps.map((id) => ({ id, text: tDynamic(`schedules.overlap.${id}`, id) }))} />
          <Select label={t('schedules.misfire')} value={misfire} onChange={setMisfire} options={(['run_once', 'skip'] as const).map((id) => ({ id, text: tDynamic(`schedules.misfire.${id}`, id) }))} />
        </>}
        <AskFields ask={ask} onChange={setAsk} error={error} />
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
