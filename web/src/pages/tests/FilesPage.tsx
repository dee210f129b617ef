// The files of a project that the steps of its tests upload.
import { useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { ProjectFile } from '../../api/testing';
import { useCan } from '../../app/session';
import { bytes, joined } from '../../format/numbers';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { OfProject } from './OfProject';
import './tests.css';

const keyOf = (f: ProjectFile) => f.id;

export default function FilesPage() {
  const t = useT();
  const none = <section className="card"><Empty icon="package" title={t('testing.files.none')} text={t('testing.files.noProject')} /></section>;
  return <OfProject none={none}>{({ project, projects, choose }) => <Files key={project.id} project={project} projects={projects} onChange={choose} />}</OfProject>;
}

/** Keeps them one after the other; says how many it were. */
async function keep(project: string, files: readonly File[]): Promise<number> {
  let kept = 0;
  for (const file of files) {
    const form = new FormData();
    form.append('file', file);
    try { await send('POST', urls.projectFiles(project), form); kept += 1; } catch (e) { toast({ level: 'critical', text: `${file.name}: ${asApiError(e).message}` }); }
  }
  return kept;
}

function Files({ project, projects, onChange }: { project: ProjectRow; projects: readonly ProjectRow[]; onChange: (id: string) => void }) {
  const t = useT();
  const files = useResource(paths.projectFiles(project.id));
  const writes = useCan('test:write');
  const reason = writes ? undefined : t('core.needsPermission', { permission: 'test:write' });
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [removing, setRemoving] = useState<ProjectFile | null>(null);
  const url = urls.projectFiles(project.id);
  const add = async (picked: readonly File[]) => {
    setBusy(true);
    const kept = await keep(project.id, picked);
    invalidate(url);
    if (kept > 0) toast({ level: 'ok', text: t('testing.files.added', { n: kept }) });
    setBusy(false);
  };
  const button = <Button kind="primary" icon="upload" writes busy={busy} reason={reason} onClick={() => input.current?.click()}>{t('testing.files.add')}</Button>;
  const columns: Column<ProjectFile>[] = [
    { id: 'name', title: t('testing.name'), value: (f) => f.name, kind: 'main', cell: (f) => <bdi className="mono">{f.name}</bdi> },
    { id: 'size', title: t('testing.files.size'), value: (f) => f.size_bytes, kind: 'number', width: '110px', cell: (f) => <span className="num">{joined(bytes(f.size_bytes))}</span> },
    { id: 'by', title: t('testing.files.by'), value: (f) => f.created_by, width: '160px' },
    { id: 'when', title: t('testing.when'), value: (f) => f.created_at, kind: 'number', width: '110px', cell: (f) => <Age at={f.created_at} /> },
    { id: 'act', title: t('testing.files.add'), value: () => '', plain: true, kind: 'actions', width: '110px', cell: (f) => (
      <span className="row">
        <a className="btn btn-quiet btn-small btn-icon" href={f.url} download={f.name} aria-label={t('testing.files.download', { name: f.name })}><Icon name="download" /></a>
        <Button small kind="quiet" icon="trash" writes reason={reason} label={t('testing.removeTitle', { name: f.name })} onClick={() => setRemoving(f)} />
      </span>
    ) },
  ];
  return (
    <>
      <PageHead title={t('nav.testFiles')} sub={t('testing.files.sub')} actions={<>
        {projects.length > 1 ? <Select label={t('testing.project')} hideLabel value={project.id} onChange={onChange} options={projects.map((p) => ({ id: p.id, text: p.name }))} /> : null}
        {button}
      </>} />
      <input ref={input} type="file" multiple hidden onChange={(e) => { const picked = [...(e.target.files ?? [])]; e.target.value = ''; if (picked.length > 0) void add(picked); }} />
      <section className="card">
        <Loaded from={files} lines={5}>{(page) => page.files.length === 0
          ? <Empty icon="package" title={t('testing.files.none')} text={t('testing.files.noneText')} action={button} />
          : <DataTable name="test-files" label={t('nav.testFiles')} rows={page.files} columns={columns} keyOf={keyOf} initialSort="name" />}</Loaded>
      </section>
      {removing ? <ConfirmDialog title={t('testing.removeTitle', { name: removing.name })} name={removing.name} action={t('testing.remove')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.projectFile(project.id, removing.name)); invalidate(url); toast({ level: 'ok', text: t('testing.removed', { name: removing.name }) }); }}><p>{t('testing.files.removeText')}</p></ConfirmDialog> : null}
    </>
  );
}
