import { describe, expect, test } from 'vitest';
import { stepOf, STEPS } from './scale';
import { dots, outlines, size } from './world';

describe('map', () => {
  test('counts_are_drawn_darker_by_their_order_of_magnitude', () => {
    expect([1, 10, 100, 1_000, 10_000].map((n) => stepOf(n, 10_000))).toEqual([1, 2, 3, 4, 5]);
    expect(stepOf(1, 1)).toBe(STEPS);
    expect(stepOf(9_999, 10_000)).toBe(4);
  });
  test('every_country_is_drawn_once_and_within_the_picture', () => {
    for (const code of ['ES', 'US', 'CN', 'FR', 'NO', 'XK']) expect(outlines[code], code).toMatch(/^M\d+ \d+l[-\d ]+z/);
    for (const code of ['SG', 'HK', 'MT']) expect(dots[code], code).toBeDefined();
    expect(Object.keys(outlines).filter((code) => code in dots)).toEqual([]);
    for (const path of Object.values(outlines)) for (const [, x, y] of path.matchAll(/M(\d+) (\d+)/g)) { expect(Number(x)).toBeLessThanOrEqual(size.width); expect(Number(y)).toBeLessThanOrEqual(size.height); }
  });
});
