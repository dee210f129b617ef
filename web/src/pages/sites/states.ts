// What a site or pool is like, out of its parts: worst first.
import type { EngineStatus, Obstacle, Pool, Rule, RuleMatcher, Site, TargetHealth } from '../../api/edge';
import type { PlainKey, Translate } from '../../i18n';
import type { Status } from '../../state/status';

export interface Standing { status: Status; word: PlainKey }

function ofTargets(all: readonly TargetHealth[]): Standing {
  const live = all.filter((x) => x.enabled);
  const down = live.filter((x) => x.status === 'unhealthy').length;
  if (live.length === 0) return { status: 'warning', word: 'sites.state.empty' };
  if (down === live.length) return { status: 'critical', word: 'sites.state.down' };
  if (down > 0) return { status: 'warning', word: 'sites.state.degraded' };
  return live.some((x) => x.status === 'healthy') ? { status: 'ok', word: 'sites.state.ok' } : { status: 'unknown', word: 'sites.state.unknown' };
}

export function poolState(pool: Pick<Pool, 'id'>, health: readonly TargetHealth[]): Standing { return ofTargets(health.filter((h) => h.target_group_id === pool.id)); }

/** By what the proxy refuses of it, by its own pool, and by those its rules send to: one of them that is down leaves part of the site down. */
export function siteState(site: Site, health: readonly TargetHealth[], pools: readonly Pick<Pool, 'id' | 'used_by'>[] = [], obstacles: readonly Pick<Obstacle, 'kind' | 'id' | 'goes_on'>[] = []): Standing {
  if (!site.enabled) return { status: 'paused', word: 'sites.state.disabled' };
  const refused = obstacles.find((o) => (o.kind === 'site' ? o.id === site.id : o.id === site.target_group_id && !o.goes_on));
  if (refused) return refused.goes_on ? { status: 'warning', word: 'sites.state.asBefore' } : { status: 'critical', word: 'sites.state.leftOut' };
  const own = ofTargets(health.filter((h) => h.target_group_id === site.target_group_id));
  if (own.status === 'critical' || own.status === 'warning') return own;
  const others = pools.filter((p) => p.id !== site.target_group_id && p.used_by.some((u) => u.host_id === site.id && u.is_live)).map((p) => poolState(p, health).status);
  if (others.includes('critical')) return { status: 'warning', word: 'sites.state.ruleDown' };
  return others.includes('warning') ? { status: 'warning', word: 'sites.state.degraded' } : own;
}

/** Requests that a target which gets no new ones is still busy with. */
export function drainOf(health: Pick<TargetHealth, 'enabled' | 'num_requests'> | undefined): number { return health && !health.enabled ? health.num_requests : 0; }

/** Whether it speaks TLS to its targets and takes any certificate. */
export function isUnchecked(pool: Pick<Pool, 'protocol' | 'verify_tls'>): boolean { return pool.protocol === 'https' && !pool.verify_tls; }

/** The module that runs the core rules. */
export const wafModule = 'http.handlers.waf';
/** Whether the engine inspects requests by the core rules; the built-in one does not. */
export function runsWaf(engine: Pick<EngineStatus, 'engine' | 'missing_modules'>): boolean { return engine.engine === 'caddy' && !engine.missing_modules.includes(wafModule); }

/** One sentence for what a rule waits for. */
export function whenOf(t: Translate, rule: Pick<Rule, 'matchers'>): string {
  return rule.matchers.map((m) => conditionText(t, m)).join(' · ');
}

function conditionText(t: Translate, m: RuleMatcher): string {
  switch (m.type) {
    case 'path': return t('sites.when.path', { list: m.config.patterns.join(', ') });
    case 'path_exact': return t('sites.when.pathExact', { list: m.config.values.join(', ') });
    case 'method': return t('sites.when.method', { list: m.config.methods.join(', ') });
    case 'header': return t('sites.when.header', { name: m.config.name, sign: m.config.mode === 'regex' ? '~' : '=', text: m.config.value });
    case 'query': return t('sites.when.query', { name: m.config.name, text: m.config.value === '' ? '*' : m.config.value });
    case 'remote_ip': return t(m.config.negate ? 'sites.when.notFrom' : 'sites.when.from', { list: m.config.ranges.join(', ') });
    case 'host_header': return t('sites.when.host', { list: m.config.values.join(', ') });
  }
}

/** One sentence for what a rule does. */
export function thenOf(t: Translate, rule: Pick<Rule, 'action'>, pools: readonly Pick<Pool, 'id' | 'name'>[]): string {
  const a = rule.action;
  switch (a.type) {
    case 'forward': return t('sites.then.forward', { pool: pools.find((p) => p.id === a.config.target_group_id)?.name ?? `#${a.config.target_group_id}` });
    case 'redirect': return t('sites.then.redirect', { status: a.config.status_code, target: a.config.target });
    case 'fixed_response': return t('sites.then.fixed', { status: a.config.status_code });
    case 'block': return t('sites.then.block');
    case 'rewrite': return t('sites.then.rewrite', { what: [a.config.strip_prefix && `− ${a.config.strip_prefix}`, a.config.path, a.config.query && `?${a.config.query}`].filter(Boolean).join(' ') });
  }
}

/** Colours of series by what the answers mean: green is well, pink is broken. */
export const classHues = { c2xx: 3, c3xx: 1, c4xx: 2, c5xx: 4 } as const;
