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

export type AlertView = {
  id: number;
  rule_id: string;
  severity: string;
  message: string;
  /** Unix seconds. */
  started_at: number;
  resolved_at?: number | null;
  value?: number | null;
  labels: unknown;
  acknowledged_by?: string | null;
  flapping: boolean;
  withheld?: string | null;
};

/** A signature of a passkey. */
export type AssertedCredential = {
  id: string;
  response: AssertionResponse;
};

export type AssertionResponse = {
  clientDataJSON: string;
  authenticatorData: string;
  signature: string;
};

export type AssignBody = {
  /** A username; empty = nobody. */
  assigned_to?: string | null;
};

export type AssignedView = {
  status: string;
  assigned_to?: string | null;
};

export type AttentionView = {
  problems: ProblemView[];
  /** Enabled rules that are not firing. */
  well: number;
};

export type AttestationResponse = {
  clientDataJSON: string;
  attestationObject: string;
  transports?: string[];
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

/** One backup. */
export type BackupView = {
  id: number;
  filename: string;
  size_bytes: number;
  /** Hexadecimal. */
  sha256: string;
  /** `manual`, `scheduled`, `uploaded` or `orphan`. */
  kind: string;
  trigger_user_id?: number | null;
  created_at: string;
  note?: string | null;
  uid: string;
  trigger_name: string;
  encrypted: boolean;
  /** Engine, version and rows as the archive tells them; null when it cannot be read. */
  engine?: string | null;
  version?: string | null;
  row_count?: number | null;
  /** `ok` or `failed`; null until it was verified. */
  verify_state?: string | null;
  verified_at?: string | null;
  verify_detail?: string | null;
  /** `uploaded` or `failed`; null without a target. */
  remote_state?: string | null;
  remote_place?: string | null;
  remote_error?: string | null;
};

/** One bar. */
export type Bar = {
  /** YYYY-MM-DD */
  date: string;
  /** Incidents that overlap the day. */
  incidents: number;
  /** none, minor, major or critical */
  worst_severity: string;
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

export type BeginBody = {
  /** Of a login whose password was right. */
  challenge_id?: string | null;
  /** For a step-up of the signed-in user. */
  step_up?: boolean;
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

export type ChangeBody = {
  title?: string | null;
  details?: string | null;
  severity?: string | null;
  /** investigating, identified or monitoring */
  status?: string | null;
  /** Shows it on the status page; needs status:manage. */
  public?: boolean | null;
  root_cause?: string | null;
  postmortem?: string | null;
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
  /** Names the change, to take it back. */
  id: string;
  /** Unix seconds. */
  timestamp: number;
  username: string;
  changes: ChangedKey[];
};

export type ChannelBody = {
  name?: string | null;
  /** One of `/api/notifications/channel-types`; cannot be changed. */
  type?: string | null;
  enabled?: boolean | null;
  config?: Record<string, unknown> | null;
  template?: string | null;
  rate_limit_per_minute?: number | null;
  rate_limit_per_hour?: number | null;
  /** fast, minutes or persistent */
  retry?: string | null;
  /** `{start,end,timezone}`; null = none, absent = as it is. */
  quiet_hours?: unknown;
  /** True when absent on creation. */
  broadcast?: boolean | null;
};

/** A channel as a rule names it: by id, name or type. */
export type ChannelRef = number | string;

export type ChannelTypeView = {
  type: string;
  fields: FieldView[];
};

/** A channel. Secrets of `config` read `__UNCHANGED__`, or nothing when they are not set. */
export type ChannelView = {
  id: number;
  name: string;
  /** One of `/api/notifications/channel-types`. */
  type: string;
  enabled: boolean;
  config: unknown;
  template: string;
  /** 0 = unlimited */
  rate_limit_per_minute: number;
  /** 0 = unlimited */
  rate_limit_per_hour: number;
  /** fast, minutes or persistent */
  retry: string;
  /** `{start,end,timezone}`; what is critical passes. Null = none. */
  quiet_hours?: unknown;
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

export type ChooseBody = {
  organization_id: string;
  project_id?: string | null;
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

export type CodeBody = {
  code?: string;
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

export type CommandBody = {
  command: string;
  value?: string | null;
  /** The device's id, for commands that can take power from somebody. */
  confirm?: string | null;
};

export type CommandView = {
  name: string;
  description: string;
  /** Needs `confirm` with the device's id. */
  dangerous: boolean;
};

export type Component = {
  id: number;
  name: string;
  group_name: string;
  /** `rule:<id>`, `service:<unit>`, `agent:<host>`, or a key of the snapshot. */
  service_key?: string | null;
  display_order: number;
  enabled: boolean;
};

/** One component as it was last seen. */
export type Component2 = {
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

export type ComponentBody = {
  name?: string | null;
  group_name?: string | null;
  service_key?: string | null;
  display_order?: number | null;
  enabled?: boolean | null;
};

export type ComponentState = {
  id: number;
  name: string;
  group_name: string;
  /** operational, degraded, major_outage or unknown */
  status: string;
};

export type ComponentStatus = "healthy" | "degraded" | "unhealthy" | "unknown" | "disabled";

export type ComponentsView = {
  components: Component[];
};

export type ComponentsView2 = {
  components: Component2[];
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

export type Counts = {
  total: number;
  enabled: number;
  polled: number;
  ok: number;
  failed: number;
  offline: number;
};

export type CountsView = {
  total: number;
  online: number;
  offline: number;
  on_battery: number;
};

export type CoverageView = {
  /** Open alerts it would keep quiet. */
  alerts: CoveredAlert[];
  /** Rules that could not notify. */
  rules: CoveredRule[];
  upcoming: Upcoming[];
};

export type CoveredAlert = {
  firing_id: number;
  rule_id: string;
  severity: string;
  message: string;
};

export type CoveredRule = {
  id: string;
  name: string;
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

export type CreateBackup = {
  note?: string | null;
};

export type CreateBody = {
  title?: string;
  details?: string;
  severity?: string | null;
};

export type CreateBody2 = {
  name: string;
  role?: string | null;
};

export type CreateBody3 = {
  title?: string;
  /** minor, major or critical */
  severity?: string | null;
  message?: string;
};

export type CreateBody4 = {
  name: string;
  scopes?: string[] | null;
  expires_in_days?: number | null;
};

export type CreateBody5 = {
  name: string;
  slug?: string | null;
};

export type CreateBody6 = {
  username: string;
  password: string;
  display_name?: string | null;
  email?: string | null;
  role: string;
  is_temporary?: boolean;
  expires_at?: string | null;
  allowed_node_ids?: string[] | null;
  /** Ask for a new password at the next sign-in. */
  must_change_password?: boolean;
};

export type CreatedKeyView = {
  id: string;
  /** Shown this once. */
  key: string;
  name: string;
  role: Role;
};

export type CreatedView = {
  id: number;
  status: string;
};

export type CreatedView2 = {
  id: number;
  status: string;
};

export type CreatedView3 = {
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

export type CreatedView4 = {
  id: string;
  organization_id: string;
  email: string;
  role: string;
  /** pending, accepted, expired or revoked. */
  status: string;
  message?: string | null;
  token_expires_at: string;
  invited_by: string;
  created_at: string;
  /** The page that accepts it, with its token; shown this once. */
  invite_path: string;
};

export type CreatedView5 = {
  id: number;
  hook_id: string;
  secret: string;
  status: string;
};

export type CreateKeyBody = {
  name?: string;
  role?: string | null;
  /** Days from now; absent = no end. */
  expires_days?: number | null;
};

export type CurveView = {
  metric: string;
  /** Unix seconds and value. */
  points: ([number, number])[];
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

export type DetailView = {
  id: number;
  uid: string;
  /** Unix seconds. */
  timestamp: number;
  /** info, warning, danger or critical */
  severity: string;
  source: string;
  title: string;
  details: string;
  /** Unix seconds; 0 = open. */
  resolved_at: number;
  resolved_by?: string | null;
  auto_generated: boolean;
  /** auto, manual or error */
  kind: string;
  /** investigating, identified, monitoring or resolved */
  status: string;
  public: boolean;
  assigned_to?: string | null;
  created_by: string;
  root_cause?: string | null;
  postmortem?: string | null;
  merged_into?: number | null;
  alerts: AlertView[];
};

/** A device as a client writes it. Absent members keep what is stored; a blank secret keeps, null clears it. */
export type DeviceBody = Record<string, unknown>;

/** What a device is. */
export type DeviceType = "ups" | "pdu" | "sensor" | "host";

/** A device. */
export type DeviceView = {
  id: string;
  name: string;
  type: DeviceType;
  poller: Poller;
  host: string;
  port: number;
  enabled: boolean;
  /** Secret members are blank. */
  connection_config: Record<string, unknown>;
  model?: string | null;
  firmware?: string | null;
  serial?: string | null;
  manufacturer?: string | null;
  last_seen?: string | null;
  /** `online`, `stale`, `offline`, `disabled` or `unknown`. */
  status: string;
  /** Why it does not answer. */
  last_error?: string | null;
  /** A forced shutdown stands at our own NUT server. */
  forced_shutdown: boolean;
  tags: string[];
  group?: string | null;
  location?: string | null;
  rated_power_watts?: number | null;
  nominal_power_factor: number;
  thresholds: Thresholds;
  poll_seconds?: number | null;
  feeds: string[];
  source: string;
  created_at: string;
  updated_at: string;
  /** Names of the secret members that are stored. */
  secrets_set: string[];
};

export type DeviceView2 = {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  /** Seconds. */
  expires_in: number;
  interval: number;
};

export type DiagnosticsView = {
  last_poll: LastPoll;
  devices: Counts;
  errors: ErrorView[];
  timing: Record<string, number>;
  last_snapshot?: SnapshotView | null;
  events: EventView[];
  exporters: unknown;
  next_poll_at?: string | null;
};

/** One key that an import changes; texts are masked. */
export type Difference = {
  key: string;
  old: string;
  new: string;
  /** The new value is the default. */
  to_default: boolean;
};

export type DisableBody = {
  username?: string | null;
  password?: string | null;
  code?: string | null;
};

export type DiscoverBody = {
  /** Host names or addresses; this machine when absent. */
  hosts?: string[];
  port?: number | null;
  username?: string | null;
  password?: string | null;
};

export type DiscoverView = {
  found: FoundView[];
  hosts: HostView[];
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

export type EndpointBody = {
  endpoint?: string;
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

export type ErrorView = {
  device_id: string;
  error: string;
  at?: string | null;
  consecutive: number;
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

/** A power event. */
export type EventView = {
  id: number;
  timestamp: string;
  device_id?: string | null;
  device_name?: string | null;
  event_type: string;
  metadata: unknown;
  severity: string;
  message: string;
  note?: string | null;
  acknowledged_by?: string | null;
  acknowledged_at?: string | null;
};

/** One event. */
export type EventView2 = {
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

export type ExchangeView = {
  token: string;
  /** An owner shows as `admin`. */
  role: string;
  username: string;
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

export type FieldView = {
  name: string;
  /** text, url, int, bool, enum or list */
  kind: string;
  secret: boolean;
  required: boolean;
  default: unknown;
  options: string[];
  min?: number | null;
  max?: number | null;
};

export type FinishBody = {
  credential: AssertedCredential;
  challenge_id?: string | null;
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
  incident_id?: number | null;
  /** Why channels did not hear of it: cooldown, duplicate, dependency, flapping, maintenance or silenced. */
  withheld?: string | null;
  /** It fired and ended again and again. */
  flapping: boolean;
};

/** Any subset of the documented members. */
export type FlatSettings = Record<string, unknown>;

export type FoundView = {
  /** To be sent as it is to `POST /api/devices`. */
  device: Record<string, unknown>;
  ups_status?: string | null;
  battery_percent?: number | null;
  model?: string | null;
  /** The device is there already. */
  known: boolean;
};

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

export type HealBody = {
  target?: string;
  /** `2h30m`, `45m`, `90s`. */
  duration?: string;
  reason?: string;
  /** suppress, suppress_all, queue or notify_only */
  action?: string | null;
  cron?: string | null;
};

export type HealWindowView = {
  id: number;
  target: string;
  cron_expr?: string | null;
  duration_s: number;
  reason: string;
  action: string;
  /** 1 or 0 */
  active: number;
  created_by: string;
  created_at: number;
  expires_at?: number | null;
  next_start?: number | null;
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

export type HistoryView = {
  device_id: string;
  start: string;
  kwh: number;
  cost: number;
  currency: string;
  estimated: boolean;
  /** The part of the time that was seen, 0-1. */
  coverage: number;
};

export type HostView = {
  host: string;
  port: number;
  ok: boolean;
  error?: string | null;
};

export type ImportBody = {
  /** YAML or JSON. */
  document: string;
  /** `merge` (default) or `replace`: settings the document does not name return to their defaults. */
  mode?: string | null;
};

/** What an import would do. */
export type ImportPlan = {
  changes: Difference[];
  /** Keys of the document that already have this value. */
  unchanged: number;
  /** Keys that are not written, and why. */
  skipped: Skipped[];
  /** Keys whose value is refused, and why. Nothing is written while there is one. */
  faults: Skipped[];
};

export type ImportView = {
  imported: number;
  duplicates: number;
  rejected: Rejected[];
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

export type IncidentsView = {
  incidents: IncidentView2[];
};

export type IncidentView = {
  id: number;
  uid: string;
  /** Unix seconds. */
  timestamp: number;
  /** info, warning, danger or critical */
  severity: string;
  source: string;
  title: string;
  details: string;
  /** Unix seconds; 0 = open. */
  resolved_at: number;
  resolved_by?: string | null;
  auto_generated: boolean;
  /** auto, manual or error */
  kind: string;
  /** investigating, identified, monitoring or resolved */
  status: string;
  public: boolean;
  assigned_to?: string | null;
  created_by: string;
  root_cause?: string | null;
  postmortem?: string | null;
  merged_into?: number | null;
};

export type IncidentView2 = {
  id: number;
  title: string;
  /** minor, major or critical */
  severity: string;
  status: string;
  created_at: number;
  resolved_at?: number | null;
  /** Blank for anonymous callers. */
  created_by: string;
  assigned_to: string;
  /** Oldest first. */
  updates: UpdateView[];
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

export type InvitationList = {
  invitations: InvitationView[];
  total: number;
};

export type InvitationView = {
  id: string;
  organization_id: string;
  email: string;
  role: string;
  /** pending, accepted, expired or revoked. */
  status: string;
  message?: string | null;
  token_expires_at: string;
  invited_by: string;
  created_at: string;
};

export type InviteBody = {
  email: string;
  /** admin, member or viewer. */
  role?: string | null;
  message?: string | null;
};

export type InvitedView = {
  id: string;
  /** Null while the invitation is open. */
  user_id?: string | null;
  username?: string | null;
  display_name?: string | null;
  email?: string | null;
  role: string;
  /** pending, active or suspended. */
  status: string;
  invited_by?: string | null;
  invited_at?: string | null;
  accepted_at?: string | null;
  created_at: string;
  /** The page that accepts the invitation, with its token; shown this once. */
  invite_path: string;
};

/** A job that was queued. */
export type JobStarted = {
  job_id: number;
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
  request_count: number;
  scopes: string[];
  created_by: string;
  /** When a rotated key stops working. */
  ends_at?: number | null;
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

export type LastPoll = {
  started_at?: string | null;
  finished_at?: string | null;
  duration_ms?: number | null;
  /** `schedule` or `manual`. */
  trigger?: string | null;
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

export type LinkedView = {
  provider: string;
  email?: string | null;
  name?: string | null;
  linked_at: string;
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

/** One condition on a label; `rule`, `group`, `severity` and `host` are labels of every alert. */
export type Matcher = {
  label: string;
  op: Op;
  value: string;
};

export type MemberView = {
  id: string;
  /** Null while the invitation is open. */
  user_id?: string | null;
  username?: string | null;
  display_name?: string | null;
  email?: string | null;
  role: string;
  /** pending, active or suspended. */
  status: string;
  invited_by?: string | null;
  invited_at?: string | null;
  accepted_at?: string | null;
  created_at: string;
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

export type MergeBody = {
  /** The incident that stays. */
  into?: number | null;
};

export type MessageBody = {
  message?: string;
  /** comment, action or note */
  msg_type?: string | null;
};

export type MessagesView = {
  incident_id: number;
  messages: MessageView[];
};

export type MessageView = {
  id: number;
  incident_id: number;
  author: string;
  message: string;
  /** comment, system, action or note */
  msg_type: string;
  created_at: number;
};

/** The parts of a discovery document we use (OpenID Connect Discovery 3). */
export type Metadata = {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  userinfo_endpoint?: string | null;
  jwks_uri?: string | null;
  id_token_signing_alg_values_supported?: string[] | null;
  token_endpoint_auth_methods_supported?: string[] | null;
};

export type MetricCapacity = {
  regression: Regression;
  /** The daily or weekly pattern around the line; null with the reason beside it. */
  seasonal?: Seasonal | null;
  seasonal_reason?: string | null;
  projection: ProjectedPoint[];
  residual_std: number;
  /** When the line reaches `threshold`; null when it does not, or when the metric is no share of something. */
  full_at?: string | null;
  /** Earliest and latest time by the 95 % band; null = not within ten years. */
  full_between?: [string | null, string | null] | null;
  threshold?: number | null;
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

export type MineView = {
  id: string;
  name: string;
  slug: string;
  role: string;
  plan: string;
  member_count: number;
  is_default: boolean;
  is_personal: boolean;
};

/** What happens to slots missed while nobody was there. */
export type Misfire = "skip" | "run_once";

/** Reachability of the two configured addresses. */
export type NetHealth = {
  /** `Up`, `Down` or null when it is not configured or cannot be told. */
  wan?: string | null;
  lan?: string | null;
  configured: boolean;
};

export type NewCredential = {
  response: AttestationResponse;
};

export type NodeSettings = {
  settings: Record<string, unknown>;
};

export type NoteBody = {
  /** At most 2000 characters; empty clears it. */
  note: string;
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
  /** Empty = any. */
  min_severity?: string | null;
  filter_device_ids?: string[] | null;
  filter_node_ids?: string[] | null;
  template?: string | null;
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
  /** Null = any. */
  min_severity?: Severity | null;
  filter_device_ids: string[];
  filter_node_ids: string[];
  /** Instead of the channel's; empty = the channel's. */
  template: string;
  created_at: string;
  updated_at: string;
};

/** What is to be changed; absent members stay. */
export type OidcChange = {
  enabled?: boolean | null;
  issuer_url?: string | null;
  client_id?: string | null;
  /** Empty = keep the stored one. */
  client_secret?: string | null;
  display_name?: string | null;
  scopes?: string | null;
  cookie_parent_domain?: string | null;
  auto_provision?: boolean | null;
  default_role?: string | null;
  require_email_verified?: boolean | null;
  allowed_emails?: string[] | null;
  allowed_domains?: string[] | null;
};

export type Op = "=" | "!=" | "!~" | "~";

export type OrganizationLine = {
  id: string;
  name: string;
  slug: string;
  plan: string;
  logo_url?: string | null;
  member_count: number;
  /** The caller's. */
  role: string;
  created_at: string;
  is_default: boolean;
  is_personal: boolean;
};

export type OrganizationView = {
  id: string;
  name: string;
  slug: string;
  plan: string;
  ai_budget_daily: number;
  ai_budget_monthly: number;
  settings: Record<string, unknown>;
  features: Record<string, unknown>;
  stripe_customer_id?: string | null;
  stripe_subscription_id?: string | null;
  logo_url?: string | null;
  domain?: string | null;
  sso_enabled: boolean;
  member_count: number;
  is_default: boolean;
  is_personal: boolean;
  created_at: string;
  updated_at: string;
};

export type OutageView = {
  id: number;
  device_id: string;
  device_name: string;
  started_at: string;
  ended_at?: string | null;
  /** Until now while it lasts. */
  duration_seconds: number;
  battery_start?: number | null;
  battery_end?: number | null;
  min_runtime_seconds?: number | null;
  max_load?: number | null;
  ended_by?: string | null;
};

export type OutcomeView = {
  status: string;
  /** The driver's own word; null when the server cannot say. */
  tracking?: string | null;
};

/** What happens when the run before is still active. */
export type Overlap = "skip" | "allow" | "queue" | "replace";

/** A page of a list. */
export type PageView = {
  page: number;
  page_size: number;
  total: number;
  items: EventView[];
};

/** A page of a list. */
export type PageView2 = {
  page: number;
  page_size: number;
  total: number;
  items: OutageView[];
};

/** A page of a list. */
export type PageView3 = {
  page: number;
  page_size: number;
  total: number;
  items: SnapshotView[];
};

export type PageView4 = {
  notifications: UserNotificationView[];
  total: number;
  unread_count: number;
  has_more: boolean;
};

export type PasskeyView = {
  id: string;
  name: string;
  /** The model of the authenticator. */
  aaguid: string;
  /** Kept by more than one device. */
  backed_up: boolean;
  transports: string[];
  created_at: string;
  last_used_at?: string | null;
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

/** Members that change; absent ones stay. */
export type PatchSchedule = {
  cron?: string | null;
  /** IANA name; empty = the zone of the instance. */
  timezone?: string | null;
  enabled?: boolean | null;
  overlap?: Overlap | null;
  misfire?: Misfire | null;
  grace_s?: number | null;
  jitter_s?: number | null;
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

/** What an import of people would do. */
export type PeoplePlan = {
  /** User names that are added, inactive. */
  creates: string[];
  /** User names that are left alone, because they exist. */
  existing: string[];
  /** `username: why` of those that cannot be added. Nothing is written while there is one. */
  faults: string[];
};

/** A price for some hours of some days. */
export type Period = {
  name?: string;
  rate: number;
  /** `mon` ... `sun`; every day when empty. */
  days?: string[];
  /** 1-12; every month when empty. */
  months?: number[];
  /** `HH:MM`. */
  start: string;
  /** `HH:MM`; before `start` it wraps over midnight, equal to it is the whole day. */
  end: string;
};

export type PeriodView = {
  window_id: number;
  name: string;
  start: number;
  end: number;
  recurring: boolean;
  suppress_alerts: boolean;
};

/** What an import would do, section by section; null = not in the document. */
export type Plan = {
  settings?: ImportPlan | null;
  identity?: PeoplePlan | null;
  /** The plan can be applied. */
  ok: boolean;
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

/** How a device is read. */
export type Poller = "nut" | "snmp" | "http" | "modbus" | "redfish" | "ipmi" | "apcupsd";

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

/** Whether watts were measured or follow from the nameplate. */
export type PowerSource = "measured" | "estimated";

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

/** The backup against the running store. */
export type Preview = {
  filename: string;
  created_at: string;
  version: string;
  /** Engine it was taken from. */
  engine: string;
  note?: string | null;
  /** The master key in force opens the secrets inside. */
  same_master_key: boolean;
  /** The archive carries points and logs. */
  includes_telemetry: boolean;
  tables: TableChange[];
  warnings: string[];
};

export type PreviewBody = {
  condition?: string;
  clear_condition?: string | null;
  for_s?: number;
  /** 1 to 168, 24 when absent. */
  hours?: number | null;
};

export type PreviewBody2 = {
  /** Addresses and ranges. */
  entries: string[];
};

export type PreviewBody3 = {
  /** Of an encrypted archive; the setting `backup.passphrase` when absent. */
  passphrase?: string | null;
};

export type PreviewBody4 = {
  /** Of a channel that exists; its configuration fills in what `config` leaves out. */
  channel_id?: number | null;
  /** Needed without `channel_id`. */
  type?: string | null;
  config?: Record<string, unknown> | null;
  /** Empty or absent = the default of the type. */
  template?: string | null;
  /** A documented event; a failed sign-in when absent. */
  event_type?: string | null;
};

export type PreviewView = {
  /** How often the rule would have fired. */
  firings: number;
  intervals: IntervalView[];
  /** Seconds between two evaluations of the preview. */
  step_s: number;
  hours: number;
  unknown_metrics: string[];
  /** Seconds of `total_s` in which the condition could not be judged: too little history. */
  unknown_s: number;
  total_s: number;
  curves: CurveView[];
};

export type PreviewView2 = {
  /** Entries that are no address and no range. */
  invalid: string[];
  your_ip?: string | null;
  /** False = storing the list is refused, because it would lock its writer out. */
  includes_you: boolean;
  sessions: SessionLine2[];
};

export type PreviewView3 = {
  /** Secrets blanked. */
  rendered: string;
  /** The event it was made of. */
  event: unknown;
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
  /** open, acknowledged, silenced or maintenance */
  state: string;
  incident_id?: number | null;
  /** It fired and ended again and again. */
  flapping: boolean;
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

/** The documented members, for the published document; a body is read member by member. */
export type ProjectBody = {
  name?: string | null;
  description?: string | null;
  app_url?: string | null;
  codebase_path?: string | null;
  repository_url?: string | null;
  settings?: Record<string, unknown> | null;
  is_active?: boolean | null;
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

export type ProjectLine = {
  id: string;
  organization_id: string;
  name: string;
  description?: string | null;
  app_url?: string | null;
  is_active: boolean;
  test_count: number;
  last_run_at?: string | null;
  created_at: string;
};

export type ProjectMemberView = {
  user_id: string;
  username: string;
  display_name: string;
  /** maintainer, developer or viewer. */
  role: string;
  added_at: string;
};

export type ProjectView = {
  id: string;
  organization_id: string;
  name: string;
  description?: string | null;
  app_url?: string | null;
  codebase_path?: string | null;
  repository_url?: string | null;
  settings: Record<string, unknown>;
  is_active: boolean;
  test_count: number;
  last_run_at?: string | null;
  created_at: string;
  updated_at: string;
};

export type Provider = {
  id: string;
  name: string;
  url: string;
};

export type PublicView = {
  components: ComponentState[];
  /** The same list under its older name. */
  services: ComponentState[];
  active_incidents: IncidentView2[];
  /** 90 days, oldest first. */
  uptime_history: Bar[];
  /** operational, degraded or major_outage */
  overall: string;
  timestamp: number;
};

export type PurgedView = {
  removed: number;
};

export type PushBody = {
  endpoint?: string;
  p256dh_key?: string;
  auth_key?: string;
  user_agent?: string;
};

export type PushKeyView = {
  /** Uncompressed P-256 point, base64url. */
  public_key: string;
};

export type PushView = {
  id: number;
  user_id: number;
  endpoint: string;
  p256dh_key: string;
  auth_key: string;
  user_agent: string;
  created_at: string;
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

export type RecomputeBody = {
  /** Every device when absent. */
  device_id?: string | null;
};

export type RecoveryBody = {
  challenge_id: string;
  recovery_code: string;
};

export type RegisterBody = {
  name: string;
  credential: NewCredential;
};

export type RegisterBody2 = {
  username: string;
  password: string;
  display_name?: string | null;
};

export type Regression = {
  /** Change per second. */
  slope: number;
  intercept: number;
  r_squared: number;
};

/** A line that was not taken. */
export type Rejected = {
  /** Counted from 1. */
  line: number;
  error: string;
};

export type RenameBody = {
  name: string;
};

export type ResponseView = {
  success: boolean;
  message: string;
  details: unknown;
};

export type RestoreBody = {
  confirm?: boolean;
  passphrase?: string | null;
  /** The master key the backup was made under, when it is another. */
  archive_key?: string | null;
  /** Restore although its secrets cannot be read; they are emptied. */
  without_secrets?: boolean;
};

/** A staged restore. */
export type RestoreReply = {
  scheduled: boolean;
  backup?: BackupView | null;
  warnings: string[];
  message: string;
};

/** Which retention rule a kind follows (platform spec 4.6). */
export type Retention = "standard" | "power" | "nodes" | "audit";

export type RetryView = {
  /** The new job; its `parent_id` is the old one. */
  job_id: number;
};

export type Reverted = {
  /** Keys that have their value before again. */
  keys: string[];
};

export type RevokeBody = {
  prefix?: string;
};

export type RevokedView = {
  success: boolean;
};

export type Role = "viewer" | "operator" | "admin" | "owner";

export type RoleBody = {
  /** admin, member or viewer. */
  role: string;
};

export type RoleBody2 = {
  /** maintainer, developer or viewer. */
  role: string;
};

export type RotateBody = {
  /** Seconds the old key still works; at most a day. */
  grace_seconds?: number;
};

export type RotateBody2 = {
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
  group_by?: string[] | null;
  depends_on?: string[] | null;
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

export type RuleSlaView = {
  id: string;
  name: string;
  /** Unknown time counts as up; null when all of the window was maintenance. */
  uptime_pct?: number | null;
  /** Over the known time only; null when there is none. */
  observed_pct?: number | null;
  downtime_s: number;
  /** Planned, and left out of the window. */
  maintenance_s: number;
  /** Nobody looked. */
  unknown_s: number;
  firings: number;
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
  /** Labels that keep the incidents of a group apart. */
  group_by: string[];
  /** Rules whose alerts explain this one. */
  depends_on: string[];
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

export type Said = {
  success: boolean;
  message: string;
};

export type Saved = {
  status: string;
};

export type SavedView = {
  status: string;
  id: string;
  unknown_metrics: string[];
};

export type SavedView2 = {
  id: number;
  status: string;
};

export type SchedulesView = {
  items: ScheduleView[];
  /** The zone of schedules without one of their own. */
  timezone: string;
};

export type ScheduleView = {
  id: number;
  uid: string;
  name: string;
  /** Kind of the job a slot queues. */
  kind: string;
  cron: string;
  /** Null = the zone of the instance. */
  timezone?: string | null;
  enabled: boolean;
  next_run_at?: string | null;
  last_run_at?: string | null;
  /** State of the last run, or `skipped`; null before the first. */
  last_state?: string | null;
  overlap: Overlap;
  misfire: Misfire;
  grace_s: number;
  jitter_s: number;
  until?: string | null;
  /** The setting that defines it; null when it is changed here. */
  managed_by?: string | null;
  /** The next slots, clock changes counted in. */
  upcoming: string[];
};

export type Seasonal = {
  period_hours: number;
  /** Autocorrelation at that lag. */
  correlation: number;
  amplitude: number;
};

export type SecretView = {
  secret: string;
  status: string;
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

export type SessionLine2 = {
  username: string;
  ip?: string | null;
  /** Null when the address of the session is not known. */
  allowed?: boolean | null;
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
  /** What it does; null where nobody wrote it down. */
  description?: string | null;
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
  matchers?: Matcher[];
  scope?: string[];
  /** `2h30m`, `45m`; or `ends_at`. */
  duration?: string;
  /** Unix seconds. */
  ends_at?: number | null;
  reason?: string;
};

export type SilenceBody2 = {
  /** 1 to 10080; 0 ends a silence. */
  minutes: number;
};

export type SilenceView = {
  status: string;
  silenced_until?: string | null;
};

export type Skipped = {
  key: string;
  reason: string;
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

/** A sample. */
export type SnapshotView = {
  /** Null for a sample that is not stored yet. */
  id?: number | null;
  timestamp: string;
  device_id: string;
  device_type: string;
  power_watts?: number | null;
  load_percent?: number | null;
  voltage?: number | null;
  battery_percent?: number | null;
  runtime_seconds?: number | null;
  ups_status?: string | null;
  temperature_c?: number | null;
  current_amps?: number | null;
  frequency_hz?: number | null;
  input_voltage?: number | null;
  output_voltage?: number | null;
  outlet_count?: number | null;
  power_source?: PowerSource | null;
  apparent_va?: number | null;
  power_factor?: number | null;
  /** The device's own counter. */
  energy_kwh?: number | null;
  humidity_percent?: number | null;
  battery_voltage?: number | null;
  nominal_voltage?: number | null;
  alarms?: string[];
};

export type SourceView = {
  name: string;
  /** agent or service */
  type: string;
  /** Unknown time counts as up; null when all of the window was maintenance. */
  uptime_pct?: number | null;
  /** Over the known time only; null when there is none. */
  observed_pct?: number | null;
  downtime_s: number;
  /** Planned, and left out of the window. */
  maintenance_s: number;
  /** Nobody looked. */
  unknown_s: number;
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

export type Status = {
  status: string;
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
  issuer_url?: string | null;
  client_id?: string | null;
  client_secret_set: boolean;
  display_name: string;
  /** Separated by blanks. */
  scopes: string;
  cookie_parent_domain?: string | null;
  auto_provision: boolean;
  default_role: string;
  require_email_verified: boolean;
  allowed_emails: string[];
  allowed_domains: string[];
  /** What the provider has to know of us. */
  redirect_uri: string;
};

export type StatusView3 = {
  enabled: boolean;
  enabled_at?: string | null;
  setup_pending: boolean;
  recovery_codes_remaining: number;
};

/** The page's head. */
export type StatusView4 = {
  enabled: boolean;
  schedule: string;
  retention_days: number;
  include_telemetry: boolean;
  encrypted: boolean;
  /** RFC 3339; null while the schedule is off. */
  next_run_at?: string | null;
  last_backup_at?: string | null;
  /** `ok`, `stale` (older than 48 hours) or `missing`. */
  last_backup_status: string;
  /** Where copies go; null without a target. */
  target?: string | null;
  /** Why the target's setting cannot be used. */
  target_error?: string | null;
  /** The backup or verification that runs or waits now. */
  running_job_id?: number | null;
  /** The next start applies a restore. */
  restore_pending: boolean;
  /** Free space where backups lie; null when unknown. */
  free_bytes?: number | null;
  /** Size of the databases a backup copies. */
  database_bytes: number;
};

export type StatusView5 = {
  status: string;
};

export type StatusView6 = {
  status: string;
};

export type StatusView7 = {
  status: string;
};

export type StatusView8 = {
  status: string;
  message: string;
  started_at?: string | null;
  last_finished_at?: string | null;
  /** `ok`, `failed` (no device answered) or null before the first cycle. */
  last_result?: string | null;
};

export type StepUpBody = {
  password?: string | null;
  /** Six digits or a recovery code. */
  code?: string | null;
  /** A passkey's signature; begun with `/api/auth/passkey/login/begin` and `step_up`. */
  assertion?: AssertedCredential | null;
};

export type SubscribeBody = {
  project_id?: string | null;
  /** Of in_app, email, slack. */
  channels?: string[] | null;
};

export type SummaryView = {
  period_hours: number;
  /** Agents and services that were ever down. */
  sla: SourceView[];
  /** Active rules: the share of time each was not firing. */
  rules: RuleSlaView[];
  /** Seconds of the window in which nobody looked. */
  unknown_s: number;
};

export type SummaryView2 = {
  devices: CountsView;
  total_watts?: number | null;
  total_kwh_today?: number | null;
  cost_today?: number | null;
  currency: string;
  /** `offline`, `on_battery`, `stale`, `online` or null without devices. */
  worst_status?: string | null;
  min_runtime_seconds?: number | null;
  /** Nothing is asked of any device. */
  scanning_disabled: boolean;
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

/** One table, then and now. */
export type TableChange = {
  part: string;
  table: string;
  /** Rows in the backup; null when the backup does not have the table. */
  backup_rows?: number | null;
  /** Rows now; null when this store does not have the table. */
  current_rows?: number | null;
  /** Whether any row differs. */
  changed: boolean;
};

export type TargetTested = {
  ok: boolean;
  target: string;
};

/** A tariff in force from one moment on. */
export type Tariff = {
  currency: string;
  base_rate: number;
  standing_per_day?: number;
  periods?: Period[];
  /** RFC 3339; now when absent. */
  valid_from?: string | null;
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

export type TestBody = {
  /** Absent = the saved one. */
  issuer_url?: string | null;
};

export type TestView = {
  rule_id: string;
  condition: string;
  result: boolean;
  available_metrics: string[];
  /** What the condition's metrics read now; null = unknown. */
  values: Record<string, number | null>;
  unknown_metrics: string[];
  /** Questions about the past that have too little history for an answer. */
  not_enough_data: string[];
};

export type TestView2 = {
  ok: boolean;
  latency_ms?: number | null;
  profile?: string | null;
  snapshot?: SnapshotView | null;
  error?: string | null;
};

export type TestView3 = {
  success: boolean;
  sent_payload: string;
  error_message?: string | null;
  /** The receiver's HTTP status; null when there was none. */
  http_status?: number | null;
  /** What a mail server or broker said. */
  answer?: string | null;
};

/** Per-device limits; absent ones follow the settings. */
export type Thresholds = {
  load_percent?: number | null;
  temperature_c?: number | null;
  battery_percent?: number | null;
  runtime_seconds?: number | null;
  /** `tight` 5 %, `normal` 10 %, `loose` 15 % around the nominal voltage. */
  voltage_band?: VoltageBand | null;
};

export type TimelineEntry = {
  /** Unix seconds. */
  at: number;
  /** opened, alert, alert_over, update, message or resolved */
  kind: string;
  by?: string | null;
  text: string;
  severity?: string | null;
  /** The type of a message, the status of an update. */
  detail?: string | null;
};

/** One page of the timeline, newest first. */
export type TimelineView = {
  items: EventView2[];
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

export type TotalView = {
  device_id: string;
  kwh_total: number;
  cost_total: number;
  currency: string;
  energy_wh: number;
  energy_kwh: number;
  last_updated: string;
  estimated_cost?: number | null;
  /** Some of it follows from the nameplate. */
  estimated: boolean;
  /** Some time was not seen. */
  partial: boolean;
  /** `integrated` or `counter`. */
  method: string;
};

export type TransferBody = {
  new_owner_user_id: string;
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

export type Triggered = {
  job_id: number;
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

export type Upcoming = {
  start: number;
  end: number;
};

export type UpdateBody = {
  message?: string;
  status?: string | null;
};

/** Absent = unchanged, `null` = cleared. */
export type UpdateBody2 = {
  display_name?: string | null;
  email?: string | null;
  role?: string | null;
  is_temporary?: boolean | null;
  expires_at?: string | null;
  allowed_node_ids?: string[] | null;
  is_active?: boolean | null;
  password?: string | null;
  must_change_password?: boolean | null;
};

export type UpdateView = {
  id: number;
  message: string;
  status: string;
  created_at: number;
  created_by: string;
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
  must_change_password: boolean;
};

export type UserLine = {
  username: string;
  /** An owner shows as `admin`. */
  role: string;
  global_role: Role;
  has_2fa: boolean;
  is_active: boolean;
};

export type UserNotificationView = {
  id: string;
  /** Null = everyone. */
  user_id?: string | null;
  organization_id?: string | null;
  type: string;
  title: string;
  message: string;
  read: boolean;
  priority: string;
  action_url?: string | null;
  metadata: unknown;
  created_at: string;
  read_at?: string | null;
};

export type UsersBody = {
  /** list, add, remove, change_password, set_role */
  action?: string;
  username?: string;
  password?: string;
  role?: string | null;
};

export type ValidView = {
  valid: boolean;
  email?: string | null;
  organization_name?: string | null;
  role?: string | null;
  expires_at?: string | null;
  invited_by?: string | null;
  message?: string | null;
  /** Whether an account can be made with it. */
  may_register: boolean;
  error?: string | null;
};

export type ValueBody = {
  value: string;
};

export type VariableView = {
  value: string;
  writable: boolean;
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

/** How far the input voltage may be off. */
export type VoltageBand = "tight" | "normal" | "loose";

export type WebhookBody = {
  name?: string;
  automation_id?: unknown;
  /** generic when absent */
  source?: string | null;
  /** native when absent */
  verify_mode?: string | null;
};

export type WebhookChange = {
  name?: string | null;
  enabled?: boolean | null;
};

export type WebhookDeliveryView = {
  id: string;
  delivery_id: string;
  event_type: string;
  headers: unknown;
  /** Secrets in use blanked. */
  body: string;
  status: string;
  /** How often it came again. */
  duplicates: number;
  event_id?: number | null;
  created_at: number;
};

export type WebhookView = {
  id: number;
  name: string;
  hook_id: string;
  /** Where the sender calls. */
  path: string;
  source: string;
  /** native, token or none */
  verify_mode: string;
  automation_id?: string | null;
  enabled: boolean;
  /** Unix seconds. */
  last_triggered?: number | null;
  trigger_count: number;
  rejected: number;
  /** The secret before the last rotation is still accepted. */
  previous_secret_valid: boolean;
  created_at: number;
};

/** Members of a window; on a change all are optional. */
export type WindowBody = {
  name?: string | null;
  schedule?: string | null;
  /** 1 to 43200. */
  duration_min?: number | null;
  one_off_start?: number | null;
  one_off_end?: number | null;
  timezone?: string | null;
  scope?: string[] | null;
  matchers?: Matcher[] | null;
  suppress_alerts?: boolean | null;
  suppress_shutdown?: boolean | null;
  override_autonomy?: string | null;
  auto_close_alerts?: boolean | null;
  heal_action?: string | null;
  reason?: string | null;
  enabled?: boolean | null;
};

export type WindowView = {
  id: number;
  uid: string;
  name: string;
  /** Cron expression; null = one-off. */
  schedule?: string | null;
  duration_min: number;
  duration_minutes: number;
  /** Unix seconds. */
  one_off_start?: number | null;
  one_off_end?: number | null;
  start_ts?: number | null;
  end_ts?: number | null;
  /** IANA name; null = `system.timezone`. */
  timezone?: string | null;
  /** recurring or one_off */
  type: string;
  scope: string[];
  matchers: Matcher[];
  suppress_alerts: boolean;
  suppress_shutdown: boolean;
  override_autonomy?: string | null;
  auto_close_alerts: boolean;
  heal_action?: string | null;
  reason: string;
  enabled: boolean;
  created_by: string;
  origin: string;
  created_at: number;
  active: boolean;
  active_since?: number | null;
  active_until?: number | null;
  next_start?: number | null;
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
  /** A new key in the place of this one. */
  "POST /api/admin/api-keys/{key_id}/rotate": { params: { key_id: string }; body: RotateBody; reply: CreatedKeyView };
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
  /** The same, under its older name. */
  "POST /api/auth/exchange": { body: CodeBody; reply: ExchangeView };
  /** Whom a list of addresses would let in. */
  "POST /api/auth/ip-allowlist/preview": { body: PreviewBody2; reply: PreviewView2 };
  /** Providers linked to one's own account. */
  "GET /api/auth/linked-providers": { reply: LinkedView[] };
  /** Unlink a provider. */
  "DELETE /api/auth/linked-providers/{provider}": { params: { provider: string }; reply: StatusOk };
  /** Sign in with a password. */
  "POST /api/auth/login": { body: LoginBody; reply: LoginReply };
  /** End this session. */
  "POST /api/auth/logout": { reply: void };
  /** Who is signed in. */
  "GET /api/auth/me": { reply: LoginReply };
  /** Whether single sign-on is configured. */
  "GET /api/auth/oidc/available": { reply: void };
  /** Come back from the identity provider. */
  "GET /api/auth/oidc/callback": { reply: void };
  /** Change the settings of single sign-on. */
  "PUT /api/auth/oidc/config": { body: OidcChange; reply: StatusView2 };
  /** A header token for an exchange code. */
  "POST /api/auth/oidc/exchange": { body: CodeBody; reply: ExchangeView };
  /** Leave for the identity provider. */
  "GET /api/auth/oidc/login": { query: { rd?: string }; reply: void };
  /** The settings of single sign-on. */
  "GET /api/auth/oidc/status": { reply: StatusView2 };
  /** Ask an issuer for its endpoints. */
  "POST /api/auth/oidc/test": { body: TestBody; reply: Metadata };
  /** What a passkey has to sign. */
  "POST /api/auth/passkey/login/begin": { body: BeginBody; reply: void };
  /** Sign in with a passkey. */
  "POST /api/auth/passkey/login/finish": { body: FinishBody; reply: LoginReply };
  /** What a new passkey is made from. */
  "POST /api/auth/passkey/register/begin": { reply: void };
  /** Store a new passkey. */
  "POST /api/auth/passkey/register/finish": { body: RegisterBody; reply: PasskeyView };
  /** One's own passkeys. */
  "GET /api/auth/passkeys": { reply: PasskeyView[] };
  /** Rename a passkey. */
  "PATCH /api/auth/passkeys/{id}": { params: { id: string }; body: RenameBody; reply: Done };
  /** Remove a passkey. */
  "DELETE /api/auth/passkeys/{id}": { params: { id: string }; reply: void };
  /** Change one's own password, or somebody's. */
  "POST /api/auth/password": { body: PasswordBody; reply: Done };
  /** Configured external sign-in providers. */
  "GET /api/auth/providers": { reply: Provider[] };
  /** Where a page may lead after sign-in. */
  "GET /api/auth/safe-redirect": { query: { rd?: string }; reply: void };
  /** Own sessions; `all=1` everybody's. */
  "GET /api/auth/sessions": { query: { all?: string }; reply: SessionView[] };
  /** End a session. */
  "DELETE /api/auth/sessions/{id}": { params: { id: string }; reply: void };
  /** Come back from a social provider. */
  "GET /api/auth/social/{provider}/callback": { params: { provider: string }; reply: void };
  /** Leave to link an account to one's own. */
  "GET /api/auth/social/{provider}/link": { params: { provider: string }; query: { rd?: string }; reply: void };
  /** Come back with an account to link. */
  "GET /api/auth/social/{provider}/link/callback": { params: { provider: string }; reply: void };
  /** Leave for a social provider. */
  "GET /api/auth/social/{provider}/login": { params: { provider: string }; query: { rd?: string }; reply: void };
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
  "GET /api/auth/totp/status": { reply: StatusView3 };
  /** Finish signing in with a code. */
  "POST /api/auth/totp/verify": { body: VerifyBody; reply: LoginReply };
  /** Backups of this instance, newest first. */
  "GET /api/backups": { query: { limit?: string }; reply: BackupView[] };
  /** Make a backup and wait for it. */
  "POST /api/backups": { query: { wait?: string }; body: CreateBackup; reply: BackupView };
  /** One backup. */
  "GET /api/backups/{id}": { params: { id: string }; reply: BackupView };
  /** Delete a backup. */
  "DELETE /api/backups/{id}": { params: { id: string }; reply: void };
  /** The archive. */
  "GET /api/backups/{id}/download": { params: { id: string }; reply: void };
  /** What a restore would change. */
  "POST /api/backups/{id}/preview": { params: { id: string }; body: PreviewBody3; reply: Preview };
  /** Stage a restore and restart. */
  "POST /api/backups/{id}/restore": { params: { id: string }; body: RestoreBody; reply: RestoreReply };
  /** Restore into scratch room and compare row by row; answers the job. */
  "POST /api/backups/{id}/verify": { params: { id: string }; reply: JobStarted };
  /** Schedule, target, space, and what runs now. */
  "GET /api/backups/status": { reply: StatusView4 };
  /** Write, read and delete a test object at the target. */
  "POST /api/backups/target/test": { reply: TargetTested };
  /** Add an archive (multipart `file`) without restoring it. */
  "POST /api/backups/upload": { reply: BackupView };
  /** Restore an uploaded archive (multipart `file`, `confirm`). */
  "POST /api/backups/upload-and-restore": { reply: RestoreReply };
  /** The runtime configuration. */
  "GET /api/config": { reply: Record<string, unknown> };
  /** Change members of the runtime configuration; absent ones stay. */
  "PUT /api/config": { body: Record<string, unknown>; reply: Record<string, unknown> };
  /** The stored settings as YAML, secrets sealed. */
  "GET /api/config/backup": { reply: void };
  /** The last 100 changes of settings. */
  "GET /api/config/changelog": { reply: ChangeSet[] };
  /** Take one change back. */
  "POST /api/config/changelog/{id}/revert": { params: { id: string }; reply: Reverted };
  /** The configuration as one document, secrets sealed. */
  "GET /api/config/document": { query: { sections?: string; format?: string }; reply: void };
  /** Apply a document in one transaction. */
  "POST /api/config/document/apply": { body: ImportBody; reply: Plan };
  /** What an import would change; nothing is written. */
  "POST /api/config/document/plan": { body: ImportBody; reply: Plan };
  /** Every setting in force as text, secrets masked. */
  "GET /api/config/effective": { reply: void };
  /** Read the configuration file again. */
  "POST /api/config/reload": { reply: Status };
  /** Write settings from YAML, all or nothing. */
  "POST /api/config/restore": { reply: Status };
  /** Own card layout of the overview. */
  "GET /api/dashboard": { reply: void };
  /** Change it; absent members stay. */
  "POST /api/dashboard": { body: LayoutBody; reply: StatusOk };
  /** Every device, by name. */
  "GET /api/devices": { query: { type?: string; tag?: string }; reply: DeviceView[] };
  /** Add a device. */
  "POST /api/devices": { body: DeviceBody; reply: DeviceView };
  /** Make these devices the only ones. */
  "PUT /api/devices": { body: DeviceBody[]; reply: DeviceView[] };
  /** One device. */
  "GET /api/devices/{device_id}": { params: { device_id: string }; reply: DeviceView };
  /** Change a device; absent members stay. */
  "PUT /api/devices/{device_id}": { params: { device_id: string }; body: DeviceBody; reply: DeviceView };
  /** Remove a device; its history stays. */
  "DELETE /api/devices/{device_id}": { params: { device_id: string }; query: { purge?: string }; reply: void };
  /** What the device can be told to do. */
  "GET /api/devices/{device_id}/commands": { params: { device_id: string }; reply: CommandView[] };
  /** Tell the device to do something. */
  "POST /api/devices/{device_id}/commands": { params: { device_id: string }; body: CommandBody; reply: OutcomeView };
  /** End a forced shutdown once the mains are back. */
  "DELETE /api/devices/{device_id}/fsd": { params: { device_id: string }; reply: void };
  /** Everything the device says. */
  "GET /api/devices/{device_id}/variables": { params: { device_id: string }; reply: Record<string, VariableView> };
  /** Set a variable of the device. */
  "PUT /api/devices/{device_id}/variables/{name}": { params: { device_id: string; name: string }; body: ValueBody; reply: OutcomeView };
  /** What NUT servers offer; adds nothing. */
  "POST /api/devices/discover": { body: DiscoverBody; reply: DiscoverView };
  /** Whether a device answers; stores nothing. */
  "POST /api/devices/test": { reply: TestView2 };
  /** How the last cycle went. */
  "GET /api/diagnostics": { reply: DiagnosticsView };
  /** When each file system will be full. */
  "GET /api/disks/prediction": { reply: CapacityView };
  /** Swagger UI, when `http.api_docs_alias` is on. */
  "GET /api/docs": { reply: void };
  /** Totals per device; empty unless the energy exporter is enabled. */
  "GET /api/energy": { reply: TotalView[] };
  /** Energy and cost per hour, day, week or month. */
  "GET /api/energy/history": { query: { device_id?: string; bucket?: string; from?: string; to?: string; format?: string }; reply: HistoryView[] };
  /** Build the energy again from the stored samples. */
  "POST /api/energy/recompute": { body: RecomputeBody; reply: void };
  /** The tariff in force. */
  "GET /api/energy/tariff": { reply: Tariff };
  /** A new tariff from now or from valid_from on. */
  "PUT /api/energy/tariff": { body: Tariff; reply: Tariff };
  /** Power events, newest first. */
  "GET /api/events": { query: { page?: string; page_size?: string; device_id?: string; event_type?: string; severity?: string; from?: string; to?: string }; reply: PageView };
  /** Acknowledge an event. */
  "POST /api/events/{id}/ack": { params: { id: string }; body: AckBody; reply: EventView2 };
  /** Write a note on a power event. */
  "POST /api/events/{id}/annotate": { params: { id: string }; body: NoteBody; reply: EventView };
  /** The registry of event kinds. */
  "GET /api/events/kinds": { reply: KindView[] };
  /** Live events (SSE), resumable by Last-Event-ID. */
  "GET /api/events/stream": { query: { source?: string; kind?: string; severity?: string; last_event_id?: string }; reply: void };
  /** Stored samples as a file. */
  "GET /api/export/snapshots": { query: { format?: string; device_id?: string; from?: string; to?: string }; reply: void };
  /** Windows that hold healing back. */
  "GET /api/healing/maintenance": { reply: HealWindowView[] };
  /** Hold healing of a target back for a while. */
  "POST /api/healing/maintenance": { body: HealBody; reply: SavedView2 };
  /** End a healing window. */
  "DELETE /api/healing/maintenance/{id}": { params: { id: string }; reply: StatusView5 };
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
  /** Samples from a CSV file or JSON lines; doing it again changes nothing. */
  "POST /api/import/snapshots": { reply: ImportView };
  /** Incidents of the last hours, newest first. */
  "GET /api/incidents": { query: { hours?: string; limit?: string; open?: string }; reply: IncidentView[] };
  /** Open an incident by hand. */
  "POST /api/incidents": { body: CreateBody; reply: CreatedView };
  /** One incident with its alerts. */
  "GET /api/incidents/{id}": { params: { id: string }; reply: DetailView };
  /** Change title, severity, status, cause, postmortem or publication. */
  "PATCH /api/incidents/{id}": { params: { id: string }; body: ChangeBody; reply: IncidentView };
  /** Make somebody responsible. */
  "PUT /api/incidents/{id}/assign": { params: { id: string }; body: AssignBody; reply: AssignedView };
  /** Move everything into another incident. */
  "POST /api/incidents/{id}/merge": { params: { id: string }; body: MergeBody; reply: StatusView6 };
  /** The war room, oldest first. */
  "GET /api/incidents/{id}/messages": { params: { id: string }; reply: MessagesView };
  /** Write into the war room. */
  "POST /api/incidents/{id}/messages": { params: { id: string }; body: MessageBody; reply: CreatedView };
  /** Open a resolved incident again. */
  "POST /api/incidents/{id}/reopen": { params: { id: string }; reply: StatusView6 };
  /** Resolve; its alerts stay quiet until they clear. */
  "POST /api/incidents/{id}/resolve": { params: { id: string }; reply: StatusView6 };
  /** Alerts, updates and messages in order. */
  "GET /api/incidents/{id}/timeline": { params: { id: string }; reply: TimelineEntry[] };
  /** Jobs of every kind, newest first. */
  "GET /api/jobs": { query: { state?: string; kind?: string; pool?: string; schedule_id?: string; limit?: string; offset?: string }; reply: JobsView };
  /** One job. */
  "GET /api/jobs/{id}": { params: { id: string }; reply: JobView };
  /** Cancel a job. */
  "POST /api/jobs/{id}/cancel": { params: { id: string }; reply: CancelView };
  /** Output of a job. */
  "GET /api/jobs/{id}/log": { params: { id: string }; query: { after?: string; limit?: string }; reply: LogView };
  /** Queue a job that failed once more. */
  "POST /api/jobs/{id}/retry": { params: { id: string }; reply: RetryView };
  /** Newest journal lines as text. */
  "GET /api/journal": { query: { unit?: string; priority?: string; lines?: string; since?: string; grep?: string }; reply: void };
  /** Units of the service manager. */
  "GET /api/journal/units": { reply: UnitView[] };
  /** Keys for the power routes. */
  "GET /api/keys": { reply: KeyView[] };
  /** Make a key; its text is shown this once. */
  "POST /api/keys": { body: CreateBody2; reply: KeyView };
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
  /** Maintenance windows, newest first. */
  "GET /api/maintenance-windows": { reply: WindowView[] };
  /** Plan maintenance, once or recurring. */
  "POST /api/maintenance-windows": { body: WindowBody; reply: SavedView2 };
  /** Change some fields of a maintenance window. */
  "PUT /api/maintenance-windows/{id}": { params: { id: string }; body: WindowBody; reply: StatusView5 };
  /** Remove a maintenance window. */
  "DELETE /api/maintenance-windows/{id}": { params: { id: string }; reply: StatusView5 };
  /** Maintenance windows that are active now. */
  "GET /api/maintenance-windows/active": { reply: WindowView[] };
  /** Periods of all windows within a stretch of time. */
  "GET /api/maintenance-windows/calendar": { query: { from?: string; days?: string }; reply: PeriodView[] };
  /** What a window would cover, and when. */
  "POST /api/maintenance-windows/preview": { body: WindowBody; reply: CoverageView };
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
  /** Channel types and the fields of their configuration. */
  "GET /api/notifications/channel-types": { reply: ChannelTypeView[] };
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
  "POST /api/notifications/channels/{id}/test": { params: { id: string }; reply: TestView3 };
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
  /** What a channel would send about a sample event; nothing is sent. */
  "POST /api/notifications/preview": { body: PreviewBody4; reply: PreviewView3 };
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
  /** Outages, newest first. */
  "GET /api/outages": { query: { page?: string; page_size?: string; device_id?: string }; reply: PageView2 };
  /** One outage. */
  "GET /api/outages/{id}": { params: { id: string }; reply: OutageView };
  /** The permissions of each role. */
  "GET /api/permissions": { query: { all?: string }; reply: void };
  /** Where metrics are going: trend, season, bands, and when they are full. */
  "GET /api/predict/capacity": { query: { metrics?: string; range?: string; projection?: string }; reply: CapacityView };
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
  /** Register the caller's browser. */
  "POST /api/push/subscribe": { body: PushBody; reply: PushView };
  /** Forget the caller's browser. */
  "DELETE /api/push/subscribe": { body: EndpointBody; reply: void };
  /** Browsers of all users; other users' keys are blank. */
  "GET /api/push/subscriptions": { reply: PushView[] };
  /** The key browsers subscribe with. */
  "GET /api/push/vapid-public-key": { reply: PushKeyView };
  /** Redoc, when `http.api_docs_alias` is on. */
  "GET /api/redoc": { reply: void };
  /** Everything that runs by the clock. */
  "GET /api/schedules": { query: { kind?: string }; reply: SchedulesView };
  /** One schedule. */
  "GET /api/schedules/{id}": { params: { id: string }; reply: ScheduleView };
  /** Change when and how it runs. */
  "PATCH /api/schedules/{id}": { params: { id: string }; body: PatchSchedule; reply: ScheduleView };
  /** Stop it until it is resumed. */
  "POST /api/schedules/{id}/pause": { params: { id: string }; reply: ScheduleView };
  /** Plan it again from now. */
  "POST /api/schedules/{id}/resume": { params: { id: string }; reply: ScheduleView };
  /** Run it now; works while it is paused. */
  "POST /api/schedules/{id}/trigger": { params: { id: string }; reply: Triggered };
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
  /** Silences, newest first. */
  "GET /api/silences": { reply: WindowView[] };
  /** Keep channels quiet about what the matchers cover. */
  "POST /api/silences": { body: SilenceBody; reply: SavedView2 };
  /** End a silence. */
  "DELETE /api/silences/{id}": { params: { id: string }; reply: StatusView5 };
  /** What a silence would cover. */
  "POST /api/silences/preview": { body: SilenceBody; reply: CoverageView };
  /** Share of time a rule was not firing, in percent. */
  "GET /api/sla/{rule_id}": { params: { rule_id: string }; query: { window?: string }; reply: number | null };
  /** Availability of agents and services, worst first. */
  "GET /api/sla/summary": { query: { hours?: string }; reply: SummaryView };
  /** SMART state and risk of every disk; empty without smartctl. */
  "GET /api/smart": { reply: void };
  /** Stored samples, newest first. */
  "GET /api/snapshots": { query: { page?: string; page_size?: string; device_id?: string; from?: string; to?: string }; reply: PageView3 };
  /** The newest sample, or one per device with all=true. */
  "GET /api/snapshots/latest": { query: { device_id?: string; all?: string }; reply: SnapshotView | null };
  /** The live snapshot of this machine. */
  "GET /api/stats": { reply: Snapshot };
  /** Components of the status page. */
  "GET /api/status/components": { reply: ComponentsView };
  /** Add a component. */
  "POST /api/status/components": { body: ComponentBody; reply: CreatedView2 };
  /** Change a component. */
  "PUT /api/status/components/{comp_id}": { params: { comp_id: string }; body: ComponentBody; reply: StatusView7 };
  /** Remove a component. */
  "DELETE /api/status/components/{comp_id}": { params: { comp_id: string }; reply: StatusView7 };
  /** Published incidents, newest first. */
  "GET /api/status/incidents": { reply: IncidentsView };
  /** Publish an incident. */
  "POST /api/status/incidents": { body: CreateBody3; reply: CreatedView2 };
  /** Post an update, which sets the status. */
  "PUT /api/status/incidents/{id}": { params: { id: string }; body: UpdateBody; reply: CreatedView2 };
  /** Resolve a published incident. */
  "POST /api/status/incidents/{id}/resolve": { params: { id: string }; reply: StatusView7 };
  /** Resolve a published incident. */
  "PUT /api/status/incidents/{id}/resolve": { params: { id: string }; reply: StatusView7 };
  /** Post an update, which sets the status. */
  "POST /api/status/incidents/{id}/update": { params: { id: string }; body: UpdateBody; reply: CreatedView2 };
  /** Publish an incident. */
  "POST /api/status/incidents/create": { body: CreateBody3; reply: CreatedView2 };
  /** Components, open incidents and 90 days at a glance. */
  "GET /api/status/public": { reply: PublicView };
  /** The live snapshot every five seconds, as server-sent events. */
  "GET /api/stream": { query: { services?: string; radar?: string }; reply: void };
  /** Everything at a glance. */
  "GET /api/summary": { reply: SummaryView2 };
  /** Sets the processor frequency governor. */
  "POST /api/system/cpu-governor": { body: GovernorBody; reply: GovernorView };
  /** The health score of this machine and of the process. */
  "GET /api/system/health": { reply: SystemHealthView };
  /** Facts about this machine. */
  "GET /api/system/info": { reply: SystemInfoView };
  /** The same as `/api/processes/current`. */
  "GET /api/system/processes": { reply: ProcessView[] };
  /** Poll every device now and store the samples. */
  "POST /api/trigger": { reply: void };
  /** Whether a poll is in progress. */
  "GET /api/trigger/status": { reply: StatusView8 };
  /** Open problems, worst first, and how many rules are well. */
  "GET /api/ui/attention": { reply: AttentionView };
  /** Acknowledge a problem: no reminders, no escalation. */
  "POST /api/ui/attention/{id}/ack": { params: { id: string }; reply: AckView };
  /** Keep channels quiet about a problem for a while. */
  "POST /api/ui/attention/{id}/silence": { params: { id: string }; body: SilenceBody2; reply: SilenceView };
  /** Every component and background task. */
  "GET /api/ui/components": { reply: ComponentsView2 };
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
  "POST /api/v1/api-keys": { body: CreateBody4; reply: CreatedView3 };
  /** One key. */
  "GET /api/v1/api-keys/{id}": { params: { id: string }; reply: KeyView2 };
  /** End a key. */
  "DELETE /api/v1/api-keys/{id}": { params: { id: string }; reply: void };
  /** A new key in the place of this one. */
  "POST /api/v1/api-keys/{id}/rotate": { params: { id: string }; body: RotateBody2; reply: void };
  /** Approve or deny a device. */
  "POST /api/v1/auth/device/approve": { reply: DecisionView };
  /** Start a device sign-in. */
  "POST /api/v1/auth/device/authorize": { reply: DeviceView2 };
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
  /** Join as the signed-in user. */
  "POST /api/v1/invitations/accept/{token}": { params: { token: string }; reply: void };
  /** Invitations of an organization, newest first. */
  "GET /api/v1/invitations/organizations/{org_id}/invitations": { params: { org_id: string }; reply: InvitationList };
  /** Invite somebody by e-mail address. */
  "POST /api/v1/invitations/organizations/{org_id}/invitations": { params: { org_id: string }; body: InviteBody; reply: CreatedView4 };
  /** Take an invitation back. */
  "DELETE /api/v1/invitations/organizations/{org_id}/invitations/{invite_id}": { params: { org_id: string; invite_id: string }; reply: Said };
  /** Make an account and join with it. */
  "POST /api/v1/invitations/register/{token}": { params: { token: string }; body: RegisterBody2; reply: Said };
  /** What a token invites to. */
  "GET /api/v1/invitations/validate/{token}": { params: { token: string }; reply: ValidView };
  /** The caller's messages, newest first. */
  "GET /api/v1/notifications": { query: { read?: string; type?: string; limit?: string; offset?: string }; reply: PageView4 };
  /** Mark a message as read. */
  "PUT /api/v1/notifications/{id}/read": { params: { id: string }; reply: ResponseView };
  /** What the caller wants to hear. */
  "GET /api/v1/notifications/preferences": { reply: unknown };
  /** Change some preferences. */
  "PUT /api/v1/notifications/preferences": { body: Record<string, unknown>; reply: unknown };
  /** Mark every message as read. */
  "PUT /api/v1/notifications/read-all": { reply: ResponseView };
  /** Hear of an event. */
  "POST /api/v1/notifications/subscribe/{event}": { params: { event: string }; body: SubscribeBody; reply: ResponseView };
  /** Hear of it no longer. */
  "DELETE /api/v1/notifications/unsubscribe/{event}": { params: { event: string }; query: { project_id?: string }; reply: ResponseView };
  /** Organizations the caller belongs to, newest first. */
  "GET /api/v1/organizations": { reply: OrganizationLine[] };
  /** Make an organization; the caller owns it. */
  "POST /api/v1/organizations": { body: CreateBody5; reply: OrganizationView };
  /** One organization. */
  "GET /api/v1/organizations/{id}": { params: { id: string }; reply: OrganizationView };
  /** Change members of it; null and absent ones stay. */
  "PUT /api/v1/organizations/{id}": { params: { id: string }; reply: OrganizationView };
  /** Delete it; its keys end at once. */
  "DELETE /api/v1/organizations/{id}": { params: { id: string }; reply: Said };
  /** Leave it. */
  "POST /api/v1/organizations/{id}/leave": { params: { id: string }; reply: Said };
  /** Members and open invitations, oldest first. */
  "GET /api/v1/organizations/{id}/members": { params: { id: string }; reply: MemberView[] };
  /** Invite somebody by e-mail address. */
  "POST /api/v1/organizations/{id}/members": { params: { id: string }; body: InviteBody; reply: InvitedView };
  /** Take somebody out. */
  "DELETE /api/v1/organizations/{id}/members/{user_id}": { params: { id: string; user_id: string }; reply: Said };
  /** Give a member another role. */
  "PUT /api/v1/organizations/{id}/members/{user_id}/role": { params: { id: string; user_id: string }; body: RoleBody; reply: Said };
  /** The same. */
  "POST /api/v1/organizations/{id}/members/invite": { params: { id: string }; body: InviteBody; reply: InvitedView };
  /** Projects of one organization, newest first. */
  "GET /api/v1/organizations/{id}/projects": { params: { id: string }; query: { is_active?: string }; reply: ProjectLine[] };
  /** Make a project in it. */
  "POST /api/v1/organizations/{id}/projects": { params: { id: string }; body: ProjectBody; reply: ProjectView };
  /** Hand it over to another member. */
  "POST /api/v1/organizations/{id}/transfer": { params: { id: string }; body: TransferBody; reply: void };
  /** Projects, newest first; of all one's organizations unless one is named. */
  "GET /api/v1/projects": { query: { is_active?: string }; reply: ProjectLine[] };
  /** Make a project. */
  "POST /api/v1/projects": { body: ProjectBody; reply: ProjectView };
  /** One project. */
  "GET /api/v1/projects/{id}": { params: { id: string }; reply: ProjectView };
  /** Change members of it; null and absent ones stay. */
  "PUT /api/v1/projects/{id}": { params: { id: string }; body: ProjectBody; reply: ProjectView };
  /** Delete it with everything in it. */
  "DELETE /api/v1/projects/{id}": { params: { id: string }; reply: Said };
  /** Who has a role in it. */
  "GET /api/v1/projects/{id}/members": { params: { id: string }; reply: ProjectMemberView[] };
  /** Give somebody a role in it. */
  "PUT /api/v1/projects/{id}/members/{user_id}": { params: { id: string; user_id: string }; body: RoleBody2; reply: Said };
  /** Take the role away. */
  "DELETE /api/v1/projects/{id}/members/{user_id}": { params: { id: string; user_id: string }; reply: Said };
  /** Its settings; secrets show as masks. */
  "GET /api/v1/projects/{id}/settings": { params: { id: string }; reply: void };
  /** Merge into them; null deletes. */
  "PUT /api/v1/projects/{id}/settings": { params: { id: string }; reply: void };
  /** The settings of the nodes part. */
  "GET /api/v1/settings": { reply: void };
  /** Write settings of the nodes part, all or nothing. */
  "PUT /api/v1/settings": { body: NodeSettings; reply: void };
  /** Accounts, newest first. */
  "GET /api/v1/users": { reply: UserInfo[] };
  /** Make an account. */
  "POST /api/v1/users": { body: CreateBody6; reply: UserInfo };
  /** One account: one's own, or with users:manage. */
  "GET /api/v1/users/{id}": { params: { id: string }; reply: UserInfo };
  /** Change members of an account; null clears. */
  "PUT /api/v1/users/{id}": { params: { id: string }; body: UpdateBody2; reply: UserInfo };
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
  /** Act in this one unless a request says otherwise. */
  "POST /api/v1/users/me/default-organization": { body: ChooseBody; reply: void };
  /** Own organizations, the chosen one first. */
  "GET /api/v1/users/me/organizations": { reply: MineView[] };
  /** The same, by path. */
  "POST /api/v1/users/me/organizations/{org_id}/switch": { params: { org_id: string }; reply: void };
  /** Own notification and test preferences. */
  "GET /api/v1/users/me/preferences": { reply: void };
  /** Change some of them. */
  "PUT /api/v1/users/me/preferences": { reply: void };
  /** End one's own sessions. */
  "DELETE /api/v1/users/me/sessions": { query: { except_current?: string }; reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/bugsnag": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/datadog": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/fullstory": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/logrocket": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/newrelic": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/rollbar": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/sentry": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/vcs/github": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/vcs/gitlab": { reply: void };
  /** Webhook endpoints, newest first. */
  "GET /api/webhooks": { reply: WebhookView[] };
  /** Create an endpoint; its secret is shown only now. */
  "POST /api/webhooks": { body: WebhookBody; reply: CreatedView5 };
  /** Rename or switch an endpoint. */
  "PUT /api/webhooks/{webhook_id}": { params: { webhook_id: string }; body: WebhookChange; reply: WebhookView };
  /** Delete an endpoint and its deliveries. */
  "DELETE /api/webhooks/{webhook_id}": { params: { webhook_id: string }; reply: void };
  /** What was received, newest first. */
  "GET /api/webhooks/{webhook_id}/deliveries": { params: { webhook_id: string }; query: { limit?: string }; reply: WebhookDeliveryView[] };
  /** A new secret; the old one holds for 24 h. */
  "POST /api/webhooks/{webhook_id}/rotate": { params: { webhook_id: string }; reply: SecretView };
  /** Where a sender calls. */
  "POST /api/webhooks/receive/{hook_id}": { params: { hook_id: string }; reply: void };
  /** A one-time token for a socket or stream. */
  "POST /api/ws-token": { reply: WsTokenView };
  /** Swagger UI. */
  "GET /docs": { reply: void };
  /** Health; 503 only when the store is unreachable. */
  "GET /health": { reply: void };
  /** Liveness: `ok`, touching nothing. */
  "GET /healthz": { reply: void };
  /** The same, short. */
  "POST /hooks/{hook_id}": { params: { hook_id: string }; reply: void };
  /** Prometheus text exposition of every power device. */
  "GET /metrics": { reply: void };
  /** This document. */
  "GET /openapi.json": { reply: void };
  /** The same as `/readyz`. */
  "GET /ready": { reply: ReadyView };
  /** Readiness with its checks; 503 while starting and draining. */
  "GET /readyz": { reply: ReadyView };
  /** Redoc. */
  "GET /redoc": { reply: void };
  /** The variables of one UPS or of all, as the usual NUT exporter names them. */
  "GET /ups_metrics": { query: { ups?: string; variables?: string; label?: string }; reply: void };
}
