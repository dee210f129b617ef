import { expect, test } from 'vitest';
import { changed, laidOver, wayBack } from './bulk';

const of = (id: string, tags: string[], priority = 'medium', is_active = true) => ({ id, tags, priority, is_active });
const tests = [of('a', ['smoke']), of('b', ['smoke', 'slow'], 'high'), of('c', [], 'low', false)];

test('way_back_gives_each_test_what_it_had', () => {
  for (const change of [{ tags_add: ['smoke', 'new'] }, { tags_remove: ['smoke', 'slow', 'none'] }, { priority: 'high' }, { is_active: false }, { tags_add: ['x'], tags_remove: ['slow'] }]) {
    let now = tests.map((x) => changed(x, change));
    for (const part of wayBack(tests, change)) now = now.map((x) => (part.ids.includes(x.id) ? changed(x, part.body) : x));
    expect(now.map((x) => ({ ...x, tags: [...x.tags].sort() }))).toEqual(tests.map((x) => ({ ...x, tags: [...x.tags].sort() })));
  }
});

test('tests_that_need_the_same_go_back_together_and_those_that_were_so_not_at_all', () => {
  expect(wayBack(tests, { tags_add: ['smoke', 'new'] })).toEqual([{ ids: ['a', 'b'], body: { tags_remove: ['new'] } }, { ids: ['c'], body: { tags_remove: ['smoke', 'new'] } }]);
  expect(wayBack(tests, { priority: 'high' })).toEqual([{ ids: ['a'], body: { priority: 'medium' } }, { ids: ['c'], body: { priority: 'low' } }]);
  expect(wayBack(tests, { tags_remove: ['unknown'] })).toEqual([]);
});

test('way_back_of_a_line_that_was_old_gives_what_the_server_had', () => {
  // A colleague took the tag away meanwhile, and one test could not be changed.
  const before = laidOver(tests, [of('a', [], 'low'), of('c', [], 'low', false)]);
  expect(before).toEqual([of('a', [], 'low'), of('c', [], 'low', false)]);
  expect(wayBack(before, { tags_add: ['smoke'] })).toEqual([{ ids: ['a', 'c'], body: { tags_remove: ['smoke'] } }]);
});
