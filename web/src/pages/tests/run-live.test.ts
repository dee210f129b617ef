import { expect, test } from 'vitest';
import { heard, type Live } from './run-live';

const said = (events: readonly [string, Record<string, unknown>][]): Live => events.reduce((live, [name, data]) => heard(live, name, data), { tests: [], log: [], percent: 0 } as Live);

test('steps of a test come in order, a picture joins its step, and a new attempt begins anew', () => {
  const step = (n: number, status = 'passed') => ['step_completed', { test_id: 'a', phase: 'steps', step_index: n, action: 'click', status }] as [string, Record<string, unknown>];
  const first: [string, Record<string, unknown>][] = [['test_started', { test_id: 'a', test_name: 'Login', step_count: 2 }], step(0), step(1, 'failed'), ['screenshot', { test_id: 'a', phase: 'steps', step_index: 1, screenshot_url: '/m' }]];
  const live = said(first);
  expect(live.tests[0]?.steps.map((s) => [s.step_index, s.status, s.screenshot_url])).toEqual([[0, 'passed', undefined], [1, 'failed', '/m']]);
  const again = said([...first, ['step_started', { test_id: 'a', phase: 'steps', step_index: 0, action: 'click', description: 'Sign in' }]]);
  expect(again.tests[0]?.steps).toEqual([]);
  expect(again.tests[0]?.current).toBe('Sign in');
  expect(said([...first, ['test_result', { test_id: 'a', status: 'failed' }]]).tests[0]?.done).toBe('failed');
});

test('messages of other tests and unknown events change nothing', () => {
  const live = said([['test_started', { test_id: 'a', test_name: 'Login' }], ['step_completed', { test_id: 'b', phase: 'steps', step_index: 0 }], ['state', {}], ['log', { message: 'x' }]]);
  expect(live.tests[0]?.steps).toEqual([]);
  expect(live.log).toEqual(['x']);
});
