import { expect, test } from 'vitest';
import { asCookie, atFailure, bodyOf, changeAction, fieldsOf, type Kin, likeBefore, read, said, setAtFailure, write } from './step-options';
import { actions, claims } from './words';

const kin = (action: string, claim = '', alone = false): Kin => ({ action, claim, alone });
const places = (of: Kin, group: 'own' | 'when' | 'keep') => fieldsOf(of, group).map((f) => f.at);

test('what_is_emptied_leaves_no_empty_member_behind', () => {
  const step = write({ action: 'click', target: '#a' }, 'options.button', 'right');
  expect(step).toEqual({ action: 'click', target: '#a', options: { button: 'right' } });
  expect(write(step, 'options.button', '')).toEqual({ action: 'click', target: '#a' });
  const two = write(step, 'options.modifiers', ['Shift']);
  expect(write(two, 'options.modifiers', []).options).toEqual({ button: 'right' });
  expect(write({ action: 'click', execution: { retries: 2, use_vision: true } }, 'execution.retries', undefined)).toEqual({ action: 'click', execution: { use_vision: true } });
  expect(write({ action: 'click' }, 'execution.retries', 0)).toEqual({ action: 'click', execution: { retries: 0 } });
});

test('body_is_found_under_each_of_its_names_and_kept_under_one', () => {
  for (const step of [{ options: { body: 'x' } }, { options: { json: 'x' } }, { value: 'x' }]) {
    expect(read(step, 'options.body')).toBe('x');
    expect(write({ action: 'mock_route', ...step }, 'options.body', 'y')).toEqual({ action: 'mock_route', options: { body: 'y' } });
  }
  expect(write({ action: 'mock_route' }, 'options.body', [])).toEqual({ action: 'mock_route', options: { body: [] } });
  expect(write({ action: 'mock_route', options: { body: [] } }, 'options.body', '')).toEqual({ action: 'mock_route' });
  expect(bodyOf('{"a":1}')).toEqual({ a: 1 });
  expect([bodyOf('{"a":'), bodyOf('12'), bodyOf('plain')]).toEqual(['{"a":', '12', 'plain']);
});

test('list_or_object_that_is_edited_as_text_stays_what_it_was', () => {
  expect(likeBefore('["a","b"]', true)).toEqual(['a', 'b']);
  expect(likeBefore('["a","b"', true)).toBe('["a","b"');
  expect(likeBefore('["a"]', false)).toBe('["a"]');
  expect(likeBefore('7', true)).toBe('7');
});

test('each_kind_of_step_has_what_its_action_understands', () => {
  expect(places(kin('click'), 'own')).toEqual(['options.button', 'options.modifiers', 'options.position', 'options.force']);
  expect(places(kin('click'), 'when')).toEqual(['if', 'frame', 'timeout', 'execution.retries', 'wait_after', 'options.refresh_on_failure']);
  expect(places(kin('set_cookie'), 'when')).toEqual(['if', 'wait_after']);
  expect(places(kin('assert', 'count', true), 'when')).toEqual(['frame', 'timeout']);
  expect(places(kin('assert', 'url_equals'), 'when')).toEqual(['if', 'timeout', 'wait_after']);
  expect(places(kin('assert', 'url_equals', true), 'own')).toEqual(['not']);
  // No field twice, whatever the step is.
  for (const of of [...actions.map((a) => kin(a)), ...claims.map((c) => kin('assert', c, true))]) {
    const all = (['own', 'when', 'keep'] as const).flatMap((g) => places(of, g));
    expect([of, new Set(all).size]).toEqual([of, all.length]);
  }
});

test('cookie_is_an_object_however_it_was_written', () => {
  const cookie = { action: 'set_cookie', value: { name: 'lang', value: 'es' } };
  expect(asCookie(cookie)).toBe(cookie);
  expect(asCookie({ action: 'set_cookie', target: 'lang', value: 'es', options: { path: '/' } })).toEqual({ action: 'set_cookie', value: { path: '/', name: 'lang', value: 'es' } });
  expect(asCookie({ action: 'set_cookie', options: { name: 'lang', value: 'es' } })).toEqual(cookie);
  expect(asCookie({ action: 'set_cookie' })).toEqual({ action: 'set_cookie', value: {} });
  expect(asCookie({ action: 'set_cookie', value: '{{cookie}}' })).toEqual({ action: 'set_cookie', value: '{{cookie}}' });
});

test('closed_row_tells_what_is_said_and_nothing_else', () => {
  const step = { action: 'click', target: '#a', description: 'Opens', timeout: 9_000, options: { button: 'right', force: false, modifiers: [] }, execution: { retries: 0 } };
  expect(said(step, kin('click')).map((s) => [s.field.at, s.value])).toEqual([['options.button', 'right'], ['timeout', 9_000], ['execution.retries', 0]]);
  expect(said({ action: 'reload' }, kin('reload'))).toEqual([]);
});

test('failure_is_one_choice_of_three', () => {
  expect([{}, { optional: true, continue_on_failure: true }, { continue_on_failure: true }, { soft: true }].map(atFailure)).toEqual(['stop', 'may', 'on', 'on']);
  expect(setAtFailure({ action: 'assert', soft: true, optional: true }, 'on')).toEqual({ action: 'assert', continue_on_failure: true });
  expect(setAtFailure({ action: 'click', optional: true }, 'stop')).toEqual({ action: 'click' });
});

test('another_action_takes_along_what_it_understands', () => {
  const click = { action: 'click', target: '#a', timeout: 100, options: { button: 'right', force: true, refresh_on_failure: true } };
  expect(changeAction(click, kin('click'), 'hover')).toEqual({ action: 'hover', target: '#a', timeout: 100, options: { force: true, refresh_on_failure: true } });
  expect(changeAction(click, kin('click'), 'goto')).toEqual({ action: 'goto', timeout: 100 });
  expect(changeAction({ action: 'click', target: '#a', frame: '#pay' }, kin('click'), 'goto')).toEqual({ action: 'goto' });
  expect(changeAction({ action: 'visual_check', options: { threshold: 0.1, ignore_regions: ['.ad'] }, save_as: 'x' }, kin('visual_check'), 'click')).toEqual({ action: 'click' });
  const claim = { action: 'assert', assertion_type: 'text_equals', target: 'h1', expected: 'Hi', not: true, soft: true };
  expect(changeAction(claim, kin('assert', 'text_equals'), 'fill')).toEqual({ action: 'fill', target: 'h1', value: 'Hi', continue_on_failure: true });
  expect(changeAction({ action: 'set_cookie', value: { name: 'a' } }, kin('set_cookie'), 'fill')).toEqual({ action: 'fill' });
  expect(changeAction({ action: 'fill', target: '#a', value: 'x' }, kin('fill'), 'set_headers')).toEqual({ action: 'set_headers' });
  expect(changeAction({ action: 'wait_for_selector', target: '#a', options: { state: 'hidden' } }, kin('wait_for_selector'), 'assert')).toEqual({ action: 'assert', assertion_type: 'element_visible', target: '#a' });
});
