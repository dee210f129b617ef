// All runs of a project, newest first.
import { useMemo } from 'react';
import { load } from '../../api/client';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { TestRun } from '../../api/testing';
import { Link } from '../../app/Link';
import { navigate, useQueryParam } from '../../app/router';
import { toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { furthest, Pages, ProjectFilter, tellCut } from './TestsPage';
import { look, seconds } from './words';
import './tests.css';

const keyOf = (r: TestRun) => r.id;
/** Runs of one page. */
const pageSize = 200;

export default function RunsPage() {
  const projects = useResource(paths.allProjects);
  return <Loaded from={projects} lines={8}>{(rows) => <Runs projects={rows} />}</Loaded>;
}

function Runs({ projects }: { projects: readonly ProjectRow[] }) {
  const t = useT();
  const [project, setProject] = useQueryParam('project');
  const [status, setStatus] = useQueryParam('status');
  const [trigger, setTrigger] = useQueryParam('trigger');
  const [since, setSince] = useQueryParam('since');
  // The beginning of a day, so that the address stays the same while one looks.
  const from = since === '' ? '' : new Date(new Date().setHours(0, 0, 0, 0) - (Number(since) - 1) * 86_400_000).toISOString();
  const [fromParam, setFrom] = useQueryParam('from');
  const offset = Number(fromParam) || 0;
  const runs = useResource(paths.testRuns(project, { status, from, trigger, offset }), { everyMs: 5_000 });
  const anew = (set: (value: string) => void) => (value: string) => { set(value); setFrom(''); };
  const any = status !== '' || trigger !== '' || since !== '';
  const columns = useMemo<Column<TestRun>[]>(() => [
    { id: 'name', title: t('testing.name'), value: (r) => r.name, kind: 'main', cell: (r) => <span className="tname"><Link to={`/runs/${r.id}`}><bdi>{r.name}</bdi></Link><small className="faint">{r.app_url}</small></span> },
    { id: 'status', title: t('testing.outcome'), value: (r) => r.status, width: '130px', cell: (r) => <StatusMark status={look(r.status)} word={t(`testing.run.${r.status}`)} /> },
    { id: 'passed', title: t('testing.passed'), value: (r) => r.passed_tests, kind: 'number', width: '120px', cell: (r) => t('testing.ofAll', { n: r.passed_tests, all: r.total_tests }) },
    { id: 'flaky', title: t('testing.flakiness'), value: (r) => r.flaky_tests, kind: 'number', width: '80px' },
    { id: 'duration', title: t('testing.duration'), value: (r) => r.duration_ms, kind: 'number', width: '100px', cell: (r) => <span className="num">{seconds(r.duration_ms)}</span> },
    { id: 'trigger', title: t('testing.trigger'), value: (r) => r.trigger, width: '120px', cell: (r) => tDynamic(`testing.trigger.${r.trigger}`, r.trigger) },
    { id: 'by', title: t('testing.by'), value: (r) => r.created_by, width: '120px' },
    { id: 'when', title: t('testing.when'), value: (r) => toMillis(r.created_at), kind: 'number', width: '110px', cell: (r) => <Age at={r.created_at} /> },
  ], [t]);
  const all = (total: number) => async () => {
    const found: TestRun[] = [];
    for (let at = 0; at < total && at <= furthest; at += pageSize) found.push(...(await load(paths.testRuns(project, { status, from, trigger, offset: at }))).runs);
    return tellCut(found, total);
  };
  const clear = () => { setFrom(''); setStatus(''); setTrigger(''); setSince(''); };
  const filters = (
    <span className="row tests-filters">
      <Select label={t('testing.outcome')} hideLabel value={status} onChange={anew(setStatus)} options={[{ id: '', text: t('running.anyResult') }, ...(['pending', 'running', 'passed', 'failed', 'error', 'cancelled'] as const).map((k) => ({ id: k as string, text: t(`testing.run.${k}`) }))]} />
      <Select label={t('testing.trigger')} hideLabel value={trigger} onChange={anew(setTrigger)} options={[{ id: '', text: t('running.anyTrigger') }, ...['manual', 'scheduled', 'webhook', 'ci', 'api'].map((k) => ({ id: k, text: tDynamic(`testing.trigger.${k}`, k) }))]} />
      <Select label={t('testing.when')} hideLabel value={since} onChange={anew(setSince)} options={[{ id: '', text: t('running.anyTime') }, { id: '1', text: t('running.today') }, ...['7', '30', '90'].map((n) => ({ id: n, text: t('running.days', { n: Number(n) }) }))]} />
      {any ? <Button small kind="quiet" icon="close" onClick={clear}>{t('running.clear')}</Button> : null}
    </span>
  );
  return (
    <>
      <PageHead title={t('nav.testRuns')} sub={t('testing.runsSub')} actions={<ProjectFilter projects={projects} value={project} onChange={anew(setProject)} />} />
      <section className="card"><Loaded from={runs} lines={8}>{(page) => <><DataTable name="testruns" label={t('nav.testRuns')} rows={page.runs} toolbar={page.runs.length > 0 || any ? filters : undefined} columns={columns} keyOf={keyOf} initialSort="-when" onOpen={(r) => navigate(`/runs/${r.id}`)} allRows={all(page.total)} empty={any ? <Empty icon="filter" title={t('running.noRunMatches')} action={<Button small onClick={clear}>{t('running.clear')}</Button>} /> : <Empty icon="play" title={t('testing.noRuns')} text={t('testing.noRunsText')} />} />{page.total > pageSize || offset > 0 ? <Pages offset={offset} shown={page.runs.length} total={page.total} size={pageSize} onFrom={(n) => setFrom(n > 0 ? String(n) : '')} /> : null}</>}</Loaded></section>
    </>
  );
}
