// Shapes of the routes this client uses, by hand until `npm run gen` finds the contract document.
// Times are what the server sends (seconds or RFC 3339): read them with toMillis only.

export type Time = number | string | null;
export interface UiUser { username: string; display_name?: string; role: string; must_change_password: boolean; has_2fa: boolean }
export interface UiMe { user: UiUser; can: string[]; preferences: Record<string, unknown>; requires_2fa_setup: boolean }
export interface LoginDone { username: string; role?: string; requires_totp?: false; recovery_codes_remaining?: number; requires_2fa_setup?: boolean }
export interface LoginChallenge { requires_totp: true; challenge_id: string; methods?: string[] }
export type LoginReply = LoginDone | LoginChallenge;
export interface LinkedProvider { provider: string; email: string | null; name: string | null; linked_at: Time }
export interface PasskeyRow { id: string; name: string; aaguid: string; backed_up: boolean; transports: string[]; created_at: Time; last_used_at: Time }
/** How somebody likes tests to run; what nobody changed is the documented default. */
export interface TestDefaults { default_browser: string; default_timeout: number; parallel_execution: boolean; retry_failed_tests: boolean; max_retries: number; screenshot_on_failure: boolean; video_recording: boolean }
export interface DiscoveryPreferences { mode: string; strategy: string; maxPages: number; maxDepth: number; includePatterns: string; excludePatterns: string; focusAreas: string[]; captureScreenshots: boolean; useVisionAi: boolean; authRequired: boolean }
export interface OwnProfile { avatar_url: string | null; display_name: string; test_defaults: TestDefaults; discovery_preferences: DiscoveryPreferences }
export interface OwnActivity { member_since: string; last_login_at: string | null; login_count: number; recent: { at: string; action: string; description: string; ip: string | null; status: string }[] }
export interface DirectoryStep { step: string; ok: boolean; detail: string }
export interface SocialProbe { reachable: boolean; client_known: boolean | null; detail: string }
export interface VaultRekey { job_id: number; state: string; started_by: string; created_at: string; finished_at: string | null; progress: { owner: string; done: number; of: number; resealed: number } | null; result: { resealed: Record<string, number>; keys_forgotten: number } | null; error: string | null }
export interface VaultState { fingerprint: string; active_key: string; retired_keys: string[]; unreadable: number; rekey: VaultRekey | null }
export interface OidcStatus { authorization_endpoint: string | null; token_endpoint: string | null; userinfo_endpoint: string | null; jwks_uri: string | null; enabled: boolean; issuer_url: string | null; client_id: string | null; client_secret_set: boolean; display_name: string; scopes: string; cookie_parent_domain: string | null; auto_provision: boolean; default_role: string; require_email_verified: boolean; allowed_emails: string[]; allowed_domains: string[]; redirect_uri: string }
export interface OidcMetadata { issuer: string; authorization_endpoint: string; token_endpoint: string; userinfo_endpoint?: string; jwks_uri?: string; id_token_signing_alg_values_supported?: string[] }
export interface PendingDevice { user_code: string; client_id: string; scopes: string[]; client_ip: string | null; expires_in: number; csrf_token: string }
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
export interface DatabaseHealth { status: string; engine: string; latency_ms: number | null; version: string | null; size_bytes: number | null; migrations: { current: number; latest: number; pending: number }; pool?: { size: number; in_use: number; idle: number }; wal_bytes?: number; write_ok: boolean; last_backup_at: Time; checked_at: Time }
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
export interface MetricPrediction { error?: string; seasonal?: { period_hours: number; correlation: number; amplitude: number } | null; seasonal_reason?: string | null; regression?: { slope: number; intercept: number; r_squared: number }; projection?: ProjectionPoint[] }
export interface DiskPrediction { metrics: Record<string, MetricPrediction>; combined?: { full_at: Time; primary_metric?: string | null; r_squared?: number | null; confidence?: string | null; slope_per_day?: number | null } | null; error?: string }
export interface JournalUnit { name: string; status: string }

export interface Problem { ref: string; title: string; thing_ref?: string | null; severity: string; since: Time; cause: string | null; rule_id: string; firing_id: number; labels: Record<string, string> | null; children: { ref: string; title: string; severity: string; rule_id: string; firing_id: number }[]; state: string; acknowledged_by: string | null; silenced_until: Time; actions: string[]; incident_id?: number | null; flapping?: boolean }
export interface Attention { problems: Problem[]; well: number | null; things?: { thing: Thing; children: Thing[] }[] }
export interface Thing { ref: string; kind: string; name: string; status: string; word: string; detail: string; page: string; tags: string[]; rev: number; status_since: string; gone_at: string | null }
export interface Things { items: Thing[]; facets: { kinds: { kind: string; count: number }[]; statuses: { status: string; count: number }[] }; total: number; rev: number; next: number | null }
export interface Subscription { event: string; project_id: string | null; channels: string[] }
export interface NotifyPreferences { email_enabled: boolean; email_frequency: 'instant' | 'hourly' | 'daily' | 'weekly'; in_app_enabled: boolean; quiet_hours_enabled: boolean; quiet_hours_start: string | null; quiet_hours_end: string | null; timezone: string }
export interface SavedView { id: string; page: string; name: string; query: string; shared: boolean; own: boolean; by: string; updated_at: string }
export interface Found { groups: { kind: string; items: Thing[] }[]; total: number }
export interface ThingFact { name: string; text: string; unit?: string | null }
export interface ThingLink { id: number; from: string; link: string; to: string; evidence: string; guess: boolean; origin: string; hidden_by: string | null; since: string; other: Thing | null }
export interface ThingDetail extends Thing { facts: ThingFact[]; own_tags: string[]; note: string | null; source: string; first_seen: string; links: ThingLink[]; causes: Thing[]; dependents: number; actions: string[] }
export interface ThingMoment { at: string; what: string; before: string | null; after: string | null; word: string | null; event: EventItem | null }
export interface ModelStatus { enabled: boolean; provider: string; model: string | null; configured: boolean; reason: string | null; local: boolean }
export interface ModelKey { id: string; provider: string; key_display: string; display_name: string | null; is_valid: boolean | null; last_validated_at: Time; validation_error: string | null; created_at: string }
export interface ModelConfig { default_provider: string; default_model: string | null; cost_limit_per_day: number; cost_limit_per_message: number; use_platform_key_fallback: boolean }
export interface ModelBudget { has_budget: boolean; daily_limit: number; daily_spent: number | null; daily_remaining: number; message_limit: number; organization: { daily_limit: number; daily_spent: number | null; monthly_limit: number; monthly_spent: number | null } | null }
export interface ModelOffer { models: { model_id: string; display_name: string; provider: string; input_price: number | null; output_price: number | null; is_available: boolean }[]; user_providers: string[] }
export interface ModelSums { calls: number; input_tokens: number; output_tokens: number; cost_usd: number | null }
export interface ModelUsage { days: (ModelSums & { day: string; provider: string; outcome: string })[]; features: (ModelSums & { name: string })[]; users: (ModelSums & { name: string })[]; budgets: { name: string; spent: number; limit: number | null }[] }
export interface SavedDraft { key: string; body: unknown; updated_at: string }
export interface PermissionCatalogue { roles: Record<string, string[]>; organization_roles: Record<string, string[]>; catalogue: string[] }
/** A change of a thing as the stream tells it. */
export interface ThingPatch { ref: string; kind: string; rev: number; gone: boolean; fields: Pick<Thing, 'name' | 'status' | 'word' | 'detail' | 'tags' | 'status_since'>; at: string }
export interface ThingUndo { undo: string }
export interface EventItem { id: number; source: string; kind: string; severity: string; subject_type?: string | null; subject_id?: string | null; subject_name?: string | null; message: string; actor?: string | null; created_at: Time; repeat_count?: number; acknowledged_by?: string | null; data?: unknown }
export interface Timeline { items: EventItem[]; next: string | number | null }
export interface SetupTask { id: string; state: string; detail?: string | null }
export interface Setup { tasks: SetupTask[] }

export interface AlertRule { id: string; name?: string | null; condition: string; severity: string; message?: string; channels?: (string | number)[]; cooldown?: number; cooldown_s?: number; for_s?: number; group?: string; group_by?: string[]; clear_condition?: string | null; escalation?: { delay_minutes: number; channels: (string | number)[] }[]; depends_on?: string[]; enabled: boolean; builtin?: boolean; autonomy?: string; auto_approve_timeout?: number; action?: unknown; state?: string; unknown_metrics?: string[]; no_data?: NoData[] }
export interface NoData { metric: string; reason: 'never_seen' | 'no_such_subject' | 'silent'; since: number | null }
export interface RuleSeries { metrics: { metric: string; unit: string; source: string; labels: string[]; subjects: { metric: string; value: number | null }[]; total: number }[]; truncated: boolean }
export interface AlertRow { id: number; rule_id: string; timestamp: Time; severity: string; message: string; resolved_at: Time; acknowledged_by?: string | null; state?: string }
export interface AlertPreview { firings: number; intervals: { from: number; to: number | null; peak: number | null; label: string | null }[]; step_s: number; hours: number; unknown_metrics: string[]; no_data: NoData[]; now: { label: string | null; value: number | null; holds: boolean | null }[]; instances: number; unknown_s: number; total_s: number; curves: { metric: string; points: [number, number][] }[] }
export interface AlertTest { rule_id: string; condition: string; result: boolean; available_metrics: string[]; values?: Record<string, number | null> }

export interface Profile { username: string; role: string; permissions: string[]; has_2fa: boolean; recent_logins: AuditRow[]; failed_logins: AuditRow[]; recent_actions: AuditRow[] }
export interface AuditRow { time: Time; username: string; action: string; details: string; ip: string; id?: number; canonical?: string; category?: string; status?: string; severity?: string; role?: string | null; target_type?: string | null; target_id?: string | null; before?: unknown; after?: unknown; request_id?: string | null }
export interface AuditVerify { ok: boolean; rows: number; broken_at: number | null }
export interface SessionRow { id: string; username: string; role: string; kind: string; prefix: string; client_ip: string | null; user_agent: string | null; created_at: Time; last_seen_at: Time; expires_at: Time; current: boolean }
export interface TotpSetup { secret: string; otpauth_url?: string; provisioning_uri?: string; qr_png_base64?: string; recovery_codes?: string[] }
export interface TotpStatus { enabled: boolean; enabled_at?: Time; setup_pending?: boolean; recovery_codes_remaining?: number | null }
export interface UserRow { uid: string; is_temporary: boolean; expires_at: Time; allowed_node_ids: string[] | null; has_password: boolean; created_via: string; username: string; display_name: string; email: string | null; role: string; is_active: boolean; has_2fa: boolean; must_change_password: boolean; last_login_at: Time; created_at: Time }
export interface AllowlistPreview { invalid: string[]; your_ip: string | null; includes_you: boolean; sessions: { username: string; ip: string | null; allowed: boolean | null }[] }
export interface OrganizationRow { id: string; name: string; slug: string; plan: string; member_count: number; role: string; created_at: Time; is_default: boolean; is_personal: boolean }
export interface MemberRow { id: string; user_id: string | null; username: string | null; display_name: string | null; email: string | null; role: string; status: string; invited_by: string | null; invited_at: Time; accepted_at: Time; created_at: Time }
export interface Invited extends MemberRow { invite_path: string; mail: string }
export interface ProjectRow { id: string; organization_id: string; name: string; description: string | null; app_url: string | null; is_active: boolean; test_count: number; last_run_at: Time; created_at: Time }
export interface ProjectMemberRow { user_id: string; username: string; display_name: string; role: string; added_at: Time }
export interface InvitationCheck { valid: boolean; email: string | null; organization_name: string | null; role: string | null; expires_at: Time; invited_by: string | null; message: string | null; may_register: boolean; error: string | null }
export interface ApiKeyRow { key_prefix: string; request_count: number; ends_at: Time; created_by: string; id: string; name: string; role: string; created_at: Time; expires_at: Time; last_used: Time }
export interface OrganizationKeyRow { id: string; name: string; key_prefix: string; scopes: string[]; last_used_at: Time; request_count: number; expires_at: Time; revoked_at: Time; created_at: Time; is_active: boolean }
export interface NewOrganizationKey extends OrganizationKeyRow { key: string }
export interface PowerKeyRow { id: number; name: string; role: string; created_at: Time; last_used_at: Time; key_prefix: string; key?: string | null }
export interface NewApiKey { id: string; key: string; name: string; role: string }
export interface SettingRow { key: string; value: string; default: string | null; source: string; locked: boolean; locked_by: string | null; secret: boolean; set: boolean; type: string; options: string[]; rule: string; class: string; owner: string; description: string; unused: string | null; unit: string | null; minimum: number | null; maximum: number | null; updated_at: Time; updated_by: string | null; version: number }
export interface LogEntry { id: number; timestamp: string; source: string; stream: string; level: string; message?: string; remote_ip?: string; method?: string; path?: string; status?: number }
export interface LogPage { entries: LogEntry[]; total_count: number; has_more: boolean }
export interface LogSeries { bucket_seconds: number; points: { timestamp: string; total: number; class_5xx: number }[] }
export interface Channel { id: number; name: string; type: string; enabled: boolean; verified: boolean; broadcast: boolean; config: Record<string, unknown>; last_sent_at: Time; sent_today: number; failures: number; template: string; rate_limit_per_minute: number; rate_limit_per_hour: number; retry: string; quiet_hours: { start: string; end: string; timezone: string } | null }
export interface Delivery { id: number; channel_id: number | null; channel_name: string; event_type: string; status: string; reason: string | null; attempts: number; error_message: string | null; http_status: number | null; created_at: Time; sent_at: Time; event_payload: string; rendered_payload: string; uid: string }
export interface ChannelTest { success: boolean; sent_payload?: string; error_message?: string | null; http_status?: number | null; answer?: string | null }
export interface NotificationRule { id: number; name: string; channel_id: number; event_type: string; filter_host_ids: number[]; filter_device_ids: string[]; filter_node_ids: string[]; filter_severities: string[]; min_severity: string | null; throttle_window_seconds: number; template: string; enabled: boolean; filter_tags: string[]; conditions: unknown; throttle_key: string }
export interface Webhook { id: number; name: string; hook_id: string; source: string; verify_mode: string; enabled: boolean; last_triggered: number | null; trigger_count: number; rejected: number; previous_secret_valid: boolean; created_at: number }
export interface OrganizationChannel { id: string; organization_id: string; project_id: string | null; name: string; channel_type: string; config: Record<string, unknown>; enabled: boolean; verified: boolean; rate_limit_per_hour: number; quiet_hours: { start: string; end: string; timezone: string } | null; last_sent_at: Time; sent_today: number; created_at: Time; updated_at: Time }
export interface OrganizationRule { id: string; channel_id: string; name: string; event_type: string; conditions: unknown; message_template: string | null; priority: 'low' | 'normal' | 'high' | 'urgent'; cooldown_minutes: number; enabled: boolean; created_at: Time; updated_at: Time }
export interface OrganizationHook { id: string; name: string; source: string; url: string; project_id: string | null; verify_mode: 'native' | 'token' | 'none'; enabled: boolean; last_received_at: Time; received: number; rejected: number; created_at: Time; secret?: string }
export interface ToolAccount { platform: 'github' | 'slack' | 'jira' | 'linear'; configured: boolean; connected: boolean; account_name?: string | null; account_id?: string | null; scopes: string[]; connected_at?: Time; token_expires_at?: Time; needs_reconnect: boolean }
/** A key that signs in to the account Argos runs under; `id` is its place in the list. */
export interface SshKeyRow { id: number; type: string; comment: string; fingerprint: string; sha256: string | null }
/** Made-up things to look around with. */
export interface Demo { on: boolean; things: number }
export type ConsequenceKind = 'sessions' | 'api_keys' | 'passkeys' | 'memberships' | 'tool_accounts' | 'members' | 'projects' | 'webhooks' | 'channels' | 'notification_rules' | 'deliveries' | 'channel_hears_less' | 'alerts' | 'schedules' | 'alert_rules' | 'last_channel' | 'webhook_calls' | 'key_used' | 'runs_missed' | 'changes_lost' | 'tunnels' | 'node_connected' | 'plans_use_it' | 'plan_armed' | 'schedules_lose_test' | 'tests' | 'files' | 'site_requests' | 'site_rules' | 'site_protection' | 'certificates' | 'pool_in_use' | 'targets' | 'site_without_certificate' | 'site_without_backend';
export interface ChangePreview { allowed: boolean; refusal: string | null; warnings: string[]; consequences: { what: ConsequenceKind; count: number; names: string[] }[]; affected: { ref: string; name: string; page: string }[]; affected_total: number; reversible: boolean | null }
export interface WebhookCall { id: string; delivery_id: string; event_type: string; body: string; status: string; duplicates: number; created_at: number }
export interface JobRow { id: number | string; uid?: string; kind: string; state?: string; status?: string; progress?: { percent?: number; phase?: string } | number | null; error?: string | null; trigger?: string | null; triggered_by?: string | null; created_at?: Time; started_at?: Time; finished_at?: Time }
export interface InboxItem { id: number; type?: string; timestamp: Time; level: string; title: string; message: string; read: boolean; username?: string | null; action_url?: string | null }
export interface Inbox { notifications: InboxItem[]; unread_count: number }
export interface Health { status: string; version?: string; uptime_s?: number; db?: string }
export interface Ready { ready: boolean; checks: Record<string, unknown>; timestamp?: Time }

// Incidents, silences, maintenance, availability.
export interface Incident { id: number; uid: string; timestamp: number; severity: string; source: string; title: string; details: string; resolved_at: number; resolved_by: string | null; auto_generated: boolean; kind: string; status: string; public: boolean; assigned_to: string | null; created_by: string; root_cause: string | null; postmortem: string | null; merged_into: number | null }
export interface IncidentAlert { id: number; rule_id: string; severity: string; message: string; started_at: number; resolved_at: number | null; value: number | null; acknowledged_by: string | null; flapping: boolean; withheld: string | null }
export interface IncidentDetail extends Incident { alerts: IncidentAlert[] }
export interface IncidentMessage { id: number; author: string; message: string; msg_type: string; created_at: number }
export interface IncidentEntry { at: number; kind: string; by: string | null; text: string; severity: string | null; detail: string | null }
export interface Matcher { label: string; op: '=' | '!=' | '~' | '!~'; value: string }
export interface MaintenanceWindow { id: number; name: string; schedule: string | null; duration_min: number; one_off_start: number | null; one_off_end: number | null; timezone: string | null; type: string; scope: string[]; matchers: Matcher[]; suppress_alerts: boolean; suppress_shutdown: boolean; override_autonomy: string | null; auto_close_alerts: boolean; heal_action: string | null; reason: string; enabled: boolean; created_by: string; origin: string; created_at: number; active: boolean; active_until: number | null; next_start: number | null }
export interface WindowPeriod { window_id: number; name: string; start: number; end: number; recurring: boolean; suppress_alerts: boolean }
export interface Coverage { alerts: { firing_id: number; rule_id: string; severity: string; message: string }[]; rules: { id: string; name: string }[]; upcoming: { start: number; end: number }[] }
export interface SlaFigures { uptime_pct: number | null; observed_pct: number | null; downtime_s: number; maintenance_s: number; unknown_s: number; name: string }
export interface SlaSummary { period_hours: number; sla: (SlaFigures & { type: string; incidents: number })[]; rules: (SlaFigures & { id: string; firings: number })[]; unknown_s: number }

export interface BackupRow { id: number; uid: string; filename: string; size_bytes: number; sha256: string; kind: string; created_at: Time; note: string | null; trigger_name: string; encrypted: boolean; engine: string | null; version: string | null; row_count: number | null; verify_state: string | null; verified_at: Time; verify_detail: string | null; remote_state: string | null; remote_place: string | null; remote_error: string | null }
export interface BackupStatus { enabled: boolean; schedule: string; retention_days: number; include_telemetry: boolean; encrypted: boolean; next_run_at: Time; last_backup_at: Time; last_backup_status: 'ok' | 'stale' | 'missing'; last_good_at: Time; last_failed_at: Time; last_error: string | null; target: string | null; target_error: string | null; running_job_id: number | null; restore_pending: boolean; free_bytes: number | null; database_bytes: number }
export interface TableChange { part: string; table: string; backup_rows: number | null; current_rows: number | null; changed: boolean }
export interface BackupPreview { filename: string; created_at: Time; version: string; engine: string; note: string | null; same_master_key: boolean; includes_telemetry: boolean; tables: TableChange[]; warnings: string[] }
export interface JobDetail { id: number; state: string; progress: { phase?: string; rows?: number | null } | null; error: string | null }
export interface ChangeSet { id: string; timestamp: Time; username: string; changes: { key: string; old: string; new: string; setting: string }[] }
export interface ImportSkip { key: string; reason: string }
export interface ConfigPlan { ok: boolean; settings: { changes: { key: string; old: string; new: string; to_default: boolean }[]; unchanged: number; skipped: ImportSkip[]; faults: ImportSkip[] } | null; identity: { creates: string[]; existing: string[]; faults: string[] } | null; sections: Record<string, SectionPlan> }
export interface SectionPlan { creates: string[]; updates: string[]; removes: string[]; unchanged: number; warnings: string[]; faults: string[] }
export type WaitingWord = 'approve' | 'deny' | 'defer' | 'read';
export interface WaitingItem { ref: string; kind: string; severity: string; title: string; detail: string | null; at: string; by: string | null; expires_at: Time; risk: string | null; page: string; words: WaitingWord[] }
export interface KindCount { kind: string; count: number }
export interface WaitingPage { items: WaitingItem[]; total: number; counts: KindCount[]; unavailable: string[] }
export interface CredentialRow { kind: string; name: string; used_by: string[]; created_at: Time; changed_at: Time; expires_at: Time; last_used_at: Time; renewal: 'rotate' | 'replace' | 'automatic' | 'command'; page: string }
export interface CredentialPage { items: CredentialRow[]; total: number; counts: KindCount[]; unavailable: string[] }
export interface ComingItem { kind: string; name: string; at: string; until: Time; repeats: string | null; page: string }
export interface ComingUp { items: ComingItem[]; unavailable: string[] }
export interface ScheduleRow { id: number; uid: string; name: string; kind: string; cron: string; timezone: string | null; enabled: boolean; next_run_at: Time; last_run_at: Time; last_state: string | null; skip_reason: string | null; overlap: 'skip' | 'queue' | 'replace' | 'allow'; misfire: 'run_once' | 'skip'; grace_s: number; jitter_s: number; until: Time; managed_by: string | null; upcoming: string[]; approval: HoldPolicy | null; readable: string; removable: boolean }
export interface PublicIncident { id: number; title: string; severity: 'minor' | 'major' | 'critical'; status: string; created_at: number; resolved_at: number | null; created_by: string; assigned_to: string; updates: { id: number; message: string; status: string; created_at: number; created_by: string }[] }
export interface PublicStatus { components: { id: number; name: string; group_name: string; status: string }[]; active_incidents: PublicIncident[]; uptime_history: { date: string; incidents: number; worst_severity: string | null; known: boolean }[]; overall: string; timestamp: number }
export interface StatusComponent { id: number; name: string; group_name: string; service_key: string | null; display_order: number; enabled: boolean }
export interface HoldPolicy { quorum: number; approvers: string[]; timeout_s: number; on_timeout: 'deny' | 'approve' | 'wait'; escalate_s: number | null }
export interface SchedulePreview { valid: boolean; error: string | null; field: string | null; readable: string | null; timezone: string | null; next: { at: string; local: string; clock_change: 'gap' | 'repeated' | null }[] }
export interface ApprovalRow { id: number; uid: string; kind: string; status: string; description: string; run_id: number; trigger: string; action_type: string; action_params: Readonly<Record<string, unknown>>; target: string | null; requested_at: number; requested_by: string; decided_at: number | null; decided_by: string | null; expires_at: number | null; on_timeout: HoldPolicy['on_timeout']; stage: string; defers: number; comment: string | null; risk: string | null; required_permission: string; approvers: string[]; quorum: number; votes: { username: string; comment: string | null; at: number }[]; modifiable: string[]; modified_keys: string[]; self_approved: boolean; decidable: boolean; thread_id: string | null; run_state: string | null; error: string | null }
