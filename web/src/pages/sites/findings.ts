// Which findings of the firewall belong to a request, and which of them can be left out.
import type { RequestLine } from '../../api/edge';
import { toMillis } from '../../format/time';

/** Rules of the core set that add up or report what others found. */
const sums: ReadonlySet<number> = new Set([949110, 949111, 959100, 959101]);
export function isSum(rule: number): boolean { return sums.has(rule) || (rule >= 980000 && rule <= 980999); }
/** What can be left out: rules of the core set that look at requests. */
export function isExcludable(rule: number): boolean { return Number.isInteger(rule) && rule >= 900000 && rule <= 999999 && !isSum(rule); }

/** The proxy and its firewall write their lines at the two ends of a request. */
const slackMs = 3_000;

/** The query that finds them, wider than they are. */
export function findingsQuery(line: RequestLine): Record<string, string> | null {
  const at = toMillis(line.timestamp);
  if (at === null || line.remote_ip === undefined || line.path === undefined) return null;
  const span = slackMs + (line.duration_ms ?? 0);
  const iso = (ms: number) => new Date(ms).toISOString();
  return { source: 'waf_audit', remote_ip: line.remote_ip, path: line.path, from: iso(at - span), to: iso(at + span), ...(line.host_id === undefined ? {} : { host_id: String(line.host_id) }) };
}

const pathOf = (line: RequestLine) => line.path?.split('?')[0];

/** The lines about this very request: one per rule, those of its nearest moment, findings before sums. */
export function findingsOf(line: RequestLine, found: readonly RequestLine[]): RequestLine[] {
  if (line.source === 'waf_audit') return [line];
  const at = toMillis(line.timestamp) ?? 0;
  const same = found.filter((f) => f.source === 'waf_audit' && f.remote_ip === line.remote_ip && pathOf(f) === pathOf(line) && (f.method === undefined || line.method === undefined || f.method === line.method));
  const away = (f: RequestLine) => Math.abs((toMillis(f.timestamp) ?? 0) - at);
  const nearest = Math.min(...same.map(away));
  const rules = new Map<string, RequestLine>();
  for (const f of same) if (away(f) === nearest) rules.set(f.waf_rule_id ?? f.message ?? '', f);
  return [...rules.values()].sort((a, b) => Number(isSum(Number(a.waf_rule_id))) - Number(isSum(Number(b.waf_rule_id))));
}
