// The server itself: readiness, components, machine checks, documents for programs.
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { DatabaseHealth, HealthComponent, TaskState } from '../../api/shapes';
import { useCan } from '../../app/session';
import { bytes, joined, showNumber } from '../../format/numbers';
import { useMemo } from 'react';
import { span, toMillis } from '../../format/time';
import { type Column, DataTable } from '../../ui/DataTable';
import { tDynamic, useT } from '../../i18n';
import { jobState } from '../../i18n/words';
import { rank, statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { useTimeRange } from '../../ui/TimeRange';
import { checkValue } from '../machine/checks';
import { type MachineChart, MetricChart } from '../machine/MetricCharts';
import './settings.css';

const charts: readonly MachineChart[] = [
  { metric: 'argos_database_size_bytes', title: 'system.sizes', unit: 'bytes' },
  { metric: 'argos_job_queue_depth', title: 'system.queue', unit: '' },
  { metric: 'argos_event_lag', title: 'system.lag', unit: '' },
  { metric: 'argos_sessions', title: 'system.sessions', unit: '' },
];

export default function SystemPage() {
  const t = useT();
  const may = useCan('system:inspect');
  const { range } = useTimeRange('-6h');
  const database = useResource(paths.databaseHealth, { everyMs: 30_000 });
  const health = useResource(paths.health, { everyMs: 15_000 });
  const ready = useResource(paths.ready, { everyMs: 15_000 });
  const system = useResource(paths.systemHealth, { everyMs: 15_000 });
  const parts = useResource(paths.components, { everyMs: 15_000 });
  const components = [...(parts.data?.components ?? [])].sort((a, b) => rank(statusOf(a.status)) - rank(statusOf(b.status)));
  return (
    <>
      <PageHead title={t('system.title')} sub={health.data?.version ? t('system.sub', { version: health.data.version, uptime: span(health.data.uptime_s ?? 0) }) : ' '} actions={<Button icon="download" reason={may ? undefined : t('core.needsPermission', { permission: 'system:inspect' })} onClick={() => location.assign(urls.diagnostics)}>{t('system.diagnostics')}</Button>} />
      <div className="grid">
        <div className="span-8 stack home-column">
          <Card title={t('system.components')} flush>
            <Loaded from={parts} lines={5} compact>{() => (components.length === 0 ? <Empty compact icon="layers" title={t('system.noComponents')} /> : <Components list={components} />)}</Loaded>
          </Card>
          <div className="system-charts">{charts.map((chart) => <MetricChart key={chart.metric} chart={chart} range={range} height={120} hideEmpty />)}</div>
          {(parts.data?.tasks?.length ?? 0) > 0 ? <Card title={t('system.tasks')} flush><TaskSummary list={parts.data?.tasks ?? []} /></Card> : null}
          <Card title={t('system.checks')} flush {...(typeof system.data?.score === 'number' ? { sub: t('system.score', { score: system.data.score }) } : {})}>
            <Loaded from={system} lines={5} compact>{(s) => <ul className="linelist">{[...s.checks].sort((a, b) => b.deduction - a.deduction).map((c) => <li key={c.name}><StatusMark status={statusOf(c.status)} bare /><span className="truncate">{c.name}</span><span className="faint num">{checkValue(c)}</span></li>)}</ul>}</Loaded>
          </Card>
        </div>
        <div className="span-4 stack home-column">
          <Card title={t('system.ready')} flush>
            <Loaded from={ready} lines={4} compact>{(r) => <ul className="linelist"><li><StatusMark status={r.ready ? 'ok' : 'critical'} bare /><b>{r.ready ? t('system.readyYes') : t('system.readyNo')}</b><span /></li>{Object.entries(r.checks ?? {}).map(([name, state]) => { const word = state === true ? 'ok' : state === false ? 'error' : typeof state === 'string' ? state : typeof state === 'object' && state !== null && 'status' in state ? String(state.status) : 'unknown'; return <li key={name}><StatusMark status={statusOf(word)} bare /><span>{name.replaceAll('_', ' ')}</span><span className="faint">{typeof state === 'string' ? state : ''}</span></li>; })}</ul>}</Loaded>
          </Card>
          <Card title={t('system.database')} flush>
            <Loaded from={database} lines={5} compact>{(d) => <Database of={d} />}</Loaded>
          </Card>
          <Card title={t('system.help')}><p className="muted">{t('system.diagnosticsText')}</p></Card>
          <Card title={t('system.apiDocs')} flush>
            <ul className="doclinks">{([['/docs', t('system.docs')], ['/redoc', t('system.redoc')], ['/openapi.json', t('system.spec')], ['/metrics', t('system.metrics')]] as const).map(([href, text]) => <li key={href}><a href={href} target="_blank" rel="noreferrer"><span>{text}</span><bdi className="mono faint">{href}</bdi><Icon name="external" size={14} /></a></li>)}</ul>
          </Card>
        </div>
      </div>
    </>
  );
}

function healthWord(status: string): string { return tDynamic(`health.${status}`, status); }

const taskStatus = (x: TaskState) => (x.state === 'backoff' ? 'warning' as const : x.state === 'finished' ? 'paused' as const : statusOf(x.state));

/** Tasks that run as they should need one line; the others are shown at once. */
function TaskSummary({ list }: { list: readonly TaskState[] }) {
  const t = useT();
  const odd = list.filter((x) => !['ok', 'paused'].includes(taskStatus(x)) || x.restarts > 0);
  return (
    <>
      {odd.length > 0 ? <Tasks list={odd} /> : <p className="task-fine"><StatusMark status="ok" word={t('system.tasksFine', { n: list.length })} /></p>}
      <details className="task-all"><summary>{t('system.tasksAll', { n: list.length })}</summary><Tasks list={list} /></details>
    </>
  );
}

function Components({ list }: { list: readonly HealthComponent[] }) {
  const t = useT();
  return (
    <div className="table-scroll">
      <table className="table">
        <thead><tr><th>{t('system.component')}</th><th>{t('system.state')}</th><th>{t('system.detail')}</th><th className="cell-number">{t('system.latency')}</th><th className="cell-number">{t('system.lastOk')}</th></tr></thead>
        <tbody>{list.map((c) => { const ms = c.latency_ms ?? null; return <tr key={c.name}><td className="cell-main">{c.name}</td><td data-label={t('system.state')}><StatusMark status={statusOf(c.status)} word={healthWord(c.status)} /></td><td data-label={t('system.detail')} data-empty={!c.detail || undefined}>{c.detail ?? ''}</td><td data-label={t('system.latency')} data-empty={ms === null || undefined} className="cell-number num">{ms === null ? '–' : t('system.ms', { n: showNumber(ms, ms < 10 ? 1 : 0) })}</td><td data-label={t('system.lastOk')} data-empty={!c.last_ok || undefined} className="cell-number">{c.last_ok ? <Age at={c.last_ok} /> : '–'}</td></tr>; })}</tbody>
      </table>
    </div>
  );
}

function Database({ of: d }: { of: DatabaseHealth }) {
  const t = useT();
  const size = (n: number | null | undefined) => (n === null || n === undefined ? '–' : joined(bytes(n)));
  const rows: readonly (readonly [string, string])[] = [
    [t('system.engine'), d.engine === 'postgres' ? 'PostgreSQL' : 'SQLite'],
    [t('system.dbVersion'), d.version ?? '–'],
    [t('system.dbSize'), size(d.size_bytes)],
    ...(d.wal_bytes === undefined ? [] : [[t('system.dbWal'), size(d.wal_bytes)] as const]),
    [t('system.dbSchema'), t('system.dbSchemaValue', { current: d.migrations.current, latest: d.migrations.latest })],
    ...(d.pool === undefined ? [] : [[t('system.dbPool'), t('system.dbPoolValue', { used: d.pool.in_use, size: d.pool.size })] as const]),
    [t('system.dbWrites'), d.write_ok ? t('system.dbWritesYes') : t('system.dbWritesNo')],
  ];
  return <ul className="linelist"><li><StatusMark status={statusOf(d.status)} word={healthWord(d.status)} /><span />{d.latency_ms === null ? <span /> : <span className="faint num">{t('system.ms', { n: showNumber(d.latency_ms, d.latency_ms < 10 ? 1 : 0) })}</span>}</li>{rows.map(([name, value]) => <li key={name}><span /><span>{name}</span><span className="faint num">{value}</span></li>)}</ul>;
}

const taskKey = (x: TaskState) => x.name;

function Tasks({ list }: { list: readonly TaskState[] }) {
  const t = useT();
  const columns = useMemo((): Column<TaskState>[] => [
    { id: 'name', title: t('system.task'), value: (x) => x.name, kind: 'main', cell: (x) => <bdi className="mono">{x.name}</bdi> },
    { id: 'state', title: t('system.state'), value: (x) => x.state, cell: (x) => <StatusMark status={taskStatus(x)} word={jobState(x.state)} /> },
    { id: 'restarts', title: t('system.restarts'), value: (x) => x.restarts, kind: 'number' },
    { id: 'error', title: t('system.lastError'), value: (x) => x.last_error },
    { id: 'since', title: t('system.since'), value: (x) => toMillis(x.since), kind: 'number', cell: (x) => <Age at={x.since} /> },
  ], [t]);
  return <DataTable name="tasks" label={t('system.tasks')} rows={list} columns={columns} keyOf={taskKey} filterable={false} initialSort="name" />;
}
