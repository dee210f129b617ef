// Plans a maintenance window: once between two times, or every so often by weekday and time (cron beneath).
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { MaintenanceWindow } from '../../api/shapes';
import { localInput, weekdayName } from '../../format/time';
import { useT } from '../../i18n';
import { useDraft } from '../../state/draft';
import { Button, Segmented } from '../../ui/Button';
import { DraftNote } from '../../ui/DraftNote';
import { Field, Select, Switch, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { CoverageBox } from './CoverageBox';
import { readWeekly, writeWeekly } from './weekly';

const zones = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
/** 2023-01-01 was a Sunday. */
const weekdays = () => Array.from({ length: 7 }, (_, n) => ({ id: String((n + 1) % 7), text: weekdayName(new Date(2023, 0, 2 + n).getTime()) }));

export function WindowForm({ window: w, onClose }: { window: MaintenanceWindow | null; onClose: () => void }) {
  const t = useT();
  const soon = Math.ceil(Date.now() / 3_600_000) * 3600;
  const weekly = w?.schedule ? readWeekly(w.schedule) : { day: '0', time: '03:00' };
  const [name, setName] = useState(w?.name ?? '');
  const [kind, setKind] = useState<'once' | 'recurring'>(w?.schedule ? 'recurring' : 'once');
  const [start, setStart] = useState(localInput((w?.one_off_start ?? soon) * 1000));
  const [end, setEnd] = useState(localInput((w?.one_off_end ?? soon + 7200) * 1000));
  const [day, setDay] = useState(weekly?.day ?? 'cron');
  const [time, setTime] = useState(weekly?.time ?? '03:00');
  const [cron, setCron] = useState(w?.schedule ?? '0 3 * * 0');
  const [minutes, setMinutes] = useState(String(w?.duration_min ?? 60));
  const [zone, setZone] = useState(w?.timezone ?? '');
  const [scope, setScope] = useState((w?.scope ?? []).join('\n'));
  const [why, setWhy] = useState(w?.reason ?? '');
  const [quiet, setQuiet] = useState(w?.suppress_alerts ?? true);
  const [close, setClose] = useState(w?.auto_close_alerts ?? false);
  const [shutdown, setShutdown] = useState(w?.suppress_shutdown ?? false);
  const [autonomy, setAutonomy] = useState(w?.override_autonomy ?? 'none');
  const [enabled, setEnabled] = useState(w?.enabled ?? true);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const draft = useDraft(`maintenance-window/${w?.id ?? 'new'}`, { name, kind, start, end, day, time, cron, minutes, zone, scope, why, quiet, close, shutdown, autonomy, enabled }, (d) => {
    setName(d.name); setKind(d.kind); setStart(d.start); setEnd(d.end); setDay(d.day); setTime(d.time); setCron(d.cron); setMinutes(d.minutes); setZone(d.zone);
    setScope(d.scope); setWhy(d.why); setQuiet(d.quiet); setClose(d.close); setShutdown(d.shutdown); setAutonomy(d.autonomy); setEnabled(d.enabled);
  });
  const seconds = (text: string) => { const ms = new Date(text).getTime(); return Number.isNaN(ms) ? null : Math.floor(ms / 1000); };
  const schedule = day === 'cron' ? cron.trim() : writeWeekly({ day, time });
  const when = kind === 'once' ? { schedule: null, one_off_start: seconds(start), one_off_end: seconds(end) } : { schedule, duration_min: Number.parseInt(minutes, 10) || 0, one_off_start: null, one_off_end: null };
  const body = { name: name.trim(), ...when, timezone: zone.trim() || null, scope: scope.split('\n').map((s) => s.trim()).filter((s) => s !== ''), reason: why, suppress_alerts: quiet, auto_close_alerts: close, suppress_shutdown: shutdown, override_autonomy: autonomy, enabled };
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      if (w) await send('PUT', urls.window(w.id), body); else await send('POST', urls.windows, body);
      invalidate(urls.windows, '/api/ui/attention');
      toast({ level: 'ok', text: t('mw.saved') });
      draft.forget();
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer kind="sheet" title={w ? t('mw.edit') : t('mw.new')} onClose={onClose} footer={<><Button onClick={() => { draft.forget(); onClose(); }}>{t('core.cancel')}</Button><Button kind="primary" writes busy={busy} onClick={() => void save()}>{t('mw.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <DraftNote draft={draft} />
        <TextField label={t('mw.name')} value={name} onChange={setName} error={error} autoFocus required maxLength={200} />
        <div><Segmented label={t('mw.kind')} value={kind} options={[{ id: 'once', text: t('mw.once') }, { id: 'recurring', text: t('mw.recurring') }]} onChange={setKind} /></div>
        {kind === 'once' ? (
          <div className="form-grid">
            <Field label={t('mw.start')}>{({ id }) => <input id={id} className="input" type="datetime-local" value={start} onChange={(e) => setStart(e.target.value)} />}</Field>
            <Field label={t('mw.end')}>{({ id }) => <input id={id} className="input" type="datetime-local" value={end} onChange={(e) => setEnd(e.target.value)} />}</Field>
          </div>
        ) : (
          <>
            <div className="form-grid">
              <Select label={t('mw.day')} value={day} onChange={setDay} options={[{ id: '*', text: t('mw.everyDay') }, ...weekdays(), { id: 'cron', text: t('mw.custom') }]} />
              {day === 'cron' ? <TextField label={t('mw.cron')} value={cron} onChange={setCron} mono help={t('mw.cronHelp')} /> : <Field label={t('mw.time')}>{({ id }) => <input id={id} className="input" type="time" value={time} onChange={(e) => setTime(e.target.value)} />}</Field>}
              <TextField label={t('mw.duration')} value={minutes} onChange={setMinutes} inputMode="numeric" />
            </div>
            <Field label={t('mw.zone')} help={t('mw.zoneHelp')} optional>{({ id, describedBy }) => <><input id={id} aria-describedby={describedBy} className="input" list="zones" value={zone} onChange={(e) => setZone(e.target.value)} /><datalist id="zones">{zones.map((z) => <option key={z} value={z} />)}</datalist></>}</Field>
          </>
        )}
        <Field label={t('mw.scope')} help={t('mw.scopeHelp')} optional>{({ id, describedBy }) => <textarea id={id} aria-describedby={describedBy} className="input mono" rows={3} value={scope} onChange={(e) => setScope(e.target.value)} />}</Field>
        <CoverageBox url={urls.windowPreview} body={{ ...body, name: body.name || 'preview' }} upcoming />
        <div className="checks">
          <Switch label={t('mw.suppress')} checked={quiet} onChange={setQuiet} />
          <Switch label={t('mw.autoClose')} checked={close} onChange={setClose} />
          <Switch label={t('mw.shutdown')} checked={shutdown} onChange={setShutdown} />
          <Switch label={t('mw.enabled')} checked={enabled} onChange={setEnabled} />
        </div>
        <Select label={t('mw.autonomy')} value={autonomy} onChange={setAutonomy} options={[{ id: 'none', text: t('mw.asRule') }, { id: 'execute', text: t('mw.execute') }, { id: 'approve', text: t('mw.approve') }, { id: 'notify', text: t('mw.notify') }, { id: 'disabled', text: t('mw.disabled') }]} />
        <TextField label={t('mw.reason')} value={why} onChange={setWhy} optional maxLength={300} />
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
