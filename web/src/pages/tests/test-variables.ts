// Variables of a test as rows, and back.
import type { Json } from '../../api/testing';
import type { Pair } from './project-settings';

const isText = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

export function rowsOf(variables: Json): Pair[] {
  return Object.entries(variables).flatMap(([key, value]) => (isText(value) ? [{ key, value: String(value) }] : []));
}

/** What is no text is taken from `before`; a number that was not touched stays one. */
export function variablesOf(rows: readonly Pair[], before: Json): Json {
  const kept = Object.entries(before).filter(([, value]) => !isText(value));
  const named = rows.flatMap(({ key, value }) => {
    const name = key.trim();
    const was = before[name];
    return name === '' ? [] : [[name, isText(was) && String(was) === value ? was : value] as const];
  });
  return Object.fromEntries([...named, ...kept]);
}
