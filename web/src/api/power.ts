// Shapes of the power routes.
import type { Time } from './shapes';

/** Limits of one device; absent ones follow the settings. */
export interface PowerLimits { load_percent?: number | null; temperature_c?: number | null; battery_percent?: number | null; runtime_seconds?: number | null; voltage_band?: 'tight' | 'normal' | 'loose' | null }
export type DeviceState = 'online' | 'stale' | 'offline' | 'disabled' | 'unknown';
export interface PowerDevice {
  id: string; name: string; type: string; poller: string; host: string; port: number; enabled: boolean; connection_config: Record<string, unknown>; secrets_set: string[];
  model: string | null; firmware: string | null; serial: string | null; manufacturer: string | null; last_seen: Time; status: DeviceState; last_error: string | null;
  tags: string[]; feeds: string[]; group: string | null; location: string | null; rated_power_watts: number | null; nominal_power_factor: number; poll_seconds: number | null; thresholds: PowerLimits; created_at: string; source: string; profile: string | null;
}
export interface PowerSnapshot {
  id: number | null; timestamp: string; device_id: string; device_type: string; power_watts: number | null; load_percent: number | null; voltage: number | null; battery_percent: number | null; runtime_seconds: number | null;
  ups_status: string | null; temperature_c: number | null; input_voltage: number | null; output_voltage: number | null; current_amps: number | null; frequency_hz: number | null; power_source: 'measured' | 'estimated' | null;
  battery_voltage: number | null; outlet_count: number | null; energy_kwh: number | null; alarms: string[];
}
export interface PowerSummary { devices: { total: number; online: number; offline: number; on_battery: number }; total_watts: number | null; total_kwh_today: number | null; cost_today: number | null; currency: string; worst_status: string | null; min_runtime_seconds: number | null; scanning_disabled: boolean }
export interface PowerEvent { id: number; timestamp: string; device_id: string | null; device_name: string | null; event_type: string; metadata: Record<string, unknown>; severity: string; message: string; note: string | null }
export interface PowerPageOf<T> { page: number; page_size: number; total: number; items: T[] }
export interface Outage { id: number; device_id: string; device_name: string; started_at: string; ended_at: string | null; duration_seconds: number; battery_start: number | null; battery_end: number | null; min_runtime_seconds: number | null; max_load: number | null; ended_by: string | null }
export interface UpsVariable { value: string; writable: boolean }
export interface UpsCommand { name: string; description: string; dangerous: boolean }
/** Without a device: the standing charge. */
export interface EnergyBucket { device_id: string | null; start: string; kwh: number; cost: number; currency: string; estimated: boolean; coverage: number }
export interface TariffPeriod { name: string; rate: number; days: string[]; months: number[]; start: string; end: string }
export interface Tariff { currency: string; base_rate: number; standing_per_day: number; periods: TariffPeriod[]; valid_from: string | null }
export interface FoundUps { device: { id: string; name: string; host: string; port: number } & Record<string, unknown>; ups_status: string | null; battery_percent: number | null; model: string | null; community: number | null; known: boolean }
export interface Discovery { job_id: number; state: 'running' | 'done' | 'cancelled'; done: number; total: number; found: FoundUps[]; hosts: { host: string; port: number; ok: boolean; error: string | null }[] }
export interface PowerOutlet { outlet: string; name: string | null; label: string | null; state: 'on' | 'off' | 'unknown'; current_amps: number | null; power_watts: number | null; energy_kwh: number | null; switchable: boolean; protected: boolean; updated_at: Time; job_id: number | null }
export interface PowerPhase { id: string; voltage: number | null; current_amps: number | null; power_watts: number | null; load_percent: number | null }
export interface PowerPhases { timestamp: Time; phases: PowerPhase[] }
export interface BatteryHealth { health_ratio: number | null; confidence: string | null; estimated_full_runtime_seconds: number | null; observations: number; age_days: number | null; replace_flag: boolean; last_test: { result: string; at: string | null } | null; basis: string[] }
export interface SupplyQuality { score: number | null; parts: { name: string; weight: number; share: number }[]; availability: Partial<Record<string, number | null>>; sla_target: number; sla_ok: boolean | null }
export type ExporterName = 'influxdb' | 'loki' | 'csv' | 'mqtt';
export interface Exporter { name: ExporterName; enabled: boolean; ok: boolean | null; last_error: string | null; last_error_at: string | null; last_ok_at: string | null; queued: number; sent: number; errors: number; dropped: number; queue_max: number; queue_hours: number }
export interface ExporterTrial { ok: boolean; latency_ms: number; error: string | null }
export interface PowerImport { imported: number; duplicates: number; rejected: { line: number; error: string }[]; rejected_left?: number }
export interface PowerConfig { enabled_exporters: string[] }
export interface DeviceTest { ok: boolean; latency_ms: number | null; profile: string | null; device_type: string | null; model: string | null; snapshot: PowerSnapshot | null; error: string | null }
