// Backups of this instance: how it stands, make one and watch it, the archives, the settings, the restore.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { BackupRow, BackupStatus, JobDetail, Time } from '../../api/shapes';
import { useCan } from '../../app/session';
import { bytes, joined, showNumber } from '../../format/numbers';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Icon, StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { BackupSettings } from './BackupSettings';
import { BackupSizes } from './BackupSizes';
import { RestoreWizard } from './RestoreWizard';
import './backups.css';

const keyOf = (b: BackupRow) => b.uid;

export default function BackupsPage() {
  const t = useT();
  const may = useCan('backups:manage');
  const mayRestore = useCan('instance:restore');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'backups:manage' });
  const restoreReason = mayRestore ? undefined : t('core.needsPermission', { permission: 'instance:restore' });
  const backups = useResource(paths.backups);
  const status = useResource(paths.backupStatus, { everyMs: 10_000 });
  const [job, setJob] = useState<{ id: number; verify: boolean } | null>(null);
  const [restoring, setRestoring] = useState<BackupRow | null>(null);
  const [deleting, setDeleting] = useState<BackupRow | null>(null);
  const running = job ?? (status.data?.running_job_id ? { id: status.data.running_job_id, verify: false } : null);
  const start = async () => {
    try { setJob({ id: (await send<{ job_id: number }>('POST', `${urls.backups}?wait=false`, {})).job_id, verify: false }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  const verify = useCallback(async (b: BackupRow) => {
    try { setJob({ id: (await send<{ job_id: number }>('POST', urls.backupVerify(b.id))).job_id, verify: true }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  }, []);
  const columns = useMemo((): Column<BackupRow>[] => [
    { id: 'file', title: t('backups.file'), value: (b) => b.filename, kind: 'main', cell: (b) => <span className="backups-file"><bdi className="mono">{b.filename}</bdi>{b.encrypted ? <Icon name="lock" size={12} /> : null}{b.note ? <small className="faint">{b.note}</small> : null}</span> },
    { id: 'created', title: t('backups.created'), value: (b) => toMillis(b.created_at), kind: 'number', cell: (b) => <Age at={b.created_at} /> },
    { id: 'size', title: t('backups.size'), value: (b) => b.size_bytes, kind: 'number', cell: (b) => joined(bytes(b.size_bytes)) },
    { id: 'kind', title: t('backups.kind'), value: (b) => tDynamic(`backups.kind.${b.kind}`, b.kind) },
    { id: 'proof', title: t('backups.proof'), value: (b) => b.verify_state, width: '210px', cell: (b) => <span title={b.verify_detail ?? undefined}><StatusMark status={b.verify_state === 'ok' ? 'ok' : b.verify_state === 'failed' ? 'critical' : 'unknown'} word={tDynamic(`backups.proof.${b.verify_state ?? 'unknown'}`, b.verify_state ?? '')} />{b.verified_at ? <small className="faint backups-when"><Age at={b.verified_at} /></small> : null}</span> },
    { id: 'copy', title: t('backups.copy'), value: (b) => b.remote_state, cell: (b) => (b.remote_state ? <span title={b.remote_error ?? b.remote_place ?? undefined}><StatusMark status={b.remote_state === 'uploaded' ? 'ok' : 'warning'} word={tDynamic(`backups.copy.${b.remote_state}`, b.remote_state)} /></span> : <span className="faint">–</span>) },
    { id: 'actions', title: t('backups.actions'), value: () => null, kind: 'actions', plain: true, cell: (b) => (
      <Menu label={`${t('backups.actions')}: ${b.filename}`} items={[
        { id: 'restore', text: t('backups.restore'), icon: 'undo', reason: restoreReason, run: () => setRestoring(b) },
        { id: 'download', text: t('backups.download'), icon: 'download', reason, run: () => location.assign(urls.backupDownload(b.id)) },
        { id: 'verify', text: t('backups.verify'), icon: 'check', reason, run: () => void verify(b) },
        { id: 'delete', text: t('backups.delete'), icon: 'trash', danger: true, reason, run: () => setDeleting(b) },
      ]} />
    ) },
  ], [t, reason, restoreReason, verify]);
  return (
    <>
      <PageHead title={t('backups.title')} sub={t('backups.sub')} actions={<><Upload reason={restoreReason} /><Button kind="primary" icon="download" reason={running ? t('backups.running') : reason} writes onClick={() => void start()}>{t('backups.now')}</Button></>} />
      <div className="stack home-column">
        {status.data?.restore_pending ? <p className="banner banner-warning" role="status"><Icon name="info" size={14} /> {t('backups.pending')}</p> : null}
        <Loaded from={status} lines={2}>{(s) => <Summary status={s} />}</Loaded>
        {running ? <Running key={running.id} id={running.id} verify={running.verify} onEnd={() => { setJob(null); invalidate('/api/backups', '/api/ui/setup'); }} /> : null}
        {(backups.data?.length ?? 0) > 1 ? <BackupSizes list={backups.data ?? []} /> : null}
        <section className="card">
          <Loaded from={backups} lines={5}>
            {(list) => <DataTable name="backups" label={t('backups.title')} rows={list} columns={columns} keyOf={keyOf} initialSort="-created" empty={<Empty icon="layers" title={t('backups.none')} text={t('backups.noneText')} action={<Button kind="primary" reason={reason} writes onClick={() => void start()}>{t('backups.now')}</Button>} />} />}
          </Loaded>
        </section>
        <BackupSettings />
      </div>
      {restoring ? <RestoreWizard backup={restoring} onClose={() => setRestoring(null)} /> : null}
      {deleting ? <ConfirmDialog title={t('backups.deleteTitle', { name: deleting.filename })} name={deleting.filename} action={t('backups.delete')} onClose={() => setDeleting(null)} run={async () => { await send('DELETE', urls.backup(deleting.id)); invalidate('/api/backups'); toast({ level: 'ok', text: t('backups.deleted') }); }}><p>{t('backups.deleteText')}</p></ConfirmDialog> : null}
    </>
  );
}

function clock(at: Time): string { return dayTime(toMillis(at) ?? 0); }

function Summary({ status: s }: { status: BackupStatus }) {
  const t = useT();
  return (
    <section className="card backups-summary" aria-label={t('backups.title')}>
      <div><h3>{t('backups.last')}</h3><p>{s.last_backup_at === null ? <StatusMark status="warning" word={t('backups.never')} /> : <span className="row"><StatusMark status={s.last_backup_status === 'ok' ? 'ok' : 'warning'} word="" /><Age at={s.last_backup_at} /></span>}</p>{s.last_error ? <p className="field-error">{t('backups.failedSince', { when: s.last_failed_at === null ? '' : clock(s.last_failed_at), why: s.last_error })}</p> : null}<p className="faint">{s.retention_days === 0 ? t('backups.keepsNewest') : t('backups.keeps', { n: s.retention_days })}</p></div>
      <div><h3>{t('backups.good')}</h3><p>{s.last_good_at === null ? <span className="faint">{t('backups.goodNever')}</span> : <span className="row"><StatusMark status="ok" word="" /><Age at={s.last_good_at} /></span>}</p></div>
      <div><h3>{t('backups.next')}</h3><p>{s.next_run_at === null ? <span className="faint">{t('backups.off')}</span> : <Age at={s.next_run_at} />}</p><p className="faint"><bdi className="mono">{s.schedule}</bdi></p></div>
      <div><h3>{t('backups.copies')}</h3><p className="truncate">{s.target_error ? <StatusMark status="warning" word={s.target_error} /> : s.target ?? t('backups.noTarget')}</p><p className="faint">{s.target ? null : t('backups.noTargetText')}</p></div>
      <div><h3>{t('backups.encryption')}</h3><p>{s.encrypted ? t('backups.encrypted') : t('backups.plain')}</p><p className="faint">{s.encrypted ? null : t('backups.plainText')}</p></div>
      <div><h3>{t('backups.space')}</h3><p>{s.free_bytes === null ? '–' : joined(bytes(s.free_bytes))}</p><p className="faint">{t('backups.spaceText', { size: joined(bytes(s.database_bytes)) })}</p></div>
    </section>
  );
}

/** Follows one job to its end; what it does now is said in words. */
function Running({ id, verify, onEnd }: { id: number; verify: boolean; onEnd: () => void }) {
  const t = useT();
  const [job, setJob] = useState<JobDetail | null>(null);
  const end = useRef(onEnd);
  useEffect(() => { end.current = onEnd; }, [onEnd]);
  useEffect(() => {
    let stopped = false;
    const look = async () => {
      try {
        const now = await load(paths.job(id));
        if (stopped) return;
        setJob(now);
        if (['succeeded', 'failed', 'timeout', 'cancelled'].includes(now.state)) {
          const why = now.error ?? now.state;
          toast(now.state === 'succeeded' ? { level: 'ok', text: verify ? t('backups.verified') : t('backups.done') } : { level: 'critical', text: verify ? t('backups.verifyFailed', { why }) : t('backups.failed', { why }) });
          end.current();
          return;
        }
      } catch { /* The next look may succeed; a restart takes seconds. */ }
      if (!stopped) setTimeout(() => void look(), 700);
    };
    void look();
    return () => { stopped = true; };
  }, [id, verify, t]);
  const phase = job?.state === 'queued' || job === null ? 'wait' : job.progress?.phase ?? (verify ? 'verify' : 'copy');
  const rows = job?.progress?.rows;
  return <section className="card backups-running" role="status" aria-live="polite"><span className="spinner" aria-hidden="true" /><span>{tDynamic(`backups.phase.${phase}`, phase)}</span>{typeof rows === 'number' ? <span className="faint num">{t('backups.rows', { n: rows })} ({showNumber(rows)})</span> : null}</section>;
}

function Upload({ reason }: { reason: string | undefined }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const add = async (file: File) => {
    setBusy(true);
    const form = new FormData();
    form.append('file', file);
    try { await send('POST', urls.backupUpload, form); toast({ level: 'ok', text: t('backups.uploaded') }); invalidate('/api/backups'); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <>
      <input ref={input} type="file" accept=".gz,.enc,application/gzip" hidden onChange={(e) => { const file = e.target.files?.[0]; e.target.value = ''; if (file) void add(file); }} />
      <Button icon="plus" reason={reason} busy={busy} writes onClick={() => input.current?.click()}>{busy ? t('backups.uploading') : t('backups.upload')}</Button>
    </>
  );
}
