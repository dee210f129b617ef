// Where requests come from: on a map and as a list, those turned away or all of them; and who was turned away most.
import { lazy, Suspense, useMemo } from 'react';
import type { CountryCount } from '../../../api/edge';
import type { Attacks } from '../../../api/protection';
import { paths } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { Link } from '../../../app/Link';
import { useQueryParam } from '../../../app/router';
import { countryName } from '../../../format/country';
import { showNumber } from '../../../format/numbers';
import { useT } from '../../../i18n';
import { Age } from '../../../ui/Age';
import { Button, Segmented } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { Country } from '../../../ui/Country';
import { type Column, DataTable } from '../../../ui/DataTable';
import { GeoNote } from '../../../ui/GeoNote';
import { Empty, Loaded, Skeleton } from '../../../ui/StateBlock';
import { Told } from './Told';

const WorldMap = lazy(() => import('./WorldMap'));
const ranges = ['1h', '6h', '24h', '7d'] as const;
const subjects = ['refused', 'all'] as const;

interface Seen { countries: readonly CountryCount[]; local: number; unknown: number }

export function Origins({ mayBan, onBan }: { mayBan: string | undefined; onBan: (address: string) => void }) {
  const t = useT();
  const [rangeText, setRange] = useQueryParam('range', '24h');
  const [subjectText, setSubject] = useQueryParam('show', 'refused');
  const range = ranges.find((r) => r === rangeText) ?? '24h';
  const subject = subjects.find((s) => s === subjectText) ?? 'refused';
  const attacks = useResource(paths.attacks(range), { everyMs: 30_000 });
  const traffic = useResource(subject === 'all' ? paths.edgeTraffic(range) : null, { everyMs: 30_000 });
  return (
    <>
      <div className="row protect-choice"><Segmented label={t('protect.show')} value={subject} options={subjects.map((id) => ({ id, text: t(`protect.show.${id}`) }))} onChange={setSubject} /><Segmented label={t('protect.range')} value={range} options={ranges.map((id) => ({ id, text: id }))} onChange={setRange} /></div>
      <Card flush title={t('protect.origins')} sub={t(`protect.originsSub.${subject}`)}>
        {subject === 'all'
          ? <Loaded from={traffic} lines={8}>{(d) => <Places of={{ countries: d.by_country, local: d.private_requests, unknown: d.unknown_requests }} />}</Loaded>
          : <Loaded from={attacks} lines={8}>{(d) => <Places of={{ countries: d.by_country, local: d.private_hits, unknown: d.unknown_hits }} />}</Loaded>}
      </Card>
      <Card flush title={t('protect.attackers')} sub={t('protect.attackersSub')}>
        <Loaded from={attacks} lines={4}>{(d) => <Attackers of={d} mayBan={mayBan} onBan={onBan} />}</Loaded>
      </Card>
      <GeoNote />
    </>
  );
}

function Places({ of: { countries, local, unknown } }: { of: Seen }) {
  const t = useT();
  const geo = useResource(paths.geoStatus);
  const known = countries.reduce((n, c) => n + c.count, 0);
  const all = known + local + unknown;
  if (all === 0) return <Empty icon="globe" title={t('protect.originsNone')} text={t('protect.originsNoneText')} />;
  const label = known === 0 ? t('protect.mapEmpty') : t('protect.mapLabel', { list: countries.slice(0, 5).map((c) => `${countryName(c.country_code)} ${showNumber(c.count)}`).join(', ') });
  const to = (code: string) => `/sites/requests?country=${code}`;
  const rest: readonly [string, number][] = [[t('protect.fromLocal'), local], [t('protect.fromUnknown'), unknown]];
  return (
    <div className="world-pair">
      <Suspense fallback={<Skeleton lines={10} />}><WorldMap counts={countries} label={label} to={to} /></Suspense>
      <div className="world-list">
        {geo.data?.country_db_version === null ? <Told status="unknown" text={t('protect.mapNoPlaces')} /> : null}
        <ul className="protect-bars" aria-label={t('protect.byCountry')}>
          {countries.map((c) => <Bar key={c.country_code} count={c.count} of={all}><Link to={to(c.country_code)}><Country code={c.country_code} /></Link></Bar>)}
          {rest.map(([text, count]) => (count === 0 ? null : <Bar key={text} count={count} of={all}><span className="faint">{text}</span></Bar>))}
        </ul>
      </div>
    </div>
  );
}

function Bar({ count, of, children }: { count: number; of: number; children: React.ReactNode }) {
  const share = (100 * count) / of;
  return <li><span>{children}</span><span className="num">{showNumber(count)} <span className="faint">{share < 1 ? '<1' : Math.round(share)} %</span></span><i aria-hidden="true" style={{ inlineSize: `${Math.max(1, share)}%` }} /></li>;
}

function Attackers({ of, mayBan, onBan }: { of: Attacks; mayBan: string | undefined; onBan: (address: string) => void }) {
  const t = useT();
  const columns = useMemo((): Column<Attacks['top_attack_ips'][number]>[] => [
    { id: 'ip', title: t('protect.who'), value: (a) => a.remote_ip, kind: 'main', cell: (a) => <Link to={`/sites/requests?client=${encodeURIComponent(a.remote_ip)}`}><bdi className="mono">{a.remote_ip}</bdi></Link> },
    { id: 'where', title: t('protect.where'), value: (a) => (a.geo?.country_code ? countryName(a.geo.country_code) : ''), cell: (a) => (a.geo?.country_code ? <Country code={a.geo.country_code} asn={a.geo.asn} org={a.geo.asn_org} /> : <span className="faint">–</span>) },
    { id: 'count', title: t('protect.times'), value: (a) => a.count, kind: 'number', cell: (a) => showNumber(a.count) },
    { id: 'sites', title: t('protect.sitesMet'), value: (a) => a.distinct_hosts, kind: 'number' },
    { id: 'last', title: t('protect.lastSeen'), value: (a) => a.last_seen, cell: (a) => <Age at={a.last_seen} /> },
    { id: 'act', title: '', value: () => '', kind: 'actions', plain: true, width: '96px', cell: (a) => <Button small kind="quiet" icon="shield" reason={mayBan} writes onClick={() => onBan(a.remote_ip)}>{t('protect.banNow')}</Button> },
  ], [t, mayBan, onBan]);
  return <DataTable name="attackers" label={t('protect.attackers')} rows={of.top_attack_ips} columns={columns} keyOf={(a) => a.remote_ip} initialSort="-count" filterable={false} empty={<Empty compact icon="shield" title={t('protect.attackersNone')} />} />;
}
