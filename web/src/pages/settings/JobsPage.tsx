// Jobs: state, progress, how long, error; running ones can be cancelled.
import { useMemo } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { JobRow } from '../../api/shapes';
import { useCan } from '../../app/session';
import { jobList } from '../../app/JobsList';
import { showNumber } from '../../format/numbers';
import { span, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { jobName, jobState, triggerWord } from '../../i18n/words';
import { statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Meter } from '../../ui/Value';
import { toast } from '../../ui/toasts';
import './settings.css';

async function retry(j: JobRow) {
  try { await send('POST', `${urls.job(j.uid ?? j.id)}/retry`); invalidate('/api/jobs'); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
}
const keyOf = (j: JobRow) => String(j.uid ?? j.id);
const stateOf = (j: JobRow) => j.state ?? j.status ?? 'unknown';
function percentOf(j: JobRow): number | null { return typeof j.progress === 'number' ? j.progress : (j.progress?.percent ?? null); }

export default function JobsPage() {
  const t = useT();
  const may = useCan('automations:run');
  const jobs = useResource(paths.jobs, { everyMs: 5_000 });
  const columns = useMemo((): Column<JobRow>[] => {
    const took = (j: JobRow) => { const a = toMillis(j.started_at); const b = toMillis(j.finished_at); return a === null || b === null ? null : (b - a) / 1000; };
    return [
      { id: 'kind', title: t('jobs.kind'), value: (j) => jobName(j.kind), kind: 'main', cell: (j) => <span title={j.kind}>{jobName(j.kind)}</span> },
      { id: 'state', title: t('jobs.state'), value: stateOf, width: '150px', cell: (j) => <StatusMark status={statusOf(stateOf(j)) === 'ok' && stateOf(j) === 'running' ? 'pending' : statusOf(stateOf(j))} word={jobState(stateOf(j))} /> },
      { id: 'progress', title: t('jobs.progress'), value: percentOf, width: '190px', cell: (j) => { const p = percentOf(j); return p === null ? null : <span className="cell-meter"><Meter value={p} label={t('jobs.progress')} thin /><span className="num">{showNumber(p)} %</span></span>; } },
      { id: 'trigger', title: t('jobs.trigger'), value: (j) => j.triggered_by ?? (j.trigger ? triggerWord(j.trigger) : null) },
      { id: 'started', title: t('jobs.started'), value: (j) => toMillis(j.started_at ?? j.created_at), kind: 'number', cell: (j) => <Age at={j.started_at ?? j.created_at} /> },
      { id: 'took', title: t('jobs.took'), value: took, kind: 'number', cell: (j) => { const s = took(j); return s === null ? '–' : span(s); } },
      { id: 'error', title: t('jobs.error'), value: (j) => j.error ?? null },
      { id: 'actions', title: t('jobs.actions'), value: () => null, kind: 'actions', plain: true, cell: (j) => (['running', 'queued', 'waiting'].includes(stateOf(j)) ? <ConfirmInline danger action={t('jobs.cancel')} effect={t('jobs.cancelEffect')} reason={may ? undefined : t('core.needsPermission', { permission: 'automations:run' })} run={async () => { await send('POST', `${urls.job(j.uid ?? j.id)}/cancel`); invalidate('/api/jobs'); }} />
        : ['failed', 'timeout', 'cancelled'].includes(stateOf(j)) ? <Button small kind="quiet" icon="refresh" reason={may ? undefined : t('core.needsPermission', { permission: 'automations:run' })} writes onClick={() => void retry(j)}>{t('jobs.retry')}</Button> : null) },
    ];
  }, [t, may]);
  return (
    <>
      <PageHead title={t('jobs.title')} sub={t('jobs.sub')} />
      <section className="card"><Loaded from={jobs} lines={8}>{(data) => <DataTable name="jobs" label={t('jobs.title')} rows={jobList(data)} columns={columns} keyOf={keyOf} initialSort="-started" liveSort empty={<Empty icon="layers" title={t('jobs.none')} />} />}</Loaded></section>
    </>
  );
}
