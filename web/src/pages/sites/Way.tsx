// The way of a request through a site, station by station, as it is set up and as it stands.
import { Fragment } from 'react';
import type { Site } from '../../api/edge';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Icon, StatusMark } from '../../ui/Icon';
import { runsWaf, siteState } from './states';

interface Station { id: string; text: string; to: string; status?: Status }

export function Way({ site }: { site: Site }) {
  const t = useT();
  const security = useResource(paths.siteSecurity(site.id)).data;
  const crowdsec = useResource(paths.crowdsecStatus, { everyMs: 10_000 }).data;
  const appsec = useResource(paths.appsecStatus, { everyMs: 30_000 }).data;
  const health = useResource(paths.targetsHealth, { everyMs: 5_000 }).data;
  const engine = useResource(paths.engineStatus, { everyMs: 5_000 }).data;
  const at = `/sites/${site.id}`;
  const pool = siteState(site, health?.targets ?? []);
  const up = (health?.targets ?? []).filter((x) => x.target_group_id === site.target_group_id && x.enabled);
  const inspects = appsec && (appsec.mode === 'block' || appsec.mode === 'detect') && !security?.appsec_exempt;
  const stations: Station[] = [
    { id: 'tls', text: t(`sites.tls.${site.tls_mode}`), to: `${at}/certificate` },
    ...(crowdsec && crowdsec.state !== 'not_configured' ? [{ id: 'bans', text: t('sites.way.bans', { n: crowdsec.decisions }), to: '/sites/protection', status: (crowdsec.state === 'connected' ? 'ok' : 'warning') as Status }] : []),
    ...(site.lan_only ? [{ id: 'lan', text: t('sites.tag.lan'), to: `${at}/protection` }] : []),
    ...(security?.rate_limit_enabled ? [{ id: 'limit', text: t('sites.way.limit', { n: security.rate_limit_requests, s: security.rate_limit_window_seconds }), to: `${at}/protection` }] : []),
    ...(inspects ? [{ id: 'appsec', text: t(appsec.mode === 'block' ? 'sites.way.blocks' : 'sites.way.watches'), to: `${at}/protection`, status: (appsec.reachable ? 'ok' : appsec.reachable === false ? 'warning' : 'unknown') as Status }] : []),
    ...(security?.waf_enabled ? [{ id: 'waf', text: t(security.waf_mode === 'block' ? 'sites.way.wafBlocks' : 'sites.way.wafWatches'), to: `${at}/protection`, status: (!engine ? 'unknown' : runsWaf(engine) ? 'ok' : 'warning') as Status }] : []),
    ...(site.auth_required ? [{ id: 'auth', text: t('sites.tag.signIn'), to: `${at}/protection`, status: (site.sign_in_obstacles.length > 0 ? 'warning' : 'ok') as Status }] : []),
    ...(site.rules_count > 0 ? [{ id: 'rules', text: t('sites.rulesCount', { n: site.rules_count }), to: `${at}/routing` }] : []),
    { id: 'pool', text: t('sites.way.pool', { name: site.target_group?.name ?? '–', up: up.filter((x) => x.status === 'healthy').length, all: up.length }), to: `${at}/pool`, status: pool.status },
  ];
  return (
    <nav className="card site-way" aria-label={t('sites.way')}>
      <span className="site-way-end"><Icon name="globe" size={14} />{t('sites.way.internet')}</span>
      {stations.map((s) => <Fragment key={s.id}><Icon name="chevron-right" size={12} /><Link to={s.to} className="site-tag">{s.status ? <StatusMark status={s.status} bare size={12} /> : null}<bdi>{s.text}</bdi></Link></Fragment>)}
    </nav>
  );
}
