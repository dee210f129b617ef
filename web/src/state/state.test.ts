import { describe, expect, test } from 'vitest';
import { compareValues, holdOrder, parseSort, sortText, windowOf } from '../ui/table-model';
import { matches, parseFilter, toCsv, toggleToken } from './filter';
import { measurements } from './live';
import { readDraft } from './draft';
import { impersonal, readPreferences } from './preferences';
import { createRing } from './ring';
import { levelOf, rank, severityOf, statuses, statusOf, worst } from './status';
import { createStore, sameShallow } from './store';

describe('store', () => {
  test('set_equal_value_calls_nobody_and_updater_sees_the_last', () => {
    const s = createStore(1);
    let calls = 0;
    const stop = s.subscribe(() => { calls += 1; });
    s.set(1);
    s.set((n) => n + 1);
    stop();
    s.set(9);
    expect([s.get(), calls]).toEqual([9, 1]);
  });
  test('shallow_comparison_sees_members_order_free', () => {
    expect(sameShallow({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
    expect(sameShallow([1, 2], [1, 3])).toBe(false);
    expect(sameShallow({ a: 1 }, { b: 1 })).toBe(false);
    expect(sameShallow([1], { 0: 1 })).toBe(false);
  });
});

describe('ring', () => {
  test('push_keeps_the_newest_and_refuses_the_past', () => {
    const r = createRing(3);
    for (const at of [1, 2, 3, 4, 2]) r.push(at, at * 10);
    expect(r.points()).toEqual([[2, 20], [3, 30], [4, 40]]);
    expect(r.last()).toBe(40);
  });
  test('seed_puts_older_points_in_front_once', () => {
    const r = createRing(4);
    r.push(10, 1);
    r.seed([[8, null], [9, 5], [10, 99], [11, 99]]);
    expect(r.points()).toEqual([[8, null], [9, 5], [10, 1]]);
  });
});

test('measurements_missing_figures_are_null_never_zero', () => {
  const m = measurements({ timestamp: 1, cpu_percent: null, diskIo: [{ device: 'a', read_bps: null, write_bps: 4 }, { device: 'b', read_bps: null, write_bps: 6 }] });
  expect(m.get('cpu')).toBeNull();
  expect(m.get('mem')).toBeNull();
  expect(m.get('read')).toBeNull();
  expect(m.get('write')).toBe(10);
});

describe('status', () => {
  test('words_of_all_parts_map_and_unknown_words_stay_unknown', () => {
    expect(['OL', 'passed', 'operational', 'timer-active'].map(statusOf)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(['OB', 'degraded', 'RB'].map(statusOf)).toEqual(['warning', 'warning', 'warning']);
    expect(['OB LB', 'danger', 'failed', 'FSD'].map(statusOf)).toEqual(['critical', 'critical', 'critical', 'critical']);
    expect([null, undefined, '', 'brand-new-word'].map(statusOf)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  });
  test('severity_has_no_ok', () => { expect(['info', 'debug', 'warning', 'error', 'critical'].map(severityOf)).toEqual(['info', 'info', 'warning', 'critical', 'critical']); });
  test('group_takes_the_worst_child_but_not_maintenance', () => {
    expect(worst(['ok', 'warning', 'ok'])).toBe('warning');
    expect(worst(['ok', 'maintenance'])).toBe('ok');
    expect(worst(['maintenance'])).toBe('maintenance');
    expect(worst([])).toBe('unknown');
    expect([...statuses].sort((a, b) => rank(a) - rank(b))[0]).toBe('critical');
  });
  test('level_of_missing_value_is_unknown', () => { expect([levelOf(null, 80, 90), levelOf(79.9, 80, 90), levelOf(80, 80, 90), levelOf(90, 80, 90)]).toEqual(['unknown', 'ok', 'warning', 'critical']); });
});

describe('filter', () => {
  const fields = { state: 'text', cpu: 'number', tag: 'text' } as const;
  const row = { state: 'running', cpu: 82, tag: ['prod', 'web'] };
  const hit = (text: string) => matches(parseFilter(text, fields), (k) => row[k as keyof typeof row], () => 'nginx running 82');
  test.each([['state:run', true], ['state:-run', false], ['-state:run', false], ['cpu:>80', true], ['cpu:>=82', true], ['cpu:<80', false], ['tag:web,db', true], ['tag:-db', true], ['nginx', true], ['-nginx', false], ['"nginx running"', true], ['"running nginx"', false], ['state:run cpu:<10', false]])('%s_matches_%s', (text, expected) => { expect(hit(text)).toBe(expected); });
  test('invalid_tokens_are_marked_and_ignored', () => {
    const tokens = parseFilter('nope:x cpu:>abc state:>5', fields);
    expect(tokens.map((t) => t.problem)).toEqual(['unknown_key', 'number_expected', 'number_expected']);
    expect(hit('nope:x')).toBe(true);
  });
  test('missing_value_never_matches_a_comparison', () => { expect(matches(parseFilter('cpu:<5', fields), () => null, () => '')).toBe(false); });
  test('half_typed_token_filters_nothing', () => { expect(hit('state:')).toBe(true); expect(hit('state:"run')).toBe(true); });
  test('toggle_adds_and_removes', () => { expect(toggleToken('a kind:disk', 'kind:disk')).toBe('a'); expect(toggleToken('a', 'kind:disk')).toBe('a kind:disk'); });
  test('csv_quotes_and_neutralises_formulas_but_not_numbers', () => {
    expect(toCsv(['a', 'b'], [['=1+1', -5], ['x,"y"', null], ['@cmd', 1.5]])).toBe(`a,b\r\n'=1+1,-5\r\n"x,""y""",\r\n'@cmd,1.5`);
  });
});

describe('table', () => {
  test('sort_text_round_trips', () => { expect(parseSort('-cpu')).toEqual({ column: 'cpu', down: true }); expect(sortText({ column: 'cpu', down: true })).toBe('-cpu'); expect(parseSort('')).toBeNull(); });
  test('missing_values_stay_last_in_both_directions', () => {
    const list = [3, null, 1, undefined, 2];
    expect([...list].sort((a, b) => compareValues(a, b, false))).toEqual([1, 2, 3, null, undefined]);
    expect([...list].sort((a, b) => compareValues(a, b, true)).slice(0, 3)).toEqual([3, 2, 1]);
  });
  test('text_with_numbers_sorts_by_number', () => { expect(['disk10', 'disk9'].sort((a, b) => compareValues(a, b, false))).toEqual(['disk9', 'disk10']); });
  test('held_rows_keep_their_place_new_ones_go_last_gone_ones_leave', () => {
    const { rows, moved } = holdOrder(['c', 'a', 'd'], (x) => x, ['a', 'b', 'c']);
    expect(rows).toEqual(['a', 'c', 'd']);
    expect(moved).toBe(2);
  });
  test('window_of_ten_thousand_rows_mounts_under_sixty', () => {
    const w = windowOf(10_000, 180_000, 640, 36);
    expect(w.to - w.from).toBeLessThan(60);
    expect(w.from).toBeLessThanOrEqual(5_000);
    expect(windowOf(10, 0, 640, 36)).toEqual({ from: 0, to: 10 });
    expect(windowOf(0, 500, 640, 36).to).toBeGreaterThanOrEqual(windowOf(0, 500, 640, 36).from);
  });
});

describe('draft', () => {
  const form = { name: '', minutes: 5, list: ['a'], on: true, owner: null };
  test('draft_of_the_same_form_is_taken_without_foreign_members', () => { expect(readDraft({ ...form, name: 'x', more: 1 }, form)).toEqual({ ...form, name: 'x' }); });
  test.each([[{ ...form, minutes: '5' }], [{ ...form, list: { 0: 'a' } }], [{ ...form, owner: 'x' }], [{ name: 'x' }], [null], ['text']])('draft_%j_of_another_form_is_refused', (body) => { expect(readDraft(body, form)).toBeNull(); });
});

test('next_person_at_a_browser_keeps_the_look_and_not_the_traces', () => {
  const mine = readPreferences({ theme: 'light', density: 'compact', language: 'es', pins: ['sites'], recent: ['/incidents/4'], searches: [{ id: '1', name: 'n', source: '', level: '', q: '', status: '', range: '' }] }, { theme: 'system', density: 'normal', language: 'en', railCollapsed: false, singleKeys: true, pins: [], charts: [], searches: [], recent: [], columns: {} });
  expect(impersonal(mine)).toMatchObject({ theme: 'light', density: 'compact', language: 'es', pins: [], recent: [], searches: [] });
});

test('preferences_take_only_known_members', () => {
  const base = readPreferences({}, { theme: 'system', density: 'normal', language: 'en', railCollapsed: false, singleKeys: true, pins: [], charts: [], searches: [], recent: [], columns: {} });
  const read = readPreferences({ theme: 'pink', density: 'compact', pins: ['sites', 3], charts: [{ id: 'x' }, { id: 'a', name: 'n', metric: 'm', labels: '', agg: 'avg', range: '-1h' }], columns: { t: ['a', 1] } }, base);
  expect(read.theme).toBe('system');
  expect(read.density).toBe('compact');
  expect(read.pins).toEqual(['sites']);
  expect(read.charts.map((c) => c.id)).toEqual(['a']);
  expect(read.columns).toEqual({ t: ['a'] });
  expect(readPreferences('nonsense', base)).toBe(base);
});
