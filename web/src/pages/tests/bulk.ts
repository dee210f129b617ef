// One change of many tests: what it makes of each, and what gives each back what it had. Pure.
import type { TestLine } from '../../api/testing';

export type Kept = Pick<TestLine, 'id' | 'is_active' | 'priority' | 'tags'>;
export interface Change { is_active?: boolean; priority?: string; tags_add?: readonly string[]; tags_remove?: readonly string[] }
export interface Part { ids: string[]; body: Change }

/** The test as the change leaves it, in the words of the server: what is to be added and removed is removed. */
export function changed<T extends Kept>(test: T, change: Change): T {
  const tags = [...new Set([...test.tags, ...(change.tags_add ?? [])])].filter((tag) => !change.tags_remove?.includes(tag));
  return { ...test, is_active: change.is_active ?? test.is_active, priority: change.priority ?? test.priority, tags };
}

/** The way back: tests that need the same are one part, and those that were so already need none. */
export function wayBack(tests: readonly Kept[], change: Change): Part[] {
  const parts = new Map<string, Part>();
  for (const before of tests) {
    const after = changed(before, change);
    const body: Change = {};
    if (after.is_active !== before.is_active) body.is_active = before.is_active;
    if (after.priority !== before.priority) body.priority = before.priority;
    const lost = before.tags.filter((tag) => !after.tags.includes(tag));
    const won = after.tags.filter((tag) => !before.tags.includes(tag));
    if (lost.length > 0) body.tags_add = lost;
    if (won.length > 0) body.tags_remove = won;
    if (Object.keys(body).length === 0) continue;
    const key = JSON.stringify(body);
    const part = parts.get(key) ?? { ids: [], body };
    part.ids.push(before.id);
    parts.set(key, part);
  }
  return [...parts.values()];
}

/** Those of the tests that the server changed, as it had them before. */
export function laidOver<T extends Kept>(tests: readonly T[], before: readonly Kept[]): T[] {
  const had = new Map(before.map((x) => [x.id, x]));
  return tests.flatMap((x) => { const then = had.get(x.id); return then ? [{ ...x, is_active: then.is_active, priority: then.priority, tags: then.tags }] : []; });
}
