// Every exploration, newest first, and asking for a new one.
import { useMemo, useState } from 'react';
import type { DiscoverySession } from '../../api/discover';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import { Link } from '../../app/Link';
import { navigate, useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { NoBrowser, ProjectFilter } from '../tests/TestsPage';
import { seconds } from '../tests/words';
import { StartForm } from './StartForm';
import { doing, look } from './words';
import './discover.css';

const keyOf = (s: DiscoverySession) => s.id;

export default function DiscoverPage() {
  const projects = useResource(paths.allProjects);
  return <Loaded from={projects} lines={8}>{(rows) => <Discover projects={rows} />}</Loaded>;
}

function Discover({ projects }: { projects: readonly ProjectRow[] }) {
  const t = useT();
  const [project, setProject] = useQueryParam('project');
  const sessions = useResource(paths.discoveries(project), { everyMs: 5_000 });
  const writes = useCan('test:write');
  const [adding, setAdding] = useState(false);
  const reason = writes ? undefined : t('core.needsPermission', { permission: 'test:write' });
  const add = <Button kind="primary" icon="compass" writes reason={reason} onClick={() => setAdding(true)}>{t('discover.new')}</Button>;
  const columns = useMemo<Column<DiscoverySession>[]>(() => [
    { id: 'site', title: t('discover.site'), value: (s) => s.app_url, kind: 'main', cell: (s) => <span className="tname"><Link to={`/tests/discover/${s.id}`}><bdi>{s.app_url.replace(/^https?:\/\//, '')}</bdi></Link><small className="faint">{projects.find((p) => p.id === s.project_id)?.name ?? s.created_by}</small></span> },
    { id: 'status', title: t('discover.status'), value: (s) => s.status, width: '170px', cell: (s) => <StatusMark status={look(s.status)} word={t(doing(s))} /> },
    { id: 'pages', title: t('discover.pages'), value: (s) => s.pages_found, kind: 'number', width: '90px', cell: (s) => showNumber(s.pages_found) },
    { id: 'flows', title: t('discover.flows'), value: (s) => s.flows_found, kind: 'number', width: '90px', cell: (s) => showNumber(s.flows_found) },
    { id: 'errors', title: t('discover.findings'), value: (s) => s.errors_count, kind: 'number', width: '100px', cell: (s) => showNumber(s.errors_count) },
    { id: 'coverage', title: t('discover.coverage'), value: (s) => s.coverage_score, kind: 'number', width: '110px', cell: (s) => (s.coverage_score === null ? '–' : `${showNumber(s.coverage_score)} %`) },
    { id: 'duration', title: t('discover.duration'), value: (s) => s.duration_ms, kind: 'number', width: '110px', cell: (s) => seconds(s.duration_ms) },
    { id: 'when', title: t('discover.when'), value: (s) => toMillis(s.created_at), kind: 'number', width: '110px', cell: (s) => <Age at={s.created_at} /> },
  ], [t, projects]);
  const chosen = project === '' ? (projects.length === 1 ? projects[0] : undefined) : projects.find((p) => p.id === project);
  return (
    <>
      <PageHead title={t('nav.discover')} sub={t('discover.sub')} actions={<><ProjectFilter projects={projects} value={project} onChange={setProject} />{add}</>} />
      <NoBrowser />
      <section className="card">
        <Loaded from={sessions} lines={6}>{(page) => page.sessions.length === 0
          ? <Empty icon="compass" title={t('discover.none')} text={t('discover.noneText')} action={add} />
          : <DataTable name="discoveries" label={t('nav.discover')} rows={page.sessions} columns={columns} keyOf={keyOf} initialSort="-when" onOpen={(s) => navigate(`/tests/discover/${s.id}`)} empty={<Empty icon="compass" title={t('discover.none')} />} />}</Loaded>
      </section>
      {adding ? <StartForm projects={projects} chosen={chosen} onClose={() => setAdding(false)} /> : null}
    </>
  );
}
