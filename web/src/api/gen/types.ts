// Written by scripts/gen-api.mjs from the contract. Do not edit.
/* biome-ignore-all lint: generated */

export type AccountView = {
  id: number;
  uid: string;
  username: string;
  display_name: string;
  email?: string | null;
  role: Role;
  is_active: boolean;
  is_temporary: boolean;
  expires_at?: string | null;
  allowed_node_ids?: string[] | null;
  has_2fa: boolean;
  has_password: boolean;
  must_change_password: boolean;
  created_via: string;
  last_login_at?: string | null;
  login_count: number;
  created_at: string;
};

export type AckBody = {
  /** A remark for the others, at most 4000 characters. */
  note?: string | null;
};

export type AckView = {
  status: string;
  acknowledged_by: string;
};

/** One executed action (ops-automation B.1, `action_audit`). Facts the row does not hold are `null`. */
export type ActionView = {
  id: number;
  /** Unix seconds. */
  timestamp: number;
  trigger_type: string;
  trigger_id?: unknown;
  action_type: string;
  action_params?: unknown;
  target?: string | null;
  outcome: string;
  duration_s?: number | null;
  output?: unknown;
  approved_by?: unknown;
  rollback_result?: unknown;
  error?: unknown;
};

export type ActivateBody = {
  code: string;
};

/** One audit row in the ops shape. */
export type ActivityLine = {
  /** Unix seconds. */
  time: number;
  username: string;
  action: string;
  details: string;
  ip?: string | null;
};

export type AddBody = {
  key?: string;
};

/** A current built-in alert. */
export type AlertLine = {
  /** danger, warning or info */
  level: string;
  severity: string;
  msg: string;
};

export type AttentionView = {
  problems: ProblemView[];
  /** Enabled rules that are not firing. */
  well: number;
};

/** One row of the ops view (ops-core C.3), with what the product's own page adds. */
export type AuditView = {
  /** Unix seconds. */
  time: number;
  username: string;
  action: string;
  details: string;
  ip: string;
  id: number;
  /** The canonical name of `action`. */
  canonical: string;
  category: string;
  status: string;
  severity: string;
  role?: string | null;
  target_type?: string | null;
  target_id?: string | null;
  before?: unknown;
  after?: unknown;
  request_id?: string | null;
};

/** One metric that can be charted or used in a condition. */
export type AvailableView = {
  name: string;
  /** Null for metrics that only have a history. */
  value?: number | null;
  /** number or history */
  type: string;
};

/** One bucket of an axis that several metrics share. */
export type AxisPoint = {
  /** Start of the bucket, Unix seconds. */
  time: number;
  /** Null where this metric has no measurement. */
  value?: number | null;
};

export type BatchBody = {
  /** Whole rules, in the order they shall be listed. */
  rules?: unknown[] | null;
};

export type BatchView = {
  status: string;
  count: number;
  unknown_metrics: string[];
};

export type BatteryView = {
  percent?: number | null;
  status: string;
  desktop: boolean;
  timeRemaining?: string | null;
};

export type BroadcastBody = {
  /** Name, type or id of a channel. */
  channel?: string | null;
};

export type BroadcastView = {
  /** sent; failed when no channel took it; ok when there is none */
  status: string;
  message?: string | null;
  /** `ok` or an error for each channel. */
  results?: Record<string, string> | null;
};

export type CancelView = {
  ok: boolean;
  /** The state now: `cancelled`, or `running` until the job has heard of it. */
  state: State;
};

/** The documented answer. */
export type CapacityView = {
  metrics: Record<string, MetricCapacity>;
  combined: Combined;
};

export type ChangedKey = {
  /** The flat ops name where the key has one, else the canonical key. */
  key: string;
  old: string;
  new: string;
  /** The canonical key. */
  setting: string;
};

/** What one request changed. */
export type ChangeSet = {
  /** Unix seconds. */
  timestamp: number;
  username: string;
  changes: ChangedKey[];
};

export type ChannelBody = {
  name?: string | null;
  /** webhook or in_app; cannot be changed. */
  type?: string | null;
  enabled?: boolean | null;
  config?: Record<string, unknown> | null;
  template?: string | null;
  rate_limit_per_minute?: number | null;
  /** True when absent on creation. */
  broadcast?: boolean | null;
};

/** A channel as a rule names it: by id, name or type. */
export type ChannelRef = number | string;

/** A channel. Secrets of `config` read `__UNCHANGED__`, or nothing when they are not set. */
export type ChannelView = {
  id: number;
  name: string;
  /** webhook or in_app */
  type: string;
  enabled: boolean;
  config: unknown;
  template: string;
  /** 0 = unlimited */
  rate_limit_per_minute: number;
  /** Gets alerts whose rule names no channel. */
  broadcast: boolean;
  /** The last thing sent arrived. */
  verified: boolean;
  origin: string;
  last_sent_at?: string | null;
  sent_today: number;
  /** Deliveries that failed since the last that arrived. */
  failures: number;
  created_at: string;
  updated_at: string;
};

/** One judged aspect. */
export type Check = {
  name: string;
  /** ok, warning, critical or unknown */
  status: string;
  /** What was measured; null when it is not known. */
  value?: number | null;
  deduction: number;
};

export type Checks = {
  database: boolean;
  /** A process whose schema is not the newest never gets as far as answering; so this follows `database`. */
  migrations: boolean;
  data_dir: boolean;
  scheduler: boolean;
  vault: boolean;
};

export type ChildView = {
  ref: string;
  title: string;
  severity: Severity;
  rule_id: string;
  firing_id: number;
};

/** Lines by class of status. */
export type Classes = {
  "2xx": number;
  "3xx": number;
  "4xx": number;
  "5xx": number;
  /** Other statuses, and lines without one. */
  other: number;
};

export type Combined = {
  /** When the best-fitting line reaches 100 %, RFC 3339; null when it does not. */
  full_at?: string | null;
  primary_metric?: string | null;
  r_squared?: number | null;
  /** high, medium or low; null without any prediction */
  confidence?: string | null;
  slope_per_day?: number | null;
};

/** One component as it was last seen. */
export type Component = {
  name: string;
  status: ComponentStatus;
  /** Unix seconds of the last good report; null when there was none. */
  last_ok?: number | null;
  /** Reports in a row that were not good. */
  failures: number;
  /** Duration of the last probe in milliseconds, when it has one. */
  latency_ms?: number | null;
  detail?: string | null;
};

export type ComponentStatus = "healthy" | "degraded" | "unhealthy" | "unknown" | "disabled";

export type ComponentsView = {
  components: Component[];
  tasks: TaskView[];
};

export type ConnectionView = {
  pid?: number | null;
  process: string;
  local: string;
  remote: string;
  status: string;
};

/** A container of the local runtime. */
export type ContainerView = {
  id: string;
  name: string;
  image: string;
  state: string;
  status: string;
};

/** Percent of processor time by mode. */
export type CpuModesView = {
  user: number;
  system: number;
  iowait: number;
  irq: number;
  steal: number;
  nice: number;
  idle: number;
};

export type CreateBody = {
  name: string;
  role?: string | null;
};

export type CreateBody2 = {
  name: string;
  scopes?: string[] | null;
  expires_in_days?: number | null;
};

export type CreateBody3 = {
  username: string;
  password: string;
  display_name?: string | null;
  email?: string | null;
  role: string;
  is_temporary?: boolean;
  expires_at?: string | null;
  allowed_node_ids?: string[] | null;
};

export type CreatedKeyView = {
  id: string;
  /** Shown this once. */
  key: string;
  name: string;
  role: Role;
};

export type CreatedView = {
  id: string;
  name: string;
  key_prefix: string;
  scopes: string[];
  last_used_at?: string | null;
  request_count: number;
  expires_at?: string | null;
  revoked_at?: string | null;
  created_at: string;
  /** Neither revoked nor expired. */
  is_active: boolean;
  /** Shown this once. */
  key: string;
};

export type CreateKeyBody = {
  name?: string;
  role?: string | null;
  /** Days from now; absent = no end. */
  expires_days?: number | null;
};

export type DatabaseSize = {
  size_bytes?: number | null;
  telemetry_size_bytes?: number | null;
};

export type DecisionView = {
  /** approved or denied */
  status: string;
};

export type DeliveriesView = {
  deliveries: DeliveryView[];
  stats?: Record<string, number> | null;
};

export type DeliveryView = {
  id: number;
  /** Stable over all attempts; sent as `X-Argos-Delivery`. */
  uid: string;
  rule_id?: number | null;
  channel_id?: number | null;
  channel_name: string;
  event_type: string;
  source: string;
  /** The event as JSON text. */
  event_payload: string;
  rendered_payload: string;
  /** pending, sent, failed, throttled or rate_limited */
  status: string;
  /** Why it was held back: throttled, rate_limited, cooldown, duplicate, disabled. */
  reason?: string | null;
  error_message?: string | null;
  attempts: number;
  http_status?: number | null;
  created_at: string;
  sent_at?: string | null;
};

export type DeviceView = {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  /** Seconds. */
  expires_in: number;
  interval: number;
};

export type DisableBody = {
  username?: string | null;
  password?: string | null;
  code?: string | null;
};

export type DiskIoView = {
  device: string;
  read_bps?: number | null;
  write_bps?: number | null;
  reads_per_s?: number | null;
  writes_per_s?: number | null;
  busy_percent?: number | null;
  await_ms?: number | null;
  model?: string | null;
  size_bytes?: number | null;
};

export type DiskView = {
  mount: string;
  percent?: number | null;
  /** danger from 90 %, warning from 75 %, else success */
  barClass: string;
  total: string;
  used: string;
  free: string;
  size: string;
  total_bytes: number;
  used_bytes: number;
  free_bytes: number;
  source: string;
  fstype: string;
  read_only: boolean;
  inodes_percent?: number | null;
};

/** `{"ok":true}` and `{"status":"ok"}`, for those who read either. */
export type Done = {
  ok: boolean;
  status: string;
};

export type DoneView = {
  status: string;
};

export type EnableBody = {
  secret?: string;
  code?: string;
};

/** One line; what it does not say is left out. */
export type EntryView = {
  id: number;
  timestamp: string;
  source: string;
  stream: string;
  level: string;
  host_id?: number | null;
  host_domain?: string | null;
  rule_id?: number | null;
  remote_ip?: string | null;
  method?: string | null;
  path?: string | null;
  status?: number | null;
  duration_ms?: number | null;
  size_bytes?: number | null;
  user_agent?: string | null;
  upstream?: string | null;
  message: string;
  raw?: string | null;
  waf_rule_id?: string | null;
  waf_rule_message?: string | null;
  waf_severity?: string | null;
  waf_anomaly_score?: number | null;
  agent?: string | null;
  node?: string | null;
  job_id?: number | null;
  unit?: string | null;
  request_id?: string | null;
};

/** Every error reply. `detail` repeats `error`, or lists the faulty fields of a 422. */
export type Error = {
  error: string;
  detail: unknown;
  /** Stable word in snake_case */
  code: string;
  request_id: string;
};

/** One escalation tier. */
export type EscalationTier = {
  /** Minutes after the start of the firing. */
  delay_minutes: number;
  channels?: ChannelRef[];
};

/** A catalogue entry. */
export type EventTypeView = {
  type: string;
  severity: string;
  description: string;
  trigger_condition: string;
  sample_event: unknown;
};

/** One event. */
export type EventView = {
  id: number;
  uid: string;
  source: string;
  kind: string;
  severity: string;
  subject_type?: string | null;
  subject_id?: string | null;
  subject_name?: string | null;
  node_uid?: string | null;
  message: string;
  data: unknown;
  actor?: string | null;
  correlation_id?: string | null;
  /** RFC 3339; when the sender says it happened. */
  event_time?: string | null;
  /** RFC 3339. */
  created_at: string;
  repeat_count: number;
  /** RFC 3339; the last of the repeats. */
  last_at: string;
  acknowledged_by?: string | null;
  acknowledged_at?: string | null;
  note?: string | null;
};

export type ExportBody = {
  /** time, username, action, details or ip. */
  sort?: string | null;
  /** asc or desc. */
  dir?: string | null;
};

export type FanView = {
  sensor: string;
  rpm: number;
};

export type FiringView = {
  id: number;
  rule_id: string;
  /** Unix seconds. */
  timestamp: number;
  /** info, warning, danger or critical */
  severity: string;
  message: string;
  /** Unix seconds; null = still firing. */
  resolved_at?: number | null;
  /** firing or resolved */
  state: string;
  value?: number | null;
  labels: unknown;
  acknowledged_by?: string | null;
  silenced_until?: number | null;
};

/** Any subset of the documented members. */
export type FlatSettings = Record<string, unknown>;

export type GovernorBody = {
  governor?: string;
};

export type GovernorView = {
  success: boolean;
};

export type GpuView = {
  name?: string | null;
  utilization_percent?: number | null;
  memory_used_bytes?: number | null;
  memory_total_bytes?: number | null;
  celsius?: number | null;
};

/** One bucket of a history. */
export type HistoryPoint = {
  /** Start of the bucket, Unix seconds. */
  time: number;
  value: number;
  upper_band?: number | null;
  lower_band?: number | null;
  anomaly?: boolean | null;
};

export type InboxItemView = {
  id: number;
  /** Unix seconds. */
  timestamp: number;
  /** info, warning, danger or critical */
  level: string;
  title: string;
  message: string;
  read: boolean;
  /** Null = everyone. */
  username?: string | null;
  type: string;
  action_url?: string | null;
};

export type InboxView = {
  notifications: InboxItemView[];
  unread_count: number;
};

export type InterfaceView = {
  name: string;
  /** The first IPv4 address, or empty. */
  ip: string;
  up?: boolean | null;
  /** Mbit/s, 0 = unknown. */
  speed: number;
  mtu?: number | null;
  mac?: string | null;
  addresses: string[];
  rx_bytes: number;
  tx_bytes: number;
  rx_bps?: number | null;
  tx_bps?: number | null;
  rx_errors: number;
  tx_errors: number;
  rx_drops: number;
  tx_drops: number;
  virtual?: boolean | null;
};

export type InterfaceView2 = {
  name: string;
  rx_bps?: number | null;
  tx_bps?: number | null;
};

export type IntervalView = {
  /** Unix seconds. */
  from: number;
  /** Null = still firing. */
  to?: number | null;
  /** The largest value meanwhile. */
  peak?: number | null;
  /** Which instance, for conditions with `[*]`. */
  label?: string | null;
};

export type JobsView = {
  items: JobView[];
  total: number;
  has_more: boolean;
};

/** One job. */
export type JobView = {
  id: number;
  uid: string;
  kind: string;
  pool: string;
  state: State;
  payload: unknown;
  priority: number;
  run_at: string;
  attempts: number;
  max_attempts: number;
  cancel_requested: boolean;
  progress?: unknown;
  result?: unknown;
  error?: string | null;
  exit_code?: number | null;
  trigger: string;
  triggered_by: string;
  schedule_id?: number | null;
  parent_id?: number | null;
  created_at: string;
  started_at?: string | null;
  finished_at?: string | null;
};

export type KeyLine = {
  /** The last 12 hexadecimal digits of its uid. */
  id: string;
  name: string;
  role: Role;
  /** Unix seconds. */
  created_at: number;
  expires_at?: number | null;
  last_used?: number | null;
  key_prefix: string;
};

export type KeyView = {
  id: number;
  name: string;
  /** read, operate or admin. */
  role: string;
  created_at: string;
  last_used_at?: string | null;
  key_prefix: string;
  /** Only in the reply that makes it. */
  key?: string | null;
};

export type KeyView2 = {
  id: string;
  name: string;
  key_prefix: string;
  scopes: string[];
  last_used_at?: string | null;
  request_count: number;
  expires_at?: string | null;
  revoked_at?: string | null;
  created_at: string;
  /** Neither revoked nor expired. */
  is_active: boolean;
};

/** One kind of the registry. */
export type KindView = {
  kind: string;
  source: string;
  severity: string;
  description: string;
  /** The `data` of a typical event. */
  sample: unknown;
  aliases: string[];
  resolves?: string | null;
  retention: Retention;
};

export type Labelled = {
  label: string;
  count: number;
};

export type LayoutBody = {
  card_order?: unknown[] | null;
  card_vis?: Record<string, unknown> | null;
  card_theme?: Record<string, unknown> | null;
};

export type LinePoint = {
  /** Unix seconds. */
  time: number;
  value: number;
};

export type LineView = {
  /** Position; pass the last one as `after`. */
  id: number;
  at: string;
  level: string;
  text: string;
};

/** One page of lines. */
export type ListView = {
  entries: EntryView[];
  total_count: number;
  has_more: boolean;
};

export type LoginBody = {
  username: string;
  password: string;
};

export type LoginBody2 = {
  username?: string;
  password?: string;
  totp_code?: string | null;
};

export type LoginBody3 = {
  username?: string | null;
  email?: string | null;
  password?: string;
  totp?: string | null;
  totp_code?: string | null;
  /** Also answer the token, for clients that send it in a header. */
  tokens?: boolean;
};

/** A finished sign-in, or what is still missing for it. */
export type LoginReply = {
  username?: string | null;
  role?: Role | null;
  requires_totp?: boolean | null;
  challenge_id?: string | null;
  methods?: string[] | null;
  recovery_codes_remaining?: number | null;
  /** Only the second factor can be set up with this session. */
  requires_2fa_setup?: boolean | null;
};

export type LoginView = {
  success: boolean;
  csrf_token: string;
  user: UserInfo;
  error?: string | null;
  access_token?: string | null;
  refresh_token?: string | null;
  token_type?: string | null;
  /** Seconds. */
  expires_in?: number | null;
  requires_2fa_setup?: boolean | null;
};

export type LogView = {
  lines: LineView[];
  /** The job has ended, so no line will follow. */
  complete: boolean;
};

export type MemoryView = {
  total: number;
  available?: number | null;
  used?: number | null;
  percent?: number | null;
  cached?: number | null;
  buffers?: number | null;
  swap_total?: number | null;
  swap_used?: number | null;
  swap_percent?: number | null;
};

export type MetricCapacity = {
  regression: Regression;
  /** Not looked for with less than two weeks of history. */
  seasonal?: null;
  projection: ProjectedPoint[];
  residual_std: number;
  full_at?: string | null;
} | {
  error: string;
};

export type MeView = {
  username: string;
  /** An owner shows as `admin`. */
  role: string;
  global_role: Role;
  /** The classic list of the role. */
  permissions: string[];
  /** Everything this credential may do. */
  grants: string[];
  requires_2fa_setup?: boolean | null;
};

/** Reachability of the two configured addresses. */
export type NetHealth = {
  /** `Up`, `Down` or null when it is not configured or cannot be told. */
  wan?: string | null;
  lan?: string | null;
  configured: boolean;
};

export type NotificationRuleBody = {
  name?: string | null;
  channel_id?: number | null;
  /** A documented event name, an alias, or `prefix.*`; several separated by commas. */
  event_type?: string | null;
  filter_host_ids?: number[] | null;
  /** info, warning, error, critical */
  filter_severities?: string[] | null;
  enabled?: boolean | null;
  /** 0 to 86400 */
  throttle_window_seconds?: number | null;
};

/** Which events go to a channel. An empty filter means any. */
export type NotificationRuleView = {
  id: number;
  name: string;
  channel_id: number;
  event_type: string;
  filter_host_ids: number[];
  filter_severities: Severity[];
  enabled: boolean;
  throttle_window_seconds: number;
  created_at: string;
  updated_at: string;
};

export type PasswordBody = {
  /** Whose; absent = one's own. */
  username?: string | null;
  /** Needed for one's own. */
  current_password?: string | null;
  new_password: string;
};

export type PasswordBody2 = {
  password: string;
};

export type PasswordBody3 = {
  current?: string;
  new?: string;
};

export type PasswordBody4 = {
  current_password: string;
  new_password: string;
};

/** What a person decides about. */
export type PendingView = {
  user_code: string;
  client_id: string;
  scopes: string[];
  client_ip?: string | null;
  expires_in: number;
  csrf_token: string;
};

/** One non-empty bucket. */
export type PointView = {
  /** RFC 3339; the bucket's begin. */
  timestamp: string;
  total: number;
  class_2xx: number;
  class_3xx: number;
  class_4xx: number;
  class_5xx: number;
  other: number;
};

export type PoolView = {
  name: string;
  health?: string | null;
};

export type PortView = {
  port: number;
  address: string;
  /** Null when it cannot be read or the caller may not see it. */
  pid?: number | null;
  process: string;
  protocol: string;
};

export type PreferencesBody = {
  preferences?: unknown;
};

/** A ready-made filter; `filters` are query parameters of `/api/logs`. */
export type PresetView = {
  id: string;
  name: string;
  description: string;
  filters: unknown;
};

/** Share of time some (or all) tasks waited, percent over the last 10, 60 and 300 s. */
export type PressureView = {
  resource: string;
  some_avg10?: number | null;
  some_avg60?: number | null;
  full_avg10?: number | null;
  full_avg60?: number | null;
};

export type PreviewBody = {
  condition?: string;
  clear_condition?: string | null;
  for_s?: number;
  /** 1 to 168, 24 when absent. */
  hours?: number | null;
};

export type PreviewView = {
  /** How often the rule would have fired. */
  firings: number;
  intervals: IntervalView[];
  /** Seconds between two evaluations of the preview. */
  step_s: number;
  hours: number;
  unknown_metrics: string[];
};

export type ProblemView = {
  ref: string;
  title: string;
  severity: Severity;
  since: string;
  /** The condition or event behind it. */
  cause?: string | null;
  value?: number | null;
  rule_id: string;
  firing_id: number;
  labels: unknown;
  /** Weaker alerts about the same thing. */
  children: ChildView[];
  /** open, acknowledged or silenced */
  state: string;
  acknowledged_by?: string | null;
  silenced_until?: string | null;
  /** What the caller may do now: ack, silence. */
  actions: string[];
};

export type ProcessMemory = {
  /** Resident memory of this process. */
  alloc_mb?: number | null;
  sys_mb?: number | null;
  /** Always 0: nothing here collects garbage. */
  num_gc: number;
};

/** One entry of the process history. */
export type ProcessTick = {
  /** Unix seconds. */
  time: number;
  cpu: TopView[];
  mem: TopView[];
};

/** One process of the current table. */
export type ProcessView = {
  pid: number;
  name: string;
  /** Percent of one core since the last tick. Null until the process was seen twice. */
  cpu?: number | null;
  /** Percent of the machine's memory; null where the machine does not tell its size. */
  mem?: number | null;
  status: string;
  user: string;
  memory_bytes: number;
  threads: number;
  command: string;
  /** Unix seconds. */
  started?: number | null;
  io_bps?: number | null;
};

export type ProfileView = {
  username: string;
  /** An owner shows as `admin`. */
  role: string;
  global_role: Role;
  permissions: string[];
  has_2fa: boolean;
  /** At most 10, newest first. */
  recent_logins: ActivityLine[];
  /** At most 5. */
  failed_logins: ActivityLine[];
  /** At most 20. */
  recent_actions: ActivityLine[];
};

export type ProjectedPoint = {
  /** Unix seconds. */
  time: number;
  predicted: number;
  lower_68: number;
  upper_68: number;
  lower_95: number;
  upper_95: number;
};

export type PurgedView = {
  removed: number;
};

/** The answer of a query. Times are Unix seconds. */
export type QueryView = {
  metric: string;
  /** Bin width in seconds. */
  step: number;
  series: SeriesView2[];
};

/** An address that was pinged. */
export type RadarView = {
  ip: string;
  host: string;
  /** `Up`, `Down`, or `Unknown` when this machine has no way to ping. */
  status: string;
  up?: boolean | null;
  ms?: number | null;
  latency_ms?: number | null;
};

export type ReadyView = {
  ready: boolean;
  checks: Checks;
  timestamp: string;
};

export type RecoveryBody = {
  challenge_id: string;
  recovery_code: string;
};

export type Regression = {
  /** Change per second. */
  slope: number;
  intercept: number;
  r_squared: number;
};

/** Which retention rule a kind follows (platform spec 4.6). */
export type Retention = "standard" | "power" | "nodes" | "audit";

export type RevokeBody = {
  prefix?: string;
};

export type RevokedView = {
  success: boolean;
};

export type Role = "viewer" | "operator" | "admin" | "owner";

export type RotateBody = {
  /** Seconds the old key still works. */
  grace_seconds?: number | null;
};

/** Members of a rule; on a change all are optional. */
export type RuleBody = {
  id?: string | null;
  name?: string | null;
  condition?: string | null;
  clear_condition?: string | null;
  for_s?: number | null;
  severity?: string | null;
  message?: string | null;
  channels?: ChannelRef[] | null;
  cooldown?: number | null;
  group?: string | null;
  escalation?: EscalationTier[] | null;
  escalation_chain?: unknown[] | null;
  autonomy?: string | null;
  auto_approve_timeout?: number | null;
  circuit_break_after?: number | null;
  max_retries?: number | null;
  action?: unknown;
  scope?: unknown[] | null;
  enabled?: boolean | null;
};

/** A rule as listed; members the server does not know come back as they were saved. */
export type RuleView = {
  id: string;
  name: string;
  condition: string;
  clear_condition?: string | null;
  for_s: number;
  /** info, warning, danger or critical */
  severity: string;
  message: string;
  channels: ChannelRef[];
  /** Seconds. */
  cooldown: number;
  group: string;
  escalation: EscalationTier[];
  escalation_chain: unknown[];
  autonomy: string;
  auto_approve_timeout: number;
  circuit_break_after: number;
  max_retries: number;
  action?: unknown;
  scope: unknown[];
  enabled: boolean;
  builtin: boolean;
  origin: string;
  /** ok, pending, firing or disabled */
  state: string;
  /** Metrics of the rule that nothing answers; the rule counts as false while they are unknown. */
  unknown_metrics: string[];
};

export type Saved = {
  status: string;
};

export type SavedView = {
  status: string;
  id: string;
  unknown_metrics: string[];
};

/** A known series. */
export type SeriesInfo = {
  metric: string;
  labels: Record<string, string>;
  unit: string;
};

export type SeriesListView = {
  series: SeriesInfo[];
};

export type SeriesView = {
  bucket_seconds: number;
  /** Ascending. */
  points: PointView[];
};

export type SeriesView2 = {
  labels: Record<string, string>;
  unit: string;
  /** `[time, value]`; the value is null where nothing was measured. */
  points: ([UnixTime, number | null])[];
};

/** A watched service as the snapshot shows it. */
export type ServiceView = {
  name: string;
  /** systemd's active state, `timer-active`, `not-found` or `error`. */
  status: string;
  is_user: boolean;
  active: boolean;
  user: boolean;
  description?: string | null;
  memory_bytes?: number | null;
};

/** One session in the ops shape. */
export type SessionLine = {
  prefix: string;
  username: string;
  role: string;
  /** RFC 3339. */
  expires: string;
  kind: string;
  created_at: number;
  last_seen_at: number;
  ip?: string | null;
  user_agent?: string | null;
  current: boolean;
};

export type SessionView = {
  id: string;
  username: string;
  role: Role;
  kind: string;
  prefix: string;
  auth_methods: string[];
  client_ip?: string | null;
  user_agent?: string | null;
  created_at: string;
  last_seen_at: string;
  /** When it ends if nobody uses it again. */
  expires_at: string;
  current: boolean;
};

/** A setting as the list view shows it: the three documented members, then what a form needs. */
export type SettingView = {
  key: string;
  /** Text form; `__UNCHANGED__` for a secret that is set. */
  value: string;
  /** RFC 3339; null while the value is the default or was given at start. */
  updated_at?: string | null;
  updated_by?: string | null;
  /** 0 while nothing is stored. */
  version: number;
  /** `default`, `cli`, `env`, `file`, `api`, `system` ... */
  source: string;
  /** True when writing answers 409 `setting_locked`. */
  locked: boolean;
  /** The variable, flag or file that gives a locked value. */
  locked_by?: string | null;
  /** Text form of the default; null when it is made elsewhere. */
  default?: string | null;
  /** The default in the words of the documentation, e.g. `per provider`. */
  default_text: string;
  type: string;
  /** The words of an enumeration or set. */
  options: string[];
  rule: string;
  /** `B`, `R`, `V` or `RO`. */
  class: string;
  /** The part it belongs to. */
  owner: string;
  secret: boolean;
  /** A value other than the default is in force. */
  set: boolean;
  /** A stored secret cannot be decrypted; features that need it answer 503. */
  unreadable: boolean;
};

export type SetupView = {
  /** Base32, 32 characters. */
  secret: string;
  otpauth_url: string;
  /** The same text. */
  provisioning_uri: string;
  qr_png_base64: string;
  recovery_codes: string[];
};

export type SetupView2 = {
  tasks: Task[];
};

/** The text form of the value. Other JSON types are understood; null returns to the default. */
export type SetValue = {
  value: unknown;
};

/** `debug < info < warning < error < critical`. */
export type Severity = "debug" | "info" | "warning" | "error" | "critical";

export type SilenceBody = {
  /** 1 to 10080; 0 ends a silence. */
  minutes: number;
};

export type SilenceView = {
  status: string;
  silenced_until?: string | null;
};

/** This machine, now. */
export type Snapshot = {
  /** Unix seconds of the tick. */
  timestamp: number;
  /** The same moment as `HH:MM:SS` in UTC. */
  time: string;
  hostname?: string | null;
  os?: string | null;
  osName?: string | null;
  kernel?: string | null;
  defaultIp?: string | null;
  uptime?: string | null;
  uptime_s?: number | null;
  load?: number[] | null;
  loadavg?: string | null;
  cpu_percent?: number | null;
  cpuPercent?: number | null;
  /** The last 20 ticks. */
  cpu_history: number[];
  cpuHistory: number[];
  cpu_cores: (number | null)[];
  cpu_modes?: CpuModesView | null;
  cpu_temp?: number | null;
  gpu_temp?: number | null;
  cpuTemp: string;
  gpuTemp: string;
  memory?: MemoryView | null;
  mem_percent?: number | null;
  memPercent?: number | null;
  disks: DiskView[];
  zfs?: ZfsView | null;
  diskIo: DiskIoView[];
  net_rx_bytes?: number | null;
  net_tx_bytes?: number | null;
  netRxRaw?: number | null;
  netTxRaw?: number | null;
  netRx?: string | null;
  netTx?: string | null;
  netInterfaces: InterfaceView2[];
  netHealth: NetHealth;
  hwCpu?: string | null;
  hwGpu?: string | null;
  battery: BatteryView;
  topCpu: TopView[];
  topMem: TopView[];
  topIo: TopView[];
  services: ServiceView[];
  radar: RadarView[];
  containers: ContainerView[];
  temperatures: TemperatureView[];
  fans: FanView[];
  gpus: GpuView[];
  pressure: PressureView[];
  processes_total?: number | null;
  tasks_running?: number | null;
  alerts: AlertLine[];
  /** Parts that other jobs fill; empty until they are configured. */
  agents: unknown[];
  certExpiry: unknown[];
  domainExpiry: unknown[];
  devicePresence: unknown[];
  dockerUpdates: unknown[];
  vpn?: unknown;
  tailscale?: unknown;
  /** Seconds since the tick when this was sent. */
  collector_pulse: number;
  /** healthy, or stalled after 12.5 s without a tick */
  collector_status: string;
};

export type SourceView = {
  name: string;
  /** agent or service */
  type: string;
  uptime_pct: number;
  downtime_s: number;
  incidents: number;
};

export type SshKeyLine = {
  /** The place among the key lines, from 0. */
  id: number;
  type: string;
  comment: string;
  /** The first 20 characters of the blob and `...`. */
  fingerprint: string;
  /** As `ssh-keygen -l` shows it; null for a line of another form. */
  sha256?: string | null;
};

/** Where a job stands (platform spec 7.1). */
export type State = "queued" | "running" | "succeeded" | "failed" | "timeout" | "cancelled" | "waiting";

/** Totals of the lines seen (edge spec C11). */
export type StatsView = {
  total: number;
  by_status_class: Classes;
  by_source: Record<string, number>;
  /** `null` when no line has a duration. */
  avg_duration_ms?: number | null;
  p95_duration_ms?: number | null;
  top_hosts: Labelled[];
  top_paths: Labelled[];
};

/** `{"status":"ok"}`. */
export type StatusOk = {
  status: string;
};

export type StatusView = {
  status: string;
};

export type StatusView2 = {
  enabled: boolean;
  enabled_at?: string | null;
  setup_pending: boolean;
  recovery_codes_remaining: number;
};

export type StepUpBody = {
  password?: string | null;
  /** Six digits or a recovery code. */
  code?: string | null;
};

export type SummaryView = {
  period_hours: number;
  sla: SourceView[];
};

/** The score of this machine together with the process's own figures (platform spec 3.9). */
export type SystemHealthView = {
  /** 0-100; null when nothing is known. */
  score?: number | null;
  grade: string;
  checks: Check[];
  uptime?: string | null;
  hostname?: string | null;
  memory: ProcessMemory;
  /** Supervised background tasks. */
  goroutines: number;
  db: DatabaseSize;
  uptime_seconds: number;
  /** `lan` or `behind_caddy`: how this panel is reached (setting `edge.panel_mode`). */
  panel_mode?: string | null;
  panel_domain?: string | null;
};

export type SystemInfoView = {
  hostname?: string | null;
  os?: string | null;
  kernel?: string | null;
  arch?: string | null;
  cpu_model?: string | null;
  cpu_cores?: number | null;
  gpu?: string | null;
  uptime?: string | null;
  load?: string | null;
  ip?: string | null;
  governor?: string | null;
  governors: string[];
  noba_version: string;
  version: string;
  ram_total_gb?: number | null;
  ram_available_gb?: number | null;
  swap_total_gb?: number | null;
  swap_used_gb?: number | null;
  hardware_vendor?: string | null;
  hardware_model?: string | null;
  /** The container technology around us, when there is one. */
  containment?: unknown;
  boot_time?: number | null;
  /** Kept for older clients; always empty. */
  python: string;
};

export type Task = {
  /** password, second_factor, channel, tls */
  id: string;
  /** done or open */
  state: string;
  detail?: string | null;
};

export type TaskView = {
  name: string;
  /** running, backoff or finished */
  state: string;
  restarts: number;
  last_error?: string | null;
  since: string;
};

export type TemperatureView = {
  sensor: string;
  celsius: number;
  max_celsius?: number | null;
  critical_celsius?: number | null;
};

export type TestView = {
  rule_id: string;
  condition: string;
  result: boolean;
  available_metrics: string[];
  /** What the condition's metrics read now; null = unknown. */
  values: Record<string, number | null>;
  unknown_metrics: string[];
};

export type TestView2 = {
  success: boolean;
  sent_payload: string;
  error_message?: string | null;
};

/** One page of the timeline, newest first. */
export type TimelineView = {
  items: EventView[];
  /** Pass it as `cursor` for the next page; `null` at the end. */
  next?: number | null;
};

export type TokenView = {
  token?: string | null;
  /** An owner shows as `admin`. */
  role?: string | null;
  username: string;
  requires_2fa?: boolean | null;
  requires_2fa_setup?: boolean | null;
};

/** A pair of tokens as OAuth clients read it. */
export type TokenView2 = {
  access_token: string;
  token_type: string;
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
  /** Separated by blanks. */
  scope?: string | null;
};

/** A process at the top of a list; `val` is percent, or bytes per second for I/O. */
export type TopView = {
  name: string;
  val: number;
  pid: number;
};

/** A straight line through the past and where it leads. */
export type TrendView = {
  /** Change per second. */
  slope: number;
  /** Null when all values are equal. */
  r_squared?: number | null;
  trend: LinePoint[];
  projection: LinePoint[];
  /** When a percentage reaches 100, RFC 3339; null when it does not. */
  full_at?: string | null;
};

export type UiMe = {
  user: UiUser;
  /** Every permission of this session, sorted. */
  can: string[];
  preferences: Record<string, unknown>;
  requires_2fa_setup: boolean;
};

export type UiUser = {
  id: number;
  uid: string;
  username: string;
  display_name: string;
  role: Role;
  must_change_password: boolean;
  has_2fa: boolean;
};

export type UnitView = {
  name: string;
  status: string;
  description?: string | null;
};

/** Microseconds, written as seconds; whole seconds without a fraction, which a month of minutes is quicker by. */
export type UnixTime = number;

/** Absent = unchanged, `null` = cleared. */
export type UpdateBody = {
  display_name?: string | null;
  email?: string | null;
  role?: string | null;
  is_temporary?: boolean | null;
  expires_at?: string | null;
  allowed_node_ids?: string[] | null;
  is_active?: boolean | null;
  password?: string | null;
};

/** An account without any secret. */
export type UserInfo = {
  id: string;
  username: string;
  display_name: string;
  email?: string | null;
  /** viewer, operator, admin or super_admin. */
  role: string;
  is_temporary: boolean;
  expires_at?: string | null;
  allowed_node_ids?: string[] | null;
  is_active: boolean;
  last_login_at?: string | null;
  has_2fa: boolean;
};

export type UserLine = {
  username: string;
  /** An owner shows as `admin`. */
  role: string;
  global_role: Role;
  has_2fa: boolean;
  is_active: boolean;
};

export type UsersBody = {
  /** list, add, remove, change_password, set_role */
  action?: string;
  username?: string;
  password?: string;
  role?: string | null;
};

/** What a walk over the chain found. */
export type Verdict = {
  /** Rows checked, up to and including a broken one. */
  rows: number;
  ok: boolean;
  /** `id` of the first row that does not fit; `null` when the chain is whole, or when only the end is missing. */
  broken_at?: number | null;
};

export type VerifyBody = {
  challenge_id: string;
  code: string;
};

/** One version of a setting. */
export type VersionView = {
  version: number;
  /** Masked text form, at most 80 characters; empty when the version returned to the default. */
  value: string;
  /** The value before, in the same form. */
  previous: string;
  source: string;
  updated_at: string;
  updated_by: string;
};

export type WsTokenView = {
  token: string;
  /** Seconds. */
  expires_in: number;
};

export type ZfsView = {
  pools: PoolView[];
};

export interface Operations {
  /** Executed actions, newest first. */
  "GET /api/action-audit": { query: { limit?: string; trigger_type?: string; outcome?: string }; reply: ActionView[] };
  /** API keys of the instance. */
  "GET /api/admin/api-keys": { reply: KeyLine[] };
  /** Make a key; its text is shown this once. */
  "POST /api/admin/api-keys": { body: CreateKeyBody; reply: CreatedKeyView };
  /** End a key. */
  "DELETE /api/admin/api-keys/{key_id}": { params: { key_id: string }; reply: StatusOk };
  /** Everybody's sessions. */
  "GET /api/admin/sessions": { reply: SessionLine[] };
  /** End sessions by token prefix. */
  "POST /api/admin/sessions/revoke": { body: RevokeBody; reply: RevokedView };
  /** SSH keys that may sign in as the service account. */
  "GET /api/admin/ssh-keys": { reply: SshKeyLine[] };
  /** Add a key. */
  "POST /api/admin/ssh-keys": { body: AddBody; reply: StatusOk };
  /** Remove a key by its place in the list. */
  "DELETE /api/admin/ssh-keys/{key_id}": { params: { key_id: string }; reply: StatusOk };
  /** Accounts. */
  "GET /api/admin/users": { reply: UserLine[] };
  /** Add, remove or change an account, by `action`. */
  "POST /api/admin/users": { body: UsersBody; reply: StatusOk };
  /** Alert firings, newest first. */
  "GET /api/alert-history": { query: { limit?: string; rule_id?: string; from?: string; to?: string }; reply: FiringView[] };
  /** List configured alert rules. */
  "GET /api/alert-rules": { reply: RuleView[] };
  /** Create an alert rule. */
  "POST /api/alert-rules": { body: RuleBody; reply: SavedView };
  /** Replace all alert rules; a bad one changes nothing. */
  "PUT /api/alert-rules": { body: BatchBody; reply: BatchView };
  /** Change some fields of an alert rule. */
  "PUT /api/alert-rules/{rule_id}": { params: { rule_id: string }; body: RuleBody; reply: SavedView };
  /** Delete an alert rule and end its alerts. */
  "DELETE /api/alert-rules/{rule_id}": { params: { rule_id: string }; reply: StatusView };
  /** How often a condition would have fired. */
  "POST /api/alert-rules/preview": { body: PreviewBody; reply: PreviewView };
  /** Evaluate a rule on the newest values. */
  "GET /api/alert-rules/test/{rule_id}": { params: { rule_id: string }; reply: TestView };
  /** Audit log entries, newest first. */
  "GET /api/audit": { query: { limit?: string; offset?: string; user?: string; action?: string; category?: string; status?: string; target_type?: string; target_id?: string; q?: string; from?: string; to?: string; sort?: string; dir?: string }; reply: AuditView[] };
  /** The audit log as CSV. */
  "POST /api/audit/export": { body: ExportBody; reply: void };
  /** Walks the hash chain. */
  "GET /api/audit/verify": { reply: Verdict };
  /** Ways to sign in. */
  "GET /api/auth/capabilities": { reply: void };
  /** Sign in with a password. */
  "POST /api/auth/login": { body: LoginBody; reply: LoginReply };
  /** End this session. */
  "POST /api/auth/logout": { reply: void };
  /** Who is signed in. */
  "GET /api/auth/me": { reply: LoginReply };
  /** Whether single sign-on is configured. */
  "GET /api/auth/oidc/available": { reply: void };
  /** Change one's own password, or somebody's. */
  "POST /api/auth/password": { body: PasswordBody; reply: Done };
  /** Configured external sign-in providers. */
  "GET /api/auth/providers": { reply: void };
  /** Where a page may lead after sign-in. */
  "GET /api/auth/safe-redirect": { query: { rd?: string }; reply: void };
  /** Own sessions; `all=1` everybody's. */
  "GET /api/auth/sessions": { query: { all?: string }; reply: SessionView[] };
  /** End a session. */
  "DELETE /api/auth/sessions/{id}": { params: { id: string }; reply: void };
  /** Prove one's identity again, for ten minutes. */
  "POST /api/auth/step-up": { body: StepUpBody; reply: Done };
  /** Turn the second factor on with its first code. */
  "POST /api/auth/totp/activate": { body: ActivateBody; reply: void };
  /** Turn the second factor off. */
  "POST /api/auth/totp/disable": { body: DisableBody; reply: Done };
  /** The same, naming the secret. */
  "POST /api/auth/totp/enable": { body: EnableBody; reply: StatusOk };
  /** Finish signing in with a recovery code. */
  "POST /api/auth/totp/recovery": { body: RecoveryBody; reply: LoginReply };
  /** A new set of recovery codes. */
  "POST /api/auth/totp/recovery/regenerate": { body: PasswordBody2; reply: void };
  /** Hand out a secret and recovery codes, once. */
  "POST /api/auth/totp/setup": { reply: SetupView };
  /** The state of the second factor. */
  "GET /api/auth/totp/status": { reply: StatusView2 };
  /** Finish signing in with a code. */
  "POST /api/auth/totp/verify": { body: VerifyBody; reply: LoginReply };
  /** The last 100 changes of settings. */
  "GET /api/config/changelog": { reply: ChangeSet[] };
  /** Own card layout of the overview. */
  "GET /api/dashboard": { reply: void };
  /** Change it; absent members stay. */
  "POST /api/dashboard": { body: LayoutBody; reply: StatusOk };
  /** When each file system will be full. */
  "GET /api/disks/prediction": { reply: CapacityView };
  /** Swagger UI, when `http.api_docs_alias` is on. */
  "GET /api/docs": { reply: void };
  /** Acknowledge an event. */
  "POST /api/events/{id}/ack": { params: { id: string }; body: AckBody; reply: EventView };
  /** The registry of event kinds. */
  "GET /api/events/kinds": { reply: KindView[] };
  /** Live events (SSE), resumable by Last-Event-ID. */
  "GET /api/events/stream": { query: { source?: string; kind?: string; severity?: string; last_event_id?: string }; reply: void };
  /** Health that never needs the store. */
  "GET /api/health": { reply: void };
  /** The same under the API mount. */
  "GET /api/healthz": { reply: void };
  /** The history of one metric. */
  "GET /api/history/{metric}": { params: { metric: string }; query: { range?: string; resolution?: string; anomaly?: string; tag?: string }; reply: HistoryPoint[] };
  /** The history of one metric as CSV. */
  "GET /api/history/{metric}/export": { params: { metric: string }; query: { range?: string; resolution?: string; tag?: string }; reply: void };
  /** Trend and projection of one metric. */
  "GET /api/history/{metric}/trend": { params: { metric: string }; query: { range?: string; project?: string; tag?: string }; reply: TrendView };
  /** Histories of several metrics. */
  "GET /api/history/multi": { query: { metrics?: string; range?: string; resolution?: string }; reply: Record<string, HistoryPoint[]> };
  /** Jobs of every kind, newest first. */
  "GET /api/jobs": { query: { state?: string; kind?: string; pool?: string; schedule_id?: string; limit?: string; offset?: string }; reply: JobsView };
  /** One job. */
  "GET /api/jobs/{id}": { params: { id: string }; reply: JobView };
  /** Cancel a job. */
  "POST /api/jobs/{id}/cancel": { params: { id: string }; reply: CancelView };
  /** Output of a job. */
  "GET /api/jobs/{id}/log": { params: { id: string }; query: { after?: string; limit?: string }; reply: LogView };
  /** Newest journal lines as text. */
  "GET /api/journal": { query: { unit?: string; priority?: string; lines?: string; since?: string; grep?: string }; reply: void };
  /** Units of the service manager. */
  "GET /api/journal/units": { reply: UnitView[] };
  /** Keys for the power routes. */
  "GET /api/keys": { reply: KeyView[] };
  /** Make a key; its text is shown this once. */
  "POST /api/keys": { body: CreateBody; reply: KeyView };
  /** End a key. */
  "DELETE /api/keys/{id}": { params: { id: string }; reply: void };
  /** Sign in and get a token. */
  "POST /api/login": { body: LoginBody2; reply: TokenView };
  /** End the session of the token. */
  "POST /api/logout": { reply: StatusOk };
  /** Log lines. */
  "GET /api/logs": { query: { from?: string; to?: string; source?: string; level?: string; status?: string; path?: string; remote_ip?: string; q?: string; limit?: string; offset?: string; order?: string }; reply: ListView };
  /** The lines that match as CSV. */
  "GET /api/logs/export.csv": { reply: void };
  /** Ready-made filters. */
  "GET /api/logs/presets": { reply: PresetView[] };
  /** Run the retention now. */
  "POST /api/logs/purge": { reply: PurgedView };
  /** Totals of the lines that match. */
  "GET /api/logs/stats": { reply: StatsView };
  /** New lines as they are stored (SSE). */
  "GET /api/logs/stream": { reply: void };
  /** Lines per time bucket. */
  "GET /api/logs/timeseries": { query: { bucket_seconds?: string }; reply: SeriesView };
  /** Own name, role and permissions. */
  "GET /api/me": { reply: MeView };
  /** Names with a live value or a history. */
  "GET /api/metrics/available": { reply: AvailableView[] };
  /** Several metrics on one time axis of 120 s buckets. */
  "GET /api/metrics/correlate": { query: { metrics?: string; hours?: string }; reply: Record<string, AxisPoint[]> };
  /** Prometheus text exposition of this machine. */
  "GET /api/metrics/prometheus": { reply: void };
  /** Values of a metric's series on a time grid. */
  "GET /api/metrics/query": { query: { metric?: string; labels?: string; from?: string; to?: string; step?: string; agg?: string }; reply: QueryView };
  /** Known series. */
  "GET /api/metrics/series": { query: { metric?: string }; reply: SeriesListView };
  /** Established connections. */
  "GET /api/network/connections": { reply: ConnectionView[] };
  /** Network interfaces without the loopback. */
  "GET /api/network/interfaces": { reply: InterfaceView[] };
  /** Listening ports, one row per port. */
  "GET /api/network/ports": { reply: PortView[] };
  /** The caller's messages, newest first, and how many are unread. */
  "GET /api/notifications": { query: { unread?: string; limit?: string }; reply: InboxView };
  /** Mark a message as read. */
  "POST /api/notifications/{notif_id}/read": { params: { notif_id: string }; reply: DoneView };
  /** Channels, newest first, secrets masked. */
  "GET /api/notifications/channels": { reply: ChannelView[] };
  /** Create a channel. */
  "POST /api/notifications/channels": { body: ChannelBody; reply: ChannelView };
  /** One channel, secrets masked. */
  "GET /api/notifications/channels/{id}": { params: { id: string }; reply: ChannelView };
  /** Change a channel; placeholders keep secrets. */
  "PUT /api/notifications/channels/{id}": { params: { id: string }; body: ChannelBody; reply: ChannelView };
  /** Delete a channel and its rules. */
  "DELETE /api/notifications/channels/{id}": { params: { id: string }; reply: void };
  /** Send a test message to one channel. */
  "POST /api/notifications/channels/{id}/test": { params: { id: string }; reply: TestView2 };
  /** Switch a channel on or off. */
  "POST /api/notifications/channels/{id}/toggle": { params: { id: string }; reply: ChannelView };
  /** What was sent, failed or held back, newest first. */
  "GET /api/notifications/deliveries": { query: { channel_id?: string; rule_id?: string; event_type?: string; status?: string; source?: string; from?: string; to?: string; limit?: string; offset?: string; stats?: string }; reply: DeliveriesView };
  /** One delivery. */
  "GET /api/notifications/deliveries/{id}": { params: { id: string }; reply: DeliveryView };
  /** Send a delivery again, past throttle and rate. */
  "POST /api/notifications/deliveries/{id}/retry": { params: { id: string }; reply: DeliveryView };
  /** Events a notification rule can name. */
  "GET /api/notifications/event-types": { reply: EventTypeView[] };
  /** Mark every message as read. */
  "POST /api/notifications/read-all": { reply: DoneView };
  /** Deliveries of the last day about errors. */
  "GET /api/notifications/recent-alerts": { query: { limit?: string }; reply: DeliveryView[] };
  /** Notification rules, newest first. */
  "GET /api/notifications/rules": { reply: NotificationRuleView[] };
  /** Create a notification rule. */
  "POST /api/notifications/rules": { body: NotificationRuleBody; reply: NotificationRuleView };
  /** One notification rule. */
  "GET /api/notifications/rules/{id}": { params: { id: string }; reply: NotificationRuleView };
  /** Change a notification rule. */
  "PUT /api/notifications/rules/{id}": { params: { id: string }; body: NotificationRuleBody; reply: NotificationRuleView };
  /** Delete a notification rule. */
  "DELETE /api/notifications/rules/{id}": { params: { id: string }; reply: void };
  /** Switch a notification rule on or off. */
  "POST /api/notifications/rules/{id}/toggle": { params: { id: string }; reply: NotificationRuleView };
  /** Send a test message to one or all broadcast channels. */
  "POST /api/notifications/test": { body: BroadcastBody; reply: BroadcastView };
  /** This document, when `http.api_docs_alias` is on. */
  "GET /api/openapi.json": { reply: void };
  /** The permissions of each role. */
  "GET /api/permissions": { query: { all?: string }; reply: void };
  /** Processes that use something, hungriest first. */
  "GET /api/processes/current": { reply: ProcessView[] };
  /** The hungriest processes of the last ticks. */
  "GET /api/processes/history": { reply: ProcessTick[] };
  /** Own role, permissions and recent activity. */
  "GET /api/profile": { reply: ProfileView };
  /** Change one's own password. */
  "POST /api/profile/password": { body: PasswordBody3; reply: StatusOk };
  /** Own sessions. */
  "GET /api/profile/sessions": { reply: SessionLine[] };
  /** Redoc, when `http.api_docs_alias` is on. */
  "GET /api/redoc": { reply: void };
  /** All settings: an array of canonical keys, or the flat ops map. */
  "GET /api/settings": { query: { format?: string; prefix?: string }; reply: SettingView[] };
  /** Write members of the flat ops map. */
  "POST /api/settings": { body: FlatSettings; reply: Saved };
  /** One setting. */
  "GET /api/settings/{key}": { params: { key: string }; reply: SettingView };
  /** Write one setting; null returns to the default. */
  "PUT /api/settings/{key}": { params: { key: string }; body: SetValue; reply: SettingView };
  /** The last 50 versions of a setting. */
  "GET /api/settings/{key}/history": { params: { key: string }; reply: VersionView[] };
  /** Share of time a rule was not firing, in percent. */
  "GET /api/sla/{rule_id}": { params: { rule_id: string }; query: { window?: string }; reply: number | null };
  /** Availability of agents and services, worst first. */
  "GET /api/sla/summary": { query: { hours?: string }; reply: SummaryView };
  /** SMART state and risk of every disk; empty without smartctl. */
  "GET /api/smart": { reply: void };
  /** The live snapshot of this machine. */
  "GET /api/stats": { reply: Snapshot };
  /** The live snapshot every five seconds, as server-sent events. */
  "GET /api/stream": { query: { services?: string; radar?: string }; reply: void };
  /** Sets the processor frequency governor. */
  "POST /api/system/cpu-governor": { body: GovernorBody; reply: GovernorView };
  /** The health score of this machine and of the process. */
  "GET /api/system/health": { reply: SystemHealthView };
  /** Facts about this machine. */
  "GET /api/system/info": { reply: SystemInfoView };
  /** The same as `/api/processes/current`. */
  "GET /api/system/processes": { reply: ProcessView[] };
  /** Open problems, worst first, and how many rules are well. */
  "GET /api/ui/attention": { reply: AttentionView };
  /** Acknowledge a problem: no reminders, no escalation. */
  "POST /api/ui/attention/{id}/ack": { params: { id: string }; reply: AckView };
  /** Keep channels quiet about a problem for a while. */
  "POST /api/ui/attention/{id}/silence": { params: { id: string }; body: SilenceBody; reply: SilenceView };
  /** Every component and background task. */
  "GET /api/ui/components": { reply: ComponentsView };
  /** What the user interface needs to start. */
  "GET /api/ui/me": { reply: UiMe };
  /** Open set-up tasks. */
  "GET /api/ui/setup": { reply: SetupView2 };
  /** What happened, newest first. */
  "GET /api/ui/timeline": { query: { from?: string; to?: string; source?: string; severity?: string; kind?: string; q?: string; cursor?: string; limit?: string }; reply: TimelineView };
  /** Own preferences of the user interface. */
  "GET /api/user/preferences": { reply: void };
  /** Replace them. */
  "PUT /api/user/preferences": { body: PreferencesBody; reply: StatusOk };
  /** Forget them. */
  "DELETE /api/user/preferences": { reply: StatusOk };
  /** Accounts, newest first. */
  "GET /api/users": { reply: AccountView[] };
  /** Keys of the organization, newest first. */
  "GET /api/v1/api-keys": { query: { include_revoked?: string }; reply: KeyView2[] };
  /** Make a key; its text is shown this once. */
  "POST /api/v1/api-keys": { body: CreateBody2; reply: CreatedView };
  /** One key. */
  "GET /api/v1/api-keys/{id}": { params: { id: string }; reply: KeyView2 };
  /** End a key. */
  "DELETE /api/v1/api-keys/{id}": { params: { id: string }; reply: void };
  /** A new key in the place of this one. */
  "POST /api/v1/api-keys/{id}/rotate": { params: { id: string }; body: RotateBody; reply: void };
  /** Approve or deny a device. */
  "POST /api/v1/auth/device/approve": { reply: DecisionView };
  /** Start a device sign-in. */
  "POST /api/v1/auth/device/authorize": { reply: DeviceView };
  /** A new access token for a device. */
  "POST /api/v1/auth/device/refresh": { reply: TokenView2 };
  /** Fetch the tokens of an approved device. */
  "POST /api/v1/auth/device/token": { reply: TokenView2 };
  /** The form that takes the code. */
  "GET /api/v1/auth/device/verify": { query: { code?: string }; reply: void };
  /** What a code stands for, to be confirmed. */
  "POST /api/v1/auth/device/verify": { reply: PendingView };
  /** Sign in; answers an envelope and cookies. */
  "POST /api/v1/auth/login": { body: LoginBody3; reply: LoginView };
  /** Sign in from a plain HTML form. */
  "POST /api/v1/auth/login-form": { reply: void };
  /** End this session. */
  "POST /api/v1/auth/logout": { reply: void };
  /** Who is signed in. */
  "GET /api/v1/auth/me": { reply: UserInfo };
  /** A new access token for a refresh token, which is replaced. */
  "POST /api/v1/auth/refresh": { reply: TokenView2 };
  /** The same as `/health`, with the word healthy. */
  "GET /api/v1/health": { reply: void };
  /** Accounts, newest first. */
  "GET /api/v1/users": { reply: UserInfo[] };
  /** Make an account. */
  "POST /api/v1/users": { body: CreateBody3; reply: UserInfo };
  /** One account: one's own, or with users:manage. */
  "GET /api/v1/users/{id}": { params: { id: string }; reply: UserInfo };
  /** Change members of an account; null clears. */
  "PUT /api/v1/users/{id}": { params: { id: string }; body: UpdateBody; reply: UserInfo };
  /** Delete an account. */
  "DELETE /api/v1/users/{id}": { params: { id: string }; reply: void };
  /** Change one's own password. */
  "PUT /api/v1/users/{id}/password": { params: { id: string }; body: PasswordBody4; reply: void };
  /** Own profile. */
  "GET /api/v1/users/me": { reply: void };
  /** Change members of the own profile. */
  "PUT /api/v1/users/me": { reply: void };
  /** Own assistant settings. */
  "GET /api/v1/users/me/ai-config": { reply: void };
  /** Change some of them. */
  "PUT /api/v1/users/me/ai-config": { reply: void };
  /** Own notification and test preferences. */
  "GET /api/v1/users/me/preferences": { reply: void };
  /** Change some of them. */
  "PUT /api/v1/users/me/preferences": { reply: void };
  /** End one's own sessions. */
  "DELETE /api/v1/users/me/sessions": { query: { except_current?: string }; reply: void };
  /** A one-time token for a socket or stream. */
  "POST /api/ws-token": { reply: WsTokenView };
  /** Swagger UI. */
  "GET /docs": { reply: void };
  /** Health; 503 only when the store is unreachable. */
  "GET /health": { reply: void };
  /** Liveness: `ok`, touching nothing. */
  "GET /healthz": { reply: void };
  /** This document. */
  "GET /openapi.json": { reply: void };
  /** The same as `/readyz`. */
  "GET /ready": { reply: ReadyView };
  /** Readiness with its checks; 503 while starting and draining. */
  "GET /readyz": { reply: ReadyView };
  /** Redoc. */
  "GET /redoc": { reply: void };
}
