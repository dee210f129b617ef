// One site: overview with live traffic, routing rules, pool, certificate, protection, requests.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Site } from '../../api/edge';
import { invalidate, useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { navigate, useQueryParam } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { bytes, showNumber } from '../../format/numbers';
import { exactTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { Select, Switch, TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Tabs } from '../../ui/Tabs';
import { TimeSeries } from '../../ui/TimeSeries';
import { toast } from '../../ui/toasts';
import { Value } from '../../ui/Value';
import { type CertRow, rowsOf, stateOf } from '../edge/certificates/standing';
import { Related } from '../inventory/ThingParts';
import '../inventory/inventory.css';
import { Delivery } from './Delivery';
import { FirewallCard } from './Findings';
import { History } from './History';
import { PoolTargets } from './PoolTargets';
import { Protection } from './Protection';
import { Requests } from './Requests';
import { Routing } from './Routing';
import { SiteIdentity } from './SiteIdentity';
import { Engine } from './SitesPage';
import { classHues, siteState } from './states';
import { Way } from './Way';
import './sites.css';

const tabIds = ['overview', 'routing', 'pool', 'certificate', 'protection', 'delivery', 'requests', 'history'] as const;
type TabId = (typeof tabIds)[number];

export default function SitePage({ params }: PageProps) {
  const t = useT();
  const id = Number(params.id);
  const site = useResource(paths.site(id), { everyMs: 5_000 });
  const health = useResource(paths.targetsHealth, { everyMs: 5_000 });
  const pools = useResource(paths.pools, { everyMs: 15_000 });
  const engine = useResource(paths.engineStatus, { everyMs: 10_000 });
  const active: TabId = tabIds.find((x) => x === params.tab) ?? 'overview';
  return (
    <Loaded from={site} lines={8}>
      {(s) => {
        const state = siteState(s, health.data?.targets ?? [], pools.data ?? [], engine.data?.obstacles ?? []);
        const used = (pools.data ?? []).filter((p) => p.used_by.some((u) => u.host_id === s.id)).map((p) => p.id);
        return (
          <>
            <PageHead icon="globe" title={<bdi>{s.domain}</bdi>} mark={<StatusMark status={state.status} word={t(state.word)} />} sub={<>{t(`sites.tls.${s.tls_mode}`)} · <Link className="site-sub-link" to={`/sites/pools/${s.target_group_id}`}>{s.target_group?.name ?? '–'}</Link> · {t('sites.rulesCount', { n: s.rules_count })}</>} actions={<SiteMenu site={s} />} />
            <Engine status={engine.data} about={{ site: s, pools: [s.target_group_id, ...used] }} />
            <SignInObstacles site={s} />
            <CertificateTrouble site={s} />
            <Tabs label={t('sites.parts')} active={active} items={tabIds.map((x) => ({ id: x, text: t(`sites.tab.${x}`), to: x === 'overview' ? `/sites/${id}` : `/sites/${id}/${x}`, ...(x === 'routing' ? { count: s.rules_count } : {}) }))} />
            {active === 'overview' ? <Overview site={s} /> : active === 'routing' ? <Routing site={s} /> : active === 'pool' ? <PoolTargets id={s.target_group_id} /> : active === 'certificate' ? <Certificate site={s} /> : active === 'protection' ? <Protection site={s} /> : active === 'delivery' ? <Delivery site={s} /> : active === 'history' ? <History site={s} /> : <Requests site={s} />}
          </>
        );
      }}
    </Loaded>
  );
}

/** What keeps people from signing in, by the setting that is missing or does not fit. */
function SignInObstacles({ site }: { site: Site }) {
  const t = useT();
  if (site.sign_in_obstacles.length === 0) return null;
  return <div className="site-strip" role="alert"><Icon name="lock" /><span>{site.sign_in_obstacles.map((o) => <span key={o}>{t(`sites.obstacle.${o}`)}<br /></span>)}<Link to="/settings/system/configuration">{t('sites.toSettings')}</Link></span></div>;
}

/** The certificate of a site, once there is one or an attempt at one. */
function useCertificate(site: Site): CertRow | undefined {
  const auto = useResource(paths.certificates, { everyMs: 10_000 });
  const manual = useResource(paths.manualCertificates, { everyMs: 30_000 });
  return useMemo(() => rowsOf(auto.data ?? [], manual.data ?? []).find((r) => r.host === site.id), [auto.data, manual.data, site.id]);
}

function CertificateTrouble({ site }: { site: Site }) {
  const t = useT();
  const row = useCertificate(site);
  const state = row && site.enabled && site.tls_mode !== 'none' ? stateOf(row) : null;
  if (!row || state?.status !== 'critical') return null;
  const failure = row.auto?.last_renewal_event;
  return <p className="site-strip" role="alert"><Icon name="lock" /><span><b>{t(state.word)}</b>{row.until ? <> · {t('certs.validUntil')} <span className="num">{exactTime(toMillis(row.until) ?? 0)}</span></> : null}{failure && !failure.success ? <><br /><bdi>{failure.message}</bdi></> : null}<br /><Link to={`/sites/certificates?peek=${site.id}`}>{t('sites.toCertificate')}</Link></span></p>;
}

function CertificateNow({ site }: { site: Site }) {
  const t = useT();
  const row = useCertificate(site);
  if (!row || site.tls_mode === 'none') return null;
  const state = stateOf(row);
  // What is wrong stands above the tabs already.
  if (state.status === 'critical') return null;
  return <Card title={t('sites.certificateNow')}><div className="site-cert"><StatusMark status={state.status} word={t(state.word)} />{row.issuer ? <span className="faint">{t('certs.issuer')} <bdi>{row.issuer}</bdi></span> : null}{row.until ? <span className="faint">{t('certs.validUntil')} <span className="num">{exactTime(toMillis(row.until) ?? 0)}</span></span> : null}<Link to={`/sites/certificates?peek=${site.id}`}>{t('sites.toCertificate')}</Link></div></Card>;
}

/** Everything a change of a site touches is asked for again. */
export function siteChanged(): void { invalidate(urls.sites, urls.edgeOverview, urls.engineStatus, urls.targetsHealth, urls.pools); }

/** The members of a site that a change sends back whole. */
export function bodyOf(s: Site): Record<string, unknown> {
  return { domain: s.domain, target_group_id: s.target_group_id, enabled: s.enabled, tls_mode: s.tls_mode, tls_email: s.tls_email, auth_required: s.auth_required, lan_only: s.lan_only, tls_acme_ca_url: s.tls_acme_ca_url, tls_challenge: s.tls_challenge, tls_dns_provider: s.tls_dns_provider };
}

function SiteMenu({ site }: { site: Site }) {
  const t = useT();
  const mayWrite = useCan('edge:write');
  const mayOperate = useCan('edge:operate');
  const [removing, setRemoving] = useState(false);
  const [disabling, setDisabling] = useState(false);
  const [renaming, setRenaming] = useState(false);
  const toggle = () => { setDisabling(false); send('POST', urls.siteToggle(site.id), {}).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(siteChanged); };
  return (
    <>
      <Button icon={site.enabled ? 'pause' : 'play'} writes reason={mayOperate ? undefined : t('core.needsPermission', { permission: 'edge:operate' })} onClick={site.enabled ? () => setDisabling(true) : toggle}>{site.enabled ? t('sites.disable') : t('sites.enable')}</Button>
      <Menu label={t('sites.more')} items={[{ id: 'identity', text: t('sites.nameAndPool'), icon: 'edit', reason: mayWrite ? undefined : t('core.needsPermission', { permission: 'edge:write' }), run: () => setRenaming(true) }, { id: 'related', text: t('sites.related'), icon: 'link', to: `/inventory/${encodeURIComponent(`site:${site.id}`)}` }, { id: 'remove', text: t('sites.remove'), icon: 'trash', danger: true, reason: mayWrite ? undefined : t('core.needsPermission', { permission: 'edge:write' }), run: () => setRemoving(true) }]} />
      {renaming ? <SiteIdentity site={site} onClose={() => setRenaming(false)} /> : null}
      {disabling ? <Layer title={`${t('sites.disable')}: ${site.domain}`} onClose={() => setDisabling(false)} footer={<><Button onClick={() => setDisabling(false)}>{t('core.cancel')}</Button><Button kind="danger" icon="pause" writes onClick={toggle}>{t('sites.disable')}</Button></>}><div className="stack"><p>{t('sites.disableText')}</p><ChangePreview method="POST" path={urls.siteToggle(site.id)} reference={`site:${site.id}`} /></div></Layer> : null}
      {removing ? <ConfirmDialog title={t('sites.removeTitle', { domain: site.domain })} name={site.domain} action={t('sites.remove')} run={async () => { await send('DELETE', urls.site(site.id)); siteChanged(); navigate('/sites'); }} onClose={() => setRemoving(false)}><p>{t('sites.removeText')}</p><ChangePreview path={urls.site(site.id)} reference={`site:${site.id}`} /></ConfirmDialog> : null}
    </>
  );
}

const ranges = ['1h', '6h', '24h', '7d'] as const;

function Overview({ site }: { site: Site }) {
  const t = useT();
  const [range, setRange] = useQueryParam('range', '1h');
  const known = ranges.find((r) => r === range) ?? '1h';
  const traffic = useResource(paths.siteTraffic(site.id, known), { everyMs: 10_000 });
  const overview = useResource(paths.edgeOverview, { everyMs: 5_000 });
  const glance = overview.data?.hosts.find((h) => h.host_id === site.id);
  const data = traffic.data;
  const sums = useMemo(() => (data ? data.timeseries.reduce((a, p) => ({ all: a.all + p.c2xx + p.c3xx + p.c4xx + p.c5xx, bad: a.bad + p.c5xx }), { all: 0, bad: 0 }) : null), [data]);
  const series = useMemo(() => {
    if (!data) return null;
    const at = (time: string) => toMillis(time) ?? 0;
    const classes = (['c2xx', 'c3xx', 'c4xx', 'c5xx'] as const).map((c) => ({ label: c.slice(1), hue: classHues[c], points: data.timeseries.map((p) => [at(p.time), p[c]] as const) }));
    const times = (['p50_ms', 'p95_ms', 'p99_ms'] as const).map((p) => ({ label: p.slice(0, 3), points: data.response_times.map((r) => [at(r.time), r[p]] as const) }));
    const first = at(data.timeseries[0]?.time ?? '');
    return { classes, times, from: first, to: at(data.timeseries.at(-1)?.time ?? '') };
  }, [data]);
  const out = data ? bytes(data.bandwidth_out_bytes) : null;
  return (
    <div className="stack">
      <Way site={site} />
      <section className="card site-figures">
        <Figure name={t('sites.perSecond')} of={glance ? { figure: showNumber(glance.requests_per_second, 1), unit: '' } : null} />
        <Figure name={t('sites.requestsIn', { range: known })} of={sums ? { figure: showNumber(sums.all), unit: '' } : null} />
        <Figure name={t('sites.errors5xx')} of={sums ? { figure: showNumber(sums.bad), unit: '' } : null} />
        <Figure name={t('sites.sent')} of={out} />
        <Figure name={t('sites.refused')} of={glance ? { figure: showNumber(glance.refused_15m), unit: '' } : null} />
      </section>
      <div className="row"><Segmented label={t('sites.range')} value={known} options={ranges.map((r) => ({ id: r, text: r }))} onChange={setRange} /></div>
      <Loaded from={traffic} lines={8}>{() => (series === null ? null : (
        <div className="site-grid">
          <div className="stack">
            <section className="card"><TimeSeries title={t('sites.requests')} name={`${site.domain}-requests`} series={series.classes} unit="" from={series.from} to={series.to} min={0} /></section>
            <section className="card"><TimeSeries title={t('sites.answerTimes')} name={`${site.domain}-times`} series={series.times} unit="ms" from={series.from} to={series.to} min={0} /></section>
          </div>
          <Card flush title={t('sites.topPaths')}>
            {(data?.top_paths.length ?? 0) === 0 ? <Empty compact icon="activity" title={t('sites.noRequests')} text={t('sites.noRequestsText')} /> : <ul className="toplist">{data?.top_paths.slice(0, 12).map((p) => <li key={p.path}><bdi className="mono">{p.path}</bdi><span className="num">{showNumber(p.count)}</span></li>)}</ul>}
          </Card>
        </div>
      ))}</Loaded>
      <FirewallCard site={site} />
      <RelatedThings site={site} />
    </div>
  );
}

/** What it hangs on and what hangs on it: pool, machines, monitors, tests, as the inventory knows them. */
function RelatedThings({ site }: { site: Site }) {
  const may = useCan('inventory:read');
  const thing = useResource(may ? paths.thing(`site:${site.id}`) : null, { everyMs: 30_000 });
  // The inventory learns of a new site a moment later.
  return thing.data ? <Related thing={thing.data} /> : null;
}

function Figure({ name, of }: { name: string; of: { figure: string; unit: string } | null }) { return <span className="site-figure"><small>{name}</small><Value of={of} big /></span>; }

function Certificate({ site }: { site: Site }) {
  const t = useT();
  const may = useCan('edge:write');
  const [mode, setMode] = useState<'auto' | 'none' | 'manual'>(site.tls_mode);
  const [mail, setMail] = useState(site.tls_email);
  const [challenge, setChallenge] = useState(site.tls_challenge);
  const [ca, setCa] = useState(site.tls_acme_ca_url);
  const [provider, setProvider] = useState(site.tls_dns_provider);
  const providers = useResource(paths.dnsProviders);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    setBusy(true);
    setError(null);
    try { await send('PUT', urls.site(site.id), { ...bodyOf(site), tls_mode: mode, tls_email: mail.trim(), tls_challenge: challenge, tls_acme_ca_url: ca.trim(), tls_dns_provider: provider }); toast({ level: 'ok', text: t('sites.saved') }); siteChanged(); } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <div className="stack">
    <CertificateNow site={site} />
    <Card title={t('sites.certificate')} sub={t('sites.certificateSub')} actions={<ButtonLink small to={`/sites/certificates?upload=${site.id}`} icon="upload">{t('sites.uploadOwn')}</ButtonLink>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <Select label={t('sites.tlsMode')} value={mode} onChange={setMode} options={(site.tls_mode === 'manual' ? ['auto', 'none', 'manual'] as const : ['auto', 'none'] as const).map((id) => ({ id, text: t(`sites.tls.${id}`) }))} help={mode === 'auto' ? t('sites.selfSignedUntil') : mode === 'none' ? t('sites.tlsNoneText') : undefined} />
        {mode === 'auto' ? <><div className="fieldrow"><TextField label={t('sites.mail')} type="email" value={mail} onChange={setMail} required /><Select label={t('sites.challenge')} value={challenge} onChange={setChallenge} options={[{ id: 'http', text: 'HTTP' }, { id: 'tls-alpn', text: 'TLS-ALPN' }, { id: 'dns', text: 'DNS' }]} />{challenge === 'dns' ? <Select label={t('sites.dnsProvider')} value={provider} onChange={setProvider} options={(providers.data ?? []).map((p) => ({ id: p.name, text: p.configured && p.enabled ? p.display_name : t('sites.notSetUp', { name: p.display_name }) }))} help={<Link to="/sites/certificates">{t('sites.toProviders')}</Link>} /> : null}</div><TextField label={t('sites.ca')} value={ca} onChange={setCa} optional placeholder="https://" mono help={t('sites.caHelp')} /></> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <div className="row"><Button type="submit" kind="primary" icon="save" busy={busy} writes reason={may ? undefined : t('core.needsPermission', { permission: 'edge:write' })}>{t('sites.save')}</Button></div>
      </form>
    </Card>
    </div>
  );
}

/** Switches of a site that act at once. */
export function SiteSwitch({ site, member, label }: { site: Site; member: 'lan_only' | 'auth_required' | 'auth_json' | 'true_detect_mode'; label: string }) {
  const t = useT();
  const may = useCan('edge:write');
  const flip = (on: boolean) => { send('PUT', urls.site(site.id), { ...bodyOf(site), [member]: on }).then(() => toast({ level: 'ok', text: t('sites.saved') }), (e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(siteChanged); };
  return <Switch label={label} checked={site[member]} onChange={flip} reason={may ? undefined : t('core.needsPermission', { permission: 'edge:write' })} />;
}
