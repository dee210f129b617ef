import { afterEach, expect, test, vi } from 'vitest';
import { offerWayBack, toast, toasts } from './toasts';

afterEach(() => { vi.useRealTimers(); toasts.set([]); });
const shown = () => toasts.get().map((x) => [x.text, x.action?.text]);

test('way_back_stands_in_the_toast_of_the_change_else_in_one_of_its_own', () => {
  vi.useFakeTimers();
  offerWayBack({ text: 'Undo', run: () => {} }, 'Changed.');
  toast({ level: 'ok', text: 'Saved.' });
  vi.runAllTimers();
  expect(shown()).toEqual([['Saved.', 'Undo']]);
  offerWayBack({ text: 'Undo', run: () => {} }, 'Removed.');
  vi.runAllTimers();
  expect(shown()).toEqual([['Saved.', 'Undo'], ['Removed.', 'Undo']]);
});

test('failure_and_a_toast_with_its_own_action_leave_the_way_back_to_one_of_its_own', () => {
  vi.useFakeTimers();
  offerWayBack({ text: 'Undo', run: () => {} }, 'Changed.');
  toast({ level: 'critical', text: 'It failed.' });
  vi.runAllTimers();
  expect(shown()).toEqual([['It failed.', undefined], ['Changed.', 'Undo']]);
  toasts.set([]);
  offerWayBack({ text: 'Undo', run: () => {} }, 'Changed.');
  toast({ level: 'ok', text: 'Started.', action: { text: 'Open', run: () => {} } });
  vi.runAllTimers();
  expect(shown()).toEqual([['Started.', 'Open'], ['Changed.', 'Undo']]);
});
