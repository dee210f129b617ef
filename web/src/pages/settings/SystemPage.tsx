// The server itself: readiness, components, machine checks, documents for programs.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { HealthComponent, TaskState } from '../../api/shapes';
import { showNumber } from '../../format/numbers';
import { useMemo } from 'react';
import { span, toMillis } from '../../format/time';
import { type Column, DataTable } from '../../ui/DataTable';
import { useT } from '../../i18n';
import { rank, statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Card } from '../../ui/Card';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { checkValue } from '../machine/checks';
import './settings.css';

export default function SystemPage() {
  const t = useT();
  const health = useResource(paths.health, { everyMs: 15_000 });
  const ready = useResource(paths.ready, { everyMs: 15_000 });
  const system = useResource(paths.systemHealth, { everyMs: 15_000 });
  const parts = useResource(paths.components, { everyMs: 15_000 });
  const components = [...(parts.data?.components ?? [])].sort((a, b) => rank(statusOf(a.status)) - rank(statusOf(b.status)));
  return (
    <>
      <PageHead title={t('system.title')} sub={health.data?.version ? t('system.sub', { version: health.data.version, uptime: span(health.data.uptime_s ?? 0) }) : ' '} />
      <div className="grid">
        <div className="span-8 stack home-column">
          <Card title={t('system.components')} flush>
            <Loaded from={parts} lines={5} compact>{() => (components.length === 0 ? <Empty compact icon="layers" title={t('system.noComponents')} /> : <Components list={components} />)}</Loaded>
          </Card>
          {(parts.data?.tasks?.length ?? 0) > 0 ? <Card title={t('system.tasks')} flush><Tasks list={parts.data?.tasks ?? []} /></Card> : null}
          <Card title={t('system.checks')} flush {...(typeof system.data?.score === 'number' ? { sub: t('system.score', { score: system.data.score }) } : {})}>
            <Loaded from={system} lines={5} compact>{(s) => <ul className="linelist">{[...s.checks].sort((a, b) => b.deduction - a.deduction).map((c) => <li key={c.name}><StatusMark status={statusOf(c.status)} bare /><span className="truncate">{c.name}</span><span className="faint num">{checkValue(c)}</span></li>)}</ul>}</Loaded>
          </Card>
        </div>
        <div className="span-4 stack home-column">
          <Card title={t('system.ready')} flush>
            <Loaded from={ready} lines={4} compact>{(r) => <ul className="linelist"><li><StatusMark status={r.ready ? 'ok' : 'critical'} bare /><b>{r.ready ? t('system.readyYes') : t('system.readyNo')}</b><span /></li>{Object.entries(r.checks ?? {}).map(([name, state]) => { const word = state === true ? 'ok' : state === false ? 'error' : typeof state === 'string' ? state : typeof state === 'object' && state !== null && 'status' in state ? String(state.status) : 'unknown'; return <li key={name}><StatusMark status={statusOf(word)} bare /><span>{name.replaceAll('_', ' ')}</span><span className="faint">{typeof state === 'string' ? state : ''}</span></li>; })}</ul>}</Loaded>
          </Card>
          <Card title={t('system.apiDocs')} flush>
            <ul className="doclinks">{([['/docs', t('system.docs')], ['/redoc', t('system.redoc')], ['/openapi.json', t('system.spec')], ['/metrics', t('system.metrics')]] as const).map(([href, text]) => <li key={href}><a href={href} target="_blank" rel="noreferrer"><span>{text}</span><bdi className="mono faint">{href}</bdi><Icon name="external" size={14} /></a></li>)}</ul>
          </Card>
        </div>
      </div>
    </>
  );
}

function Components({ list }: { list: readonly HealthComponent[] }) {
  const t = useT();
  return (
    <div className="table-scroll">
      <table className="table">
        <thead><tr><th>{t('system.component')}</th><th>{t('system.state')}</th><th>{t('system.detail')}</th><th className="cell-number">{t('system.latency')}</th><th className="cell-number">{t('system.lastOk')}</th></tr></thead>
        <tbody>{list.map((c) => { const ms = c.latency_ms ?? null; return <tr key={c.name}><td className="cell-main">{c.name}</td><td data-label={t('system.state')}><StatusMark status={statusOf(c.status)} word={c.status} /></td><td data-label={t('system.detail')}>{c.detail ?? ''}</td><td data-label={t('system.latency')} className="cell-number num">{ms === null ? '–' : t('system.ms', { n: showNumber(ms, ms < 10 ? 1 : 0) })}</td><td data-label={t('system.lastOk')} className="cell-number">{c.last_ok ? <Age at={c.last_ok} /> : '–'}</td></tr>; })}</tbody>
      </table>
    </div>
  );
}

const taskKey = (x: TaskState) => x.name;

function Tasks({ list }: { list: readonly TaskState[] }) {
  const t = useT();
  const columns = useMemo((): Column<TaskState>[] => [
    { id: 'name', title: t('system.task'), value: (x) => x.name, kind: 'main', cell: (x) => <bdi className="mono">{x.name}</bdi> },
    { id: 'state', title: t('system.state'), value: (x) => x.state, cell: (x) => <StatusMark status={x.state === 'backoff' ? 'warning' : x.state === 'finished' ? 'paused' : statusOf(x.state)} word={x.state} /> },
    { id: 'restarts', title: t('system.restarts'), value: (x) => x.restarts, kind: 'number' },
    { id: 'error', title: t('system.lastError'), value: (x) => x.last_error },
    { id: 'since', title: t('system.since'), value: (x) => toMillis(x.since), kind: 'number', cell: (x) => <Age at={x.since} /> },
  ], [t]);
  return <DataTable name="tasks" label={t('system.tasks')} rows={list} columns={columns} keyOf={taskKey} filterable={false} initialSort="name" />;
}
