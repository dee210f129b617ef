// The editor of a test: steps by hand or as JSON, judged by the server while one writes, saved as a new version.
import { type KeyboardEvent as ReactKeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Json, TestDocument, TestJudgement } from '../../api/testing';

import type { PageProps } from '../../app/routes';
import { useKeys } from '../../app/keys';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { useDraft } from '../../state/draft';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { DraftNote } from '../../ui/DraftNote';
import { Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Tabs } from '../../ui/Tabs';
import { toast } from '../../ui/toasts';
import { EditData } from './EditData';
import { EditHistory } from './EditHistory';
import { CodeOf } from './ExportCode';
import { LazyRow, lazyFrom } from './LazyRow';
import { LiveEdit, useAddresses } from './LiveEdit';
import { type LiveSteps, type Picked, useLiveSteps } from './live-steps';
import type { Place } from './LiveScreen';
import { FILE_NAMES, StepRow, TEST_NAMES, type Faults } from './StepRow';
import { ModelSees, useModelSees } from './StepVision';
import { RunDialog } from './RunDialog';
import { TestConfig } from './TestConfig';
import { TestVariables } from './TestVariables';
import { useWritten } from './undo-draft';
import { type StepList as List, stepLists as lists } from './version-diff';
import { liveSize } from './viewport';
import './tests.css';
import './running.css';
import './editing.css';

const priorities = ['critical', 'high', 'medium', 'low'] as const;
interface Draft { name: string; description: string; tags: string; priority: string; is_active: boolean; setup: Json[]; steps: Json[]; assertions: Json[]; teardown: Json[]; variables: Json; config: Json }
const views = ['steps', 'json', 'code', 'data', 'history'] as const;
/** Rows keep their field while they move. */
let nextKey = 0;
const keys = new WeakMap<Json, number>();
function keyOf(step: Json): number { let k = keys.get(step); if (k === undefined) { k = nextKey++; keys.set(step, k); } return k; }

function draftOf(x: TestDocument): Draft {
  return { name: x.name, description: x.description ?? '', tags: x.tags.join(', '), priority: x.priority, is_active: x.is_active, setup: x.setup, steps: x.steps, assertions: x.assertions, teardown: x.teardown, variables: x.variables, config: x.config };
}
const tagsOf = (d: Draft) => d.tags.split(',').map((s) => s.trim()).filter(Boolean);
function bodyOf(d: Draft): Json { return { ...d, tags: tagsOf(d) }; }

/** Writing in a field goes on; steps that come, go or move are changes of their own. */
function typing(now: Draft, next: Draft): boolean { return lists.every((list) => now[list].length === next[list].length && now[list].filter((step, n) => step !== next[list][n]).length < 2); }

export default function EditPage({ params }: PageProps) {
  const test = useResource(paths.test(params.id ?? ''));
  return <Loaded from={test} lines={10}>{(x) => <Editor key={`${x.id}/${x.version}`} test={x} />}</Loaded>;
}

function Editor({ test }: { test: TestDocument }) {
  const t = useT();
  const began = useMemo(() => draftOf(test), [test]);
  const { now: draft, set: setDraft, undo, redo, canUndo } = useWritten(began, typing);
  const kept = useDraft(`test/${test.id}/${test.version}`, draft, setDraft);
  const [viewParam] = useQueryParam('view', 'steps');
  const view = views.find((v) => v === viewParam) ?? 'steps';
  const exports = useCan('results:export');
  const [busy, setBusy] = useState(false);
  const [running, setRunning] = useState(false);
  const judged = useJudgement(draft);
  const writes = useCan('test:write');
  const runs = useCan('test:execute');
  const dirty = draft !== began && JSON.stringify(draft) !== JSON.stringify(began);
  const bad = judged !== null && !judged.valid;
  const reason = !writes ? t('core.needsPermission', { permission: 'test:write' }) : bad ? t('testing.mendFirst') : undefined;
  // What the server has by now: a run that could not start leaves the page with a version that is not the one it began with.
  const stored = useRef({ version: test.version, text: JSON.stringify(began) });
  const store = async () => {
    const text = JSON.stringify(draft);
    if (text !== stored.current.text) {
      const now = await send<TestDocument>('PUT', urls.test(test.id), { ...bodyOf(draft), expected_version: stored.current.version });
      stored.current = { version: now.version, text };
    }
    kept.forget();
  };
  // The new version takes the place of this page, so it comes in when nobody needs the dialog any more.
  const close = () => { setRunning(false); if (stored.current.version !== test.version) invalidate('/api/v1/tests'); };
  const save = async () => {
    setBusy(true);
    try { await store(); invalidate('/api/v1/tests'); toast({ level: 'ok', text: t('testing.saved') }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  const runReason = runs ? reason : t('core.needsPermission', { permission: 'test:execute' });
  useKeys([
    { keys: 'Ctrl+s', label: 'testing.save', run: () => { if (dirty && reason === undefined && !busy) void save(); } },
    { keys: 'Ctrl+Enter', label: 'testing.runNow', run: () => { if (runReason === undefined) setRunning(true); } },
    // The text of the JSON has a way back of its own.
    ...(view === 'steps' && !running ? [{ keys: 'Ctrl+z', label: 'core.undo' as const, run: (e: KeyboardEvent) => { if (e.shiftKey) redo(); else undo(); } }, { keys: 'Ctrl+y', label: 'tedit.redo' as const, run: redo }] : []),
  ]);
  const set = <K extends keyof Draft>(name: K, value: Draft[K]) => setDraft({ ...draft, [name]: value });
  const live = useLiveSteps(test.project_id);
  const sees = useModelSees(test.project_id);
  const addresses = useAddresses(test.project_id);
  const [beside, setBeside] = useState(false);
  const [environment, setEnvironment] = useState('');
  const begin = (name: string) => { setBeside(true); setEnvironment(name); void live.open(addresses.of(name), liveSize(draft.config.viewport, addresses.settings?.effective.viewport)); };
  const runSteps = (list: List, n: number, from: number) => {
    const of = (name: List, first: number, last: number) => draft[name].slice(first, last + 1).map((step) => ({ list: name, step }));
    const before = from === 0 && list === 'steps' ? of('setup', 0, draft.setup.length) : [];
    void live.run([...before, ...of(list, from, n)], { variables: draft.variables, config: draft.config, environment });
  };
  // Other names of the elements that were picked, by the key of their step.
  const [names, setNames] = useState<Names>(new Map());
  const pickAt = async (at: Place) => {
    const spot = live.picking;
    const picked = await live.pick(at);
    if (spot === null || picked === null) return;
    const { selector } = picked;
    setNames(new Map([...names, [spot.key, picked.all]]));
    const list = spot.list as List;
    // Somebody may have written meanwhile.
    setDraft((now) => ({ ...now, [list]: now[list].map((step) => { if (keyOf(step) !== spot.key) return step; const next = { ...step, target: selector }; keys.set(next, keyOf(step)); return next; }) }));
  };
  return (
    <>
      <PageHead title={draft.name || t('testing.unnamed')} sub={t('testing.versionN', { n: test.version })} actions={<>
        <ButtonLink to={`/tests/${test.id}`} icon="chevron-left" kind="quiet">{t('testing.toTest')}</ButtonLink>
        {beside ? null : <Button icon="monitor" writes reason={runs ? undefined : t('core.needsPermission', { permission: 'test:execute' })} onClick={() => begin(environment)}>{t('healing.step.open')}</Button>}
        {view === 'steps' ? <Button kind="quiet" icon="undo" label={t('core.undo')} disabled={!canUndo} onClick={undo} /> : null}
        <Button icon="play" writes reason={runReason} onClick={() => setRunning(true)}>{t(dirty ? 'testing.saveAndRun' : 'testing.runNow')}</Button>
        <Button kind="primary" icon="save" writes busy={busy} reason={reason} disabled={!dirty} onClick={() => void save()}>{t('testing.save')}</Button>
      </>} />
      {running ? <RunDialog asked={{ project: test.project_id, picked: [{ id: test.id, name: draft.name }] }} before={store} onClose={close} /> : null}
      <DraftNote draft={kept} />
      {lists.some((list) => draft[list].some((step) => step.action === 'upload')) ? <FileNames project={test.project_id} /> : null}
      {lists.some((list) => draft[list].some((step) => step.action === 'run_test')) ? <TestNames project={test.project_id} but={test.id} /> : null}
      <Tabs label={t('testing.view')} active={view} items={views.map((v) => ({ id: v, text: v === 'steps' ? t('testing.view.steps') : v === 'json' ? 'JSON' : t(`tedit.view.${v}`), to: `/tests/${test.id}/edit${v === 'steps' ? '' : `?view=${v}`}` }))} />
      <div className={beside ? 'tests-edit tests-edit-live' : view === 'steps' || view === 'json' ? 'tests-edit' : 'tests-edit tests-edit-wide'}>
        <ModelSees value={sees}><div className="stack">
          {view === 'json' ? <JsonView draft={draft} onChange={setDraft} /> : view === 'code' ? <Code test={test} draft={draft} reason={exports ? undefined : t('core.needsPermission', { permission: 'results:export' })} /> : view === 'data' ? <EditData test={test.id} project={test.project_id} name={draft.name} body={bodyOf(draft)} bad={bad ? t('testing.mendFirst') : undefined} /> : view === 'history' ? <EditHistory test={test} draft={{ ...draft, tags: tagsOf(draft) }} dirty={dirty} reason={writes ? undefined : t('core.needsPermission', { permission: 'test:write' })} /> : lists.map((list) => <StepsCard key={list} list={list} rows={draft[list]} judged={judged} onChange={(rows) => set(list, rows)} live={beside && live.opened ? { live, names, run: runSteps } : null} />)}
        </div></ModelSees>
        {beside ? <LiveEdit live={{ ...live, close: () => { live.close(); setBeside(false); } }} environment={environment} names={addresses.names} onEnvironment={begin} onPick={(at) => void pickAt(at)} start={() => begin(environment)} /> : null}
        {view === 'steps' || view === 'json' ? <aside className="stack">
          <Card title={t('testing.about')}>
            <div className="stack">
              <TextField label={t('testing.name')} value={draft.name} onChange={(x) => set('name', x)} required maxLength={255} />
              <TextField label={t('testing.description')} optional value={draft.description} onChange={(x) => set('description', x)} maxLength={2000} />
              <TextField label={t('testing.tags')} optional value={draft.tags} onChange={(x) => set('tags', x)} help={t('testing.tagsHelp')} />
              <Select label={t('testing.priority')} value={draft.priority} onChange={(x) => set('priority', x)} options={priorities.map((p) => ({ id: p as string, text: t(`testing.priority.${p}`) }))} />
              <Switch label={t('testing.active')} checked={draft.is_active} onChange={(x) => set('is_active', x)} />
            </div>
          </Card>
          <ModelSees value={sees}><TestConfig value={draft.config} onChange={(x) => set('config', x)} settings={addresses.settings} faults={configFaults(judged)} /></ModelSees>
          <TestVariables value={draft.variables} onChange={(x) => set('variables', x)} />
          {judged?.warnings.map((w) => <p key={w} className="card tests-problem"><Icon name="info" />{w}</p>)}
          <Card title={t('testing.selectors')}><dl className="tests-help">{(['role=button[name="Save"]', 'label=E-mail', 'text=Sign in', 'testid=cart', '#id, .class', 'list >> nth=0'] as const).map((s, i) => <div key={s}><dt className="mono">{s}</dt><dd>{t(`testing.sel.${i as 0 | 1 | 2 | 3 | 4 | 5}`)}</dd></div>)}</dl></Card>
        </aside> : null}
      </div>
    </>
  );
}

/** The test as it stands here, in the code of another tool. */
function Code({ test, draft, reason }: { test: TestDocument; draft: Draft; reason: string | undefined }) {
  const t = useT();
  const formats = useResource(reason === undefined ? paths.exportFormats : null);
  if (reason !== undefined) return <section className="card"><Empty icon="lock" title={reason} /></section>;
  return <Card title={t('tedit.code')} sub={t('tedit.codeSub')}><Loaded from={formats} lines={8}>{(f) => <CodeOf asked={{ test: { ...bodyOf(draft), id: test.id, project_id: test.project_id } }} formats={f.formats} />}</Loaded></Card>;
}

/** What a step that uploads can name. */
function FileNames({ project }: { project: string }) {
  const files = useResource(paths.projectFiles(project));
  return <datalist id={FILE_NAMES}>{files.data?.files.map((f) => <option key={f.id} value={f.name} />)}</datalist>;
}

/** What a step that runs another test can name. */
function TestNames({ project, but }: { project: string; but: string }) {
  const tests = useResource(paths.tests(project));
  return <datalist id={TEST_NAMES}>{tests.data?.tests.filter((x) => x.id !== but).map((x) => <option key={x.id} value={x.name} />)}</datalist>;
}

/** What the server says of the draft, asked when typing pauses. */
function useJudgement(draft: Draft): TestJudgement | null {
  const [judged, setJudged] = useState<TestJudgement | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => { send<TestJudgement>('POST', urls.testValidate, bodyOf(draft), { signal: stop.signal, quiet: true }).then(setJudged).catch(() => undefined); }, 400);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [draft]);
  return judged;
}

function faultsOf(judged: TestJudgement | null, list: List, n: number): Faults {
  const own = judged?.errors.filter((e) => e.loc[1] === list && e.loc[2] === n) ?? [];
  return Object.fromEntries(own.map((e) => [e.loc.slice(3).join('.'), e.msg]));
}
function configFaults(judged: TestJudgement | null): Faults { return Object.fromEntries((judged?.errors ?? []).filter((e) => e.loc[1] === 'config').map((e) => [e.loc[2] ?? '', e.msg])); }

type Names = ReadonlyMap<number, Picked['all']>;
interface Beside { live: LiveSteps; names: Names; run: (list: List, n: number, from: number) => void }

function StepsCard({ list, rows, judged, onChange, live: beside }: { list: List; rows: Json[]; judged: TestJudgement | null; onChange: (rows: Json[]) => void; live: Beside | null }) {
  const t = useT();
  const box = useRef<HTMLOListElement>(null);
  const blank: Json = list === 'assertions' ? { type: 'element_visible', target: '' } : { action: 'click', target: '' };
  const add = (at: number) => { onChange([...rows.slice(0, at), blank, ...rows.slice(at)]); requestAnimationFrame(() => box.current?.children[at]?.querySelector('select')?.focus()); };
  const liveOf = (step: Json, n: number) => beside ? {
    names: beside.names.get(keyOf(step)) ?? [], busy: beside.live.busy, mark: beside.live.marks.get(step), picking: beside.live.picking?.key === keyOf(step),
    onPick: () => beside.live.setPicking(beside.live.picking?.key === keyOf(step) ? null : { list, key: keyOf(step) }), onRun: () => beside.run(list, n, n), onRunTo: list === 'setup' || list === 'steps' ? () => beside.run(list, n, 0) : undefined, onRunFrom: list !== 'assertions' && n > 0 && n < rows.length - 1 ? () => beside.run(list, rows.length - 1, n) : undefined,
  } : undefined;
  const replace = (n: number, step: Json) => { keys.set(step, keyOf(rows[n] ?? step)); onChange(rows.map((r, i) => (i === n ? step : r))); };
  const move = (n: number, by: number) => { const next = [...rows]; const [row] = next.splice(n, 1); if (row) next.splice(n + by, 0, row); onChange(next); };
  const Row = rows.length > lazyFrom ? LazyRow : StepRow;
  if (rows.length === 0 && list !== 'steps') return <div className="row"><Button small kind="quiet" icon="plus" onClick={() => add(0)}>{t(`testing.add.${list}`)}</Button></div>;
  return (
    <Card title={t(`testing.list.${list}`)} flush>
      <ol className="tsteps" ref={box}>
        {rows.map((step, n) => <Row key={keyOf(step)} step={step} n={n} last={rows.length - 1} faults={faultsOf(judged, list, n)} claimOnly={list === 'assertions'} onChange={(s) => replace(n, s)} onMove={(by) => move(n, by)} onRemove={() => onChange(rows.filter((_, i) => i !== n))} onAdd={() => add(n + 1)} live={liveOf(step, n)} />)}
      </ol>
      <div className="tsteps-foot"><Button small icon="plus" onClick={() => add(rows.length)}>{t(list === 'steps' ? 'testing.addStep' : `testing.add.${list}`)}</Button>{list === 'steps' ? <Sentence onAdd={(value) => onChange([...rows, { action: 'instruction', value }])} /> : null}</div>
    </Card>
  );
}

/** What a field of its own holds is its own to take back, not the steps'. */
const keepUndo = (e: ReactKeyboardEvent) => { if ((e.ctrlKey || e.metaKey) && ['z', 'y'].includes(e.key.toLowerCase())) e.nativeEvent.stopPropagation(); };

/** A step in plain words: the run finds out what is meant. */
function Sentence({ onAdd }: { onAdd: (text: string) => void }) {
  const t = useT();
  const [text, setText] = useState('');
  return (
    <form className="tsentence" onSubmit={(e) => { e.preventDefault(); if (text.trim() !== '') { onAdd(text.trim()); setText(''); } }}>
      <input className="input" aria-label={t('tedit.sentence')} placeholder={t('tedit.sentenceExample')} value={text} onChange={(e) => setText(e.target.value)} onKeyDown={keepUndo} maxLength={500} />
      <Button small type="submit" disabled={text.trim() === ''}>{t('tedit.sentenceAdd')}</Button>
    </form>
  );
}

function JsonView({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const t = useT();
  const { setup, steps, assertions, teardown, variables, config } = draft;
  const [raw, setRaw] = useState(() => JSON.stringify({ steps, assertions, setup, teardown, variables, config }, null, 2));
  const [fault, setFault] = useState<string | null>(null);
  const change = (text: string) => {
    setRaw(text);
    try {
      const read = JSON.parse(text) as Partial<Draft>;
      for (const list of lists) if (read[list] !== undefined && !Array.isArray(read[list])) throw new Error(t('testing.mustBeList', { name: list }));
      setFault(null);
      onChange({ ...draft, ...read });
    } catch (e) { setFault(e instanceof Error ? e.message : String(e)); }
  };
  return (
    <section className="card tests-json">
      <textarea className="input mono" aria-label="JSON" aria-invalid={fault !== null || undefined} rows={Math.min(40, Math.max(14, raw.split('\n').length + 1))} value={raw} onChange={(e) => change(e.target.value)} spellCheck={false} autoCapitalize="none" />
      {fault ? <p className="field-error">{fault}</p> : <p className="field-help">{t('testing.jsonHelp')}</p>}
    </section>
  );
}

