import { describe, expect, it } from 'vitest';
import type { Problem } from '../../api/shapes';
import { type Listed, withEnded } from './listed';

const problems = (...ids: number[]) => ids.map((id) => ({ firing_id: id }) as unknown as Problem);
const step = (before: readonly Listed[], ...ids: number[]) => withEnded(before, problems(...ids), problems(...ids));
const read = (list: readonly Listed[]) => list.map((x) => `${x.problem.firing_id}${x.over ? '!' : ''}`).join(' ');

describe('problems on Home', () => {
  it('keeps one that ended where it was, also when others begin', () => {
    const first = step([], 1, 2, 3);
    const second = step(first, 1, 3);
    expect(read(second)).toBe('1 2! 3');
    expect(read(step(second, 4, 1, 3))).toBe('4 1 2! 3');
    expect(read(step(second, 1, 2, 3))).toBe('1 2 3');
    expect(read(step(step(first, 2, 3), 3))).toBe('1! 2! 3');
  });

  it('lets the longest ended go', () => {
    const first = step([], 1, 2, 3, 4, 5);
    expect(read(step(step(first, 5), 5))).toBe('2! 3! 4! 5');
    expect(read(step(step(step(first, 1, 3, 4, 5), 3, 4, 5), 5))).toMatch(/3! 4! 5$/);
  });

  it('takes one that is only too far down for a goer-on, not for an ended one', () => {
    const first = withEnded([], problems(1, 2), problems(1, 2));
    expect(read(withEnded(first, problems(3, 1), problems(3, 1, 2)))).toBe('3 1');
  });
});
