import { expect, test } from 'vitest';
import type { TestSchedule } from '../../api/testing';
import { covers, nextOf } from './clock';

const schedule = (more: Partial<TestSchedule> = {}): TestSchedule => ({ id: 's', project_id: 'p', name: 'Night', cron_expression: '0 3 * * *', cron_readable: '', enabled: true, status: 'active', test_ids: [], test_filter: {}, app_url: '', next_run_at: '2030-01-02T03:00:00Z', last_run_at: null, last_run_status: null, ...more });
const one = { id: 't', project_id: 'p', tags: ['smoke'], priority: 'high', is_active: true };

test('schedule_runs_what_it_names_or_what_its_filter_leaves', () => {
  expect(covers(schedule(), one)).toBe(true);
  expect(covers(schedule({ project_id: 'other' }), one)).toBe(false);
  expect(covers(schedule({ test_ids: ['x'] }), one)).toBe(false);
  expect(covers(schedule({ test_ids: ['x', 't'], test_filter: { tags: ['none'] } }), one)).toBe(true);
  expect(covers(schedule({ test_filter: { tags: ['smoke', 'shop'] } }), one)).toBe(true);
  expect(covers(schedule({ test_filter: { tags: ['shop'] } }), one)).toBe(false);
  expect(covers(schedule({ test_filter: { priority: ['low'] } }), one)).toBe(false);
});

test('next_run_is_the_earliest_of_those_that_are_on', () => {
  const later = schedule({ next_run_at: '2030-01-05T00:00:00Z' });
  expect(nextOf([later, schedule(), schedule({ enabled: false, next_run_at: '2029-01-01T00:00:00Z' })], one)).toBe('2030-01-02T03:00:00Z');
  expect(nextOf([schedule({ enabled: false })], one)).toBeNull();
  expect(nextOf([schedule()], { ...one, is_active: false })).toBeNull();
});
