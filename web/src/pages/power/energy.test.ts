import { expect, test } from 'vitest';
import { axisDigits, roundTop } from './EnergyBars';

test('labels of a small axis differ from each other', () => {
  for (const kwh of [0.0151, 0.3, 0.9, 1.2, 4.1, 23, 810]) {
    const top = roundTop(kwh);
    const labels = [0.25, 0.5, 0.75, 1].map((x) => (top * x).toFixed(axisDigits(top)));
    expect(new Set(labels).size, `${kwh}: ${labels.join(' ')}`).toBe(4);
  }
  expect([axisDigits(100), axisDigits(10), axisDigits(0.02)]).toEqual([0, 1, 3]);
});
