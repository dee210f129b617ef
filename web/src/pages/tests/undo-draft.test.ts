import { expect, test } from 'vitest';
import { type Move, type Written, written } from './undo-draft';

const joins = (now: string, next: string) => next.length > now.length;
const set = (next: string, at: number): Move<string> => ({ move: 'set', next, at, joins });
const after = (moves: readonly Move<string>[]) => moves.reduce<Written<string>>(written, { now: '', past: [], future: [], at: 0 });

test('what_is_typed_in_one_go_is_one_change_and_each_can_be_taken_back_and_made_again', () => {
  const typed = [set('a', 1_000), set('ab', 1_200), set('abc', 3_000), set('', 3_100)];
  expect(after(typed)).toEqual({ now: '', past: ['', 'ab', 'abc'], future: [], at: 3_100 });
  const back = after([...typed, { move: 'undo' }, { move: 'undo' }]);
  expect([back.now, back.future]).toEqual(['ab', ['abc', '']]);
  expect(written(back, { move: 'redo' }).now).toBe('abc');
  expect(written(back, set('x', 9_000)).future).toEqual([]);
  expect(after([{ move: 'undo' }, { move: 'redo' }]).now).toBe('');
});

test('no_more_than_a_hundred_changes_are_kept', () => {
  const state = after(Array.from({ length: 150 }, (_, n) => set(String(n), n * 10_000)));
  expect([state.past.length, state.past[0]]).toEqual([100, '49']);
});
