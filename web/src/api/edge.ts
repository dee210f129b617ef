// Shapes of the edge routes.
import type { LogEntry, Time } from './shapes';

export type TlsMode = 'auto' | 'none' | 'manual';
export interface PoolSummary { id: number; name: string; protocol: string; algorithm: string; targets_count: number; targets_enabled_count: number }
export interface Site {
  id: number; domain: string; target_group_id: number; target_group: PoolSummary | null; enabled: boolean; tls_mode: TlsMode; tls_email: string; auth_required: boolean; auth_json: boolean; lan_only: boolean; true_detect_mode: boolean;
  tls_acme_ca_url: string; tls_challenge: string; tls_dns_provider: string; rules_count: number; sign_in_obstacles: SignInObstacle[]; created_at: string; updated_at: string;
}
/** What keeps people from signing in to a site that asks for it. */
export type SignInObstacle = 'panel_address' | 'cookie_domain' | 'plain_http';
export interface Target { id: number; target_group_id: number; host: string; port: number; weight: number; enabled: boolean }
export interface Pool {
  id: number; name: string; protocol: 'http' | 'https'; verify_tls: boolean; preserve_host: boolean; algorithm: 'round_robin' | 'least_conn' | 'ip_hash' | 'random'; health_check_enabled: boolean; health_check_path: string;
  health_check_method: 'GET' | 'HEAD' | 'POST'; health_check_expect_status: string; health_check_interval_seconds: number; health_check_timeout_seconds: number; health_check_fails_to_unhealthy: number; health_check_passes_to_healthy: number;
  http2: boolean; sticky: boolean; slow_start_seconds: number;
  /** Sites whose requests come here: by default, or by these rules. */
  used_by: PoolUser[]; targets?: Target[]; targets_count: number; targets_enabled_count: number;
}
export interface PoolUser { host_id: number; domain: string; is_default: boolean; rules: number[]; /** Requests go there now. */ is_live: boolean }
export interface TargetHealth { target_id: number; target_group_id: number; host: string; port: number; enabled: boolean; status: 'healthy' | 'unhealthy' | 'unknown'; last_status_code?: number; last_error?: string; last_checked_at?: string; num_requests: number; num_fails: number }
export interface TargetsHealth { targets: TargetHealth[]; fetched_at: string }
export type RuleAction =
  | { type: 'forward'; config: { target_group_id: number } }
  | { type: 'redirect'; config: { status_code: number; target: string; strip_query: boolean } }
  | { type: 'fixed_response'; config: { status_code: number; body: string; content_type: string } }
  | { type: 'block'; config: Record<string, never> }
  | { type: 'rewrite'; config: { path: string; strip_prefix: string; query: string } };
export type RuleMatcher =
  | { type: 'path'; config: { patterns: string[] } } | { type: 'path_exact'; config: { values: string[] } } | { type: 'method'; config: { methods: string[] } }
  | { type: 'header'; config: { name: string; value: string; mode: 'exact' | 'regex' } } | { type: 'query'; config: { name: string; value: string } }
  | { type: 'remote_ip'; config: { ranges: string[]; negate: boolean } } | { type: 'host_header'; config: { values: string[] } };
export interface Rule { id: number; host_id: number; priority: number; name: string; enabled: boolean; action: RuleAction; matchers: RuleMatcher[]; /** 0 = any number. */ requests_at_once_max: number }
/** Which rule would decide about a request: 0 = the one that is being written, null = none. */
export interface RuleTrial { rule_id: number | null; rule_name: string | null; action: RuleAction | null; pool: string | null; path: string; sent_path: string }
export interface Exclusion { id: number; host_id: number; crs_rule_id: number; path_pattern: string; reason: string; enabled: boolean }
export interface CustomRule { id: number; host_id: number; name: string; secrule: string; enabled: boolean }
export interface SiteSecurity {
  host_id: number; waf_enabled: boolean; waf_mode: 'detect' | 'block'; waf_paranoia: number; waf_block_status: number; waf_block_body: string; rate_limit_enabled: boolean; rate_limit_requests: number; rate_limit_window_seconds: number;
  rate_limit_key: 'ip' | 'header' | 'global'; rate_limit_header_name: string; rate_limit_status: number; appsec_exempt: boolean; updated_at: Time; exclusions: Exclusion[]; custom_rules: CustomRule[];
}
/** A rule of the core set. */
export interface CoreRule { id: number; paranoia: number; category: string; description: string; file: string }
export interface SiteGlance { host_id: number; domain: string; waf_enabled: boolean; waf_mode: string; rate_limit_enabled: boolean; appsec_exempt: boolean; auth_required: boolean; lan_only: boolean; blocked_24h: number; last_triggered_at?: string; requests_per_second: number; refused_15m: number }
export interface EdgeOverview { hosts: SiteGlance[]; rate_limit_on_count: number; forward_auth_on_count: number; lan_only_count: number }
export interface EngineStatus { ok: boolean; engine: 'embedded' | 'caddy'; missing_modules: string[]; address: string; error?: string; has_http: boolean; wanted: boolean; warnings: string[]; /** What the proxy refuses as it is wanted; everything else is served. */ obstacles: Obstacle[]; /** The change that `error` refuses. */ refused: Refused | null; /** Why requests are served but not recorded now. */ unrecorded: string | null; applied_at: Time; sites: number; http: string | null; https: string | null; connections: number; connections_turned_away: number }
/** A change that the proxy refuses; whose it was is null when nobody knows, or the caller may not read the audit log. */
export interface Refused { revision: number; cause: { audit_id: number; at: string; actor: string; description: string } | null }
export interface Obstacle { kind: 'site' | 'pool'; id: number; name: string; reason: string; /** As it was before; else not at all. */ goes_on: boolean; refused: Refused | null }
/** What Caddy is or would be given. `changes` is null when it could not be asked. */
export interface EnginePreview { engine: 'embedded' | 'caddy'; address: string; listen: string[]; error: string | null; missing_modules: string[]; warnings: string[]; changes: { path: string; kind: 'added' | 'removed' | 'changed' }[] | null; more_changes: boolean; document: unknown }
export interface SiteTraffic {
  range: string; granularity: string; timeseries: { time: string; c2xx: number; c3xx: number; c4xx: number; c5xx: number }[]; response_times: { time: string; p50_ms: number | null; p95_ms: number | null; p99_ms: number | null; n: number }[];
  top_hosts: { host_domain: string; count: number }[]; top_paths: { host_domain: string; path: string; count: number }[]; bandwidth_out_bytes: number;
  by_country: CountryCount[]; private_requests: number; unknown_requests: number;
}
/** Where requests of sites come in; it opens with the first site. */
export interface Listener { address: string; port: number | null; is_open: boolean }
/** `is_untrusted`: it was reached, and its certificate is what is wrong. */
export interface ProbeAnswer { status: number | null; millis: number; error: string | null; is_untrusted: boolean }
/** `is_here` is null when it cannot be told. */
export interface NameProbe { addresses: string[]; is_here: boolean | null; elsewhere: string[]; public_address: string | null }
/** A published site, asked through the own listener; `is_asked` is false where that cannot be, and `error` says why. */
export interface SiteProbe { url: string; is_asked: boolean; status: number | null; millis: number; error: string | null; is_trusted: boolean | null; certificate: { issuer: string; not_after: string; days_left: number; is_self_signed: boolean; covers: boolean } | null }
export interface Probe { dns: NameProbe | null; listeners: { http: Listener | null; https: Listener | null } | null; challenge: ProbeAnswer | null; backend: ProbeAnswer | null; site: SiteProbe | null }
/** What the firewall of a site reported within a day, and what it would have refused. */
export interface FirewallFinding { rule_id: number; message: string; severity: string | null }
export interface FirewallRequest { time: string; remote_ip: string | null; method: string | null; path: string; status: number | null; score: number | null; refused: boolean | null; would_refuse: boolean; findings: FirewallFinding[] }
export interface FirewallDay {
  window_seconds: number; mode: 'off' | 'detect' | 'block'; requests: number; refused: number; would_refuse: number; would_refuse_signed_in: number | null; watched_since: string | null; is_cut: boolean;
  rules: { rule_id: number; message: string; severity: string | null; requests: number; would_refuse: number; paths: { path: string; requests: number }[] }[];
  clients: { remote_ip: string; requests: number; would_refuse: number; last_seen: string | null; signed_in: boolean | null }[];
  recent: FirewallRequest[];
}
export type CompressionCoding = 'zstd' | 'br' | 'gzip';
export interface ErrorPage { status: number; content_type: string; body: string }
export interface SiteDelivery { host_id: number; compression: boolean; compression_codings: CompressionCoding[]; hsts_max_age_seconds: number; hsts_include_subdomains: boolean; request_body_bytes_max: number; requests_at_once_max: number; request_header_bytes_max: number; connect_timeout_seconds: number; response_timeout_seconds: number; idle_timeout_seconds: number; tries_max: number; error_pages: ErrorPage[]; updated_at: Time }
/** Requests of a country; its code has two letters. */
export interface CountryCount { country_code: string; country_name: string; count: number }
/** A line of the log store as requests leave it. */
export interface RequestLine extends LogEntry { host_id?: number; host_domain?: string; rule_id?: number; upstream?: string; duration_ms?: number; size_bytes?: number; user_agent?: string; country_code?: string; asn?: number; waf_rule_id?: string; waf_rule_message?: string; waf_severity?: string; waf_anomaly_score?: number; geo?: { is_private: boolean; country_code?: string; country_name?: string; asn?: number; asn_org?: string } }
