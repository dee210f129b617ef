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

/** What a person can choose for a step, by what it is about, the commonest first; the server knows no more. */
export const actionGroups = {
  page: ['goto', 'reload', 'go_back', 'go_forward', 'scroll', 'new_tab', 'switch_tab', 'close_tab', 'switch_frame', 'set_viewport', 'accept_dialog', 'dismiss_dialog'],
  element: ['click', 'fill', 'select', 'check', 'uncheck', 'press_key', 'type', 'clear', 'hover', 'double_click', 'right_click', 'tap', 'focus', 'blur', 'drag', 'upload', 'download'],
  look: ['assert', 'visual_check', 'accessibility_check', 'screenshot', 'extract'],
  wait: ['wait', 'wait_for_selector', 'wait_for_url', 'wait_for_load_state', 'wait_for_response', 'wait_for_function'],
  data: ['set_variable', 'api_request', 'mock_route', 'set_headers', 'set_cookie', 'clear_storage', 'evaluate', 'run_test', 'instruction'],
} as const;
export const actions: readonly string[] = Object.values(actionGroups).flat();
export const claimGroups = {
  element: ['element_visible', 'element_hidden', 'text_contains', 'text_equals', 'text_matches', 'value_equals', 'enabled', 'disabled', 'checked', 'unchecked', 'focused', 'editable', 'count', 'element_exists', 'element_not_exists', 'attribute', 'css', 'class_contains'],
  page: ['url_contains', 'url_equals', 'url_matches', 'title_contains', 'title_equals', 'screenshot_matches', 'accessibility'],
  rest: ['no_console_errors', 'response_status', 'response_json', 'performance'],
} as const;
export const claims: readonly string[] = Object.values(claimGroups).flat();
const noTarget = new Set(['reload', 'go_back', 'go_forward', 'close_tab', 'accept_dialog', 'dismiss_dialog', 'clear_storage', 'set_variable', 'set_viewport', 'set_headers', 'set_cookie', 'instruction', 'wait_for_load_state', 'wait_for_function', 'evaluate']);
const noValue = new Set(['click', 'hover', 'double_click', 'right_click', 'tap', 'focus', 'blur', 'clear', 'check', 'uncheck', 'reload', 'go_back', 'go_forward', 'new_tab', 'close_tab', 'switch_tab', 'switch_frame', 'dismiss_dialog', 'wait_for_selector', 'wait_for_url', 'wait_for_load_state', 'wait_for_response', 'goto', 'download', 'screenshot', 'clear_storage', 'run_test', 'visual_check', 'accessibility_check', 'set_cookie', 'set_headers', 'mock_route', 'api_request']);
const noClaimTarget = new Set(['url_contains', 'url_equals', 'url_matches', 'title_contains', 'title_equals', 'no_console_errors', 'performance']);
const noClaimValue = new Set(['element_visible', 'element_hidden', 'enabled', 'disabled', 'checked', 'unchecked', 'focused', 'editable', 'element_exists', 'element_not_exists', 'no_console_errors', 'screenshot_matches', 'accessibility']);
export function wantsTarget(action: string, claim: string): boolean { return action === 'assert' ? !noClaimTarget.has(claim) : !noTarget.has(action); }
export function wantsValue(action: string, claim: string): boolean { return action === 'assert' ? !noClaimValue.has(claim) : !noValue.has(action); }

/** What the target of a step is, where it is no element of the page: an address, part of one, a tab or the name of a test. */
const places: Readonly<Record<string, string>> = { goto: '', new_tab: '', api_request: '/api/reset', mock_route: '**/api/stock', wait_for_url: '**/thanks', wait_for_response: '**/api/orders', switch_tab: 'last', run_test: '', response_status: '**/api/orders', response_json: '**/api/orders' };
export function isElement(action: string, claim: string): boolean { return !((action === 'assert' ? claim : action) in places); }
export function placeExample(action: string, claim: string): string { return places[action === 'assert' ? claim : action] ?? ''; }

/** How a value is written, for those who do not know. */
const examples: Readonly<Record<string, string>> = {
  press_key: 'Control+A', scroll: 'down', drag: '#basket', wait: '500', extract: 'text', set_viewport: '375x667', wait_for_function: 'window.ready === true', evaluate: 'localStorage.length',
  count: '>= 2', attribute: 'href=/cart', css: 'color=rgb(0, 128, 0)', class_contains: 'active', response_status: '200', response_json: 'items.0.name=Apple', performance: 'lcp_ms<2500', text_matches: '^[0-9]+ items$', url_matches: '/orders/[0-9]+$', url_contains: '/thanks', url_equals: '/thanks',
};
export function valueExample(action: string, claim: string): string | undefined { return examples[action === 'assert' ? claim : action]; }
/** Values that are offered while one is written. */
export const offers: Readonly<Record<string, readonly string[]>> = {
  press_key: ['Enter', 'Tab', 'Escape', 'ArrowDown', 'ArrowUp', 'Backspace', 'Control+A'], scroll: ['down', 'up', 'top', 'bottom', 'left', 'right'], extract: ['text', 'value', 'count', 'attribute:href', 'css:color', 'texts', 'html', 'json', 'url', 'title'],
  set_viewport: ['375x667', '768x1024', '1280x720', '1440x900', '1920x1080'], performance: ['lcp_ms<2500', 'cls<0.1', 'fcp_ms<1800', 'ttfb_ms<800', 'load_ms<4000'],
};
/** Where the script of a step stands: some were written as a target. */
export function scriptAt(step: Readonly<Record<string, unknown>>): 'target' | 'value' { return typeof step.target === 'string' ? 'target' : 'value'; }

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
