// Tests that are run once with each row of their data.
import { useEffect, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { DataRows, DataTest } from '../../api/testing';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { start } from './starting';
import { OfProject } from './OfProject';
import './tests.css';
import { asksOthers, missingOf, sourceDraft, sourceOf, untouched } from './dataSource';
import { SourceFields } from './SourceFields';

const MODES = ['sequential', 'parallel', 'random', 'first_failure'] as const;
const keyOf = (x: DataTest) => x.id;

export default function DataTestsPage() {
  const t = useT();
  const none = <section className="card"><Empty icon="table" title={t('testing.rows.none')} text={t('testing.rows.noProject')} /></section>;
  return <OfProject none={none}>{({ project, projects, choose }) => <Tests key={project.id} project={project} projects={projects} onChange={choose} />}</OfProject>;
}

function Tests({ project, projects, onChange }: { project: ProjectRow; projects: readonly ProjectRow[]; onChange: (id: string) => void }) {
  const t = useT();
  const tests = useResource(paths.dataTests(project.id));
  const [edited, setEdited] = useState<DataTest | 'new' | null>(null);
  const [removing, setRemoving] = useState<DataTest | null>(null);
  const need = (permission: string, able: boolean) => (able ? undefined : t('core.needsPermission', { permission }));
  const writes = need('test:write', useCan('test:write'));
  const runs = need('test:execute', useCan('test:execute'));
  const removes = need('test:delete', useCan('test:delete'));
  // The answer names its run as a result; where it goes on is the page of the run.
  const run = (x: DataTest) => start(send<{ result_id: string }>('POST', urls.dataTestRun(x.id), { wait: false }).then((made) => ({ run_id: made.result_id })));
  const button = <Button kind="primary" icon="plus" writes reason={writes} onClick={() => setEdited('new')}>{t('testing.rows.new')}</Button>;
  const columns: Column<DataTest>[] = [
    { id: 'name', title: t('testing.name'), value: (x) => x.name, kind: 'main', cell: (x) => <bdi>{x.name}</bdi> },
    { id: 'source', title: t('testing.rows.source'), value: (x) => x.data_source_type, width: '170px', cell: (x) => <span>{typeof x.data_source_config.file === 'string' ? t('testing.rows.file', { name: x.data_source_config.file }) : tDynamic(`testing.rows.${x.data_source_type}`, x.data_source_type)}</span> },
    { id: 'mode', title: t('testing.rows.order'), value: (x) => x.iteration_mode, width: '180px', cell: (x) => <span className="muted">{tDynamic(`testing.rows.mode.${x.iteration_mode}`, x.iteration_mode)}</span> },
    { id: 'when', title: t('testing.rows.changed'), value: (x) => x.updated_at, kind: 'number', width: '110px', cell: (x) => <Age at={x.updated_at} /> },
    { id: 'act', title: t('testing.more'), value: () => '', plain: true, kind: 'actions', width: '150px', cell: (x) => (
      <span className="row">
        <Button small icon="play" writes reason={runs} label={t('testing.runNamed', { name: x.name })} onClick={() => void run(x)} />
        <Button small kind="quiet" icon="edit" writes reason={writes} label={`${t('testing.rows.edit')}: ${x.name}`} onClick={() => setEdited(x)} />
        <Button small kind="quiet" icon="trash" writes reason={removes} label={t('testing.removeTitle', { name: x.name })} onClick={() => setRemoving(x)} />
      </span>
    ) },
  ];
  return (
    <>
      <PageHead title={t('nav.testData')} sub={t('testing.rows.sub')} actions={<>
        {projects.length > 1 ? <Select label={t('testing.project')} hideLabel value={project.id} onChange={onChange} options={projects.map((p) => ({ id: p.id, text: p.name }))} /> : null}
        {button}
      </>} />
      <section className="card">
        <Loaded from={tests} lines={5}>{(page) => page.tests.length === 0
          ? <Empty icon="table" title={t('testing.rows.none')} text={t('testing.rows.noneText', { open: '{{', close: '}}' })} action={button} />
          : <DataTable name="data-tests" label={t('nav.testData')} rows={page.tests} columns={columns} keyOf={keyOf} initialSort="name" />}</Loaded>
      </section>
      {edited ? <Edit project={project} old={edited === 'new' ? null : edited} onClose={() => setEdited(null)} /> : null}
      {removing ? <ConfirmDialog title={t('testing.removeTitle', { name: removing.name })} name={removing.name} action={t('testing.remove')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.dataTest(removing.id)); invalidate(urls.dataTests); toast({ level: 'ok', text: t('testing.removed', { name: removing.name }) }); }}><p>{t('testing.rows.removeText')}</p></ConfirmDialog> : null}
    </>
  );
}

function Edit({ project, old, onClose }: { project: ProjectRow; old: DataTest | null; onClose: () => void }) {
  const t = useT();
  const tests = useResource(paths.tests(project.id));
  const asks = useCan('integration:configure');
  const [name, setName] = useState(old?.name ?? '');
  const [from, setFrom] = useState('');
  const [source, setSource] = useState(() => sourceDraft(old));
  const content = source.kind === 'csv' || source.kind === 'json' ? source.content : '';
  const { delimiter, filter } = source;
  const format = source.kind === 'json' ? 'json' : 'csv';
  const [mode, setMode] = useState<string>(old?.iteration_mode ?? 'sequential');
  const [rows, setRows] = useState<DataRows | null>(null);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (content.trim() === '') { setRows(null); return; }
    let over = false;
    const soon = setTimeout(() => {
      send<DataRows>('POST', urls.dataRows, { content, format, ...(delimiter && format === 'csv' ? { delimiter } : {}), ...(filter ? { filter } : {}) }).then((found) => { if (!over) { setRows(found); setFaults(({ content: _, ...rest }) => rest); } }, (e: unknown) => { if (!over) { setRows(null); setFaults((all) => ({ ...all, content: asApiError(e).message })); } });
    }, 400);
    return () => { over = true; clearTimeout(soon); };
  }, [content, format, delimiter, filter]);
  const go = async () => {
    setBusy(true);
    setFaults({});
    try {
      const of = from === '' ? null : await load(paths.test(from));
      const steps = of ? { steps: of.steps, assertions: of.assertions, setup: of.setup, teardown: of.teardown, variables: of.variables } : {};
      const body = { project_id: project.id, name: name.trim(), iteration_mode: mode, ...steps, ...sourceOf(old, source) };
      await (old ? send('PATCH', urls.dataTest(old.id), body) : send('POST', urls.dataTests, body));
      invalidate(urls.dataTests);
      toast({ level: 'ok', text: t('testing.rows.saved', { name: name.trim() }) });
      onClose();
    } catch (e) {
      const fault = asApiError(e);
      setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field.startsWith('data_source') ? 'content' : (f.field.split('.')[0] ?? ''), f.message])) : { name: fault.message });
      setBusy(false);
    }
  };
  const ready = missingOf(source) === null && (asks || !asksOthers(source.kind) || untouched(old, source)) && (old !== null || from !== '');
  const said = rows ? t('testing.rows.count', { n: rows.parameter_sets_count, fields: rows.detected_fields.join(', ') }) : null;
  return (
    <Layer title={old ? old.name : t('testing.rows.new')} wide onClose={onClose}>
      <Loaded from={tests} lines={5}>{(page) => {
        const options = page.tests.map((x) => ({ id: x.id, text: x.name }));
        if (!old && options.length === 0) return <p className="muted">{t('testing.rows.noTests')}</p>;
        const chosen = old ? [{ id: '', text: t('testing.rows.keepSteps') }, ...options] : [{ id: '', text: '–' }, ...options];
        return (
          <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && ready) void go(); }}>
            <TextField label={t('testing.name')} value={name} onChange={setName} required maxLength={255} error={faults.name} />
            <Select label={t('testing.rows.steps')} value={from} onChange={setFrom} options={chosen} help={faults.steps ?? t('testing.rows.stepsHelp')} />
            <SourceFields project={project.id} draft={source} keeps={old !== null && sourceDraft(old).kind === 'kept'} onChange={(next) => { setSource(next); setFaults(({ content: _, ...rest }) => rest); }} said={said} fault={faults.content} />
            <Select label={t('testing.rows.order')} value={mode} onChange={setMode} options={MODES.map((m) => ({ id: m, text: t(`testing.rows.mode.${m}`) }))} />
            <div className="row"><Button type="submit" kind="primary" busy={busy} disabled={!ready}>{t('testing.rows.save')}</Button></div>
          </form>
        );
      }}</Loaded>
    </Layer>
  );
}
