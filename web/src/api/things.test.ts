// What a change from the stream does to what is shown.
import { expect, test } from 'vitest';
import type { Thing, ThingPatch, Things } from './shapes';
import { patched, patchedList } from './things';

const thing: Thing = { ref: 'disk:a', kind: 'disk', name: 'a', status: 'ok', word: '', detail: '', page: '', tags: [], rev: 4, status_since: '2026-01-01T00:00:00Z', gone_at: null };
const patch: ThingPatch = { ref: 'disk:a', kind: 'disk', rev: 5, gone: false, fields: { name: 'a', status: 'critical', word: 'full', detail: '99 %', tags: ['x'], status_since: '2026-01-02T00:00:00Z' }, at: '2026-01-02T00:00:00Z' };

test('newer_patch_changes_the_fields_and_the_revision', () => {
  expect(patched(thing, patch)).toEqual({ ...thing, ...patch.fields, rev: 5 });
  expect(patched(thing, { ...patch, gone: true }).gone_at).toBe(patch.at);
});
test('older_or_foreign_patch_changes_nothing', () => {
  expect(patched(thing, { ...patch, rev: 4 })).toBe(thing);
  expect(patched(thing, { ...patch, ref: 'disk:b' })).toBe(thing);
});
test('list_without_the_thing_stays_the_same_object', () => {
  const list: Things = { items: [thing], facets: { kinds: [], statuses: [] }, total: 1, rev: 4, next: null };
  expect(patchedList(list, { ...patch, ref: 'disk:b' })).toBe(list);
  expect(patchedList(list, patch).items[0]?.status).toBe('critical');
});
