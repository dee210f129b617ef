// A site that was just published: what it answers through the own listener, and its certificate as it comes.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { Probe, Site, SiteProbe } from '../../api/edge';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { StatusMark } from '../../ui/Icon';
import { rowsOf, stateOf } from '../edge/certificates/standing';
import { type Look, ofShown, ofSite } from './checks';
import { Busy, LookLine } from './Looks';
import { Obstacles, obstaclesOf } from './Obstacles';

/** Asks again whenever `round` changes, and a moment after publishing: the engine takes a change within a second. */
export function useSiteProbe(id: number, round: string): { found: SiteProbe | null; error: string | null; busy: boolean; again: () => void } {
  const [found, setFound] = useState<SiteProbe | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(true);
  const [count, setCount] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` and `count` ask again.
  useEffect(() => {
    let stale = false;
    setBusy(true);
    send<Probe>('POST', urls.edgeProbe, { host_id: id }).then((p) => { if (!stale) { setFound(p.site); setError(null); } }, (e: unknown) => { if (!stale) setError(asApiError(e).message); }).finally(() => { if (!stale) setBusy(false); });
    return () => { stale = true; };
  }, [id, round, count]);
  return { found, error, busy, again: () => setCount((n) => n + 1) };
}

export function Published({ site, applied }: { site: Site; applied: boolean }) {
  const t = useT();
  const engine = useResource(paths.engineStatus, { everyMs: 3_000 }).data;
  const rows = useResource(site.tls_mode === 'auto' ? paths.certificates : null, { everyMs: 2_000 }).data;
  const row = rows ? rowsOf(rows, []).find((r) => r.host === site.id) : undefined;
  const state = row ? stateOf(row) : null;
  const probe = useSiteProbe(site.id, row?.until ?? '');
  const refused = !applied || engine?.ok === false;
  const shown = probe.found ? ofShown(t, probe.found, when(probe.found.certificate?.not_after)) : null;
  const looks: Look[] = [...(probe.found ? [ofSite(t, probe.found, !refused)] : []), ...(shown ? [shown] : [])];
  const failure = row?.auto?.last_renewal_event;
  return (
    <>
      <p className="site-told"><StatusMark status={refused ? 'critical' : 'ok'} word={refused ? t('sites.isKept', { domain: site.domain }) : t('sites.isPublished', { domain: site.domain })} /></p>
      {refused && engine?.error ? <p className="field-error" role="alert"><bdi>{engine.error}</bdi></p> : null}
      <Obstacles of={obstaclesOf(engine, site.id, [site.target_group_id])} />
      <div role="status"><ul className="looks">
        {probe.busy && probe.found === null ? <Busy text={t('sites.askingSite')} /> : null}
        {looks.map((look) => <LookLine key={look.word} look={look} />)}
        {probe.error ? <LookLine look={{ status: 'unknown', word: probe.error }} /> : null}
        {state && state.word !== 'certs.state.ok' ? <li className="look"><StatusMark status={state.status} word={t(state.word)} />{failure && !failure.success ? <bdi>{failure.message}</bdi> : null}</li> : null}
      </ul></div>
      <div className="row"><Button small icon="refresh" busy={probe.busy} onClick={probe.again}>{t('sites.askAgain')}</Button>{site.tls_mode === 'auto' ? <Link to={`/sites/certificates?peek=${site.id}`}>{t('sites.toCertificate')}</Link> : null}</div>
    </>
  );
}

function when(at: string | undefined): string { const ms = toMillis(at ?? null); return ms === null ? '–' : dayTime(ms); }
