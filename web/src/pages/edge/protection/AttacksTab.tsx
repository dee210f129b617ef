// What was tried in a time and what became of it: findings of the firewall over time, their kinds, the paths that were met.
import { useMemo } from 'react';
import type { AppSecMetrics, Attacks } from '../../../api/protection';
import { paths } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { Link } from '../../../app/Link';
import { useQueryParam } from '../../../app/router';
import { showNumber } from '../../../format/numbers';
import { toMillis } from '../../../format/time';
import { useT } from '../../../i18n';
import { Segmented } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Empty, Loaded } from '../../../ui/StateBlock';
import { TimeSeries } from '../../../ui/TimeSeries';
import { Value } from '../../../ui/Value';
import { appsecWindow, sums } from './attacks';
import { Told } from './Told';

const ranges = ['1h', '6h', '24h', '7d'] as const;
const hues = { seen: 2, blocked: 4 } as const;

export function AttacksTab() {
  const t = useT();
  const [text, setRange] = useQueryParam('range', '24h');
  const range = ranges.find((r) => r === text) ?? '24h';
  const attacks = useResource(paths.attacks(range), { everyMs: 30_000 });
  return (
    <>
      <div className="row protect-choice"><Segmented label={t('protect.range')} value={range} options={ranges.map((id) => ({ id, text: id }))} onChange={setRange} /></div>
      <Loaded from={attacks} lines={8}>{(d) => <Firewall of={d} range={range} />}</Loaded>
      <div className="protect-halves">
        <Card flush title={t('protect.attackTypes')} sub={t('protect.attackTypesSub')}><Loaded from={attacks} lines={4}>{(d) => <Types of={d} />}</Loaded></Card>
        <Card flush title={t('protect.attackedPaths')} sub={t('protect.attackedPathsSub')}><Loaded from={attacks} lines={4}>{(d) => <Paths of={d} />}</Loaded></Card>
      </div>
      <AppSec range={range} />
    </>
  );
}

function Firewall({ of, range }: { of: Attacks; range: string }) {
  const t = useT();
  const all = useMemo(() => sums(of.waf_timeseries), [of.waf_timeseries]);
  const series = useMemo(() => {
    const at = (time: string) => toMillis(time) ?? 0;
    return [{ label: t('protect.seen'), hue: hues.seen, points: of.waf_timeseries.map((p) => [at(p.time), p.detected] as const) }, { label: t('protect.blocked'), hue: hues.blocked, points: of.waf_timeseries.map((p) => [at(p.time), p.blocked] as const) }];
  }, [of.waf_timeseries, t]);
  const quiet = all.detected + all.blocked === 0;
  return (
    <>
      <section className="card protect-figures">
        <span><small>{t('protect.seen')}</small><Value of={{ figure: showNumber(all.detected), unit: '' }} big /></span>
        <span><small>{t('protect.blocked')}</small><Value of={{ figure: showNumber(all.blocked), unit: '' }} big /></span>
        <span><small>{t('protect.limited')}</small><Link to="/sites/requests?status=429"><Value of={{ figure: showNumber(of.rate_limit_hits), unit: '' }} big /></Link></span>
        <span><small>{t('protect.attackersCount')}</small><Value of={{ figure: of.top_attack_ips.length >= 20 ? '20+' : showNumber(of.top_attack_ips.length), unit: '' }} big /></span>
      </section>
      {quiet
        ? <Card title={t('protect.findings')}><Empty compact icon="shield" title={t('protect.quiet')} text={t('protect.quietText')} /></Card>
        : <section className="card"><TimeSeries title={t('protect.findings')} name={`findings-${range}`} series={series} unit="" from={toMillis(of.waf_timeseries[0]?.time ?? null) ?? 0} to={toMillis(of.waf_timeseries.at(-1)?.time ?? null) ?? 0} min={0} /></section>}
    </>
  );
}

function Types({ of }: { of: Attacks }) {
  const t = useT();
  const columns = useMemo((): Column<Attacks['top_attack_types'][number]>[] => [
    { id: 'rule', title: t('protect.rule'), value: (a) => a.rule_id, width: '96px', cell: (a) => <span className="num">{a.rule_id}</span> },
    { id: 'what', title: t('protect.finding'), value: (a) => a.message, kind: 'main', cell: (a) => <bdi>{a.message || '–'}</bdi> },
    { id: 'count', title: t('protect.times'), value: (a) => a.count, kind: 'number', width: '96px', cell: (a) => showNumber(a.count) },
  ], [t]);
  return <DataTable name="attack-types" label={t('protect.attackTypes')} rows={of.top_attack_types} columns={columns} keyOf={(a) => a.rule_id} initialSort="-count" filterable={false} empty={<Empty compact icon="shield" title={t('protect.attackTypesNone')} />} />;
}

function Paths({ of }: { of: Attacks }) {
  const t = useT();
  const columns = useMemo((): Column<Attacks['top_attacked_paths'][number]>[] => [
    { id: 'path', title: t('protect.path'), value: (a) => a.path, kind: 'main', cell: (a) => <Link to={`/sites/requests?path=${encodeURIComponent(a.path)}`}><bdi className="mono">{a.path}</bdi></Link> },
    { id: 'site', title: t('protect.site'), value: (a) => a.host_domain, cell: (a) => <bdi>{a.host_domain || '–'}</bdi> },
    { id: 'count', title: t('protect.times'), value: (a) => a.count, kind: 'number', width: '96px', cell: (a) => showNumber(a.count) },
  ], [t]);
  return <DataTable name="attacked-paths" label={t('protect.attackedPaths')} rows={of.top_attacked_paths} columns={columns} keyOf={(a) => `${a.host_domain} ${a.path}`} initialSort="-count" filterable={false} empty={<Empty compact icon="globe" title={t('protect.attackedPathsNone')} />} />;
}

/** What the firewall of CrowdSec says of itself, where it is set up. */
function AppSec({ range }: { range: (typeof ranges)[number] }) {
  const t = useT();
  const window = appsecWindow(range);
  const metrics = useResource(paths.appsecMetrics(window), { everyMs: 60_000 });
  const d = metrics.data;
  if (!d || d.mode === 'unavailable') return null;
  const cut = d.degraded?.code === 'cut';
  const figures = !d.degraded || cut;
  return (
    <Card title={t('protect.appsec')} sub={t('protect.appsecIn', { range: window })}>
      <div className="stack">
        {d.degraded ? <Told status="warning" text={d.degraded.message} /> : null}
        {figures ? d.total_hits === 0 ? <Empty compact icon="shield" title={t('protect.appsecQuiet')} /> : <AppSecFigures of={d} atLeast={cut ? '≥ ' : ''} /> : null}
      </div>
    </Card>
  );
}

function AppSecFigures({ of, atLeast }: { of: AppSecMetrics; atLeast: string }) {
  const t = useT();
  const at = (time: string) => toMillis(time) ?? 0;
  const series = [{ label: t('protect.seen'), hue: hues.seen, points: of.hits_over_time.map((p) => [at(p.time), p.hits] as const) }, { label: t('protect.blocked'), hue: hues.blocked, points: of.hits_over_time.map((p) => [at(p.time), p.blocked] as const) }];
  const most = Math.max(1, ...of.by_category.map((c) => c.count));
  return (
    <>
      <dl className="protect-facts"><div><dt>{t('protect.seen')}</dt><dd className="num">{atLeast}{showNumber(of.total_hits)}</dd></div><div><dt>{t('protect.blocked')}</dt><dd className="num">{atLeast}{showNumber(of.blocked)}</dd></div></dl>
      {of.hits_over_time.length > 1 ? <TimeSeries bare title={t('protect.findings')} name="appsec" series={series} unit="" from={at(of.hits_over_time[0]?.time ?? '')} to={at(of.hits_over_time.at(-1)?.time ?? '')} min={0} height={140} /> : null}
      <div className="protect-halves">
        <section><h3 className="protect-sub">{t('protect.byCategory')}</h3><ul className="protect-bars">{of.by_category.map((c) => <li key={c.category}><bdi>{c.category}</bdi><span className="num">{showNumber(c.count)}</span><i aria-hidden="true" style={{ inlineSize: `${Math.max(2, (100 * c.count) / most)}%` }} /></li>)}</ul></section>
        <section><h3 className="protect-sub">{t('protect.attackedPaths')}</h3><ul className="protect-bars">{of.top_paths.slice(0, 6).map((p) => <li key={`${p.host ?? ''}${p.path}`}><bdi className="mono">{p.host ? `${p.host}${p.path}` : p.path}</bdi><span className="num">{showNumber(p.count)}</span></li>)}</ul></section>
      </div>
    </>
  );
}
