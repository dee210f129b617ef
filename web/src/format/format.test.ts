import { describe, expect, test } from 'vitest';
import { byUnit, bytes, joined, percent } from './numbers';
import { ago, parseRange, rangeText, span, toMillis } from './time';

describe('numbers', () => {
  test.each([[0, '0 B'], [1023, '1,023 B'], [1024, '1.00 KiB'], [10_240, '10.0 KiB'], [104_857_600, '100 MiB'], [1_048_575.9, '1.00 MiB'], [5e15, '4.44 PiB'], [-2048, '-2.00 KiB']])('%s_bytes_read_%s', (v, text) => { expect(joined(bytes(v))).toBe(text); });
  test('rates_carry_their_time', () => { expect(joined(bytes(2048, true))).toBe('2.00 KiB/s'); });
  test('small_percents_keep_a_digit', () => { expect([percent(3.14), percent(61.4)].map(joined)).toEqual(['3.1 %', '61 %']); });
  test('by_unit_formats_the_metric', () => { expect([byUnit(1536, 'B/s'), byUnit(0.1234, ''), byUnit(1234.5, 'ms')].map(joined)).toEqual(['1.50 KiB/s', '0.12', '1,235 ms']); });
});

describe('time', () => {
  const ms = Date.UTC(2026, 0, 2, 3, 4, 5);
  test('seconds_millis_micros_and_texts_are_one_moment', () => {
    for (const v of [ms / 1000, ms, ms * 1000, '2026-01-02T03:04:05Z', String(ms / 1000)]) expect(toMillis(v)).toBe(ms);
  });
  test('no_time_is_null', () => { for (const v of [null, undefined, '', 'soon']) expect(toMillis(v)).toBeNull(); });
  test.each([[0, '0 s'], [59.6, '1 min'], [61, '1 min'], [3600, '1 h'], [3660, '1 h 1 min'], [90_000, '1 d 1 h'], [86_400 * 20 + 3600, '20 d']])('span_of_%s_seconds_is_%s', (s, text) => { expect(span(s)).toBe(text); });
  test('ago_uses_the_largest_unit', () => { expect(ago(ms - 125_000, ms)).toMatch(/2 min/); expect(ago(ms - 3 * 86_400_000, ms)).toMatch(/3 days/); });
  test('range_reads_back_spans_and_intervals_and_refuses_the_rest', () => {
    expect(parseRange('-24h', ms)).toMatchObject({ from: ms - 86_400_000, to: ms, live: true });
    const text = rangeText(ms - 3_600_000, ms);
    expect(parseRange(text, 0)).toMatchObject({ from: ms - 3_600_000, to: ms, live: false });
    for (const bad of ['', '24h', '-5w', 'a..b', `${new Date(ms).toISOString()}..${new Date(ms - 1000).toISOString()}`]) expect(parseRange(bad, ms)).toBeNull();
  });
});
