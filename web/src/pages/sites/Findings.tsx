// What the firewall of a site found: of one request, and of a day; what can be done about each finding stands beside it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { FirewallDay, RequestLine, Site } from '../../api/edge';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useCan } from '../../app/session';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { BanDialog } from '../edge/protection/BanDialog';
import { bansChanged, useBanReason } from '../edge/protection/bans';
import '../edge/protection/protection.css';
import { findingsOf, findingsQuery, isExcludable } from './findings';

const severe: ReadonlySet<string> = new Set(['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR']);
function markOf(severity: string | null | undefined): Status { return severity && severe.has(severity) ? 'critical' : severity === 'WARNING' ? 'warning' : 'unknown'; }

/** Leaves a rule out where it was met and below; for the whole site it asks first. */
export function ExcludeButton({ host, rule, path: asked, reason: why }: { host: number; rule: number; path: string; reason: string }) {
  const t = useT();
  const may = useCan('edge:operate') ? undefined : t('core.needsPermission', { permission: 'edge:operate' });
  const security = useResource(paths.siteSecurity(host)).data;
  const [busy, setBusy] = useState(false);
  if (!isExcludable(rule)) return null;
  const path = asked.split('?')[0] || '/';
  const isOut = security?.exclusions.some((e) => e.enabled && e.crs_rule_id === rule && path.startsWith(e.path_pattern)) ?? false;
  if (isOut) return <span className="faint">{t('sites.isExcluded')}</span>;
  const run = async () => {
    setBusy(true);
    try {
      await send('POST', urls.siteExclusions(host), { crs_rule_id: rule, path_pattern: path, reason: why });
      toast({ level: 'ok', text: t('sites.excluded', { rule, path }) });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    invalidate(urls.siteSecurity(host), urls.siteFirewall(host));
    setBusy(false);
  };
  if (path === '/') return <ConfirmInline action={t('sites.exclude')} effect={t('sites.excludeSite', { rule })} icon="filter" reason={may} run={run} />;
  return <Button small icon="filter" busy={busy} reason={may} writes title={t('sites.excludeHere', { rule, path })} onClick={() => void run()}>{t('sites.exclude')}</Button>;
}

/** Ban asks for how long; allowing asks first: no ban turns away what is on that list. */
export function ClientActs({ address }: { address: string }) {
  const t = useT();
  const banReason = useBanReason();
  const may = useCan('edge:operate') ? undefined : t('core.needsPermission', { permission: 'edge:operate' });
  const allowed = useResource(paths.whitelist).data?.entries.some((e) => e.value === address) ?? false;
  const [banning, setBanning] = useState(false);
  const allow = async () => {
    try {
      await send('POST', urls.whitelist, { scope: 'ip', value: address, reason: t('sites.allowReason') });
      toast({ level: 'ok', text: t('sites.allowed', { address }) });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    bansChanged();
  };
  return (
    <span className="finding-acts">
      <Button small icon="shield" reason={banReason} writes onClick={() => setBanning(true)}>{t('sites.banClient')}</Button>
      {allowed ? <span className="faint">{t('sites.isAllowed')}</span> : <ConfirmInline action={t('sites.allowClient')} effect={t('sites.allowEffect', { address })} icon="check" reason={may} run={allow} />}
      {banning ? <BanDialog initial={address} onClose={() => setBanning(false)} /> : null}
    </span>
  );
}

/** The findings of one request, under its facts. */
export function RequestFindings({ line }: { line: RequestLine }) {
  const t = useT();
  const query = line.source === 'waf_audit' ? null : findingsQuery(line);
  const found = useResource(query ? paths.logs({ ...query, limit: 200 }) : null);
  const all = findingsOf(line, (found.data?.entries ?? []) as RequestLine[]);
  return (
    <>
      {all.length > 0 ? (
        <section className="finding-part">
          <h3>{t('sites.findings')}</h3>
          <ul className="finding-list">
            {all.map((f) => {
              const rule = Number(f.waf_rule_id);
              return (
                <li key={f.id}>
                  <StatusMark status={markOf(f.waf_severity)} bare word={f.waf_severity ?? ''} />
                  <span><b className="num">{f.waf_rule_id ?? '–'}</b> <bdi>{f.waf_rule_message ?? f.message}</bdi>{f.waf_severity ? <small className="faint">{f.waf_severity.toLowerCase()}{f.waf_anomaly_score === undefined ? '' : ` · ${t('sites.score', { n: f.waf_anomaly_score })}`}</small> : null}</span>
                  {line.host_id !== undefined && line.path !== undefined ? <ExcludeButton host={line.host_id} rule={rule} path={line.path} reason={t('sites.excludeReason')} /> : null}
                </li>
              );
            })}
          </ul>
        </section>
      ) : null}
      {line.remote_ip ? <section className="finding-part"><h3>{t('sites.client')}</h3><div className="finding-client"><bdi className="mono">{line.remote_ip}</bdi><ClientActs address={line.remote_ip} /></div></section> : null}
    </>
  );
}

/** One sentence about what Block would have done in the last day: that it were nothing is only said of a whole day. Exported for its test. */
export function replayKey(day: Pick<FirewallDay, 'would_refuse' | 'watched_since' | 'window_seconds'>, now: number): 'sites.replayNothingKnown' | 'sites.replayShort' | 'sites.replayNone' | 'sites.replaySome' {
  if (day.would_refuse > 0) return 'sites.replaySome';
  const since = toMillis(day.watched_since);
  if (since === null) return 'sites.replayNothingKnown';
  return now - since < day.window_seconds * 1000 ? 'sites.replayShort' : 'sites.replayNone';
}

/** Before Block is chosen: what it would have refused, rule by rule. `level` is the strictness of what was seen, where another one is about to be set: it finds other things. */
export function Replay({ site, level }: { site: Site; level: string | null }) {
  const t = useT();
  const day = useResource(paths.siteFirewall(site.id));
  return (
    <Loaded from={day} lines={3} compact>
      {(d) => {
        const key = replayKey(d, Date.now());
        const hits = d.rules.filter((r) => r.would_refuse > 0);
        return (
          <section className="replay" role="status" aria-label={t('sites.replayTitle')}>
            <p><StatusMark status={key === 'sites.replaySome' ? 'warning' : key === 'sites.replayNone' && level === null ? 'ok' : 'unknown'} bare word="" /><span>{key === 'sites.replaySome' ? t(key, { n: d.would_refuse, of: d.requests }) : key === 'sites.replayShort' ? t(key, { since: dayTime(toMillis(d.watched_since) ?? 0) }) : t(key)}{d.would_refuse_signed_in ? ` ${t('sites.replaySignedIn', { n: d.would_refuse_signed_in })}` : ''}{d.is_cut ? ` ${t('sites.replayCut')}` : ''}{level === null ? '' : ` ${t('sites.replayLevel', { level })}`}</span></p>
            {hits.length > 0 ? <Rules site={site} rules={hits} count={(r) => r.would_refuse} /> : null}
          </section>
        );
      }}
    </Loaded>
  );
}

function Rules({ site, rules, count }: { site: Site; rules: FirewallDay['rules']; count: (rule: FirewallDay['rules'][number]) => number }) {
  const t = useT();
  return (
    <ul className="finding-list">
      {rules.map((r) => (
        <li key={r.rule_id}>
          <StatusMark status={markOf(r.severity)} bare word={r.severity ?? ''} />
          <span><b className="num">{r.rule_id}</b> <bdi>{r.message}</bdi><small className="faint">{t('sites.requestsOf', { n: count(r) })} · <bdi className="mono">{r.paths[0]?.path}</bdi>{r.paths.length > 1 ? ` +${r.paths.length - 1}` : ''}</small></span>
          {r.paths[0] ? <ExcludeButton host={site.id} rule={r.rule_id} path={r.paths[0].path} reason={t('sites.excludeReason')} /> : null}
        </li>
      ))}
    </ul>
  );
}

/** A day of the firewall of a site: rules and clients, each with what can be done. */
export function FirewallCard({ site }: { site: Site }) {
  const t = useT();
  const day = useResource(paths.siteFirewall(site.id), { everyMs: 120_000 });
  const d = day.data;
  // Where nothing inspects there is nothing to say.
  if (d && d.mode === 'off' && d.requests === 0) return null;
  return (
    <Card flush title={t('sites.firewallDay')} sub={d ? t('sites.firewallDaySub', { n: d.requests, refused: d.refused }) : ' '} actions={d && d.mode === 'detect' && d.would_refuse > 0 ? <Link to={`/sites/${site.id}/protection`}>{t('sites.wouldRefuse', { n: d.would_refuse })}</Link> : null}>
      <Loaded from={day} lines={4}>
        {(x) => (x.requests === 0 ? <Empty compact icon="shield" title={t('sites.firewallQuiet')} /> : (
          <div className="finding-pair">
            <Rules site={site} rules={x.rules.slice(0, 6)} count={(r) => r.requests} />
            <ul className="finding-list finding-clients">
              {x.clients.slice(0, 6).map((c) => <li key={c.remote_ip}><span><Link to={`/sites/${site.id}/requests?client=${encodeURIComponent(c.remote_ip)}`}><bdi className="mono">{c.remote_ip}</bdi></Link>{c.signed_in ? <> <span className="site-tag">{t('sites.signedInHere')}</span></> : null}<small className="faint num">{t('sites.requestsOf', { n: c.requests })} · <Age at={c.last_seen} /></small></span><ClientActs address={c.remote_ip} /></li>)}
            </ul>
          </div>
        ))}
      </Loaded>
    </Card>
  );
}

