import { describe, expect, test } from 'vitest';
import { isAbout } from './History';
import { obstaclesOf } from './Obstacles';
import { parseBackend } from './PublishSite';
import { moved } from './Routing';
import { listOf, matcherOf } from './RuleForm';
import { poolState, siteState } from './states';
import { headersOf } from './TryRequest';
import type { Site, TargetHealth } from '../../api/edge';

describe('backend addresses', () => {
  test.each([
    ['192.168.1.20:8080', { host: '192.168.1.20', port: 8080, https: false }],
    ['nas', { host: 'nas', port: 80, https: false }],
    ['https://nas.lan/', { host: 'nas.lan', port: 443, https: true }],
    ['[::1]:3000', { host: '::1', port: 3000, https: false }],
  ])('%s_is_read', (text, wanted) => { expect(parseBackend(text, false)).toEqual(wanted); });
  test.each(['', 'a b', 'host:0', 'host:70000', 'ftp://x', 'host/path'])('%s_is_refused', (text) => { expect(parseBackend(text, false)).toBeNull(); });
});

test('moved_entry_keeps_the_others_in_order', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(moved(['a'], 5, 0)).toEqual(['a']);
});

test('lists_are_split_at_commas_and_spaces', () => {
  expect(listOf(' /a, /b  /c,')).toEqual(['/a', '/b', '/c']);
  expect(matcherOf({ type: 'remote_ip', name: '', text: '10.0.0.0/8, ::1', regex: false, negate: true })).toEqual({ type: 'remote_ip', config: { ranges: ['10.0.0.0/8', '::1'], negate: true } });
});

describe('states', () => {
  const of = (status: TargetHealth['status'], enabled = true): TargetHealth => ({ target_id: 1, target_group_id: 7, host: 'a', port: 1, enabled, status, num_requests: 0, num_fails: 0 });
  test.each([
    [[], 'sites.state.empty'], [[of('healthy', false)], 'sites.state.empty'], [[of('unhealthy')], 'sites.state.down'], [[of('unhealthy'), of('healthy')], 'sites.state.degraded'], [[of('healthy')], 'sites.state.ok'], [[of('unknown')], 'sites.state.unknown'],
  ] as const)('targets_%#_are_judged_worst_first', (targets, word) => { expect(poolState({ id: 7 }, targets).word).toBe(word); });
  test('disabled_site_says_so_whatever_its_pool', () => {
    const site = { enabled: false, target_group_id: 7 } as Site;
    expect(siteState(site, [of('healthy')]).word).toBe('sites.state.disabled');
  });
  test('pool_of_a_rule_that_is_down_leaves_part_of_the_site_down', () => {
    const site = { id: 3, enabled: true, target_group_id: 7 } as Site;
    const user = (is_live: boolean) => ({ host_id: 3, domain: 'a.test', is_default: false, rules: [1], is_live });
    const down = { ...of('unhealthy'), target_group_id: 8 };
    const word = (live: boolean, own: TargetHealth) => siteState(site, [own, down], [{ id: 8, used_by: [user(live)] }]).word;
    expect([word(true, of('healthy')), word(false, of('healthy')), word(true, of('unhealthy'))]).toEqual(['sites.state.ruleDown', 'sites.state.ok', 'sites.state.down']);
  });
});

test('what the proxy refuses of a site or its pool comes before how its backends are', () => {
  const site = { id: 3, enabled: true, target_group_id: 7 } as Site;
  const word = (kind: 'site' | 'pool', id: number, goes_on: boolean) => siteState(site, [], [], [{ kind, id, goes_on }]).word;
  expect([word('site', 3, true), word('site', 3, false), word('pool', 7, false)]).toEqual(['sites.state.asBefore', 'sites.state.leftOut', 'sites.state.leftOut']);
  expect([word('site', 7, false), word('pool', 7, true), word('pool', 3, false)]).toEqual(['sites.state.empty', 'sites.state.empty', 'sites.state.empty']);
  const of = (kind: 'site' | 'pool', id: number) => ({ kind, id, name: 'x', reason: 'y', goes_on: true, refused: null });
  expect(obstaclesOf({ obstacles: [of('site', 3), of('pool', 3), of('pool', 8)] }, 3, [7, 8])).toEqual([of('site', 3), of('pool', 8)]);
});

test('a row of the audit log is about a site when it names it, not when another name holds it', () => {
  const site = { id: 7, domain: 'app.test' };
  const row = (details: string, target_type = 'rule', target_id = '7') => isAbout({ details, target_type, target_id }, site);
  expect([row('rule 10 of app.test created'), row('site app.test.'), row('rule 10 of my-app.test created'), row('app.test.example')]).toEqual([true, true, false, false]);
  expect([row('protection changed', 'host'), row('protection changed', 'host', '8')]).toEqual([true, false]);
});

test('headers of a made-up request are read one after the other', () => {
  expect(headersOf('X-Beta: yes; Accept:text/html;nonsense; X-Empty:')).toEqual({ 'X-Beta': 'yes', Accept: 'text/html', 'X-Empty': '' });
  expect(headersOf('')).toEqual({});
});
