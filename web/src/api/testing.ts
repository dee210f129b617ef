// Shapes of tests, their runs and results.
import type { Time } from './shapes';
import type { CheckShown } from './visual';

export type ResultWord = 'passed' | 'failed' | 'skipped' | 'error' | 'cancelled';
export type RunWord = 'pending' | 'running' | 'passed' | 'failed' | 'error' | 'cancelled';
export interface TestMark { run_id: string; status: ResultWord; flaky: boolean; healed: boolean; duration_ms: number; completed_at: Time }
export interface TestFigures { total: number; passed: number; failed: number; pass_rate: number | null; flaky_rate: number | null; avg_duration_ms: number | null; p95_duration_ms: number | null }
export interface TestLine { id: string; project_id: string; name: string; description: string | null; tags: string[]; priority: string; is_active: boolean; source: string; version: number; step_count: number; updated_at: Time; recent_results: TestMark[]; figures: TestFigures }
export type Json = Record<string, unknown>;
export interface TestDocument { id: string; project_id: string; name: string; description: string | null; steps: Json[]; assertions: Json[]; setup: Json[]; teardown: Json[]; variables: Json; config: Json; tags: string[]; priority: string; is_active: boolean; source: string; version: number; created_by: string; created_at: Time; updated_at: Time }
export interface TestVersion { version: number; summary: string; created_by: string; created_at: Time; is_current: boolean }
/** Runs of tests by the clock; without `test_ids` it runs those of its filter, without both all of the project. */
export interface TestSchedule { id: string; project_id: string | null; name: string; cron_expression: string; cron_readable: string; enabled: boolean; status: 'active' | 'paused' | 'running' | 'error'; test_ids: string[]; test_filter: { tags?: string[]; priority?: string[] }; app_url: string; next_run_at: string | null; last_run_at: Time; last_run_status: string | null }
export interface TestJudgement { valid: boolean; errors: { loc: (string | number)[]; msg: string; type: string }[]; warnings: string[] }
export interface HistoryRun { run_id: string; status: ResultWord; trigger: string; environment: string; browser: string; app_url: string; started_at: Time; completed_at: Time; duration_ms: number; attempts: number; flaky: boolean; healed: boolean; error_message: string | null }
export interface TestHistory { runs: HistoryRun[]; stats: TestFigures; total: number }
export interface TestRun { id: string; project_id: string; test_id: string | null; name: string; trigger: string; status: RunWord; app_url: string; environment: string; browser: string; total_tests: number; passed_tests: number; failed_tests: number; skipped_tests: number; flaky_tests: number; duration_ms: number | null; ci_metadata: Json; error: string | null; created_by: string; created_at: Time; started_at: Time; completed_at: Time }
export interface HealingShown { old_value: string; new_value: string | null; confidence: number; explanation: string; strategy: string; used: boolean }
/** What looking for an element in a picture of the page came to; places are CSS pixels of what the picture shows. */
export interface SightShown { used: boolean; view: [number, number] | null; at: [number, number] | null; area: [number, number, number, number] | null; confidence: number | null; selector: string | null; cost_usd: number | null; why_not: string | null }
export interface StepShown { vision?: SightShown | null; vision_picture_url?: string | null; healing?: HealingShown | null; check?: CheckShown | null; step_index: number; phase: string; action: string; description: string | null; target: string | null; resolved_selector: string | null; status: string; started_ms: number; duration_ms: number; error: string | null; error_code: string | null; screenshot_url?: string | null; warnings: string[]; url: string | null }
export interface ClaimShown { type: string; target: string | null; expected: string | null; actual: string | null; passed: boolean; error: string | null; soft: boolean; duration_ms: number; warnings: string[] }
export interface ConsoleShown { kind: string; text: string; url: string | null; line: number | null }
export interface RequestShown { method: string; url: string; kind: string; status: number | null; error: string | null }
export interface DownloadShown { artifact_id: string; name: string; size_bytes: number; url: string }
export interface ProjectFile { id: string; name: string; size_bytes: number; url: string; created_by: string; created_at: Time }
export interface DataTest { id: string; project_id: string; name: string; description: string | null; data_source_type: string; data_source_config: Json; parameter_schema: Json; steps: Json[]; iteration_mode: string; max_parallel: number; created_by: string; created_at: Time; updated_at: Time }
export interface DataRows { parameter_sets_count: number; parameter_sets: Json[]; detected_fields: string[]; warnings: string[] }
export interface TestResult { id: string; run_id: string; test_id: string; test_name: string; status: ResultWord; attempts: number; flaky: boolean; healed: boolean; duration_ms: number; started_at: Time; error_message: string | null; error_code: string | null; failed_step_index: number | null; step_results: StepShown[]; assertion_results: ClaimShown[]; final_screenshot_url: string | null; failure_screenshot_url: string | null; recording_url: string | null; trace_url: string | null; trace_artifact_id: string | null; har_url: string | null; failure_dom_url: string | null; downloads: DownloadShown[]; console_errors: ConsoleShown[]; network_failures: RequestShown[]; warnings: string[]; earlier_attempts: { attempt: number; error_message: string | null; duration_ms: number }[] }
export interface BrowserStatus { healthy: boolean; pool_size: number; active_sessions: number; queued: number; running: number; problem: string | null; browsers: { name: string; version: string | null; available: boolean }[] }
export interface ExportFormat { id: string; name: string; languages: { id: string }[] }
export interface ExportedFile { filename: string; code: string }
export interface ExportedCode extends ExportedFile { setup_instructions: string; warnings: string[]; files: ExportedFile[] | null }

export type HealStatus = 'pending' | 'applied' | 'auto_applied' | 'rejected' | 'expired' | 'superseded';
export interface HealPart { attribute: string; weight: number; score: number }
export interface HealSuggestion { id: string; project_id: string; test_id: string; test_name: string; run_id: string; phase: string; step_index: number; failure_type: string; fix_type: string; old_value: string; new_value: string; confidence: number; runner_up_confidence: number | null; strategy: string; explanation: string; evidence: HealPart[]; status: HealStatus; page_url: string | null; screenshot_url: string | null; before_screenshot_url: string | null; area: [number, number, number, number] | null; view: [number, number] | null; success_rate: number | null; times_seen: number; times_used: number; created_at: Time; reviewed_by: string | null; reviewed_at: Time; note: string | null }
export interface HealStats { total_patterns: number; total_heals_applied: number; total_heals_suggested: number; pending: number; heals_in_runs: number; success_rate: number | null; heals_last_30d: number; avg_confidence: number | null }
export interface HealConfig { own_fields: string[]; inherited: Json; delivery: { email: boolean; slack: boolean }; enabled: boolean; notification_channels: { email?: boolean; slack?: boolean }; preferred_selector_strategies: string[]; approvers: string[] | null; updated_at: Time | null }
export interface RecordingRow { id: string; name: string; project_id: string; test_id: string | null; status: 'recording' | 'completed' | 'converted'; source: string; events_count: number; interaction_count: number; bytes: number; duration_ms: number | null; url: string | null; estimated_steps: number; created_by: string; created_at: Time }
export interface RecordedTest { id: string | null; name: string; steps: (Json & { confidence: number })[]; assertions: Json[]; variables: Record<string, string> }
export interface Conversion { test: RecordedTest; warnings: string[]; steps_generated: number }
/** An extension of a person's own browser. */
export interface ExtensionRow { id: string; origin: string; status: 'pending' | 'approved' | 'denied'; connected: boolean; capabilities: string[]; recording_id: string | null; created_at: Time; last_seen_at: Time }
export interface ExtensionBridge { enabled: boolean; address: string | null; problem: string | null; extensions: ExtensionRow[] }
export interface Snippet { snippet: string; cdn_script: string; instructions: string; expires_at: Time }
export interface BrowserSession { session_id: string; recording_id: string | null; viewport: { width: number; height: number } }

/** How tests are run. */
export interface Manner { retries: number; parallel_tests: number; self_heal: boolean; strict_selectors: boolean; record_video: boolean; trace: string; screenshot_mode: string; viewport: { width: number; height: number }; default_timeout_ms: number; navigation_timeout_ms: number; test_timeout_ms: number }
export interface RunSettings { project_id: string; app_url: string | null; base_url: Record<string, string>; own: string[]; of_installation: string[]; inherited: Manner; effective: Manner }
export interface RunPreview { project_id: string; tests: { id: string; name: string; priority: string; tags: string[] }[]; total: number; app_url: string; environment: string; manner: Manner }

export interface TraceStep { result: { phase: string; step_index: number; action: string; target: string | null; description: string | null; resolved_selector: string | null; status: string; started_ms: number; duration_ms: number; error: string | null; url: string | null; warnings: string[] }; before?: string; after?: string; screenshot?: string; accessibility?: string; requests_until_ms?: number | null; /** The same for pages a screen reader has nothing else of. */ page?: string | null }
export interface TraceShown { artifact_id: string; about: { status?: string; run_id?: string; test_id?: string; app_url?: string } | null; steps: TraceStep[]; total: number; truncated: boolean }
/** What a screen reader has of a page: its lines in order, each as deep as `level` says. */
export interface TraceTree { nodes: { level: number; role: string; name: string; value?: unknown; states?: Record<string, unknown> }[]; truncated: boolean }
/** A request of a trace; times are milliseconds. */
export interface TraceRequest { n: number; method: string; url: string; kind: string; status: number | null; error: string | null; mime: string | null; bytes: number | null; started_ms: number | null; duration_ms: number | null; wait_ms: number | null; receive_ms: number | null; step: number | null }
export interface TraceRequests { requests: TraceRequest[]; total: number; all: number; kept: boolean; from_ms: number | null; to_ms: number | null }
export interface TraceConsole { lines: { kind: string; text: string; url: string | null; line: number | null; at_ms: number; step: number | null }[]; total: number; all: number }
/** An entry of an archive of requests (HAR 1.2), as far as it is shown. */
export interface HarEntry { request: { method: string; url: string; headers: { name: string; value: string }[]; postData?: { mimeType: string; text: string } }; response: { status: number; statusText: string; headers: { name: string; value: string }[]; _error?: string }; timings: Record<string, number>; serverIPAddress?: string }
/** What came of a step in a browser that is driven. */
export interface LiveStep { step_index: number; instruction: string; success: boolean; status: 'passed' | 'failed' | 'skipped' | 'healed'; duration_ms: number; error: string | null; error_code: string | null; candidates: string[]; warnings: string[] }
export interface LiveDone { success: boolean; steps: LiveStep[]; url: string; error: string | null }
/** The element at a place of the picture. */
export interface LivePick { found: boolean; selector: string | null; selectors: { selector: string; strategy: string; confidence: number }[]; tag: string | null; role: string | null; name: string | null; bounds: { x: number; y: number; width: number; height: number } | null }
/** `tags` are those of all tests there are, whatever the filters say. */
export interface TestPage { tests: TestLine[]; total: number; limit: number; offset: number; tags: string[] }
