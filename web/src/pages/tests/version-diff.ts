// What differs between two states of a test, step by step and member by member. Pure.
import type { Json, TestDocument } from '../../api/testing';

export const stepLists = ['setup', 'steps', 'assertions', 'teardown'] as const;
export type StepList = (typeof stepLists)[number];
/** What is compared: a version, or what stands in the editor. */
export type Content = Pick<TestDocument, 'name' | 'description' | 'tags' | 'priority' | 'is_active' | 'variables' | 'config' | StepList>;
export interface MemberChange { name: string; before: string | undefined; after: string | undefined }
export interface StepChange { list: StepList; kind: 'added' | 'removed' | 'changed'; /** Its place before and after, counted from 0. */ was: number | null; now: number | null; step: Json; members: MemberChange[] }
export interface Changes { members: MemberChange[]; steps: StepChange[] }

const shown = (v: unknown) => (v === undefined || v === null ? undefined : typeof v === 'string' ? v : JSON.stringify(v));

function members(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>, prefix = ''): MemberChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [a, b] = [shown(before[name]), shown(after[name])];
    return a === b ? [] : [{ name: `${prefix}${name}`, before: a, after: b }];
  });
}

/** Pairs of places that stay, in order: the longest there are. */
function kept(a: readonly string[], b: readonly string[]): [number, number][] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const [n, m] = [a.length - head - tail, b.length - head - tail];
  const best: Uint16Array[] = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));
  const at = (i: number, j: number) => best[i]?.[j] ?? 0;
  for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--) { const row = best[i]; if (row) row[j] = a[head + i] === b[head + j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1)); }
  const pairs: [number, number][] = Array.from({ length: head }, (_, k) => [k, k]);
  for (let i = 0, j = 0; i < n && j < m;) {
    if (a[head + i] === b[head + j]) { pairs.push([head + i, head + j]); i += 1; j += 1; } else if (at(i + 1, j) >= at(i, j + 1)) i += 1; else j += 1;
  }
  for (let k = tail; k > 0; k--) pairs.push([a.length - k, b.length - k]);
  return pairs;
}

function ofList(list: StepList, before: readonly Json[], after: readonly Json[]): StepChange[] {
  const text = (steps: readonly Json[]) => steps.map((s) => JSON.stringify(s));
  const changes: StepChange[] = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...kept(text(before), text(after)), [before.length, after.length] as const]) {
    // Between two that stayed, those that stand beside each other and do the same are one that was changed.
    while (i < a || j < b) {
      const [was, now] = [i < a ? before[i] : undefined, j < b ? after[j] : undefined];
      if (was && now && (was.action ?? was.type) === (now.action ?? now.type)) { changes.push({ list, kind: 'changed', was: i, now: j, step: now, members: members(was, now) }); i += 1; j += 1; }
      else if (was) { changes.push({ list, kind: 'removed', was: i, now: null, step: was, members: [] }); i += 1; }
      else if (now) { changes.push({ list, kind: 'added', was: null, now: j, step: now, members: [] }); j += 1; }
    }
    [i, j] = [a + 1, b + 1];
  }
  return changes;
}

export function changesBetween(before: Content, after: Content): Changes {
  const about = (x: Content) => ({ name: x.name, description: x.description ?? '', tags: x.tags.join(', '), priority: x.priority, is_active: x.is_active });
  return {
    members: [...members(about(before), about(after)), ...members(before.variables, after.variables, 'variables.'), ...members(before.config, after.config, 'config.')],
    steps: stepLists.flatMap((list) => ofList(list, before[list], after[list])),
  };
}
