import { expect, test } from 'vitest';
import { asFile, countOf, fileName, most, portable, testsIn } from './carried';

const one = { id: 'x', project_id: 'p', version: 3, name: 'Order', description: null, tags: ['smoke'], priority: 'high', is_active: true, source: 'manual', steps: [{ action: 'goto', target: '/' }], assertions: [], setup: [], teardown: [], variables: {}, config: {}, created_by: 'ada', created_at: 'now', updated_at: 'now' };

test('file_that_was_saved_is_read_again_without_what_belongs_to_its_old_place', () => {
  const found = testsIn(asFile([one]), 'order.json');
  expect(found).toEqual({ ok: true, tests: [{ ...portable(one), source: 'imported' }] });
  expect(Object.keys(portable(one))).not.toContain('id');
  expect(portable(one)).not.toHaveProperty('description');
});

test('tests_are_found_wherever_the_known_documents_have_them', () => {
  const t = { name: 'a', steps: [] };
  for (const read of [t, [t], { tests: [t] }, { quality: { tests: [t] } }, { version: '1', sections: { settings: {}, quality: { tests: [{ project: 'p', uid: 'u', ...t }] } } }]) {
    expect(testsIn(`\uFEFF${JSON.stringify(read)}`, 'f.json')).toEqual({ ok: true, tests: [{ name: 'a', steps: [], source: 'imported' }] });
  }
});

test('what_holds_no_test_is_told_apart', () => {
  expect(testsIn('{', 'f')).toEqual({ ok: false, why: 'json' });
  for (const text of ['null', '3', '[]', '{}', '[1, "x", null, {}]', '{"tests":{}}', '{"name":"x"}']) expect([text, testsIn(text, 'f')]).toEqual([text, { ok: false, why: 'none' }]);
  expect(testsIn(JSON.stringify(Array.from({ length: most + 1 }, () => ({ steps: [] }))), 'f')).toEqual({ ok: false, why: 'many' });
});

test('test_without_a_name_is_called_as_its_file', () => {
  const names = (text: string, file: string) => { const found = testsIn(text, file); return found.ok ? found.tests.map((x) => x.name) : []; };
  expect(names('{"steps":[]}', 'sign in.json')).toEqual(['sign in']);
  expect(names('[{"steps":[]},{"name":" ","steps":[]}]', '.json')).toEqual(['test 1', 'test 2']);
  expect(countOf({ steps: [1, 2], setup: [1], teardown: 'x' })).toBe(3);
});

test('name_of_a_test_becomes_one_of_a_file', () => { expect(['Año: ¿pedido?', '../etc', '???'].map(fileName)).toEqual(['Año-pedido', 'etc', 'test']); });
