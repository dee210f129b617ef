import { expect, test } from 'vitest';
import { type VisionWish, visionOf, withVision } from './vision';

test('a wish is written as one member and read again, and what else the step says stays', () => {
  const step = { action: 'click', target: '#a', execution: { retries: 2, use_vision: true, always_vision: false } };
  expect(visionOf(step)).toBe('fallback');
  for (const wish of ['fallback', 'always', 'never', 'usual'] satisfies VisionWish[]) {
    const written = withVision(step, wish);
    expect(visionOf(written)).toBe(wish);
    expect(written).toMatchObject({ action: 'click', target: '#a', execution: { retries: 2 } });
  }
  expect(withVision({ action: 'click', execution: { skip_vision: true } }, 'usual')).toEqual({ action: 'click' });
});

test('what never looks wins, as the runner has it', () => {
  expect(visionOf({ execution: { skip_vision: true, always_vision: true } })).toBe('never');
  expect(visionOf({ execution: { use_vision: false } })).toBe('never');
  expect(visionOf({ execution: 'odd' })).toBe('usual');
});
