import { expect, test } from 'vitest';
import { changesBetween, type Content } from './version-diff';

const content = (more: Partial<Content> = {}): Content => ({ name: 'Order', description: null, tags: ['a'], priority: 'high', is_active: true, variables: {}, config: {}, setup: [], steps: [], assertions: [], teardown: [], ...more });
const click = (target: string, more = {}) => ({ action: 'click', target, ...more });

test('same_states_differ_in_nothing_and_an_empty_description_is_none', () => {
  expect(changesBetween(content({ steps: [click('#a')] }), content({ steps: [click('#a')], description: '' }))).toEqual({ members: [], steps: [] });
});

test('steps_that_were_added_removed_and_changed_are_told_apart', () => {
  const before = content({ steps: [click('#a'), click('#b'), { action: 'goto', target: '/' }, click('#c')] });
  const after = content({ steps: [click('#new'), click('#a'), click('#b', { timeout: 3 }), click('#c')] });
  const found = changesBetween(before, after).steps;
  expect(found.map((c) => [c.kind, c.was, c.now])).toEqual([['added', null, 0], ['changed', 1, 2], ['removed', 2, null]]);
  expect(found[1]?.members).toEqual([{ name: 'timeout', before: undefined, after: '3' }]);
});

test('members_variables_and_settings_are_named', () => {
  const found = changesBetween(content({ variables: { who: 'Ana', n: 1 } }), content({ name: 'Buy', tags: ['a', 'b'], variables: { who: 'Bo' }, config: { viewport: { width: 1 } } })).members;
  expect(found).toEqual([
    { name: 'name', before: 'Order', after: 'Buy' }, { name: 'tags', before: 'a', after: 'a, b' }, { name: 'variables.who', before: 'Ana', after: 'Bo' }, { name: 'variables.n', before: '1', after: undefined }, { name: 'config.viewport', before: undefined, after: '{"width":1}' },
  ]);
});

test('five_hundred_steps_one_of_which_moved_are_one_gone_and_one_new', () => {
  const many = Array.from({ length: 500 }, (_, n) => ({ action: n % 2 ? 'fill' : 'click', target: `#x${n}` }));
  const moved = [...many.slice(1, 400), many[0] ?? {}, ...many.slice(400)];
  expect(changesBetween(content({ steps: many }), content({ steps: moved })).steps.map((c) => [c.kind, c.was, c.now])).toEqual([['removed', 0, null], ['added', null, 399]]);
});
