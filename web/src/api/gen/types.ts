// Written by scripts/gen-api.mjs from the contract. Do not edit.
/* biome-ignore-all lint: generated */

export type AccountView = {
  /** valid, purged or no_credentials */
  status: string;
  message: string;
  machine_user?: string | null;
  next_action?: string | null;
};

export type AccountView2 = {
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

export type AccountView3 = {
  provider: string;
  provider_name: string;
  email?: string | null;
  connected_at: string;
};

export type AckBody = {
  /** A remark for the others, at most 4000 characters. */
  note?: string | null;
};

export type AckedView = {
  acknowledged: number;
};

/** Either numbers, or the members of the list's query. */
export type AckMany = {
  /** At most 1000. */
  ids?: number[] | null;
  /** Members as in the query of the list; `{}` = all of them. */
  filter?: Record<string, unknown> | null;
};

export type AckView = {
  status: string;
  acknowledged_by: string;
};

/** Where it happens. */
export type ActBody = {
  /** http or https. */
  url?: string;
  /** A session that is there; else a browser of its own. */
  session_id?: string | null;
  /** Whose settings, variables and secrets are used in a browser of its own. */
  project_id?: string | null;
  /** Only `chromium`. */
  browser?: string | null;
  instruction?: string;
  screenshot?: boolean;
  /** Words may mean an element that is only called alike; false: nothing but what is called so. */
  self_heal?: boolean;
};

export type ActBody2 = {
  /** navigate, click, fill, type, hover, select, pressKey, scroll, evaluate, screenshot, getPageInfo, querySelector, querySelectorAll, waitForSelector, createTab, closeTab, getTabs, getActiveTab, getConsoleLogs or getNetworkRequests */
  action: string;
  /** As the browser numbers its tabs; the extension chooses without. */
  tab_id?: number | null;
  params?: Record<string, unknown>;
};

export type ActedView = {
  success: boolean;
  action: string;
  /** What the extension answered. */
  data: unknown;
};

/** One proposal. */
export type Action = {
  cmd: string;
  hostname: string;
  /** The same as `hostname`. */
  host: string;
  params: string;
  /** Command and host are known. */
  valid: boolean;
};

/** What a rule does. */
export type Action2 = {
  type: "forward";
  config: {
    target_group_id: number;
  };
} | {
  type: "redirect";
  config: {
    status_code: number;
    target: string;
    strip_query?: boolean;
  };
} | {
  type: "fixed_response";
  config: {
    status_code: number;
    body?: string;
    content_type?: string;
  };
} | {
  type: "block";
  config: Record<string, unknown>;
} | {
  type: "rewrite";
  config: {
    path?: string;
    strip_prefix?: string;
    query?: string;
  };
};

/** Steps in a session. */
export type ActionsBody = {
  /** 1-100 steps of a test, or sentences. */
  steps?: unknown[];
  /** Of the test the steps are from. */
  variables?: Record<string, unknown>;
  config?: Record<string, unknown>;
  /** One of the project's environments. */
  environment?: string;
  /** Milliseconds of a step that names none: 100-120000. */
  timeout?: number | null;
  /** A picture after every step, as base64. */
  screenshot?: boolean;
  continue_on_failure?: boolean;
};

export type ActionsView = {
  success: boolean;
  session_id: string;
  steps: PageStepView[];
  /** What the steps downloaded; kept for sessions of a project. */
  downloads: DownloadView[];
  url: string;
  title: string;
  error?: string | null;
  duration_ms: number;
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

export type ActivityView = {
  member_since: string;
  last_login_at?: string | null;
  last_active_at?: string | null;
  login_count: number;
  organizations_count: number;
  api_keys_count: number;
  /** Requests with the user's keys that wanted a change or failed. */
  api_requests_30d: number;
  organizations: PlaceView3[];
  /** Newest first, at most 50. */
  recent: DoneView3[];
};

export type ActView = {
  success: boolean;
  message: string;
  url: string;
  /** JPEG or PNG, base64. */
  screenshot?: string | null;
  error?: string | null;
  actions: PageActionView[];
};

export type AddBody = {
  key?: string;
};

export type AddedView = {
  id: number;
  scope: string;
  value: string;
  reason: string;
  persisted: boolean;
  /** CrowdSec itself learns of it when its own files are applied. */
  reload_needed: boolean;
  reload_command: string;
};

export type AddressView = {
  ip: string;
  count: number;
  /** Null when the alerts say no readable time. */
  last_seen?: string | null;
  geo?: GeoView | null;
};

export type AddressView2 = {
  remote_ip: string;
  count: number;
  distinct_hosts: number;
  last_seen: string;
  geo?: GeoView | null;
};

export type AdviceView = {
  suggestions: FixView[];
  /** Where the surest came from: cache = a pattern of this selector, vector = patterns like it, rules, llm */
  source: string;
  latency_ms: number;
  confidence: number;
  intent: string;
  cached: boolean;
  metadata: unknown;
};

/** What asking a model came to. */
export type Advised = {
  /** US dollars; null without prices. */
  cost_usd?: number | null;
  /** An answer counted. */
  used?: boolean;
};

export type AffectedView = {
  ref: string;
  kind: string;
  name: string;
  status: string;
  page: string;
};

/** Which tests of a run are wanted once more. */
export type Again = "all" | "rest" | "failed";

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

export type AllowDriftView = {
  drift_detected: boolean;
  /** Entries of the allow list. */
  expected: number;
  /** Those that CrowdSec does not have; null = its directory cannot be read. */
  missing?: number | null;
  /** Those that it has and should not; null = its directory cannot be read. */
  extra?: number | null;
  last_check_at: string;
};

export type AlternativesView = {
  selector: string;
  alternatives: AlternativeView[];
  /** Who named the first: discovery, manual or healing; null without any. */
  source?: string | null;
};

export type AlternativeView = {
  selector: string;
  /** role, role_label, discovered, id, placeholder, data, name, xpath or text */
  strategy: string;
  confidence: number;
  success_count: number;
  failure_count: number;
};

/** What the rules say. */
export type Analysis = {
  page_loaded: boolean;
  /** 0 to 100 */
  score: number;
  issues: Finding[];
  expected_elements: Expected[];
  summary: string;
};

export type AnalysisView = {
  root_cause: string;
  category: string;
  confidence: number;
  evidence: unknown[];
  suggested_actions: string[];
  source: string;
  latency_ms: number;
  metadata: unknown;
};

export type AnalysisView2 = {
  success: boolean;
  snapshot_id: string;
  analysis: Analysis;
  /** The same in the words of a model; null without one. */
  ai_summary?: string | null;
  /** Why there are none. */
  ai_note?: string | null;
  analyzed_at: string;
};

export type AnalyzeBody = {
  /** At most 10 000 characters. */
  description: string;
  provider?: string | null;
  node_id?: string | null;
};

export type AnalyzeBody2 = {
  snapshot_id: string;
  /** Texts or selectors that must be there. */
  expected_elements?: string[] | null;
  /** What else is known of the page, at most 5000 characters; heard by a model only. */
  context?: string | null;
};

export type AnnotateBody = {
  /** Replaces the tags people set; at most 30. */
  tags?: string[] | null;
  /** Empty clears it; at most 4000 characters. */
  note?: string | null;
};

export type AnnotatedView = {
  thing: ThingView;
  own_tags: string[];
  note?: string | null;
  /** For `/api/ui/undo/{token}`, good for a minute. */
  undo: string;
};

export type Anomalies = {
  range_hours: number;
  anomaly_count: number;
  /** Only metrics that had any. */
  metrics: Record<string, AnomaliesOfMetric>;
};

export type AnomaliesOfMetric = {
  count: number;
  latest: AnomalyView;
  /** The newest ten, ascending. */
  values: AnomalyView[];
};

export type AnomalyView = {
  /** Start of the hour, Unix seconds. */
  time: number;
  value: number;
  upper_band: number;
  lower_band: number;
  anomaly: boolean;
};

export type AnswerView = {
  response: string;
  /** Proposals; a person decides about each. */
  actions: Action[];
  provider: string;
  model: string;
};

export type AnswerView2 = {
  status: string;
  thread_id: string;
  message: string;
  result?: unknown;
  modified_keys: string[];
};

export type AppendedView = {
  success: boolean;
  session_id: string;
  events_received: number;
  events_count: number;
  estimated_steps: number;
  status: RecordingStatus;
};

export type AppliedView = {
  at: string;
  /** It is what is wanted now. */
  current: boolean;
  /** Nothing was left out. */
  complete: boolean;
  /** It looks for changes by itself, and did so within the last minute. */
  watching: boolean;
};

export type AppliedView2 = {
  success: boolean;
  message: string;
  suggestion_id: string;
  status: SuggestionStatus;
  test_id: string;
  test_version?: number | null;
  /** Ids of the tests that have a new version. */
  updated_tests: string[];
  applied_at?: string | null;
};

export type ApplyBody = {
  scope?: Scope;
  note?: string | null;
};

/** A decision asked for. */
export type ApprovalView = {
  id: number;
  uid: string;
  /** What asks: `automation`, a schedule whose work is to be decided first. Other parts may hold their work under words of their own. */
  kind: string;
  status: string;
  /** One sentence: what will be done. */
  description: string;
  /** The schedule, automation or rule that asks. */
  automation_id?: string | null;
  /** The job that waits. */
  run_id: number;
  trigger: string;
  trigger_source: string;
  action_type: string;
  action_params: unknown;
  target?: string | null;
  requested_at: number;
  requested_by: string;
  decided_at?: number | null;
  decided_by?: string | null;
  /** When it approves itself; null when it does not. */
  auto_approve_at?: number | null;
  auto_approve_after?: number | null;
  expires_at?: number | null;
  /** `deny`, `approve` or `wait`. */
  on_timeout: OnTimeout;
  stage: string;
  defers: number;
  comment?: string | null;
  risk?: string | null;
  evidence?: unknown;
  /** Null = unknown. */
  reversible?: boolean | null;
  required_permission: string;
  approvers: string[];
  quorum: number;
  votes: VoteView[];
  modifiable: string[];
  modified_keys: string[];
  self_approved: boolean;
  thread_id?: string | null;
  /** Whether the caller may approve it. */
  decidable: boolean;
  /** State of the job: `waiting`, `running`, `succeeded` ...; null when it is gone. */
  run_state?: State | null;
  /** What the job answered; null before it has. */
  result?: unknown;
  error?: string | null;
};

export type ApproveBody = {
  reason?: string | null;
  /** approve_all or approve_critical */
  decision?: string | null;
  modifications?: unknown;
  /** Waits up to 30 s for the run to end or pause again. */
  wait?: boolean;
};

export type ApproveBody2 = {
  /** Accept only these differences; the baseline stays unless they are all. */
  change_ids?: string[] | null;
  notes?: string | null;
  update_baseline?: boolean | null;
};

export type ApprovedView = {
  success: boolean;
  comparison_id: string;
  approved_changes: string[];
  baseline_updated: boolean;
  reviewed_at?: string | null;
};

export type AppsecView = {
  /** `unavailable`: CrowdSec is not set up, so there is no firewall to ask. */
  mode: string;
  /** Of the firewall that is asked; empty while it does not answer. */
  collections_installed: string[];
  total_rules: number;
  /** Whether it answers; null when nobody is to be asked. */
  reachable?: boolean | null;
  /** Why it does not. */
  error?: string | null;
  /** Whether requests pass while it does not: always as long as nobody chose a mode. */
  fail_open: boolean;
  last_mode_change_at?: string | null;
  last_mode_change_by?: string | null;
};

export type ArtifactsView = {
  artifacts: ArtifactView[];
  total: number;
};

export type ArtifactView = {
  artifact_id: string;
  type: Kind2;
  content_type: string;
  size_bytes: number;
  metadata: unknown;
  created_at: string;
  expires_at: string;
};

export type AskBody = {
  /** 1-10000 characters */
  error_message?: string;
  /** A code like `element_not_found`. */
  error_type?: string | null;
  selector?: string | null;
  /** What else is known of it. */
  context?: Record<string, unknown> | null;
  /** Patterns of before are not looked at. */
  skip_cache?: boolean;
  /** A model is asked even where rules are sure; without one nothing changes. */
  force_llm?: boolean;
};

export type AskedAddressView = {
  method: string;
  /** Without its query. */
  url: string;
  times: number;
  /** What it answered, each status once. */
  statuses: number[];
  pages: string[];
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

/** One assertion of the last attempt. */
export type AssertionResult = {
  /** What is asserted, such as `url_contains`. */
  type?: string;
  target?: string | null;
  expected?: string | null;
  actual?: string | null;
  passed?: boolean;
  error?: string | null;
  soft?: boolean;
  duration_ms?: number;
  /** What holds but should be known. */
  warnings?: string[];
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
  /** Things in trouble that no open alert speaks of, worst first. */
  things: TroubleView[];
};

export type AttestationResponse = {
  clientDataJSON: string;
  attestationObject: string;
  transports?: string[];
};

export type AuditActionKind = {
  label: string;
  actions: string[];
};

export type AuditActions = {
  /** What stands before the first dot of an action, with the actions that are stored. */
  categories: Record<string, AuditActionKind>;
  resource_types: string[];
  statuses: string[];
};

export type AuditBody = {
  /** An address, or `snapshot_id`: then its address is opened again on the same screen. */
  url?: string | null;
  snapshot_id?: string | null;
  project_id?: string | null;
  /** A, AA or AAA */
  wcag_level?: string | null;
  include_best_practices?: boolean | null;
  viewport?: unknown;
  /** A live browser whose sign-ins the page is opened with. */
  session_id?: string | null;
  /** Walk through the page with the Tab key. */
  test_keyboard?: boolean | null;
};

export type AuditLine = {
  id: number;
  user_id?: string | null;
  action: string;
  target_type?: string | null;
  target_id?: string | null;
  details: unknown;
  ip_address?: string | null;
  created_at: string;
};

export type AuditSummary = {
  total_events: number;
  events_today: number;
  events_this_week: number;
  events_this_month: number;
  /** This and the next three are of the current month. */
  by_action: Record<string, number>;
  /** Rows about no object are not counted here. */
  by_resource_type: Record<string, number>;
  /** By address; by name where the actor has none here. */
  by_user: Record<string, number>;
  by_status: Record<string, number>;
  /** Newest first. */
  recent_activity: LogView2[];
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

export type AuditView2 = {
  success: boolean;
  snapshot_id: string;
  screenshot_url: string;
  wcag_level: string;
  /** `overall_score`, `level_compliance`, `issues`, `violations_by_severity`, `passed_criteria`, `incomplete`, `summary` */
  accessibility: unknown;
  analyzed_at: string;
};

/** What the session brings along; values are never shown. */
export type Auth = {
  /** Members `name`, `value`, and `url` or `domain` with `path`. */
  cookies?: (Record<string, unknown>)[];
  headers?: Record<string, string>;
  /** What a browser kept: cookies, and what pages of each origin stored. */
  storage_state?: StorageState | null;
};

/** An account for the site. */
export type AuthBody = {
  /** basic, bearer, cookie, form, header or oauth */
  type?: string;
  /** username and password; token; or names and values of cookies or headers */
  credentials?: Record<string, string>;
  login_url?: string | null;
  /** goto, fill, type, click, check, press_key and wait_for_selector */
  login_steps?: unknown[];
  /** Part of an address, or a selector, that is there once one is in. */
  success_indicator?: string | null;
};

export type AuthorizeView = {
  authorize_url: string;
  state: string;
  platform: string;
};

/** One metric that can be charted or used in a condition. */
export type AvailableView = {
  name: string;
  /** Null for metrics that only have a history. */
  value?: number | null;
  /** number or history */
  type: string;
};

export type AvatarView = {
  success: boolean;
  avatar_url: string;
  message: string;
};

/** One bucket of an axis that several metrics share. */
export type AxisPoint = {
  /** Start of the bucket, Unix seconds. */
  time: number;
  /** Null where this metric has no measurement. */
  value?: number | null;
};

export type BackendBody = {
  /** http (default) or https */
  protocol?: string | null;
  host: string;
  port: number;
  /** `/` when absent. */
  path?: string | null;
  /** False takes any certificate. */
  verify_tls?: boolean | null;
};

export type BackendView = {
  /** Null when there was no answer. */
  status?: number | null;
  millis: number;
  error?: string | null;
  /** It was reached, and its certificate is what is wrong. */
  is_untrusted: boolean;
};

/** One backup. */
export type BackupView = {
  id: number;
  filename: string;
  size_bytes: number;
  /** Hexadecimal. */
  sha256: string;
  /** `manual`, `scheduled`, `upgrade` (made before the first step of one), `uploaded` or `orphan`. */
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

export type BanBody = {
  /** An address or a range such as 203.0.113.0/24. */
  value: string;
  /** 1-8760 */
  duration_hours?: number;
  reason?: string;
};

export type BanBody2 = {
  ip: string;
  /** 1-8760 */
  duration_hours?: number;
  reason?: string;
};

export type Bandwidth = {
  range_hours: number;
  /** For people; null when nothing was measured. */
  total_rx?: string | null;
  total_tx?: string | null;
  total_rx_bytes?: number | null;
  total_tx_bytes?: number | null;
  hourly: BandwidthHour[];
};

export type BandwidthHour = {
  /** Start of the hour, Unix seconds. */
  time: number;
  /** Mean, bytes per second; null where it was not measured. */
  rx_bps?: number | null;
  tx_bps?: number | null;
};

export type BannedIpView = {
  ip: string;
  /** current_session, public_ip or active_session */
  source: string;
  decisions: DecisionView[];
};

export type BannedView = {
  scope: string;
  value: string;
  duration_hours: number;
  reason: string;
  applied_at: string;
};

export type BannedView2 = {
  ip: string;
  duration_hours: number;
  reason: string;
  applied_at: string;
};

/** One bar. */
export type Bar = {
  /** YYYY-MM-DD */
  date: string;
  /** Incidents that overlap the day. */
  incidents: number;
  /** none, minor, major or critical */
  worst_severity: string;
  /** Whether anybody watched on that day; a day before the first start is not known to be good. */
  known: boolean;
};

export type BaselineBody = {
  project_id: string;
  name: string;
  /** An address, or `snapshot_id`. */
  url?: string | null;
  snapshot_id?: string | null;
  branch?: string | null;
  browser?: string | null;
  viewport?: unknown;
  /** A live browser whose sign-ins the picture of `url` is taken with; it is not remembered. */
  session_id?: string | null;
  /** These three are remembered: the next pictures are taken alike. */
  full_page?: boolean | null;
  mask_selectors?: string[] | null;
  hide_selectors?: string[] | null;
};

export type BaselinesView = {
  baselines: BaselineView[];
  total: number;
};

export type BaselineView = {
  id: string;
  name: string;
  url: string;
  project_id: string;
  /** The test whose step compares with it; none for baselines of pages. */
  test_id?: string | null;
  /** None while nobody has approved a picture. */
  screenshot_url?: string | null;
  /** 0 while nobody has approved a picture. */
  version: number;
  status: string;
  browser: string;
  viewport: Viewport;
  branch: string;
  ignore_regions: Region[];
  /** How its pictures are taken. */
  taken: Taken;
  threshold?: number | null;
  threshold_percentage?: number | null;
  created_by: string;
  created_at: string;
  updated_at: string;
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
  /** 0 to 1; null until an outage or the device says something. */
  health_ratio?: number | null;
  /** `low`, `medium` or `high`; null without an observation. */
  confidence?: string | null;
  /** From full to empty at the usual load. */
  estimated_full_runtime_seconds?: number | null;
  /** Outages the figure rests on. */
  observations: number;
  age_days?: number | null;
  /** The device asks for a new battery. */
  replace_flag: boolean;
  last_test?: TestView5 | null;
  /** `outages`, `replace_flag`, `failed_test` */
  basis: string[];
};

export type BatteryView2 = {
  percent?: number | null;
  status: string;
  desktop: boolean;
  timeRemaining?: string | null;
};

/** What of a test can be changed here, as it was before. */
export type BeforeView = {
  id: string;
  is_active: boolean;
  priority: Priority;
  tags: string[];
};

export type BeginBody = {
  /** Of a login whose password was right. */
  challenge_id?: string | null;
  /** For a step-up of the signed-in user. */
  step_up?: boolean;
};

export type BeginBody2 = {
  /** The only project of the organization without. */
  project_id?: string | null;
  name?: string | null;
  url?: string | null;
  metadata?: Record<string, unknown>;
  /** Opens a browser of Argos that records what is done in it. */
  launch_browser?: boolean;
  viewport?: View | null;
};

export type BegunView = {
  id: string;
  session_id: string;
  recording_id: string;
  status: RecordingStatus;
  upload_url: string;
  events_url: string;
  max_events: number;
  /** The socket of the browser, when one was opened. */
  live_url?: string | null;
  browser_session_id?: string | null;
  /** When the recording is forgotten. */
  expires_at: string;
};

export type BoundsView = {
  x: number;
  y: number;
  width: number;
  height: number;
};

export type BridgeView = {
  /** As the setting says. */
  enabled: boolean;
  /** Where extensions connect; null while nobody listens. */
  address?: string | null;
  /** Why nobody listens though it is enabled. */
  problem?: string | null;
  /** What can be asked. */
  actions: string[];
  extensions: ExtensionView[];
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

export type BrokenView = {
  url: string;
  status?: number | null;
  error?: string | null;
  /** Pages that lead there. */
  linked_from: string[];
};

export type BrowsersBody = {
  url: string;
  /** Names of browsers; those that are not here are told. */
  browsers: string[];
  project_id?: string | null;
  full_page?: boolean | null;
  /** A live browser whose sign-ins the pictures are taken with. */
  session_id?: string | null;
};

export type BrowserView = {
  name: string;
  /** Unknown until it was started. */
  version?: string | null;
  available: boolean;
};

export type BucketView = {
  time: string;
  hits: number;
  blocked: number;
};

/** Needed against left. */
export type Budget = {
  phases: PhaseBudget[];
  grace_seconds: number;
  margin_seconds: number;
  /** All of it. */
  needed_seconds: number;
  /** The least the triggers leave; null when nothing says so. */
  left_seconds?: number | null;
  /** Null when what is left is unknown. */
  fits?: boolean | null;
};

export type BudgetView = {
  /** `daily_tokens`, `monthly_tokens` or `monthly_usd` */
  name: string;
  spent: number;
  /** Null = no limit. */
  limit?: number | null;
};

export type BudgetView2 = {
  /** Something may still be spent today. */
  has_budget: boolean;
  daily_limit: number;
  /** Of what has a known price; null when nothing has. */
  daily_spent?: number | null;
  daily_remaining: number;
  message_limit: number;
  /** Of the organization one asks in; null when one belongs to none. */
  organization?: OrganizationBudgetView | null;
};

/** Which tool code is for. */
export type BulkBody = {
  /** Up to 100 tests. */
  tests?: unknown[];
  /** playwright, cypress, puppeteer or selenium; also the names older clients have: playwright-ts, selenium-java, junit and pytest. */
  framework?: string;
  /** Else the first that the framework is written in. */
  language?: string | null;
  include_comments?: boolean;
  include_assertions?: boolean;
  /** Where the application is, unless the environment says otherwise: an address that begins with http:// or https://. */
  base_url?: string | null;
  /** The elements stand by name in one place of the code. */
  page_object?: boolean;
  /** Adds what the tests need to run, such as a list of packages; yes when it is not said. */
  include_shared_utils?: boolean | null;
  /** code (also when it is not named) or zip */
  output_format?: string | null;
};

export type BulkBody2 = {
  /** 1-100 ids. */
  suggestion_ids: string[];
  action: Decision;
  note?: string | null;
};

export type BulkView = {
  success: boolean;
  /** The tests in the order they came in, then what they need to run. */
  files: FileView[];
  total_tests: number;
  /** Of the tests. */
  total_lines: number;
  /** The same as one archive is had with `output_format` zip. */
  zip_available: boolean;
  error?: string | null;
};

export type BulkView2 = {
  success: boolean;
  /** Ids of the proposals that were decided. */
  decided: string[];
  failed: unknown[];
  decided_count: number;
  failed_count: number;
};

export type CancelBody = {
  reason?: string | null;
};

export type CancelledView = {
  success: boolean;
  job_id: string;
  run_id: string;
  status: string;
  message: string;
  cancelled_at: string;
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

export type CaptureBody = {
  url: string;
  /** Without one, the oldest project of the organization. */
  project_id?: string | null;
  name?: string | null;
  /** `{"width":1440,"height":900,"device_scale_factor":1}` */
  viewport?: unknown;
  browser?: string | null;
  /** A selector that must be visible first. */
  wait_for?: string | null;
  /** Milliseconds. */
  wait_timeout?: number | null;
  full_page?: boolean | null;
  /** What they select is painted over. */
  mask_selectors?: string[] | null;
  /** What they select is not shown. */
  hide_selectors?: string[] | null;
  /** A live browser: the picture is taken beside it, with its cookies, headers and what its pages stored. */
  session_id?: string | null;
};

export type CapturedItem = {
  browser: string;
  success: boolean;
  snapshot?: SnapshotView2 | null;
  error?: string | null;
};

export type CapturedView = {
  success: boolean;
  url: string;
  results: CapturedItem[];
  summary: Summary2;
  captured_at: string;
};

export type CategoryView = {
  category: string;
  count: number;
};

/** A row of the audit log. */
export type CauseView = {
  audit_id: number;
  at: string;
  actor: string;
  description: string;
};

export type CertificateCheckView = {
  /** Whether it would be taken. */
  ok: boolean;
  /** Why not, and which part is at fault. */
  error?: string | null;
  field?: string | null;
  warnings: string[];
  /** What the certificate says; null when it cannot be read or is refused. */
  cert?: CertificateFoundView | null;
};

/** Certificates of authorities by how they stand. */
export type CertificateCounts = {
  ok: number;
  warning: number;
  critical: number;
  expired: number;
  unknown: number;
};

export type CertificateEvent = {
  timestamp: string;
  message: string;
  success: boolean;
};

export type CertificateFoundView = {
  issuer: string;
  subject_cn: string;
  sans: string[];
  not_before: string;
  not_after: string;
  days_left: number;
  fingerprint_sha256: string;
  has_chain: boolean;
};

export type CertificateHealth = {
  domain: string;
  /** Null while there is none. */
  not_after?: string | null;
  days_left?: number | null;
  /** ok, warning (below 30 days), critical (below 14 days) or unknown */
  status: string;
};

export type CertificateRemovedView = {
  ok: boolean;
  host: HostView2;
};

export type CertificateStep = {
  at: string;
  /** order, proof, proven, finalize */
  step: string;
  detail: string;
};

export type CertificateUploadedView = {
  cert: ManualCertificateView;
  warnings: string[];
  host: HostView2;
};

export type CertificateView = {
  domain: string;
  host_id: number;
  /** Empty while there is none. */
  issuer: string;
  not_after?: string | null;
  last_checked_at: string;
  days_left?: number | null;
  /** ok, warning, critical, expired, unknown */
  status: string;
  next_renewal_estimate?: string | null;
  last_renewal_event?: CertificateEvent | null;
  challenge: string;
  /** Directory of the authority that would be asked. */
  authority: string;
  dns_provider?: string | null;
  not_before?: string | null;
  fingerprint_sha256?: string | null;
  /** Failed attempts in a row. */
  failures: number;
  /** Why the last attempt failed: a word for programs; null when it did not. */
  error_code?: string | null;
  /** When a failed attempt is repeated. */
  next_attempt_at?: string | null;
  /** An order is under way. */
  ordering: boolean;
  /** What happened in the newest order. */
  steps: CertificateStep[];
};

/** One member that differs. Null stands for absent. */
export type Change = {
  /** `triggers.battery_percent`, `steps.s3.command`. */
  path: string;
  /** The name of the step, where it is one. */
  step?: string | null;
  before: unknown;
  after: unknown;
};

export type Change2 = {
  old: string;
  new: string;
};

export type Change3 = {
  old: number;
  new: number;
};

export type Change4 = {
  old?: number | null;
  new?: number | null;
};

/** One change. */
export type Change5 = {
  change: string;
  likely_cause: string;
  /** 0 (an accident) to 1 (meant) */
  intentional_likelihood: number;
  /** critical, high, medium or low */
  risk_level: string;
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

export type ChangeBody2 = {
  name?: string | null;
  description?: string | null;
  /** 1-10 */
  priority?: number | null;
  steps?: StepView2[] | null;
  category?: string | null;
};

export type ChangeBody3 = {
  name?: string | null;
  url?: string | null;
  ignore_regions?: Region[] | null;
  threshold?: number | null;
  threshold_percentage?: number | null;
  /** low, medium or high */
  sensitivity?: string | null;
  /** Names of these three: how strictly it is compared is the project's again. They are one, so one name gives back all. */
  inherit?: string[] | null;
  /** This picture becomes the approved one. */
  snapshot_id?: string | null;
  /** A new picture of the address becomes the approved one. */
  recapture?: boolean | null;
  /** Of the new picture; without them it is taken as the one before. */
  full_page?: boolean | null;
  mask_selectors?: string[] | null;
  hide_selectors?: string[] | null;
  restore_version?: number | null;
  /** A live browser whose sign-ins `recapture` uses; required where the picture before was taken with one. */
  session_id?: string | null;
};

export type ChangedKey = {
  /** The flat ops name where the key has one, else the canonical key. */
  key: string;
  old: string;
  new: string;
  /** The canonical key. */
  setting: string;
};

export type ChangedView = {
  url: string;
  changes: ChangesView;
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

export type ChangesView = {
  title?: Change2 | null;
  elements_count?: Change3 | null;
  status_code?: Change4 | null;
};

export type ChangeView = {
  path: string;
  /** added, removed or changed */
  kind: string;
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

/** What a change without a view of its own answers. */
export type ChannelDone = {
  success: boolean;
  message: string;
  details: unknown;
};

export type ChannelLine = {
  /** Number of a channel of the instance, uid of one of an organization. */
  id: string;
  name: string;
  type: string;
  /** Uid of the organization; null = the instance. */
  organization_id?: string | null;
  enabled: boolean;
  /** The last thing sent arrived. */
  verified: boolean;
  /** Gets alerts whose rule names no channel. */
  broadcast: boolean;
  quiet_hours?: unknown;
  /** Names of the rules, enabled or not. */
  rules: string[];
  last_sent_at?: string | null;
  sent_today: number;
  /** Deliveries that failed since the last that arrived. */
  failures: number;
  /** Where it is changed. */
  page: string;
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

export type ChatBody = {
  /** At most 20 000 characters. */
  message: string;
  /** The last 20 turns count. */
  history?: unknown[];
};

export type ChatBody2 = {
  /** 1-20000 characters: a command, such as `help`. */
  message?: string;
  /** 1-100 characters: what the client calls the thread; a new one begins with its first message. */
  thread_id?: string;
  /** Where tests begin that say nothing else. */
  app_url?: string | null;
  /** The only project of the organization without. */
  project_id?: string | null;
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

/** What is asked of a host. */
export type CheckKind = "tcp" | "http" | "ping";

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

/** What conditions can be about. */
export type ChoicesView = {
  metrics: ChoiceView[];
  /** Whether there are more than are listed. */
  truncated: boolean;
};

export type ChoiceView = {
  metric: string;
  /** `%`, `ms`, `bytes`; of a counter with "/s", because its increase per second is what a condition reads. */
  unit: string;
  /** machine (this machine's newest sample), or who writes the series: power, edge, nodes, ops, quality, platform */
  source: string;
  /** The labels a selector can name. */
  labels: string[];
  subjects: SubjectView[];
  /** How many things have it; at most 200 are listed. */
  total: number;
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

export type ClassesView = {
  time: string;
  c2xx: number;
  c3xx: number;
  c4xx: number;
  c5xx: number;
};

export type ClientView = {
  remote_ip: string;
  requests: number;
  would_refuse: number;
  last_seen?: string | null;
  /** Null without users:manage. */
  signed_in?: boolean | null;
};

export type ClosedView = {
  success: boolean;
  session_id: string;
  videoArtifactId?: string | null;
  video_artifact_id?: string | null;
  recording_url?: string | null;
  duration_ms: number;
};

export type CodeBody = {
  code?: string;
};

/** A content coding. */
export type Coding = "zstd" | "br" | "gzip";

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

export type CommandBody2 = {
  /** `{"type": "...", ...}` */
  action: unknown;
  /** Administrators: send a command that is not in the table. */
  passthrough?: boolean;
};

export type CommandView = {
  name: string;
  description: string;
  /** Needs `confirm` with the device's id. */
  dangerous: boolean;
};

export type CommandView2 = {
  name: string;
  description: string;
  /** `operator` or `admin`. */
  requires_role: string;
};

export type CompareBody = {
  /** A baseline or a snapshot. */
  baseline_id?: string | null;
  /** An address, or `current_snapshot_id`. */
  current_url?: string | null;
  current_snapshot_id?: string | null;
  ignore_regions?: Region[] | null;
  /** low, medium or high */
  sensitivity?: string | null;
  threshold?: number | null;
  threshold_percentage?: number | null;
  viewport?: unknown;
  browser?: string | null;
  /** These three are heard by a model that explains the comparison (`ai/explain`), where the project lets one. */
  context?: string | null;
  pr_description?: string | null;
  /** Its first 20000 characters are kept. */
  git_diff?: string | null;
  /** A live browser whose sign-ins `current_url` is opened with. */
  session_id?: string | null;
  /** These three are as in the baseline unless they are given. */
  full_page?: boolean | null;
  mask_selectors?: string[] | null;
  hide_selectors?: string[] | null;
  /** A PNG, JPEG or WebP as base64; with `current_b64` nothing is kept. */
  baseline_b64?: string | null;
  current_b64?: string | null;
};

export type ComparedItem = {
  browser: string;
  viewport: Viewport;
  success: boolean;
  comparison?: ComparisonView | null;
  error?: string | null;
};

export type ComparedView = {
  success: boolean;
  url: string;
  results: ComparedItem[];
  summary: Summary2;
  compared_at: string;
};

export type CompareView = {
  session_1_id: string;
  session_2_id: string;
  new_pages: string[];
  removed_pages: string[];
  changed_pages: ChangedView[];
  new_flows: string[];
  removed_flows: string[];
  /** Unknown when one of them has no score. */
  coverage_change?: number | null;
  summary: string;
};

export type ComparisonsView = {
  comparisons: ComparisonView[];
  total: number;
};

/** A comparison. Numbers are null when there was nothing to compare with. */
export type ComparisonView = {
  id: string;
  project_id: string;
  baseline_id?: string | null;
  baseline_version: number;
  /** The snapshot, when there is one. */
  current_id?: string | null;
  run_id?: string | null;
  test_id?: string | null;
  name: string;
  url: string;
  browser: string;
  viewport: Viewport;
  branch: string;
  status: Status4;
  /** A newer comparison took its place in the queue. */
  superseded: boolean;
  match?: boolean | null;
  match_percentage?: number | null;
  has_regressions: boolean;
  differences: Difference2[];
  summary: string;
  /** Always null: comparing asks no model; `ai/explain` does, on request. */
  ai_analysis?: unknown;
  /** What asking a model cost; comparing asks none. */
  cost_usd: number;
  diff_pixel_count?: number | null;
  diff_percentage?: number | null;
  ssim?: number | null;
  algorithm: string;
  threshold: number;
  threshold_percentage: number;
  warnings: string[];
  baseline_url?: string | null;
  current_url: string;
  diff_image_url?: string | null;
  /** How much each pixel differs; null where nothing does. */
  heatmap_url?: string | null;
  /** Both pictures in one; null where there was nothing to compare with. */
  side_by_side_url?: string | null;
  /** Of the current picture, in device pixels. */
  width: number;
  height: number;
  /** Device pixels for one CSS pixel: boxes of differences are CSS pixels. */
  scale: number;
  lcp_delta?: number | null;
  cls_delta?: number | null;
  notes?: string | null;
  reviewed_by?: string | null;
  reviewed_at?: string | null;
  compared_at: string;
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

export type ConfigView = {
  scopes: string[];
  connected_at: string;
};

export type ConnectedView = {
  success: boolean;
  platform: string;
  account_name?: string | null;
  account_id?: string | null;
  scopes: string[];
  message: string;
};

export type ConnectedView2 = {
  accounts: AccountView3[];
  api_keys_active: number;
  api_keys_total: number;
};

export type ConnectionBody = {
  enabled?: boolean | null;
  lapi_url?: string | null;
  /** Empty or `__UNCHANGED__` keeps it. */
  bouncer_api_key?: string | null;
  machine_user?: string | null;
  /** Empty or `__UNCHANGED__` keeps it. */
  machine_password?: string | null;
};

export type ConnectionView = {
  pid?: number | null;
  process: string;
  local: string;
  remote: string;
  status: string;
};

/** What to write into the configuration of the node. */
export type ConnectView = {
  url: string;
  accept_self_signed_cert: boolean;
  cert_fingerprint?: string | null;
  config_snippet: unknown;
};

export type ConsequenceView = {
  /** A code: `sessions`, `notification_rules`, `alert_rules`, `tests`, `site_requests`, ... Of `key_used`, `runs_missed` the name is a time; `channel_hears_less`, `last_channel`, `pool_in_use`, `plans_use_it` say what no longer works. */
  what: string;
  count: number;
  /** At most ten. */
  names: string[];
};

export type ConsoleView = {
  /** Each with the `step` that was under way, counted from 0 over the whole trace; null after the last. */
  lines: unknown[];
  /** How many are as asked for. */
  total: number;
  /** How many there are. */
  all: number;
};

export type ConsoleView2 = {
  page_id: string;
  page_url: string;
  text: string;
};

/** A container of the local runtime. */
export type ContainerView = {
  id: string;
  name: string;
  image: string;
  state: string;
  status: string;
};

export type ContentView = {
  content: string;
};

export type ContentView2 = {
  content: string;
};

export type ControlView = {
  page_url: string;
  /** What it says, and why it was not tried. */
  text: string;
};

export type ConvertBody = {
  /** Only where the path does not name it. */
  recording_id?: string | null;
  test_name?: string | null;
  include_waits?: boolean;
  include_scrolls?: boolean;
  min_wait_threshold?: number;
  generalize_data?: boolean;
  save?: boolean;
};

export type ConvertedView = {
  success: boolean;
  test: RecordedTest;
  recording_id: string;
  duration_ms: number;
  steps_generated: number;
  assertions_generated: number;
  warnings: string[];
  error?: string | null;
};

export type CoreRuleView = {
  id: number;
  paranoia: number;
  category: string;
  description: string;
  file: string;
};

export type CountryCount = {
  country_code: string;
  cidr_count: number;
  /** Ranges that are banned now; one that was reported twice is one. */
  decisions_active: number;
};

export type CountryView = {
  /** Two capital letters. */
  country_code: string;
  /** Its name, or its letters while no database says it. */
  country_name: string;
  count: number;
};

export type Counts = {
  total: number;
  enabled: number;
  polled: number;
  ok: number;
  failed: number;
  offline: number;
};

/** How many objects of each kind came in. */
export type Counts2 = {
  users: number;
  nodes: number;
  settings: number;
  config_templates: number;
  tunnels: number;
  events: number;
  audit_log: number;
};

export type CountsView = {
  total: number;
  online: number;
  offline: number;
  on_battery: number;
};

export type CountView = {
  count: number;
};

export type CountView2 = {
  kind: string;
  count: number;
};

export type CountView3 = {
  count: number;
};

export type CoverageView = {
  /** Open alerts it would keep quiet. */
  alerts: CoveredAlert[];
  /** Rules that could not notify. */
  rules: CoveredRule[];
  upcoming: Upcoming[];
};

export type CoverageView2 = {
  pages: number;
  flows: number;
  elements: number;
  forms: number;
  /** 0-100; null before the flows are known. */
  coverage_score?: number | null;
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
  /** sent, failed or not_configured. */
  mail: string;
};

export type CreatedView5 = {
  id: string;
  name: string;
  description?: string | null;
  /** `edge` or `relay`. */
  device_type: string;
  /** `pending`, `online`, `offline`, `degraded`, `error`. */
  status: string;
  /** RFC 3339. */
  last_seen_at?: string | null;
  last_health?: unknown;
  software_version?: string | null;
  metadata: unknown;
  expires_at?: string | null;
  expired: boolean;
  created_at: string;
  updated_at: string;
  protocol_version?: number | null;
  capabilities: string[];
  /** `nat`, `public`, `unknown`. */
  network_type: string;
  connected_at?: string | null;
  remote_addr?: string | null;
  /** `pending` while a new secret waits for the restart of the node. */
  rotation?: string | null;
  /** Shown once. */
  registration_token: string;
  connect: ConnectView;
};

export type CreatedView6 = {
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

export type CredentialsView = {
  items: CredentialView[];
  total: number;
  counts: CountView2[];
  unavailable: string[];
};

export type CredentialView = {
  /** api_key, certificate, channel, data_key, device_login, dns_provider, master_key, model_key, node_secret, own_certificate, plan_login, setting, ssh_key, tool_account, tunnel_key or webhook */
  kind: string;
  name: string;
  used_by: string[];
  created_at?: string | null;
  /** When its value was set last; null when that is not known. */
  changed_at?: string | null;
  expires_at?: string | null;
  last_used_at?: string | null;
  renewal: Renewal;
  /** Where it is changed. */
  page: string;
};

export type CronView = {
  valid: boolean;
  error?: string | null;
  readable?: string | null;
  next_runs: string[];
};

export type CrowdSecView = {
  /** not_configured, connected, degraded (the account is refused or an attempt failed) or disconnected */
  state: string;
  enabled: boolean;
  lapi_url: string;
  /** `__UNCHANGED__` = set, empty = not. */
  bouncer_api_key: string;
  machine_user: string;
  /** `__UNCHANGED__` = set, empty = not. */
  machine_password: string;
  /** Settings of the start configuration that cannot be changed here. */
  locked: string[];
  /** Whether the key is accepted; null = not tried, or nobody answers. */
  bouncer_ok?: boolean | null;
  machine_ok?: boolean | null;
  /** When CrowdSec answered last. */
  last_heartbeat?: string | null;
  error?: string | null;
  /** Decisions that last, whatever they do. */
  decisions: number;
  /** Whether the data plane turns banned addresses away. */
  enforced: boolean;
};

export type CurveView = {
  metric: string;
  /** Unix seconds and value. */
  points: ([number, number])[];
};

export type Custom = {
  title: string;
  range_hours: number;
  /** RFC 3339. */
  generated_at: string;
  metrics: Record<string, Summary>;
};

export type CustomBody = {
  /** Documented names, at most 20; unknown ones and those without values are left out. */
  metrics?: string[];
  /** 1-8760. */
  range_hours?: number;
  title?: string;
};

export type CustomRuleBody = {
  name: string;
  secrule: string;
  enabled?: boolean | null;
};

export type CustomRuleView = {
  id: number;
  host_id: number;
  name: string;
  secrule: string;
  enabled: boolean;
  created_at: string;
  updated_at: string;
};

export type DashboardBody = {
  /** 1-100 characters. */
  name?: string | null;
  /** JSON of at most 64 KiB, as text or as it is. */
  config_json?: unknown;
  /** Everybody sees it. */
  shared?: boolean | null;
};

export type DashboardView = {
  id: number;
  name: string;
  owner: string;
  /** JSON as text, as it was kept. */
  config_json: string;
  shared: boolean;
  /** Unix seconds. */
  created_at: number;
  updated_at: number;
};

export type DatabaseView = {
  size_bytes?: number | null;
  /** What of the write-ahead log is not folded back; null on PostgreSQL, which keeps its own. */
  wal_size_bytes?: number | null;
  /** Connections of the pool; null on SQLite, which has none. */
  open_connections?: number | null;
  idle_connections?: number | null;
  in_use_connections?: number | null;
  telemetry_size_bytes?: number | null;
};

export type DatabaseView2 = {
  /** healthy, degraded or unhealthy */
  status: string;
  engine: string;
  latency_ms?: number | null;
  version?: string | null;
  size_bytes?: number | null;
  migrations: MigrationsView;
  pool?: PoolView2 | null;
  wal_bytes?: number | null;
  write_ok: boolean;
  last_backup_at?: string | null;
  checked_at: string;
};

/** `test` with `parameter_sets` or a `data_source`, or one that is kept. */
export type DataExportBody = {
  test?: unknown;
  parameterized_test_id?: string | null;
  /** playwright, cypress, puppeteer or selenium; also the names older clients have: playwright-ts, selenium-java, junit and pytest. */
  framework?: string;
  /** Else the first that the framework is written in. */
  language?: string | null;
  include_comments?: boolean;
  include_assertions?: boolean;
  /** Where the application is, unless the environment says otherwise: an address that begins with http:// or https://. */
  base_url?: string | null;
  /** The elements stand by name in one place of the code. */
  page_object?: boolean;
  /** code (also when it is not named) or file */
  output_format?: string | null;
};

export type DataExportView = {
  success: boolean;
  language: string;
  framework: string;
  code: string;
  filename: string;
  dependencies: string[];
  setup_instructions: string;
  error?: string | null;
  warnings: string[];
  /** Set when several tests were asked for. */
  files?: FileView[] | null;
  parameter_count: number;
  parameter_names: string[];
};

/** What is said of such a test. New ones need `project_id` and `name`. */
export type DataTestBody = {
  project_id?: string | null;
  name?: string | null;
  description?: string | null;
  /** inline, csv, json, env or api */
  data_source_type?: string | null;
  /** `content` or `file`, `delimiter`, `mapping` (field -> parameter), `filter`; `parameter_sets` of an inline one; `variables`, or `variable` and `format`, of env; `url`, `headers` and `path` (JSON pointer) of api, which needs integration:configure */
  data_source_config?: Record<string, unknown> | null;
  parameter_schema?: Record<string, unknown> | null;
  steps?: unknown[] | null;
  assertions?: unknown[] | null;
  setup?: unknown[] | null;
  teardown?: unknown[] | null;
  variables?: Record<string, unknown> | null;
  /** sequential, parallel, random or first_failure */
  iteration_mode?: Mode2 | null;
  max_parallel?: number | null;
  timeout_per_iteration_ms?: number | null;
};

export type DataTestsView = {
  tests: DataTestView[];
  total: number;
  limit: number;
  offset: number;
};

export type DataTestView = {
  id: string;
  project_id: string;
  name: string;
  description?: string | null;
  data_source_type: string;
  data_source_config: Record<string, unknown>;
  parameter_schema: Record<string, unknown>;
  steps: unknown[];
  assertions: unknown[];
  setup: unknown[];
  teardown: unknown[];
  iteration_mode: Mode2;
  max_parallel: number;
  timeout_per_iteration_ms: number;
  created_by: string;
  created_at: string;
  updated_at: string;
};

export type DateRange = {
  start?: string | null;
  end?: string | null;
};

export type DayView = {
  /** The first moment of the day in UTC. */
  day: string;
  provider: string;
  /** `ok`, or why there was no answer. */
  outcome: string;
  calls: number;
  input_tokens: number;
  output_tokens: number;
  /** Null where no price is set. */
  cost_usd?: number | null;
};

export type DayView2 = {
  window_seconds: number;
  /** off, detect or block: what is set up now. */
  mode: string;
  /** It inspects since then at least; null when nothing is inspected, or nobody knows since when. */
  watched_since?: string | null;
  /** Requests of which it reported something. */
  requests: number;
  /** Refused then. */
  refused: number;
  /** Let pass then; with today's exclusions and own rules they would be refused in block mode. */
  would_refuse: number;
  /** Of these, from addresses where somebody is signed in to Argos; null without users:manage. */
  would_refuse_signed_in?: number | null;
  /** The oldest rows were too many to be read. */
  is_cut: boolean;
  /** The twenty met by most requests. */
  rules: RuleView4[];
  /** The twenty with most requests. */
  clients: ClientView[];
  /** The newest fifty, newest first. */
  recent: RequestView[];
};

export type DayView3 = {
  /** `YYYY-MM-DD` in UTC. */
  date: string;
  requests: number;
  input_tokens: number;
  output_tokens: number;
  /** Null where no price is known. */
  cost_usd?: number | null;
};

/** What the comparisons of a day came to. */
export type DayView4 = {
  /** Such as `2030-01-31`, in UTC. */
  date: string;
  total_comparisons: number;
  matches: number;
  mismatches: number;
  approved: number;
  rejected: number;
  pending: number;
  avg_match_percentage?: number | null;
  min_match_percentage?: number | null;
  max_match_percentage?: number | null;
};

/** A decision. `modifications` changes members of the action that may be changed, and approves. */
export type DecideBody = {
  /** approved/approve, denied/deny, deferred/defer */
  decision?: string;
  comment?: string | null;
  modifications?: unknown;
};

export type DecideBody2 = {
  word: Word;
  /** At most 1000 characters. */
  comment?: string | null;
};

export type DecidedView = {
  status: string;
  decision: string;
  /** Where the question stands now: `pending` while more consents are needed. */
  approval_status: string;
  consents: number;
  quorum: number;
};

export type DecidedView2 = {
  ref: string;
  /** What it is now: pending while more consents are needed. */
  state: string;
};

export type DecidedView3 = {
  success: boolean;
  message: string;
  suggestion_id: string;
  status: SuggestionStatus;
};

export type Decision = "apply" | "reject";

export type DecisionsView = {
  decisions: DecisionView[];
  total: number;
  limit: number;
  offset: number;
  /** When CrowdSec was heard last; null = never. */
  heard_at?: string | null;
  /** Why it cannot be heard now. */
  error?: string | null;
};

export type DecisionView = {
  id: number;
  origin: string;
  type: string;
  scope: string;
  value: string;
  scenario: string;
  /** As Go writes it: `3h59m58s`. */
  duration: string;
  until: string;
  /** Of addresses, where a database of places is there. */
  geo?: GeoView | null;
};

export type DecisionView2 = {
  /** approved or denied */
  status: string;
};

export type DegradedView = {
  code: string;
  message: string;
};

/** What was deleted, and how it comes back. */
export type DeletedView = {
  status: string;
  /** For `/api/ui/undo/{token}` within a minute. */
  undo?: string | null;
};

export type DeletedView2 = {
  success: boolean;
  deleted: string[];
  failed: FailedView[];
  deleted_count: number;
  failed_count: number;
};

export type DeletedView3 = {
  deleted: boolean;
};

export type DeliveriesView = {
  deliveries: DeliveryView2[];
  stats?: Record<string, number> | null;
};

/** What a person set up for a site. The default is what a site without it does. */
export type Delivery = {
  /** Answers that gain are compressed for clients that accept it. */
  compression?: boolean;
  /** How, liked best first; empty = every way there is. */
  compression_codings?: Coding[];
  /** For how long browsers keep to https; 0 = they are not told to. */
  hsts_max_age_seconds?: number;
  hsts_include_subdomains?: boolean;
  /** Bytes of a request body; 0 = any number. */
  request_body_bytes_max?: number;
  /** Requests in progress at one time; 0 = any number. */
  requests_at_once_max?: number;
  /** Bytes of a request line and its headers, 4096 to 65536; 0 = 32768. */
  request_header_bytes_max?: number;
  /** Longest wait for a connection to a target, up to 60; 0 = 5. */
  connect_timeout_seconds?: number;
  /** Longest wait for the begin of an answer once the target has the request, up to 3600; 0 = 60, with an external Caddy without limit. */
  response_timeout_seconds?: number;
  /** Longest silence within an upload or an answer, up to 3600; 0 = 60. WebSockets may be silent for longer. */
  idle_timeout_seconds?: number;
  /** Targets tried for one request, up to 10; 0 = 3. Another one is tried only where that can do no harm. */
  tries_max?: number;
  error_pages?: Page[];
};

/** What a person set up for a site. The default is what a site without it does. */
export type DeliveryView = {
  host_id: number;
  /** Answers that gain are compressed for clients that accept it. */
  compression?: boolean;
  /** How, liked best first; empty = every way there is. */
  compression_codings?: Coding[];
  /** For how long browsers keep to https; 0 = they are not told to. */
  hsts_max_age_seconds?: number;
  hsts_include_subdomains?: boolean;
  /** Bytes of a request body; 0 = any number. */
  request_body_bytes_max?: number;
  /** Requests in progress at one time; 0 = any number. */
  requests_at_once_max?: number;
  /** Bytes of a request line and its headers, 4096 to 65536; 0 = 32768. */
  request_header_bytes_max?: number;
  /** Longest wait for a connection to a target, up to 60; 0 = 5. */
  connect_timeout_seconds?: number;
  /** Longest wait for the begin of an answer once the target has the request, up to 3600; 0 = 60, with an external Caddy without limit. */
  response_timeout_seconds?: number;
  /** Longest silence within an upload or an answer, up to 3600; 0 = 60. WebSockets may be silent for longer. */
  idle_timeout_seconds?: number;
  /** Targets tried for one request, up to 10; 0 = 3. Another one is tried only where that can do no harm. */
  tries_max?: number;
  error_pages?: Page[];
  /** Null before the first change. */
  updated_at?: string | null;
};

export type DeliveryView2 = {
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

export type DemoBody = {
  on: boolean;
};

export type DemoView = {
  on: boolean;
  things: number;
};

export type DescribeBody = {
  project_id?: string;
  /** 1-20000 characters: sentences, one step each. */
  description?: string;
  /** Where it begins when no sentence says so; else at the project's address. */
  app_url?: string | null;
  /** Else the first sentence. */
  name?: string | null;
  /** What else is known of the application, at most 5000 characters; heard by a model only. */
  context?: string | null;
};

export type DescribedView = {
  success: boolean;
  test: TestView8;
  /** What was made of the description. */
  spec: unknown;
  /** What a model wrote; null when none was heard. */
  original_nlp_output?: string | null;
  /** Sentences that were not understood, which are tried as they stand; and what was not kept. */
  warnings: string[];
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

export type DeviceTypesView = {
  device_types: DeviceTypeView[];
};

export type DeviceTypeView = {
  device_type: string;
  display_name: string;
  supported_commands: CommandView2[];
};

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
  /** What an SNMP agent was recognised as. */
  profile?: string | null;
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

/** One difference. */
export type Difference2 = {
  /** `diff_0` and on. */
  id: string;
  type: Kind3;
  severity: Severity2;
  description: string;
  location: string;
  /** Its selector; none for an area no element explains. */
  element?: string | null;
  expected?: string | null;
  actual?: string | null;
  is_regression: boolean;
  bounds_baseline?: Rect | null;
  bounds_current?: Rect | null;
  /** 0 to 1 */
  confidence: number;
};

/** Down or up again. */
export type Direction = "shutdown" | "restore";

export type DisableBody = {
  username?: string | null;
  password?: string | null;
  code?: string | null;
};

export type DisconnectedView = {
  success: boolean;
  platform: string;
  message: string;
};

export type DiscoverBody = {
  /** Host names or private addresses; this machine when there is no range either. */
  hosts?: string[];
  /** A private IPv4 range, at most a /22. */
  cidr?: string | null;
  /** `nut`, `snmp`; both when absent. */
  pollers?: string[];
  /** SNMP communities to try; the one of the settings when absent. Never stored. */
  communities?: string[];
  /** Port of NUT servers. */
  port?: number | null;
  snmp_port?: number | null;
  username?: string | null;
  password?: string | null;
};

export type DiscoveredView = {
  success: boolean;
  result: FoundView2;
  error?: string | null;
};

export type DiscoverView = {
  job_id: number;
  /** `running`, `done` or `cancelled`. */
  state: string;
  done: number;
  total: number;
  found: FoundView[];
  /** What the hosts said that were named one by one. */
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

export type DnsFieldView = {
  key: string;
  label: string;
  required: boolean;
  placeholder?: string | null;
  secret: boolean;
};

/** What a change answers. */
export type DnsProviderAnswer = DnsProviderView | {
  saved: boolean;
  reconcile_error: string;
};

export type DnsProviderBody = {
  enabled?: boolean | null;
  /** All fields of the provider; `__UNCHANGED__` keeps one. */
  credentials?: Record<string, string> | null;
};

export type DnsProviderView = {
  name: string;
  display_name: string;
  enabled: boolean;
  configured: boolean;
  fields: DnsFieldView[];
  caddy_module: string;
  docs_url?: string | null;
  updated_at?: string | null;
};

export type DnsView = {
  /** Empty: the name leads nowhere yet. */
  addresses: string[];
  /** Whether it leads to this machine; null when that cannot be told. */
  is_here?: boolean | null;
  /** Those addresses that are not known to be this machine's. */
  elsewhere: string[];
  /** The public address of this machine, as it was found last. */
  public_address?: string | null;
};

/** `{"ok":true}` and `{"status":"ok"}`, for those who read either. */
export type Done = {
  ok: boolean;
  status: string;
};

export type Done2 = {
  status: string;
};

export type DoneView = {
  status: string;
};

export type DoneView2 = {
  success: boolean;
  message: string;
  schedule_id: string;
};

export type DoneView3 = {
  at: string;
  action: string;
  description: string;
  ip?: string | null;
  status: string;
};

/** A file that a step downloaded, with a signed address. */
export type DownloadView = {
  artifact_id?: string;
  name?: string;
  size_bytes?: number;
  url: string;
};

export type DraftBody = {
  /** Any JSON of at most 64 KiB; members that hold secrets are not kept. */
  body: unknown;
};

export type DraftView = {
  key: string;
  body: unknown;
  updated_at: string;
};

export type DriftView = {
  scenarios: ScenarioDriftView;
  appsec_tuning: TuningDriftView;
  whitelist: AllowDriftView;
  profiles: ProfileDriftView;
  /** Where CrowdSec's directory is not mounted: when what the leading process found there last changed. */
  last_check_at: string;
  /** What the script beside CrowdSec applied last; null = it never ran with this shared directory. */
  applied?: AppliedView | null;
};

export type DueItem = {
  /** schedule, maintenance, certificate_renewal, certificate_end or key_end */
  kind: string;
  name: string;
  at: string;
  until?: string | null;
  /** How it comes again, in words; empty when its plan has none, null when it happens once. */
  repeats?: string | null;
  page: string;
};

export type DueView = {
  items: DueItem[];
  unavailable: string[];
};

export type DuplicateBody = {
  name?: string | null;
  project_id?: string | null;
};

/** An attempt that was followed by another one. */
export type EarlierAttempt = {
  attempt?: number;
  error_code?: string | null;
  error_message?: string | null;
  duration_ms?: number;
};

export type EdgePage = {
  entries: EdgeRow[];
  /** Of all sources asked for. */
  total: number;
  limit: number;
  offset: number;
};

/** What an import does, in the words of the edge part. */
export type EdgePlan = {
  mode: string;
  /** Objects of the document by kind. */
  counts: Record<string, unknown>;
  creates: string[];
  updates: string[];
  removes: string[];
  /** Why it cannot be applied. */
  conflicts: string[];
  warnings: string[];
};

/** One row of the edge view. */
export type EdgeRow = {
  /** Unique within its source. */
  id: number;
  /** audit, waf or bouncer */
  source: string;
  /** RFC 3339. */
  timestamp: string;
  action: string;
  resource_type?: string | null;
  resource_id?: string | null;
  user_id?: number | null;
  source_ip?: string | null;
  xff_chain?: string | null;
  /** What was before and after, where the change has them; of other sources what is known of the row. */
  diff?: unknown;
};

export type EdgeView = {
  /** Ids of pages. */
  from: string;
  to: string;
  /** What the link says. */
  label: string;
};

/** Something a person can use on a page. */
export type ElementView = {
  /** The steadiest one; null when nothing names it alone. */
  selector?: string | null;
  xpath?: string | null;
  category: string;
  label: string;
  role?: string | null;
  tag: string;
  kind: string;
  /** x, y, width and height in CSS pixels. */
  bounds?: [number, number, number, number] | null;
  stability_score?: number | null;
  alternatives: SelectorView[];
};

export type EnableBody = {
  secret?: string;
  code?: string;
};

export type EndedView = {
  success: boolean;
  thread_id: string;
  message: string;
  cancelled_at: string;
  final_state: FinalView;
};

/** An address that a script of the page asked. */
export type Endpoint = {
  method: string;
  url: string;
  status?: number | null;
};

export type EndpointBody = {
  endpoint?: string;
};

export type EndpointBody2 = {
  source: string;
  /** The source when absent. */
  name?: string | null;
  /** A project of the organization; absent = all of them. */
  project_id?: string | null;
  /** native when absent */
  verify_mode?: string | null;
};

export type EndpointDone = {
  success: boolean;
  message: string;
};

export type EndpointsView = {
  node_id: string;
  node_name: string;
  flows: unknown[];
};

export type EndpointsView2 = {
  endpoints: EndpointView[];
  total: number;
};

export type EndpointView = {
  id: string;
  name: string;
  source: string;
  /** Where the sender calls. */
  url: string;
  project_id?: string | null;
  /** native, token, basic or none */
  verify_mode: string;
  enabled: boolean;
  last_received_at?: string | null;
  received: number;
  rejected: number;
  created_at: string;
  /** Only in the answers that make it. */
  secret?: string | null;
};

export type EngineView = {
  /** embedded or caddy: what serves the sites now. */
  engine: string;
  /** The admin API that is or would be driven. */
  address: string;
  /** Where Caddy is told to listen. */
  listen: string[];
  /** Why Caddy could not be asked; null when it answered. */
  error?: string | null;
  /** Modules that this build turned out not to have. Known once a document was refused. */
  missing_modules: string[];
  /** What of the wanted state Caddy cannot do. */
  warnings: string[];
  /** What a push changes of the running configuration; empty when it is the same. Null when Caddy could not be asked. */
  changes?: ChangeView[] | null;
  /** There are more than are listed. */
  more_changes: boolean;
  /** The document, its credentials blanked. */
  document: unknown;
};

export type EntryBody = {
  /** ip or range */
  scope: string;
  value: string;
  reason?: string;
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
  /** Where the client was when the line was stored. */
  country_code?: string | null;
  asn?: number | null;
  /** Where the client is now; only in the answer about one line. */
  geo?: GeoView2 | null;
};

export type EntryView2 = {
  id: number;
  scope: string;
  value: string;
  reason: string;
  created_at: string;
  created_by: string;
};

export type Envelope = {
  success: boolean;
  response?: string | null;
  error?: string | null;
};

/** Every error reply. `detail` repeats `error`, or lists the faulty fields of a 422. */
export type Error = {
  error: string;
  detail: unknown;
  /** Stable word in snake_case */
  code: string;
  request_id: string;
};

export type ErrorGroup = {
  error: string;
  count: number;
  /** The first rows it happened to, at most five. */
  parameter_sets: string[];
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

export type EventPage = {
  events: EventView3[];
  total: number;
  page: number;
  page_size: number;
  has_more: boolean;
};

export type EventRow = {
  id: number;
  node_id?: string | null;
  severity: string;
  category: string;
  message: string;
  details: unknown;
  created_at: string;
  acknowledged: boolean;
  acknowledged_by?: string | null;
};

export type EventsBody = {
  /** Events of rrweb, at most 50 000 in all. */
  events: unknown[];
  sequence?: number | null;
  metadata?: Record<string, unknown>;
  final?: boolean;
};

export type EventTypesView = {
  event_types: NamedEvent[];
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

export type EventView3 = {
  id: string;
  event_type: string;
  severity: string;
  outcome: string;
  user_id?: number | null;
  user_email?: string | null;
  ip_address?: string | null;
  user_agent?: string | null;
  description: string;
  metadata?: unknown;
  created_at: string;
};

export type ExchangeView = {
  token: string;
  /** An owner shows as `admin`. */
  role: string;
  username: string;
};

export type ExclusionBody = {
  crs_rule_id: number;
  path_pattern?: string;
  reason?: string;
  enabled?: boolean | null;
};

export type ExclusionView = {
  id: number;
  host_id: number;
  crs_rule_id: number;
  path_pattern: string;
  reason: string;
  enabled: boolean;
  created_at: string;
  updated_at: string;
};

/** How a test is run with its rows; what is absent is the test's. */
export type ExecuteBody = {
  test_id?: string | null;
  /** Of steps that are run without being kept. */
  project_id?: string | null;
  name?: string | null;
  steps?: unknown[];
  assertions?: unknown[];
  setup?: unknown[];
  teardown?: unknown[];
  app_url?: string | null;
  /** Instead of those of the test. */
  parameter_sets?: unknown[] | null;
  /** Only these of the rows kept with the test. */
  selected_set_ids?: string[];
  browser?: string | null;
  environment?: string | null;
  iteration_mode?: Mode2 | null;
  max_parallel?: number | null;
  timeout_per_iteration_ms?: number | null;
  stop_on_failure?: boolean;
  retry_failed_iterations?: number;
  trigger_type?: string | null;
  /** Answer with the result, within two minutes (default); else at once. */
  wait?: boolean | null;
};

export type ExecutionsView = {
  results: ExecutionView[];
  total: number;
};

/** A run of a test with its rows. */
export type ExecutionView = {
  /** Every row passed. */
  success: boolean;
  /** The run; null of what was only asked for. */
  result_id?: string | null;
  test_id?: string | null;
  test_name: string;
  total_iterations: number;
  passed: number;
  failed: number;
  skipped: number;
  error: number;
  /** pending, running, passed, failed, error, cancelled; dry_run of what was only asked for */
  status: string;
  duration_ms?: number | null;
  avg_iteration_ms?: number | null;
  min_iteration_ms?: number | null;
  max_iteration_ms?: number | null;
  iteration_results: IterationView[];
  failure_summary: FailureSummary;
  started_at?: string | null;
  completed_at?: string | null;
};

export type ExpandBody = {
  /** At least 1h, as Go writes it: `168h`. */
  duration?: string;
  reason?: string;
};

/** A test with one of its rows in it. */
export type ExpandedView = {
  index: number;
  name: string;
  description?: string | null;
  parameter_set_name: string;
  parameter_values: Record<string, unknown>;
  steps: unknown;
  assertions: unknown;
  setup: unknown;
  teardown: unknown;
};

export type ExpandView = {
  success: boolean;
  test_name: string;
  total_expanded: number;
  expanded_tests: ExpandedView[];
  iteration_mode: Mode2;
  warnings: string[];
  error?: string | null;
};

export type ExpansionView = {
  id: number;
  country_code: string;
  cidrs?: string[] | null;
  cidr_count: number;
  reason: string;
  duration: string;
  until: string;
  created_at: string;
  created_by: string;
  mmdb_version_at_creation: string;
  /** active, drifted or expired */
  state: string;
};

/** An element somebody expects on the page. */
export type Expected = {
  name: string;
  found: boolean;
};

/** All of it. */
export type Explanation = {
  summary: string;
  changes_explained: Change5[];
  recommendations: string[];
  overall_assessment: string;
};

export type ExplanationView = {
  success: boolean;
  comparison_id: string;
  explanation: Explanation;
  /** `rules` or `model` */
  source: string;
  /** Why no model wrote it; null when one did. */
  reason?: string | null;
  generated_at: string;
};

export type Export = {
  organization_id: string;
  exported_at: string;
  log_count: number;
  date_range: DateRange;
  logs: LogView2[];
};

export type ExportBody = {
  /** time, username, action, details or ip. */
  sort?: string | null;
  /** asc or desc. */
  dir?: string | null;
  /** csv or json, csv when absent. */
  format?: string | null;
};

/** One of `test_id`, `test` and `test_ids`. */
export type ExportBody2 = {
  test_id?: string | null;
  test?: unknown;
  /** Up to 100. */
  test_ids?: string[];
  /** A test that is run with each row of its data: the code runs with each as well. */
  parameterized_test_id?: string | null;
  language?: string | null;
  include_comments?: boolean;
  include_assertions?: boolean;
  /** Where the application is, unless the environment says otherwise: an address that begins with http:// or https://. */
  base_url?: string | null;
  /** The elements stand by name in one place of the code. */
  page_object?: boolean;
  /** code (also when it is not named), file or zip. Several tests are one file only as an archive, which has what they need to run beside them. */
  output_format?: string | null;
};

export type ExportData = {
  users: UserRow[];
  nodes: unknown[];
  /** Pairs of key and value, both as text. */
  settings: ([string, string])[];
  config_templates: unknown[];
  tunnels?: unknown[] | null;
  events?: EventRow[] | null;
  audit_log?: AuditLine[] | null;
};

/** The document that goes out. */
export type ExportDoc = {
  version: number;
  exported_at: string;
  /** The user's id; null for a key without a user. */
  exported_by?: string | null;
  data: ExportData;
};

/** A receiver that is away keeps its points waiting. */
export type ExporterView = {
  name: string;
  enabled: boolean;
  /** How the last delivery went; null before the first. */
  ok?: boolean | null;
  last_error?: string | null;
  last_error_at?: string | null;
  last_ok_at?: string | null;
  /** Points that wait. */
  queued: number;
  /** Since the start of the server. */
  sent: number;
  errors: number;
  /** Points that waited too long, were too many, or were refused. */
  dropped: number;
  /** The most points that wait, and for how long. */
  queue_max: number;
  queue_hours: number;
};

export type ExportView = {
  success: boolean;
  language: string;
  framework: string;
  code: string;
  filename: string;
  dependencies: string[];
  setup_instructions: string;
  error?: string | null;
  warnings: string[];
  /** Set when several tests were asked for. */
  files?: FileView[] | null;
};

export type ExtensionView = {
  id: string;
  /** `chrome-extension://` and its id. */
  origin: string;
  status: Standing;
  /** To this server, now. */
  connected: boolean;
  connected_at?: string | null;
  /** What it says it can be asked; empty before it said. */
  capabilities: string[];
  /** The recording under way in one of its tabs. */
  recording_id?: string | null;
  decided_by?: string | null;
  decided_at?: string | null;
  created_at: string;
  last_seen_at: string;
};

export type ExternalView = {
  /** `ext_<protocol>:<address>` */
  id: string;
  label: string;
  protocol: string;
  /** `source` or `destination`. */
  side: string;
};

/** Counts of what texts and tags leave, whatever kinds and statuses are chosen. */
export type Facets = {
  kinds: KindCount[];
  statuses: StatusCount[];
};

/** One lasting property: not a live value, which belongs to the metrics. */
export type Fact = {
  /** A stable word the interface translates: `model`, `size`. */
  name: string;
  text: string;
  /** With a unit: `text` is a number. */
  unit?: string | null;
};

export type Failed = {
  id: string;
  error: string;
};

/** A request that went wrong. */
export type FailedRequest = {
  method: string;
  url: string;
  kind: string;
  status?: number | null;
  error?: string | null;
};

export type FailedView = {
  id: string;
  error: string;
};

export type FailureSummary = {
  total_failures: number;
  error_groups: ErrorGroup[];
  first_failure?: FirstFailure | null;
};

export type FanView = {
  sensor: string;
  rpm: number;
};

/** One fault and where it is. */
export type FaultView = {
  loc: Place[];
  msg: string;
  type: string;
};

export type FeedbackBody = {
  project_id: string;
  primary_selector: string;
  used_alternative: string;
  success: boolean;
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

/** What a history says as a whole. */
export type Figures = {
  total: number;
  passed: number;
  failed: number;
  /** 0-1; null without a result that counts. */
  pass_rate?: number | null;
  /** 0-1: results that passed only after a failed attempt, and changes between passed and failed of one result to the next. */
  flaky_rate?: number | null;
  avg_duration_ms?: number | null;
  p95_duration_ms?: number | null;
};

export type FilesView = {
  files: FileView2[];
  total: number;
};

export type FileView = {
  filename: string;
  code: string;
  test_id?: string | null;
  line_count: number;
};

export type FileView2 = {
  id: string;
  /** What steps call it. */
  name: string;
  size_bytes: number;
  /** The bytes, without a credential, for a quarter of an hour. */
  url: string;
  created_by: string;
  created_at: string;
};

export type FinalView = {
  passed: number;
  failed: number;
  /** Tests that ended. */
  iteration: number;
};

/** One finding. */
export type Finding = {
  type: string;
  /** critical, major or minor */
  severity: string;
  description: string;
  location?: string | null;
};

/** What a page said and asked besides what it shows. */
export type Findings = {
  console_errors?: string[];
  failed_requests?: FailedRequest[];
  endpoints?: Endpoint[];
  /** Controls that were tried, and those left alone with the reason. */
  tried?: string[];
  left_alone?: string[];
};

export type FindingsView = {
  broken_links: BrokenView[];
  console_errors: ConsoleView2[];
  failed_requests: RequestView2[];
  left_out: LeftOutView[];
  left_alone: ControlView[];
  /** What scripts of the pages asked, each address once. */
  endpoints: AskedAddressView[];
};

export type FindingView = {
  /** 0 when the line names none. */
  rule_id: number;
  message: string;
  severity?: string | null;
};

export type FinishBody = {
  credential: AssertedCredential;
  challenge_id?: string | null;
};

export type FireBody = {
  /** Id of the hook, a text or a number. */
  id?: unknown;
};

export type FiredView = {
  /** The receiver answered with 2xx. */
  success: boolean;
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

export type FirstFailure = {
  iteration_index: number;
  parameter_set: string;
  error?: string | null;
};

export type FixView = {
  fix_type: string;
  old_value?: string | null;
  /** Null where only the kind of the fix is known. */
  new_value?: string | null;
  confidence: number;
  explanation: string;
  /** Of the pattern, 0-1. */
  success_rate?: number | null;
  pattern_id?: string | null;
};

/** Any subset of the documented members. */
export type FlatSettings = Record<string, unknown>;

export type FlowReportView = {
  id: string;
  errors: unknown[];
  warnings: unknown[];
};

export type FlowsBody = {
  /** Flows as they shall be; together with `remove` at most 50. */
  flows?: unknown[];
  /** Ids of flows that shall go. */
  remove?: string[];
};

export type FlowsPlanView = {
  valid: boolean;
  flows: FlowReportView[];
  /** The commands that would be sent, in order, without secrets. */
  plan: unknown[];
};

/** A flow. */
export type FlowView = {
  id: string;
  session_id: string;
  name: string;
  description: string;
  category: string;
  /** 1 matters most, 10 least. */
  priority: number;
  start_url: string;
  steps: StepView2[];
  pages_involved: string[];
  /** Seconds. */
  estimated_duration: number;
  complexity_score: number;
  confidence_score: number;
  success_criteria: string[];
  /** Running it changes nothing at the site. */
  harmless: boolean;
  test_generated: boolean;
  generated_test_id?: string | null;
  /** Whether it ran to its end; null before it was run. */
  validated?: boolean | null;
  validation_result?: Validation | null;
  created_at: string;
  updated_at: string;
};

export type FocusBody = {
  /** Only addresses that say one of these words are followed. */
  focus_areas?: string[];
};

export type FormatsView = {
  success: boolean;
  formats: FormatView[];
  total: number;
};

export type FormatView = {
  id: string;
  name: string;
  languages: LanguageView[];
};

export type FormView = {
  name?: string | null;
  title?: string | null;
  method: string;
  action?: string | null;
  fields: string[];
};

export type FoundView = {
  /** To be sent as it is to `POST /api/devices`; the community that was sent is to be added. */
  device: Record<string, unknown>;
  ups_status?: string | null;
  battery_percent?: number | null;
  model?: string | null;
  /** Index of the community it answered to; null for the one of the settings. */
  community?: number | null;
  /** The device is there already. */
  known: boolean;
};

export type FoundView2 = {
  session_id: string;
  /** `running` when it goes on after two minutes */
  status: Status3;
  app_url: string;
  pages_discovered: unknown[];
  flows_discovered: unknown[];
  suggested_tests: SuggestedView[];
  coverage_summary: CoverageView2;
  timestamp: string;
};

export type GenerateBody = {
  /** At most 10 000 characters. */
  prompt: string;
  /** `openai`, `anthropic`, `gemini`; default: the configured one. */
  provider?: string | null;
  node_id?: string | null;
  /** Flows to know of, instead of those of the node. */
  existing_flows?: unknown[];
};

export type GenerateBody2 = {
  framework?: string;
  language?: string;
  include_assertions?: boolean;
  /** The code takes a picture at its end. */
  include_screenshots?: boolean;
  /** What is put into fields stands among the variables of the test. */
  parameterize?: boolean;
  /** Keep it as a test of the project. */
  save?: boolean;
};

export type GeneratedView = {
  success: boolean;
  test: TestMadeView;
  flow_id: string;
  message: string;
};

/** Where an address is; what is unknown is absent. */
export type GeoView = {
  country_code?: string | null;
  country_name?: string | null;
  asn?: number | null;
  asn_org?: string | null;
};

/** Where an address is; what is unknown is absent. */
export type GeoView2 = {
  ip: string;
  is_private: boolean;
  country_code?: string | null;
  country_name?: string | null;
  asn?: number | null;
  asn_org?: string | null;
  looked_up_at: string;
};

/** Which tool code is for. */
export type GivenBody = {
  /** Required. With `parameter_sets` or a `data_source` the code runs with each row. */
  test?: unknown;
  /** playwright, cypress, puppeteer or selenium; also the names older clients have: playwright-ts, selenium-java, junit and pytest. */
  framework?: string;
  /** Else the first that the framework is written in. */
  language?: string | null;
  include_comments?: boolean;
  include_assertions?: boolean;
  /** Where the application is, unless the environment says otherwise: an address that begins with http:// or https://. */
  base_url?: string | null;
  /** The elements stand by name in one place of the code. */
  page_object?: boolean;
  /** code (also when it is not named) or file */
  output_format?: string | null;
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

export type GraphView = {
  things: ThingView[];
  links: LinkView[];
};

export type GraphView2 = {
  pages: PageView5[];
  edges: EdgeView[];
};

/** A pool as asked for. A missing or zero number, and an empty text, mean the default. */
export type GroupBody = {
  name?: string | null;
  protocol?: string | null;
  verify_tls?: boolean | null;
  preserve_host?: boolean | null;
  algorithm?: string | null;
  health_check_enabled?: boolean | null;
  health_check_path?: string | null;
  health_check_method?: string | null;
  health_check_expect_status?: string | null;
  health_check_interval_seconds?: number | null;
  health_check_timeout_seconds?: number | null;
  health_check_fails_to_unhealthy?: number | null;
  health_check_passes_to_healthy?: number | null;
  http2?: boolean | null;
  sticky?: boolean | null;
  slow_start_seconds?: number | null;
  targets?: TargetBody[] | null;
};

export type GroupSummary = {
  id: number;
  name: string;
  protocol: string;
  algorithm: string;
  targets_count: number;
  targets_enabled_count: number;
};

/** What a person set up of a pool, beside its name. */
export type GroupView = {
  id: number;
  name: string;
  /** http or https */
  protocol: string;
  verify_tls: boolean;
  preserve_host: boolean;
  /** round_robin, least_conn, ip_hash or random */
  algorithm: string;
  health_check_enabled: boolean;
  health_check_path: string;
  /** GET, HEAD or POST */
  health_check_method: string;
  /** Codes and ranges, as 200,204 or 200-299. */
  health_check_expect_status: string;
  health_check_interval_seconds: number;
  health_check_timeout_seconds: number;
  health_check_fails_to_unhealthy: number;
  health_check_passes_to_healthy: number;
  /** Backends are spoken to in HTTP/2, as gRPC needs; without TLS by prior knowledge. */
  http2?: boolean;
  /** A cookie keeps each browser at its backend. */
  sticky?: boolean;
  /** A backend that came back takes its full share only after this time; 0 = at once. */
  slow_start_seconds?: number;
  targets?: TargetView[] | null;
  /** Sites whose requests come here; in answers that only read. */
  used_by?: UserView[] | null;
  targets_count: number;
  targets_enabled_count: number;
  created_at: string;
  updated_at: string;
};

/** What a guest is. */
export type GuestKind = "qemu" | "lxc";

export type HalfView = {
  /** ok, missing or failed */
  state: string;
  /** crowdsec_unreachable, credentials_refused or lapi_error */
  code?: string | null;
  message?: string | null;
};

/** How a header's value is compared. */
export type HeaderMode = "exact" | "regex";

export type HealBody = {
  target?: string;
  /** `2h30m`, `45m`, `90s`. */
  duration?: string;
  reason?: string;
  /** suppress, suppress_all, queue or notify_only */
  action?: string | null;
  cron?: string | null;
};

export type HealthView = {
  target_groups: PoolHealth[];
  certs: CertificateHealth[];
  last_backup?: LastBackup | null;
  panel_uptime: string;
  /** ok, degraded (a change was refused), unreachable (nothing is served) or unknown (no listener) */
  caddy_status: string;
  recent_errors: RecentError[];
};

export type HealthView2 = {
  targets: TargetHealthView[];
  fetched_at: string;
};

export type HealthView3 = {
  healthy: boolean;
  total_pods: number;
  available_pods: number;
  active_sessions: number;
  pool_url?: string | null;
};

export type HealView = {
  id: string;
  original: string;
  healed: string;
  error_type: string;
  confidence: number;
  created_at: string;
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

/** A test that is kept nowhere, with its rows or where they come from. */
export type HelpBody = {
  /** `name`, `steps`, `assertions`, `setup`, `teardown`, `parameter_sets`, `data_source` {type, ...}, `project_id` */
  test?: Record<string, unknown>;
  data_source_override?: Record<string, unknown> | null;
  limit?: number | null;
};

export type History = {
  versions: Version[];
};

export type HistoryLine = {
  id: string;
  run_id: string;
  step_index: number;
  original_selector: string;
  healed_selector: string;
  failure_type: string;
  fix_type: string;
  confidence: number;
  strategy: string;
  status: SuggestionStatus;
  applied_by?: string | null;
  created_at: string;
};

export type HistoryLine2 = {
  run_id: string;
  job_id: string;
  status: ResultStatus;
  trigger: string;
  environment: string;
  browser: string;
  app_url: string;
  started_at: string;
  completed_at: string;
  duration_ms: number;
  attempts: number;
  flaky: boolean;
  healed: boolean;
  error_message?: string | null;
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
  /** Null: the standing charge, which belongs to no device. */
  device_id?: string | null;
  /** Of one outlet; absent: of the whole device. */
  outlet?: string | null;
  start: string;
  kwh: number;
  cost: number;
  currency: string;
  estimated: boolean;
  /** The part of the time that was seen, 0-1. */
  coverage: number;
};

/** What healing proposed for a test. */
export type HistoryView2 = {
  test_id: string;
  history: HistoryLine[];
  total: number;
};

export type HistoryView3 = {
  test_id: string;
  runs: HistoryLine2[];
  /** Of the newest 1000 results asked for. */
  stats: Figures;
  total: number;
  limit: number;
  offset: number;
};

export type HistoryView4 = {
  history: DayView4[];
  comparisons: ComparisonView[];
  total: number;
};

/** Who decides, and by when. */
export type HoldPolicy = {
  /** So many people must approve, 1-10; one refusal ends it. */
  quorum?: number;
  /** User names that may decide; empty = everybody who may decide at all. */
  approvers?: string[];
  /** Seconds until it runs out, 60-604800. */
  timeout_s?: number;
  on_timeout?: OnTimeout;
  /** After so many seconds without a decision administrators are asked too. */
  escalate_s?: number | null;
};

/** A site as asked for. */
export type HostBody = {
  domain?: string | null;
  target_group_id?: number | null;
  /** A new pool with at least one target, instead of `target_group_id`. */
  target_group?: GroupBody | null;
  tls_mode?: string | null;
  tls_email?: string | null;
  enabled?: boolean | null;
  auth_required?: boolean | null;
  auth_json?: boolean | null;
  lan_only?: boolean | null;
  true_detect_mode?: boolean | null;
  tls_acme_ca_url?: string | null;
  tls_challenge?: string | null;
  tls_dns_provider?: string | null;
};

/** How it is seen whether a host is there: it is off when the check fails, and back when it answers. */
export type HostCheck = {
  kind: CheckKind;
  /** The host of the step when empty. */
  host?: string;
  /** For `tcp`. */
  port?: number | null;
  /** For `http`: any answer below 500 counts. */
  url?: string;
};

export type HostCount = {
  host_domain: string;
  count: number;
};

export type HostView = {
  host: string;
  port: number;
  ok: boolean;
  error?: string | null;
};

/** What a person set up of a site, beside domain, pool and whether it is on. */
export type HostView2 = {
  id: number;
  domain: string;
  target_group_id: number;
  target_group?: GroupSummary | null;
  enabled: boolean;
  tls_mode: TlsMode;
  tls_email: string;
  auth_required: boolean;
  /** Scripts of pages, and requests that are no GET, are answered 401 instead of being sent to the sign-in page. */
  auth_json?: boolean;
  lan_only: boolean;
  true_detect_mode: boolean;
  tls_acme_ca_url: string;
  /** dns, http or tls-alpn */
  tls_challenge: string;
  tls_dns_provider: string;
  rules_count: number;
  /** What keeps people from signing in, when the site asks for it. */
  sign_in_obstacles: Obstacle[];
  created_at: string;
  updated_at: string;
};

export type Hour = {
  /** Start of the hour, Unix seconds. */
  time: number;
  value: number;
};

export type IdsBody = {
  test_ids: string[];
};

export type ImportBody = {
  /** YAML or JSON. */
  document: string;
  /** `merge` (default) or `replace`: settings the document does not name return to their defaults. */
  mode?: string | null;
  /** Comma list of the sections to take from the document; default all. */
  sections?: string;
};

export type ImportBody2 = {
  content?: string;
  /** csv or json */
  format?: string;
  mapping?: Record<string, string>;
  filter?: string | null;
  delimiter?: string | null;
};

export type ImportData = {
  users?: ImportUser[];
  nodes?: unknown[];
  settings?: ([string, unknown])[];
  config_templates?: unknown[];
  tunnels?: unknown[];
  events?: unknown[];
  audit_log?: unknown[];
};

/** The document that comes in. Members nobody knows are ignored. */
export type ImportDoc = {
  version: number;
  data: ImportData;
};

/** What an import did, or would do. */
export type Imported = {
  success: boolean;
  dry_run: boolean;
  imported: Counts2;
  skipped: Skipped2[];
  /** Tokens of nodes that came in, shown once. */
  registration_tokens: unknown[];
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

export type ImportUser = {
  username: string;
  display_name?: string | null;
  email?: string | null;
  role: string;
};

export type ImportView = {
  imported: number;
  duplicates: number;
  rejected: Rejected[];
  /** How many more were refused than are listed. */
  rejected_left?: number | null;
};

export type ImportView2 = {
  success: boolean;
  parameter_sets_count: number;
  /** Each with its name beside its values. */
  parameter_sets: (Record<string, unknown>)[];
  detected_fields: string[];
  /** The first values of each field. */
  sample_values: Record<string, unknown[]>;
  warnings: string[];
  error?: string | null;
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

export type InboxView2 = {
  items: ItemView[];
  /** Of the kinds asked for. */
  total: number;
  counts: CountView2[];
  /** Kinds that could not be asked; what they have is not in the list. */
  unavailable: string[];
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

export type InsightsView = {
  total_patterns: number;
  /** Patterns of each kind there is one of. */
  by_type: Record<string, number>;
  most_seen: PatternView[];
  /** Those whose tests failed most often; only of those that were told of. */
  least_successful: PatternView[];
  /** Of all tests that were told of; null before the first. */
  test_success_rate?: number | null;
};

export type IntegrationView = {
  id: string;
  /** github, slack, jira or linear */
  platform: string;
  /** source_control, chat or issue_tracker */
  platform_type: string;
  /** False once the tool renews its token no more: connect it again. */
  is_connected: boolean;
  external_account_name?: string | null;
  external_account_id?: string | null;
  /** Null: nothing is copied from these tools. */
  sync_status?: string | null;
  last_sync_at?: string | null;
  config: ConfigView;
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

export type InventoryView = {
  items: ThingView[];
  facets: Facets;
  /** Things the filter leaves. */
  total: number;
  /** Grows with every change of the inventory. */
  rev: number;
  next?: number | null;
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
  /** sent, failed, or not_configured while there is no mail server: then the page has to be handed over by hand. */
  mail: string;
};

export type ItemView = {
  /** `<kind>:<id>`, what a decision names. */
  ref: string;
  /** approval, picture, test_fix or message */
  kind: string;
  severity: Severity;
  title: string;
  detail?: string | null;
  at: string;
  by?: string | null;
  expires_at?: string | null;
  /** low, medium or high; null when nobody judged it. */
  risk?: string | null;
  page: string;
  /** What the caller may say; empty when somebody else must. */
  words: Word[];
};

/** What became of one row. */
export type IterationView = {
  /** Of its result; null while there is none. */
  id?: string | null;
  iteration_index: number;
  parameter_set_id?: string | null;
  parameter_set_name: string;
  parameter_values: Record<string, unknown>;
  /** passed, failed, error, skipped, cancelled or pending */
  status: string;
  duration_ms?: number | null;
  step_results: StepResult[];
  assertions_passed: number;
  assertions_failed: number;
  error_message?: string | null;
  error_screenshot_url?: string | null;
  retry_count: number;
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

export type JobsView2 = {
  jobs: JobView3[];
  total: number;
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

export type JobView2 = {
  id: number;
  country_code: string;
  /** pending, running, completed or failed */
  state: string;
  chunks_total: number;
  chunks_done: number;
  chunks_failed: number;
  cidr_committed: number;
  requested_count: number;
  duration: string;
  reason: string;
  error_message?: string | null;
  created_at: string;
  started_at?: string | null;
  completed_at?: string | null;
  created_by: string;
};

export type JobView3 = {
  job_id: string;
  run_id: string;
  /** pending, running, completed, failed, cancelled */
  status: string;
  created_at: string;
  completed_at?: string | null;
};

export type Kept = {
  status: string;
  id: number;
};

export type KeyBody = {
  provider: string;
  api_key: string;
  model_preference?: string | null;
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

export type KeyRow = {
  id: string;
  provider: string;
  model_preference?: string | null;
  configured: boolean;
  /** RFC 3339. */
  updated_at: string;
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

/** What is refused. */
export type Kind = "site" | "pool";

/** What an artifact is. */
export type Kind2 = "screenshot" | "video" | "html" | "json" | "log" | "trace" | "file";

/** The kinds of differences. */
export type Kind3 = "layout" | "content" | "style" | "missing" | "new" | "dynamic";

export type KindCount = {
  kind: string;
  count: number;
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

/** A kind of work that a person may put on a schedule. */
export type KindView2 = {
  kind: string;
  description: string;
};

export type Labelled = {
  label: string;
  count: number;
};

export type LanguagesView = {
  success: boolean;
  languages: LanguageView2[];
  total: number;
};

export type LanguageView = {
  id: string;
  frameworks: string[];
  default_framework: string;
  extension: string;
  dependencies: string[];
};

export type LanguageView2 = {
  id: string;
  name: string;
  frameworks: string[];
  default_framework: string;
};

export type LastBackup = {
  filename: string;
  created_at: string;
  size_bytes: number;
  kind: string;
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

export type LdapTest = {
  /** Whom to look for; absent = only the service account is tried. */
  username?: string;
  /** Whether it would be let in; kept nowhere. */
  password?: string;
};

export type LeftOutView = {
  url: string;
  /** dangerous, robots, excluded, not_included, not_a_page, endless, too_deep, sampled, foreign */
  reason: string;
  label: string;
  from_url?: string | null;
};

export type LeftView = {
  url: string;
  reason: string;
};

export type LiftedView = {
  id: number;
  /** 1, or 0 when it was gone. */
  deleted: number;
};

export type LiftedView2 = {
  ip: string;
  removed: number;
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

export type LineView2 = {
  tab_id?: number | null;
  level: string;
  text: string;
};

export type LineView3 = {
  id: string;
  project_id: string;
  status: Status3;
  pages_found: number;
  flows_found: number;
  started_at?: string | null;
  completed_at?: string | null;
  /** Of work, pauses left out. */
  duration_seconds: number;
  coverage_score?: number | null;
};

export type LinkBody = {
  from: string;
  link: LinkType;
  to: string;
};

export type LinkChange = {
  hidden: boolean;
};

export type LinkedView = {
  provider: string;
  email?: string | null;
  name?: string | null;
  linked_at: string;
};

export type LinkedView2 = {
  link: LinkView;
  undo: string;
};

/** What a link says: the first thing ... the second. */
export type LinkType = "runs_on" | "fed_by" | "checked_by" | "protected_by" | "depends_on" | "serves" | "carries";

/** A link as one of its ends sees it. */
export type LinkView = {
  id: number;
  from: string;
  link: LinkType;
  to: string;
  /** Why it is believed. */
  evidence: string;
  guess: boolean;
  /** The source that reports it, or `person`. */
  origin: string;
  hidden_by?: string | null;
  /** RFC 3339. */
  since: string;
  /** The other end; null when it is unknown or out of scope. */
  other?: ThingView | null;
};

export type LinkView2 = {
  from: string;
  to: string;
  /** `flow` or `tunnel`. */
  kind: string;
  label: string;
  /** `active`, `idle` or `recovering`. */
  state: string;
  bitrate_bps?: number | null;
};

export type ListenersView = {
  /** Null: nothing listens for plain requests. */
  http?: ListenerView | null;
  /** Null: nothing listens for TLS. */
  https?: ListenerView | null;
};

export type ListenerView = {
  address: string;
  /** Null when the address names none. */
  port?: number | null;
  /** It opens with the first site. */
  is_open: boolean;
};

/** One page of lines. */
export type ListView = {
  entries: EntryView[];
  total_count: number;
  has_more: boolean;
};

export type ListView2 = {
  success: boolean;
  recordings: RecordingView[];
  total: number;
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

export type LogPage = {
  logs: LogView2[];
  total: number;
  page: number;
  page_size: number;
  has_more: boolean;
};

export type LogsBody = {
  /** Cut to 8000 characters. */
  logs: string;
};

export type LogView = {
  lines: LineView[];
  /** The job has ended, so no line will follow. */
  complete: boolean;
};

export type LogView2 = {
  id: string;
  user_id?: number | null;
  user_email?: string | null;
  user_role?: string | null;
  action: string;
  resource_type?: string | null;
  resource_id?: string | null;
  description: string;
  metadata?: unknown;
  ip_address?: string | null;
  user_agent?: string | null;
  status: string;
  error_message?: string | null;
  created_at: string;
  request_id?: string | null;
  duration_ms?: number | null;
};

export type MadeView = {
  id: string;
  name: string;
  url: string;
};

/** How tests are run. */
export type MannerView = {
  /** Attempts after the first that failed. */
  retries: number;
  /** Tests at the same time. */
  parallel_tests: number;
  self_heal: boolean;
  strict_selectors: boolean;
  record_video: boolean;
  /** off, on, retain-on-failure */
  trace: string;
  /** off, only-on-failure, on */
  screenshot_mode: string;
  viewport: ViewportView;
  /** Of a step that names none. */
  default_timeout_ms: number;
  navigation_timeout_ms: number;
  test_timeout_ms: number;
};

export type ManualCertificateView = {
  host_id: number;
  domain: string;
  issuer: string;
  subject_cn: string;
  sans: string[];
  not_before: string;
  not_after: string;
  days_left: number;
  status: string;
  fingerprint_sha256: string;
  uploaded_at: string;
  uploaded_by: string;
  has_chain: boolean;
};

/** What is asked of a run; what is absent is the project's. */
export type ManyBody = {
  app_url?: string | null;
  browser?: string | null;
  environment?: string | null;
  variables?: Record<string, unknown>;
  viewport?: unknown;
  timeout_ms?: number | null;
  retries?: number | null;
  record_video?: boolean | null;
  /** off, on, retain-on-failure */
  trace?: string | null;
  /** off, only-on-failure, on */
  screenshot_mode?: string | null;
  self_heal?: boolean | null;
  /** standard, hybrid (a model looks for an element in a picture when everything else failed), vision (it looks first) */
  execution_mode?: string | null;
  trigger?: string | null;
  project_id?: string;
  name?: string | null;
  test_ids?: string[];
  tags?: string[];
  priority?: Priority | null;
  focus_areas?: string[];
  /** Paths of the sources that changed: of the tests that are selected, those that name what the files are called after are run first, and kept by `max_tests`. Tests that `test_ids` names stay in its order. */
  changed_files?: string[];
  max_tests?: number | null;
  parallel?: number | null;
  shard?: Shard | null;
  fail_fast?: boolean;
  pr_number?: number | null;
  /** What healing reads of the project's own clone of the sources: that clone or a directory of it. Any other path is left out, and the message says so. */
  codebase_path?: string | null;
  commit_sha?: string | null;
  branch?: string | null;
  /** 1-100 characters: what the client calls the run when it asks for it again. */
  thread_id?: string | null;
};

export type ManyBody2 = {
  comparison_ids: string[];
  notes?: string | null;
};

export type ManyView = {
  success: boolean;
  approved: string[];
  failed: Failed[];
  approved_count: number;
  failed_count: number;
};

export type MarkBody = {
  protected?: boolean | null;
  /** Null clears it; absent keeps it. */
  label?: string | null;
};

/** One of the last results of a test. */
export type MarkView = {
  run_id: string;
  status: ResultStatus;
  flaky: boolean;
  healed: boolean;
  duration_ms: number;
  completed_at: string;
};

/** A condition. */
export type Matcher = {
  type: "path";
  config: {
    patterns: string[];
  };
} | {
  type: "path_exact";
  config: {
    values: string[];
  };
} | {
  type: "method";
  config: {
    methods: string[];
  };
} | {
  type: "header";
  config: {
    name: string;
    value: string;
    mode?: HeaderMode;
  };
} | {
  type: "query";
  config: {
    name: string;
    value?: string;
  };
} | {
  type: "remote_ip";
  config: {
    ranges: string[];
    negate?: boolean;
  };
} | {
  type: "host_header";
  config: {
    values: string[];
  };
};

/** One condition on a label; `rule`, `group`, `severity` and `host` are labels of every alert. */
export type Matcher2 = {
  label: string;
  op: Op;
  value: string;
};

export type MatchesView = {
  matches: MatchView[];
  total: number;
};

export type MatchView = {
  id: string;
  project_id?: string | null;
  pattern_type: PatternType;
  pattern_name: string;
  pattern_signature: string;
  /** What it is made of; `pages` are addresses it was met on, `pages_count` how many. */
  pattern_data: Record<string, unknown>;
  /** Explorations that met it. */
  times_seen: number;
  /** Other projects of the organization that have it too; null where nobody looked. */
  other_projects?: number | null;
  /** 0-1 of the tests of it that were told of; null before the first. */
  test_success_rate?: number | null;
  /** 0-1 of those that healed themselves. */
  self_heal_success_rate?: number | null;
  created_at: string;
  updated_at: string;
  /** 0-1 */
  similarity: number;
};

export type MediaView = {
  name: string;
  bytes: number;
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

export type MeshBody = {
  session_id: string;
  /** The exploration's own; any other is an error. */
  project_id?: string | null;
  /** Only of `process`; default true */
  create_baselines?: boolean | null;
  /** Only of `process`; default true */
  share_selectors?: boolean | null;
  /** Pictures that are taken at most: 1-20, default 10; `remaining` says how many are left. */
  limit?: number | null;
};

export type MeshView = {
  success: boolean;
  session_id: string;
  baselines_created: number;
  baselines: MadeView[];
  /** Pages without a baseline, and why. */
  skipped: LeftView[];
  /** Pages nobody looked at this time. */
  remaining: number;
  /** Null where none were to be shared. */
  selectors_shared?: number | null;
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
  /** RFC 9207: the provider names itself when a browser comes back. */
  authorization_response_iss_parameter_supported?: boolean | null;
};

export type MetadataView = {
  generated_from: string;
  flow_name: string;
  flow_category: string;
  flow_priority: number;
  generated_at: string;
  parameterized: boolean;
  /** Whether the flow ran to its end; null before it was run. */
  validated?: boolean | null;
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

export type MetricsView = {
  window: string;
  /** `unavailable`: CrowdSec is not set up. */
  mode: string;
  total_hits: number;
  blocked: number;
  logged: number;
  by_category: CategoryView[];
  top_ips: AddressView[];
  top_paths: PathView[];
  top_rules: RuleView2[];
  hits_over_time: BucketView[];
  /** Why nothing could be counted, or with the code `cut` not all. */
  degraded?: DegradedView | null;
};

export type MetricsView2 = {
  sessions_total: number;
  errors_total: number;
  /** Of the steps this process did, waits apart; unknown until one was done. */
  avg_action_ms?: number | null;
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

export type MigrationsView = {
  /** Steps of the schema that are applied. */
  current: number;
  /** Steps this binary knows. */
  latest: number;
  pending: number;
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

/** Whether a run acts. */
export type Mode = "real" | "dry" | "test";

/** In which order its rows are run. */
export type Mode2 = "sequential" | "parallel" | "random" | "first_failure";

export type ModeBody = {
  /** detect, block or disabled */
  mode: string;
};

export type ModelsView = {
  models: ModelView[];
  /** For which one has a key of one's own. */
  user_providers: string[];
};

export type ModelView = {
  model_id: string;
  display_name: string;
  provider: string;
  /** Dollars per million tokens; null where not known. */
  input_price?: number | null;
  output_price?: number | null;
  /** `chat`, `streaming`, and `vision` where it is known to look at pictures. */
  capabilities: string[];
  /** Models are switched on, and there is a key for this one. */
  is_available: boolean;
};

export type ModesView = {
  iteration_modes: Mode2[];
};

export type ModeView = {
  ok: boolean;
  mode: string;
  previous: string;
  reconciled_at: string;
};

export type ModifyBody = {
  modifications: unknown;
  reason?: string | null;
};

/** A change of the thing's state, or an event that names it. */
export type MomentView = {
  /** RFC 3339. */
  at: string;
  /** `appeared`, `status`, `gone` or `event` */
  what: string;
  before?: string | null;
  after?: string | null;
  word?: string | null;
  event?: EventView2 | null;
};

export type MovedView = {
  success: boolean;
  session_id: string;
  status: Status3;
  message: string;
};

export type Named = {
  artifact_id: string;
};

export type NamedEvent = {
  type: string;
  description: string;
};

export type NamedView = {
  name: string;
  calls: number;
  input_tokens: number;
  output_tokens: number;
  /** Null where no price is set. */
  cost_usd?: number | null;
};

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

/** A new schedule; absent members have their documented defaults. */
export type NewSchedule = {
  /** 1-100 characters. */
  name: string;
  /** One of the offered kinds. */
  kind: string;
  payload?: unknown;
  cron: string;
  timezone?: string | null;
  enabled?: boolean;
  overlap?: Overlap;
  misfire?: Misfire;
  grace_s?: number | null;
  jitter_s?: number | null;
  /** RFC 3339; no slot after this time. */
  until?: string | null;
  approval?: HoldPolicy | null;
};

export type NewView = {
  /** Path of the page. */
  page: string;
  /** 1-80 characters. */
  name: string;
  /** The query of the page's address, without `?`. */
  query?: string;
  /** Everybody sees it; takes `dashboards:write`. */
  shared?: boolean;
};

/** A metric that says nothing now. */
export type NoDataView = {
  metric: string;
  /** never_seen: nothing here has this name; no_such_subject: nothing of that name fits the selector; silent: no new values, or never one */
  reason: string;
  /** Unix seconds of its last value, when there was one. */
  since?: number | null;
};

/** Members as a client writes them. */
export type NodeBody = {
  name?: string | null;
  description?: string | null;
  /** `edge` (default) or `relay`; fixed once the node is there. */
  device_type?: string | null;
  /** RFC 3339, in the future. */
  expires_at?: string | null;
  /** `nat`, `public`, `unknown`. */
  network_type?: string | null;
  metadata?: unknown;
};

/** One event of a node, or of the system. */
export type NodeEventView = {
  id: number;
  node_id?: string | null;
  node_name?: string | null;
  severity: string;
  category: string;
  message: string;
  details?: unknown;
  flow_id?: string | null;
  input_id?: string | null;
  output_id?: string | null;
  error_code?: string | null;
  /** The node's clock, RFC 3339. */
  node_time?: string | null;
  created_at: string;
  acknowledged: boolean;
  /** Id of the user; a name where no user did it, or where it was not kept. */
  acknowledged_by?: string | null;
};

export type NodeSettings = {
  settings: Record<string, unknown>;
};

export type NodeView = {
  id: string;
  name: string;
  description?: string | null;
  /** `edge` or `relay`. */
  device_type: string;
  /** `pending`, `online`, `offline`, `degraded`, `error`. */
  status: string;
  /** RFC 3339. */
  last_seen_at?: string | null;
  last_health?: unknown;
  software_version?: string | null;
  metadata: unknown;
  expires_at?: string | null;
  expired: boolean;
  created_at: string;
  updated_at: string;
  protocol_version?: number | null;
  capabilities: string[];
  /** `nat`, `public`, `unknown`. */
  network_type: string;
  connected_at?: string | null;
  remote_addr?: string | null;
  /** `pending` while a new secret waits for the restart of the node. */
  rotation?: string | null;
};

export type NoteBody = {
  /** At most 2000 characters; empty clears it. */
  note: string;
};

export type NotificationLogView = {
  id: string;
  channel_id?: string | null;
  rule_id?: string | null;
  event_type: string;
  /** queued, sent, failed or suppressed */
  status: string;
  response_code?: number | null;
  error_message?: string | null;
  sent_at?: string | null;
  created_at: string;
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
  filter_tags?: string[] | null;
  conditions?: unknown;
  throttle_key?: string | null;
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
  /** At least one of these; empty = any. */
  filter_tags: string[];
  /** An object or a list of objects, all of which hold: severity, project_id, tags, schedule_id, threshold {type, operator, value}. */
  conditions?: unknown;
  /** Paths like `data.host`, separated by commas, whose values throttling tells apart; empty = the subject. */
  throttle_key: string;
  /** Instead of the channel's; empty = the channel's. */
  template: string;
  created_at: string;
  updated_at: string;
};

/** Where it happens. */
export type ObserveBody = {
  /** http or https. */
  url?: string;
  /** A session that is there; else a browser of its own. */
  session_id?: string | null;
  /** Whose settings, variables and secrets are used in a browser of its own. */
  project_id?: string | null;
  /** Only `chromium`. */
  browser?: string | null;
  /** Words for what is looked for; without them every control. */
  instruction?: string | null;
};

export type ObserveView = {
  success: boolean;
  url: string;
  title: string;
  elements: PageElementView[];
  error?: string | null;
};

/** Why signing in to a site cannot work. */
export type Obstacle = "panel_address" | "cookie_domain" | "plain_http";

export type ObstacleView = {
  kind: Kind;
  id: number;
  /** The domain, or the name of the pool. */
  name: string;
  /** Why it is refused. */
  reason: string;
  /** It goes on as it was before. Otherwise a site is not served, and nothing is sent to a pool. */
  goes_on: boolean;
  /** Null when no change is the reason: it came with a newer release. */
  refused?: RefusedView | null;
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
  /** With `token_endpoint` and one of the next two: the provider is not asked for its document. Empty = ask it. */
  authorization_endpoint?: string | null;
  token_endpoint?: string | null;
  userinfo_endpoint?: string | null;
  jwks_uri?: string | null;
};

export type OkView = {
  status: string;
};

export type OnePageView = {
  success: boolean;
  page: PageDetailView;
};

export type OneView = {
  id: string;
  /** `chrome-extension://` and its id. */
  origin: string;
  status: Standing;
  /** To this server, now. */
  connected: boolean;
  connected_at?: string | null;
  /** What it says it can be asked; empty before it said. */
  capabilities: string[];
  /** The recording under way in one of its tabs. */
  recording_id?: string | null;
  decided_by?: string | null;
  decided_at?: string | null;
  created_at: string;
  last_seen_at: string;
  /** The newest last, at most 200; empty when it is not connected here. */
  console: LineView2[];
};

/** Whether a failed step ends the plan. */
export type OnFailure = "continue" | "abort";

/** What happens to a running plan when the mains come back. */
export type OnPowerReturn = "continue" | "cancel_remaining";

/** What happens when nobody decided in time. */
export type OnTimeout = "deny" | "approve" | "wait";

export type Op = "=" | "!=" | "!~" | "~";

export type OrderBody = {
  /** Every rule of the site, in the new order. */
  rule_ids: number[];
};

export type OrganizationBudgetView = {
  daily_limit: number;
  daily_spent?: number | null;
  monthly_limit: number;
  monthly_spent?: number | null;
};

export type OrganizationChannelBody = {
  /** Whose it is; absent = of the organization the request acts in. */
  organization_id?: string | null;
  /** A project of the organization; absent = all of them. */
  project_id?: string | null;
  /** 1 to 100 characters */
  name: string;
  channel_type: string;
  config: Record<string, unknown>;
  /** True when absent. */
  enabled?: boolean | null;
  /** 0 to 10000, 100 when absent; 0 = unlimited */
  rate_limit_per_hour?: number | null;
  /** `{start,end,timezone}`; none when absent. */
  quiet_hours?: unknown;
};

export type OrganizationChannelPatch = {
  name?: string | null;
  config?: Record<string, unknown> | null;
  enabled?: boolean | null;
  rate_limit_per_hour?: number | null;
  /** `{start,end,timezone}`; null = none, absent = as it is. */
  quiet_hours?: unknown;
};

/** A channel of an organization. Secrets of `config` read `***`. */
export type OrganizationChannelView = {
  id: string;
  organization_id: string;
  /** Hears of this project alone; null = of all. */
  project_id?: string | null;
  name: string;
  channel_type: string;
  config: unknown;
  enabled: boolean;
  /** The last thing sent arrived. */
  verified: boolean;
  /** 0 = unlimited */
  rate_limit_per_hour: number;
  /** `{start,end,timezone}`; what is critical or told by an urgent rule passes. Null = none. */
  quiet_hours?: unknown;
  last_sent_at?: string | null;
  sent_today: number;
  created_at: string;
  updated_at: string;
};

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

export type OrganizationRuleBody = {
  channel_id: string;
  /** The event when absent. */
  name?: string | null;
  /** An event or `prefix.*`. */
  event_type: string;
  conditions?: unknown;
  message_template?: string | null;
  /** normal when absent */
  priority?: string | null;
  /** 0 to 1440 */
  cooldown_minutes?: number | null;
  enabled?: boolean | null;
};

export type OrganizationRulePatch = {
  channel_id?: string | null;
  name?: string | null;
  event_type?: string | null;
  conditions?: unknown;
  message_template?: string | null;
  priority?: string | null;
  cooldown_minutes?: number | null;
  enabled?: boolean | null;
};

export type OrganizationRuleView = {
  id: string;
  channel_id: string;
  name: string;
  event_type: string;
  /** All hold: severity, project_id, tags, schedule_id, threshold {type, operator, value}. */
  conditions: unknown;
  /** Null = the channel's default. */
  message_template?: string | null;
  /** low, normal, high or urgent; what is urgent passes quiet hours */
  priority: string;
  cooldown_minutes: number;
  enabled: boolean;
  created_at: string;
  updated_at: string;
};

export type OrganizationView = {
  id: string;
  name: string;
  slug: string;
  plan: string;
  ai_budget_daily: number;
  ai_budget_monthly: number;
  /** Dollars, with its key or the installation's; null when it asked, and of nothing it asked is the price known. */
  ai_spend_today?: number | null;
  ai_spend_this_month?: number | null;
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

export type OrgLine = {
  id: string;
  name: string;
  slug: string;
  plan: string;
  logo_url?: string | null;
  member_count: number;
  /** The caller's. */
  role: string;
};

export type OrgProjectLine = {
  org_id: string;
  id: string;
  /** Absent where the routes of `/api/v1/orgs` name it `org_id`. */
  organization_id?: string | null;
  name: string;
  description?: string | null;
  app_url?: string | null;
  is_active: boolean;
  test_count: number;
  last_run_at?: string | null;
  created_at: string;
};

export type OrgProjectView = {
  org_id: string;
  id: string;
  /** Absent where the routes of `/api/v1/orgs` name it `org_id`. */
  organization_id?: string | null;
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

export type OrgView = {
  id: string;
  name: string;
  slug: string;
  plan: string;
  ai_budget_daily: number;
  ai_budget_monthly: number;
  settings: Record<string, unknown>;
  features: Record<string, unknown>;
  logo_url?: string | null;
  domain?: string | null;
  member_count: number;
  created_at: string;
  updated_at: string;
};

export type OriginState = {
  origin?: string;
  localStorage?: Stored[];
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

export type OutcomeView2 = {
  /** The rule that wins; 0 = the one that is being written, null = none matches, the site's pool gets it. */
  rule_id?: number | null;
  rule_name?: string | null;
  action?: Action2 | null;
  /** The pool that gets it; null when the proxy answers by itself, or with 503 because the pool has no enabled target. */
  pool?: string | null;
  /** The path as rules compare it. */
  path: string;
  /** The path as backends get it, unless a rule rewrites it. */
  sent_path: string;
};

export type OutcomeView3 = {
  command_id: string;
  success: boolean;
  data?: unknown;
};

/** Whether an outlet is powered. */
export type OutletState = "on" | "off" | "unknown";

export type OutletView = {
  /** The device's own index, as the path wants it. */
  outlet: string;
  /** What the device calls it. */
  name?: string | null;
  /** What people call it. */
  label?: string | null;
  state: OutletState;
  current_amps?: number | null;
  power_watts?: number | null;
  /** The device's own counter. */
  energy_kwh?: number | null;
  /** What was metered here since metering began; null when the outlet measures nothing. */
  kwh_total?: number | null;
  cost_total?: number | null;
  switchable: boolean;
  /** It is never switched. */
  protected: boolean;
  updated_at?: string | null;
  /** The job that switches it later, in the answer that ordered it. */
  job_id?: number | null;
};

/** What happens when the run before is still active. */
export type Overlap = "skip" | "allow" | "queue" | "replace";

export type OverviewHost = {
  host_id: number;
  domain: string;
  waf_enabled: boolean;
  waf_mode: string;
  waf_paranoia: number;
  rate_limit_enabled: boolean;
  /** The firewall of CrowdSec does not look at it. */
  appsec_exempt: boolean;
  auth_required: boolean;
  lan_only: boolean;
  blocked_24h: number;
  last_triggered_at?: string | null;
  /** Requests per second over the last minute. */
  requests_per_second: number;
  /** Refused by limits, bans and gates in the last quarter of an hour. */
  refused_15m: number;
};

export type OverviewView = {
  total_requests_24h: number;
  /** Status 403 and 429. */
  blocked_requests_24h: number;
  error_requests_24h: number;
  active_hosts: number;
  unhealthy_targets: number;
  /** Within 14 days, or over already. */
  certs_expiring_soon: number;
  last_backup_at?: string | null;
  /** ok, stale (older than 48 hours) or missing */
  last_backup_status: string;
};

export type OverviewView2 = {
  hosts: OverviewHost[];
  waf_detect_count: number;
  waf_block_count: number;
  waf_off_count: number;
  rate_limit_on_count: number;
  forward_auth_on_count: number;
  lan_only_count: number;
  /** Attacks of severity CRITICAL or ERROR that the firewall reported. */
  blocked_24h_total: number;
  /** Of these, CRITICAL ones. */
  alerts_critical_24h: number;
  certs: CertificateCounts;
};

export type OverviewView3 = {
  channels: ChannelLine[];
  /** Channels that nothing sends through: no rule names them and they hear no broadcast. */
  unused: number;
};

/** What is answered in place of an error of the proxy itself. What a backend answers stays as it is. */
export type Page = {
  /** 400 to 599 */
  status: number;
  /** Empty = text/html */
  content_type?: string;
  body: string;
};

/** What was done to the page. */
export type PageActionView = {
  action: string;
  selector?: string | null;
  value?: unknown;
  url?: string | null;
  success: boolean;
  error?: string | null;
};

/** A page with what is on it. */
export type PageDetailView = {
  id: string;
  session_id: string;
  url: string;
  title: string;
  description?: string | null;
  page_type: string;
  artifact_id?: string | null;
  screenshot_url?: string | null;
  elements_count: number;
  forms_count: number;
  links_count: number;
  discovered_at: string;
  load_time_ms: number;
  ai_analysis?: string | null;
  depth: number;
  status_code?: number | null;
  requires_auth: boolean;
  canonical_url?: string | null;
  structure_hash: string;
  lcp_ms?: number | null;
  cls_score?: number | null;
  console_errors: number;
  failed_requests: number;
  elements: ElementView[];
  forms: FormView[];
  headings: string[];
  findings: Findings;
};

export type PageElementView = {
  /** Names it alone; null when nothing does. */
  selector?: string | null;
  type?: string | null;
  tagName?: string | null;
  text?: string | null;
  /** Never a password. */
  value?: string | null;
  placeholder?: string | null;
  description: string;
  /** With words how well they fit, else how steady the selector is; 0-1. */
  confidence: number;
  bounds: BoundsView;
  attributes: Record<string, string>;
  role?: string | null;
  name?: string | null;
};

/** A responsive fault the page told of. */
export type PageIssue = {
  /** `overflow`, `overlap`, `touch_target`, `truncation` */
  type?: string;
  /** 1 to 4 */
  severity?: number;
  description?: string;
  selector?: string;
  bounds?: Rect;
};

export type PageStepStatus = "passed" | "failed" | "skipped" | "healed";

/** What came of a step. */
export type PageStepView = {
  step_index: number;
  instruction: string;
  success: boolean;
  /** passed, failed, skipped, healed */
  status: PageStepStatus;
  duration_ms: number;
  /** JPEG or PNG, base64. */
  screenshot?: string | null;
  error?: string | null;
  error_code?: string | null;
  /** Selectors that were meant, when there were several. */
  candidates: string[];
  warnings: string[];
  actions: PageActionView[];
  /** What a check of a picture or of accessibility found, with signed addresses; needs a project. */
  check?: unknown;
};

/** Where it happens. */
export type PageTestBody = {
  /** http or https. */
  url?: string;
  /** A session that is there; else a browser of its own. */
  session_id?: string | null;
  /** Whose settings, variables and secrets are used in a browser of its own. */
  project_id?: string | null;
  /** Only `chromium`. */
  browser?: string | null;
  /** 1-100 steps of a test, or sentences. */
  steps?: unknown[];
  /** A picture of each step. */
  screenshot?: boolean;
  /** Needs project_id: the video is kept with the project. */
  record_video?: boolean;
  /** Milliseconds of a step: 100-120000. */
  timeout?: number;
  /** Adds what the page wrote as errors and what it did not get. */
  verbose?: boolean;
  continue_on_failure?: boolean;
};

export type PageTestView = {
  success: boolean;
  steps: PageStepView[];
  /** JPEG or PNG, base64. */
  final_screenshot?: string | null;
  /** Of a browser of its own; the video of a session is there when it ends. */
  video_artifact_id?: string | null;
  recording_url?: string | null;
  error?: string | null;
  duration_ms: number;
  browser: string;
  /** With `verbose`. */
  console_errors?: unknown[] | null;
  network_failures?: unknown[] | null;
};

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
  items: RunView2[];
};

/** A page of a list. */
export type PageView4 = {
  page: number;
  page_size: number;
  total: number;
  items: SnapshotView[];
};

/** A page. */
export type PageView5 = {
  id: string;
  session_id: string;
  url: string;
  title: string;
  description?: string | null;
  page_type: string;
  artifact_id?: string | null;
  screenshot_url?: string | null;
  elements_count: number;
  forms_count: number;
  links_count: number;
  discovered_at: string;
  load_time_ms: number;
  ai_analysis?: string | null;
  depth: number;
  status_code?: number | null;
  requires_auth: boolean;
  canonical_url?: string | null;
  structure_hash: string;
  lcp_ms?: number | null;
  cls_score?: number | null;
  console_errors: number;
  failed_requests: number;
};

export type PageView6 = {
  notifications: UserNotificationView[];
  total: number;
  unread_count: number;
  has_more: boolean;
};

export type ParameterFault = {
  parameter: string;
  message: string;
};

export type PartView = {
  name: string;
  weight: number;
  /** 0 to 1 */
  share: number;
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
  /** 1-100 characters. */
  name?: string | null;
  cron?: string | null;
  /** IANA name; empty = the zone of the instance. */
  timezone?: string | null;
  enabled?: boolean | null;
  overlap?: Overlap | null;
  misfire?: Misfire | null;
  grace_s?: number | null;
  jitter_s?: number | null;
  /** RFC 3339; empty = without an end. */
  until?: string | null;
};

export type PathCount = {
  host_domain: string;
  path: string;
  count: number;
};

export type PathView = {
  host?: string | null;
  path: string;
  count: number;
};

export type PathView2 = {
  path: string;
  requests: number;
};

export type PatternBody = {
  /** The only project of the organization without. */
  project_id?: string | null;
  pattern_type?: string | null;
  pattern_name: string;
  pattern_data?: Record<string, unknown>;
};

export type PatternsView = {
  patterns: PatternView[];
  total: number;
};

/** What kind of thing comes again. */
export type PatternType = "page_layout" | "navigation" | "form" | "authentication" | "error_handling" | "loading_state" | "modal" | "list_view" | "detail_view" | "search" | "filter" | "pagination" | "custom";

export type PatternView = {
  id: string;
  project_id?: string | null;
  pattern_type: PatternType;
  pattern_name: string;
  pattern_signature: string;
  /** What it is made of; `pages` are addresses it was met on, `pages_count` how many. */
  pattern_data: Record<string, unknown>;
  /** Explorations that met it. */
  times_seen: number;
  /** Other projects of the organization that have it too; null where nobody looked. */
  other_projects?: number | null;
  /** 0-1 of the tests of it that were told of; null before the first. */
  test_success_rate?: number | null;
  /** 0-1 of those that healed themselves. */
  self_heal_success_rate?: number | null;
  created_at: string;
  updated_at: string;
};

export type PatternView2 = {
  id: string;
  fingerprint: string;
  original_selector: string;
  healed_selector: string;
  error_type: string;
  success_count: number;
  failure_count: number;
  confidence: number;
  project_id: string;
  created_at: string;
};

export type PauseBody = {
  reason?: string | null;
  /** RFC 3339; it resumes then. */
  until?: string | null;
};

export type PendingView = {
  thread_id: string;
  paused_at: string;
  paused_before?: string | null;
  state_summary: unknown;
  action_description: string;
  created_at: string;
  approval_type: string;
  options: string[];
  project_id?: string | null;
  expires_at?: string | null;
  failures: unknown;
  fixes: unknown;
};

/** What a person decides about. */
export type PendingView2 = {
  user_code: string;
  client_id: string;
  scopes: string[];
  client_ip?: string | null;
  expires_in: number;
  csrf_token: string;
};

export type PendingView3 = {
  pending: SuggestionView[];
  total: number;
  message: string;
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

export type PeriodView2 = {
  /** day, week or month */
  period: string;
  /** The period began then. */
  since: string;
  total_requests: number;
  total_input_tokens: number;
  total_output_tokens: number;
  /** Of what has a known price; null when nothing has, zero when nothing was asked. */
  total_cost_usd?: number | null;
  /** With the key of the organization or of the installation. */
  platform_key_cost?: number | null;
  /** With keys of one's own. */
  byok_cost?: number | null;
  usage_by_model: Record<string, SumView>;
  usage_by_provider: Record<string, SumView>;
};

/** One phase, line, inlet or cord. */
export type Phase = {
  id: string;
  voltage?: number | null;
  current_amps?: number | null;
  power_watts?: number | null;
  load_percent?: number | null;
};

/** Steps that run at the same time. Phases run in ascending order. */
export type Phase2 = {
  order: number;
  name?: string;
  /** The phase ends when its hosts no longer answer, at most this long after the last step; null asks nothing. */
  verify_seconds?: number | null;
  actions: Step2[];
};

/** One stretch of the plan. */
export type PhaseBudget = {
  order: number;
  seconds: number;
};

/** One phase, line, inlet or cord. */
export type PhaseRow = {
  timestamp: string;
  id: string;
  voltage?: number | null;
  current_amps?: number | null;
  power_watts?: number | null;
  load_percent?: number | null;
};

export type PhasesView = {
  timestamp?: string | null;
  phases: Phase[];
  history: PhaseRow[];
};

export type PickBody = {
  /** CSS pixels of the view. */
  x: number;
  y: number;
};

export type PickView = {
  /** False where there is no element. */
  found: boolean;
  /** The steadiest that names it alone; null when none does. */
  selector?: string | null;
  selectors: RankedSelectorView[];
  tag?: string | null;
  role?: string | null;
  name?: string | null;
  bounds?: BoundsView | null;
};

/** One step of the path to a field. */
export type Place = number | string;

/** Where an address is; what is unknown is absent. */
export type PlaceView = {
  ip: string;
  is_private: boolean;
  country_code?: string | null;
  country_name?: string | null;
  asn?: number | null;
  asn_org?: string | null;
  looked_up_at: string;
};

export type PlaceView2 = {
  id: number;
  scope: string;
  value: string;
};

export type PlaceView3 = {
  id: string;
  name: string;
  role: string;
};

/** What an import would do, section by section; null = not in the document. */
export type Plan = {
  settings?: ImportPlan | null;
  identity?: PeoplePlan | null;
  /** The other sections of the document by name. */
  sections: Record<string, SectionPlan>;
  /** The plan can be applied. */
  ok: boolean;
};

/** How many sources of a group must be healthy. */
export type PlanGroup = {
  name: string;
  min_healthy?: number;
};

/** A plan as clients send it. Absent members stay as they are; a new plan takes the defaults. */
export type PlanInput = {
  name?: string | null;
  enabled?: boolean | null;
  armed?: boolean | null;
  sources?: PlanSource[] | null;
  groups?: PlanGroup[] | null;
  triggers?: Triggers | null;
  phases?: Phase2[] | null;
  restore?: Restore | null;
  on_power_return?: OnPowerReturn | null;
  dry_run?: boolean | null;
};

/** A test that would be run. */
export type PlannedTest = {
  id: string;
  name: string;
  priority: Priority;
  tags: string[];
};

/** A UPS the plan watches. */
export type PlanSource = {
  device_id: string;
  /** Redundant supplies stand in one group; `default` when absent. */
  group?: string;
};

/** A plan and where it stands. */
export type PlanStatusView = {
  id: number;
  name: string;
  enabled: boolean;
  armed: boolean;
  dry_run: boolean;
  stage: Stage;
  /** Until the first phase, while it counts down. */
  seconds_left?: number | null;
  sources: SourceStatusView[];
  /** The run that is not over. */
  run?: RunView2 | null;
};

/** A shutdown plan. */
export type PlanView = {
  id: number;
  name: string;
  enabled: boolean;
  /** Only an armed plan acts by itself. */
  armed: boolean;
  sources?: PlanSource[];
  groups?: PlanGroup[];
  triggers?: Triggers;
  phases?: Phase2[];
  restore?: Restore;
  on_power_return?: OnPowerReturn;
  /** Act only on paper: steps are logged, hosts see a login at most. */
  dry_run?: boolean;
  budget: Budget;
  /** What deserves a look before the plan is armed. */
  warnings: string[];
  created_at: string;
  updated_at: string;
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

export type PoolHealth = {
  name: string;
  total: number;
  enabled: number;
  /** ok, degraded or down */
  status: string;
};

export type PoolView = {
  name: string;
  health?: string | null;
};

export type PoolView2 = {
  size: number;
  in_use: number;
  idle: number;
};

export type PortView = {
  port: number;
  address: string;
  /** Null when it cannot be read or the caller may not see it. */
  pid?: number | null;
  process: string;
  protocol: string;
};

export type Position = {
  x: number;
  y: number;
};

export type PositionsBody = {
  /** `graph` or `flow`. */
  view: string;
  positions: Record<string, Position>;
};

export type PositionsView = {
  positions: Record<string, Position>;
};

/** Whether watts were measured or follow from the nameplate. */
export type PowerSource = "measured" | "estimated";

/** A window; without devices and tags it covers all. Either both times or a weekly rule. */
export type PowerWindowBody = {
  name: string;
  device_ids?: string[];
  tags?: string[];
  starts_at?: string | null;
  ends_at?: string | null;
  weekly?: Weekly | null;
  timezone?: string | null;
  /** alerts (default), shutdown or both */
  suppress?: string | null;
  reason?: string;
};

export type PowerWindowView = {
  id: number;
  name: string;
  device_ids: string[];
  tags: string[];
  /** Null for a weekly window. */
  starts_at?: string | null;
  ends_at?: string | null;
  /** Null for a window that is once, or follows another rule than the week. */
  weekly?: Weekly | null;
  /** The expression it follows; null = once. */
  schedule?: string | null;
  /** IANA name; null = the zone of the instance. */
  timezone?: string | null;
  /** alerts, shutdown, both or none */
  suppress: string;
  reason: string;
  enabled: boolean;
  active: boolean;
  next_start?: string | null;
};

export type PreferenceBody = {
  value: string;
};

export type PreferencesBody = {
  preferences?: unknown;
};

export type PreferenceView = {
  value: string;
};

export type PresentView = {
  /** Which instance; null for a rule about one thing. */
  label?: string | null;
  /** Null = unknown. */
  value?: number | null;
  /** Whether the condition holds; null = it cannot be told. */
  holds?: boolean | null;
};

export type Preset = {
  name: string;
  cron: string;
  description: string;
};

export type PresetsView = {
  presets: Preset[];
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

export type PreviewBody5 = {
  /** POST, PUT, PATCH or DELETE */
  method: string;
  /** Path of the change, without its query. */
  path: string;
  /** The thing that is changed, where it is one of the inventory. */
  ref?: string | null;
};

export type PreviewView = {
  /** How often the rule would have fired. */
  firings: number;
  intervals: IntervalView[];
  /** Seconds between two evaluations of the preview. */
  step_s: number;
  hours: number;
  unknown_metrics: string[];
  no_data: NoDataView[];
  /** What the condition reads and says now, of at most a hundred instances. */
  now: PresentView[];
  /** How many things the rule is judged for. */
  instances: number;
  /** Seconds of `total_s` in which the condition could not be judged: too little history. */
  unknown_s: number;
  total_s: number;
  curves: CurveView[];
};

export type PreviewView10 = {
  success: boolean;
  test_name: string;
  total_combinations: number;
  previews: ExpandedView[];
  data_source_type: string;
  warnings: string[];
};

export type PreviewView11 = {
  project_id: string;
  /** The first 200, in the order of the run. */
  tests: PlannedTest[];
  total: number;
  app_url: string;
  environment: string;
  manner: MannerView;
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

export type PreviewView4 = {
  valid: boolean;
  /** Why it is refused, in the documented words. */
  error?: string | null;
  /** Member at fault: `cron` or `timezone`. */
  field?: string | null;
  readable?: string | null;
  timezone?: string | null;
  next: SlotView[];
};

export type PreviewView5 = {
  scope: string;
  value: string;
  allowed: boolean;
  /** Why it is refused. */
  refusal?: RefusalView | null;
  /** Bans that meet all of it already. */
  covering: DecisionView[];
};

/** A plan that is not stored, and what it would change of a stored one. */
export type PreviewView6 = {
  id: number;
  name: string;
  enabled: boolean;
  /** Only an armed plan acts by itself. */
  armed: boolean;
  sources?: PlanSource[];
  groups?: PlanGroup[];
  triggers?: Triggers;
  phases?: Phase2[];
  restore?: Restore;
  on_power_return?: OnPowerReturn;
  /** Act only on paper: steps are logged, hosts see a login at most. */
  dry_run?: boolean;
  budget: Budget;
  /** What deserves a look before the plan is armed. */
  warnings: string[];
  created_at: string;
  updated_at: string;
  changes: Change[];
};

export type PreviewView7 = {
  /** Name of the change. */
  operation: string;
  /** What it does, in one sentence. */
  effects: string[];
  /** What is known before its handler looks at the object itself. */
  allowed: boolean;
  /** Why not; null when it is allowed. */
  refusal?: string | null;
  warnings: string[];
  /** What ends or goes with it, where that is known. */
  consequences: ConsequenceView[];
  /** What depends on the thing, nearest first; at most 50. */
  affected: AffectedView[];
  affected_total: number;
  /** Whether it can be taken back; null where only the change itself knows. */
  reversible?: boolean | null;
};

export type PreviewView8 = {
  app_url: string;
  /** Whether an exploration may begin. */
  ready: boolean;
  /** What stands against it. */
  problem?: string | null;
  /** found, problem, start_allowed, disallow, crawl_delay_ms and sitemaps; null when the site cannot be reached */
  robots?: unknown;
  /** Addresses of the sitemap that would be visited, and the first of them. */
  sitemap_total: number;
  sitemap: string[];
  max_pages: number;
  max_depth: number;
  touches_controls: boolean;
  never: string[];
};

export type PreviewView9 = {
  success: boolean;
  language: string;
  framework: string;
  /** The first lines, at most fifty. */
  preview: string;
  /** Of the whole code. */
  line_count: number;
  /** Of the whole code, as "1.2 KB". */
  estimated_size: string;
};

/** How much a failure matters. */
export type Priority = "critical" | "high" | "medium" | "low";

export type ProbeBody = {
  domain?: string | null;
  /** Also shows a proof as for an authority, and asks for it by the domain. */
  challenge?: boolean;
  backend?: BackendBody | null;
  /** A published site, which is asked through the own listener. */
  host_id?: number | null;
};

/** What a provider thinks of our client. */
export type Probed = {
  reachable: boolean;
  /** Null when its answer says neither. */
  client_known?: boolean | null;
  /** The provider's error word, or why it was not reached. */
  detail: string;
};

export type ProbeView = {
  /** Null when no domain was given. */
  dns?: DnsView | null;
  /** Null when no domain was given. */
  listeners?: ListenersView | null;
  /** Null when it was not asked for, for a wildcard, and while no listener of the built-in engine is open. */
  challenge?: BackendView | null;
  /** Null when no backend was given. */
  backend?: BackendView | null;
  /** Null when no site was given. */
  site?: SiteView | null;
};

export type ProblemView = {
  ref: string;
  title: string;
  /** The thing it is about, when the inventory knows it as in trouble. */
  thing_ref?: string | null;
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

export type ProfileDriftView = {
  drift_detected: boolean;
  /** Sites that shall only detect. */
  expected: string[];
  /** Those of the profiles of CrowdSec; null = they cannot be read. */
  actual?: string[] | null;
  last_check_at: string;
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
  /** Absent where the routes of `/api/v1/orgs` name it `org_id`. */
  organization_id?: string | null;
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
  /** Absent where the routes of `/api/v1/orgs` name it `org_id`. */
  organization_id?: string | null;
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

export type ProposalView = {
  success: boolean;
  /** The envelope: `action` and its members. */
  config?: unknown;
  raw_response?: string | null;
  validation?: ValidationView | null;
  /** `model` or `builder`. */
  source?: string | null;
  error?: string | null;
};

/** What a person set up for a site. */
export type ProtectionView = {
  host_id: number;
  waf_enabled: boolean;
  /** detect or block */
  waf_mode: string;
  waf_paranoia: number;
  waf_block_status: number;
  waf_block_body: string;
  rate_limit_enabled: boolean;
  rate_limit_requests: number;
  rate_limit_window_seconds: number;
  /** ip, header or global */
  rate_limit_key: string;
  rate_limit_header_name: string;
  rate_limit_status: number;
  /** The firewall of CrowdSec, which looks at every site, does not look at this one. */
  appsec_exempt?: boolean;
  /** Null before the first change. */
  updated_at?: string | null;
  exclusions: ExclusionView[];
  custom_rules: CustomRuleView[];
};

export type Provider = {
  id: string;
  name: string;
  url: string;
};

export type ProviderKeyBody = {
  provider: string;
  /** 10 to 500 characters. */
  api_key: string;
  base_url?: string | null;
  display_name?: string | null;
};

export type ProviderKeyView = {
  id: string;
  provider: string;
  key_display: string;
  display_name?: string | null;
  base_url?: string | null;
  model_preference?: string | null;
  /** Null before it was tried out. */
  is_valid?: boolean | null;
  last_validated_at?: string | null;
  validation_error?: string | null;
  created_at: string;
};

export type PublicIpView = {
  ip?: string | null;
  last_at?: string | null;
  last_error?: string | null;
  detect_url: string;
  disabled: boolean;
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

export type QualityView = {
  /** 0 to 100; null while nothing is known. */
  score?: number | null;
  parts: PartView[];
  /** Percent of the time on mains and answering, by window: `24h`, `7d`, `30d`. */
  availability: Record<string, number | null>;
  sla_target: number;
  /** Over thirty days. */
  sla_ok?: boolean | null;
};

export type QueryBody = {
  /** At most 10 000 characters. */
  query: string;
  provider?: string | null;
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

/** A selector and how steady its kind is, 0-1. */
export type RankedSelectorView = {
  selector: string;
  /** testid, id, role, name, label, placeholder, text, class, path */
  strategy: string;
  confidence: number;
};

export type ReadyView = {
  ready: boolean;
  checks: Checks;
  timestamp: string;
};

export type RecentError = {
  timestamp: string;
  source: string;
  level: string;
  message: string;
};

export type RecomputeBody = {
  /** Every device when absent. */
  device_id?: string | null;
};

export type RecordBody = {
  /** The only project of the organization without. */
  project_id?: string | null;
  name?: string | null;
  /** The tab the person looks at without. */
  tab_id?: number | null;
};

/** A test as a recording gives it; it has an id once it is saved. */
export type RecordedTest = {
  id?: string | null;
  name: string;
  description: string;
  source: string;
  recording_id: string;
  steps: unknown[];
  assertions: unknown[];
  /** Variables with what was written; one of a password has no value and is not here. */
  variables: unknown;
};

export type RecordedView = {
  success: boolean;
  recording_id: string;
  tab_id?: number | null;
};

/** Where a recording stands. */
export type RecordingStatus = "recording" | "completed" | "converted";

export type RecordingView = {
  id: string;
  name: string;
  project_id: string;
  /** The test it became. */
  test_id?: string | null;
  status: RecordingStatus;
  /** `session`, `upload`, `snippet` or `live`. */
  source: string;
  events_count: number;
  interaction_count: number;
  bytes: number;
  duration_ms?: number | null;
  url?: string | null;
  estimated_steps: number;
  metadata: Record<string, unknown>;
  created_by: string;
  created_at: string;
  updated_at: string;
  events?: unknown[] | null;
};

export type RecordView = {
  id: number;
  created_at: string;
  feature: string;
  provider: string;
  model: string;
  /** user, org, instance or none */
  key_owner: string;
  /** `ok`, or why there was no answer. */
  outcome: string;
  input_tokens?: number | null;
  output_tokens?: number | null;
  cost_usd?: number | null;
  duration_ms: number;
};

export type RecoveryBody = {
  challenge_id: string;
  recovery_code: string;
};

/** A box on a page in CSS pixels from its top left corner. */
export type Rect = {
  x?: number;
  y?: number;
  width?: number;
  height?: number;
};

export type RefreshView = {
  ok: boolean;
  country_version?: string | null;
  asn_version?: string | null;
  loaded_at?: string | null;
  last_refresh_at?: string | null;
  country_db_size?: number | null;
  asn_db_size?: number | null;
  error?: string | null;
};

export type RefusalView = {
  /** would_lock_out, private_network, trusted_proxy or allowed */
  code: string;
  message: string;
};

/** A change that the proxy refuses. */
export type RefusedView = {
  /** The revision that was refused first. */
  revision: number;
  /** Whose change that was; null when it is not known, or without `audit:read`. */
  cause?: CauseView | null;
};

/** A part of a page nobody compares. */
export type Region = {
  selector: string;
} | Rect | string;

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

export type RejectBody = {
  reason?: string | null;
};

export type RejectBody2 = {
  reason?: string | null;
  /** The page is wrong, not the test. */
  mark_as_bug?: boolean;
};

export type RejectBody3 = {
  notes: string;
  /** Only false: issues are made nowhere from here, and true is refused before anything is decided. */
  create_issue?: boolean | null;
};

/** A line that was not taken. */
export type Rejected = {
  /** Counted from 1. */
  line: number;
  error: string;
};

export type RejectedView = {
  success: boolean;
  comparison_id: string;
  status: string;
  notes?: string | null;
  issue_url?: string | null;
  reviewed_at?: string | null;
};

export type RekeyView = {
  job_id: number;
  state: string;
  started_by: string;
  created_at: string;
  finished_at?: string | null;
  /** `owner`, `done`, `of` and `resealed` while it runs. */
  progress?: unknown;
  /** `resealed` by column and `keys_forgotten`. */
  result?: unknown;
  error?: string | null;
};

export type RemovedView = {
  id: number;
  deleted: boolean;
  reload_needed: boolean;
  reload_command: string;
};

/** A removed plan. */
export type RemovedView2 = {
  /** For `/api/ui/undo/{token}`, good for a minute. */
  undo: string;
};

export type RemovedView3 = {
  success: boolean;
  message: string;
  flows_deleted: number;
};

export type RenameBody = {
  name: string;
};

/** How a credential gets a new value. */
export type Renewal = "rotate" | "replace" | "automatic" | "command";

export type RenewalQueued = {
  queued: boolean;
  domain: string;
  message: string;
};

export type ReportView = {
  valid: boolean;
  errors: unknown[];
  warnings: unknown[];
  /** The commands that would be sent, in order, without secrets. */
  plan: unknown[];
};

export type ReportView2 = {
  summary: SummaryView3;
  /** Days on which something was asked, oldest first. */
  daily: DayView3[];
  /** Newest first. */
  records: RecordView[];
};

/** A request of a trace. Times are milliseconds; what is not known is null. */
export type RequestLine = {
  /** Its place in the archive of requests. */
  n: number;
  method: string;
  url: string;
  /** `document`, `script`, `xhr`, .. */
  kind: string;
  /** Null when nothing was answered. */
  status?: number | null;
  error?: string | null;
  mime?: string | null;
  /** On the wire. */
  bytes?: number | null;
  /** Since the epoch. */
  started_ms?: number | null;
  duration_ms?: number | null;
  /** Until the first byte of the answer came. */
  wait_ms?: number | null;
  receive_ms?: number | null;
  /** The step that was under way when it began, counted from 0 over the whole trace; null after the last. */
  step?: number | null;
};

export type RequestsView = {
  requests: RequestLine[];
  /** How many are as asked for. */
  total: number;
  /** How many there are. */
  all: number;
  /** False when they did not fit into the trace. */
  kept: boolean;
  /** From the first to the end of the last, in milliseconds since the epoch; null without any. */
  from_ms?: number | null;
  to_ms?: number | null;
};

export type RequestView = {
  time: string;
  remote_ip?: string | null;
  method?: string | null;
  path: string;
  status?: number | null;
  score?: number | null;
  /** Null when its line does not say. */
  refused?: boolean | null;
  would_refuse: boolean;
  findings: FindingView[];
};

/** A request that went wrong. */
export type RequestView2 = {
  page_id: string;
  page_url: string;
  method: string;
  url: string;
  kind: string;
  status?: number | null;
  error?: string | null;
};

export type ResetBody = {
  device_id: string;
  /** What the total begins with; 0 when absent. */
  baseline_kwh?: number | null;
};

export type ResponseView = {
  success: boolean;
  message: string;
  details: unknown;
};

export type ResponsiveBody = {
  url: string;
  /** Without any: mobile, tablet, desktop and wide. */
  viewports?: unknown[] | null;
  project_id?: string | null;
  name?: string | null;
  detect_issues?: boolean | null;
  /** Compare each screen with the baseline of this name and size, where there is one. */
  compare_baselines?: boolean | null;
  /** Of the baselines. */
  branch?: string | null;
  /** A live browser whose sign-ins the pictures are taken with. */
  session_id?: string | null;
};

export type ResponsiveView = {
  success: boolean;
  url: string;
  results: ScreenView[];
  captured_at: string;
  issues_summary: unknown;
};

/** When and how hosts are started again. */
export type Restore = {
  /** By itself; somebody may always ask for it. */
  enabled?: boolean;
  /** The mains must be good this long. */
  stable_seconds?: number;
  min_charge_percent?: number;
  /** Between two orders. */
  delay_seconds?: number;
  /** How long a host may take until it answers. */
  boot_timeout_seconds?: number;
  /** Also hosts this run did not shut down. */
  all?: boolean;
};

export type RestoreBody = {
  confirm?: boolean;
  passphrase?: string | null;
  /** The master key the backup was made under, when it is another. */
  archive_key?: string | null;
  /** Restore although its secrets cannot be read; they are emptied. */
  without_secrets?: boolean;
};

export type RestoreBody2 = {
  /** Do not wait until the mains are good. */
  force?: boolean;
};

/** A staged restore. */
export type RestoreReply = {
  scheduled: boolean;
  backup?: BackupView | null;
  warnings: string[];
  message: string;
};

/** How a test ended. */
export type ResultStatus = "passed" | "failed" | "skipped" | "error" | "cancelled";

export type ResultsView = {
  test_id: string;
  results: ResultView2[];
  total: number;
  limit: number;
  offset: number;
};

export type ResultView = {
  provider: string;
  provider_id: number;
  type: string;
  ok: boolean;
  http_status?: number | null;
  error?: string | null;
  latency_ms: number;
};

/** How a test of a run ended. */
export type ResultView2 = {
  id: string;
  run_id: string;
  test_id: string;
  test_name: string;
  test_version: number;
  status: ResultStatus;
  attempt: number;
  attempts: number;
  flaky: boolean;
  healed: boolean;
  success: boolean;
  total_duration_ms: number;
  duration_ms: number;
  duration_seconds: number;
  error_message?: string | null;
  error_code?: string | null;
  failed_step_index?: number | null;
  step_results: StepResultView[];
  assertion_results: AssertionResult[];
  steps_passed: number;
  steps_failed: number;
  assertions_passed: number;
  assertions_failed: number;
  /** `vision` when every element that was used was found in a picture, `hybrid` when that or the answer of a model counted somewhere, else `standard` */
  execution_mode: string;
  total_dom_attempts: number;
  total_vision_attempts: number;
  vision_fallback_count: number;
  /** Steps whose element was found in a picture after everything else failed, of those that were done. */
  fallback_rate: number;
  /** US dollars that models cost; null when their prices are unknown. */
  total_estimated_cost?: number | null;
  has_final_screenshot: boolean;
  has_failure_screenshot: boolean;
  final_screenshot_url?: string | null;
  failure_screenshot_url?: string | null;
  video_artifact_id?: string | null;
  recording_url?: string | null;
  trace_artifact_id?: string | null;
  trace_url?: string | null;
  har_artifact_id?: string | null;
  har_url?: string | null;
  failure_dom_artifact_id?: string | null;
  failure_dom_url?: string | null;
  downloads: DownloadView[];
  console_errors: unknown[];
  network_failures: unknown[];
  earlier_attempts: EarlierAttempt[];
  /** What could not be kept, or why a failure does not count. */
  warnings: string[];
  healing_applied: Record<string, unknown>;
  started_at: string;
  completed_at: string;
};

/** Which tests of the run. */
export type ResumeBody = {
  /** rest (without a result, cut off or skipped), failed (those and the ones that failed) or all */
  tests?: Again;
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

export type RevokedView2 = {
  country_code: string;
  removed_decision_count: number;
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

export type RotationView = {
  /** `pending` until the node comes back with its new secret. */
  rotation: string;
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

/** A rule as asked for. */
export type RuleBody2 = {
  priority?: number | null;
  name?: string | null;
  enabled?: boolean | null;
  action: Action2;
  matchers: Matcher[];
  /** Requests of this rule in progress at one time, 0 to 1000000; 0 or nothing = any number. More are answered with 503. */
  requests_at_once_max?: number | null;
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
  /** ok, pending, firing, disabled, or no_data when nothing it is about says anything */
  state: string;
  /** Metrics of the rule that nothing answers; the rule counts as false while they are unknown. */
  unknown_metrics: string[];
  /** Metrics of the rule that say nothing now, and why. */
  no_data: NoDataView[];
};

export type RuleView2 = {
  rule: string;
  message?: string | null;
  count: number;
};

export type RuleView3 = {
  id: number;
  host_id: number;
  priority: number;
  name: string;
  enabled: boolean;
  action: Action2;
  matchers: Matcher[];
  /** Of its requests in progress at one time; 0 = any number. */
  requests_at_once_max: number;
  created_at: string;
  updated_at: string;
};

export type RuleView4 = {
  rule_id: number;
  message: string;
  severity?: string | null;
  requests: number;
  would_refuse: number;
  /** The five where it was met most. */
  paths: PathView2[];
};

/** What is asked of a run; what is absent is the project's. */
export type RunBody = {
  app_url?: string | null;
  browser?: string | null;
  environment?: string | null;
  variables?: Record<string, unknown>;
  viewport?: unknown;
  timeout_ms?: number | null;
  retries?: number | null;
  record_video?: boolean | null;
  /** off, on, retain-on-failure */
  trace?: string | null;
  /** off, only-on-failure, on */
  screenshot_mode?: string | null;
  self_heal?: boolean | null;
  /** standard, hybrid (a model looks for an element in a picture when everything else failed), vision (it looks first) */
  execution_mode?: string | null;
  trigger?: string | null;
  /** Answer with the result, within two minutes. */
  wait?: boolean;
};

export type RunCancelled = {
  success: boolean;
  message: string;
  run_id: string;
};

/** A phase of a run, as it was planned. */
export type RunPhaseView = {
  order: number;
  name: string;
  /** The longest it may take. */
  limit_seconds: number;
  /** From here on there is no way back. */
  is_final: boolean;
};

export type RunResultsView = {
  run_id: string;
  results: ResultView2[];
  total: number;
};

export type RunSettingsView = {
  project_id: string;
  app_url?: string | null;
  /** Where the site is, by environment. */
  base_url: Record<string, string>;
  /** Settings that the project says itself. */
  own: string[];
  /** Of these, the installation says what counts where the project says nothing; of all others, Argos does. */
  of_installation: string[];
  /** What counts where the project says nothing. */
  inherited: MannerView;
  /** What counts. */
  effective: MannerView;
};

/** Where a run stands. */
export type RunState = "running" | "restoring" | "restored" | "final" | "halted" | "cancelled" | "aborted" | "done" | "superseded";

/** Where a run stands. */
export type RunStatus = "pending" | "running" | "passed" | "failed" | "cancelled" | "error";

export type RunsView = {
  runs: RunView3[];
  total: number;
  limit: number;
  offset: number;
};

/** One run. */
export type RunView = {
  id: number;
  automation_id?: string | null;
  trigger: string;
  status: string;
  started_at?: number | null;
  finished_at?: number | null;
  exit_code?: number | null;
  triggered_by: string;
  error?: string | null;
  /** Only when one run is asked for. */
  output?: string | null;
};

/** A run of a plan. */
export type RunView2 = {
  id: number;
  plan_id: number;
  plan_name: string;
  mode: Mode;
  state: RunState;
  /** `manual`, `test`, or why a source was critical. */
  trigger: string;
  reason?: string | null;
  started_by: string;
  /** `power_return` or `operator`. */
  stop?: string | null;
  stop_by?: string | null;
  started_at: string;
  ended_at?: string | null;
  /** Why its hosts are not started again yet; null when nothing is to come. */
  restore_waits_for?: string | null;
  /** The UPSes it watches. */
  sources: string[];
  on_power_return: OnPowerReturn;
  phases: RunPhaseView[];
  steps: StepView[];
};

/** A run as lists and its page show it. */
export type RunView3 = {
  id: string;
  run_id: string;
  job_id: string;
  project_id: string;
  /** Set when it is a run of one test. */
  test_id?: string | null;
  name: string;
  trigger: string;
  status: RunStatus;
  app_url: string;
  environment: string;
  browser: string;
  total_tests: number;
  passed_tests: number;
  failed_tests: number;
  skipped_tests: number;
  flaky_tests: number;
  duration_ms?: number | null;
  ci_metadata: Record<string, unknown>;
  error?: string | null;
  created_by: string;
  created_at: string;
  started_at?: string | null;
  completed_at?: string | null;
};

/** One run of a schedule. */
export type RunView4 = {
  id: string;
  schedule_id: string;
  status: string;
  started_at?: string | null;
  completed_at?: string | null;
  duration_seconds?: number | null;
  trigger_type: string;
  triggered_by: string;
  test_results?: unknown;
  error_message?: string | null;
  retry_attempt: number;
  logs_url: string;
  ai_analysis?: unknown;
  is_flaky?: unknown;
  flaky_score?: unknown;
  failure_category?: unknown;
  failure_confidence?: unknown;
  auto_healed?: unknown;
  healing_details?: unknown;
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

export type ScenarioCount = {
  scenario: string;
  count: number;
};

export type ScenarioDriftView = {
  drift_detected: boolean;
  expected_disabled: string[];
  actually_enabled: string[];
  /** Short names of those that are wanted again and do not run yet. */
  still_disabled: string[];
  last_check_at: string;
};

export type ScenariosView = {
  scenarios: ScenarioView[];
  /** Whether the directory of CrowdSec can be read. */
  is_available: boolean;
  mount_path: string;
  disabled_count: number;
  last_modified_at?: string | null;
};

/** Parsers and scenarios of one author. */
export type ScenariosView2 = {
  name: string;
  parsers: string[];
  scenarios: string[];
};

export type ScenarioView = {
  short_name: string;
  source?: string | null;
  canonical_name: string;
  path: string;
  disabled: boolean;
  description?: string | null;
};

/** Members of a schedule. New ones need `project_id`, `name`, `cron_expression` and `app_url`. */
export type ScheduleBody = {
  project_id?: string | null;
  name?: string;
  cron_expression?: string;
  /** IANA name. */
  timezone?: string;
  enabled?: boolean;
  overlap_policy?: Overlap;
  misfire_policy?: Misfire;
  misfire_grace_seconds?: number;
  jitter_seconds?: number;
  description?: string | null;
  /** Empty = every active test. */
  test_ids?: string[];
  test_filter?: TestFilter;
  app_url?: string;
  timeout_minutes?: number;
  retry_count?: number;
  max_parallel_tests?: number;
  browser?: string;
  environment?: string;
  tags?: string[];
  notify_on_failure?: boolean;
  notify_on_success?: boolean;
  notify_on_recovery?: boolean;
  /** Name or id of a channel, and whether it hears of it. */
  notification_channels?: Record<string, unknown>;
  auto_heal_enabled?: boolean;
  auto_heal_confidence_threshold?: number;
  quarantine_flaky_tests?: boolean;
  flaky_threshold?: number;
  /** Sealed; a hidden value (`***`) keeps the stored one. */
  environment_variables?: Record<string, string> | null;
};

export type SchedulerView = {
  /** When a backup was made or failed last; null when there was none. */
  last_backup_attempt?: string | null;
  /** `ok`, `failed` or `missing`; null when it cannot be read. */
  last_backup_status?: string | null;
  /** `manual`, `scheduled` or `upgrade`. */
  last_backup_kind?: string | null;
};

export type SchedulesView = {
  items: ScheduleView[];
  /** The zone of schedules without one of their own. */
  timezone: string;
};

export type SchedulesView2 = {
  schedules: ScheduleView2[];
  total: number;
  page: number;
  per_page: number;
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
  /** Why the last slot was skipped: `maintenance` or a phrase; null when it was run. */
  skip_reason?: string | null;
  overlap: Overlap;
  misfire: Misfire;
  grace_s: number;
  jitter_s: number;
  until?: string | null;
  /** The setting that defines it; null when it is changed here. */
  managed_by?: string | null;
  /** The next slots, clock changes counted in. */
  upcoming: string[];
  /** Its runs wait until somebody decided; null = they start by themselves. */
  approval?: HoldPolicy | null;
  /** The expression in words. */
  readable: string;
  /** A person made it and may remove it. */
  removable: boolean;
};

/** A schedule of test runs. */
export type ScheduleView2 = {
  id: string;
  project_id?: string | null;
  name?: string;
  cron_expression?: string;
  /** IANA name. */
  timezone?: string;
  enabled?: boolean;
  overlap_policy?: Overlap;
  misfire_policy?: Misfire;
  misfire_grace_seconds?: number;
  jitter_seconds?: number;
  description?: string | null;
  /** Empty = every active test. */
  test_ids?: string[];
  test_filter?: TestFilter;
  app_url?: string;
  timeout_minutes?: number;
  retry_count?: number;
  max_parallel_tests?: number;
  browser?: string;
  environment?: string;
  tags?: string[];
  notify_on_failure?: boolean;
  notify_on_success?: boolean;
  notify_on_recovery?: boolean;
  /** Name or id of a channel, and whether it hears of it. */
  notification_channels?: Record<string, unknown>;
  auto_heal_enabled?: boolean;
  auto_heal_confidence_threshold?: number;
  quarantine_flaky_tests?: boolean;
  flaky_threshold?: number;
  /** Values are never shown. */
  environment_variables: Record<string, unknown>;
  cron_readable: string;
  /** `active`, `paused`, `running` or `error`. */
  status: string;
  next_run_at?: string | null;
  last_run_at?: string | null;
  last_run_status?: string | null;
  run_count: number;
  success_count: number;
  failure_count: number;
  avg_duration_seconds?: number | null;
  /** Of the runs that ended well or badly; null before the first. */
  success_rate?: number | null;
  next_runs: string[];
  created_at: string;
  updated_at: string;
  created_by?: string | null;
};

/** How far a replacement goes. */
export type Scope = "step" | "test" | "project";

export type ScreenshotsView = {
  session_id: string;
  screenshots: ScreenshotView[];
  total: number;
};

export type ScreenshotView = {
  page_id: string;
  url: string;
  title: string;
  screenshot_url: string;
  artifact_id: string;
  width: number;
  height: number;
  captured_at: string;
};

/** One screen. */
export type ScreenView = {
  id?: string | null;
  viewport: Viewport;
  success: boolean;
  screenshot_url?: string | null;
  error?: string | null;
  issues: PageIssue[];
  /** With the baseline of this size; null when there is none, or none was asked for. */
  comparison?: ComparisonView | null;
};

export type SearchBody = {
  project_id?: string | null;
  pattern_type?: string | null;
  pattern_name: string;
  pattern_data?: Record<string, unknown>;
  /** 0-1, default 0.7 */
  threshold?: number | null;
  /** 1-50, default 5 */
  limit?: number | null;
};

export type SearchGroup = {
  kind: string;
  items: ThingView[];
};

export type SearchView = {
  /** The kind with the best hit first. */
  groups: SearchGroup[];
  total: number;
};

export type Seasonal = {
  period_hours: number;
  /** Autocorrelation at that lag. */
  correlation: number;
  amplitude: number;
};

export type SecretsView = {
  secrets: SecretView[];
};

export type SecretView = {
  /** Where it stands in the flow as it is listed: `inputs[0].passphrase`. */
  path: string;
  value: string;
};

export type SecretView2 = {
  secret: string;
  status: string;
};

/** What an import does to one section. Texts name objects as people know them. */
export type SectionPlan = {
  creates: string[];
  updates: string[];
  removes: string[];
  /** Objects of the document that are there already, as they are. */
  unchanged: number;
  /** What will be different from the document. */
  warnings: string[];
  /** Why nothing is written. */
  faults: string[];
};

/** The protection as asked for; a missing boolean is false, a missing or zero number and a missing text the default. */
export type SecurityBody = {
  waf_enabled?: boolean;
  waf_mode?: string;
  waf_paranoia?: number;
  waf_block_status?: number;
  waf_block_body?: string;
  rate_limit_enabled?: boolean;
  rate_limit_requests?: number;
  rate_limit_window_seconds?: number;
  rate_limit_key?: string;
  rate_limit_header_name?: string;
  rate_limit_status?: number;
  appsec_exempt?: boolean;
};

export type SecurityView = {
  range: string;
  granularity: string;
  waf_timeseries: SeenView[];
  top_attack_types: TypeView[];
  top_attack_ips: AddressView2[];
  top_attacked_paths: PathCount[];
  /** Answers with status 429. */
  rate_limit_hits: number;
  /** The thirty with most; empty while no database of places is there. */
  by_country: CountryView[];
  /** Attacks from addresses of private networks. */
  private_hits: number;
  /** From addresses whose country nobody knew. */
  unknown_hits: number;
};

/** What a person set up for a site. */
export type SecurityView2 = {
  host_id: number;
  waf_enabled: boolean;
  /** detect or block */
  waf_mode: string;
  waf_paranoia: number;
  waf_block_status: number;
  waf_block_body: string;
  rate_limit_enabled: boolean;
  rate_limit_requests: number;
  rate_limit_window_seconds: number;
  /** ip, header or global */
  rate_limit_key: string;
  rate_limit_header_name: string;
  rate_limit_status: number;
  /** The firewall of CrowdSec, which looks at every site, does not look at this one. */
  appsec_exempt?: boolean;
  /** Null before the first change. */
  updated_at?: string | null;
};

export type SecurityView3 = {
  authentication_enabled: boolean;
  /** Sign-ins are limited whatever this says. */
  rate_limiting_enabled: boolean;
  audit_logging_enabled: boolean;
  security_headers_enabled: boolean;
  api_version: string;
  supported_auth_methods: string[];
};

export type SeenView = {
  time: string;
  /** Let pass. */
  detected: number;
  blocked: number;
};

export type SelectorView = {
  selector: string;
  strategy: string;
  confidence: number;
};

export type SelfView = {
  client_ip?: string | null;
  /** Whether the address of this request is. */
  banned: boolean;
  decisions: DecisionView[];
  current_session_ip?: string | null;
  public_ip_self?: string | null;
  active_session_ips: string[];
  any_banned: boolean;
  banned_count: number;
  banned_ips: BannedIpView[];
};

/** A known series. */
export type SeriesInfo = {
  metric: string;
  labels: Record<string, string>;
  unit: string;
  /** The part that writes it: `ops`, `power`, `edge`, `nodes`, `quality`, `platform`. */
  source: string;
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

export type SeriesView3 = {
  /** Seconds. */
  step: number;
  from: string;
  to: string;
  series: Record<string, ([string, number | null, number | null, number | null])[]>;
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

export type SessionsView = {
  sessions: SessionView3[];
  total: number;
};

/** The steps of a browser session, as far as they went. */
export type SessionTestView = {
  timestamp: string;
  test: string;
  grid_available: boolean;
  session_id?: string | null;
  step_1: string;
  step_1_result: string;
  step_2: string;
  step_2_result: string;
  page_title?: string | null;
  step_3: string;
  step_3_result: string;
  video_artifact_id?: string | null;
  video_path?: string | null;
  /** SUCCESS or FAILED */
  status: string;
  error: string;
  error_type: string;
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

export type SessionView2 = {
  success: boolean;
  session_id: string;
  sessionId: string;
  /** `active` */
  status: string;
  url: string;
  title: string;
  browser: string;
  viewport: SizeView;
  record_video: boolean;
  recordVideo: boolean;
  cdp_ws_url?: string | null;
  live_url: string;
  recording_id?: string | null;
  expires_at: string;
  created_at: string;
  last_activity_at: string;
  actions_count: number;
  console_errors: string[];
  screenshot?: string | null;
};

/** An exploration. */
export type SessionView3 = {
  id: string;
  project_id: string;
  status: Status3;
  /** exploring, verifying or done */
  phase: string;
  progress_percentage: number;
  pages_found: number;
  flows_found: number;
  elements_found: number;
  forms_found: number;
  errors_count: number;
  queued: number;
  started_at?: string | null;
  completed_at?: string | null;
  created_at: string;
  created_by: string;
  app_url: string;
  mode: string;
  strategy: string;
  max_pages: number;
  max_depth: number;
  include_patterns: string[];
  exclude_patterns: string[];
  focus_areas: string[];
  respect_robots: boolean;
  /** Of a `diff`: the exploration before, for `/discovery/projects/{pid}/compare`. */
  compared_with?: string | null;
  /** The kind of account it was given; the account itself is never shown. */
  auth_type?: string | null;
  current_url?: string | null;
  current_depth?: number | null;
  /** Seconds; unknown before the first page. */
  estimated_time_remaining?: number | null;
  /** Percent of what can be used that a flow or test uses; unknown until the site is known. */
  coverage_score?: number | null;
  execution_context: string;
  video_artifact_id?: string | null;
  recording_url?: string | null;
  duration_ms: number;
  error?: string | null;
  robots?: unknown;
};

/** A row: values with a name. */
export type SetBody = {
  name?: string | null;
  description?: string | null;
  values: Record<string, unknown>;
  tags?: string[] | null;
  skip?: boolean | null;
  skip_reason?: string | null;
};

/** A setting as the list view shows it: the three documented members, then what a form needs. */
export type SettingView = {
  key: string;
  /** What it does. */
  description: string;
  /** What its number counts, e.g. `seconds`. */
  unit?: string | null;
  /** Least number; null where there is no bound. */
  minimum?: number | null;
  /** Greatest number; null where there is no bound. */
  maximum?: number | null;
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
  /** Why nothing reads it yet, in English; null = it has an effect. */
  unused?: string | null;
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

export type SetView = {
  id: string;
  parameterized_test_id: string;
  name: string;
  description?: string | null;
  values: Record<string, unknown>;
  tags: string[];
  skip: boolean;
  skip_reason?: string | null;
  order_index: number;
  created_at: string;
};

/** `debug < info < warning < error < critical`. */
export type Severity = "debug" | "info" | "warning" | "error" | "critical";

/** How much a difference matters. */
export type Severity2 = "info" | "minor" | "major" | "critical";

/** The part of a list that one of several processes takes, counted from 1. */
export type Shard = {
  index: number;
  total: number;
};

export type ShownCertificate = {
  issuer: string;
  not_after: string;
  days_left: number;
  is_self_signed: boolean;
  /** Whether it is for the name that was asked. */
  covers: boolean;
};

/** What looking for an element in a picture of the page came to. Places are CSS pixels of the view. */
export type Sight = {
  /** The step was done to the element that was found. */
  used?: boolean;
  /** Times a model was shown the picture. */
  attempts?: number;
  /** Width and height of what the picture shows. */
  view?: [number, number] | null;
  /** Where the model pointed. */
  at?: [number, number] | null;
  /** 0-1, as the model says. */
  confidence?: number | null;
  /** Left, top, width and height of the element there. */
  area?: [number, number, number, number] | null;
  selector?: string | null;
  /** US dollars; null when its prices are unknown. */
  cost_usd?: number | null;
  /** Why it did not help. */
  why_not?: string | null;
  /** The artifact with what the model was shown. */
  picture?: string | null;
};

export type SilenceBody = {
  matchers?: Matcher2[];
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

export type SimilarLine = {
  error_message: string;
  error_type?: string | null;
  test_id: string;
  test_name: string;
  /** The last run that ended so. */
  run_id: string;
  /** 0-1 */
  similarity: number;
  /** How often it came among the last failures. */
  times: number;
  last_seen_at: string;
};

export type SimilarView = {
  similar_errors: SimilarLine[];
  count: number;
  source: string;
  latency_ms: number;
  confidence: number;
};

export type SiteView = {
  url: string;
  /** False when it cannot be asked from here: `error` says why, and nothing is known about the site. */
  is_asked: boolean;
  /** Null when there was no answer. */
  status?: number | null;
  millis: number;
  error?: string | null;
  /** Whether visitors trust the certificate; null without TLS or without an answer. */
  is_trusted?: boolean | null;
  /** What it showed; null without TLS. */
  certificate?: ShownCertificate | null;
};

export type SizeView = {
  width: number;
  height: number;
};

export type Skipped = {
  key: string;
  reason: string;
};

export type Skipped2 = {
  /** `user`, `setting`, `node` ... */
  kind: string;
  id: string;
  reason: string;
};

/** One slot to come. */
export type SlotView = {
  at: string;
  /** Wall time in the zone, with its offset. */
  local: string;
  /** `gap`: the wall time it names does not exist that day, so it runs when the gap ends. `repeated`: that wall time comes twice; it runs the first time. */
  clock_change?: string | null;
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
  battery: BatteryView2;
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

export type SnapshotView2 = {
  id: string;
  project_id: string;
  url: string;
  screenshot_url: string;
  viewport: Viewport;
  browser: string;
  captured_at: string;
  metadata: unknown;
};

export type SnippetBody = {
  project_id?: string | null;
  /** Where events are sent instead; for a proxy in front of Argos. */
  upload_url?: string | null;
  options?: Record<string, unknown>;
  format?: SnippetFormat;
};

/** How the snippet is put into a page. */
export type SnippetFormat = "inline" | "npm" | "react" | "gtm";

export type SnippetView = {
  success: boolean;
  snippet: string;
  /** The address of the recorder. */
  cdn_script: string;
  instructions: string;
  expires_at: string;
};

/** Where a test came from. */
export type Source = "manual" | "discovered" | "generated" | "imported";

/** A source of a plan, as last seen. */
export type SourceStatusView = {
  device_id: string;
  name: string;
  group: string;
  /** Null when it was never seen. */
  on_battery?: boolean | null;
  /** Why it is critical. */
  critical?: string | null;
  /** A maintenance window holds its triggers back. */
  held_back: boolean;
};

export type SourcesView = {
  data_sources: SourceView2[];
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

export type SourceView2 = {
  id: string;
  name: string;
  available: boolean;
  /** Why it is not. */
  reason?: string | null;
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

/** Where a plan stands before it runs. */
export type Stage = "idle" | "on_battery" | "countdown" | "fired";

/** Whether an extension may be asked things. */
export type Standing = "pending" | "approved" | "denied";

export type StartBody = {
  /** The name of the plan, typed by the one who starts it. */
  confirm: string;
  reason: string;
  /** Act on paper only. */
  dry_run?: boolean;
};

/** What is asked for. */
export type StartBody2 = {
  project_id?: string;
  app_url?: string | null;
  mode?: string | null;
  strategy?: string | null;
  /** 1-500, default 50 */
  max_pages?: number | null;
  /** 1-10, default 3 */
  max_depth?: number | null;
  /** Globs over path and query, or regular expressions between slashes. */
  include_patterns?: string[];
  exclude_patterns?: string[];
  focus_areas?: string[];
  capture_screenshots?: boolean | null;
  /** Without a language model it changes nothing. */
  use_vision_ai?: boolean | null;
  auth_config?: AuthBody | null;
  /** Sent to the site only. */
  custom_headers?: Record<string, string>;
  /** Of one page: 5-120, default 30 */
  timeout_seconds?: number | null;
  /** dashboard, api or mcp */
  execution_context?: string | null;
  record_session?: boolean;
  /** Whether robots.txt of the site is followed; default true. */
  respect_robots?: boolean | null;
};

export type Started = {
  job_id: number;
};

export type StartedView = {
  job_id: number;
};

export type StartedView2 = {
  job_id: string;
  run_id: string;
  test_id?: string | null;
  status: string;
  message: string;
  created_at: string;
};

/** Where a job stands (platform spec 7.1). */
export type State = "queued" | "running" | "succeeded" | "failed" | "timeout" | "cancelled" | "waiting";

/** Totals of the lines seen (edge spec C11). */
export type StatsView = {
  total: number;
  by_status_class: Classes;
  by_source: Record<string, number>;
  /** Lines of known countries, by their two letters; the others are of private addresses, or nobody knows. */
  by_country: Record<string, number>;
  /** `null` when no line has a duration. */
  avg_duration_ms?: number | null;
  p95_duration_ms?: number | null;
  top_hosts: Labelled[];
  top_paths: Labelled[];
};

export type StatsView2 = {
  bans_total: number;
  bans_by_scope: Record<string, number>;
  bans_by_origin: Record<string, number>;
  /** Of manual bans and detections; the most frequent ten. */
  bans_by_scenario: ScenarioCount[];
  top_countries: CountryCount[];
  whitelist_entries: number;
  audit_last_24h: number;
  generated_at: string;
};

export type StatsView3 = {
  range: string;
  active_decisions: number;
  by_origin: Record<string, number>;
  by_scenario: Record<string, number>;
  by_scope: Record<string, number>;
  last_updated: string;
};

/** Figures of what happened; null where nothing did. */
export type StatsView4 = {
  total_patterns: number;
  total_heals_applied: number;
  total_heals_suggested: number;
  /** Proposals that wait for a decision. */
  pending: number;
  /** Steps that went on with a replacement. */
  heals_in_runs: number;
  /** Of the proposals that were decided, those that were taken: 0-100. */
  success_rate?: number | null;
  top_error_types: Record<string, number>;
  patterns_by_project: Record<string, number>;
  heals_last_24h: number;
  heals_last_7d: number;
  heals_last_30d: number;
  avg_confidence?: number | null;
  recent_heals: HealView[];
};

export type StatsView5 = {
  stats?: unknown;
  health?: unknown;
  received_at?: string | null;
};

export type Status = {
  status: string;
};

/** How a thing is. */
export type Status2 = "critical" | "warning" | "unknown" | "pending" | "maintenance" | "info" | "paused" | "ok";

/** Where an exploration stands. */
export type Status3 = "pending" | "running" | "completed" | "failed" | "cancelled" | "paused";

/** Where a comparison stands. */
export type Status4 = "passed" | "pending_review" | "approved" | "rejected" | "error" | "auto_approved";

export type StatusCount = {
  status: Status2;
  count: number;
};

/** `{"status":"ok"}`. */
export type StatusOk = {
  status: string;
};

export type StatusView = {
  enabled: boolean;
  provider: string;
  model?: string | null;
  /** Enabled, with a key where one is needed. */
  configured: boolean;
  /** Why nothing can be asked. */
  reason?: string | null;
  /** The model runs on the administrator's own machines. */
  local: boolean;
};

/** Every plan and where it stands. */
export type StatusView10 = {
  /** `false`: scanning is disabled, so no plan acts. */
  monitoring: boolean;
  armed: number;
  /** A plan must act and cannot; null when all is well. */
  trouble?: string | null;
  plans: PlanStatusView[];
};

export type StatusView11 = {
  status: string;
};

export type StatusView12 = {
  /** not_configured, connected, disconnected or degraded */
  state: string;
  lapi_url: string;
  last_heartbeat?: string | null;
  /** Null = not tried, or nobody answers. */
  bouncer_ok?: boolean | null;
  machine_ok?: boolean | null;
  error?: string | null;
};

export type StatusView13 = {
  status: string;
  message: string;
  started_at?: string | null;
  last_finished_at?: string | null;
  /** `ok`, `failed` (no device answered) or null before the first cycle. */
  last_result?: string | null;
};

export type StatusView14 = {
  healthy: boolean;
  pool_size: number;
  available: number;
  active_sessions: number;
  queued: number;
  total_pods: number;
  available_pods: number;
  pool_url?: string | null;
  /** Browsers that run now. */
  running: number;
  browsers: BrowserView[];
  metrics: MetricsView2;
  /** What is missing, in words. */
  problem?: string | null;
};

/** Where a test run stands. */
export type StatusView15 = {
  job_id: string;
  run_id: string;
  /** pending, running, completed, failed, cancelled */
  status: string;
  progress?: unknown;
  result?: unknown;
  error?: string | null;
  created_at: string;
  started_at?: string | null;
  completed_at?: string | null;
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
  authorization_endpoint?: string | null;
  token_endpoint?: string | null;
  userinfo_endpoint?: string | null;
  jwks_uri?: string | null;
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
  /** When the newest backup last proved that it restores; null when no backup did. */
  last_good_at?: string | null;
  /** A backup that failed after the newest good one, and why. */
  last_failed_at?: string | null;
  last_error?: string | null;
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
  ok: boolean;
  /** embedded, or the address of the admin API of Caddy */
  address: string;
  /** embedded or caddy */
  engine: string;
  /** Modules that this build of Caddy does not have; what needs them is left out. */
  missing_modules: string[];
  error?: string | null;
  has_http: boolean;
  /** Whether anything is to be served: a built-in proxy without a listener has nothing to do, which is no fault. */
  wanted: boolean;
  /** What of the wanted state is left out, in words. */
  warnings: string[];
  /** Sites and pools that the proxy refuses as they are wanted. Everything else is served. */
  obstacles: ObstacleView[];
  /** The change that `error` refuses; null when no change is the reason, or it is not known. */
  refused?: RefusedView | null;
  /** Why requests are served but not recorded now; null while they are. */
  unrecorded?: string | null;
  /** When the served state was taken; null when none is. */
  applied_at?: string | null;
  /** Sites that are served. */
  sites: number;
  /** Where it listens; null = not. */
  http?: string | null;
  https?: string | null;
  /** Client connections that are open; 0 with Caddy, which does not say. */
  connections: number;
  /** Client connections turned away because there were too many, since this process started. */
  connections_turned_away: number;
};

export type StatusView6 = {
  /** Year and month; null without a database. */
  country_db_version?: string | null;
  asn_db_version?: string | null;
  loaded_at?: string | null;
  last_refresh_at?: string | null;
  last_refresh_error?: string | null;
  country_db_path: string;
  asn_db_path: string;
  country_db_size_bytes?: number | null;
  asn_db_size_bytes?: number | null;
  attribution: string;
  cache_size: number;
  cache_hits: number;
  cache_misses: number;
  next_refresh_at: string;
};

export type StatusView7 = {
  status: string;
};

export type StatusView8 = {
  status: string;
};

export type StatusView9 = {
  /** `idle`, `queued` or `running`. */
  status: string;
  /** Null when it is no script. */
  script?: string | null;
  run_id?: number;
  run_ids?: number[];
  trigger?: string;
  /** ISO 8601; null while it is queued. */
  started?: string | null;
  started_at?: number | null;
};

/** How one step of a test went. */
export type Step = {
  /** connect, bind, search, role, password */
  step: string;
  ok: boolean;
  /** What was found, or why not. */
  detail: string;
};

/** One thing to do. */
export type Step2 = {
  kind: "ssh";
  host: string;
  port?: number;
  user: string;
  command?: string;
  /** The pinned fingerprint; learnt when the plan is saved or tested. */
  host_key?: string | null;
  password?: string;
  /** A private key in any usual format. */
  key?: string;
  passphrase?: string;
} | {
  kind: "http";
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Any 2xx when absent. */
  expected_status?: number | null;
} | {
  kind: "webhook";
  url: string;
  secret?: string;
} | {
  kind: "redfish";
  /** `https://bmc.example`. */
  url: string;
  user: string;
  password?: string;
  tls_verify?: boolean;
  /** Turns the host off when it has not gone by itself within the timeout. */
  force?: boolean;
} | {
  kind: "ipmi";
  host: string;
  port?: number;
  user: string;
  password?: string;
  /** 17, or 3 for old controllers. */
  cipher_suite?: number;
  /** Turns the host off when it has not gone by itself within the timeout. */
  force?: boolean;
} | {
  kind: "proxmox";
  /** `https://pve.example:8006`. */
  url: string;
  node: string;
  /** `user@realm!name` of an API token. */
  token_id: string;
  token?: string;
  tls_verify?: boolean;
} | {
  kind: "guest";
  /** `https://pve.example:8006`. */
  url: string;
  node: string;
  /** `user@realm!name` of an API token. */
  token_id: string;
  token?: string;
  tls_verify?: boolean;
  vmid: number;
  guest?: GuestKind;
  /** Stops it hard when it has not gone by itself within the timeout. */
  force?: boolean;
} | {
  kind: "nut_fsd";
  hostsync_seconds?: number;
} | {
  kind: "facade_fsd";
  hostsync_seconds?: number;
} | {
  kind: "ups_off";
  /** The sources when empty. */
  device_ids?: string[];
  /** Only these outlets (`3`) or outlet groups (`group.1`) of the devices, instead of the whole UPS. */
  outlets?: string[];
  command?: string;
  delay_seconds?: number;
} | {
  kind: "local";
};

/** One step of the last attempt. */
export type StepResult = {
  step_index?: number;
  /** `setup`, `steps` or `teardown`. */
  phase?: string;
  action?: string;
  description?: string | null;
  target?: string | null;
  resolved_selector?: string | null;
  /** passed, failed, skipped or healed */
  status?: string;
  /** When it began, counted from the begin of the attempt. */
  started_ms?: number;
  duration_ms?: number;
  error?: string | null;
  error_code?: string | null;
  screenshot?: string | null;
  match_count?: number | null;
  warnings?: string[];
  healing?: unknown;
  dom_attempts?: number;
  fallback_level?: string;
  url?: string | null;
  /** What a check of a picture (`kind` visual) or of accessibility found. */
  check?: unknown;
  /** Set when a model was asked. */
  advised?: Advised | null;
  /** Set when its element was to be looked for in a picture of the page. */
  vision?: Sight | null;
};

/** One step of the last attempt. */
export type StepResultView = {
  step_index?: number;
  /** `setup`, `steps` or `teardown`. */
  phase?: string;
  action?: string;
  description?: string | null;
  target?: string | null;
  resolved_selector?: string | null;
  /** passed, failed, skipped or healed */
  status?: string;
  /** When it began, counted from the begin of the attempt. */
  started_ms?: number;
  duration_ms?: number;
  error?: string | null;
  error_code?: string | null;
  screenshot?: string | null;
  match_count?: number | null;
  warnings?: string[];
  healing?: unknown;
  dom_attempts?: number;
  fallback_level?: string;
  url?: string | null;
  /** What a check of a picture (`kind` visual) or of accessibility found. */
  check?: unknown;
  /** Set when a model was asked. */
  advised?: Advised | null;
  /** Set when its element was to be looked for in a picture of the page. */
  vision?: Sight | null;
  success: boolean;
  has_screenshot: boolean;
  screenshot_url?: string | null;
  /** Where the step's element came from: `vision` = a picture of the page, `hybrid` = the answer of a model counted, else `dom` */
  mode_used: string;
  fallback_triggered: boolean;
  vision_attempts: number;
  /** What the model was shown that looked for the element. */
  vision_picture_url?: string | null;
  /** US dollars that a model cost; null when its prices are unknown. */
  estimated_cost?: number | null;
};

/** Where a step stands. */
export type StepState = "pending" | "running" | "done" | "failed" | "skipped";

/** What came of testing one step. */
export type StepTestView = {
  ok: boolean;
  /** Exactly what it would do. */
  command: string;
  target: string;
  /** What the other side said, or why it does not work. */
  result: string;
  /** Whether its host is there now; null when nobody can tell. */
  up?: boolean | null;
  latency_ms: number;
};

export type StepUpBody = {
  password?: string | null;
  /** Six digits or a recovery code. */
  code?: string | null;
  /** A passkey's signature; begun with `/api/auth/passkey/login/begin` and `step_up`. */
  assertion?: AssertedCredential | null;
};

/** A step of a run. */
export type StepView = {
  step_id: string;
  direction: Direction;
  phase: number;
  name: string;
  kind: string;
  target: string;
  /** Exactly what is done. */
  command: string;
  state: StepState;
  attempts: number;
  result?: string | null;
  started_at?: string | null;
  ended_at?: string | null;
};

/** A step of a flow. */
export type StepView2 = {
  order?: number;
  action?: string;
  target?: string | null;
  value?: string | null;
  page_url?: string | null;
  description?: string | null;
  /** Of an assert: the claim and what it expects, such as `url_contains /about`. */
  expected_result?: string | null;
  wait_condition?: string | null;
};

export type StoppedView = {
  success: boolean;
  session_id: string;
  status: Status3;
  message: string;
  pages_discovered: number;
  flows_discovered: number;
};

/** The state of a browser as its tools write it down. */
export type StorageState = {
  cookies?: (Record<string, unknown>)[];
  origins?: OriginState[];
};

export type Stored = {
  name?: string;
  value?: string;
};

export type SubjectView = {
  /** As a condition names it: `power_battery_percent[ups-1]`. */
  metric: string;
  /** The present value; null when nothing came lately. */
  value?: number | null;
};

export type SubscribeBody = {
  project_id?: string | null;
  /** Of in_app, email, slack. */
  channels?: string[] | null;
};

export type SubscriptionView = {
  /** A kind or `prefix.*`. */
  event: string;
  project_id?: string | null;
  channels: string[];
};

export type SuccessBody = {
  pattern_id: string;
  test_passed: boolean;
  /** The test found an element that had changed. */
  self_healed?: boolean;
};

export type SuccessView = {
  success: boolean;
};

export type SuggestedView = {
  flow_id: string;
  name: string;
  steps_count: number;
  /** Whether it ran to its end; null when it was not run. */
  validated?: boolean | null;
};

/** A proposal with everything that is known of it. */
export type SuggestionFull = {
  id: string;
  project_id: string;
  test_id: string;
  test_name: string;
  run_id: string;
  /** `setup`, `steps`, `teardown` or `assertions`. */
  phase: string;
  step_index: number;
  failure_type: string;
  fix_type: string;
  old_value: string;
  new_value: string;
  confidence: number;
  runner_up_confidence?: number | null;
  strategy: string;
  explanation: string;
  /** What speaks for it: attributes with their weight and likeness. */
  evidence: unknown[];
  requires_review: boolean;
  status: SuggestionStatus;
  page_url?: string | null;
  /** The page with the replacement. */
  screenshot_url?: string | null;
  /** The step when it last passed. */
  before_screenshot_url?: string | null;
  /** Where the replacement is in the picture, and the size of the view: CSS pixels. */
  area?: number[] | null;
  view?: number[] | null;
  /** Of the pattern, from 0 to 1; unknown until somebody decided. */
  success_rate?: number | null;
  pattern_id?: string | null;
  times_seen: number;
  times_used: number;
  created_at: string;
  reviewed_by?: string | null;
  reviewed_at?: string | null;
  note?: string | null;
  mark_as_bug: boolean;
  /** The best candidates: selector, score, attributes, parts. */
  candidates: unknown[];
  /** What the element looked like when its step last passed. */
  fingerprint?: unknown;
  screenshot_artifact_id?: string | null;
  before_screenshot_artifact_id?: string | null;
  /** Tests that took it, with their versions before and after. */
  taken: unknown[];
};

/** Where a proposal stands. */
export type SuggestionStatus = "pending" | "applied" | "auto_applied" | "rejected" | "expired" | "superseded";

export type SuggestionsView = {
  suggestions: SuggestionView[];
  total: number;
  limit: number;
  offset: number;
};

/** A proposal as lists show it. */
export type SuggestionView = {
  id: string;
  project_id: string;
  test_id: string;
  test_name: string;
  run_id: string;
  /** `setup`, `steps`, `teardown` or `assertions`. */
  phase: string;
  step_index: number;
  failure_type: string;
  fix_type: string;
  old_value: string;
  new_value: string;
  confidence: number;
  runner_up_confidence?: number | null;
  strategy: string;
  explanation: string;
  /** What speaks for it: attributes with their weight and likeness. */
  evidence: unknown[];
  requires_review: boolean;
  status: SuggestionStatus;
  page_url?: string | null;
  /** The page with the replacement. */
  screenshot_url?: string | null;
  /** The step when it last passed. */
  before_screenshot_url?: string | null;
  /** Where the replacement is in the picture, and the size of the view: CSS pixels. */
  area?: number[] | null;
  view?: number[] | null;
  /** Of the pattern, from 0 to 1; unknown until somebody decided. */
  success_rate?: number | null;
  pattern_id?: string | null;
  times_seen: number;
  times_used: number;
  created_at: string;
  reviewed_by?: string | null;
  reviewed_at?: string | null;
  note?: string | null;
  mark_as_bug: boolean;
};

export type Summary = {
  avg: number;
  max: number;
  min: number;
  /** The newest hour. */
  current: number;
  points: number;
  data: Hour[];
};

export type Summary2 = {
  total: number;
  passed: number;
  failed: number;
  errors: number;
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

export type SummaryView3 = {
  total_requests: number;
  total_input_tokens: number;
  total_output_tokens: number;
  /** Of what has a known price; null when nothing has, zero when nothing was asked. */
  total_cost_usd?: number | null;
  /** With the key of the organization or of the installation. */
  platform_key_cost?: number | null;
  /** With keys of one's own. */
  byok_cost?: number | null;
  usage_by_model: Record<string, SumView>;
  usage_by_provider: Record<string, SumView>;
};

export type SumView = {
  requests: number;
  input_tokens: number;
  output_tokens: number;
  /** Null where no price is known. */
  cost_usd?: number | null;
};

/** What an action can make of an outlet. */
export type Switch = "on" | "off" | "cycle";

export type SwitchBody = {
  /** Absent: the other state than now. */
  state?: Switch | null;
  /** Seconds to wait first. */
  delay_seconds?: number | null;
  /** The device's id. */
  confirm?: string | null;
};

export type SwitchBody2 = {
  disabled: boolean;
};

export type SwitchedView = {
  name: string;
  disabled: boolean;
  changed: boolean;
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
  db: DatabaseView;
  workers: WorkersView;
  scheduler: SchedulerView;
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

/** How a picture of an address is taken, so that the next one can be taken alike. */
export type Taken = {
  /** All of the page instead of what is in view. */
  full_page?: boolean;
  /** What they select is painted over. */
  mask_selectors?: string[];
  /** What they select is not shown. */
  hide_selectors?: string[];
};

/** A backend as asked for. */
export type TargetBody = {
  host?: string | null;
  port?: number | null;
  weight?: number | null;
  enabled?: boolean | null;
};

export type TargetHealthView = {
  target_id: number;
  target_group_id: number;
  host: string;
  port: number;
  enabled: boolean;
  /** healthy, unhealthy or unknown */
  status: string;
  last_status_code?: number | null;
  last_error?: string | null;
  last_checked_at?: string | null;
  /** In progress. */
  num_requests: number;
  num_fails: number;
};

export type TargetTested = {
  ok: boolean;
  target: string;
};

export type TargetView = {
  id: number;
  target_group_id: number;
  host: string;
  port: number;
  weight: number;
  enabled: boolean;
  created_at: string;
  updated_at: string;
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
  /** password, second_factor, channel, backup, tls */
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

export type TemplateBody = {
  name: string;
  description?: string;
  category?: string;
  template: unknown;
};

export type TemplateView = {
  id: string;
  name: string;
  description: string;
  category: string;
  template: unknown;
  created_by: string;
  created_at: string;
};

export type TestBody = {
  /** Absent = the saved one. */
  issuer_url?: string | null;
};

/** What is said of a test. New ones need `project_id` and `name`. */
export type TestBody2 = {
  project_id?: string | null;
  name?: string | null;
  description?: string | null;
  steps?: unknown[] | null;
  assertions?: unknown[] | null;
  setup?: unknown[] | null;
  teardown?: unknown[] | null;
  variables?: Record<string, unknown> | null;
  config?: Record<string, unknown> | null;
  tags?: string[] | null;
  priority?: Priority | null;
  is_active?: boolean | null;
  source?: Source | null;
  /** 409 when the test has another version by now. */
  expected_version?: number | null;
};

export type TestedView = {
  lapi_url: string;
  bouncer: HalfView;
  machine: HalfView;
};

/** Which tests, besides the listed ones. */
export type TestFilter = {
  tags?: string[];
  priority?: string[];
};

export type TestLineView = {
  id: string;
  project_id: string;
  name: string;
  description?: string | null;
  tags: string[];
  priority: Priority;
  is_active: boolean;
  source: Source;
  version: number;
  step_count: number;
  created_at: string;
  updated_at: string;
  /** Newest first, at most 20. */
  recent_results: MarkView[];
  /** Over the recent results. */
  figures: Figures;
};

export type TestMadeView = {
  /** Null when it was not saved. */
  id?: string | null;
  name: string;
  description: string;
  flow_id: string;
  framework: string;
  language: string;
  setup: unknown[];
  steps: unknown[];
  assertions: unknown[];
  metadata: MetadataView;
  code: string;
  is_active: boolean;
};

export type TestsView = {
  tests: TestLineView[];
  total: number;
  limit: number;
  offset: number;
  /** What the tests of the organization or project are tagged with, whatever the other filters say. */
  tags: string[];
};

export type TestView = {
  status: string;
  response: string;
};

export type TestView2 = {
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

export type TestView3 = {
  status: string;
  message: string;
  results: ResultView[];
};

export type TestView4 = {
  ok: boolean;
  latency_ms?: number | null;
  profile?: string | null;
  /** What the device says it is. */
  device_type?: DeviceType | null;
  model?: string | null;
  snapshot?: SnapshotView | null;
  error?: string | null;
};

export type TestView5 = {
  result: string;
  /** When we saw it, or as the device says. */
  at?: string | null;
};

export type TestView6 = {
  success: boolean;
  sent_payload: string;
  error_message?: string | null;
  /** The receiver's HTTP status; null when there was none. */
  http_status?: number | null;
  /** What a mail server or broker said. */
  answer?: string | null;
};

/** What came of a test. */
export type TestView7 = {
  /** Every step could be reached and would be let in. */
  ok: boolean;
  budget: Budget;
  warnings: string[];
  run: RunView2;
};

export type TestView8 = {
  id: string;
  project_id: string;
  name: string;
  description?: string | null;
  steps: unknown;
  assertions: unknown;
  setup: unknown;
  teardown: unknown;
  variables: Record<string, unknown>;
  config: Record<string, unknown>;
  tags: string[];
  priority: Priority;
  is_active: boolean;
  source: Source;
  version: number;
  created_by: string;
  created_at: string;
  updated_at: string;
};

/** A thing with everything that is known of it. */
export type ThingDetail = {
  ref: string;
  kind: string;
  name: string;
  status: Status2;
  /** The domain's own word for the state. */
  word: string;
  detail: string;
  /** Its address in the interface; empty when it has no page of its own. */
  page: string;
  tags: string[];
  rev: number;
  /** RFC 3339. */
  status_since: string;
  /** RFC 3339; set once its source no longer names it. */
  gone_at?: string | null;
  facts: Fact[];
  /** Tags that people set. */
  own_tags: string[];
  note?: string | null;
  /** The domain that reports it. */
  source: string;
  /** RFC 3339. */
  first_seen: string;
  links: LinkView[];
  /** What it depends on and is in trouble, nearest first. */
  causes: ThingView[];
  /** How many things would suffer with it. */
  dependents: number;
  /** What the caller may do: annotate, link. */
  actions: string[];
};

/** A thing in a list. */
export type ThingView = {
  ref: string;
  kind: string;
  name: string;
  status: Status2;
  /** The domain's own word for the state. */
  word: string;
  detail: string;
  /** Its address in the interface; empty when it has no page of its own. */
  page: string;
  tags: string[];
  rev: number;
  /** RFC 3339. */
  status_since: string;
  /** RFC 3339; set once its source no longer names it. */
  gone_at?: string | null;
};

export type ThreadSummaryView = {
  /** Tests that ended. */
  iteration: number;
  passed: number;
  failed: number;
  skipped: number;
  current_test?: string | null;
  total_tests: number;
  progress_percent: number;
  total_cost: number;
  error?: string | null;
};

export type ThreadView = {
  /** Always true: what is not there is a 404. */
  found: boolean;
  thread_id: string;
  run_id: string;
  status: RunStatus;
  /** What comes next: `executing` before it began. */
  next_node?: string | null;
  started_at?: string | null;
  state_summary: ThreadSummaryView;
  /** queued, executing, completed, failed, cancelled */
  current_phase: string;
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

export type TimesView = {
  time: string;
  /** Null without answers. */
  p50_ms?: number | null;
  p95_ms?: number | null;
  p99_ms?: number | null;
  n: number;
};

/** How a site's certificate is had. */
export type TlsMode = "auto" | "none" | "manual";

export type TlsView = {
  cert_path: string;
  key_path: string;
  is_self_signed: boolean;
  subject?: string | null;
  issuer?: string | null;
  not_before?: string | null;
  not_after?: string | null;
  sans: string[];
  /** `aa:bb:...` */
  fingerprint_sha256?: string | null;
  /** `direct` or `behind_proxy` */
  mode: string;
  /** There is an HTTPS listener. */
  listening: boolean;
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

export type TokenView3 = {
  registration_token: string;
  connect: ConnectView;
};

export type ToolView = {
  platform: string;
  /** Whether the instance knows a client id and secret of this tool; without them nobody can connect. */
  configured: boolean;
  connected: boolean;
  account_name?: string | null;
  account_id?: string | null;
  scopes: string[];
  connected_at?: string | null;
  token_expires_at?: string | null;
  /** The tool renews its token no more: connect it again. */
  needs_reconnect: boolean;
};

export type TopologyNodeView = {
  id: string;
  name: string;
  device_type: string;
  status: string;
};

export type TopologyView = {
  nodes: TopologyNodeView[];
  externals: ExternalView[];
  links: LinkView2[];
};

/** A process at the top of a list; `val` is percent, or bytes per second for I/O. */
export type TopView = {
  name: string;
  val: number;
  pid: number;
};

export type TotalView = {
  device_id: string;
  /** Of one outlet; absent: of the whole device. */
  outlet?: string | null;
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

export type TraceView = {
  artifact_id: string;
  /** Of the test and its run: `status`, `run_id`, `test_id`, `app_url`. */
  about: unknown;
  /** Each with its `result`, the names of its parts (`before`, `after`, `screenshot`, `accessibility`) and `page`, which is the same for pages that a screen reader has nothing else of; null without a tree. */
  steps: unknown[];
  total: number;
  /** Later documents and pictures did not fit into the trace. */
  truncated: boolean;
};

export type TrafficView = {
  range: string;
  granularity: string;
  timeseries: ClassesView[];
  response_times: TimesView[];
  top_hosts: HostCount[];
  top_paths: PathCount[];
  bandwidth_out_bytes: number;
  /** Every country, the busiest first; empty while no database of places is there. */
  by_country: CountryView[];
  /** From addresses of private networks. */
  private_requests: number;
  /** From addresses whose country nobody knew. */
  unknown_requests: number;
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

export type TrialBody = {
  /** Path and query as a client would send them. */
  path: string;
  /** GET when absent. */
  method?: string | null;
  /** The name that is asked for, where the site is a wildcard; the site's own when absent. */
  host?: string | null;
  /** By name. */
  headers?: Record<string, string>;
  /** Who asks; 198.51.100.1 when absent, an address of nobody. */
  client_ip?: string | null;
  /** A rule that is being written. */
  rule?: RuleBody2 | null;
  /** The id of the rule that it will take the place of; a new one when absent. */
  rule_id?: number | null;
};

export type TrialView = {
  ok: boolean;
  latency_ms: number;
  error?: string | null;
};

export type TriggerBody = {
  test_ids?: string[] | null;
  app_url?: string | null;
  environment_variables?: unknown;
};

export type Triggered = {
  job_id: number;
};

export type TriggeredView = {
  success: boolean;
  message: string;
  run_id: string;
  schedule_id: string;
  started_at: string;
};

/** When a source is critical. A limit of null or 0 is off. */
export type Triggers = {
  /** T1: the UPS, or somebody at our NUT server, ordered a forced shutdown. */
  fsd?: boolean;
  /** T2: on battery and low. */
  low_battery?: boolean;
  lb_hold_seconds?: number;
  /** T3. */
  battery_percent?: number | null;
  /** T4. */
  runtime_seconds?: number | null;
  /** T5. */
  percent_per_minute?: number | null;
  /** T6. */
  on_battery_seconds?: number;
  /** T7: polls that failed in a row after the UPS was on battery. */
  lost_polls?: number;
  /** T3 to T5 are not judged this long after the mains failed. */
  stabilise_seconds?: number;
  /** Between the trigger and the first phase. */
  grace_seconds?: number;
};

/** A thing in trouble, with what follows from it. */
export type TroubleView = {
  thing: ThingView;
  children: ThingView[];
};

export type TuningBody = {
  inbound_threshold?: number | null;
  outbound_threshold?: number | null;
};

export type TuningDriftView = {
  drift_detected: boolean;
  expected_inbound: number;
  /** Null = CrowdSec's file cannot be read. */
  actual_inbound?: number | null;
  expected_outbound: number;
  actual_outbound?: number | null;
  last_check_at: string;
};

export type TuningView = {
  inbound_threshold: number;
  outbound_threshold: number;
  last_modified_at?: string | null;
};

/** Members as a client writes them. */
export type TunnelBody = {
  name?: string | null;
  /** `tcp` or `udp`. */
  protocol?: string | null;
  /** `relay` or `direct`. */
  mode?: string | null;
  /** `quic` (default) or `udp`. */
  transport?: string | null;
  /** Where traffic enters. */
  ingress_node_id?: string | null;
  ingress_listen_port?: number | null;
  /** Where traffic leaves. */
  egress_node_id?: string | null;
  /** IP:port. */
  egress_forward_addr?: string | null;
  /** Direct mode: host:port where the exit edge is reached. */
  egress_peer_addr?: string | null;
  relay_addr?: string | null;
  relay_addr_backup?: string | null;
  relay_node_id?: string | null;
  associated_flow_ids?: string[] | null;
  /** Changes only: `active` or `disabled`. */
  status?: string | null;
};

export type TunnelsView = {
  tunnels: TunnelView[];
};

export type TunnelView = {
  id: string;
  name: string;
  protocol: string;
  mode: string;
  transport: string;
  ingress_node_id: string;
  ingress_node_name?: string | null;
  ingress_listen_port: number;
  egress_node_id: string;
  egress_node_name?: string | null;
  egress_forward_addr: string;
  egress_peer_addr?: string | null;
  relay_addr?: string | null;
  relay_addr_backup?: string | null;
  relay_node_id?: string | null;
  relay_node_name?: string | null;
  /** `pending`, `active`, `error`, `disabled`. */
  status: string;
  associated_flow_ids?: string[] | null;
  /** `pending`, `pushed`, `failed`; so are the next two. */
  ingress_push_status: string;
  egress_push_status: string;
  relay_push_status?: string | null;
  ingress_push_error?: string | null;
  egress_push_error?: string | null;
  relay_push_error?: string | null;
  /** What the nodes say of it now. */
  ingress_state?: string | null;
  egress_state?: string | null;
  relay_state?: string | null;
  created_at: string;
  updated_at: string;
  /** Legs that were not told, in words. */
  warnings: string[];
};

export type TypesView = {
  types: TypeView2[];
};

export type TypeView = {
  rule_id: string;
  message: string;
  count: number;
};

export type TypeView2 = {
  value: PatternType;
  label: string;
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

export type UnbanBody = {
  ip: string;
  /** Lifts ranges that hold the address too; without it they stay and the address goes on the allow list. */
  lift_ranges?: boolean;
};

export type UnbannedView = {
  unbanned: number;
  ip: string;
  lifted: PlaceView2[];
  /** Ranges that hold the address and stay banned. */
  covering: PlaceView2[];
  /** Whether the address was put on the allow list because of them. */
  whitelisted: boolean;
};

export type UndoneView = {
  status: string;
  /** What was taken back. */
  action: string;
};

export type UndoView = {
  status: string;
  undo: string;
};

export type UnitView = {
  name: string;
  status: string;
  description?: string | null;
};

/** Microseconds, written as seconds; whole seconds without a fraction, which a month of minutes is quicker by. */
export type UnixTime = number;

export type UnreadView = {
  unread_count: number;
  /** By low, normal, high and urgent, as far as there are any. */
  by_priority: Record<string, number>;
};

export type Upcoming = {
  start: number;
  end: number;
};

export type UpdateBody = {
  message?: string;
  status?: string | null;
};

export type UpdateBody2 = {
  test_ids: string[];
  is_active?: boolean | null;
  priority?: Priority | null;
  tags_add?: string[] | null;
  tags_remove?: string[] | null;
};

/** Absent = unchanged, `null` = cleared. */
export type UpdateBody3 = {
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

export type UpdatedView = {
  success: boolean;
  updated: string[];
  before: BeforeView[];
  failed: FailedView[];
  updated_count: number;
  failed_count: number;
};

export type UpdateView = {
  id: number;
  message: string;
  status: string;
  created_at: number;
  created_by: string;
};

export type Upload = {
  cert_pem: string;
  key_pem: string;
};

export type UploadBody = {
  events: unknown[];
  /** What a page calls its own recording; the same one goes on. */
  session_id?: string | null;
  sequence?: number | null;
  project_id?: string | null;
  name?: string | null;
  metadata?: Record<string, unknown>;
  final?: boolean;
};

export type Uploaded = {
  success: boolean;
  message?: string | null;
  error?: string | null;
  restart_required: boolean;
};

export type UploadedView = {
  success: boolean;
  recording_id: string;
  events_count: number;
  duration_ms?: number | null;
  estimated_steps: number;
  message: string;
  error?: string | null;
};

export type UsageView = {
  days: DayView[];
  features: NamedView[];
  users: NamedView[];
  budgets: BudgetView[];
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
  /** Whose matter it is; null = the instance's. */
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

export type UserRow = {
  id: string;
  username: string;
  display_name: string;
  email?: string | null;
  role: string;
  is_temporary: boolean;
  expires_at?: string | null;
  allowed_node_ids?: string[] | null;
  is_active: boolean;
  last_login_at?: string | null;
};

export type UsersBody = {
  /** list, add, remove, change_password, set_role */
  action?: string;
  username?: string;
  password?: string;
  role?: string | null;
};

export type UserView = {
  host_id: number;
  domain: string;
  /** Whatever no rule decides goes there. */
  is_default: boolean;
  /** Priorities of the rules that forward there. */
  rules: number[];
  /** Requests go there now: by default, or by a rule that is on. */
  is_live: boolean;
};

export type ValidateBody = {
  /** 5-300 */
  timeout_seconds?: number;
  capture_video?: boolean;
  stop_on_error?: boolean;
};

export type ValidatedView = {
  success: boolean;
  flow_id: string;
  validation_result: Validation;
};

/** How running a way ended. */
export type Validation = {
  success?: boolean;
  steps_executed?: number;
  steps_passed?: number;
  steps_failed?: number;
  duration_ms?: number;
  errors?: string[];
  /** Artifacts. */
  screenshots?: string[];
  validated_at?: string;
};

export type ValidationView = {
  valid: boolean;
  errors: string[];
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

export type ValidView2 = {
  valid: boolean;
  required_parameters: string[];
  provided_parameters: string[];
  missing_parameters: string[];
  unused_parameters: string[];
  errors: ParameterFault[];
  warnings: string[];
};

export type ValidView3 = {
  valid: boolean;
  errors: FaultView[];
  warnings: string[];
};

export type ValueBody = {
  value: string;
};

export type VariableView = {
  value: string;
  writable: boolean;
};

export type VaultView = {
  /** A short name of the master key that reveals nothing about it. */
  fingerprint: string;
  /** The data key that seals now. */
  active_key: string;
  /** Older data keys that values are still sealed with: a re-encryption was begun and not finished. */
  retired_keys: string[];
  /** Sealed values that could not be opened since the start. */
  unreadable: number;
  /** The newest re-encryption; null when there was none. */
  rekey?: RekeyView | null;
};

/** What a walk over the chain found. */
export type Verdict = {
  /** Rows checked, up to and including a broken one. */
  rows: number;
  ok: boolean;
  /** `id` of the first row that does not fit; `null` when the chain is whole, or when only the end is missing. */
  broken_at?: number | null;
};

export type VerdictView = {
  /** Null when the provider could not be asked. */
  is_valid?: boolean | null;
  error?: string | null;
  provider: string;
};

export type VerifyBody = {
  challenge_id: string;
  code: string;
};

export type Version = {
  /** Unix seconds. */
  timestamp: number;
  iso: string;
  /** Bytes. */
  size: number;
  filename: string;
  current?: boolean | null;
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

/** What the build was told of itself. */
export type VersionView2 = {
  version: string;
  commit?: string | null;
  /** RFC 3339, as the build was told. */
  built_at?: string | null;
};

export type VersionView3 = {
  id: string;
  /** What replaced it: `update_config`, `create_flow`, `update_flow`, `delete_flow`. */
  reason: string;
  actor: string;
  created_at: string;
  /** Without its secrets. */
  config: unknown;
};

export type VersionView4 = {
  version: number;
  summary: string;
  created_by: string;
  created_at: string;
  is_current: boolean;
};

export type View = {
  width: number;
  height: number;
};

export type ViewChange = {
  name?: string | null;
  query?: string | null;
  shared?: boolean | null;
};

/** The size of a page, in CSS pixels. */
export type Viewport = {
  name?: string | null;
  width: number;
  height: number;
  /** Device pixels for one CSS pixel. */
  device_scale_factor: number;
};

export type ViewportView = {
  width: number;
  height: number;
};

export type ViewView = {
  id: string;
  page: string;
  name: string;
  query: string;
  shared: boolean;
  /** Whether the caller made it. */
  own: boolean;
  by: string;
  updated_at: string;
};

/** How far the input voltage may be off. */
export type VoltageBand = "tight" | "normal" | "loose";

export type VoteView = {
  username: string;
  comment?: string | null;
  at: number;
};

/** How a host comes back. */
export type Wake = {
  kind: WakeKind;
  /** For wake-on-LAN: `aa:bb:cc:dd:ee:ff`. */
  mac?: string;
  /** Where the wake-on-LAN packet is sent. */
  broadcast?: string;
  port?: number;
  /** The device whose outlet is switched on. */
  device_id?: string;
  outlet?: string;
};

/** What wakes a host. */
export type WakeKind = "wol" | "redfish" | "ipmi" | "guest" | "outlet";

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
  /** native, token, basic or none */
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

/** A rule of the week. */
export type Weekly = {
  /** sun, mon, tue, wed, thu, fri, sat */
  days: string[];
  /** `HH:MM` in the zone of the window. */
  start: string;
  /** 1 to 43200. */
  duration_minutes: number;
};

export type WhitelistView = {
  entries: EntryView2[];
};

/** A person, or a program with members of people null. */
export type WhoView = {
  authenticated: boolean;
  /** The account; null for a program. */
  id?: string | null;
  user_id?: string | null;
  username: string;
  display_name?: string | null;
  name?: string | null;
  email?: string | null;
  /** viewer, operator, admin or super_admin. */
  role: string;
  /** In the organization below. */
  roles: string[];
  organization_id?: string | null;
  /** `*` where nothing but the role limits the credential. */
  scopes: string[];
  /** session, jwt, api_key or service_account. */
  auth_method: string;
  session_id?: string | null;
  ip_address?: string | null;
  authenticated_at: string;
  is_temporary?: boolean | null;
  expires_at?: string | null;
  allowed_node_ids?: string[] | null;
  is_active: boolean;
  last_login_at?: string | null;
  has_2fa?: boolean | null;
  must_change_password: boolean;
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
  matchers?: Matcher2[] | null;
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
  matchers: Matcher2[];
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

/** How a browser session is wanted. */
export type Wish = {
  url?: string | null;
  /** Only `chromium`. */
  browser?: string | null;
  viewport?: View | null;
  record_video?: boolean;
  recordVideo?: boolean;
  auth?: Auth;
  /** Only true: browsers here have no screen. */
  headless?: boolean | null;
  /** Milliseconds without anything done after which it ends: 10000-3600000. */
  timeout_ms?: number | null;
  project_id?: string | null;
  user_agent?: string | null;
  locale?: string | null;
  timezone?: string | null;
};

/** What somebody says of what waits. */
export type Word = "approve" | "deny" | "defer" | "read";

export type WorkersView = {
  /** Notifications that wait to be sent. */
  notification_queue_depth?: number | null;
  /** Always null: they wait in a table, which has no bound. */
  notification_queue_cap?: number | null;
  /** Always 0: a table turns none away. */
  notification_dropped_total: number;
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
  /** Output of the script that runs, else of the last one. */
  "GET /api/action-log": { reply: ContentView };
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
  /** What is behind an alert. */
  "POST /api/ai/analyze-alert/{alert_id}": { params: { alert_id: string }; reply: AnswerView };
  /** What a piece of log says. */
  "POST /api/ai/analyze-logs": { body: LogsBody; reply: AnswerView };
  /** Ask the assistant; with Accept: text/event-stream the answer comes in pieces. */
  "POST /api/ai/chat": { body: ChatBody; reply: AnswerView };
  /** Whether a model is set up. */
  "GET /api/ai/status": { reply: StatusView };
  /** An incident in a few sentences. */
  "POST /api/ai/summarize-incident/{id}": { params: { id: string }; reply: AnswerView };
  /** Ask the configured model one word. */
  "POST /api/ai/test": { reply: TestView };
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
  "DELETE /api/alert-rules/{rule_id}": { params: { rule_id: string }; reply: DeletedView };
  /** How often a condition would have fired. */
  "POST /api/alert-rules/preview": { body: PreviewBody; reply: PreviewView };
  /** What a condition can be about: metrics, things, present values. */
  "GET /api/alert-rules/series": { query: { q?: string }; reply: ChoicesView };
  /** Evaluate a rule on the newest values. */
  "GET /api/alert-rules/test/{rule_id}": { params: { rule_id: string }; reply: TestView2 };
  /** Alert providers and the rules of alerting; secrets blank. */
  "GET /api/alerts": { reply: Record<string, unknown> };
  /** Change members; providers, when given, replaces the list. */
  "PUT /api/alerts": { body: Record<string, unknown>; reply: Record<string, unknown> };
  /** Send a test alert to every enabled provider, or to one. */
  "POST /api/alerts/test": { reply: TestView3 };
  /** Decisions asked for, newest first. */
  "GET /api/approvals": { query: { status?: string; limit?: string; offset?: string }; reply: ApprovalView[] };
  /** One decision, with who consented and what became of it. */
  "GET /api/approvals/{approval_id}": { params: { approval_id: string }; reply: ApprovalView };
  /** Approve, deny or put off. */
  "POST /api/approvals/{approval_id}/decide": { params: { approval_id: string }; body: DecideBody; reply: DecidedView };
  /** How many decisions are open. */
  "GET /api/approvals/count": { reply: CountView };
  /** What the rule engine found. */
  "GET /api/appsec/metrics": { query: { window?: string }; reply: MetricsView };
  /** Switch the firewall of CrowdSec that looks at every request. */
  "PATCH /api/appsec/mode": { body: ModeBody; reply: ModeView };
  /** Whether a rule engine inspects requests. */
  "GET /api/appsec/status": { reply: AppsecView };
  /** Audit log entries, newest first. */
  "GET /api/audit": { query: { limit?: string; offset?: string; user?: string; action?: string; category?: string; status?: string; target_type?: string; target_id?: string; q?: string; from?: string; to?: string; sort?: string; dir?: string }; reply: AuditView[] };
  /** The audit log as a file, whole however long it is. */
  "POST /api/audit/export": { body: ExportBody; reply: void };
  /** Walks the hash chain. */
  "GET /api/audit/verify": { reply: Verdict };
  /** Ways to sign in. */
  "GET /api/auth/capabilities": { reply: void };
  /** The same, under its older name. */
  "POST /api/auth/exchange": { body: CodeBody; reply: ExchangeView };
  /** Who a forwarded request comes from: 200 with headers, or 302 to sign in. */
  "GET /api/auth/forward": { reply: void };
  /** Whom a list of addresses would let in. */
  "POST /api/auth/ip-allowlist/preview": { body: PreviewBody2; reply: PreviewView2 };
  /** Try the directory step by step. */
  "POST /api/auth/ldap/test": { body: LdapTest; reply: Step[] };
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
  /** Ask a provider whether it knows our client. */
  "POST /api/auth/social/{provider}/test": { params: { provider: string }; reply: Probed };
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
  /** Older states of the settings, newest first. */
  "GET /api/backup/config-history": { reply: History };
  /** One of them as YAML. */
  "GET /api/backup/config-history/{filename}": { params: { filename: string }; reply: void };
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
  /** How the data plane stands to what is wanted. */
  "GET /api/caddy/status": { reply: StatusView5 };
  /** The certificate of every enabled site that has it from an authority. */
  "GET /api/certs": { reply: CertificateView[] };
  /** Look at a certificate now; renew it when it is due. */
  "POST /api/certs/{host_id}/renew": { params: { host_id: string }; query: { force?: string }; reply: RenewalQueued };
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
  /** Channels, rules and settings as YAML, secrets redacted. */
  "GET /api/config/export.yaml": { reply: void };
  /** Apply that YAML. */
  "POST /api/config/import/apply": { query: { mode?: string }; reply: EdgePlan };
  /** What an import of that YAML would do; nothing is written. */
  "POST /api/config/import/validate": { query: { mode?: string }; reply: EdgePlan };
  /** Read the configuration file again. */
  "POST /api/config/reload": { reply: Status };
  /** Write settings from YAML, all or nothing. */
  "POST /api/config/restore": { reply: Status };
  /** Set up the exchange with CrowdSec. */
  "PUT /api/crowdsec/connection": { body: ConnectionBody; reply: CrowdSecView };
  /** Try the stored account and forget it when CrowdSec refuses it. */
  "POST /api/crowdsec/regenerate-credentials": { reply: AccountView };
  /** How the exchange with CrowdSec stands. */
  "GET /api/crowdsec/status": { reply: CrowdSecView };
  /** Try the key and the account now. */
  "POST /api/crowdsec/test": { reply: TestedView };
  /** Rules of the core set that can be left out of a firewall. */
  "GET /api/crs/rules": { reply: CoreRuleView[] };
  /** Own card layout of the overview. */
  "GET /api/dashboard": { reply: void };
  /** Change it; absent members stay. */
  "POST /api/dashboard": { body: LayoutBody; reply: StatusOk };
  /** Pools, the proxy engine and the last errors. */
  "GET /api/dashboard/health": { reply: HealthView };
  /** The edge of the last 24 hours in a few numbers. */
  "GET /api/dashboard/overview": { reply: OverviewView };
  /** Attacks of a range by rule, address and path. */
  "GET /api/dashboard/security": { query: { range?: string }; reply: SecurityView };
  /** Requests, answer times and the busiest sites of a range. */
  "GET /api/dashboard/traffic": { query: { range?: string; host_id?: string }; reply: TrafficView };
  /** One's own dashboards and the shared ones, by name. */
  "GET /api/dashboards": { reply: DashboardView[] };
  /** Keep a dashboard. */
  "POST /api/dashboards": { body: DashboardBody; reply: Kept };
  /** Change some fields of a dashboard. */
  "PUT /api/dashboards/{id}": { params: { id: string }; body: DashboardBody; reply: Done2 };
  /** Forget a dashboard. */
  "DELETE /api/dashboards/{id}": { params: { id: string }; reply: Done2 };
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
  "DELETE /api/devices/{device_id}": { params: { device_id: string }; query: { purge?: string; force?: string }; reply: void };
  /** What is known of the battery. */
  "GET /api/devices/{device_id}/battery-health": { params: { device_id: string }; reply: BatteryView };
  /** What the device can be told to do. */
  "GET /api/devices/{device_id}/commands": { params: { device_id: string }; reply: CommandView[] };
  /** Tell the device to do something. */
  "POST /api/devices/{device_id}/commands": { params: { device_id: string }; body: CommandBody; reply: OutcomeView };
  /** End a forced shutdown once the mains are back. */
  "DELETE /api/devices/{device_id}/fsd": { params: { device_id: string }; reply: void };
  /** The outlets of a device. */
  "GET /api/devices/{device_id}/outlets": { params: { device_id: string }; reply: OutletView[] };
  /** Name an outlet or protect it. */
  "PUT /api/devices/{device_id}/outlets/{outlet}": { params: { device_id: string; outlet: string }; body: MarkBody; reply: OutletView };
  /** Switch an outlet over, on, off or off and on again; confirmed by reading it again. */
  "POST /api/devices/{device_id}/outlets/{outlet}/toggle": { params: { device_id: string; outlet: string }; body: SwitchBody; reply: OutletView };
  /** The phases of a device, and their past. */
  "GET /api/devices/{device_id}/phases": { params: { device_id: string }; query: { from?: string; to?: string }; reply: PhasesView };
  /** Quality of supply and availability. */
  "GET /api/devices/{device_id}/quality": { params: { device_id: string }; reply: QualityView };
  /** Everything the device says. */
  "GET /api/devices/{device_id}/variables": { params: { device_id: string }; reply: Record<string, VariableView> };
  /** Set a variable of the device. */
  "PUT /api/devices/{device_id}/variables/{name}": { params: { device_id: string; name: string }; body: ValueBody; reply: OutcomeView };
  /** Search hosts for UPSes and PDUs; adds nothing. */
  "POST /api/devices/discover": { body: DiscoverBody; reply: StartedView };
  /** What a search has found so far. */
  "GET /api/devices/discover/{job_id}": { params: { job_id: string }; reply: DiscoverView };
  /** End a search. */
  "DELETE /api/devices/discover/{job_id}": { params: { job_id: string }; reply: void };
  /** Whether a device answers; stores nothing. */
  "POST /api/devices/test": { reply: TestView4 };
  /** How the last cycle went. */
  "GET /api/diagnostics": { reply: DiagnosticsView };
  /** When each file system will be full. */
  "GET /api/disks/prediction": { reply: CapacityView };
  /** Every provider of the catalogue and whether it is set up. */
  "GET /api/dns-providers": { reply: DnsProviderView[] };
  /** One provider. */
  "GET /api/dns-providers/{name}": { params: { name: string }; reply: DnsProviderView };
  /** Set a provider up, on or off. */
  "PUT /api/dns-providers/{name}": { params: { name: string }; body: DnsProviderBody; reply: DnsProviderAnswer };
  /** Swagger UI, when `http.api_docs_alias` is on. */
  "GET /api/docs": { reply: void };
  /** Totals per device; empty unless the energy exporter is enabled. */
  "GET /api/energy": { query: { outlets?: string }; reply: TotalView[] };
  /** Energy and cost per hour, day, week or month. */
  "GET /api/energy/history": { query: { device_id?: string; outlet?: string; outlets?: string; bucket?: string; from?: string; to?: string; format?: string; standing?: string }; reply: HistoryView[] };
  /** Build the energy again from the stored samples. */
  "POST /api/energy/recompute": { body: RecomputeBody; reply: void };
  /** Begin the total of a device anew; its history stays. */
  "POST /api/energy/reset": { body: ResetBody; reply: void };
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
  /** Events as a file, newest first. */
  "GET /api/export/events": { query: { format?: string; device_id?: string; from?: string; to?: string }; reply: void };
  /** Stored samples as a file. */
  "GET /api/export/snapshots": { query: { format?: string; device_id?: string; from?: string; to?: string }; reply: void };
  /** Receivers of samples and events, and how they fare. */
  "GET /api/exporters": { reply: ExporterView[] };
  /** Try a receiver out with the stored settings. */
  "POST /api/exporters/{name}/test": { params: { name: string }; reply: TrialView };
  /** Where an address is and whose network it belongs to. */
  "GET /api/geoip/lookup": { query: { ip?: string }; reply: PlaceView };
  /** Fetch both databases now. */
  "POST /api/geoip/refresh": { reply: RefreshView };
  /** How the databases of places stand. */
  "GET /api/geoip/status": { reply: StatusView6 };
  /** Bring a database as `file` of a form, packed with gzip or not. */
  "POST /api/geoip/upload": { query: { kind?: string }; reply: StatusView6 };
  /** A dashboard for Grafana over what `/api/metrics/prometheus` tells. */
  "GET /api/grafana/dashboard": { reply: void };
  /** Windows that hold healing back. */
  "GET /api/healing/maintenance": { reply: HealWindowView[] };
  /** Hold healing of a target back for a while. */
  "POST /api/healing/maintenance": { body: HealBody; reply: SavedView2 };
  /** End a healing window. */
  "DELETE /api/healing/maintenance/{id}": { params: { id: string }; reply: StatusView7 };
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
  /** Every site, by domain. */
  "GET /api/hosts": { reply: HostView2[] };
  /** Publish a site, with a pool that is there or a new one. */
  "POST /api/hosts": { body: HostBody; reply: HostView2 };
  /** Compression, HSTS, request limits and error pages of a site. */
  "GET /api/hosts/{host_id}/delivery": { params: { host_id: string }; reply: DeliveryView };
  /** Replace how answers of a site are delivered. */
  "PUT /api/hosts/{host_id}/delivery": { params: { host_id: string }; body: Delivery; reply: DeliveryView };
  /** The rules of a site, by priority. */
  "GET /api/hosts/{host_id}/rules": { params: { host_id: string }; reply: RuleView3[] };
  /** Add a rule; without a priority it comes last. */
  "POST /api/hosts/{host_id}/rules": { params: { host_id: string }; body: RuleBody2; reply: RuleView3 };
  /** One rule. */
  "GET /api/hosts/{host_id}/rules/{rule_id}": { params: { host_id: string; rule_id: string }; reply: RuleView3 };
  /** Replace a rule. */
  "PUT /api/hosts/{host_id}/rules/{rule_id}": { params: { host_id: string; rule_id: string }; body: RuleBody2; reply: RuleView3 };
  /** Delete a rule. */
  "DELETE /api/hosts/{host_id}/rules/{rule_id}": { params: { host_id: string; rule_id: string }; reply: void };
  /** Switch a rule on or off. */
  "POST /api/hosts/{host_id}/rules/{rule_id}/toggle": { params: { host_id: string; rule_id: string }; reply: RuleView3 };
  /** Number all rules anew, in this order. */
  "POST /api/hosts/{host_id}/rules/reorder": { params: { host_id: string }; body: OrderBody; reply: RuleView3[] };
  /** Which rule would decide about a request; nothing is sent. */
  "POST /api/hosts/{host_id}/rules/try": { params: { host_id: string }; body: TrialBody; reply: OutcomeView2 };
  /** The protection of a site. */
  "GET /api/hosts/{host_id}/security": { params: { host_id: string }; reply: ProtectionView };
  /** Replace the protection of a site. */
  "PUT /api/hosts/{host_id}/security": { params: { host_id: string }; body: SecurityBody; reply: SecurityView2 };
  /** Add a rule of your own. */
  "POST /api/hosts/{host_id}/security/custom-rules": { params: { host_id: string }; body: CustomRuleBody; reply: CustomRuleView };
  /** Replace a rule of your own. */
  "PUT /api/hosts/{host_id}/security/custom-rules/{id}": { params: { host_id: string; id: string }; body: CustomRuleBody; reply: CustomRuleView };
  /** Delete a rule of your own. */
  "DELETE /api/hosts/{host_id}/security/custom-rules/{id}": { params: { host_id: string; id: string }; reply: void };
  /** Switch a rule of your own. */
  "POST /api/hosts/{host_id}/security/custom-rules/{id}/toggle": { params: { host_id: string; id: string }; reply: CustomRuleView };
  /** Leave out a rule of the core set. */
  "POST /api/hosts/{host_id}/security/exclusions": { params: { host_id: string }; body: ExclusionBody; reply: ExclusionView };
  /** Replace an exclusion. */
  "PUT /api/hosts/{host_id}/security/exclusions/{id}": { params: { host_id: string; id: string }; body: ExclusionBody; reply: ExclusionView };
  /** Delete an exclusion. */
  "DELETE /api/hosts/{host_id}/security/exclusions/{id}": { params: { host_id: string; id: string }; reply: void };
  /** Switch an exclusion. */
  "POST /api/hosts/{host_id}/security/exclusions/{id}/toggle": { params: { host_id: string; id: string }; reply: ExclusionView };
  /** One site. */
  "GET /api/hosts/{id}": { params: { id: string }; reply: HostView2 };
  /** Change a site. */
  "PUT /api/hosts/{id}": { params: { id: string }; body: HostBody; reply: HostView2 };
  /** Delete a site with its rules and protection. */
  "DELETE /api/hosts/{id}": { params: { id: string }; reply: void };
  /** Switch a site on or off. */
  "POST /api/hosts/{id}/toggle": { params: { id: string }; reply: HostView2 };
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
  "POST /api/incidents/{id}/merge": { params: { id: string }; body: MergeBody; reply: StatusView8 };
  /** The war room, oldest first. */
  "GET /api/incidents/{id}/messages": { params: { id: string }; reply: MessagesView };
  /** Write into the war room. */
  "POST /api/incidents/{id}/messages": { params: { id: string }; body: MessageBody; reply: CreatedView };
  /** Open a resolved incident again. */
  "POST /api/incidents/{id}/reopen": { params: { id: string }; reply: StatusView8 };
  /** Resolve; its alerts stay quiet until they clear. */
  "POST /api/incidents/{id}/resolve": { params: { id: string }; reply: StatusView8 };
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
  /** The last lines of one log as text. */
  "GET /api/log-viewer": { query: { type?: string; lines?: string; format?: string }; reply: ContentView2 };
  /** Sign in and get a token. */
  "POST /api/login": { body: LoginBody2; reply: TokenView };
  /** End the session of the token. */
  "POST /api/logout": { reply: StatusOk };
  /** Log lines. */
  "GET /api/logs": { query: { from?: string; to?: string; source?: string; level?: string; status?: string; path?: string; remote_ip?: string; country?: string; q?: string; limit?: string; offset?: string; order?: string }; reply: ListView };
  /** One line. */
  "GET /api/logs/{id}": { params: { id: string }; reply: EntryView };
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
  /** Windows that concern power devices, newest first. */
  "GET /api/maintenance": { reply: PowerWindowView[] };
  /** Plan maintenance of power devices, once or weekly. */
  "POST /api/maintenance": { body: PowerWindowBody; reply: PowerWindowView };
  /** Maintenance windows, newest first. */
  "GET /api/maintenance-windows": { reply: WindowView[] };
  /** Plan maintenance, once or recurring. */
  "POST /api/maintenance-windows": { body: WindowBody; reply: SavedView2 };
  /** Change some fields of a maintenance window. */
  "PUT /api/maintenance-windows/{id}": { params: { id: string }; body: WindowBody; reply: StatusView7 };
  /** Remove a maintenance window. */
  "DELETE /api/maintenance-windows/{id}": { params: { id: string }; reply: DeletedView };
  /** Maintenance windows that are active now. */
  "GET /api/maintenance-windows/active": { reply: WindowView[] };
  /** Periods of all windows within a stretch of time. */
  "GET /api/maintenance-windows/calendar": { query: { from?: string; days?: string }; reply: PeriodView[] };
  /** What a window would cover, and when. */
  "POST /api/maintenance-windows/preview": { body: WindowBody; reply: CoverageView };
  /** Remove a window of power devices. */
  "DELETE /api/maintenance/{id}": { params: { id: string }; reply: void };
  /** Every uploaded certificate. */
  "GET /api/manual-certs": { reply: ManualCertificateView[] };
  /** The uploaded certificate of a site. */
  "GET /api/manual-certs/{host_id}": { params: { host_id: string }; reply: ManualCertificateView };
  /** Upload a certificate and serve the site with it. */
  "POST /api/manual-certs/{host_id}": { params: { host_id: string }; reply: CertificateUploadedView };
  /** Remove an uploaded certificate. */
  "DELETE /api/manual-certs/{host_id}": { params: { host_id: string }; query: { revert?: string }; reply: CertificateRemovedView };
  /** What would become of an upload. */
  "POST /api/manual-certs/{host_id}/check": { params: { host_id: string }; reply: CertificateCheckView };
  /** The certificate and its chain as PEM. */
  "GET /api/manual-certs/{host_id}/download": { params: { host_id: string }; reply: void };
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
  "POST /api/notifications/channels/{id}/test": { params: { id: string }; reply: TestView6 };
  /** Switch a channel on or off. */
  "POST /api/notifications/channels/{id}/toggle": { params: { id: string }; reply: ChannelView };
  /** What was sent, failed or held back, newest first. */
  "GET /api/notifications/deliveries": { query: { channel_id?: string; rule_id?: string; event_type?: string; status?: string; source?: string; from?: string; to?: string; limit?: string; offset?: string; stats?: string }; reply: DeliveriesView };
  /** One delivery. */
  "GET /api/notifications/deliveries/{id}": { params: { id: string }; reply: DeliveryView2 };
  /** Send a delivery again, past throttle and rate. */
  "POST /api/notifications/deliveries/{id}/retry": { params: { id: string }; reply: DeliveryView2 };
  /** Events a notification rule can name. */
  "GET /api/notifications/event-types": { reply: EventTypeView[] };
  /** What a channel would send about a sample event; nothing is sent. */
  "POST /api/notifications/preview": { body: PreviewBody4; reply: PreviewView3 };
  /** Mark every message as read. */
  "POST /api/notifications/read-all": { reply: DoneView };
  /** Deliveries of the last day about errors. */
  "GET /api/notifications/recent-alerts": { query: { limit?: string }; reply: DeliveryView2[] };
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
  /** Hours outside of what is usual. */
  "GET /api/reports/anomalies": { query: { range?: string }; reply: Anomalies };
  /** What went over the network, hour by hour. */
  "GET /api/reports/bandwidth": { query: { range?: string }; reply: Bandwidth };
  /** A summary of chosen metrics. */
  "POST /api/reports/custom": { body: CustomBody; reply: Custom };
  /** Whether a script runs. */
  "GET /api/run-status": { reply: StatusView9 };
  /** Runs of scripts and workflows, newest first. */
  "GET /api/runs": { query: { limit?: string; status?: string; automation_id?: string; trigger_prefix?: string }; reply: RunView[] };
  /** One run with its output. */
  "GET /api/runs/{run_id}": { params: { run_id: string }; reply: RunView };
  /** Let a run that waits for a decision start. */
  "POST /api/runs/{run_id}/approve": { params: { run_id: string }; reply: OkView };
  /** Cancel an active run. */
  "POST /api/runs/{run_id}/cancel": { params: { run_id: string }; reply: SuccessView };
  /** What a run writes as it goes on (SSE), resumable by Last-Event-ID. */
  "GET /api/runs/{run_id}/stream": { params: { run_id: string }; reply: void };
  /** Everything that runs by the clock. */
  "GET /api/schedules": { query: { kind?: string }; reply: SchedulesView };
  /** Run one of the offered kinds by the clock. */
  "POST /api/schedules": { body: NewSchedule; reply: ScheduleView };
  /** One schedule. */
  "GET /api/schedules/{id}": { params: { id: string }; reply: ScheduleView };
  /** Change when and how it runs. */
  "PATCH /api/schedules/{id}": { params: { id: string }; body: PatchSchedule; reply: ScheduleView };
  /** Remove a schedule; its jobs stay. */
  "DELETE /api/schedules/{id}": { params: { id: string }; reply: void };
  /** Let its runs wait until somebody decided. */
  "PUT /api/schedules/{id}/approval": { params: { id: string }; body: HoldPolicy; reply: ScheduleView };
  /** Let its runs start by themselves. */
  "DELETE /api/schedules/{id}/approval": { params: { id: string }; reply: ScheduleView };
  /** Stop it until it is resumed. */
  "POST /api/schedules/{id}/pause": { params: { id: string }; reply: ScheduleView };
  /** Plan it again from now. */
  "POST /api/schedules/{id}/resume": { params: { id: string }; reply: ScheduleView };
  /** Run it now; works while it is paused. */
  "POST /api/schedules/{id}/trigger": { params: { id: string }; reply: Triggered };
  /** What can be put on a schedule. */
  "GET /api/schedules/kinds": { reply: KindView2[] };
  /** When an expression would run, clock changes marked. */
  "GET /api/schedules/preview": { query: { cron?: string; timezone?: string; count?: string }; reply: PreviewView4 };
  /** The script that carries wishes out beside CrowdSec. */
  "GET /api/security/apply-script": { reply: void };
  /** Scores from which the firewall of CrowdSec acts. */
  "GET /api/security/appsec-tuning": { reply: TuningView };
  /** Change one score or both. */
  "PATCH /api/security/appsec-tuning": { body: TuningBody; reply: TuningView };
  /** Audit log entries in the words of the edge part, newest first. */
  "GET /api/security/audit-log": { query: { q?: string; limit?: string; offset?: string; sources?: string }; reply: EdgePage };
  /** Whether you are banned at any of your addresses. */
  "GET /api/security/check-self": { reply: SelfView };
  /** Banned countries by code. */
  "GET /api/security/countries": { query: { fields?: string }; reply: ExpansionView[] };
  /** Lift the ban of a country. */
  "DELETE /api/security/countries/{cc}": { params: { cc: string }; reply: RevokedView2 };
  /** Ban the ranges of a country. */
  "POST /api/security/countries/{cc}/expand": { params: { cc: string }; body: ExpandBody; reply: JobView2 };
  /** Bans, allowed addresses and audit rows in numbers. */
  "GET /api/security/dashboard-stats": { reply: StatsView2 };
  /** Who is banned now. */
  "GET /api/security/decisions": { query: { q?: string; scope?: string; origin?: string; limit?: string; offset?: string }; reply: DecisionsView };
  /** Have CrowdSec ban an address or a range. */
  "POST /api/security/decisions": { body: BanBody; reply: BannedView };
  /** Take a decision back. */
  "DELETE /api/security/decisions/{id}": { params: { id: string }; reply: LiftedView };
  /** What a ban would meet, and why it would be refused. */
  "GET /api/security/decisions/preview": { query: { value?: string }; reply: PreviewView5 };
  /** Lift every ban of an address. */
  "POST /api/security/decisions/unban-ip": { body: UnbanBody; reply: UnbannedView };
  /** What is wanted of CrowdSec beside what it runs. */
  "GET /api/security/drift": { reply: DriftView };
  /** Jobs that ban countries, newest first. */
  "GET /api/security/jobs": { query: { country?: string; limit?: string }; reply: JobView2[] };
  /** One of these jobs. */
  "GET /api/security/jobs/{id}": { params: { id: string }; reply: JobView2 };
  /** Protection of every site at a glance. */
  "GET /api/security/overview": { reply: OverviewView2 };
  /** The public address of this machine, as it was found last. */
  "GET /api/security/public-ip-self": { reply: PublicIpView };
  /** Scenarios of CrowdSec by name. */
  "GET /api/security/scenarios": { reply: ScenariosView };
  /** Switch a scenario off or on. */
  "PATCH /api/security/scenarios/{name}": { params: { name: string }; body: SwitchBody2; reply: SwitchedView };
  /** Addresses that no ban turns away, newest first. */
  "GET /api/security/whitelist": { reply: WhitelistView };
  /** Let an address or a range through whatever is decided. */
  "POST /api/security/whitelist": { body: EntryBody; reply: AddedView };
  /** Take an entry off the allow list. */
  "DELETE /api/security/whitelist/{id}": { params: { id: string }; reply: RemovedView };
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
  /** The same as `/api/config/backup`. */
  "GET /api/settings/backup": { reply: void };
  /** The same as `/api/config/restore`. */
  "POST /api/settings/restore": { reply: Status };
  /** Shutdown plans by name. */
  "GET /api/shutdown/plans": { reply: PlanView[] };
  /** Create a shutdown plan. */
  "POST /api/shutdown/plans": { body: PlanInput; reply: PlanView };
  /** One shutdown plan. */
  "GET /api/shutdown/plans/{id}": { params: { id: string }; reply: PlanView };
  /** Change a shutdown plan; absent members stay. */
  "PUT /api/shutdown/plans/{id}": { params: { id: string }; body: PlanInput; reply: PlanView };
  /** Remove a shutdown plan; its runs stay. */
  "DELETE /api/shutdown/plans/{id}": { params: { id: string }; reply: RemovedView2 };
  /** Start a shutdown plan now. */
  "POST /api/shutdown/plans/{id}/start": { params: { id: string }; body: StartBody; reply: RunView2 };
  /** Whether one step is reached and let in. */
  "POST /api/shutdown/plans/{id}/steps/{step}/test": { params: { id: string; step: string }; reply: StepTestView };
  /** Dry run: reachability and credentials of every step. */
  "POST /api/shutdown/plans/{id}/test": { params: { id: string }; reply: TestView7 };
  /** Budget, warnings and changes of a plan that is not stored. */
  "POST /api/shutdown/plans/preview": { query: { plan_id?: string }; body: PlanInput; reply: PreviewView6 };
  /** Runs, newest first. */
  "GET /api/shutdown/runs": { query: { page?: string; page_size?: string; plan_id?: string }; reply: PageView3 };
  /** One run with its steps. */
  "GET /api/shutdown/runs/{id}": { params: { id: string }; reply: RunView2 };
  /** Stop a run after its current phase, or keep its hosts down. */
  "POST /api/shutdown/runs/{id}/cancel": { params: { id: string }; reply: RunView2 };
  /** Start the hosts of a run again. */
  "POST /api/shutdown/runs/{id}/restore": { params: { id: string }; body: RestoreBody2; reply: RunView2 };
  /** Every shutdown plan and where it stands. */
  "GET /api/shutdown/status": { reply: StatusView10 };
  /** Silences, newest first. */
  "GET /api/silences": { reply: WindowView[] };
  /** Keep channels quiet about what the matchers cover. */
  "POST /api/silences": { body: SilenceBody; reply: SavedView2 };
  /** End a silence. */
  "DELETE /api/silences/{id}": { params: { id: string }; reply: DeletedView };
  /** What a silence would cover. */
  "POST /api/silences/preview": { body: SilenceBody; reply: CoverageView };
  /** Share of time a rule was not firing, in percent. */
  "GET /api/sla/{rule_id}": { params: { rule_id: string }; query: { window?: string }; reply: number | null };
  /** Availability of agents and services, worst first. */
  "GET /api/sla/summary": { query: { hours?: string }; reply: SummaryView };
  /** SMART state and risk of every disk; empty without smartctl. */
  "GET /api/smart": { reply: void };
  /** Stored samples, newest first. */
  "GET /api/snapshots": { query: { page?: string; page_size?: string; device_id?: string; from?: string; to?: string }; reply: PageView4 };
  /** The newest sample, or one per device with all=true. */
  "GET /api/snapshots/latest": { query: { device_id?: string; all?: string }; reply: SnapshotView | null };
  /** Fields of a device over time, at most 500 points each. */
  "GET /api/snapshots/series": { query: { device_id?: string; fields?: string; from?: string; to?: string; step?: string }; reply: SeriesView3 };
  /** The live snapshot of this machine. */
  "GET /api/stats": { reply: Snapshot };
  /** Components of the status page. */
  "GET /api/status/components": { reply: ComponentsView };
  /** Add a component. */
  "POST /api/status/components": { body: ComponentBody; reply: CreatedView2 };
  /** Change a component. */
  "PUT /api/status/components/{comp_id}": { params: { comp_id: string }; body: ComponentBody; reply: StatusView11 };
  /** Remove a component. */
  "DELETE /api/status/components/{comp_id}": { params: { comp_id: string }; reply: StatusView11 };
  /** Published incidents, newest first. */
  "GET /api/status/incidents": { reply: IncidentsView };
  /** Publish an incident. */
  "POST /api/status/incidents": { body: CreateBody3; reply: CreatedView2 };
  /** Post an update, which sets the status. */
  "PUT /api/status/incidents/{id}": { params: { id: string }; body: UpdateBody; reply: CreatedView2 };
  /** Resolve a published incident. */
  "POST /api/status/incidents/{id}/resolve": { params: { id: string }; reply: StatusView11 };
  /** Resolve a published incident. */
  "PUT /api/status/incidents/{id}/resolve": { params: { id: string }; reply: StatusView11 };
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
  /** One document for help from afar, secrets redacted. */
  "GET /api/system/diagnostics": { reply: void };
  /** The health score of this machine and of the process. */
  "GET /api/system/health": { reply: SystemHealthView };
  /** Facts about this machine. */
  "GET /api/system/info": { reply: SystemInfoView };
  /** The same as `/api/processes/current`. */
  "GET /api/system/processes": { reply: ProcessView[] };
  /** The master key's fingerprint, the data keys and the last re-encryption. */
  "GET /api/system/vault": { reply: VaultView };
  /** Seal every secret again with a new data key. */
  "POST /api/system/vault/rekey": { reply: Started };
  /** Which release this is. */
  "GET /api/system/version": { reply: VersionView2 };
  /** Every pool, by name, without its targets. */
  "GET /api/target-groups": { reply: GroupView[] };
  /** Create a pool, with targets if any. */
  "POST /api/target-groups": { body: GroupBody; reply: GroupView };
  /** One pool with its targets. */
  "GET /api/target-groups/{id}": { params: { id: string }; reply: GroupView };
  /** Replace a pool; its targets stay. */
  "PUT /api/target-groups/{id}": { params: { id: string }; body: GroupBody; reply: GroupView };
  /** Delete a pool that nothing uses. */
  "DELETE /api/target-groups/{id}": { params: { id: string }; reply: void };
  /** Add a target. */
  "POST /api/target-groups/{id}/targets": { params: { id: string }; body: TargetBody; reply: TargetView };
  /** Replace a target. */
  "PUT /api/target-groups/{id}/targets/{target_id}": { params: { id: string; target_id: string }; body: TargetBody; reply: TargetView };
  /** Remove a target. */
  "DELETE /api/target-groups/{id}/targets/{target_id}": { params: { id: string; target_id: string }; reply: void };
  /** Switch a target on or off. */
  "POST /api/target-groups/{id}/targets/{target_id}/toggle": { params: { id: string; target_id: string }; reply: TargetView };
  /** What is known of every target. */
  "GET /api/targets/health": { reply: HealthView2 };
  /** Who is banned now, the newest thousand. */
  "GET /api/threats/decisions": { query: { origin?: string; type?: string; search?: string }; reply: DecisionView[] };
  /** Have CrowdSec ban an address. */
  "POST /api/threats/decisions": { body: BanBody2; reply: BannedView2 };
  /** Lift the bans of an address. */
  "DELETE /api/threats/decisions": { query: { ip?: string }; reply: LiftedView2 };
  /** Scenarios that CrowdSec runs, by their author. */
  "GET /api/threats/scenarios": { reply: ScenariosView2[] };
  /** Bans by who decided, why and about what. */
  "GET /api/threats/stats": { reply: StatsView3 };
  /** How the exchange with CrowdSec stands. */
  "GET /api/threats/status": { reply: StatusView12 };
  /** Poll every device now and store the samples. */
  "POST /api/trigger": { reply: void };
  /** Whether a poll is in progress. */
  "GET /api/trigger/status": { reply: StatusView13 };
  /** Calls, tokens and cost of language models. */
  "GET /api/ui/ai/usage": { query: { days?: string }; reply: UsageView };
  /** Open problems, worst first, and how many rules are well. */
  "GET /api/ui/attention": { reply: AttentionView };
  /** Acknowledge a problem: no reminders, no escalation. */
  "POST /api/ui/attention/{id}/ack": { params: { id: string }; reply: AckView };
  /** Keep channels quiet about a problem for a while. */
  "POST /api/ui/attention/{id}/silence": { params: { id: string }; body: SilenceBody2; reply: SilenceView };
  /** The same, for the pages of the product. */
  "GET /api/ui/audit": { query: { limit?: string; offset?: string; user?: string; action?: string; category?: string; status?: string; target_type?: string; target_id?: string; q?: string; from?: string; to?: string; sort?: string; dir?: string }; reply: AuditView[] };
  /** Every channel the caller sees, of whom it is, and the rules that send through it. */
  "GET /api/ui/channels": { reply: OverviewView3 };
  /** Every component and background task. */
  "GET /api/ui/components": { reply: ComponentsView2 };
  /** Every secret that is kept: what uses it and when it ends; never the secret. */
  "GET /api/ui/credentials": { query: { kind?: string; limit?: string; offset?: string }; reply: CredentialsView };
  /** Whether made-up things are shown. */
  "GET /api/ui/demo": { reply: DemoView };
  /** Put made-up things in, or take all of them out again. */
  "PUT /api/ui/demo": { body: DemoBody; reply: DemoView };
  /** One's unfinished forms, newest first. */
  "GET /api/ui/drafts": { reply: DraftView[] };
  /** One unfinished form. */
  "GET /api/ui/drafts/{key}": { params: { key: string }; reply: DraftView };
  /** Keep an unfinished form. */
  "PUT /api/ui/drafts/{key}": { params: { key: string }; body: DraftBody; reply: DraftView };
  /** Forget an unfinished form. */
  "DELETE /api/ui/drafts/{key}": { params: { key: string }; reply: void };
  /** What Caddy is or would be given, beside what it runs. */
  "GET /api/ui/edge/engine": { reply: EngineView };
  /** What the firewall of a site found in a day, and would refuse. */
  "GET /api/ui/edge/firewall/{host_id}": { params: { host_id: string }; reply: DayView2 };
  /** Ask a backend or a published site, and look where a domain leads. */
  "POST /api/ui/edge/probe": { body: ProbeBody; reply: ProbeView };
  /** The things around one, and the links between them. */
  "GET /api/ui/graph": { query: { ref?: string; depth?: string }; reply: GraphView };
  /** What waits for the caller, newest first: decisions, reviews, unread messages. */
  "GET /api/ui/inbox": { query: { kind?: string; limit?: string; offset?: string }; reply: InboxView2 };
  /** Approve, deny or put off what waits, or mark a message as read. */
  "POST /api/ui/inbox/{ref}/decide": { params: { ref: string }; body: DecideBody2; reply: DecidedView2 };
  /** Every thing, filtered, sorted and paged, with counts. */
  "GET /api/ui/inventory": { query: { q?: string; sort?: string; cursor?: string; limit?: string }; reply: InventoryView };
  /** The same, for the pages of the product. */
  "GET /api/ui/jobs": { query: { state?: string; kind?: string; pool?: string; schedule_id?: string; limit?: string; offset?: string }; reply: JobsView };
  /** Link two things by hand. */
  "POST /api/ui/links": { body: LinkBody; reply: LinkedView2 };
  /** Hide a wrong link or show it again; one set by hand is removed. */
  "PATCH /api/ui/links/{id}": { params: { id: string }; body: LinkChange; reply: UndoView };
  /** What the user interface needs to start. */
  "GET /api/ui/me": { reply: UiMe };
  /** The same, for the pages of the product. */
  "GET /api/ui/preferences": { reply: void };
  /** Replace them. */
  "PUT /api/ui/preferences": { body: PreferencesBody; reply: StatusOk };
  /** What a change would touch; nothing is changed. */
  "POST /api/ui/preview": { body: PreviewBody5; reply: PreviewView7 };
  /** What will happen by the clock in the next days, in the order of time. */
  "GET /api/ui/schedules": { query: { days?: string }; reply: DueView };
  /** Things by any beginning of a word, at most 50, grouped by kind. */
  "GET /api/ui/search": { query: { q?: string }; reply: SearchView };
  /** Open set-up tasks. */
  "GET /api/ui/setup": { reply: SetupView2 };
  /** Changes of things as they happen (SSE), resumable by Last-Event-ID. */
  "GET /api/ui/stream": { query: { topics?: string; last_event_id?: string }; reply: void };
  /** A thing with facts, links and what its trouble follows from. */
  "GET /api/ui/things/{ref}": { params: { ref: string }; reply: ThingDetail };
  /** Set tags and note of a thing. */
  "PATCH /api/ui/things/{ref}": { params: { ref: string }; body: AnnotateBody; reply: AnnotatedView };
  /** State changes and events of a thing, newest first. */
  "GET /api/ui/things/{ref}/timeline": { params: { ref: string }; query: { before?: string; limit?: string }; reply: MomentView[] };
  /** What happened, newest first. */
  "GET /api/ui/timeline": { query: { from?: string; to?: string; source?: string; severity?: string; kind?: string; q?: string; cursor?: string; limit?: string }; reply: TimelineView };
  /** Take a change back, within a minute. */
  "POST /api/ui/undo/{token}": { params: { token: string }; reply: UndoneView };
  /** Saved views: one's own and the shared ones. */
  "GET /api/ui/views": { query: { page?: string }; reply: ViewView[] };
  /** Keep a view of a page. */
  "POST /api/ui/views": { body: NewView; reply: ViewView };
  /** Rename, replace or share a view. */
  "PATCH /api/ui/views/{id}": { params: { id: string }; body: ViewChange; reply: ViewView };
  /** Forget a view. */
  "DELETE /api/ui/views/{id}": { params: { id: string }; reply: void };
  /** Own preferences of the user interface. */
  "GET /api/user/preferences": { reply: void };
  /** Replace them. */
  "PUT /api/user/preferences": { body: PreferencesBody; reply: StatusOk };
  /** Forget them. */
  "DELETE /api/user/preferences": { reply: StatusOk };
  /** Accounts, newest first. */
  "GET /api/users": { reply: AccountView2[] };
  /** What is behind what somebody describes. */
  "POST /api/v1/ai/analyze": { body: AnalyzeBody; reply: Envelope };
  /** A proposal for the flows of a node from words. */
  "POST /api/v1/ai/generate-config": { body: GenerateBody; reply: ProposalView };
  /** The caller's keys, by provider; never a key itself. */
  "GET /api/v1/ai/keys": { reply: KeyRow[] };
  /** Store a key. */
  "POST /api/v1/ai/keys": { body: KeyBody; reply: void };
  /** Remove a key. */
  "DELETE /api/v1/ai/keys": { reply: void };
  /** Keys of the organization; members ask with them. */
  "GET /api/v1/ai/organization-keys": { reply: ProviderKeyView[] };
  /** Store a key of the organization. */
  "POST /api/v1/ai/organization-keys": { body: ProviderKeyBody; reply: ProviderKeyView };
  /** Remove a key of the organization. */
  "DELETE /api/v1/ai/organization-keys/{provider}": { params: { provider: string }; reply: void };
  /** Try a key of the organization out. */
  "POST /api/v1/ai/organization-keys/{provider}/validate": { params: { provider: string }; reply: VerdictView };
  /** A question in plain words. */
  "POST /api/v1/ai/query": { body: QueryBody; reply: Envelope };
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
  /** Keys of one organization, newest first. */
  "GET /api/v1/api-keys/organizations/{org_id}/keys": { params: { org_id: string }; query: { include_revoked?: string }; reply: KeyView2[] };
  /** Make a key in it; its text is shown this once. */
  "POST /api/v1/api-keys/organizations/{org_id}/keys": { params: { org_id: string }; body: CreateBody4; reply: CreatedView3 };
  /** End a key of it. */
  "DELETE /api/v1/api-keys/organizations/{org_id}/keys/{key_id}": { params: { org_id: string; key_id: string }; reply: void };
  /** A new key in the place of this one. */
  "POST /api/v1/api-keys/organizations/{org_id}/keys/{key_id}/rotate": { params: { org_id: string; key_id: string }; body: RotateBody2; reply: void };
  /** Let a paused run go on. */
  "POST /api/v1/approvals/{thread_id}/approve": { params: { thread_id: string }; body: ApproveBody; reply: AnswerView2 };
  /** Change what a paused run would do, and let it go on. */
  "POST /api/v1/approvals/{thread_id}/modify": { params: { thread_id: string }; body: ModifyBody; reply: AnswerView2 };
  /** Refuse what a paused run would do. */
  "POST /api/v1/approvals/{thread_id}/reject": { params: { thread_id: string }; body: RejectBody; reply: AnswerView2 };
  /** Runs that wait for a decision, oldest first. */
  "GET /api/v1/approvals/pending": { query: { project_id?: string; approval_type?: string }; reply: PendingView[] };
  /** Artifacts of the organization, newest first. */
  "GET /api/v1/artifacts": { query: { limit?: string; type?: string }; reply: ArtifactsView };
  /** An artifact with its content or address. */
  "GET /api/v1/artifacts/{id}": { params: { id: string }; query: { format?: string }; reply: void };
  /** The bytes of an artifact. */
  "GET /api/v1/artifacts/{id}/raw": { params: { id: string }; reply: void };
  /** What a trace tells of the steps, in their order. */
  "GET /api/v1/artifacts/{id}/trace": { params: { id: string }; query: { limit?: string; offset?: string }; reply: TraceView };
  /** What the pages wrote, in the order of time. */
  "GET /api/v1/artifacts/{id}/trace/console": { params: { id: string }; query: { step?: string; from_ms?: string; to_ms?: string; limit?: string; offset?: string }; reply: ConsoleView };
  /** A document, a picture or an accessibility tree of a trace. */
  "GET /api/v1/artifacts/{id}/trace/part": { params: { id: string }; query: { name?: string }; reply: void };
  /** The requests of a trace, in their order. */
  "GET /api/v1/artifacts/{id}/trace/requests": { params: { id: string }; query: { q?: string; kind?: string; failed?: string; step?: string; from_ms?: string; to_ms?: string; limit?: string; offset?: string }; reply: RequestsView };
  /** One request with its headers. */
  "GET /api/v1/artifacts/{id}/trace/requests/{n}": { params: { id: string; n: string }; reply: void };
  /** A signed address of an artifact. */
  "GET /api/v1/artifacts/{id}/url": { params: { id: string }; reply: void };
  /** Signed addresses of several artifacts. */
  "POST /api/v1/artifacts/resolve": { body: Named[]; reply: void };
  /** The bytes of a video. */
  "GET /api/v1/artifacts/videos/{id}": { params: { id: string }; reply: void };
  /** A signed address of a video. */
  "GET /api/v1/artifacts/videos/{id}/url": { params: { id: string }; reply: void };
  /** What its audit rows can be filtered by. */
  "GET /api/v1/audit/organizations/{org_id}/actions": { params: { org_id: string }; reply: AuditActions };
  /** The same, under its older name. */
  "GET /api/v1/audit/organizations/{org_id}/export": { params: { org_id: string }; query: { format?: string }; reply: Export };
  /** Audit rows of an organization, newest first. */
  "GET /api/v1/audit/organizations/{org_id}/logs": { params: { org_id: string }; query: { page?: string; page_size?: string; action?: string; resource_type?: string; user_id?: string; status?: string; start_date?: string; end_date?: string; search?: string }; reply: LogPage };
  /** The same rows as a file. */
  "GET /api/v1/audit/organizations/{org_id}/logs/export": { params: { org_id: string }; query: { format?: string }; reply: Export };
  /** Its security rows. */
  "GET /api/v1/audit/organizations/{org_id}/security-events": { params: { org_id: string }; query: { severity?: string; event_type?: string; outcome?: string; ip_address?: string }; reply: EventPage };
  /** Counts of its audit rows. */
  "GET /api/v1/audit/organizations/{org_id}/summary": { params: { org_id: string }; reply: AuditSummary };
  /** Approve or deny a device. */
  "POST /api/v1/auth/device/approve": { reply: DecisionView2 };
  /** Start a device sign-in. */
  "POST /api/v1/auth/device/authorize": { reply: DeviceView2 };
  /** A new access token for a device. */
  "POST /api/v1/auth/device/refresh": { reply: TokenView2 };
  /** Fetch the tokens of an approved device. */
  "POST /api/v1/auth/device/token": { reply: TokenView2 };
  /** The form that takes the code. */
  "GET /api/v1/auth/device/verify": { query: { code?: string }; reply: void };
  /** What a code stands for, to be confirmed. */
  "POST /api/v1/auth/device/verify": { reply: PendingView2 };
  /** Sign in; answers an envelope and cookies. */
  "POST /api/v1/auth/login": { body: LoginBody3; reply: LoginView };
  /** Sign in from a plain HTML form. */
  "POST /api/v1/auth/login-form": { reply: void };
  /** End this session. */
  "POST /api/v1/auth/logout": { reply: void };
  /** Whom this credential stands for. */
  "GET /api/v1/auth/me": { reply: WhoView };
  /** A new access token for a refresh token, which is replaced. */
  "POST /api/v1/auth/refresh": { reply: TokenView2 };
  /** Do one sentence on a page. */
  "POST /api/v1/browser/act": { body: ActBody; reply: ActView };
  /** Extensions that came to the bridge, and whether it is open. */
  "GET /api/v1/browser/extensions": { reply: BridgeView };
  /** One extension, with what its tabs wrote to their consoles. */
  "GET /api/v1/browser/extensions/{id}": { params: { id: string }; reply: OneView };
  /** Forget an extension; it is decided anew when it comes. */
  "DELETE /api/v1/browser/extensions/{id}": { params: { id: string }; reply: void };
  /** Ask an extension for one thing; 30 s at most. */
  "POST /api/v1/browser/extensions/{id}/actions": { params: { id: string }; body: ActBody2; reply: ActedView };
  /** Let an extension be asked things. */
  "POST /api/v1/browser/extensions/{id}/approve": { params: { id: string }; reply: ExtensionView };
  /** Let an extension go, and not come again. */
  "POST /api/v1/browser/extensions/{id}/deny": { params: { id: string }; reply: ExtensionView };
  /** Record what is done in a tab. */
  "POST /api/v1/browser/extensions/{id}/recordings": { params: { id: string }; body: RecordBody; reply: RecordedView };
  /** End the recording under way. */
  "POST /api/v1/browser/extensions/{id}/recordings/stop": { params: { id: string }; reply: RecordedView };
  /** Whether tests can be run. */
  "GET /api/v1/browser/health": { reply: HealthView3 };
  /** The controls of a page, or those that words mean. */
  "POST /api/v1/browser/observe": { body: ObserveBody; reply: ObserveView };
  /** Open a browser that a person or program drives. */
  "POST /api/v1/browser/sessions": { body: Wish; reply: SessionView2 };
  /** One session. */
  "GET /api/v1/browser/sessions/{id}": { params: { id: string }; query: { screenshot?: string }; reply: SessionView2 };
  /** Close a session. */
  "DELETE /api/v1/browser/sessions/{id}": { params: { id: string }; reply: ClosedView };
  /** Do steps in a session, from where its page stands. */
  "POST /api/v1/browser/sessions/{id}/actions": { params: { id: string }; body: ActionsBody; reply: ActionsView };
  /** Pictures (JPEG) and states out, what is done to the page in. */
  "GET /api/v1/browser/sessions/{id}/live": { params: { id: string }; reply: void };
  /** The element at a place of the picture, and its selectors. */
  "POST /api/v1/browser/sessions/{id}/pick": { params: { id: string }; body: PickBody; reply: PickView };
  /** What a session shows now (JPEG). */
  "GET /api/v1/browser/sessions/{id}/screenshot": { params: { id: string }; reply: void };
  /** The browsers of this process. */
  "GET /api/v1/browser/status": { reply: StatusView14 };
  /** Do steps or sentences on a page. */
  "POST /api/v1/browser/test": { body: PageTestBody; reply: PageTestView };
  /** Cancel a test run. */
  "POST /api/v1/cancel/{job_id}": { params: { job_id: string }; body: CancelBody; reply: CancelledView };
  /** Templates of flows and configurations, by name. */
  "GET /api/v1/config-templates": { reply: TemplateView[] };
  /** Keep a template. */
  "POST /api/v1/config-templates": { body: TemplateBody; reply: TemplateView };
  /** One template. */
  "GET /api/v1/config-templates/{id}": { params: { id: string }; reply: TemplateView };
  /** Change a template. */
  "PUT /api/v1/config-templates/{id}": { params: { id: string }; body: TemplateBody; reply: TemplateView };
  /** Remove a template. */
  "DELETE /api/v1/config-templates/{id}": { params: { id: string }; reply: void };
  /** Kinds of nodes and the commands they understand. */
  "GET /api/v1/device-types": { reply: DeviceTypesView };
  /** Explore a website and answer with what was found, within two minutes. */
  "POST /api/v1/discover": { query: { app_url?: string; max_pages?: string; project_id?: string }; body: FocusBody; reply: DiscoveredView };
  /** Baselines of pages that have none yet. */
  "POST /api/v1/discovery/feature-mesh/create-baselines": { body: MeshBody; reply: MeshView };
  /** Whether another selector was right. */
  "POST /api/v1/discovery/feature-mesh/healing-feedback": { body: FeedbackBody; reply: void };
  /** Baselines of the pages and selectors for healing. */
  "POST /api/v1/discovery/feature-mesh/process": { body: MeshBody; reply: MeshView };
  /** Other selectors of an element. */
  "GET /api/v1/discovery/feature-mesh/selector-alternatives": { query: { project_id?: string; selector?: string; limit?: string }; reply: AlternativesView };
  /** Let healing know the other selectors. */
  "POST /api/v1/discovery/feature-mesh/share-selectors": { body: MeshBody; reply: MeshView };
  /** Change a flow; null and absent members stay. */
  "PUT /api/v1/discovery/flows/{id}": { params: { id: string }; body: ChangeBody2; reply: FlowView };
  /** Make a test of a flow. */
  "POST /api/v1/discovery/flows/{id}/generate-test": { params: { id: string }; body: GenerateBody2; reply: GeneratedView };
  /** Run a flow now. What it sends is really sent. */
  "POST /api/v1/discovery/flows/{id}/validate": { params: { id: string }; body: ValidateBody; reply: ValidatedView };
  /** What comes again on pages, the most often seen first. */
  "GET /api/v1/discovery/patterns": { query: { project_id?: string; pattern_type?: string; limit?: string; offset?: string }; reply: PatternsView };
  /** Name a pattern by hand. */
  "POST /api/v1/discovery/patterns": { body: PatternBody; reply: PatternView };
  /** Look for patterns in an exploration again, and keep them. */
  "POST /api/v1/discovery/patterns/extract": { query: { session_id?: string }; reply: PatternsView };
  /** How many patterns there are, and how their tests do. */
  "GET /api/v1/discovery/patterns/insights": { query: { project_id?: string }; reply: InsightsView };
  /** Patterns like one that is described. */
  "POST /api/v1/discovery/patterns/search": { body: SearchBody; reply: MatchesView };
  /** The kinds of patterns. */
  "GET /api/v1/discovery/patterns/types": { reply: TypesView };
  /** Note how a test of a pattern ended. */
  "POST /api/v1/discovery/patterns/update-success": { body: SuccessBody; reply: PatternView };
  /** What an exploration would visit. */
  "POST /api/v1/discovery/preview": { body: StartBody2; reply: PreviewView8 };
  /** What changed between two explorations. */
  "GET /api/v1/discovery/projects/{pid}/compare": { params: { pid: string }; query: { session_id_1?: string; session_id_2?: string }; reply: CompareView };
  /** Explorations of a project, newest first. */
  "GET /api/v1/discovery/projects/{pid}/history": { params: { pid: string }; query: { status?: string; limit?: string; offset?: string }; reply: LineView3[] };
  /** Explorations, newest first. */
  "GET /api/v1/discovery/sessions": { query: { project_id?: string; status?: string; limit?: string; offset?: string }; reply: SessionsView };
  /** Explore a website. */
  "POST /api/v1/discovery/sessions": { body: StartBody2; reply: SessionView3 };
  /** One exploration. */
  "GET /api/v1/discovery/sessions/{id}": { params: { id: string }; reply: SessionView3 };
  /** Remove an exploration with its pages and flows; tests stay. */
  "DELETE /api/v1/discovery/sessions/{id}": { params: { id: string }; reply: RemovedView3 };
  /** The same. */
  "POST /api/v1/discovery/sessions/{id}/cancel": { params: { id: string }; reply: StoppedView };
  /** What is wrong with the site, and what was left out. */
  "GET /api/v1/discovery/sessions/{id}/findings": { params: { id: string }; reply: FindingsView };
  /** Ways through the site, most important first. */
  "GET /api/v1/discovery/sessions/{id}/flows": { params: { id: string }; query: { category?: string; priority?: string; validated?: string }; reply: FlowView[] };
  /** How the pages lead to each other. */
  "GET /api/v1/discovery/sessions/{id}/graph": { params: { id: string }; reply: GraphView2 };
  /** Pages in the order they were visited. */
  "GET /api/v1/discovery/sessions/{id}/pages": { params: { id: string }; query: { page_type?: string; limit?: string; offset?: string }; reply: PageView5[] };
  /** A page with its elements and forms. */
  "GET /api/v1/discovery/sessions/{id}/pages/{page_id}": { params: { id: string; page_id: string }; reply: OnePageView };
  /** What comes again in one exploration. */
  "GET /api/v1/discovery/sessions/{id}/patterns": { params: { id: string }; reply: PatternsView };
  /** Let an exploration rest after the page it is at. */
  "POST /api/v1/discovery/sessions/{id}/pause": { params: { id: string }; reply: MovedView };
  /** Go on where it rested, also after a restart. */
  "POST /api/v1/discovery/sessions/{id}/resume": { params: { id: string }; reply: MovedView };
  /** Pictures of the pages. */
  "GET /api/v1/discovery/sessions/{id}/screenshots": { params: { id: string }; query: { limit?: string; offset?: string }; reply: ScreenshotsView };
  /** End an exploration; what it found stays. */
  "POST /api/v1/discovery/sessions/{id}/stop": { params: { id: string }; reply: StoppedView };
  /** The same. */
  "GET /api/v1/discovery/sessions/{id}/stream": { params: { id: string }; reply: void };
  /** Events of nodes and of the system, newest first. */
  "GET /api/v1/events": { query: { node_id?: string; severity?: string; category?: string; flow_id?: string; search?: string; from?: string; to?: string; acknowledged?: string; error_code?: string; input_id?: string; output_id?: string; before_id?: string; page?: string; per_page?: string }; reply: NodeEventView[] };
  /** Acknowledge an event; the first acknowledger stays. */
  "POST /api/v1/events/{id}/ack": { params: { id: string }; reply: void };
  /** Acknowledge several events. */
  "POST /api/v1/events/ack": { body: AckMany; reply: AckedView };
  /** Warnings and worse that nobody acknowledged. */
  "GET /api/v1/events/count": { reply: CountView3 };
  /** Users, nodes, tunnels and settings as one JSON document, without secrets. */
  "GET /api/v1/export": { query: { include_events?: string; events_days?: string; include_audit?: string; include_tunnels?: string }; reply: ExportDoc };
  /** Several tests as code, one file each. */
  "POST /api/v1/export/bulk": { body: BulkBody; reply: BulkView };
  /** Tests as Cypress code. */
  "POST /api/v1/export/cypress": { body: ExportBody2; reply: ExportView };
  /** The tools tests can be written for. */
  "GET /api/v1/export/formats": { reply: FormatsView };
  /** A test as code, named by framework and language. */
  "POST /api/v1/export/generate": { body: GivenBody; reply: ExportView };
  /** The languages tests can be written in. */
  "GET /api/v1/export/languages": { reply: LanguagesView };
  /** A test with its rows as code, named by framework and language. */
  "POST /api/v1/export/parameterized/generate": { body: DataExportBody; reply: DataExportView };
  /** Tests as Playwright code. */
  "POST /api/v1/export/playwright": { body: ExportBody2; reply: ExportView };
  /** The first lines of a test as code. */
  "POST /api/v1/export/preview": { body: GivenBody; reply: PreviewView9 };
  /** Tests as Puppeteer code. */
  "POST /api/v1/export/puppeteer": { body: ExportBody2; reply: ExportView };
  /** Tests as Selenium code. */
  "POST /api/v1/export/selenium": { body: ExportBody2; reply: ExportView };
  /** How healing is wanted, as it counts. */
  "GET /api/v1/healing/config": { query: { project_id?: string }; reply: void };
  /** Change how healing is wanted; absent members stay, `inherit` names fields to be given back. */
  "PUT /api/v1/healing/config": { query: { project_id?: string }; reply: void };
  /** What healing proposed for a test, newest first. */
  "GET /api/v1/healing/history/{test_id}": { params: { test_id: string }; query: { limit?: string; offset?: string }; reply: HistoryView2 };
  /** What a failure probably means. */
  "POST /api/v1/healing/organizations/{org}/analyze-root-cause": { params: { org: string }; query: { project_id?: string }; body: AskBody; reply: AnalysisView };
  /** Say that a pattern is right. */
  "POST /api/v1/healing/organizations/{org}/approve/{pattern_id}": { params: { org: string; pattern_id: string }; reply: void };
  /** The same of an organization. */
  "GET /api/v1/healing/organizations/{org}/config": { params: { org: string }; reply: void };
  /** The same of an organization. */
  "PUT /api/v1/healing/organizations/{org}/config": { params: { org: string }; reply: void };
  /** The same of an organization. */
  "GET /api/v1/healing/organizations/{org}/patterns": { params: { org: string }; reply: PatternView2[] };
  /** The same of an organization. */
  "DELETE /api/v1/healing/organizations/{org}/patterns/{id}": { params: { org: string; id: string }; reply: void };
  /** Proposals that wait for somebody, the surest first. */
  "GET /api/v1/healing/organizations/{org}/pending-approvals": { params: { org: string }; query: { project_id?: string; limit?: string; offset?: string }; reply: PendingView3 };
  /** Say that a pattern is wrong. */
  "POST /api/v1/healing/organizations/{org}/reject/{pattern_id}": { params: { org: string; pattern_id: string }; reply: void };
  /** Failures of before that read alike. */
  "POST /api/v1/healing/organizations/{org}/similar-errors": { params: { org: string }; query: { project_id?: string }; body: AskBody; reply: SimilarView };
  /** The same of an organization. */
  "GET /api/v1/healing/organizations/{org}/stats": { params: { org: string }; reply: StatsView4 };
  /** What may help against a failure. */
  "POST /api/v1/healing/organizations/{org}/suggest": { params: { org: string }; query: { project_id?: string }; body: AskBody; reply: AdviceView };
  /** Replacements that were right before, the most often right first. */
  "GET /api/v1/healing/patterns": { query: { project_id?: string; min_confidence?: string; limit?: string; offset?: string }; reply: PatternView2[] };
  /** Forget a pattern. */
  "DELETE /api/v1/healing/patterns/{id}": { params: { id: string }; reply: void };
  /** What came of healing, counted from what happened. */
  "GET /api/v1/healing/stats": { query: { project_id?: string }; reply: StatsView4 };
  /** What healing proposes, the surest first. */
  "GET /api/v1/healing/suggestions": { query: { project_id?: string; test_id?: string; run_id?: string; status?: string; fix_type?: string; min_confidence?: string; limit?: string; offset?: string }; reply: SuggestionsView };
  /** One proposal with its candidates and pictures. */
  "GET /api/v1/healing/suggestions/{id}": { params: { id: string }; reply: SuggestionFull };
  /** Put a proposal into its test, as a new version. */
  "POST /api/v1/healing/suggestions/{id}/apply": { params: { id: string }; body: ApplyBody; reply: AppliedView2 };
  /** Refuse a proposal; it is not made again for 30 days. */
  "POST /api/v1/healing/suggestions/{id}/reject": { params: { id: string }; body: RejectBody2; reply: DecidedView3 };
  /** Take a decision back, with what it changed. */
  "POST /api/v1/healing/suggestions/{id}/undo": { params: { id: string }; reply: DecidedView3 };
  /** Decide several proposals; some may fail. */
  "POST /api/v1/healing/suggestions/bulk": { body: BulkBody2; reply: BulkView2 };
  /** The same as `/health`, with the word healthy. */
  "GET /api/v1/health": { reply: void };
  /** The database: speed, size, schema, connections. */
  "GET /api/v1/health/database": { reply: DatabaseView2 };
  /** Opens and closes a browser session on the grid. */
  "GET /api/v1/health/selenium-test": { reply: SessionTestView };
  /** The services this server leans on, each probed. */
  "GET /api/v1/health/services": { reply: void };
  /** Take such a document in: everything or nothing. */
  "POST /api/v1/import": { query: { mode?: string; dry_run?: string }; body: ImportDoc; reply: Imported };
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
  /** The jobs of runs, newest first. */
  "GET /api/v1/jobs": { query: { project_id?: string; status?: string; limit?: string }; reply: JobsView2 };
  /** The same. */
  "GET /api/v1/jobs/{job_id}": { params: { job_id: string }; reply: StatusView15 };
  /** The bytes of an artifact, for whoever has a signed address. */
  "GET /api/v1/media/{id}": { params: { id: string }; query: { exp?: string; sig?: string }; reply: void };
  /** Every node in scope, by name. */
  "GET /api/v1/nodes": { query: { device_type?: string; status?: string; q?: string }; reply: NodeView[] };
  /** Register a node; its token is shown once. */
  "POST /api/v1/nodes": { body: NodeBody; reply: CreatedView5 };
  /** One node. */
  "GET /api/v1/nodes/{id}": { params: { id: string }; reply: NodeView };
  /** Change a node; absent members stay, null clears. */
  "PUT /api/v1/nodes/{id}": { params: { id: string }; body: NodeBody; reply: NodeView };
  /** Remove a node and its tunnels. */
  "DELETE /api/v1/nodes/{id}": { params: { id: string }; reply: void };
  /** Change several flows together; all of it or nothing. */
  "POST /api/v1/nodes/{id}/apply-flows": { params: { id: string }; body: FlowsBody; reply: OutcomeView3 };
  /** Give the node a command and wait for its answer. */
  "POST /api/v1/nodes/{id}/command": { params: { id: string }; body: CommandBody2; reply: OutcomeView3 };
  /** The configuration of the node, without its secrets. */
  "GET /api/v1/nodes/{id}/config": { params: { id: string }; query: { refresh?: string }; reply: void };
  /** Replace the whole configuration; *** keeps a secret. */
  "PUT /api/v1/nodes/{id}/config": { params: { id: string }; reply: OutcomeView3 };
  /** Configurations that were replaced, newest first. */
  "GET /api/v1/nodes/{id}/config/history": { params: { id: string }; reply: VersionView3[] };
  /** Go back to a configuration. */
  "POST /api/v1/nodes/{id}/config/history/{version}/restore": { params: { id: string; version: string }; reply: OutcomeView3 };
  /** The flows of the node with their inputs and outputs inside. */
  "GET /api/v1/nodes/{id}/flows": { params: { id: string }; reply: unknown[] };
  /** Create a flow, written for either generation. */
  "POST /api/v1/nodes/{id}/flows": { params: { id: string }; reply: OutcomeView3 };
  /** Change a flow. */
  "PUT /api/v1/nodes/{id}/flows/{flow_id}": { params: { id: string; flow_id: string }; reply: OutcomeView3 };
  /** Remove a flow and what was made for it. */
  "DELETE /api/v1/nodes/{id}/flows/{flow_id}": { params: { id: string; flow_id: string }; reply: OutcomeView3 };
  /** The secrets of a flow; written to the audit log. */
  "POST /api/v1/nodes/{id}/flows/{flow_id}/reveal": { params: { id: string; flow_id: string }; reply: SecretsView };
  /** Send a media file to an edge; the body is the file. */
  "POST /api/v1/nodes/{id}/media/upload": { params: { id: string }; query: { name?: string }; reply: MediaView };
  /** Check several flows together and say what would be sent. */
  "POST /api/v1/nodes/{id}/plan-flows": { params: { id: string }; body: FlowsBody; reply: FlowsPlanView };
  /** Give the node a new secret. */
  "POST /api/v1/nodes/{id}/rotate-secret": { params: { id: string }; reply: RotationView };
  /** The last figures of a node. */
  "GET /api/v1/nodes/{id}/stats": { params: { id: string }; reply: StatsView5 };
  /** The last picture of a flow, or of one of its inputs. */
  "GET /api/v1/nodes/{id}/thumbnails/{flow_id}": { params: { id: string; flow_id: string }; query: { input_id?: string }; reply: void };
  /** A new registration token; the node must register anew. */
  "POST /api/v1/nodes/{id}/token": { params: { id: string }; reply: TokenView3 };
  /** Tunnels in which a node takes part. */
  "GET /api/v1/nodes/{id}/tunnels": { params: { id: string }; reply: TunnelsView };
  /** Check a flow and say what would be sent. */
  "POST /api/v1/nodes/{id}/validate-flow": { params: { id: string }; reply: ReportView };
  /** Where the flows of connected edges listen and send. */
  "GET /api/v1/nodes/endpoints": { reply: EndpointsView[] };
  /** The caller's messages, newest first. */
  "GET /api/v1/notifications": { query: { read?: string; type?: string; limit?: string; offset?: string }; reply: PageView6 };
  /** Mark a message as read. */
  "PUT /api/v1/notifications/{id}/read": { params: { id: string }; reply: ResponseView };
  /** Channels of an organization, newest first. */
  "GET /api/v1/notifications/channels": { query: { organization_id?: string; project_id?: string; channel_type?: string; enabled?: string; limit?: string }; reply: OrganizationChannelView[] };
  /** Create a channel of an organization. */
  "POST /api/v1/notifications/channels": { body: OrganizationChannelBody; reply: OrganizationChannelView };
  /** One channel, secrets masked. */
  "GET /api/v1/notifications/channels/{id}": { params: { id: string }; reply: OrganizationChannelView };
  /** Change a channel; masks keep secrets. */
  "PATCH /api/v1/notifications/channels/{id}": { params: { id: string }; body: OrganizationChannelPatch; reply: OrganizationChannelView };
  /** Delete a channel and its rules. */
  "DELETE /api/v1/notifications/channels/{id}": { params: { id: string }; reply: ChannelDone };
  /** Send a test message. */
  "POST /api/v1/notifications/channels/{id}/test": { params: { id: string }; reply: ChannelDone };
  /** Events a rule can name. */
  "GET /api/v1/notifications/event-types": { reply: EventTypesView };
  /** What the channels were sent, newest first. */
  "GET /api/v1/notifications/logs": { query: { channel_id?: string; status?: string; limit?: string }; reply: NotificationLogView[] };
  /** The same, under its older name. */
  "PUT /api/v1/notifications/mark-all-read": { reply: ResponseView };
  /** What the caller wants to hear. */
  "GET /api/v1/notifications/preferences": { reply: unknown };
  /** Change some preferences. */
  "PUT /api/v1/notifications/preferences": { body: Record<string, unknown>; reply: unknown };
  /** Mark every message as read. */
  "PUT /api/v1/notifications/read-all": { reply: ResponseView };
  /** Rules of an organization's channels, newest first. */
  "GET /api/v1/notifications/rules": { reply: OrganizationRuleView[] };
  /** Tell a channel of an event. */
  "POST /api/v1/notifications/rules": { body: OrganizationRuleBody; reply: OrganizationRuleView };
  /** One rule. */
  "GET /api/v1/notifications/rules/{id}": { params: { id: string }; reply: OrganizationRuleView };
  /** Change a rule. */
  "PATCH /api/v1/notifications/rules/{id}": { params: { id: string }; body: OrganizationRulePatch; reply: OrganizationRuleView };
  /** Delete a rule. */
  "DELETE /api/v1/notifications/rules/{id}": { params: { id: string }; reply: ChannelDone };
  /** Hear of an event. */
  "POST /api/v1/notifications/subscribe/{event}": { params: { event: string }; body: SubscribeBody; reply: ResponseView };
  /** What the caller subscribed to. */
  "GET /api/v1/notifications/subscriptions": { reply: SubscriptionView[] };
  /** How many messages the caller has not read. */
  "GET /api/v1/notifications/unread-count": { reply: UnreadView };
  /** Hear of it no longer. */
  "DELETE /api/v1/notifications/unsubscribe/{event}": { params: { event: string }; query: { project_id?: string }; reply: ResponseView };
  /** Begin to connect an account: where to send the browser. */
  "GET /api/v1/oauth/{provider}/authorize": { params: { provider: string }; query: { scopes?: string }; reply: AuthorizeView };
  /** Come back from a tool. */
  "GET /api/v1/oauth/{provider}/callback": { params: { provider: string }; reply: void };
  /** Come back from a tool, as a form. */
  "POST /api/v1/oauth/{provider}/callback": { params: { provider: string }; reply: ConnectedView };
  /** Forget the tokens of a connected account. */
  "DELETE /api/v1/oauth/{provider}/disconnect": { params: { provider: string }; reply: DisconnectedView };
  /** Whether one's account at a tool is connected. */
  "GET /api/v1/oauth/{provider}/status": { params: { provider: string }; reply: ToolView };
  /** Accounts at other tools, connected or not. */
  "GET /api/v1/oauth/status": { reply: ToolView[] };
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
  /** Organizations the caller belongs to, newest first. */
  "GET /api/v1/orgs": { reply: OrgLine[] };
  /** One organization. */
  "GET /api/v1/orgs/{org_id}": { params: { org_id: string }; reply: OrgView };
  /** Its projects, newest first. */
  "GET /api/v1/orgs/{org_id}/projects": { params: { org_id: string }; query: { is_active?: string }; reply: OrgProjectLine[] };
  /** Make a project in it. */
  "POST /api/v1/orgs/{org_id}/projects": { params: { org_id: string }; body: ProjectBody; reply: OrgProjectView };
  /** One of its projects. */
  "GET /api/v1/orgs/{org_id}/projects/{id}": { params: { org_id: string; id: string }; reply: OrgProjectView };
  /** Where rows can come from. */
  "GET /api/v1/parameterized/data-sources": { reply: SourcesView };
  /** Run a test with its rows, or with others. */
  "POST /api/v1/parameterized/execute": { body: ExecuteBody; reply: ExecutionView };
  /** Run steps with rows, nothing of which is kept. */
  "POST /api/v1/parameterized/execute/inline": { body: ExecuteBody; reply: ExecutionView };
  /** A test with each of its rows put in. */
  "POST /api/v1/parameterized/expand": { body: HelpBody; reply: ExpandView };
  /** Rows out of a text. */
  "POST /api/v1/parameterized/import-data": { body: ImportBody2; reply: ImportView2 };
  /** Rows out of a file (multipart: `file`, `format`, `delimiter`). */
  "POST /api/v1/parameterized/import-data/upload": { reply: ImportView2 };
  /** In which order rows can be run. */
  "GET /api/v1/parameterized/iteration-modes": { reply: ModesView };
  /** The first few of them. */
  "POST /api/v1/parameterized/preview": { body: HelpBody; reply: PreviewView10 };
  /** Tests of a project that are run with rows, newest first. */
  "GET /api/v1/parameterized/tests": { query: { project_id?: string; limit?: string; offset?: string }; reply: DataTestsView };
  /** Make a test that is run with each row of its data. */
  "POST /api/v1/parameterized/tests": { body: DataTestBody; reply: DataTestView };
  /** One of them. */
  "GET /api/v1/parameterized/tests/{id}": { params: { id: string }; reply: DataTestView };
  /** Change members; null and absent ones stay. */
  "PATCH /api/v1/parameterized/tests/{id}": { params: { id: string }; body: DataTestBody; reply: DataTestView };
  /** Remove one with its rows; results of its runs stay. */
  "DELETE /api/v1/parameterized/tests/{id}": { params: { id: string }; reply: void };
  /** Run the test with its rows. */
  "POST /api/v1/parameterized/tests/{id}/execute": { params: { id: string }; query: { dry_run?: string }; body: ExecuteBody; reply: ExecutionView };
  /** The rows kept with the test, in order. */
  "GET /api/v1/parameterized/tests/{id}/parameter-sets": { params: { id: string }; reply: SetView[] };
  /** Keep a row with the test. */
  "POST /api/v1/parameterized/tests/{id}/parameter-sets": { params: { id: string }; body: SetBody; reply: SetView };
  /** Remove the rows kept with the test. */
  "DELETE /api/v1/parameterized/tests/{id}/parameter-sets": { params: { id: string }; reply: void };
  /** The runs of the test, newest first. */
  "GET /api/v1/parameterized/tests/{id}/results": { params: { id: string }; query: { limit?: string }; reply: ExecutionsView };
  /** Whether the rows have what the steps name. */
  "POST /api/v1/parameterized/validate": { body: HelpBody; reply: ValidView2 };
  /** A preference of the caller. */
  "GET /api/v1/preferences/{key}": { params: { key: string }; reply: PreferenceView };
  /** Keep a preference. */
  "PUT /api/v1/preferences/{key}": { params: { key: string }; body: PreferenceBody; reply: void };
  /** Forget a preference. */
  "DELETE /api/v1/preferences/{key}": { params: { key: string }; reply: void };
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
  /** Files that tests of the project upload, by name. */
  "GET /api/v1/projects/{id}/files": { params: { id: string }; reply: FilesView };
  /** Keep a file (multipart: `file`, and `name` for another name). */
  "POST /api/v1/projects/{id}/files": { params: { id: string }; reply: FileView2 };
  /** Remove a file. */
  "DELETE /api/v1/projects/{id}/files/{name}": { params: { id: string; name: string }; reply: void };
  /** Accounts at other tools that people of its organization connected. */
  "GET /api/v1/projects/{id}/integrations": { params: { id: string }; reply: IntegrationView[] };
  /** Who has a role in it. */
  "GET /api/v1/projects/{id}/members": { params: { id: string }; reply: ProjectMemberView[] };
  /** Give somebody a role in it. */
  "PUT /api/v1/projects/{id}/members/{user_id}": { params: { id: string; user_id: string }; body: RoleBody2; reply: Said };
  /** Take the role away. */
  "DELETE /api/v1/projects/{id}/members/{user_id}": { params: { id: string; user_id: string }; reply: Said };
  /** How the tests of a project are run, and what is its own. */
  "GET /api/v1/projects/{id}/run-settings": { params: { id: string }; reply: RunSettingsView };
  /** Its settings; secrets show as masks. */
  "GET /api/v1/projects/{id}/settings": { params: { id: string }; reply: void };
  /** Merge into them; null deletes. */
  "PUT /api/v1/projects/{id}/settings": { params: { id: string }; reply: void };
  /** Delete a recording with its events; its test stays. */
  "DELETE /api/v1/recording/{id}": { params: { id: string }; reply: void };
  /** A part of a page's own recording, proved by its upload token. */
  "POST /api/v1/recording/beacon": { query: { ut?: string }; reply: UploadedView };
  /** The same; the body names the recording. */
  "POST /api/v1/recording/convert": { body: ConvertBody; reply: ConvertedView };
  /** The same. */
  "GET /api/v1/recording/list": { reply: ListView2 };
  /** Recordings, newest first. */
  "GET /api/v1/recording/recordings": { query: { project_id?: string; limit?: string; offset?: string }; reply: ListView2 };
  /** The events of a recording. */
  "GET /api/v1/recording/replay/{id}": { params: { id: string }; reply: void };
  /** Begin a recording that gets its events in parts. */
  "POST /api/v1/recording/sessions": { body: BeginBody2; reply: BegunView };
  /** One recording. */
  "GET /api/v1/recording/sessions/{id}": { params: { id: string }; query: { include_events?: string }; reply: RecordingView };
  /** The steps of a recording, as a test. */
  "POST /api/v1/recording/sessions/{id}/convert": { params: { id: string }; body: ConvertBody; reply: ConvertedView };
  /** Add events of rrweb to a recording. */
  "POST /api/v1/recording/sessions/{id}/events": { params: { id: string }; body: EventsBody; reply: AppendedView };
  /** What makes a page record, with a token good for a day. */
  "POST /api/v1/recording/snippet": { body: SnippetBody; reply: SnippetView };
  /** A whole recording, or the next part of a page's own. */
  "POST /api/v1/recording/upload": { body: UploadBody; reply: UploadedView };
  /** Run the tests of a project that a selection means. */
  "POST /api/v1/run": { body: ManyBody; reply: StartedView2 };
  /** What a run would be; nothing is started. */
  "POST /api/v1/run/preview": { body: ManyBody; reply: PreviewView11 };
  /** Runs, newest first. */
  "GET /api/v1/runs": { query: { project_id?: string; test_id?: string; status?: string; trigger?: string; from?: string; to?: string; limit?: string; offset?: string }; reply: RunsView };
  /** One run. */
  "GET /api/v1/runs/{run_id}": { params: { run_id: string }; reply: RunView3 };
  /** JUnit XML of a run. */
  "GET /api/v1/runs/{run_id}/junit.xml": { params: { run_id: string }; reply: void };
  /** Results of a run with steps and evidence, in its order. */
  "GET /api/v1/runs/{run_id}/results": { params: { run_id: string }; query: { limit?: string; offset?: string }; reply: RunResultsView };
  /** Go on with a run that has ended: a new one with the same wishes, of the tests it did not get to, also of those that failed, or of all. */
  "POST /api/v1/runs/{run_id}/resume": { params: { run_id: string }; body: ResumeBody; reply: StartedView2 };
  /** The trace of the first test of a run that has one. */
  "GET /api/v1/runs/{run_id}/trace.zip": { params: { run_id: string }; query: { test_id?: string }; reply: void };
  /** Schedules of test runs, newest first. */
  "GET /api/v1/schedules": { query: { project_id?: string; enabled?: string; tags?: string; page?: string; per_page?: string }; reply: SchedulesView2 };
  /** Run tests by the clock. */
  "POST /api/v1/schedules": { body: ScheduleBody; reply: ScheduleView2 };
  /** One schedule of test runs. */
  "GET /api/v1/schedules/{id}": { params: { id: string }; reply: ScheduleView2 };
  /** Change members of a schedule; absent ones stay. */
  "PUT /api/v1/schedules/{id}": { params: { id: string }; body: ScheduleBody; reply: ScheduleView2 };
  /** Remove a schedule; its runs stay, an active one is cancelled. */
  "DELETE /api/v1/schedules/{id}": { params: { id: string }; reply: DoneView2 };
  /** Pause it, for good or until a time. */
  "POST /api/v1/schedules/{id}/pause": { params: { id: string }; body: PauseBody; reply: ScheduleView2 };
  /** Plan it again from now. */
  "POST /api/v1/schedules/{id}/resume": { params: { id: string }; reply: ScheduleView2 };
  /** Runs of a schedule, newest first. */
  "GET /api/v1/schedules/{id}/runs": { params: { id: string }; query: { status?: string; limit?: string; offset?: string }; reply: RunView4[] };
  /** One run of a schedule. */
  "GET /api/v1/schedules/{id}/runs/{run_id}": { params: { id: string; run_id: string }; reply: RunView4 };
  /** Cancel a run of a schedule. */
  "POST /api/v1/schedules/{id}/runs/{run_id}/cancel": { params: { id: string; run_id: string }; reply: RunCancelled };
  /** Run it now; works while it is paused. */
  "POST /api/v1/schedules/{id}/trigger": { params: { id: string }; query: { force?: string }; body: TriggerBody; reply: TriggeredView };
  /** Common expressions. */
  "GET /api/v1/schedules/presets": { reply: PresetsView };
  /** Whether an expression holds, and when it runs. */
  "POST /api/v1/schedules/validate-cron": { query: { cron_expression?: string; timezone?: string }; reply: CronView };
  /** What protects this server. */
  "GET /api/v1/security/info": { reply: SecurityView3 };
  /** The settings of the nodes part. */
  "GET /api/v1/settings": { reply: void };
  /** Write settings of the nodes part, all or nothing. */
  "PUT /api/v1/settings": { body: NodeSettings; reply: void };
  /** The certificate of the HTTPS listener. */
  "GET /api/v1/settings/tls": { reply: TlsView };
  /** A new certificate and key, served at once. */
  "POST /api/v1/settings/tls/upload": { body: Upload; reply: Uploaded };
  /** Where a test run stands. */
  "GET /api/v1/status/{job_id}": { params: { job_id: string }; reply: StatusView15 };
  /** End a run, by its id or thread. */
  "DELETE /api/v1/stream/cancel/{id}": { params: { id: string }; reply: EndedView };
  /** Write in a chat about tests and hear what comes of it (SSE). */
  "POST /api/v1/stream/chat": { body: ChatBody2; reply: void };
  /** What was said in a chat (SSE), resumable by Last-Event-ID. */
  "GET /api/v1/stream/chat/{thread_id}": { params: { thread_id: string }; reply: void };
  /** An exploration as it goes on (SSE), resumable by Last-Event-ID. */
  "GET /api/v1/stream/discovery/{session_id}": { params: { session_id: string }; reply: void };
  /** Go on with a run that has ended, as a new one, and follow that (SSE). */
  "POST /api/v1/stream/resume/{run_id}": { params: { run_id: string }; body: ResumeBody; reply: void };
  /** Where a run stands, by its id or thread. */
  "GET /api/v1/stream/status/{id}": { params: { id: string }; reply: ThreadView };
  /** Start a run of a project's tests and follow it (SSE). */
  "POST /api/v1/stream/test": { body: ManyBody; reply: void };
  /** A run as it goes on (SSE), resumable by Last-Event-ID. */
  "GET /api/v1/stream/test/{run_id}": { params: { run_id: string }; query: { inline?: string }; reply: void };
  /** The same as organizations.list. */
  "GET /api/v1/teams/organizations": { reply: OrganizationLine[] };
  /** The same as organizations.create. */
  "POST /api/v1/teams/organizations": { body: CreateBody5; reply: OrganizationView };
  /** The same as organizations.get. */
  "GET /api/v1/teams/organizations/{id}": { params: { id: string }; reply: OrganizationView };
  /** The same as organizations.update. */
  "PUT /api/v1/teams/organizations/{id}": { params: { id: string }; reply: OrganizationView };
  /** The same as organizations.delete. */
  "DELETE /api/v1/teams/organizations/{id}": { params: { id: string }; reply: Said };
  /** The same as organizations.list_members. */
  "GET /api/v1/teams/organizations/{id}/members": { params: { id: string }; reply: MemberView[] };
  /** The same as organizations.invite_member. */
  "POST /api/v1/teams/organizations/{id}/members": { params: { id: string }; body: InviteBody; reply: InvitedView };
  /** The same. */
  "DELETE /api/v1/teams/organizations/{id}/members/{user_id}": { params: { id: string; user_id: string }; reply: Said };
  /** The same. */
  "PUT /api/v1/teams/organizations/{id}/members/{user_id}/role": { params: { id: string; user_id: string }; body: RoleBody; reply: Said };
  /** The same. */
  "POST /api/v1/teams/organizations/{id}/members/invite": { params: { id: string }; body: InviteBody; reply: InvitedView };
  /** Tests, newest first, each with its last results. */
  "GET /api/v1/tests": { query: { project_id?: string; is_active?: string; priority?: string; source?: string; tags?: string; search?: string; result?: string; sort?: string; limit?: string; offset?: string }; reply: TestsView };
  /** Make a test. */
  "POST /api/v1/tests": { body: TestBody2; reply: TestView8 };
  /** One test. */
  "GET /api/v1/tests/{id}": { params: { id: string }; query: { version?: string }; reply: TestView8 };
  /** Change members of a test; null and absent ones stay. */
  "PUT /api/v1/tests/{id}": { params: { id: string }; body: TestBody2; reply: TestView8 };
  /** The same. */
  "PATCH /api/v1/tests/{id}": { params: { id: string }; body: TestBody2; reply: TestView8 };
  /** Remove a test; its results stay. */
  "DELETE /api/v1/tests/{id}": { params: { id: string }; reply: void };
  /** Copy a test. */
  "POST /api/v1/tests/{id}/duplicate": { params: { id: string }; body: DuplicateBody; reply: TestView8 };
  /** Runs of a test with figures, newest first. */
  "GET /api/v1/tests/{id}/history": { params: { id: string }; query: { status?: string; from?: string; to?: string; limit?: string; offset?: string }; reply: HistoryView3 };
  /** Results of a test with steps and evidence, newest first. */
  "GET /api/v1/tests/{id}/results": { params: { id: string }; query: { run_id?: string; limit?: string; offset?: string }; reply: ResultsView };
  /** Run one test. */
  "POST /api/v1/tests/{id}/run": { params: { id: string }; body: RunBody; reply: StartedView2 };
  /** Every saved state of a test, newest first. */
  "GET /api/v1/tests/{id}/versions": { params: { id: string }; reply: VersionView4[] };
  /** Make a version the newest one. */
  "POST /api/v1/tests/{id}/versions/{version}/restore": { params: { id: string; version: string }; reply: TestView8 };
  /** Remove up to 100 tests. */
  "POST /api/v1/tests/bulk-delete": { body: IdsBody; reply: DeletedView2 };
  /** Change up to 100 tests alike. */
  "POST /api/v1/tests/bulk-update": { body: UpdateBody2; reply: UpdatedView };
  /** Make a test out of sentences; what is not understood is told. */
  "POST /api/v1/tests/create": { body: DescribeBody; reply: DescribedView };
  /** The same. */
  "POST /api/v1/tests/run": { body: ManyBody; reply: StartedView2 };
  /** Judge a test without saving it. */
  "POST /api/v1/tests/validate": { reply: ValidView3 };
  /** Nodes, the strangers they speak to, and what connects them. */
  "GET /api/v1/topology": { reply: TopologyView };
  /** Where the caller put the nodes of the map. */
  "GET /api/v1/topology/positions": { query: { view?: string }; reply: PositionsView };
  /** Keep where nodes of the map stand. */
  "PUT /api/v1/topology/positions": { body: PositionsBody; reply: void };
  /** Forget where nodes of the map stand. */
  "DELETE /api/v1/topology/positions": { query: { view?: string }; reply: void };
  /** Every tunnel in scope, newest first. */
  "GET /api/v1/tunnels": { reply: TunnelsView };
  /** Create a tunnel and tell its relay and edges. */
  "POST /api/v1/tunnels": { body: TunnelBody; reply: TunnelView };
  /** One tunnel. */
  "GET /api/v1/tunnels/{id}": { params: { id: string }; reply: TunnelView };
  /** Change, disable or enable a tunnel. */
  "PUT /api/v1/tunnels/{id}": { params: { id: string }; body: TunnelBody; reply: TunnelView };
  /** Remove a tunnel everywhere. */
  "DELETE /api/v1/tunnels/{id}": { params: { id: string }; reply: DeletedView3 };
  /** Give a tunnel new keys. */
  "POST /api/v1/tunnels/{id}/rekey": { params: { id: string }; reply: TunnelView };
  /** Accounts, newest first. */
  "GET /api/v1/users": { reply: UserInfo[] };
  /** Make an account. */
  "POST /api/v1/users": { body: CreateBody6; reply: UserInfo };
  /** One account: one's own, or with users:manage. */
  "GET /api/v1/users/{id}": { params: { id: string }; reply: UserInfo };
  /** Change members of an account; null clears. */
  "PUT /api/v1/users/{id}": { params: { id: string }; body: UpdateBody3; reply: UserInfo };
  /** Delete an account. */
  "DELETE /api/v1/users/{id}": { params: { id: string }; reply: void };
  /** Somebody's picture. */
  "GET /api/v1/users/{id}/avatar": { params: { id: string }; reply: void };
  /** Change one's own password. */
  "PUT /api/v1/users/{id}/password": { params: { id: string }; body: PasswordBody4; reply: void };
  /** Own profile. */
  "GET /api/v1/users/me": { reply: void };
  /** Change members of the own profile. */
  "PUT /api/v1/users/me": { reply: void };
  /** What one's own account did. */
  "GET /api/v1/users/me/activity": { reply: ActivityView };
  /** What one may still spend today. */
  "GET /api/v1/users/me/ai-budget": { reply: BudgetView2 };
  /** Own assistant settings. */
  "GET /api/v1/users/me/ai-config": { reply: void };
  /** Change some of them. */
  "PUT /api/v1/users/me/ai-config": { reply: void };
  /** The same as ai-config. */
  "GET /api/v1/users/me/ai-preferences": { reply: void };
  /** The same as ai-config. */
  "PUT /api/v1/users/me/ai-preferences": { reply: void };
  /** What one asked models, by day and call by call. */
  "GET /api/v1/users/me/ai-usage": { query: { days?: string; limit?: string }; reply: ReportView2 };
  /** What one asked models in a period. */
  "GET /api/v1/users/me/ai-usage/summary": { query: { period?: string }; reply: PeriodView2 };
  /** Models to choose from, with their prices. */
  "GET /api/v1/users/me/available-models": { reply: ModelsView };
  /** Bring one's own picture: a form with the member `file`. */
  "POST /api/v1/users/me/avatar": { reply: AvatarView };
  /** Remove one's own picture. */
  "DELETE /api/v1/users/me/avatar": { reply: void };
  /** What opens one's own account. */
  "GET /api/v1/users/me/connected-accounts": { reply: ConnectedView2 };
  /** Act in this one unless a request says otherwise. */
  "POST /api/v1/users/me/default-organization": { body: ChooseBody; reply: void };
  /** Change some defaults of own explorations. */
  "PUT /api/v1/users/me/discovery-preferences": { reply: void };
  /** Own organizations, the chosen one first. */
  "GET /api/v1/users/me/organizations": { reply: MineView[] };
  /** The same, by path. */
  "POST /api/v1/users/me/organizations/{org_id}/switch": { params: { org_id: string }; reply: void };
  /** Own notification and test preferences. */
  "GET /api/v1/users/me/preferences": { reply: void };
  /** Change some of them. */
  "PUT /api/v1/users/me/preferences": { reply: void };
  /** The caller's keys with what is known of them. */
  "GET /api/v1/users/me/provider-keys": { reply: ProviderKeyView[] };
  /** Store a key. */
  "POST /api/v1/users/me/provider-keys": { body: ProviderKeyBody; reply: ProviderKeyView };
  /** Remove a key. */
  "DELETE /api/v1/users/me/provider-keys/{provider}": { params: { provider: string }; reply: void };
  /** Try a key out. */
  "POST /api/v1/users/me/provider-keys/{provider}/validate": { params: { provider: string }; reply: VerdictView };
  /** End one's own sessions. */
  "DELETE /api/v1/users/me/sessions": { query: { except_current?: string }; reply: void };
  /** Change some defaults of own tests. */
  "PUT /api/v1/users/me/test-defaults": { reply: void };
  /** Judge the accessibility of an address. */
  "POST /api/v1/visual/accessibility": { body: AuditBody; reply: AuditView2 };
  /** The same. */
  "POST /api/v1/visual/accessibility/analyze": { query: { snapshot_id?: string; wcag_level?: string }; reply: AuditView2 };
  /** What differs, in words. */
  "POST /api/v1/visual/ai/explain": { query: { comparison_id?: string }; reply: ExplanationView };
  /** What rules say of a picture that was taken. */
  "POST /api/v1/visual/analyze": { body: AnalyzeBody2; reply: AnalysisView2 };
  /** Baselines of a project, by name. */
  "GET /api/v1/visual/baselines": { query: { project_id?: string; branch?: string; limit?: string; offset?: string }; reply: BaselinesView };
  /** Take or name a picture and approve it. */
  "POST /api/v1/visual/baselines": { body: BaselineBody; reply: BaselineView };
  /** One baseline. */
  "GET /api/v1/visual/baselines/{id}": { params: { id: string }; reply: void };
  /** Change a baseline; absent members stay. */
  "PUT /api/v1/visual/baselines/{id}": { params: { id: string }; body: ChangeBody3; reply: BaselineView };
  /** Remove a baseline with its comparisons. */
  "DELETE /api/v1/visual/baselines/{id}": { params: { id: string }; reply: void };
  /** The pictures that were approved, newest first. */
  "GET /api/v1/visual/baselines/{id}/history": { params: { id: string }; query: { limit?: string }; reply: void };
  /** Pictures of an address in several browsers. */
  "POST /api/v1/visual/browsers/capture": { body: BrowsersBody; reply: CapturedView };
  /** Compare an address between browsers. */
  "POST /api/v1/visual/browsers/compare": { body: BrowsersBody; reply: ComparedView };
  /** Take a picture of an address. */
  "POST /api/v1/visual/capture": { body: CaptureBody; reply: SnapshotView2 };
  /** Compare an address or a picture with a baseline, or two pictures. */
  "POST /api/v1/visual/compare": { body: CompareBody; reply: ComparisonView };
  /** Comparisons, newest first. */
  "GET /api/v1/visual/comparisons": { query: { project_id?: string; status?: string; queue?: string; limit?: string; offset?: string }; reply: ComparisonsView };
  /** One comparison. */
  "GET /api/v1/visual/comparisons/{id}": { params: { id: string }; reply: void };
  /** Accept what differs; 409 when it was decided. */
  "POST /api/v1/visual/comparisons/{id}/approve": { params: { id: string }; body: ApproveBody2; reply: ApprovedView };
  /** Refuse what differs; 409 when it was decided. */
  "POST /api/v1/visual/comparisons/{id}/reject": { params: { id: string }; body: RejectBody3; reply: RejectedView };
  /** Accept several comparisons, each by itself. */
  "POST /api/v1/visual/comparisons/approve": { body: ManyBody2; reply: ManyView };
  /** What comparisons came to, day by day. */
  "GET /api/v1/visual/history": { query: { project_id?: string; baseline_id?: string; status?: string; from?: string; to?: string; limit?: string; offset?: string }; reply: HistoryView4 };
  /** Pictures and faults of an address on several screens. */
  "POST /api/v1/visual/responsive": { body: ResponsiveBody; reply: ResponsiveView };
  /** The same. */
  "POST /api/v1/visual/responsive/capture": { body: ResponsiveBody; reply: ResponsiveView };
  /** Compare an address on every screen a baseline has. */
  "POST /api/v1/visual/responsive/compare": { query: { baseline_id?: string; current_url?: string; session_id?: string }; reply: ComparedView };
  /** A picture that was taken. */
  "GET /api/v1/visual/snapshots/{id}": { params: { id: string }; reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/bugsnag": { reply: void };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/datadog": { reply: void };
  /** Webhook endpoints of an organization, newest first. */
  "GET /api/v1/webhooks/endpoints": { query: { project_id?: string }; reply: EndpointsView2 };
  /** Create an endpoint; its secret is shown only now. */
  "POST /api/v1/webhooks/endpoints": { body: EndpointBody2; reply: EndpointView };
  /** One endpoint. */
  "GET /api/v1/webhooks/endpoints/{id}": { params: { id: string }; reply: EndpointView };
  /** Delete an endpoint and its deliveries. */
  "DELETE /api/v1/webhooks/endpoints/{id}": { params: { id: string }; reply: EndpointDone };
  /** A new secret; the old one holds for 24 h. */
  "POST /api/v1/webhooks/endpoints/{id}/rotate": { params: { id: string }; reply: EndpointView };
  /** A sender's webhook, verified natively. */
  "POST /api/v1/webhooks/fullstory": { reply: void };
  /** Where the sender of an endpoint calls. */
  "POST /api/v1/webhooks/in/{endpoint_id}": { params: { endpoint_id: string }; reply: void };
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
  /** Fire one of the hooks of the setting `automations`. */
  "POST /api/webhook": { body: FireBody; reply: FiredView };
  /** Webhook endpoints, newest first. */
  "GET /api/webhooks": { reply: WebhookView[] };
  /** Create an endpoint; its secret is shown only now. */
  "POST /api/webhooks": { body: WebhookBody; reply: CreatedView6 };
  /** Rename or switch an endpoint. */
  "PUT /api/webhooks/{webhook_id}": { params: { webhook_id: string }; body: WebhookChange; reply: WebhookView };
  /** Delete an endpoint and its deliveries. */
  "DELETE /api/webhooks/{webhook_id}": { params: { webhook_id: string }; reply: void };
  /** What was received, newest first. */
  "GET /api/webhooks/{webhook_id}/deliveries": { params: { webhook_id: string }; query: { limit?: string }; reply: WebhookDeliveryView[] };
  /** A new secret; the old one holds for 24 h. */
  "POST /api/webhooks/{webhook_id}/rotate": { params: { webhook_id: string }; reply: SecretView2 };
  /** Where a sender calls. */
  "POST /api/webhooks/receive/{hook_id}": { params: { hook_id: string }; reply: void };
  /** A one-time token for a socket or stream. */
  "POST /api/ws-token": { reply: WsTokenView };
  /** Swagger UI. */
  "GET /docs": { reply: void };
  /** Health; 503 only when the store is unreachable. */
  "GET /health": { reply: void };
  /** Whether polling goes on; 503 when it does not. */
  "GET /health/scheduler": { reply: void };
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
  /** The recorder that a snippet loads. */
  "GET /recorder.js": { reply: void };
  /** Redoc. */
  "GET /redoc": { reply: void };
  /** The variables of one UPS or of all, as the usual NUT exporter names them. */
  "GET /ups_metrics": { query: { ups?: string; variables?: string; label?: string }; reply: void };
  /** The state of connected nodes, about once a second, and what happens to them. */
  "GET /ws/dashboard": { query: { items?: string }; reply: void };
  /** The link of a node; its first frame proves who it is. */
  "GET /ws/node": { reply: void };
}
