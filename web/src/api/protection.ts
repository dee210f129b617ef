// Shapes of the protection routes.
import type { CountryCount } from './edge';
import type { Time } from './shapes';

export interface Geo { country_code?: string; country_name?: string; asn?: number; asn_org?: string; is_private?: boolean }
export interface Decision { id: number; origin: string; type: string; scope: string; value: string; scenario: string; duration: string; until: string; geo?: Geo }
export interface Decisions { decisions: Decision[]; total: number; limit: number; offset: number; heard_at: Time; error: string | null }
export interface BanPreview { scope: string; value: string; allowed: boolean; refusal?: { code: string; message: string }; covering: Decision[] }
export interface Place { id: number; scope: string; value: string }
export interface Unbanned { unbanned: number; ip: string; lifted: Place[]; covering: Place[]; whitelisted: boolean }
export interface AllowedEntry { id: number; scope: 'ip' | 'range'; value: string; reason: string; created_at: string; created_by: string }
export interface SelfCheck { client_ip: string | null; banned: boolean; any_banned: boolean; public_ip_self?: string; active_session_ips: string[]; banned_ips: { ip: string; source: 'current_session' | 'public_ip' | 'active_session'; decisions: Decision[] }[] }
export interface SecurityStats { bans_total: number; bans_by_scope: Record<string, number>; bans_by_origin: Record<string, number>; bans_by_scenario: { scenario: string; count: number }[]; whitelist_entries: number; audit_last_24h: number; generated_at: string }
export interface CrowdSecStatus {
  state: 'not_configured' | 'connected' | 'degraded' | 'disconnected'; enabled: boolean; lapi_url: string; bouncer_api_key: string; machine_user: string; machine_password: string; locked: string[];
  bouncer_ok: boolean | null; machine_ok: boolean | null; last_heartbeat: Time; error: string | null; decisions: number; enforced: boolean;
}
export interface CountryBan { id: number; country_code: string; cidr_count: number; reason: string; duration: string; until: string; created_at: string; created_by: string; mmdb_version_at_creation: string; state: 'active' | 'drifted' | 'expired' }
export interface CountryJob { id: number; country_code: string; state: 'pending' | 'running' | 'completed' | 'failed'; chunks_total: number; chunks_done: number; chunks_failed: number; cidr_committed: number; requested_count: number; duration: string; reason: string; error_message?: string; created_at: string }
export interface GeoStatus { country_db_version: string | null; asn_db_version: string | null; loaded_at: Time; last_refresh_at: Time; last_refresh_error: string | null; attribution: string; next_refresh_at: string }
export interface TestedHalf { state: 'ok' | 'missing' | 'failed'; code?: string; message?: string }
export interface CrowdSecTest { lapi_url: string; bouncer: TestedHalf; machine: TestedHalf }
/** Attacks and refusals of a range, and where they came from. */
export interface Attacks { range: string; waf_timeseries: { time: string; detected: number; blocked: number }[]; top_attack_types: { rule_id: string; message: string; count: number }[]; top_attack_ips: { remote_ip: string; count: number; distinct_hosts: number; last_seen: string; geo?: Geo }[]; top_attacked_paths: { host_domain: string; path: string; count: number }[]; rate_limit_hits: number; by_country: CountryCount[]; private_hits: number; unknown_hits: number }
export interface Scenario { short_name: string; source?: string; canonical_name: string; path: string; disabled: boolean; description?: string }
export interface Scenarios { scenarios: Scenario[]; is_available: boolean; mount_path: string; disabled_count: number; last_modified_at?: string }
export interface Tuning { inbound_threshold: number; outbound_threshold: number; last_modified_at?: string }
export interface Drift {
  scenarios: { drift_detected: boolean; expected_disabled: string[]; actually_enabled: string[]; still_disabled: string[] };
  appsec_tuning: { drift_detected: boolean; expected_inbound: number; actual_inbound: number | null; expected_outbound: number; actual_outbound: number | null };
  /** Entries that CrowdSec does not have, and those it should not have; null = its files cannot be read. */
  whitelist: { drift_detected: boolean; expected: number; missing: number | null; extra: number | null };
  /** Sites that only detect. */
  profiles: { drift_detected: boolean; expected: string[]; actual: string[] | null };
  /** What the script beside CrowdSec applied last. */
  applied: { at: string; current: boolean; complete: boolean; watching: boolean } | null;
}
export interface AppSecStatus { mode: string; collections_installed: string[]; total_rules: number | null; reachable: boolean | null; error?: string; fail_open: boolean; last_mode_change_at?: string; last_mode_change_by?: string }
export interface AppSecMetrics { window: string; mode: string; total_hits: number; blocked: number; logged: number; top_rules: { rule: string; message?: string; count: number }[]; top_ips: { ip: string; count: number; last_seen: string | null; geo?: Geo }[]; by_category: { category: string; count: number }[]; top_paths: { host?: string; path: string; count: number }[]; hits_over_time: { time: string; hits: number; blocked: number }[]; degraded?: { code: string; message: string } }
