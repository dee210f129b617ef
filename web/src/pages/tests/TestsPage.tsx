// All tests of a project: how they stand, how steady they are, and the ways to a new one.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { TestLine } from '../../api/testing';
import { Link } from '../../app/Link';
import { navigate, useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { percent, joined } from '../../format/numbers';
import { toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select } from '../../ui/Form';
import { Icon, Pill, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { NewTest } from './NewTest';
import { Strip } from './Strip';
import { look, seconds } from './words';
import './tests.css';

const keyOf = (x: TestLine) => x.id;

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
  const tests = useResource(paths.tests(project), { everyMs: 10_000 });
  const writes = useCan('test:write');
  const runs = useCan('test:execute');
  const [adding, setAdding] = useState(false);
  const reason = writes ? undefined : t('core.needsPermission', { permission: 'test:write' });
  const runReason = runs ? undefined : t('core.needsPermission', { permission: 'test:execute' });
  const all = tests.data?.tests ?? [];
  const of = project === '' ? (projects.length === 1 ? projects[0] : undefined) : projects.find((p) => p.id === project);
  const runAll = of && all.some((x) => x.is_active) ? () => void start(send<{ run_id: string }>('POST', urls.testRunMany, { project_id: of.id, trigger: 'manual' })) : null;
  return (
    <>
      <PageHead title={t('nav.tests')} sub={t('testing.sub')} actions={<>
        <ProjectFilter projects={projects} value={project} onChange={setProject} />
        {runAll ? <Button icon="play" writes reason={runReason} onClick={runAll}>{t('testing.runAll')}</Button> : null}
        <Button kind="primary" icon="plus" writes reason={reason} onClick={() => setAdding(true)}>{t('testing.new')}</Button>
      </>} />
      <NoBrowser />
      <section className="card">
        <Loaded from={tests} lines={8}>{(page) => page.tests.length === 0
          ? <Empty icon="flask" title={t('testing.none')} text={t('testing.noneText')} action={<Button kind="primary" icon="plus" writes reason={reason} onClick={() => setAdding(true)}>{t('testing.new')}</Button>} />
          : <Table rows={page.tests} runReason={runReason} />}</Loaded>
      </section>
      {adding ? <NewTest projects={projects} chosen={of} onClose={() => setAdding(false)} /> : null}
    </>
  );
}

/** Opens the run that was started, or says why it was not. */
export async function start(asked: Promise<{ run_id: string }>): Promise<void> {
  try {
    const run = await asked;
    invalidate('/api/v1/runs', '/api/v1/tests');
    navigate(`/runs/${run.run_id}`);
  } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
}

function Table({ rows, runReason }: { rows: readonly TestLine[]; runReason: string | undefined }) {
  const t = useT();
  const columns = useMemo<Column<TestLine>[]>(() => {
    const last = (x: TestLine) => x.recent_results[0];
    return [
      { id: 'name', title: t('testing.name'), value: (x) => x.name, kind: 'main', cell: (x) => <span className="tname"><Link to={`/tests/${x.id}`}><bdi>{x.name}</bdi></Link><small className="faint">{t('testing.nSteps', { n: x.step_count })}{x.tags.map((tag) => <span key={tag} className="chip">{tag}</span>)}</small></span> },
      { id: 'status', title: t('testing.last'), value: (x) => (x.is_active ? (last(x)?.status ?? '') : 'off'), width: '130px', cell: (x) => { const m = last(x); return !x.is_active ? <StatusMark status="paused" word={t('testing.off')} /> : m ? <StatusMark status={look(m.status)} word={t(`testing.result.${m.status}`)} /> : <StatusMark status="unknown" word={t('testing.neverRan')} />; } },
      { id: 'strip', title: t('testing.strip'), value: (x) => x.figures.pass_rate, width: '210px', cell: (x) => <Strip marks={x.recent_results} /> },
      { id: 'flaky', title: t('testing.flakiness'), value: (x) => x.figures.flaky_rate, kind: 'number', width: '100px', cell: (x) => (x.figures.flaky_rate === null ? '–' : x.figures.flaky_rate > 0 ? <Pill status={x.figures.flaky_rate >= 0.3 ? 'warning' : 'info'}>{joined(percent(x.figures.flaky_rate * 100, 0))}</Pill> : '0 %') },
      { id: 'duration', title: t('testing.duration'), value: (x) => x.figures.avg_duration_ms, kind: 'number', width: '100px', cell: (x) => <span className="num">{seconds(x.figures.avg_duration_ms)}</span> },
      { id: 'priority', title: t('testing.priority'), value: (x) => x.priority, width: '100px', cell: (x) => tDynamic(`testing.priority.${x.priority}`, x.priority) },
      { id: 'ran', title: t('testing.ran'), value: (x) => toMillis(last(x)?.completed_at), kind: 'number', width: '110px', cell: (x) => { const m = last(x); return m ? <Age at={m.completed_at} /> : '–'; } },
      { id: 'run', title: t('testing.run'), value: () => '', plain: true, kind: 'actions', width: '90px', cell: (x) => <Button small icon="play" writes reason={x.is_active ? runReason : t('testing.off')} label={t('testing.runNamed', { name: x.name })} onClick={() => void start(send<{ run_id: string }>('POST', urls.testRunOne(x.id), {}))}>{t('testing.run')}</Button> },
    ];
  }, [t, runReason]);
  return <DataTable name="tests" label={t('nav.tests')} rows={rows} columns={columns} keyOf={keyOf} initialSort="name" onOpen={(x) => navigate(`/tests/${x.id}`)} empty={<Empty icon="flask" title={t('testing.none')} />} />;
}
