// Where a run began to differ from the last one that passed, and what of a trace was when on one clock. Pure.
import type { TraceRequest, TraceStep } from '../../api/testing';

/** A step as two runs are compared by it. */
export interface Looked { phase: string; action: string; target: string | null; resolved_selector: string | null; status: string; url: string | null; /** The same for pages a screen reader has nothing else of. */ page?: string | null }
/** The step itself was changed, ended otherwise, took another element, or stood at another address or on a page that is not the same. */
export type Differs = 'step' | 'status' | 'element' | 'address' | 'page';
export interface Divergence { at: number; how: Differs[] }

/** The address without where the application is: that may be another environment. */
function placeOf(url: string | null): string | null {
  return url !== null && URL.canParse(url) ? url.slice(new URL(url).origin.length) : url;
}

function differs(now: Looked, green: Looked): Differs[] {
  const how: Differs[] = [];
  if (now.phase !== green.phase || now.action !== green.action || now.target !== green.target) how.push('step');
  if (now.status !== green.status) how.push('status');
  if (now.resolved_selector !== green.resolved_selector && now.target === green.target) how.push('element');
  if (placeOf(now.url) !== placeOf(green.url)) how.push('address');
  // What is not known of one of them is no difference.
  if (now.page && green.page && now.page !== green.page) how.push('page');
  return how;
}

/** The first step that is not as it was; nothing when all are. */
export function firstDifference(now: readonly Looked[], green: readonly Looked[]): Divergence | null {
  for (const [at, step] of now.entries()) {
    const then = green[at];
    const how = then ? differs(step, then) : ['step' as const];
    if (how.length > 0) return { at, how };
  }
  return null;
}

export function lookedOf(step: TraceStep): Looked { return { ...step.result, page: step.page ?? null }; }

/** When the clock of the steps began, in milliseconds since the epoch, told by what is known of both clocks; nothing without any request. */
export function originOf(steps: readonly TraceStep[], requests: readonly TraceRequest[]): number | null {
  const first = requests.find((r) => r.started_ms !== null && r.step !== null && steps[r.step] !== undefined);
  if (first?.started_ms != null && first.step !== null) return first.started_ms - (steps[first.step]?.result.started_ms ?? 0);
  const ends = steps.flatMap((s) => (s.requests_until_ms == null ? [] : [s.requests_until_ms - s.result.started_ms - s.result.duration_ms]));
  return ends.length > 0 ? Math.max(...ends) : null;
}

/** Bars that last from a moment to another, in as few rows as they fit into; those that find no place share the last one. */
export function inRows(bars: readonly { from: number; to: number }[], most: number): number[] {
  const free: number[] = [];
  return bars.map((bar) => {
    let row = free.findIndex((at) => at <= bar.from);
    if (row < 0) row = Math.min(free.length, most - 1);
    free[row] = Math.max(free[row] ?? 0, bar.to);
    return row;
  });
}

/** The step that was under way at a moment of the steps' clock, or the last one before it. */
export function stepAt(steps: readonly TraceStep[], ms: number): number {
  let at = 0;
  for (const [n, s] of steps.entries()) if (s.result.started_ms <= ms) at = n;
  return at;
}
