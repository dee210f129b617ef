// The data sets of a test: rows it is run with, once with each. They are kept with the steps as they stand here when they are saved
// or run.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { DataRows, DataTest, Json } from '../../api/testing';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { Select, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { asksOthers, missingOf, sourceDraft, sourceOf, untouched } from './dataSource';
import { SourceFields } from './SourceFields';
import { start } from './starting';

const modes = ['sequential', 'parallel', 'random', 'first_failure'] as const;
/** Rows shown before they are kept. */
const shownRows = 8;
/** What the steps of the editor are to a data set. */
const stepsOf = ({ steps, assertions, setup, teardown, variables }: Json): Json => ({ steps, assertions, setup, teardown, variables });
/** A data set says by this which test it is of. */
const markOf = (test: string) => `test:${test}`;

interface DataProps { test: string; project: string; name: string; /** The test as it stands in the editor. */ body: Json; /** Why it cannot be saved. */ bad: string | undefined }

export function EditData(props: DataProps) {
  const t = useT();
  const kept = useResource(paths.dataTests(props.project));
  const [edited, setEdited] = useState<DataTest | null>(null);
  // Another new set begins when the last one is kept, and not when the list changes under what was typed.
  const [turn, setTurn] = useState(0);
  const of = kept.data?.tests.filter((x) => x.parameter_schema?.$id === markOf(props.test)) ?? [];
  return (
    <div className="stack">
      <Card title={t('tedit.dataSets')} sub={of.length > 0 ? String(of.length) : undefined} flush>
        <Loaded from={kept} lines={3}>{() => (of.length === 0 ? <Empty compact icon="table" title={t('tedit.noData')} text={t('tedit.noDataText', { open: '{{', close: '}}' })} /> : <ul className="tedit-sets">{of.map((x) => <Kept key={x.id} set={x} body={props.body} bad={props.bad} onEdit={() => setEdited(x)} />)}</ul>)}</Loaded>
      </Card>
      <Rows key={edited?.id ?? `new ${turn}`} {...props} old={edited} taken={of.map((x) => x.name)} onDone={() => { setEdited(null); setTurn((n) => n + 1); }} />
    </div>
  );
}

function Kept({ set, body, bad, onEdit }: { set: DataTest; body: Json; bad: string | undefined; onEdit: () => void }) {
  const t = useT();
  const need = (permission: string, able: boolean) => (able ? undefined : t('core.needsPermission', { permission }));
  const writes = need('test:write', useCan('test:write'));
  const runs = need('test:execute', useCan('test:execute'));
  const removes = need('test:delete', useCan('test:delete'));
  const run = async () => {
    // What runs is what stands in the editor.
    await send('PATCH', urls.dataTest(set.id), stepsOf(body));
    return { run_id: (await send<{ result_id: string }>('POST', urls.dataTestRun(set.id), { wait: false })).result_id };
  };
  return (
    <li>
      <span className="tname"><bdi>{set.name}</bdi><small className="faint">{typeof set.data_source_config.file === 'string' ? t('testing.rows.file', { name: set.data_source_config.file }) : tDynamic(`testing.rows.${set.data_source_type}`, set.data_source_type)} · {tDynamic(`testing.rows.mode.${set.iteration_mode}`, set.iteration_mode)} · <Age at={set.updated_at} /></small></span>
      <span className="row">
        <Button small icon="play" writes reason={runs ?? writes ?? bad} label={t('testing.runNamed', { name: set.name })} onClick={() => void start(run())}>{t('testing.run')}</Button>
        <Button small kind="quiet" icon="edit" reason={writes} label={`${t('testing.rows.edit')}: ${set.name}`} onClick={onEdit} />
        <ConfirmInline action={t('testing.remove')} effect={t('testing.rows.removeText')} icon="trash" danger reason={removes} run={async () => { await send('DELETE', urls.dataTest(set.id)); invalidate(urls.dataTests); }} />
      </span>
    </li>
  );
}

interface Judged { missing_parameters: string[]; unused_parameters: string[] }

function Rows({ test, project, name: testName, body, bad, old, taken, onDone }: DataProps & { old: DataTest | null; taken: readonly string[]; onDone: () => void }) {
  const t = useT();
  const writes = useCan('test:write');
  const asks = useCan('integration:configure');
  const [typed, setName] = useState(old?.name ?? null);
  const name = typed ?? (taken.includes(testName) ? `${testName} ${taken.length + 1}` : testName);
  const [source, setSource] = useState(() => sourceDraft(old));
  const content = source.kind === 'csv' || source.kind === 'json' ? source.content : '';
  const { delimiter, filter } = source;
  const format = source.kind === 'json' ? 'json' : 'csv';
  const [mode, setMode] = useState<string>(old?.iteration_mode ?? 'sequential');
  const [found, setFound] = useState<DataRows | null>(null);
  const [judged, setJudged] = useState<Judged | null>(null);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const steps = JSON.stringify(stepsOf(body));
  useEffect(() => {
    if (content.trim() === '') { setFound(null); setJudged(null); setFaults({}); return; }
    const stop = new AbortController();
    const more = { ...(delimiter && format === 'csv' ? { delimiter } : {}), ...(filter ? { filter } : {}) };
    const soon = setTimeout(async () => {
      try {
        setFound(await send<DataRows>('POST', urls.dataRows, { content, format, ...more }, { signal: stop.signal, quiet: true }));
        setFaults({});
        const steps_: Json = JSON.parse(steps);
        setJudged(await send<Judged>('POST', urls.dataCheck, { test: { ...steps_, name: 'rows', data_source: { type: format, content, ...more } } }, { signal: stop.signal, quiet: true }));
      } catch (e) { if (!stop.signal.aborted) { const fault = asApiError(e); setJudged(null); if (!fault.fields.some((f) => f.field.includes('steps'))) setFaults({ content: fault.message }); } }
    }, 400);
    return () => { clearTimeout(soon); stop.abort(); };
  }, [content, format, delimiter, filter, steps]);
  const save = async () => {
    setBusy(true);
    try {
      const all = { project_id: project, name: name.trim(), iteration_mode: mode, parameter_schema: { ...old?.parameter_schema, $id: markOf(test) }, ...stepsOf(body), ...sourceOf(old, source) };
      await (old ? send('PATCH', urls.dataTest(old.id), all) : send('POST', urls.dataTests, all));
      invalidate(urls.dataTests);
      toast({ level: 'ok', text: t('testing.rows.saved', { name: name.trim() }) });
      onDone();
    } catch (e) { const fault = asApiError(e); setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field.startsWith('data_source') ? 'content' : (f.field.split('.')[0] ?? ''), f.message])) : { name: fault.message }); }
    setBusy(false);
  };
  const missing = (judged?.missing_parameters ?? []).filter((m) => !(m in ((body.variables as Json | undefined) ?? {})));
  const ready = missingOf(source) === null && (asks || !asksOthers(source.kind) || untouched(old, source));
  const reason = writes ? bad : t('core.needsPermission', { permission: 'test:write' });
  return (
    <Card title={old ? t('tedit.changeSet', { name: old.name }) : t('tedit.newSet')} actions={old ? <Button small kind="quiet" icon="close" onClick={onDone}>{t('core.cancel')}</Button> : undefined}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && reason === undefined && ready) void save(); }}>
        <div className="tedit-two">
          <TextField label={t('testing.name')} value={name} onChange={setName} required maxLength={255} error={faults.name} />
          <Select label={t('testing.rows.order')} value={mode} onChange={setMode} options={modes.map((m) => ({ id: m, text: t(`testing.rows.mode.${m}`) }))} />
        </div>
        <SourceFields project={project} draft={source} keeps={old !== null && sourceDraft(old).kind === 'kept'} onChange={(next) => { setSource(next); setFaults(({ content: _, ...rest }) => rest); }} said={found ? t('testing.rows.count', { n: found.parameter_sets_count, fields: found.detected_fields.join(', ') }) : null} fault={faults.content} />
        {missing.length > 0 ? <p className="tests-problem tedit-note" role="status"><Icon name="info" />{t('tedit.missing', { names: missing.join(', ') })}</p> : null}
        {judged && judged.unused_parameters.length > 0 ? <p className="tests-problem tedit-note" role="status"><Icon name="info" />{t('tedit.unused', { names: judged.unused_parameters.join(', ') })}</p> : null}
        {found && found.parameter_sets.length > 0 ? <Table found={found} /> : null}
        <div className="row"><Button type="submit" kind="primary" icon="save" writes busy={busy} reason={reason} disabled={!ready}>{t('testing.rows.save')}</Button></div>
      </form>
    </Card>
  );
}

function Table({ found }: { found: DataRows }) {
  const t = useT();
  const rows = found.parameter_sets.slice(0, shownRows);
  const value = (v: unknown) => (typeof v === 'string' ? v : v === undefined || v === null ? '' : JSON.stringify(v));
  return (
    <div className="tedit-rows">
      <table><thead><tr><th className="num">#</th>{found.detected_fields.map((f) => <th key={f}>{f}</th>)}</tr></thead>
        <tbody>{rows.map((row, n) => <tr key={n}><td className="num faint">{n + 1}</td>{found.detected_fields.map((f) => <td key={f}><bdi>{value(row[f] ?? (row.values as Json | undefined)?.[f])}</bdi></td>)}</tr>)}</tbody></table>
      {found.parameter_sets_count > rows.length ? <p className="faint">{t('running.more', { n: found.parameter_sets_count - rows.length })}</p> : null}
    </div>
  );
}
