import { expect, test } from 'vitest';
import type { DataTest } from '../../api/testing';
import { sourceOf } from './dataSource';

const set = (type: string, config: DataTest['data_source_config']) => ({ data_source_type: type, data_source_config: config }) as DataTest;

test('what_a_set_says_of_its_rows_stays_when_they_change', () => {
  const old = set('csv', { content: 'a;b', delimiter: ';', filter: 'a == 1' });
  expect(sourceOf(old, 'csv', 'c;d')).toEqual({ data_source_type: 'csv', data_source_config: { content: 'c;d', delimiter: ';', filter: 'a == 1' } });
  expect(sourceOf(old, 'json', '[]')).toEqual({ data_source_type: 'json', data_source_config: { content: '[]' } });
  expect(sourceOf(set('csv', { file: 'rows.csv', delimiter: ';' }), 'csv', '')).toEqual({});
  expect(sourceOf(set('csv', { file: 'rows.csv', delimiter: ';' }), 'csv', 'a;b')).toEqual({ data_source_type: 'csv', data_source_config: { content: 'a;b', delimiter: ';' } });
  expect(sourceOf(null, 'csv', 'a,b')).toEqual({ data_source_type: 'csv', data_source_config: { content: 'a,b' } });
});
