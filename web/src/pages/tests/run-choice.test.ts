// What a run is asked with.
import { expect, test } from 'vitest';
import { fromDefaults, many, manner, one, readChoice, toDefaults, usual } from './run-choice';

test('what_is_not_chosen_is_not_sent', () => {
  expect(manner({ ...usual, screenshot_mode: '' }, [{ key: ' ', value: 'x' }])).toEqual({ trigger: 'manual' });
  expect(manner({ ...usual, environment: 'staging', retries: '0', record_video: 'false', trace: 'on' }, [{ key: 'user', value: 'ada' }])).toEqual({ trigger: 'manual', environment: 'staging', retries: 0, record_video: false, trace: 'on', screenshot_mode: 'on', variables: { user: 'ada' } });
});

test('size_time_and_healing_of_a_run_are_sent_as_the_server_reads_them', () => {
  const body = manner({ ...usual, viewport: '375x667', timeout_ms: '60000', self_heal: 'false', execution_mode: 'hybrid' }, []);
  expect(body).toEqual({ trigger: 'manual', screenshot_mode: 'on', viewport: { width: 375, height: 667 }, timeout_ms: 60_000, self_heal: false, execution_mode: 'hybrid' });
  expect(readChoice(JSON.stringify({ ...usual, execution_mode: 'vision' })).execution_mode).toBe('vision');
  // What is half written goes as it is: the server names the field.
  expect(manner({ ...usual, viewport: '375x', timeout_ms: 'soon' }, [])).toMatchObject({ viewport: '375x', timeout_ms: 'soon' });
});

test('picked_tests_win_over_tags_and_a_shard_needs_both_numbers', () => {
  const choice = { ...usual, tags: ['smoke'], priority: 'high', parallel: '3', shard: '1', shards: '' };
  expect(many('p', ['a'], choice, [])).toEqual({ trigger: 'manual', screenshot_mode: 'on', project_id: 'p', test_ids: ['a'], parallel: 3 });
  expect(many('p', [], { ...choice, shards: '2' }, [])).toEqual({ trigger: 'manual', screenshot_mode: 'on', project_id: 'p', tags: ['smoke'], priority: 'high', parallel: 3, shard: { index: 1, total: 2 } });
});

test('one_test_is_previewed_without_what_counts_for_several', () => {
  const choice = { ...usual, tags: ['smoke'], priority: 'high', parallel: '99', shard: '2', shards: '4', fail_fast: true, retries: '1' };
  expect(one('p', 'a', choice, [])).toEqual({ trigger: 'manual', screenshot_mode: 'on', project_id: 'p', test_ids: ['a'], retries: 1 });
});

test('memory_that_is_none_is_the_usual_choice', () => {
  for (const raw of [null, '{', '3', '[]', '{"tags":"x","retries":4}']) expect(readChoice(raw)).toEqual(usual);
  expect(readChoice(JSON.stringify({ ...usual, tags: ['a', 3], fail_fast: true }))).toEqual({ ...usual, tags: ['a'], fail_fast: true });
});

test('own_defaults_are_the_start_and_what_nobody_changed_says_nothing', () => {
  const documented = { default_browser: 'chromium', default_timeout: 30000, parallel_execution: true, retry_failed_tests: true, max_retries: 2, screenshot_on_failure: true, video_recording: false };
  expect(fromDefaults(documented)).toEqual(usual);
  const own = fromDefaults({ ...documented, retry_failed_tests: false, video_recording: true, parallel_execution: false, screenshot_on_failure: false });
  expect(own).toEqual({ ...usual, retries: '0', record_video: 'true', parallel: '1', screenshot_mode: 'off' });
  expect({ ...documented, ...toDefaults(own) }).toEqual({ ...documented, retry_failed_tests: false, video_recording: true, parallel_execution: false, screenshot_on_failure: false });
  expect(toDefaults({ ...usual, retries: '4' })).toMatchObject({ retry_failed_tests: true, max_retries: 4 });
});
