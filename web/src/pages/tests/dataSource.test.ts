import { expect, test } from 'vitest';
import type { DataTest } from '../../api/testing';
import { formatOf, missingOf, sourceDraft, sourceKinds, sourceOf } from './dataSource';

const set = (type: string, config: Record<string, unknown>) => ({ data_source_type: type, data_source_config: config }) as unknown as DataTest;
const again = (old: DataTest, change: object = {}) => sourceOf(old, { ...sourceDraft(old), ...change });

test('source_that_nobody_changed_is_not_sent_and_one_field_leaves_the_others', () => {
  const kept: [string, Record<string, unknown>][] = [
    ['csv', { mapping: { mail: 'email' }, filter: 'n > 1', content: 'a\n1', delimiter: ';' }], ['json', { content: '[]' }], ['csv', { file: 'rows.csv', delimiter: ';' }], ['json', { file: 'rows.json' }],
    ['env', { variables: ['TEST_USER', 'TEST_PASSWORD'] }], ['env', { variable: 'TEST_ROWS', format: 'csv', delimiter: ';' }], ['csv', { content: 'a\n1', encoding: 'latin1' }],
    ['api', { mapping: { n: 'm' }, url: 'https://shop.example/rows', headers: { accept: 'application/json' }, path: '/data' }], ['database', { filter: 'n > 1', connection: 'shop_db', query: 'select 1 as n' }],
  ];
  for (const [type, config] of kept) {
    expect(again(set(type, config))).toEqual({});
    expect(again(set(type, config), { filter: 'n > 2' })).toEqual({ data_source_type: type, data_source_config: { ...config, filter: 'n > 2' } });
  }
  const inline = { parameter_sets: [{ values: { a: 1 } }], filter: 'a > 0' };
  expect(again(set('inline', inline), { filter: '' })).toEqual({ data_source_config: { parameter_sets: inline.parameter_sets } });
});

test('another_source_takes_along_what_any_source_says_and_nothing_else', () => {
  const old = set('csv', { content: 'a\n1', delimiter: ';', mapping: { a: 'b' }, filter: 'a > 0' });
  expect(again(old, { kind: 'database', connection: ' shop_db ', query: 'select 1' })).toEqual({ data_source_type: 'database', data_source_config: { mapping: { a: 'b' }, filter: 'a > 0', connection: 'shop_db', query: 'select 1' } });
  expect(again(old, { kind: 'env', names: 'TEST_A TEST_B,TEST_C', filter: ' ' })).toEqual({ data_source_type: 'env', data_source_config: { mapping: { a: 'b' }, variables: ['TEST_A', 'TEST_B', 'TEST_C'] } });
  expect(again(old, { kind: 'api', url: 'https://x', headers: [{ key: ' ', value: 'x' }] })).toMatchObject({ data_source_config: { url: 'https://x' } });
});

test('what_is_missing_is_named', () => {
  const blank = sourceDraft(null);
  expect(sourceKinds.map((kind) => missingOf({ ...blank, kind }))).toEqual(['content', 'content', 'file', 'names', 'variable', 'url', 'connection']);
  expect([missingOf({ ...blank, content: 'a', delimiter: '||' }), missingOf({ ...blank, content: 'a', delimiter: '\t' })]).toEqual(['delimiter', null]);
  expect(missingOf({ ...blank, kind: 'database', connection: 'db' })).toBe('query');
  expect([formatOf('Rows.JSON'), formatOf('rows.csv'), formatOf('rows')]).toEqual(['json', 'csv', 'csv']);
});
