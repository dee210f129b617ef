import { expect, test } from 'vitest';
import type { TraceRequest, TraceStep } from '../../api/testing';
import { firstDifference, inRows, type Looked, originOf, stepAt } from './green';

const step = (more: Partial<Looked> = {}): Looked => ({ phase: 'steps', action: 'click', target: '#a', resolved_selector: '#a', status: 'passed', url: 'http://one.test/cart?x=1', page: 'aa', ...more });
const traced = (started_ms: number, duration_ms: number, requests_until_ms: number | null = null) => ({ result: { started_ms, duration_ms }, requests_until_ms }) as unknown as TraceStep;
const request = (started_ms: number | null, at: number | null) => ({ started_ms, step: at }) as unknown as TraceRequest;

test('first_step_that_is_not_as_it_was_is_named_with_what_differs', () => {
  expect(firstDifference([step()], [step({ url: 'https://other.test/cart?x=1', page: null })])).toBeNull();
  expect(firstDifference([step(), step({ page: 'bb' }), step({ status: 'failed' })], [step(), step(), step()])).toEqual({ at: 1, how: ['page'] });
  expect(firstDifference([step({ status: 'failed', resolved_selector: '#b', url: 'http://one.test/' })], [step()])).toEqual({ at: 0, how: ['status', 'element', 'address'] });
  expect(firstDifference([step({ target: '#b', resolved_selector: '#b' })], [step()])).toEqual({ at: 0, how: ['step'] });
  expect(firstDifference([step(), step()], [step()])).toEqual({ at: 1, how: ['step'] });
  expect(firstDifference([], [step()])).toBeNull();
});

test('clock_of_the_steps_is_told_by_the_first_request_or_by_when_steps_ended', () => {
  const steps = [traced(10, 5, 1_000), traced(20, 30, 1_040)];
  expect(originOf(steps, [request(null, 0), request(995, 0), request(1_030, 1)])).toBe(985);
  expect(originOf(steps, [])).toBe(990);
  expect(originOf([traced(0, 1)], [])).toBeNull();
  expect([5, 12, 19, 20, 99].map((ms) => stepAt(steps, ms))).toEqual([0, 0, 0, 1, 1]);
});

test('bars_stand_in_as_few_rows_as_they_fit_into', () => {
  expect(inRows([{ from: 0, to: 5 }, { from: 1, to: 2 }, { from: 2, to: 9 }, { from: 5, to: 6 }, { from: 5, to: 7 }], 2)).toEqual([0, 1, 1, 0, 1]);
});
