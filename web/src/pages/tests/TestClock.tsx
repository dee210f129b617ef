// A test by the clock: which schedules run it, and a new one in two choices.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { TestDocument, TestSchedule } from '../../api/testing';
import { useCan } from '../../app/session';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { covers } from './clock';

/** How often, in the words of the clock. */
const often = { quarter: '*/15 * * * *', hour: '0 * * * *', day: '0 6 * * *', workday: '0 6 * * 1-5', week: '0 6 * * 1', own: '' } as const;
type Often = keyof typeof often;

export function TestClock({ test }: { test: TestDocument }) {
  const t = useT();
  const all = useResource(paths.testSchedules(test.project_id), { everyMs: 30_000 });
  const [adding, setAdding] = useState(false);
  const needs = (able: boolean, permission: string) => (able ? undefined : t('core.needsPermission', { permission }));
  const writes = needs(useCan('test:write'), 'test:write');
  const deletes = needs(useCan('test:delete'), 'test:delete');
  const rows = (all.data?.schedules ?? []).filter((s) => covers(s, test));
  // The newest hundred are looked at.
  const unseen = (all.data?.total ?? 0) > (all.data?.schedules.length ?? 0);
  const add = <Button small icon="clock" writes reason={writes} onClick={() => setAdding(true)}>{t('tclock.add')}</Button>;
  const turn = async (s: TestSchedule, on: boolean) => {
    const move = (to: boolean) => send('POST', urls.testScheduleMove(s.id, to ? 'resume' : 'pause'), {}).then(() => invalidate(urls.testSchedules));
    try { await move(on); toast({ level: 'ok', text: t(on ? 'tclock.resumed' : 'tclock.paused', { name: s.name }), action: { text: t('core.undo'), run: () => { move(!on).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })); } } }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  return (
    <Card title={t('tclock.title')} flush actions={rows.length > 0 ? add : undefined}>
      <Loaded from={all} lines={2}>{() => (rows.length === 0 ? <Empty compact icon="clock" title={t(unseen ? 'tclock.unseen' : 'tclock.none')} text={t('tclock.noneText')} action={add} /> : (
        <ul className="tclock">{rows.map((s) => (
          <li key={s.id}>
            <StatusMark status={s.status === 'error' ? 'critical' : s.enabled ? 'ok' : 'paused'} bare word={t(s.enabled ? 'tclock.on' : 'tclock.off')} />
            <span className="tname"><bdi>{s.name}</bdi><small className="faint">{s.cron_readable}{s.test_ids.length === 1 ? '' : ` · ${t('tclock.withOthers')}`}</small></span>
            <span className="tclock-when">{s.enabled && s.next_run_at ? <span>{t('tclock.next', { at: dayTime(toMillis(s.next_run_at) ?? 0) })}</span> : null}{s.last_run_at ? <small className="faint"><Age at={s.last_run_at} /></small> : null}</span>
            <span className="row"><Button small kind="quiet" icon={s.enabled ? 'pause' : 'play'} writes reason={writes} label={`${t(s.enabled ? 'tclock.pause' : 'tclock.resume')}: ${s.name}`} onClick={() => void turn(s, !s.enabled)} />{s.test_ids.length === 1 ? <ConfirmInline action={t('testing.remove')} effect={t('tclock.removeEffect')} icon="trash" danger reason={deletes} run={async () => { await send('DELETE', urls.testSchedule(s.id)); invalidate(urls.testSchedules); }} /> : null}</span>
          </li>
        ))}</ul>
      ))}</Loaded>
      {adding ? <Add test={test} onClose={() => setAdding(false)} /> : null}
    </Card>
  );
}

function Add({ test, onClose }: { test: TestDocument; onClose: () => void }) {
  const t = useT();
  const settings = useResource(paths.runSettings(test.project_id)).data;
  const [name, setName] = useState(test.name);
  const [how, setHow] = useState<Often>('quarter');
  const [own, setOwn] = useState('');
  const [url, setUrl] = useState<string | null>(null);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const address = url ?? settings?.app_url ?? '';
  const go = async () => {
    setBusy(true);
    setFaults({});
    try {
      await send('POST', urls.testSchedules, { project_id: test.project_id, name: name.trim(), cron_expression: how === 'own' ? own.trim() : often[how], timezone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC', app_url: address.trim(), test_ids: [test.id] });
      invalidate(urls.testSchedules);
      toast({ level: 'ok', text: t('tclock.made', { name: name.trim() }) });
      onClose();
    } catch (e) { const fault = asApiError(e); setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field, f.message])) : { name: fault.message }); setBusy(false); }
  };
  return (
    <Layer title={t('tclock.add')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="clock" writes busy={busy} disabled={name.trim() === '' || (how === 'own' && own.trim() === '')} onClick={() => void go()}>{t('tclock.addNow')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <Select label={t('tclock.often')} value={how} onChange={setHow} options={(Object.keys(often) as Often[]).map((id) => ({ id, text: t(`tclock.often.${id}`) }))} />
        {how === 'own' ? <TextField label={t('tclock.cron')} mono value={own} onChange={setOwn} placeholder="0 6 * * 1-5" error={faults.cron_expression} help={t('tclock.cronHelp')} /> : null}
        <TextField label={t('tclock.where')} type="url" value={address} onChange={setUrl} required maxLength={500} error={faults.app_url} />
        <TextField label={t('testing.name')} value={name} onChange={setName} required maxLength={100} error={faults.name ?? (how === 'own' ? undefined : faults.cron_expression)} />
        <p className="field-help">{t('tclock.told')}</p>
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Layer>
  );
}
