import { expect, test } from 'vitest';
import { withNewest } from './tail';

const row = (id: number, second = id) => ({ id, timestamp: `2026-03-01T00:00:${String(second).padStart(2, '0')}Z` });
const ids = (lines: readonly { id: number }[]) => lines.map((l) => l.id);

test('the newest page closes the gap in the order of time', () => {
  // 5 came by the stream before the page that also has 3 and 4.
  const { lines, anew } = withNewest([row(1), row(2), row(5)], [row(5), row(4), row(3), row(2)], 4);
  expect([ids(lines), anew]).toEqual([[1, 2, 3, 4, 5], false]);
  expect(ids(withNewest([row(1, 9)], [row(2, 3)], 4).lines)).toEqual([2, 1]);
});

test('a full page of which nothing is known begins anew', () => {
  const { lines, anew } = withNewest([row(1), row(2)], [row(9), row(8), row(7)], 3);
  expect([ids(lines), anew]).toEqual([[7, 8, 9], true]);
  expect(withNewest([row(1)], [row(3), row(2)], 3).anew).toBe(false);
  expect(withNewest([], [row(3), row(2), row(1)], 3).anew).toBe(false);
});

test('lines of one second stand in the order of their fractions', () => {
  const at = (id: number, text: string) => ({ id, timestamp: `2026-03-01T00:00:${text}Z` });
  const { lines } = withNewest([at(3, '01.500250')], [at(4, '02'), at(2, '01.500'), at(1, '01')], 9);
  expect(ids(lines)).toEqual([1, 2, 3, 4]);
});
