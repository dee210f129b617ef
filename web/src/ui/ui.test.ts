import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toApiError, withQuery } from '../api/client';
import { labelText, stepFor, toPlotSeries } from '../api/metrics';
import { checkPassword, isAcceptable } from '../pages/entry/password';
import { readSentence, writeCondition } from '../pages/incidents/sentence';
import { levelOfText, parseJournal } from '../pages/machine/journal';
import { browserName } from '../pages/settings/browser';
import { problemPage } from './ProblemCard';
import { collapse, endsWell } from './TimelineList';
import type { EventItem } from '../api/shapes';
import { summarise } from './TimeSeries';
import { sparkPaths } from './Value';

describe('sparkline', () => {
  test('null_breaks_the_line', () => {
    const { line } = sparkPaths([[0, 1], [1000, 2], [2000, null], [3000, 3], [4000, 4]], 4000, 100, 20, 0, 4);
    expect(line.split('M').length - 1).toBe(2);
    expect(line).not.toContain('NaN');
  });
  test('no_points_or_one_point_draw_nothing', () => {
    expect(sparkPaths([], 1000, 100, 20, 0, 1).line).toBe('');
    expect(sparkPaths([[5, 1]], 1000, 100, 20, 0, 1).line).toBe('');
  });
  test('points_before_the_window_are_left_out', () => { expect(sparkPaths([[0, 1], [9000, 2], [10_000, 3]], 2000, 100, 20, 0, 3).line).toMatch(/^M50 /); });
});

test('same_events_in_a_row_become_one_with_their_number_and_a_later_one_stays_apart', () => {
  const event = (id: number, message: string, repeat_count?: number) => ({ id, kind: 'notification.failed', source: 'platform', severity: 'error', message, created_at: 0, ...(repeat_count ? { repeat_count } : {}) }) as EventItem;
  expect(collapse([event(4, 'a'), event(3, 'a', 2), event(2, 'b'), event(1, 'a')]).map((x) => [x.event.id, x.times])).toEqual([[4, 3], [2, 1], [1, 1]]);
});

test('summary_ignores_gaps_and_is_null_without_values', () => {
  expect(summarise([[0, 2], [1, null], [2, 6]])).toEqual({ last: 6, min: 2, max: 6, mean: 4 });
  expect(summarise([[0, null]])).toBeNull();
});

describe('metrics', () => {
  test('step_gives_about_240_points', () => { expect([3600, 86_400, 30 * 86_400].map((s) => stepFor(s * 1000))).toEqual([15, 600, 21600]); });
  test('labels_leave_the_host_out', () => { expect(labelText({ host: 'local', device: 'sda', dir: 'read' })).toBe('sda read'); });
  test('series_without_labels_takes_the_metric_name_and_seconds_become_millis', () => { expect(toPlotSeries({ metric: 'm', step: 5, series: [{ labels: { host: 'local' }, points: [[1_700_000_000, 1], [1_700_000_005, null]] }] }, 'm')).toEqual([{ label: 'm', points: [[1_700_000_000_000, 1], [1_700_000_005_000, null]] }]); });
});

describe('api errors', () => {
  const none = () => null;
  test('envelope_gives_code_detail_and_request', () => {
    const e = toApiError(409, { error: 'x', detail: 'taken', code: 'conflict', request_id: 'r1' }, none);
    expect([e.status, e.code, e.message, e.requestId]).toEqual([409, 'conflict', 'taken', 'r1']);
  });
  test('field_list_of_422_is_kept', () => {
    const e = toApiError(422, { error: 'Validation failed: too short', detail: [{ loc: ['body', 'name'], msg: 'too short', type: 'x' }] }, none);
    expect(e.fields).toEqual([{ field: 'name', message: 'too short' }]);
    expect(e.message).toBe('Validation failed: too short');
  });
  test('field_in_a_list_is_named_by_its_place', () => {
    const e = toApiError(422, { detail: [{ loc: ['body', 'steps', 2, 'action'], msg: 'bad', type: 'x' }] }, none);
    expect(e.fields).toEqual([{ field: 'steps.2.action', message: 'bad' }]);
  });
  test('forbidden_names_the_permission_and_429_the_wait', () => {
    expect(toApiError(403, { detail: 'Permission denied: audit:read' }, none).permission).toBe('audit:read');
    expect(toApiError(429, {}, (h) => (h === 'retry-after' ? '30' : null)).retryAfter).toBe(30);
    expect(toApiError(429, {}, none).retryAfter).toBeNull();
  });
  test('text_body_still_gives_an_error', () => { expect(toApiError(502, 'nonsense', none).message).toBe('HTTP 502'); });
  test('query_leaves_empty_members_out', () => { expect(withQuery('/a', { x: 1, y: '', z: null, q: 'a b' })).toBe('/a?x=1&q=a+b'); });
});

describe('rule sentence', () => {
  test.each([['cpuPercent > 90', 'cpu'], ['disks[*].percent >= 80', 'disk'], ['services[*].status == "failed"', 'service'], ['host_load1 < 2.5', 'metric']])('%s_reads_as_%s_and_writes_back', (condition, subject) => {
    const s = readSentence(condition);
    expect(s?.subject).toBe(subject);
    expect(s && readSentence(writeCondition(s))).toEqual(s);
  });
  test.each(['a > 1 AND b > 2', 'avg(cpu_percent, 5m) > 3', '', 'cpu >', 'NOT a > 1'])('%s_is_more_than_a_sentence', (condition) => { expect(readSentence(condition)).toBeNull(); });
  test('text_values_cannot_leave_their_quotes', () => { expect(writeCondition({ subject: 'metric', metric: 'm', operator: '==', value: 'a" OR x > 1' })).toBe('m == "a OR x > 1"'); });
});

describe('journal', () => {
  test('lines_have_time_source_level_and_continuations_join', () => {
    const lines = parseJournal('-- Boot 1 --\n2026-11-21T01:43:33+0000 web-1 nginx[42]: upstream timed out\n  more\n2026-11-21T01:43:34+00:00 web-1 kernel: ok\n');
    expect(lines.map((l) => [l.time, l.source, l.level, l.text])).toEqual([['11-21 01:43:33', 'nginx', 'warning', 'upstream timed out'], ['11-21 01:43:33', 'nginx', 'warning', '  more'], ['11-21 01:43:34', 'kernel', 'info', 'ok']]);
  });
  test('equal_lines_keep_distinct_keys', () => { const l = '2026-11-21T01:43:34+0000 h u: x'; expect(new Set(parseJournal(`${l}\n${l}`).map((x) => x.key)).size).toBe(2); });
  test('level_words_are_whole_words', () => { expect(levelOfText('terror in the errors-free zone')).toBe('info'); expect(levelOfText('error: x')).toBe('critical'); });
});

test('password_rule_counts_bytes_and_kinds', () => {
  expect(isAcceptable(checkPassword('Abcdefg1'))).toBe(true);
  expect(checkPassword('Abc1').missing).toBe(4);
  expect(isAcceptable(checkPassword('abcdefg1'))).toBe(false);
  expect(isAcceptable(checkPassword('ABCDEFGH'))).toBe(false);
});

test('browser_names_are_two_words', () => {
  expect(browserName('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Firefox, Linux');
  expect(browserName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1')).toBe('Safari, iOS');
  expect(browserName('curl/8.1')).toBe('curl');
});

test('kinds_that_end_a_problem_read_as_well', () => { expect(['alert.resolved', 'node.online', 'backup_completed', 'power.power_restored'].map(endsWell)).toEqual([true, true, true, true]); expect(['alert.firing', 'auth.login', 'setup', 'unresolved'].map(endsWell)).toEqual([false, false, false, false]); });

test('problem_opens_where_its_cause_is_seen', () => {
  expect(problemPage({ labels: { mount: '/' }, rule_id: 'disk_high' })).toBe('/machines/local/disks');
  expect(problemPage({ labels: { service: 'a b' }, rule_id: 'x' })).toBe('/machines/local/services?q=a%20b');
  expect(problemPage({ labels: null, rule_id: 'cpu_critical' })).toBe('/machines/local/metrics');
  expect(problemPage({ labels: {}, rule_id: 'own' })).toBe('/incidents/rules?q=own');
});

describe('tokens', () => {
  const css = readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8');
  const theme = (name: string) => Object.fromEntries([...(css.split(`[data-theme="${name}"] {`).pop()?.split('}')[0] ?? '').matchAll(/--([\w-]+): (#[0-9A-F]{6})/gi)].map((m) => [m[1], m[2]])) as Record<string, string>;
  const channel = (v: number) => { const c = v / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const light = (hex: string) => { const n = Number.parseInt(hex.slice(1), 16); return 0.2126 * channel(n >> 16) + 0.7152 * channel((n >> 8) & 255) + 0.0722 * channel(n & 255); };
  const ratio = (a: string, b: string) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return ((x ?? 0) + 0.05) / ((y ?? 0) + 0.05); };
  test.each(['dark', 'light'])('%s_theme_text_and_states_are_readable_on_every_surface', (name) => {
    const t = theme(name);
    const get = (k: string) => { const v = t[k]; if (!v) throw new Error(`no token ${k}`); return v; };
    for (const surface of ['page', 'card', 'inset', 'hover']) for (const ink of ['text', 'text-2', 'text-3', 'accent', 'ok', 'warning', 'critical', 'info', 'maintenance', 'unknown']) expect([name, ink, surface, ratio(get(ink), get(surface)) >= 4.5]).toEqual([name, ink, surface, true]);
    for (const state of ['ok', 'warning', 'critical', 'info', 'maintenance']) expect([state, ratio(get(state), get(`${state}-tint`)) >= 5.1]).toEqual([state, true]);
    for (let i = 1; i <= 8; i += 1) expect([i, ratio(get(`series-${i}`), get('card')) >= 5]).toEqual([i, true]);
    expect(ratio('#FFFFFF', get('primary'))).toBeGreaterThanOrEqual(4.5);
    expect(ratio('#FFFFFF', get('danger'))).toBeGreaterThanOrEqual(4.5);
    expect(ratio(get('control-line'), get('inset'))).toBeGreaterThanOrEqual(3);
  });
});
