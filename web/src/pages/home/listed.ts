// The order of the problems on Home: what ended is not taken away from under the reader.
import type { Problem } from '../../api/shapes';

export interface Listed { readonly problem: Problem; readonly over: boolean }

const endedMax = 3;

/** The problems to show, and after each its neighbours of before that ended since; only the newest few of those. */
export function withEnded(before: readonly Listed[], shown: readonly Problem[], all: readonly Problem[]): readonly Listed[] {
  const goesOn = (p: Problem) => all.some((q) => q.firing_id === p.firing_id);
  const next: Listed[] = shown.map((problem) => ({ problem, over: false }));
  const ended = before.filter((x) => !goesOn(x.problem));
  const kept = [...ended].sort((a, b) => Number(b.over) - Number(a.over)).slice(-endedMax);
  for (const x of ended.filter((e) => kept.includes(e))) {
    const above = before.slice(0, before.indexOf(x)).findLast((a) => next.some((n) => n.problem.firing_id === a.problem.firing_id));
    const at = above === undefined ? 0 : next.findIndex((n) => n.problem.firing_id === above.problem.firing_id) + 1;
    next.splice(at, 0, { problem: x.problem, over: true });
  }
  return next;
}
