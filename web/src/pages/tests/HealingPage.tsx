// What healing proposes: the page before and after, why it should be the same element, and the decision, which can be
// taken back.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { HealStats, HealSuggestion } from '../../api/testing';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { joined, percent } from '../../format/numbers';
import { tDynamic, useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { HealCard } from './HealCard';
import { applyAll, undo } from './healing';
import { ProjectFilter } from './TestsPage';
import './tests.css';
import './healing.css';

const marks: Readonly<Record<string, Status>> = { applied: 'ok', auto_applied: 'ok', rejected: 'warning', expired: 'paused', superseded: 'paused', pending: 'pending' };
const keyOf = (s: HealSuggestion) => s.id;

export default function HealingPage() {
  const t = useT();
  const projects = useResource(paths.allProjects);
  const [project, setProject] = useQueryParam('project');
  const [view, setView] = useQueryParam('view', 'open');
  const stats = useResource(paths.healStats(project), { everyMs: 30_000 });
  const past = view === 'history';
  return (
    <>
      <PageHead title={t('nav.healing')} sub={t('healing.sub')} actions={<>
        <ProjectFilter projects={projects.data ?? []} value={project} onChange={setProject} />
        <Segmented label={t('healing.view')} value={past ? 'history' : 'open'} onChange={setView} options={[{ id: 'open', text: t('healing.open') }, { id: 'history', text: t('healing.history') }]} />
        <ButtonLink to={project === '' ? '/tests/healing/settings' : `/tests/healing/settings?project=${project}`} icon="gear">{t('nav.settings')}</ButtonLink>
      </>} />
      {stats.data && stats.data.total_heals_suggested > 0 ? <Figures stats={stats.data} /> : null}
      {past ? <Past project={project} /> : <Open project={project} />}
    </>
  );
}

function Figures({ stats }: { stats: HealStats }) {
  const t = useT();
  const rate = (x: number | null) => (x === null ? '–' : joined(percent(x, 0)));
  return (
    <dl className="card heal-figures">
      <div><dt>{t('healing.waiting')}</dt><dd className="num">{stats.pending}</dd></div>
      <div><dt>{t('healing.applied')}</dt><dd className="num">{stats.total_heals_applied}</dd></div>
      <div><dt>{t('healing.taken')}</dt><dd className="num">{rate(stats.success_rate)}</dd></div>
      <div><dt>{t('healing.inRuns')}</dt><dd className="num">{stats.heals_in_runs}</dd></div>
      <div><dt>{t('healing.patterns')}</dt><dd className="num">{stats.total_patterns}</dd></div>
    </dl>
  );
}

function Open({ project }: { project: string }) {
  const t = useT();
  const open = useResource(paths.healings(project, 'pending'), { everyMs: 10_000 });
  const approves = useCan('healing:approve');
  const [named, setNamed] = useQueryParam('id');
  return (
    <Loaded from={open} lines={8}>{({ suggestions: rows }) => {
      if (rows.length === 0) return <section className="card"><Empty icon="check" title={t('healing.none')} text={t('healing.noneText')} /></section>;
      const current = rows.find((s) => s.id === named) ?? rows[0];
      const sure = rows.filter((s) => s.confidence >= 0.9 && s.fix_type !== 'update_assertion');
      return (
        <div className={rows.length > 1 ? 'heal-two' : undefined}>
          {rows.length > 1 ? (
            <aside className="card heal-list">
              <ul>{rows.map((s) => <li key={s.id}><button type="button" aria-current={s === current ? 'true' : undefined} onClick={() => setNamed(s.id)}><span><b>{s.test_name}</b><span className="num heal-sure">{joined(percent(s.confidence * 100, 0))}</span></span><span className="mono heal-cut">{s.new_value}</span><small className="faint">{t('testing.stepN', { n: s.step_index + 1 })} · <Age at={s.created_at} /></small></button></li>)}</ul>
              {sure.length > 1 ? <div className="heal-list-foot"><Button small icon="check" writes reason={approves ? undefined : t('core.needsPermission', { permission: 'healing:approve' })} onClick={() => void applyAll(sure)}>{t('healing.applyAll', { n: sure.length })}</Button></div> : null}
            </aside>
          ) : null}
          {current ? <HealCard key={current.id} suggestion={current} /> : null}
        </div>
      );
    }}</Loaded>
  );
}

function Past({ project }: { project: string }) {
  const t = useT();
  const all = useResource(paths.healings(project, 'all'), { everyMs: 30_000 });
  const approves = useCan('healing:approve');
  const columns: Column<HealSuggestion>[] = [
    { id: 'test', title: t('healing.test'), value: (s) => s.test_name, kind: 'main', cell: (s) => <span className="tname"><Link to={`/tests/${s.test_id}`}>{s.test_name}</Link><small className="faint">{t('testing.stepN', { n: s.step_index + 1 })}</small></span> },
    { id: 'change', title: t('healing.change'), value: (s) => `${s.old_value} ${s.new_value}`, cell: (s) => <span className="mono heal-change"><del>{s.old_value}</del> <Icon name="arrow-right" size={12} /> {s.new_value}</span> },
    { id: 'status', title: t('healing.status'), value: (s) => s.status, width: '170px', cell: (s) => <StatusMark status={marks[s.status] ?? 'unknown'} word={tDynamic(`healing.status.${s.status}`, s.status)} /> },
    { id: 'confidence', title: t('healing.confidence'), value: (s) => s.confidence, kind: 'number', width: '110px', cell: (s) => joined(percent(s.confidence * 100, 0)) },
    { id: 'by', title: t('healing.by'), value: (s) => s.reviewed_by ?? '', width: '120px' },
    { id: 'when', title: t('healing.when'), value: (s) => s.reviewed_at ?? s.created_at, kind: 'number', width: '110px', cell: (s) => <Age at={s.reviewed_at ?? s.created_at} /> },
    { id: 'undo', title: t('healing.undo'), value: () => '', plain: true, kind: 'actions', width: '120px', cell: (s) => (['applied', 'auto_applied', 'rejected'].includes(s.status) ? <Button small kind="quiet" icon="undo" writes reason={approves ? undefined : t('core.needsPermission', { permission: 'healing:approve' })} onClick={() => void undo(s.id)}>{t('healing.undo')}</Button> : null) },
  ];
  return <section className="card"><Loaded from={all} lines={8}>{({ suggestions }) => <DataTable name="healing" label={t('healing.history')} rows={suggestions.filter((s) => s.status !== 'pending')} columns={columns} keyOf={keyOf} initialSort="-when" empty={<Empty icon="history" title={t('healing.historyNone')} />} />}</Loaded></section>;
}
