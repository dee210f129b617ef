// All runs of a project, newest first.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { TestRun } from '../../api/testing';
import { Link } from '../../app/Link';
import { navigate, useQueryParam } from '../../app/router';
import { toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { ProjectFilter } from './TestsPage';
import { look, seconds } from './words';
import './tests.css';

const keyOf = (r: TestRun) => r.id;

export default function RunsPage() {
  const projects = useResource(paths.allProjects);
  return <Loaded from={projects} lines={8}>{(rows) => <Runs projects={rows} />}</Loaded>;
}

function Runs({ projects }: { projects: readonly ProjectRow[] }) {
  const t = useT();
  const [project, setProject] = useQueryParam('project');
  const runs = useResource(paths.testRuns(project), { everyMs: 5_000 });
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
  return (
    <>
      <PageHead title={t('nav.testRuns')} sub={t('testing.runsSub')} actions={<ProjectFilter projects={projects} value={project} onChange={setProject} />} />
      <section className="card"><Loaded from={runs} lines={8}>{(page) => <DataTable name="testruns" label={t('nav.testRuns')} rows={page.runs} columns={columns} keyOf={keyOf} initialSort="-when" onOpen={(r) => navigate(`/runs/${r.id}`)} empty={<Empty icon="play" title={t('testing.noRuns')} text={t('testing.noRunsText')} />} />}</Loaded></section>
    </>
  );
}
