// Words and looks of results and runs, and the durations people read.
import type { ResultWord, RunWord } from '../../api/testing';
import { showNumber } from '../../format/numbers';
import type { Status } from '../../state/status';

const looks: Readonly<Record<ResultWord | RunWord, Status>> = { passed: 'ok', failed: 'critical', error: 'critical', skipped: 'paused', cancelled: 'paused', pending: 'pending', running: 'info' };
export function look(word: ResultWord | RunWord): Status { return looks[word]; }

export function seconds(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${showNumber(ms)} ms` : ms < 60_000 ? `${showNumber(ms / 1_000, 1)} s` : `${showNumber(Math.floor(ms / 60_000))} min ${showNumber(Math.round((ms % 60_000) / 1_000))} s`;
}
export function isOver(word: RunWord): boolean { return word !== 'pending' && word !== 'running'; }

/** What a person can choose for a step, the commonest first; the server knows more. */
export const actions = ['goto', 'click', 'fill', 'assert', 'select', 'check', 'uncheck', 'press_key', 'type', 'clear', 'hover', 'double_click', 'right_click', 'tap', 'focus', 'blur', 'scroll', 'drag', 'upload', 'download', 'wait', 'wait_for_selector', 'wait_for_url', 'wait_for_load_state', 'wait_for_response', 'wait_for_function', 'screenshot', 'extract', 'set_variable', 'reload', 'go_back', 'go_forward', 'new_tab', 'switch_tab', 'close_tab', 'switch_frame', 'set_viewport', 'set_cookie', 'clear_storage', 'accept_dialog', 'dismiss_dialog', 'set_headers', 'mock_route', 'evaluate', 'api_request', 'run_test', 'visual_check', 'accessibility_check', 'instruction'] as const;
export const claims = ['element_visible', 'element_hidden', 'text_contains', 'text_equals', 'text_matches', 'url_contains', 'url_equals', 'url_matches', 'title_contains', 'title_equals', 'value_equals', 'attribute', 'css', 'class_contains', 'enabled', 'disabled', 'checked', 'unchecked', 'focused', 'editable', 'count', 'element_exists', 'element_not_exists', 'no_console_errors', 'response_status', 'response_json', 'performance'] as const;
const noTarget = new Set(['reload', 'go_back', 'go_forward', 'close_tab', 'accept_dialog', 'clear_storage', 'set_variable', 'set_viewport', 'set_headers', 'set_cookie', 'instruction', 'wait_for_load_state']);
const noValue = new Set(['click', 'hover', 'double_click', 'right_click', 'tap', 'focus', 'blur', 'clear', 'check', 'uncheck', 'reload', 'go_back', 'go_forward', 'new_tab', 'close_tab', 'dismiss_dialog', 'wait_for_selector', 'wait_for_url', 'goto', 'download', 'clear_storage', 'run_test', 'visual_check', 'accessibility_check']);
const noClaimTarget = new Set(['url_contains', 'url_equals', 'url_matches', 'title_contains', 'title_equals', 'no_console_errors', 'response_json', 'performance']);
const noClaimValue = new Set(['element_visible', 'element_hidden', 'enabled', 'disabled', 'checked', 'unchecked', 'focused', 'editable', 'element_exists', 'element_not_exists', 'no_console_errors']);
export function wantsTarget(action: string, claim: string): boolean { return action === 'assert' ? !noClaimTarget.has(claim) : !noTarget.has(action); }
export function wantsValue(action: string, claim: string): boolean { return action === 'assert' ? !noClaimValue.has(claim) : !noValue.has(action); }

/** A member of a step as text; what is no text or number is edited as JSON. */
export function text(step: Readonly<Record<string, unknown>>, name: string): string {
  const value = step[name];
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}
/** What a check claims; nothing for other steps. */
export function claimOf(step: Readonly<Record<string, unknown>>): string {
  const action = text(step, 'action');
  return action === '' || action === 'assert' ? text(step, 'assertion_type') || text(step, 'type') : '';
}
/** What a step acts on and with. */
export function sentence(step: Readonly<Record<string, unknown>>): string {
  return [text(step, 'target'), text(step, 'value') || text(step, 'expected')].filter(Boolean).join(' · ');
}
