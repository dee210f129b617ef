import { expect, test } from 'vitest';
import { rowsOf, variablesOf } from './test-variables';

test('texts_become_rows_and_everything_else_stays', () => {
  const before = { name: 'Ada', age: 36, user: { roles: ['a'] }, on: true };
  const rows = rowsOf(before);
  expect(rows).toEqual([{ key: 'name', value: 'Ada' }, { key: 'age', value: '36' }]);
  expect(variablesOf(rows, before)).toEqual(before);
  expect(variablesOf([{ key: 'name', value: 'Bob' }, { key: ' ', value: 'lost' }, { key: 'city', value: 'Rome' }], before)).toEqual({ name: 'Bob', city: 'Rome', user: { roles: ['a'] }, on: true });
  expect(variablesOf([{ key: 'age', value: '37' }], before).age).toBe('37');
});
