// Changes to how healing is wanted, before they are saved. Pure.
export type Values = Readonly<Record<string, unknown>>;
/** Fields that were changed, and fields of a project that are given back to its organization. */
export interface Draft { readonly changes: Values; readonly inherit: readonly string[] }
export const unchanged: Draft = { changes: {}, inherit: [] };

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const without = (values: Values, name: string): Values => Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));

/** A field that is written; what is as it is stored is no change. */
export function put(draft: Draft, stored: Values, name: string, value: unknown): Draft {
  const changes = without(draft.changes, name);
  return { changes: same(value, stored[name]) ? changes : { ...changes, [name]: value }, inherit: draft.inherit.filter((n) => n !== name) };
}

/** A field of a project that follows its organization again. */
export const giveBack = (draft: Draft, name: string): Draft => ({ changes: without(draft.changes, name), inherit: [...draft.inherit.filter((n) => n !== name), name] });

/** What a field is, with what it would be without the project's own word. */
export function current(draft: Draft, stored: Values, inherited: Values, name: string): unknown {
  if (name in draft.changes) return draft.changes[name];
  return draft.inherit.includes(name) ? inherited[name] : stored[name];
}

export const countOf = (draft: Draft): number => Object.keys(draft.changes).length + draft.inherit.length;

/** What is sent: names without the blanks that were typed around them. */
export function bodyOf({ changes, inherit }: Draft): Values {
  const names = changes.approvers;
  const trimmed = Array.isArray(names) ? names.map((n) => String(n).trim()).filter((n) => n !== '') : [];
  const approvers = Array.isArray(names) ? { approvers: trimmed.length > 0 ? trimmed : null } : {};
  return { ...changes, ...approvers, ...(inherit.length > 0 ? { inherit } : {}) };
}

/** A number in the shown unit as it is stored; `times` = how often the shown unit goes into the stored one. 5.1 s are 5100 ms, not 5099.999. */
export const stored = (text: string, times: number): number => Number((Number(text) / times).toFixed(6));
