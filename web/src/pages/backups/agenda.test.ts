// Which day a thing stands on, and what lies over it.
import { expect, test } from 'vitest';
import type { ComingItem } from '../../api/shapes';
import { daysOf } from './Agenda';

// A zone whose clock changes.
process.env.TZ = 'Europe/Berlin';
const now = Date.parse('2026-03-02T09:30:00Z');
const item = (kind: string, name: string, at: string, until: string | null = null): ComingItem => ({ kind, name, at, until, repeats: null, page: '/' });

test('things_stand_on_their_day_and_know_the_maintenance_over_them', () => {
  const days = daysOf([
    item('maintenance', 'since yesterday', '2026-03-01T22:00:00Z', '2026-03-02T12:00:00Z'),
    item('schedule', 'within', '2026-03-02T11:00:00Z'),
    item('schedule', 'after', '2026-03-02T12:00:00Z'),
    item('certificate_renewal', 'a.example', '2026-03-04T09:30:00Z'),
    item('schedule', 'too far', '2026-04-04T09:30:00Z'),
  ], now, 4);
  expect(days.map((d) => d.lines.map((l) => [l.item.name, l.within]))).toEqual([
    [['since yesterday', null], ['within', 'since yesterday'], ['after', null]], [], [['a.example', null]], [],
  ]);
});

test('late_on_the_evening_before_the_clock_goes_forward_the_short_day_is_there', () => {
  const days = daysOf([item('schedule', 'tomorrow', '2026-03-29T10:00:00Z')], Date.parse('2026-03-28T22:30:00Z'), 2);
  expect(days.map((d) => d.lines.map((l) => l.item.name))).toEqual([[], ['tomorrow'], []]);
});
