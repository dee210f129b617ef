// What can be said of a step beside what it does: its fields by action and claim, where each is kept, and which of them say
// something. Pure.
import type { Json } from '../../api/testing';
import { isElement, wantsTarget } from './words';

export type Kind = 'choice' | 'text' | 'number' | 'ms' | 'switch' | 'keys' | 'point' | 'pairs' | 'body' | 'lines' | 'object';
export interface Field {
  /** Where it is kept: `options.button`. */
  readonly at: string; readonly kind: Kind; readonly words?: readonly string[]; readonly example?: string;
}
export type Group = 'own' | 'when' | 'keep';
/** What a step is: its action, and for a check what it claims. `alone` is a claim at the end of the test, which is no step. */
export interface Kin { readonly action: string; readonly claim: string; readonly alone: boolean }

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Actions whose target is an element that is looked for, and looked for again when it changed. */
const onElement = new Set(['click', 'double_click', 'right_click', 'hover', 'tap', 'focus', 'blur', 'fill', 'type', 'clear', 'select', 'check', 'uncheck', 'press_key', 'scroll', 'drag', 'upload', 'download']);
const inFrame = new Set([...onElement, 'wait', 'wait_for_selector', 'screenshot', 'extract', 'visual_check', 'accessibility_check']);
/** What is done at once, so that there is nothing to wait for. */
const atOnce = new Set(['set_variable', 'set_cookie', 'set_headers', 'clear_storage', 'close_tab', 'set_viewport', 'accept_dialog', 'dismiss_dialog', 'mock_route', 'evaluate']);
/** What leaves something that a variable can hold. */
const leaves = new Set(['goto', 'new_tab', 'switch_tab', 'wait_for_url', 'wait_for_response', 'select', 'download', 'evaluate', 'api_request', 'accept_dialog', 'dismiss_dialog', 'assert', 'visual_check', 'accessibility_check']);
const ofPage = new Set(['url_contains', 'url_equals', 'url_matches', 'title_contains', 'title_equals', 'no_console_errors', 'response_status', 'response_json', 'performance']);

const until: Field = { at: 'options.wait_until', kind: 'choice', words: ['domcontentloaded', 'networkidle', 'commit'] };
const button: Field = { at: 'options.button', kind: 'choice', words: ['middle', 'right'] };
const keys: Field = { at: 'options.modifiers', kind: 'keys', words: ['Control', 'Shift', 'Alt', 'Meta'] };
const aim: readonly Field[] = [{ at: 'options.position', kind: 'point' }, { at: 'options.force', kind: 'switch' }];
const method: Field = { at: 'options.method', kind: 'choice', words: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] };
const headers: Field = { at: 'options.headers', kind: 'pairs', example: 'x-stage' };
const body: Field = { at: 'options.body', kind: 'body', example: '{ "name": "Apple" }' };

const own: Readonly<Record<string, readonly Field[]>> = {
  goto: [until], reload: [until], go_back: [until], go_forward: [until], new_tab: [until],
  click: [button, keys, ...aim], double_click: [button, keys, ...aim], right_click: [keys, ...aim], download: [button, keys, ...aim], hover: [keys, ...aim], tap: aim,
  type: [{ at: 'options.delay', kind: 'ms', example: '50' }],
  wait_for_response: [method, { at: 'options.status', kind: 'number', example: '200' }],
  accept_dialog: [{ at: 'options.message', kind: 'text' }], dismiss_dialog: [{ at: 'options.message', kind: 'text' }],
  set_viewport: [{ at: 'options.scale', kind: 'number', example: '2' }, { at: 'options.mobile', kind: 'switch' }],
  set_cookie: [{ at: 'value.domain', kind: 'text', example: '.example.com' }, { at: 'value.path', kind: 'text', example: '/' }, { at: 'value.same_site', kind: 'choice', words: ['Lax', 'Strict', 'None'] }, { at: 'value.secure', kind: 'switch' }, { at: 'value.http_only', kind: 'switch' }],
  api_request: [body, headers, { at: 'options.expect_status', kind: 'number', example: '200' }],
  mock_route: [body, { at: 'options.status', kind: 'number', example: '200' }, method, { at: 'options.content_type', kind: 'text', example: 'application/json' }, { at: 'options.delay', kind: 'ms', example: '0' }, { at: 'options.abort', kind: 'switch' }, headers],
  run_test: [{ at: 'options.variables', kind: 'pairs', example: 'test_email' }],
};

/** The fields of a group that a step of this kind has. */
export function fieldsOf({ action, claim, alone }: Kin, group: Group): readonly Field[] {
  const isClaim = action === 'assert';
  if (group === 'own') return [...(own[action] ?? []), ...(isClaim ? [{ at: 'not', kind: 'switch' } as const] : []), ...(leaves.has(action) && !alone ? [{ at: 'save_as', kind: 'text', example: 'order_id' } as const] : [])];
  if (group === 'keep') return alone ? [] : [{ at: 'description', kind: 'text' }];
  const element = isClaim ? !ofPage.has(claim) : inFrame.has(action);
  const tries = onElement.has(action);
  const fields: (Field | null)[] = [
    alone ? null : { at: 'if', kind: 'text', example: "country == 'es'" },
    element ? { at: 'frame', kind: 'text', example: '#payment' } : null,
    atOnce.has(action) ? null : { at: 'timeout', kind: 'ms', example: isClaim || tries ? '5000' : '30000' },
    tries ? { at: 'execution.retries', kind: 'number', example: '3' } : null,
    alone ? null : { at: 'wait_after', kind: 'ms', example: '0' },
    tries ? { at: 'options.refresh_on_failure', kind: 'switch' } : null,
  ];
  return fields.filter((f) => f !== null);
}

/** What is kept at a place. A body may stand under three names, of which the first counts. */
export function read(step: Json, at: string): unknown {
  const [outer = '', inner] = at.split('.');
  const value = step[outer];
  if (inner === undefined) return value;
  const found = isObject(value) ? value[inner] : undefined;
  if (at === 'options.body' && found === undefined) return read(step, 'options.json') ?? step.value;
  return found;
}

/** Whether something is said; an empty text, list, object and a switch that is off say nothing. */
export function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0) && !(isObject(value) && Object.keys(value).length === 0);
}

/** An empty list is a body, and a value, like any other. */
const mayBeEmpty = new Set(['options.body', 'value', 'expected']);

function put(of: Json, name: string, value: unknown, kept = isSaid(value)): Json {
  const next = { ...of, [name]: value };
  if (!kept) delete next[name];
  return next;
}

export function write(step: Json, at: string, value: unknown): Json {
  const [outer = '', inner] = at.split('.');
  const kept = isSaid(value) || (mayBeEmpty.has(at) && typeof value === 'object' && value !== null);
  if (inner === undefined) return put(step, outer, value, kept);
  if (at === 'options.body') { const { value: _, ...rest } = write(step, 'options.json', undefined); step = rest; }
  const before = step[outer];
  return put(step, outer, put(isObject(before) ? before : {}, inner, value, kept));
}

export type AtFailure = 'stop' | 'on' | 'may';
export function atFailure(step: Json): AtFailure { return step.optional === true ? 'may' : step.continue_on_failure === true || step.soft === true ? 'on' : 'stop'; }
export function setAtFailure(step: Json, what: AtFailure): Json {
  const { optional: _, continue_on_failure: __, soft: ___, ...rest } = step;
  return what === 'may' ? { ...rest, optional: true } : what === 'on' ? { ...rest, continue_on_failure: true } : rest;
}

/** What is said beside what the step does, in the order of the form: what a closed row tells in short. */
export function said(step: Json, kin: Kin): { field: Field; value: unknown }[] {
  return (['own', 'when', 'keep'] as const).flatMap((group) => fieldsOf(kin, group)).flatMap((field) => {
    const value = read(step, field.at);
    return isSaid(value) && field.at !== 'description' ? [{ field, value }] : [];
  });
}

/** What only checks of a picture or of accessibility say. */
const ofChecks = ['name', 'sensitivity', 'threshold', 'threshold_percentage', 'ignore_regions', 'full_page', 'mask_selectors', 'hide_selectors', 'wcag_level', 'fail_on', 'min_score', 'ignore_rules', 'include_best_practices', 'test_keyboard', 'test_reflow'].map((name) => `options.${name}`);
/** Another action for a step: what only the old one understood goes with it. */
export function changeAction(step: Json, from: Kin, action: string): Json {
  let next: Json = { ...step, action };
  const known = new Set(fieldsOf({ ...from, action }, 'own').concat(fieldsOf({ ...from, action }, 'when')).map((f) => f.at));
  for (const field of [...fieldsOf(from, 'own'), ...fieldsOf(from, 'when')]) if (!known.has(field.at) && field.at !== 'not') next = write(next, field.at, undefined);
  for (const name of ['options.state', 'options.method', 'options.name', ...(from.action === action ? [] : ofChecks)]) if (!known.has(name) && isSaid(read(next, name))) next = write(next, name, undefined);
  if (from.action === 'assert') {
    const { assertion_type: _, type: __, expected, not: ___, soft, ...rest } = next;
    next = { ...rest, ...(soft === true ? { continue_on_failure: true } : {}), ...(expected === undefined || rest.value !== undefined ? {} : { value: expected }) };
  }
  // Of an object another action knows nothing, and cookies and headers are none but objects.
  if (isObject(next.value) || ['set_cookie', 'set_headers'].includes(action)) delete next.value;
  if (action === 'assert') next.assertion_type = from.claim || 'element_visible';
  else if (!wantsTarget(action, '') || isElement(from.action, from.claim) !== isElement(action, '')) delete next.target;
  return next;
}

/** A cookie as the object it is, however it was written; one that a variable holds stays a text. */
export function asCookie(step: Json): Json {
  if (step.action !== 'set_cookie' || isObject(step.value)) return step;
  const { target, options, value, ...rest } = step;
  const name = target ?? (isObject(options) ? options.name : undefined);
  if (typeof value === 'string' && name === undefined) return step;
  return { ...rest, value: { ...(isObject(options) ? options : {}), ...(name === undefined ? {} : { name }), ...(value === undefined ? {} : { value }) } };
}

/** A text as a value that was an object or a list before: read back where it can be. */
export function likeBefore(text: string, structured: boolean): unknown {
  if (!structured) return text;
  try { const value: unknown = JSON.parse(text); return typeof value === 'object' ? value : text; } catch { return text; }
}
/** A body is JSON where it looks like it and is. */
export function bodyOf(text: string): unknown { return likeBefore(text, /^\s*[[{]/.test(text)); }
export function shown(value: unknown, pretty = false): string { return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value, null, pretty ? 2 : undefined); }
