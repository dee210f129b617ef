// Shapes of the routes this client uses, by hand until `npm run gen` finds the contract document.
// Times are what the server sends (seconds or RFC 3339): read them with toMillis only.

export type Time = number | string | null;
export interface UiUser { username: string; display_name?: string; role: string; must_change_password: boolean; has_2fa: boolean }
export interface UiMe { user: UiUser; can: string[]; preferences: Record<string, unknown>; requires_2fa_setup: boolean }
export interface LoginDone { username: string; role?: string; requires_totp?: false; recovery_codes_remaining?: number; requires_2fa_setup?: boolean }
export interface LoginChallenge { requires_totp: true; challenge_id: string; methods?: string[] }
export type LoginReply = LoginDone | LoginChallenge;
export interface Provider { id: string; name: string; url: string }

export interface Disk { mount: string; percent: number; total: string; used: string; free: string; total_bytes?: number; used_bytes?: number; free_bytes?: number; barClass?: string; size?: string; device?: string; fstype?: string }
export interface DiskIo { device: string; read_bps: number | null; write_bps: number | null }
export interface NetRate { name: string; rx_bps: number | null; tx_bps: number | null }
export interface TopEntry { name: string; val: number | string }
export interface ServiceState { name: string; status: string; is_user?: boolean; active?: boolean; user?: string }
export interface ContainerState { id: string; name: string; image: string; state: string; status: string }
export interface LiveAlert { level: string; severity?: string; msg: string }
/** One collector tick: the body of /api/stats and of each stream event. */
export interface Stats {
  timestamp: number;
  hostname?: string | null; osName?: string | null; kernel?: string | null; defaultIp?: string | null; uptime?: string | null; uptime_s?: number | null;
  load?: (number | null)[] | null; cpu_percent: number | null; cpu_temp?: number | null; gpu_temp?: number | null;
  memory?: { total: number | null; available: number | null; used: number | null; percent: number | null } | null; mem_percent?: number | null;
  disks?: Disk[] | null; diskIo?: DiskIo[] | null; net_rx_bytes?: number | null; net_tx_bytes?: number | null; netInterfaces?: NetRate[] | null;
  hwCpu?: string | null; hwGpu?: string | null; topCpu?: TopEntry[] | null; topMem?: TopEntry[] | null; topIo?: TopEntry[] | null;
  services?: ServiceState[] | null; containers?: ContainerState[] | null; alerts?: LiveAlert[] | null;
  collector_pulse?: number | null; collector_status?: string | null;
}
export interface HistoryPoint { time: number; value: number | null; upper_band?: number; lower_band?: number; anomaly?: boolean }
export type HistoryMulti = Record<string, HistoryPoint[]>;
export interface MetricInfo { name: string; value: number | string | null; type: string; unit?: string }
export interface SeriesInfo { metric: string; labels: Record<string, string>; unit: string; kind: string }
export interface MetricSeries { labels: Record<string, string>; unit?: string; points: [number | string, number | null][] }
export interface MetricReply { metric: string; step: number; series: MetricSeries[] }
export interface SystemInfo { hostname: string | null; os: string | null; kernel: string | null; arch: string | null; cpu_model: string | null; cpu_cores: number | null; gpu: string | null; uptime: string | null; load: string | null; ip: string | null; governor: string | null; version: string | null; ram_total_gb: number | null; ram_available_gb: number | null; swap_total_gb: number | null; swap_used_gb: number | null }
export interface HealthCheck { name: string; status: string; value: string | number | null; deduction: number }
export interface SystemHealth { score: number | null; grade: string | null; checks: HealthCheck[]; uptime?: string | null; hostname?: string | null }
export interface TaskState { name: string; state: string; restarts: number; last_error: string | null; since: Time }
export interface Components { components: HealthComponent[]; tasks?: TaskState[] }
export interface HealthComponent { name: string; status: string; last_ok?: Time; failures?: number; latency_ms?: number | null; detail?: string | null }
export interface Process { pid: number; name: string; cpu: number | null; mem: number | null; status: string; user: string; memory_bytes?: number | null; threads?: number | null; command?: string | null; started?: Time; io_bps?: number | null }
export interface ProcessSnapshot { time: Time; cpu: { name: string; pid: number; val: number }[]; mem: { name: string; pid: number; val: number }[] }
export interface NetInterface { name: string; ip: string; up: boolean | null; speed: number; mtu: number | null; mac?: string | null; addresses?: string[]; rx_errors?: number | null; tx_errors?: number | null; virtual?: boolean }
export interface ListenPort { port: number; address: string; pid: number | null; process: string; protocol?: string }
export interface Connection { pid: number | null; process: string; local: string; remote: string; status: string }
export interface SmartDisk { device: string; model?: string; serial?: string; capacity_bytes?: number | null; smart_ok?: boolean | null; temp_c?: number | null; power_on_hours?: number | null; risk_score?: number | null; attributes?: Record<string, number | string | null>; error?: string }
export interface ProjectionPoint { time: Time; predicted: number; lower_95?: number; upper_95?: number }
export interface MetricPrediction { error?: string; regression?: { slope: number; intercept: number; r_squared: number }; projection?: ProjectionPoint[] }
export interface DiskPrediction { metrics: Record<string, MetricPrediction>; combined?: { full_at: Time; primary_metric?: string | null; r_squared?: number | null; confidence?: string | null; slope_per_day?: number | null } | null; error?: string }
export interface JournalUnit { name: string; status: string }

export interface Problem { ref: string; title: string; severity: string; since: Time; cause: string | null; rule_id: string; firing_id: number; labels: Record<string, string> | null; children: { ref: string; title: string; severity: string; rule_id: string; firing_id: number }[]; state: string; acknowledged_by: string | null; silenced_until: Time; actions: string[] }
export interface Attention { problems: Problem[]; well: number | null }
export interface EventItem { id: number; source: string; kind: string; severity: string; subject_type?: string | null; subject_id?: string | null; subject_name?: string | null; message: string; actor?: string | null; created_at: Time; repeat_count?: number; acknowledged_by?: string | null; data?: unknown }
export interface Timeline { items: EventItem[]; next: string | number | null }
export interface SetupTask { id: string; state: string; detail?: string | null }
export interface Setup { tasks: SetupTask[] }

export interface AlertRule { id: string; name?: string | null; condition: string; severity: string; message?: string; channels?: (string | number)[]; cooldown?: number; cooldown_s?: number; for_s?: number; group?: string; enabled: boolean; builtin?: boolean; autonomy?: string; state?: string; unknown_metrics?: string[] }
export interface AlertRow { id: number; rule_id: string; timestamp: Time; severity: string; message: string; resolved_at: Time; acknowledged_by?: string | null; state?: string }
export interface AlertPreview { firings: number; intervals: { from: number; to: number | null; peak: number | null; label: string | null }[]; step_s: number; hours: number; unknown_metrics: string[] }
export interface AlertTest { rule_id: string; condition: string; result: boolean; available_metrics: string[]; values?: Record<string, number | null> }

export interface Profile { username: string; role: string; permissions: string[]; has_2fa: boolean; recent_logins: AuditRow[]; failed_logins: AuditRow[]; recent_actions: AuditRow[] }
export interface AuditRow { time: Time; username: string; action: string; details: string; ip: string; id?: number; canonical?: string; category?: string; status?: string; severity?: string; role?: string | null; target_type?: string | null; target_id?: string | null; before?: unknown; after?: unknown; request_id?: string | null }
export interface AuditVerify { ok: boolean; rows: number; broken_at: number | null }
export interface SessionRow { id: string; username: string; role: string; kind: string; prefix: string; client_ip: string | null; user_agent: string | null; created_at: Time; last_seen_at: Time; expires_at: Time; current: boolean }
export interface TotpSetup { secret: string; otpauth_url?: string; provisioning_uri?: string; qr_png_base64?: string; recovery_codes?: string[] }
export interface TotpStatus { enabled: boolean; enabled_at?: Time; setup_pending?: boolean; recovery_codes_remaining?: number | null }
export interface UserRow { username: string; display_name: string; email: string | null; role: string; is_active: boolean; has_2fa: boolean; must_change_password: boolean; last_login_at: Time; created_at: Time }
export interface ApiKeyRow { id: string; name: string; role: string; created_at: Time; expires_at: Time; last_used: Time }
export interface NewApiKey { id: string; key: string; name: string; role: string }
export interface SettingRow { key: string; value: string; default: string | null; source: string; locked: boolean; locked_by: string | null; secret: boolean; set: boolean; type: string; options: string[]; rule: string; class: string; owner: string; description?: string | null; updated_at: Time; updated_by: string | null; version: number }
export interface Channel { id: number; name: string; type: string; enabled: boolean; verified: boolean; broadcast: boolean; config: Record<string, unknown>; last_sent_at: Time; sent_today: number; failures: number; template: string; rate_limit_per_minute: number; rate_limit_per_hour: number; retry: string; quiet_hours: { start: string; end: string; timezone: string } | null }
export interface Delivery { id: number; channel_id: number | null; channel_name: string; event_type: string; status: string; reason: string | null; attempts: number; error_message: string | null; http_status: number | null; created_at: Time; sent_at: Time; event_payload: string; rendered_payload: string; uid: string }
export interface ChannelTest { success: boolean; sent_payload?: string; error_message?: string | null; http_status?: number | null; answer?: string | null }
export interface NotificationRule { id: number; name: string; channel_id: number; event_type: string; filter_host_ids: number[]; filter_device_ids: string[]; filter_node_ids: string[]; filter_severities: string[]; min_severity: string | null; throttle_window_seconds: number; template: string; enabled: boolean }
export interface Webhook { id: number; name: string; hook_id: string; source: string; verify_mode: string; enabled: boolean; last_triggered: number | null; trigger_count: number; rejected: number; previous_secret_valid: boolean; created_at: number }
export interface WebhookCall { id: string; delivery_id: string; event_type: string; body: string; status: string; duplicates: number; created_at: number }
export interface JobRow { id: number | string; uid?: string; kind: string; state?: string; status?: string; progress?: { percent?: number; phase?: string } | number | null; error?: string | null; trigger?: string | null; triggered_by?: string | null; created_at?: Time; started_at?: Time; finished_at?: Time }
export interface InboxItem { id: number; timestamp: Time; level: string; title: string; message: string; read: boolean; username?: string | null; action_url?: string | null }
export interface Inbox { notifications: InboxItem[]; unread_count: number }
export interface Health { status: string; version?: string; uptime_s?: number; db?: string }
export interface Ready { ready: boolean; checks: Record<string, unknown>; timestamp?: Time }
