import { expect, test } from 'vitest';
import { bodyOf, countOf, current, giveBack, put, stored, unchanged } from './heal-config';

test('tenths of seconds are whole milliseconds', () => {
  for (let tenths = 10; tenths <= 1200; tenths += 1) expect(stored((tenths / 10).toFixed(1), 0.001)).toBe(tenths * 100);
  expect(stored('70', 100)).toBe(0.7);
});

test('names are sent without the blanks and commas around them', () => {
  const typed = (approvers: unknown) => bodyOf({ changes: { approvers }, inherit: [] });
  expect(typed(['ann ', 'bob', ''])).toEqual({ approvers: ['ann', 'bob'] });
  expect(typed(['', ' '])).toEqual({ approvers: null });
  expect(typed(null)).toEqual({ approvers: null });
  expect(bodyOf({ changes: { enabled: false }, inherit: [] })).toEqual({ enabled: false });
});

test('a field that is given back shows what lies below, until it is written again', () => {
  const before = { enabled: false, max: 7 };
  const back = giveBack(put(unchanged, before, 'enabled', true), 'enabled');
  expect([countOf(back), current(back, before, { enabled: true }, 'enabled'), current(back, before, {}, 'max')]).toEqual([1, true, 7]);
  expect(bodyOf(back)).toEqual({ inherit: ['enabled'] });
  expect(put(back, before, 'enabled', false)).toEqual(unchanged);
  expect(bodyOf(put(back, before, 'max', 8))).toEqual({ max: 8, inherit: ['enabled'] });
});
