import { describe, expect, test } from 'vitest';
import { looksLikeAddress, originKey } from './bans';

describe('bans', () => {
  test('address_or_range_is_told_from_other_text', () => {
    for (const good of ['203.0.113.9', ' 203.0.113.0/24 ', '2001:db8::1', '2001:db8::/32', '::1']) expect(looksLikeAddress(good), good).toBe(true);
    for (const bad of ['', '203.0.113', '203.0.113.256', '203.0.113.0/33', '203.0.113.0/2/3', '2001:db8::/129', 'example.org', '203.0.113.0/x', 'bad:cafe:zz']) expect(looksLikeAddress(bad), bad).toBe(false);
  });
  test('known_origins_have_words', () => {
    expect(originKey('argos-country-BR')).toBe('protect.origin.country');
    expect(originKey('CAPI')).toBe('protect.origin.capi');
    expect(originKey('lists:firehol')).toBeNull();
  });
});
