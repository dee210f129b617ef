import { expect, test } from 'vitest';
import { differences } from './difference';

test('lists_of_things_with_ids_are_compared_thing_by_thing', () => {
  expect(differences({ flows: [{ id: 'a', n: 1 }, { id: 'b' }], x: 1 }, { flows: [{ id: 'c' }, { id: 'a', n: 2 }], x: 1 })).toEqual([
    { path: 'flows[a].n', before: '1', after: '2' }, { path: 'flows[b]', before: '{"id":"b"}', after: undefined }, { path: 'flows[c]', before: undefined, after: '{"id":"c"}' },
  ]);
});
