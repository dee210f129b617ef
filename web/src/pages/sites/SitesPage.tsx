// Sites: every published domain with its state, pool, protection and traffic. What the engine refused stands on top.
import { useMemo, useState } from 'react';
import { paths } from '../../api/paths';
import type { EngineStatus, Obstacle, Pool, Site, SiteGlance, TargetHealth } from '../../api/edge';
import { useResource } from '../../api/resource';
import { navigate, useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { rank } from '../../state/status';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { DemoLink } from '../../ui/DemoLink';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Value } from '../../ui/Value';
import { type CertRow, rowsOf, stateOf } from '../edge/certificates/standing';
import { Chosen } from './Chosen';
import { CausedBy, Obstacles, obstaclesOf } from './Obstacles';
import { PublishSite } from './PublishSite';
import { runsWaf, siteState } from './states';
import { Unrecorded } from './Unrecorded';
import './sites.css';

const keyOf = (r: Row) => String(r.site.id);
interface Row { site: Site; glance: SiteGlance | undefined; health: readonly TargetHealth[]; pools: readonly Pool[]; obstacles: readonly Obstacle[]; certificate: CertRow | undefined }

export default function SitesPage() {
  const t = useT();
  const may = useCan('edge:write');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const sites = useResource(paths.sites, { everyMs: 5_000 });
  const overview = useResource(paths.edgeOverview, { everyMs: 5_000 });
  const health = useResource(paths.targetsHealth, { everyMs: 5_000 });
  const pools = useResource(paths.pools, { everyMs: 15_000 });
  const engine = useResource(paths.engineStatus, { everyMs: 5_000 });
  const auto = useResource(paths.certificates, { everyMs: 15_000 });
  const manual = useResource(paths.manualCertificates, { everyMs: 30_000 });
  const [publishing, setPublishing] = useQueryParam('new');
  const open = (domain = '1') => setPublishing(domain === '' ? '1' : domain);
  const add = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => open()}>{t('sites.publish')}</Button>;
  const certificates = useMemo(() => rowsOf(auto.data ?? [], manual.data ?? []), [auto.data, manual.data]);
  const rows = useMemo(() => (sites.data ?? []).map((site): Row => ({ site, glance: overview.data?.hosts.find((h) => h.host_id === site.id), health: health.data?.targets ?? [], pools: pools.data ?? [], obstacles: engine.data?.obstacles ?? [], certificate: certificates.find((c) => c.host === site.id) })), [sites.data, overview.data, health.data, pools.data, engine.data, certificates]);
  return (
    <>
      <PageHead title={t('nav.sites')} sub={sites.data ? t('sites.count', { n: sites.data.length }) : ' '} actions={sites.data && sites.data.length > 0 ? add : undefined} />
      <Engine status={engine.data} />
      <section className="card">
        <Loaded from={sites} lines={6}>{() => (rows.length === 0 ? <First reason={reason} onStart={open} /> : <SiteTable rows={rows} waf={engine.data !== undefined && runsWaf(engine.data)} />)}</Loaded>
      </section>
      {publishing === '' ? null : <PublishSite domain={publishing === '1' ? '' : publishing} onClose={() => setPublishing('')} />}
    </>
  );
}

/** What the proxy engine refused, or leaves out. */
export function Engine({ status, about }: { status: EngineStatus | undefined; /** Only what concerns this site and its pools. */ about?: { site: Pick<Site, 'id' | 'domain'>; pools: readonly number[] } }) {
  const t = useT();
  if (!status) return null;
  if (!status.ok) return <p className="site-strip" role="alert"><Icon name="siren" /><span>{t('sites.engineRefused')} <bdi>{status.error}</bdi><CausedBy of={status.refused} /></span></p>;
  const warnings = about === undefined ? status.warnings : status.warnings.filter((w) => w.startsWith(`${about.site.domain}:`));
  const obstacles = about === undefined ? status.obstacles : obstaclesOf(status, about.site.id, about.pools);
  const told = <div className="site-strip site-strip-soft" role="status"><Icon name="info" /><span>{warnings.slice(0, 3).map((w) => <bdi key={w}>{w}<br /></bdi>)}{warnings.length > 3 ? t('sites.moreWarnings', { n: warnings.length - 3 }) : null}</span></div>;
  return <>{status.unrecorded ? <Unrecorded why={status.unrecorded} /> : null}<Obstacles of={obstacles} />{warnings.length > 0 ? told : null}</>;
}

function First({ reason, onStart }: { reason: string | undefined; onStart: (domain: string) => void }) {
  const t = useT();
  const [domain, setDomain] = useState('');
  const form = (
    <form className="site-first" onSubmit={(e) => { e.preventDefault(); if (reason === undefined) onStart(domain.trim()); }}>
      <TextField label={t('sites.domain')} value={domain} onChange={setDomain} placeholder="app.example.org" mono autoComplete="off" />
      <Button type="submit" kind="primary" icon="plus" reason={reason} writes>{t('sites.publish')}</Button>
    </form>
  );
  return <Empty icon="globe" title={t('sites.none')} text={t('sites.noneText')} action={<div className="stack">{form}<DemoLink /></div>} />;
}

function SiteTable({ rows, waf }: { rows: readonly Row[]; waf: boolean }) {
  const t = useT();
  const columns = useMemo((): Column<Row>[] => [
    { id: 'domain', title: t('sites.domain'), value: (r) => r.site.domain, kind: 'main', cell: (r) => <bdi>{r.site.domain}</bdi> },
    { id: 'state', title: t('sites.state'), value: (r) => `${rank(siteState(r.site, r.health, r.pools, r.obstacles).status)} ${t(siteState(r.site, r.health, r.pools, r.obstacles).word)}`, width: '150px', cell: (r) => { const s = siteState(r.site, r.health, r.pools, r.obstacles); return <StatusMark status={s.status} word={t(s.word)} />; } },
    { id: 'pool', title: t('sites.pool'), value: (r) => r.site.target_group?.name ?? '', cell: (r) => <span><bdi>{r.site.target_group?.name}</bdi> <span className="faint num">{r.site.target_group ? `${r.site.target_group.targets_enabled_count}/${r.site.target_group.targets_count}` : ''}</span></span> },
    { id: 'tls', title: t('sites.certificate'), value: (r) => (r.certificate ? `${t(stateOf(r.certificate).word)} ${r.certificate.days ?? ''}` : t(`sites.tls.${r.site.tls_mode}`)), cell: (r) => <CertificateCell row={r} /> },
    { id: 'protection', title: t('sites.protection'), value: (r) => tagsOf(t, r).join(' '), cell: (r) => (tagsOf(t, r).length === 0 ? <span className="faint">–</span> : <span className="site-tags">{tagsOf(t, r).map((tag) => <span key={tag} className="site-tag">{tag}</span>)}</span>) },
    { id: 'rate', title: t('sites.perSecond'), value: (r) => r.glance?.requests_per_second ?? null, kind: 'number', cell: (r) => <Value of={r.glance ? { figure: showNumber(r.glance.requests_per_second, 1), unit: '' } : null} /> },
    { id: 'refused', title: t('sites.refused'), value: (r) => r.glance?.refused_15m ?? null, kind: 'number', cell: (r) => <Value of={r.glance ? { figure: showNumber(r.glance.refused_15m), unit: '' } : null} /> },
  ], [t]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const pickedRows = rows.filter((r) => chosen.has(keyOf(r)));
  const picked = pickedRows.map((r) => r.site);
  return (
    <>
      <DataTable name="sites" label={t('nav.sites')} rows={rows} columns={columns} keyOf={keyOf} initialSort="state" liveSort onOpen={(r) => navigate(`/sites/${r.site.id}`)} chosen={chosen} onChoose={setChosen} nameOf={(r) => r.site.domain} empty={<Empty icon="globe" title={t('sites.noMatch')} />} />
      {picked.length > 0 ? <Chosen sites={picked} glances={pickedRows.flatMap((r) => (r.glance ? [r.glance] : []))} waf={waf} onDone={() => setChosen(new Set())} /> : null}
    </>
  );
}

function CertificateCell({ row: { site, certificate } }: { row: Row }) {
  const t = useT();
  if (!certificate || site.tls_mode === 'none') return <span className="faint">{t(`sites.tls.${site.tls_mode}`)}</span>;
  const state = stateOf(certificate);
  return <span className="nowrap"><StatusMark status={state.status} word={t(state.word)} />{certificate.days === null ? null : <span className="faint num"> · {t('certs.days', { n: certificate.days })}</span>}</span>;
}

function tagsOf(t: ReturnType<typeof useT>, r: Row): string[] {
  const tags: string[] = [];
  if (r.site.auth_required) tags.push(r.site.sign_in_obstacles.length > 0 ? t('sites.tag.noSignIn') : t('sites.tag.signIn'));
  if (r.site.lan_only) tags.push(t('sites.tag.lan'));
  if (r.glance?.rate_limit_enabled) tags.push(t('sites.tag.limit'));
  if (r.glance?.waf_enabled) tags.push(t(r.glance.waf_mode === 'block' ? 'sites.tag.wafBlock' : 'sites.tag.wafWatch'));
  if (r.glance?.appsec_exempt) tags.push(t('sites.tag.exempt'));
  return tags;
}
