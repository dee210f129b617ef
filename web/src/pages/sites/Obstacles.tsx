// What the proxy refuses: a site or pool as it is wanted, or the newest state as a whole, and by whose change.
import type { EngineStatus, Obstacle, Refused } from '../../api/edge';
import { Link } from '../../app/Link';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Icon } from '../../ui/Icon';
import './sites.css';

/** What concerns this site: itself, and the pools its requests go to. */
export function obstaclesOf(status: Pick<EngineStatus, 'obstacles'> | undefined, site: number, pools: readonly number[]): Obstacle[] {
  return (status?.obstacles ?? []).filter((o) => (o.kind === 'site' ? o.id === site : pools.includes(o.id)));
}

export function Obstacles({ of }: { of: readonly Obstacle[] }) {
  const t = useT();
  return <>{of.map((o) => <p key={`${o.kind}:${o.id}`} className="site-strip" role="alert"><Icon name="siren" /><span><Link className="site-sub-link" to={o.kind === 'site' ? `/sites/${o.id}` : `/sites/pools/${o.id}`}><bdi>{o.name}</bdi></Link>: {t(`sites.obstacleOf.${o.kind}.${o.goes_on ? 'goesOn' : 'leftOut'}`)} <bdi>{o.reason}</bdi><CausedBy of={o.refused} /></span></p>)}</>;
}

/** The change that was refused, where it is known. */
export function CausedBy({ of }: { of: Refused | null }) {
  const t = useT();
  if (of === null) return null;
  if (of.cause === null) return <><br /><span className="faint">{t('sites.refusedSince', { revision: of.revision })}</span></>;
  const { actor, at, description } = of.cause;
  return <><br /><span className="faint">{t('sites.refusedChange', { revision: of.revision })} <bdi>{description}</bdi> · <bdi>{actor}</bdi> · <Age at={at} /> · </span><Link className="site-sub-link" to={`/settings/audit?category=config&q=${encodeURIComponent(`"${description}"`)}`}>{t('sites.toAudit')}</Link></>;
}
