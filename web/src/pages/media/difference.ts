// What differs between two configurations, one line per member.
export interface Difference { path: string; before: string | undefined; after: string | undefined }

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const shown = (v: unknown) => (v === undefined ? undefined : JSON.stringify(v));

/** Items of lists are matched by their id where all have one. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isObject(before) && isObject(after)) return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  if (Array.isArray(before) && Array.isArray(after)) {
    const named = (list: unknown[]) => list.every((v) => isObject(v) && typeof v.id === 'string');
    if (named(before) && named(after)) {
      const of = (list: unknown[]) => new Map(list.map((v) => [String((v as { id: string }).id), v]));
      const [a, b] = [of(before), of(after)];
      return [...new Set([...a.keys(), ...b.keys()])].flatMap((id) => differences(a.get(id), b.get(id), `${path}[${id}]`));
    }
  }
  const [x, y] = [shown(before), shown(after)];
  return x === y ? [] : [{ path, before: x, after: y }];
}
