// What pages recorded, and the way from a recording to a test.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { RecordingRow } from '../../api/testing';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { RecordDialog } from './RecordDialog';
import { RecordingTest } from './RecordingTest';
import { ProjectFilter } from './TestsPage';
import { seconds } from './words';
import './tests.css';
import './healing.css';

const marks: Readonly<Record<RecordingRow['status'], Status>> = { recording: 'pending', completed: 'ok', converted: 'ok' };
const keyOf = (r: RecordingRow) => r.id;

export default function RecordingsPage() {
  const t = useT();
  const projects = useResource(paths.allProjects);
  const [project, setProject] = useQueryParam('project');
  const [how, setHow] = useQueryParam('record');
  const recordings = useResource(paths.recordings(project), { everyMs: 5_000 });
  const writes = useCan('test:write');
  const [open, setOpen] = useState<RecordingRow | null>(null);
  const [removing, setRemoving] = useState<RecordingRow | null>(null);
  const reason = writes ? undefined : t('core.needsPermission', { permission: 'test:write' });
  const record = <Button kind="primary" icon="plus" writes reason={(projects.data?.length ?? 0) === 0 && projects.data ? t('healing.rec.noProject') : reason} onClick={() => setHow('new')}>{t('healing.rec.record')}</Button>;
  const complete = async (r: RecordingRow) => {
    try { await send('POST', `${urls.recordings}/sessions/${r.id}/events`, { events: [], final: true }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    invalidate(urls.recordings);
  };
  const columns: Column<RecordingRow>[] = [
    { id: 'name', title: t('testing.name'), value: (r) => r.name, kind: 'main', cell: (r) => <span className="tname"><bdi>{r.name}</bdi><small className="faint">{r.url ?? t('healing.rec.noUrl')}</small></span> },
    { id: 'status', title: t('healing.status'), value: (r) => r.status, width: '150px', cell: (r) => <StatusMark status={marks[r.status]} word={tDynamic(`healing.rec.status.${r.status}`, r.status)} /> },
    { id: 'steps', title: t('healing.rec.steps'), value: (r) => r.estimated_steps, kind: 'number', width: '110px', cell: (r) => (r.events_count === 0 ? '–' : <span className="num">≈ {r.estimated_steps}</span>) },
    { id: 'duration', title: t('testing.duration'), value: (r) => r.duration_ms, kind: 'number', width: '110px', cell: (r) => <span className="num">{seconds(r.duration_ms)}</span> },
    { id: 'events', title: t('healing.rec.events'), value: (r) => r.events_count, kind: 'number', width: '100px', extra: true },
    { id: 'when', title: t('testing.when'), value: (r) => r.created_at, kind: 'number', width: '110px', cell: (r) => <Age at={r.created_at} /> },
    { id: 'act', title: t('healing.more'), value: () => '', plain: true, kind: 'actions', width: '200px', cell: (r) => (
      <span className="row">
        {r.test_id ? <Link to={`/tests/${r.test_id}`}>{t('healing.rec.toTest')}</Link> : <Button small icon="flask" writes reason={r.events_count === 0 ? t('healing.rec.empty') : reason} onClick={() => setOpen(r)}>{t('healing.rec.make')}</Button>}
        <Menu label={t('healing.more')} items={[
          ...(r.status === 'recording' ? [{ id: 'end', text: t('healing.rec.end'), icon: 'stop' as const, reason, run: () => void complete(r) }] : []),
          ...(r.test_id ? [{ id: 'again', text: t('healing.rec.makeAgain'), icon: 'flask' as const, reason, run: () => setOpen(r) }] : []),
          { id: 'remove', text: t('testing.remove'), icon: 'trash' as const, danger: true, reason, run: () => setRemoving(r) },
        ]} />
      </span>
    ) },
  ];
  return (
    <>
      <PageHead title={t('nav.recordings')} sub={t('healing.rec.sub')} actions={<><ProjectFilter projects={projects.data ?? []} value={project} onChange={setProject} />{record}</>} />
      <section className="card">
        <Loaded from={recordings} lines={6}>{(page) => page.recordings.length === 0
          ? <Empty icon="radio" title={t('healing.rec.none')} text={t('healing.rec.noneText')} action={record} />
          : <DataTable name="recordings" label={t('nav.recordings')} rows={page.recordings} columns={columns} keyOf={keyOf} initialSort="-when" />}</Loaded>
      </section>
      {how === 'new' && projects.data && projects.data.length > 0 ? <RecordDialog projects={projects.data} chosen={project} onClose={() => setHow('')} /> : null}
      {open ? <RecordingTest recording={open} onClose={() => setOpen(null)} /> : null}
      {removing ? <ConfirmDialog title={t('testing.removeTitle', { name: removing.name })} name={removing.name} action={t('testing.remove')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.recording(removing.id)); invalidate(urls.recordings); toast({ level: 'ok', text: t('testing.removed', { name: removing.name }) }); }}><p>{t('healing.rec.removeText')}</p></ConfirmDialog> : null}
    </>
  );
}
