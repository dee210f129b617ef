// The machine at a glance: CPU and memory of the last hour, facts, health checks, limits passed right now.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { useStats } from '../../state/live';
import { severityOf, statusOf } from '../../state/status';
import { Card } from '../../ui/Card';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { useTimeRange } from '../../ui/TimeRange';
import { Disks, TopProcesses } from '../home/MachineCards';
import '../home/home.css';
import { checkValue } from './checks';
import { MetricChart, machineCharts } from './MetricCharts';

export function OverviewTab() {
  const t = useT();
  const { range } = useTimeRange('-1h');
  const alerts = useStats((s) => s?.alerts ?? []);
  return (
    <div className="grid">
      <div className="span-8 stack home-column">
        {alerts.length > 0 ? <Card title={t('machine.alertsNow')} flush><ul className="linelist">{alerts.map((a) => <li key={a.msg}><StatusMark status={severityOf(a.severity ?? a.level)} bare /><span>{a.msg}</span></li>)}</ul></Card> : null}
        {machineCharts.slice(0, 2).map((c) => <MetricChart key={c.metric} chart={c} range={range} height={170} />)}
        <div className="grid grid-stretch"><div className="span-6"><Disks /></div><div className="span-6"><TopProcesses /></div></div>
      </div>
      <div className="span-4 stack home-column"><Facts /><HealthCard /><Containers /></div>
    </div>
  );
}

function Facts() {
  const t = useT();
  const info = useResource(paths.systemInfo);
  const load = useStats((s) => s?.load ?? null);
  return (
    <Card title={t('machine.facts')}>
      <Loaded from={info} lines={6}>
        {(i) => {
          const n = (v: number | null | undefined) => (v === null || v === undefined ? null : showNumber(v, 1));
          const l = (x: number | null | undefined) => (typeof x === 'number' ? showNumber(x, 2) : '–');
          const ram = n(i.ram_total_gb);
          const swap = n(i.swap_total_gb);
          const rows: (readonly [string, string | number | null])[] = [
            [t('machine.os'), i.os], [t('machine.kernel'), i.kernel], [t('machine.arch'), i.arch], [t('machine.cpuModel'), i.cpu_model], [t('machine.cores'), i.cpu_cores], [t('machine.gpu'), i.gpu],
            [t('machine.ram'), ram === null ? null : t('machine.gib', { n: ram })], [t('machine.swap'), swap === null || i.swap_total_gb === 0 ? null : t('machine.swapOf', { used: n(i.swap_used_gb) ?? '–', total: swap })],
            [t('machine.address'), i.ip], [t('machine.governor'), i.governor], [t('machine.load'), load ? t('machine.loadAvg', { a: l(load[0]), b: l(load[1]), c: l(load[2]) }) : null], [t('machine.version'), i.version],
          ];
          return <dl className="facts">{rows.filter(([, v]) => v !== null && v !== '' && v !== undefined).map(([k, v]) => <div key={k} className="fact"><dt>{k}</dt><dd><bdi>{v}</bdi></dd></div>)}</dl>;
        }}
      </Loaded>
    </Card>
  );
}

function HealthCard() {
  const t = useT();
  const health = useResource(paths.systemHealth, { everyMs: 60_000 });
  return (
    <Card title={t('machine.health')} flush {...(health.data?.grade ? { actions: <span className="num"><b>{health.data.score ?? '–'}</b> <span className="tag">{health.data.grade}</span></span> } : {})}>
      <Loaded from={health} lines={5} compact>
        {(h) => (h.checks.length === 0 ? <Empty compact icon="info" title={t('machine.noScore')} /> : (
          <ul className="linelist">{[...h.checks].sort((a, b) => b.deduction - a.deduction).map((c) => <li key={c.name}><StatusMark status={statusOf(c.status)} bare /><span className="truncate">{c.name}</span><span className="num faint">{checkValue(c)}{c.deduction > 0 ? <b className="deduction"> {t('machine.deduction', { n: c.deduction })}</b> : null}</span></li>)}</ul>
        ))}
      </Loaded>
    </Card>
  );
}

function Containers() {
  const t = useT();
  const list = useStats((s) => s?.containers ?? []);
  if (list.length === 0) return null;
  return <Card title={t('machine.containers')} flush actions={<Link to="/inventory?q=kind:container">{t('core.all')}</Link>}><ul className="linelist">{list.slice(0, 8).map((c) => <li key={c.id}><StatusMark status={statusOf(c.state)} bare /><bdi className="truncate">{c.name}</bdi><span className="faint truncate">{c.image}</span></li>)}</ul></Card>;
}
