import { describe, expect, test } from 'vitest';
import type { RequestLine, Site } from '../../api/edge';
import { replayKey } from './Findings';
import { findingsOf, findingsQuery, isExcludable } from './findings';
import { effectsOf } from './SiteIdentity';
import { drainOf, isUnchecked } from './states';

const at = (s: number) => new Date(1_700_000_000_000 + s * 1000).toISOString();
const line = (over: Partial<RequestLine>): RequestLine => ({ id: 1, timestamp: at(0), source: 'caddy_access', stream: '', level: 'warning', remote_ip: '198.51.100.7', method: 'GET', path: '/search', host_id: 3, duration_ms: 20, ...over });
const finding = (id: number, rule: string, over: Partial<RequestLine> = {}) => line({ id, source: 'waf_audit', waf_rule_id: rule, ...over });

describe('findings of a request', () => {
  test('are_those_of_its_client_path_and_moment_with_the_sum_last', () => {
    const all = [finding(2, '949110', { timestamp: at(1) }), finding(3, '942100', { timestamp: at(1) }), finding(4, '941100', { timestamp: at(2.5) }), finding(5, '920350', { remote_ip: '198.51.100.8' }), finding(6, '930100', { path: '/search/more' }), finding(7, '931100', { method: 'POST' })];
    expect(findingsOf(line({}), all).map((f) => f.waf_rule_id)).toEqual(['942100', '949110']);
  });
  test('of_a_finding_is_itself', () => { const one = finding(9, '942100'); expect(findingsOf(one, [finding(2, '1')])).toEqual([one]); });
  test('are_asked_for_around_the_request_and_its_length', () => {
    expect(findingsQuery(line({ duration_ms: 2_000 }))).toEqual({ source: 'waf_audit', remote_ip: '198.51.100.7', path: '/search', from: at(-5), to: at(5), host_id: '3' });
    const { path, ...without } = line({});
    expect(findingsQuery(without)).toBeNull();
  });
  test.each([[942100, true], [949110, false], [980170, false], [100001, false], [Number.NaN, false]])('rule_%s_can_be_left_out_%s', (rule, can) => { expect(isExcludable(rule)).toBe(can); });
});

test('a_day_that_was_not_inspected_whole_is_not_told_as_a_quiet_one', () => {
  const [now, day] = [1_700_000_000_000, 86_400];
  const of = (watched: number | null, would_refuse: number) => replayKey({ would_refuse, window_seconds: day, watched_since: watched === null ? null : at(-watched) }, now);
  expect([of(null, 0), of(60, 0), of(day - 1, 0), of(day, 0), of(60, 2), of(null, 2)]).toEqual(['sites.replayNothingKnown', 'sites.replayShort', 'sites.replayShort', 'sites.replayNone', 'sites.replaySome', 'sites.replaySome']);
});

describe('effects of another name or pool', () => {
  const site: Pick<Site, 'domain' | 'enabled' | 'tls_mode' | 'tls_challenge' | 'rules_count' | 'target_group_id'> = { domain: 'app.test', enabled: true, tls_mode: 'auto', tls_challenge: 'http', rules_count: 0, target_group_id: 7 };
  const pool = (id: number, targets_enabled_count = 1) => ({ id, targets_enabled_count });
  test('nothing_changed_does_nothing', () => { expect(effectsOf(site, 'app.test', pool(7))).toEqual([]); });
  test('renaming_names_the_certificate', () => {
    expect(effectsOf(site, 'new.test', pool(7))).toEqual(['sites.renameOld', 'sites.renameAuto', 'sites.renameKept']);
    expect(effectsOf(site, '*.new.test', undefined)).toContain('sites.renameWild');
    expect(effectsOf({ ...site, tls_mode: 'manual', enabled: false }, 'new.test', undefined)).toEqual(['sites.renameManual', 'sites.renameKept']);
  });
  test('renaming_names_rules_that_may_ask_for_the_old_name', () => { expect(effectsOf({ ...site, rules_count: 2 }, 'new.test', pool(7))).toContain('sites.renameRules'); });
  test('moving_names_rules_and_an_empty_pool', () => {
    expect(effectsOf({ ...site, rules_count: 2 }, 'app.test', pool(8, 0))).toEqual(['sites.movePoolRules', 'sites.movePoolEmpty', 'sites.renameKept']);
  });
});

test('target_drains_only_while_it_gets_no_new_requests', () => {
  expect([drainOf({ enabled: false, num_requests: 3 }), drainOf({ enabled: true, num_requests: 3 }), drainOf(undefined)]).toEqual([3, 0, 0]);
});
test('certificates_are_unchecked_over_tls_only', () => {
  expect([isUnchecked({ protocol: 'https', verify_tls: false }), isUnchecked({ protocol: 'https', verify_tls: true }), isUnchecked({ protocol: 'http', verify_tls: false })]).toEqual([true, false, false]);
});
