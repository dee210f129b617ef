// Home: is all well, what does this machine do right now, what changed, what is left to set up. Live by the shared stream.
import { lazy, Suspense, useRef } from 'react';
import { paths } from '../../api/home-paths';
import { useResource } from '../../api/resource';
import type { Problem, SetupTask, Thing } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useNow } from '../../ui/Age';
import { span, toMillis } from '../../format/time';
import { hasMessage, tDynamic, useT } from '../../i18n';
import { useStats } from '../../state/live';
import { severityOf, statusOf, worst } from '../../state/status';
import { ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { ProblemCard } from '../../ui/ProblemCard';
import { Loaded, Skeleton } from '../../ui/StateBlock';
import { Disks, Services, Tiles, TopProcesses } from './MachineCards';
import { type Listed, withEnded } from './listed';
import './home.css';

/** Below what is seen first, so that its code comes after that. */
const Changed = lazy(() => import('./Changed'));

export default function HomePage() {
  const t = useT();
  const attention = useResource(paths.attention, { everyMs: 30_000 });
  const host = useStats((s) => s?.hostname ?? null);
  const uptime = useStats((s) => s?.uptime_s ?? null);
  const problems = attention.data?.problems ?? [];
  const troubled = attention.data?.things ?? [];
  const count = problems.length + troubled.length;
  const listed = useListed(attention.data?.problems);
  const well = attention.data?.well ?? null;
  const overall = attention.data === undefined ? 'unknown' : count === 0 ? 'ok' : worst([...problems.map((p) => severityOf(p.severity)), ...troubled.map((x) => statusOf(x.thing.status))]);
  const title = attention.data === undefined ? t('home.unknownState') : count === 0 ? t('home.wellOnly', { n: well ?? 0 }) : `${t('home.problems', { n: count })}${well === null ? '' : `, ${t('home.andWell', { n: well })}`}`;
  return (
    <div className="home">
      <PageHead title={<><span className={`home-mark home-mark-${overall}`}><StatusMark status={overall} size={22} bare /></span>{title}</>} sub={host ? (uptime === null ? t('home.subNoUptime', { host }) : t('home.sub', { host, uptime: span(uptime) })) : ' '} actions={<ButtonLink to="/machines/local" icon="server">{t('home.openMachine')}</ButtonLink>} />
      <Tiles />
      <div className="grid">
        <div className="span-8 stack home-column">
          {listed.length + troubled.length > 0 || attention.error ? (
            <Card title={t('home.attention')} className="attention" flush actions={<Link to="/incidents">{t('nav.problems')}</Link>}>
              <Loaded from={attention} lines={3} compact>
                {(data) => <ul>{listed.map((x) => <ProblemCard key={x.problem.firing_id} {...x} />)}{(data.things ?? []).slice(0, 5).map((x) => <TroubleCard key={x.thing.ref} thing={x.thing} folded={x.children.length} />)}{data.problems.length > 5 ? <li className="home-more"><Link to="/incidents">{t('home.moreProblems', { n: data.problems.length - 5 })}</Link></li> : null}</ul>}
              </Loaded>
            </Card>
          ) : null}
          <div className="grid grid-stretch home-pair">
            <div className="span-6"><Disks /></div>
            <div className="span-6"><TopProcesses /></div>
          </div>
          <Suspense fallback={<Card title={t('home.changed')} flush><Skeleton lines={5} /></Card>}><Changed /></Suspense>
        </div>
        <div className="span-4 stack home-column">
          <Services />
          <SetupHealth />
        </div>
      </div>
    </div>
  );
}

/** A thing in trouble that no alert speaks of, with what follows from it folded in. */
function TroubleCard({ thing, folded }: { thing: Thing; folded: number }) {
  const t = useT();
  const now = useNow();
  const since = toMillis(thing.status_since);
  const status = statusOf(thing.status);
  return (
    <li className={`problem problem-${status}`}>
      <span className="problem-mark"><StatusMark status={status} size={16} bare /></span>
      <div className="problem-text">
        <p className="problem-title"><bdi>{thing.name}</bdi> {thing.word}{since === null ? null : <span className="faint num"> {span((now - since) / 1000)}</span>}</p>
        {folded > 0 ? <p className="faint">{t('core.folded', { n: folded })}</p> : null}
      </div>
      <span className="problem-actions"><ButtonLink small to={`/inventory/${encodeURIComponent(thing.ref)}`} iconEnd="chevron-right">{t('core.open')}</ButtonLink></span>
    </li>
  );
}

/** What is listed, with those that ended while this page is open: they stay in their place, so that nothing moves under the reader. */
function useListed(problems: readonly Problem[] | undefined): readonly Listed[] {
  const listed = useRef<readonly Listed[]>([]);
  if (problems !== undefined) listed.current = withEnded(listed.current, problems.slice(0, 5), problems);
  return listed.current;
}

const taskPages: Readonly<Record<string, string>> = {
  password: '/settings/account', second_factor: '/settings/account', channel: '/settings/channels?new=1', tls: '/settings/system/configuration?q=https', backup: '/settings/backups',
};
function isDone(task: SetupTask): boolean { return statusOf(task.state) === 'ok'; }

function SetupHealth() {
  const t = useT();
  const setup = useResource(paths.setup);
  const health = useResource(paths.systemHealth, { everyMs: 60_000 });
  const tasks = setup.data?.tasks ?? [];
  const done = tasks.filter(isDone).length;
  return (
    <Card title={t('home.setup')} {...(tasks.length > 0 ? { sub: t('home.setupCount', { done, total: tasks.length }) } : {})} flush>
      <Loaded from={setup} lines={4} compact>
        {() => (
          <ul className="tasks">
            {[...tasks].sort((a, b) => Number(isDone(a)) - Number(isDone(b))).map((task) => {
              const to = taskPages[task.id];
              const label = tDynamic(`setup.${task.id}`, task.id.replaceAll('_', ' '));
              const body = <><StatusMark status={isDone(task) ? 'ok' : statusOf(task.state)} bare /><span className="task-text"><span>{label}</span>{!isDone(task) && hasMessage(`setup.${task.id}.todo`) ? <small>{tDynamic(`setup.${task.id}.todo`, '')}</small> : null}</span>{!isDone(task) && to ? <Icon name="chevron-right" size={14} /> : null}</>;
              return <li key={task.id}>{!isDone(task) && to ? <Link to={to} className="task">{body}</Link> : <span className={isDone(task) ? 'task task-done' : 'task'}>{body}</span>}</li>;
            })}
          </ul>
        )}
      </Loaded>
      {health.data ? (
        <Link to="/settings/system" className="health-line">
          <span>{t('home.health')}</span>
          {health.data.score === null ? <span className="faint">{t('home.noScore')}</span> : <span className="num"><b>{health.data.score}</b><span className="faint"> / 100</span> <span className="tag">{health.data.grade}</span></span>}
        </Link>
      ) : null}
    </Card>
  );
}
