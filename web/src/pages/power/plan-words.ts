// What plans, runs and steps are called, and which colour says so.
import type { PlanBudget, PlanStep, PlanTriggers, RunState, ShutdownPlan, ShutdownRun, StepKind, StepState } from '../../api/shutdown';
import { span } from '../../format/time';
import type { PlainKey, Translate } from '../../i18n';
import type { Status } from '../../state/status';
import type { IconName } from '../../ui/icon-names';

export const kinds: readonly StepKind[] = ['ssh', 'guest', 'proxmox', 'facade_fsd', 'nut_fsd', 'redfish', 'ipmi', 'http', 'webhook', 'ups_off', 'local'];
export const kindIcon: Readonly<Record<StepKind, IconName>> = { ssh: 'terminal', guest: 'boxes', proxmox: 'server', facade_fsd: 'send', nut_fsd: 'send', redfish: 'cpu', ipmi: 'cpu', http: 'globe', webhook: 'link', ups_off: 'bolt', local: 'monitor' };
/** What a step acts on, as short as it can be said. */
export function targetOf(step: PlanStep): string {
  if (step.host) return step.host;
  if (step.kind === 'guest') return `${step.vmid ?? ''} @ ${step.node ?? ''}`;
  if (step.kind === 'proxmox') return step.node ?? '';
  if (step.kind === 'ups_off') return (step.outlets ?? []).length > 0 ? `# ${(step.outlets ?? []).join(', ')}` : '';
  return (step.url ?? '').replace(/^https?:\/\//, '');
}
export const kindName = (kind: StepKind): PlainKey => `shutdown.kind.${kind}`;
export const runWord = (state: RunState): PlainKey => `shutdown.run.${state}`;
export const stepWord = (state: StepState): PlainKey => `shutdown.step.${state}`;

const runLooks: Readonly<Record<RunState, Status>> = { running: 'warning', final: 'critical', halted: 'warning', cancelled: 'unknown', aborted: 'critical', restoring: 'warning', restored: 'ok', done: 'ok', superseded: 'unknown' };
const stepLooks: Readonly<Record<StepState, Status>> = { pending: 'unknown', running: 'warning', done: 'ok', failed: 'critical', skipped: 'unknown' };
export const runLook = (run: ShutdownRun): Status => (run.state === 'done' && run.steps.some((s) => s.state === 'failed') ? 'warning' : runLooks[run.state]);
export const stepLook = (state: StepState): Status => stepLooks[state];
export const isBusy = (run: ShutdownRun): boolean => run.state === 'running' || run.state === 'final';

/** The triggers as words, in the order they are judged. */
export function triggerWords(t: Translate, x: PlanTriggers): string[] {
  const out: string[] = [];
  if (x.fsd) out.push(t('shutdown.when.fsd'));
  if (x.low_battery) out.push(t('shutdown.when.lb'));
  if (x.battery_percent) out.push(t('shutdown.when.percent', { n: x.battery_percent }));
  if (x.runtime_seconds) out.push(t('shutdown.when.runtime', { time: span(x.runtime_seconds) }));
  if (x.percent_per_minute) out.push(t('shutdown.when.rate', { n: x.percent_per_minute }));
  if (x.on_battery_seconds > 0) out.push(t('shutdown.when.time', { time: span(x.on_battery_seconds) }));
  if (x.lost_polls > 0) out.push(t('shutdown.when.lost'));
  return out;
}

export const stepsOf = (plan: ShutdownPlan): number => plan.phases.reduce((n, p) => n + p.actions.length, 0);
/** What deserves a look besides what the bar of the time budget says already. */
export const beyondBudget = (seen: { budget: PlanBudget; warnings: readonly string[] }): string[] => seen.warnings.filter((w) => !(seen.budget.fits === false && w.startsWith('plan needs ')));
