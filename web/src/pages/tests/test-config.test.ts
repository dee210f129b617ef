import { expect, test } from 'vitest';
import { configOf, withConfig } from './test-config';
import { asSize, liveSize, sizeOf, sizeText } from './viewport';

test('config_is_written_as_the_document_has_it_and_left_out_when_emptied', () => {
  const config = { timeout_ms: 60_000, strict_selectors: false, browser: 'chromium', color: 1 };
  expect(configOf(config)).toEqual({ timeout_ms: '60000', retries: '', viewport: '', self_heal: '', strict_selectors: 'false', execution_mode: '' });
  expect(withConfig(config, 'viewport', '375x667')).toEqual({ ...config, viewport: { width: 375, height: 667 } });
  expect(withConfig(config, 'strict_selectors', '')).toEqual({ timeout_ms: 60_000, browser: 'chromium', color: 1 });
  expect(withConfig({}, 'retries', '0')).toEqual({ retries: 0 });
  expect(withConfig({}, 'self_heal', 'false')).toEqual({ self_heal: false });
  expect([withConfig({}, 'execution_mode', 'hybrid'), withConfig({ execution_mode: 'vision' }, 'execution_mode', ''), configOf({ execution_mode: 'vision' }).execution_mode]).toEqual([{ execution_mode: 'hybrid' }, {}, 'vision']);
  // Half written: the server says what is wrong with it, and the field keeps it.
  expect(withConfig({}, 'viewport', '375x')).toEqual({ viewport: '375x' });
  expect(configOf({ viewport: '375x' }).viewport).toBe('375x');
  expect(withConfig({}, 'timeout_ms', '1 min')).toEqual({ timeout_ms: '1 min' });
});

test('sizes_are_read_in_both_forms_and_fit_a_browser_that_is_looked_at', () => {
  expect([sizeOf('375x667'), sizeOf(' 375 × 667 '), sizeOf('375x'), sizeOf('0x10'), sizeOf('')]).toEqual([{ width: 375, height: 667 }, { width: 375, height: 667 }, null, null, null]);
  expect(asSize({ width: 800, height: 600 })).toEqual({ width: 800, height: 600 });
  expect([asSize({ width: 'x', height: 1 }), asSize(null), asSize(7)]).toEqual([null, null, null]);
  expect(sizeText(liveSize(undefined, { width: 390, height: 844 }, { width: 1, height: 1 }))).toBe('390x844');
  expect(sizeText(liveSize({ width: 9_000, height: 100 }))).toBe('3840x200');
  expect(sizeText(liveSize())).toBe('1280x720');
});
