// Shapes of the shutdown plans and their runs.
export type StepKind = 'ssh' | 'guest' | 'proxmox' | 'http' | 'webhook' | 'redfish' | 'ipmi' | 'nut_fsd' | 'facade_fsd' | 'ups_off' | 'local';
export interface PlanTriggers { fsd: boolean; low_battery: boolean; lb_hold_seconds: number; battery_percent: number | null; runtime_seconds: number | null; percent_per_minute: number | null; on_battery_seconds: number; lost_polls: number; stabilise_seconds: number; grace_seconds: number }
export interface PlanWake { kind: 'wol' | 'redfish' | 'ipmi' | 'guest' | 'outlet'; mac?: string; broadcast?: string; port?: number; device_id?: string; outlet?: string }
export interface HostCheck { kind: 'ping' | 'tcp' | 'http'; host?: string; port?: number | null; url?: string }
/** Members beside the common ones depend on the kind. */
export interface PlanStep {
  id?: string; name: string; kind: StepKind; timeout_seconds: number; retries: number; on_failure: 'continue' | 'abort'; restore: PlanWake | null; secrets_set?: string[];
  host?: string; port?: number; user?: string; command?: string; host_key?: string | null; password?: string; key?: string; passphrase?: string;
  url?: string; method?: string; body?: string; headers?: Record<string, string>; expected_status?: number | null; secret?: string; tls_verify?: boolean; cipher_suite?: number; force?: boolean; hostsync_seconds?: number; delay_seconds?: number;
  node?: string; token_id?: string; token?: string; vmid?: number; guest?: 'qemu' | 'lxc'; device_ids?: string[]; outlets?: string[]; check?: HostCheck | null;
}
export interface PlanPhase { order: number; name: string; verify_seconds: number | null; actions: PlanStep[] }
export interface PlanBudget { phases: { order: number; seconds: number }[]; grace_seconds: number; margin_seconds: number; needed_seconds: number; left_seconds: number | null; fits: boolean | null }
export interface PlanRestore { enabled: boolean; stable_seconds: number; min_charge_percent: number; delay_seconds: number; boot_timeout_seconds: number; all: boolean }
export interface ShutdownPlan {
  id: number; name: string; enabled: boolean; armed: boolean; sources: { device_id: string; group: string }[]; groups: { name: string; min_healthy: number }[]; triggers: PlanTriggers; phases: PlanPhase[];
  restore: PlanRestore; on_power_return: 'cancel_remaining' | 'continue'; dry_run: boolean; budget: PlanBudget; warnings: string[]; created_at: string; updated_at: string;
}
export type RunState = 'running' | 'final' | 'halted' | 'cancelled' | 'aborted' | 'restoring' | 'restored' | 'done' | 'superseded';
export type StepState = 'pending' | 'running' | 'done' | 'failed' | 'skipped';
export interface RunStep { step_id: string; direction: 'shutdown' | 'restore'; phase: number; name: string; kind: string; target: string; command: string; state: StepState; attempts: number; result: string | null; started_at: string | null; ended_at: string | null }
export interface RunPhase { order: number; name: string; limit_seconds: number; is_final: boolean }
export interface ShutdownRun {
  id: number; plan_id: number; plan_name: string; mode: 'real' | 'dry' | 'test'; state: RunState; trigger: string; reason: string | null; started_by: string; stop: string | null; stop_by: string | null;
  started_at: string; ended_at: string | null; restore_waits_for: string | null; sources: string[]; on_power_return: ShutdownPlan['on_power_return']; phases: RunPhase[]; steps: RunStep[];
}
export interface PlanStatus { id: number; name: string; enabled: boolean; armed: boolean; dry_run: boolean; stage: 'idle' | 'on_battery' | 'countdown' | 'fired'; seconds_left: number | null; sources: { device_id: string; name: string; group: string; on_battery: boolean | null; critical: string | null; held_back: boolean }[]; run: ShutdownRun | null }
export interface ShutdownStatus { monitoring: boolean; armed: number; trouble: string | null; plans: PlanStatus[] }
export interface PlanTest { ok: boolean; budget: PlanBudget; warnings: string[]; run: ShutdownRun }
export interface PlanChange { path: string; step: string | null; before: unknown; after: unknown }
export interface PlanPreview extends ShutdownPlan { changes: PlanChange[] }
export interface StepTest { ok: boolean; command: string; target: string; result: string; up: boolean | null; latency_ms: number }
