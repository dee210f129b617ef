// All tests of a project: how they stand, how steady they are, and the ways to a new one.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { load } from '../../api/client';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { TestLine, TestPage, TestSchedule } from '../../api/testing';
import { Link } from '../../app/Link';
import { navigate, useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { percent, joined } from '../../format/numbers';
import { toMillis } from '../../format/time';
import { t as say, tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button, ButtonLink } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select } from '../../ui/Form';
import { Icon, Pill, StatusMark } from '../../ui/Icon';
import { DemoLink } from '../../ui/DemoLink';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Chosen } from './Chosen';
import { nextOf } from './clock';
import { ImportTests } from './ImportTests';
import { NewTest } from './NewTest';
import { type Asked, RunDialog } from './RunDialog';
import { Strip } from './Strip';
import { look, seconds } from './words';
import './tests.css';

const keyOf = (x: TestLine) => x.id;
const pageSize = 200;
/** Columns the server orders by; the others are ordered within the page. */
const ordered = new Set(['name', 'priority', 'source', 'updated']);
const orderAsked = (sort: string) => (ordered.has(sort.replace(/^-/, '')) ? sort : 'name');
const priorities = ['critical', 'high', 'medium', 'low'];

export default function TestsPage() {
  const projects = useResource(paths.allProjects);
  return <Loaded from={projects} lines={8}>{(rows) => <Tests projects={rows} />}</Loaded>;
}

export function ProjectFilter({ projects, value, onChange, all }: { projects: readonly ProjectRow[]; value: string; onChange: (id: string) => void; all?: string }) {
  const t = useT();
  if (projects.length < (all === undefined ? 2 : 1)) return null;
  return <Select label={t('testing.project')} hideLabel value={value} onChange={onChange} options={[{ id: '', text: all ?? t('testing.allProjects') }, ...projects.map((p) => ({ id: p.id, text: p.name }))]} />;
}

/** Says what is missing when nothing can be run here. */
export function NoBrowser() {
  const status = useResource(paths.browserStatus);
  const problem = status.data?.problem;
  return problem ? <p className="card tests-problem" role="status"><Icon name="info" />{problem}</p> : null;
}

function Tests({ projects }: { projects: readonly ProjectRow[] }) {
  const t = useT();
  const [project, setProject] = useQueryParam('project');
  const f = useFilters();
  const asked = useResource(paths.tests(project, { ...f.asked, limit: pageSize }), { everyMs: 10_000 });
  // While the next page comes the last one stays, and with it the box somebody types in.
  const [before, setBefore] = useState<{ project: string; search: string; page: TestPage } | null>(null);
  if (asked.data && (before?.page !== asked.data || before.search !== f.search || before.project !== project)) setBefore({ project, search: f.search, page: asked.data });
  const last = before?.project === project ? before : null;
  const tests = { ...asked, data: asked.data ?? last?.page };
  const sought = asked.data ? f.search : (last?.search ?? '');
  const schedules = useResource(paths.testSchedules(project)).data?.schedules;
  const writes = useCan('test:write');
  const runs = useCan('test:execute');
  const [adding, setAdding] = useState(false);
  const [importing, setImporting] = useState(false);
  const [running, setRunning] = useState<Asked | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const reason = writes ? undefined : t('core.needsPermission', { permission: 'test:write' });
  const runReason = runs ? undefined : t('core.needsPermission', { permission: 'test:execute' });
  const all = tests.data?.tests ?? [];
  const of = project === '' ? (projects.length === 1 ? projects[0] : undefined) : projects.find((p) => p.id === project);
  const runAll = of && (f.any || all.some((x) => x.is_active)) ? () => setRunning({ project: of.id, picked: [], tags: tests.data?.tags ?? [] }) : null;
  const runOne = useCallback((x: TestLine) => setRunning({ project: x.project_id, picked: [{ id: x.id, name: x.name }] }), []);
  // Those of other pages that were chosen, as they were when they were read.
  const [far, setFar] = useState<ReadonlyMap<string, TestLine>>(new Map());
  const keep = (lines: readonly TestLine[]) => setFar((now) => new Map([...now, ...lines.map((x) => [x.id, x] as const)]));
  // What is chosen stays chosen on another page.
  const near = new Map(all.map((x) => [x.id, x]));
  const choose = (ids: ReadonlySet<string>) => { setChosen(new Set([...[...chosen].filter((id) => !near.has(id)), ...ids])); keep(all.filter((x) => ids.has(x.id))); };
  // Another project or filter shows others: what is not shown any more is not changed.
  const scope = JSON.stringify([project, { ...f.asked, offset: 0, sort: '' }]);
  const [scoped, setScoped] = useState(scope);
  if (scoped !== scope) { setScoped(scope); setChosen(new Set()); setFar(new Map()); }
  const picked = [...chosen].flatMap((id) => near.get(id) ?? far.get(id) ?? []);
  const total = tests.data?.total ?? 0;
  const whole = all.length > 0 && all.every((x) => chosen.has(x.id));
  const chooseMatching = async () => { const found = tellCut(await everyTest(project, f.asked, total), total); keep(found); setChosen(new Set(found.map((x) => x.id))); };
  return (
    <>
      <PageHead title={t('nav.tests')} sub={t('testing.sub')} actions={<>
        <ProjectFilter projects={projects} value={project} onChange={(id) => { setProject(id); f.setFrom(0); }} />
        {projects.length > 0 ? <ButtonLink kind="quiet" icon="gear" to={of ? `/tests/settings?project=${of.id}` : '/tests/settings'}>{t('tproject.title')}</ButtonLink> : null}
        {projects.length > 0 ? <Button kind="quiet" icon="upload" writes reason={reason} onClick={() => setImporting(true)}>{t('timport.import')}</Button> : null}
        {runAll ? <Button icon="play" writes reason={runReason} onClick={runAll}>{t('testing.runAll')}</Button> : null}
        <Button kind="primary" icon="plus" writes reason={reason} onClick={() => setAdding(true)}>{t('testing.new')}</Button>
      </>} />
      <NoBrowser />
      <section className="card">
        <Loaded from={tests} lines={8}>{(page) => page.total === 0 && !f.any && asked.data !== undefined
          ? <Empty icon="flask" title={t('testing.none')} text={t('testing.noneText')} action={<><Button kind="primary" icon="plus" writes reason={reason} onClick={() => setAdding(true)}>{t('testing.new')}</Button><DemoLink /></>} />
          : <Table page={page} sought={sought} filters={f} project={project} schedules={schedules} runReason={runReason} onRun={runOne} chosen={chosen} onChoose={choose} />}</Loaded>
      </section>
      {picked.length > 0 ? <Chosen tests={picked} matching={whole && total > picked.length ? { total, choose: chooseMatching } : null} onChanged={keep} onDone={() => setChosen(new Set())} onRun={() => setRunning({ project: picked[0]?.project_id ?? '', picked: picked.map((x) => ({ id: x.id, name: x.name })) })} /> : null}
      {running ? <RunDialog asked={running} onClose={() => setRunning(null)} /> : null}
      {importing ? <ImportTests projects={projects} chosen={of} onClose={() => setImporting(false)} /> : null}
      {adding ? <NewTest projects={projects} chosen={of} onClose={() => setAdding(false)} /> : null}
    </>
  );
}

/** What the server is asked for, kept in the address; another filter begins at the first page. */
function useFilters() {
  const [tag, setTag] = useQueryParam('tag');
  const [priority, setPriority] = useQueryParam('priority');
  const [source, setSource] = useQueryParam('source');
  const [result, setResult] = useQueryParam('result');
  const [search, setSearch] = useQueryParam('search');
  const [sort] = useQueryParam('sort', 'name');
  const [from, setFrom] = useQueryParam('from');
  const anew = (set: (value: string) => void) => (value: string) => { set(value); setFrom(''); };
  const clear = () => { for (const set of [setTag, setPriority, setSource, setResult, setSearch, setFrom]) set(''); };
  const asked = { tags: tag, priority, source, result, search, sort: orderAsked(sort), offset: Number(from) || 0 };
  return { tag, setTag: anew(setTag), priority, setPriority: anew(setPriority), source, setSource: anew(setSource), result, setResult: anew(setResult), search, setSearch: anew(setSearch), setFrom: (n: number) => setFrom(n > 0 ? String(n) : ''), asked, clear, any: [tag, priority, source, result, search].some((x) => x !== '') };
}

/** `sought` are the words the page was asked for, which may be older than those of the filters. */
function Table({ page, sought, project, schedules, filters: f, runReason, onRun, chosen, onChoose }: { page: TestPage; sought: string; project: string; schedules: readonly TestSchedule[] | undefined; filters: ReturnType<typeof useFilters>; runReason: string | undefined; onRun: (x: TestLine) => void; chosen: ReadonlySet<string>; onChoose: (keys: ReadonlySet<string>) => void }) {
  const t = useT();
  const columns = useMemo<Column<TestLine>[]>(() => {
    const last = (x: TestLine) => x.recent_results[0];
    return [
      { id: 'name', title: t('testing.name'), value: (x) => x.name, kind: 'main', cell: (x) => <span className="tname"><Link to={`/tests/${x.id}`}><bdi>{x.name}</bdi></Link><small className="faint">{t('testing.nSteps', { n: x.step_count })}{x.tags.map((tag) => <span key={tag} className="chip">{tag}</span>)}</small></span> },
      { id: 'status', title: t('testing.last'), value: (x) => (x.is_active ? (last(x)?.status ?? '') : 'off'), width: '130px', cell: (x) => { const m = last(x); return !x.is_active ? <StatusMark status="paused" word={t('testing.off')} /> : m ? <StatusMark status={look(m.status)} word={t(`testing.result.${m.status}`)} /> : <StatusMark status="unknown" word={t('testing.neverRan')} />; } },
      { id: 'strip', title: t('testing.strip'), value: (x) => x.figures.pass_rate, width: '210px', cell: (x) => <Strip test={x.id} marks={x.recent_results} /> },
      { id: 'flaky', title: t('testing.flakiness'), value: (x) => x.figures.flaky_rate, kind: 'number', width: '100px', cell: (x) => (x.figures.flaky_rate === null ? '–' : x.figures.flaky_rate > 0 ? <Pill status={x.figures.flaky_rate >= 0.3 ? 'warning' : 'info'}>{joined(percent(x.figures.flaky_rate * 100, 0))}</Pill> : '0 %') },
      { id: 'duration', title: t('testing.duration'), value: (x) => x.figures.avg_duration_ms, kind: 'number', width: '100px', cell: (x) => <span className="num">{seconds(x.figures.avg_duration_ms)}</span> },
      { id: 'priority', title: t('testing.priority'), value: (x) => x.priority, rank: (x) => priorities.indexOf(x.priority), width: '100px', cell: (x) => tDynamic(`testing.priority.${x.priority}`, x.priority) },
      { id: 'source', title: t('running.source'), value: (x) => x.source, width: '110px', extra: true, cell: (x) => tDynamic(`running.source.${x.source}`, x.source) },
      { id: 'tags', title: t('testing.tags'), value: (x) => x.tags.join(' '), extra: true },
      { id: 'updated', title: t('running.updated'), value: (x) => toMillis(x.updated_at), kind: 'number', width: '110px', extra: true, cell: (x) => <Age at={x.updated_at} /> },
      { id: 'ran', title: t('testing.ran'), value: (x) => toMillis(last(x)?.completed_at), kind: 'number', width: '110px', cell: (x) => { const m = last(x); return m ? <Age at={m.completed_at} /> : '–'; } },
      { id: 'next', title: t('tclock.column'), value: (x) => toMillis(schedules ? nextOf(schedules, x) : null), kind: 'number', width: '110px', cell: (x) => { const at = schedules ? nextOf(schedules, x) : null; return at ? <Age at={at} /> : <span className="faint">–</span>; } },
      { id: 'run', title: t('testing.run'), value: () => '', plain: true, kind: 'actions', width: '90px', cell: (x) => <Button small icon="play" writes reason={x.is_active ? runReason : t('testing.off')} label={t('testing.runNamed', { name: x.name })} onClick={() => onRun(x)}>{t('testing.run')}</Button> },
    ];
  }, [t, runReason, onRun, schedules]);
  // What is saved is all that the filters leave, not the page alone.
  const all = async () => tellCut(await everyTest(project, f.asked, page.total), page.total);
  const word = (key: string, prefix: string) => ({ id: key, text: tDynamic(`${prefix}.${key}`, key) });
  const many = page.total > page.tests.length;
  const searches = many || f.search !== '' || sought !== '';
  const toolbar = (
    <span className="row tests-filters">
      {searches ? <SearchBox value={f.search} onChange={f.setSearch} /> : null}
      {page.tags.length > 0 ? <Select label={t('testing.tags')} hideLabel value={f.tag} onChange={f.setTag} options={[{ id: '', text: t('running.anyTag') }, ...page.tags.map((x) => ({ id: x, text: x }))]} /> : null}
      <Select label={t('testing.last')} hideLabel value={f.result} onChange={f.setResult} options={[{ id: '', text: t('running.anyResult') }, ...['passed', 'failed', 'error', 'skipped'].map((k) => word(k, 'testing.result')), { id: 'never', text: t('testing.neverRan') }, { id: 'off', text: t('testing.off') }]} />
      <Select label={t('testing.priority')} hideLabel value={f.priority} onChange={f.setPriority} options={[{ id: '', text: t('running.anyPriority') }, ...priorities.map((k) => word(k, 'testing.priority'))]} />
      <Select label={t('running.source')} hideLabel value={f.source} onChange={f.setSource} options={[{ id: '', text: t('running.anySource') }, ...['manual', 'discovered', 'generated', 'imported'].map((k) => word(k, 'running.source'))]} />
      {f.any ? <Button small kind="quiet" icon="close" onClick={f.clear}>{t('running.clear')}</Button> : null}
    </span>
  );
  return (
    <>
      {/* With more than one page the words go to the server as well. */}
      <DataTable name="tests" label={t('nav.tests')} rows={page.tests} {...(many ? { allRows: all } : {})} filterable={!searches} columns={columns} keyOf={keyOf} initialSort="name" onSort={(sort) => { if (orderAsked(sort) !== f.asked.sort) f.setFrom(0); }} toolbar={toolbar} chosen={chosen} onChoose={onChoose} nameOf={(x) => x.name} onOpen={(x) => navigate(`/tests/${x.id}`)} empty={<Empty icon="filter" title={t('running.noneFound')} action={<Button small onClick={f.clear}>{t('running.clear')}</Button>} />} />
      {many ? <Pages offset={page.offset} shown={page.tests.length} total={page.total} size={pageSize} onFrom={f.setFrom} /> : null}
    </>
  );
}

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useT();
  const [typed, setTyped] = useState(value);
  // Changed from outside: the filters were cleared, or somebody went back.
  const [was, setWas] = useState(value);
  if (was !== value) { setWas(value); setTyped(value); }
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), 300);
    return () => clearTimeout(timer);
  });
  return <input className="input tests-search" type="search" aria-label={t('running.search')} placeholder={t('running.search')} value={typed} maxLength={200} onChange={(e) => setTyped(e.target.value)} />;
}

/** The server pages no further. */
export const furthest = 10_000;
/** All that the filters leave, page after page. */
async function everyTest(project: string, asked: ReturnType<typeof useFilters>['asked'], total: number): Promise<readonly TestLine[]> {
  const found: TestLine[] = [];
  for (let offset = 0; offset < total && offset <= furthest; offset += 500) found.push(...(await load(paths.tests(project, { ...asked, offset, limit: 500 }))).tests);
  return found;
}
/** Says when a file does not have them all. */
export function tellCut<T>(found: readonly T[], total: number): readonly T[] {
  if (found.length < total) toast({ level: 'warning', text: say('table.csvCut', { n: found.length, all: total }) });
  return found;
}

export function Pages({ offset, shown, total, size, onFrom }: { offset: number; shown: number; total: number; size: number; onFrom: (n: number) => void }) {
  const t = useT();
  return (
    <p className="tests-pages">
      <Button small icon="chevron-left" label={t('running.before')} disabled={offset === 0} onClick={() => onFrom(Math.max(0, offset - size))} />
      <span className="num faint">{t('running.range', { from: offset + 1, to: offset + shown, all: total })}</span>
      <Button small icon="chevron-right" label={t('running.after')} disabled={offset + shown >= total} onClick={() => onFrom(offset + size)} />
    </p>
  );
}
