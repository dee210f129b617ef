import { expect, test } from 'vitest';
import { appsecWindow, sums } from './attacks';

test('findings_are_summed_by_what_became_of_them', () => {
  expect(sums([{ time: 'a', detected: 2, blocked: 1 }, { time: 'b', detected: 0, blocked: 4 }])).toEqual({ detected: 2, blocked: 5 });
  expect(sums([])).toEqual({ detected: 0, blocked: 0 });
});
test('crowdsec_is_asked_for_a_day_at_most', () => { expect([appsecWindow('1h'), appsecWindow('7d')]).toEqual(['1h', '24h']); });
