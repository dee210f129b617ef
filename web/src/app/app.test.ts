import { describe, expect, test } from 'vitest';
import { score } from './fuzzy';
import { keyName } from './keys';
import { hashRedirect, redirectFor, redirectOf } from './redirects';
import { pageOfRef } from './refs';
import { pageKey } from './App';
import { matchRoute } from './router';
import { sectionOf, sections, subPageOf } from './sections';
import { can, type User } from './session';
import { retryDelay } from './stream';
import { localTarget } from '../pages/entry/LoginPage';
import { routes } from './all-routes';

describe('router', () => {
  const table = [{ path: '/' }, { path: '/machines/:host/:tab?' }, { path: '/settings/system/jobs' }];
  test('match_decodes_segments_once_and_ignores_a_trailing_slash', () => {
    expect(matchRoute(table, '/machines/web%201/logs/')?.params).toEqual({ host: 'web 1', tab: 'logs' });
    expect(matchRoute(table, '/machines/a')?.params).toEqual({ host: 'a' });
    expect(matchRoute(table, '/')?.route.path).toBe('/');
  });
  test('match_of_unknown_or_longer_path_is_null', () => {
    expect(matchRoute(table, '/machines')).toBeNull();
    expect(matchRoute(table, '/machines/a/b/c')).toBeNull();
    expect(matchRoute(table, '/settings/system')).toBeNull();
  });
  test('match_of_broken_encoding_keeps_the_text', () => { expect(matchRoute(table, '/machines/%E0%A4%A')?.params.host).toBe('%E0%A4%A'); });
  test('page_of_another_object_is_another_page_but_a_tab_is_not', () => {
    expect(pageKey('/incidents/:id', { id: '1' })).not.toBe(pageKey('/incidents/:id', { id: '2' }));
    expect(pageKey('/sites/:id/:tab?', { id: '1', tab: 'routing' })).toBe(pageKey('/sites/:id/:tab?', { id: '1' }));
  });
  test('every_section_and_subpage_has_a_route', () => {
    for (const s of sections) { expect([s.to, matchRoute(routes, s.to) !== null]).toEqual([s.to, true]); for (const p of s.pages) expect([p.to, matchRoute(routes, p.to) !== null]).toEqual([p.to, true]); }
  });
});

describe('redirects', () => {
  test.each([
    ['/hosts', '', '/sites'], ['/hosts/12', '?tab=waf', '/sites/12?tab=waf'], ['/target-groups/3', '', '/sites/pools/3'], ['/certificates', '?q=a', '/sites/certificates?q=a'], ['/security/x', '', '/sites/protection'], ['/logs', '?q=err', '/explore/logs?q=err'],
    ['/notifications', '', '/settings/channels'], ['/topology', '?a=1', '/media/map?a=1'], ['/dashboard', '', '/'], ['/events', '', '/explore/timeline'], ['/nodes/abc/config', '', '/media/nodes/abc/configuration'], ['/nodes/abc', '?x=1', '/media/nodes/abc?x=1'], ['/admin/users', '', '/settings/people'],
  ])('%s%s_goes_to_%s', (path, search, to) => { expect(redirectOf(path, search)).toBe(to); });
  test('present_addresses_are_not_redirected', () => { for (const p of ['/', '/sites', '/incidents', '/eventsx', '/explore/timeline']) expect(redirectOf(p, '')).toBeNull(); });
  test('hash_routes_become_paths_and_plain_fragments_stay', () => {
    expect(hashRedirect('#/settings/auth?linked=true')).toBe('/settings/account?linked=true');
    expect(hashRedirect('#/dashboard')).toBe('/');
    expect(hashRedirect('#main')).toBeNull();
  });
  test('address_that_is_no_page_leads_on_by_hash_then_reference_then_table', () => {
    expect(redirectFor('/go/machine%3Aweb-1', '', '')).toBe('/machines/web-1');
    expect(redirectFor('/go/strange:1', '', '')).toBe('/inventory');
    expect(redirectFor('/go/%E0%A4%A', '', '')).toBe('/inventory');
    expect(redirectFor('/hosts/3', '?x=1', '')).toBe('/sites/3?x=1');
    expect(redirectFor('/nowhere', '', '')).toBeNull();
  });
  test('no_published_address_is_a_page_itself', () => { for (const p of ['/hosts', '/target-groups/3', '/certificates', '/security/x', '/appsec', '/threats', '/logs', '/notifications', '/backup', '/system', '/topology', '/dashboard', '/events', '/nodes/a', '/admin/users', '/ai']) expect([p, matchRoute(routes, p)]).toEqual([p, null]); });
  test('references_lead_to_pages', () => {
    expect(pageOfRef('machine:web 1')).toBe('/machines/web%201');
    expect(pageOfRef('service:web-1/nginx.service')).toBe('/machines/web-1/services?q=nginx.service');
    expect(pageOfRef('nothing')).toBeNull();
    expect(pageOfRef('strange:1')).toBeNull();
  });
  test.each([['/incidents?x=1', '/incidents?x=1'], ['//evil.example', null], ['/\\evil.example', null], ['/\t/evil.example', null], ['/\n\\evil.example', null], ['/%2F/evil.example', '/%2F/evil.example'], ['https://evil.example', null], [null, null]])('next_%s_is_%s', (next, to) => { expect(localTarget(next)).toBe(to); });
});

test('sections_machine_pages_belong_to_inventory_and_longest_subpage_wins', () => {
  expect(sectionOf('/machines/local/logs')?.id).toBe('inventory');
  expect(sectionOf('/nowhere')).toBeUndefined();
  const settings = sectionOf('/settings/system/jobs');
  expect(settings && subPageOf(settings, '/settings/system/jobs')?.label).toBe('nav.jobs');
  expect(settings && subPageOf(settings, '/settings/system')?.label).toBe('nav.system');
  const incidents = sectionOf('/incidents/12');
  expect(incidents && subPageOf(incidents, '/incidents/12')?.label).toBe('nav.incidentList');
  expect(incidents && subPageOf(incidents, '/incidents')?.label).toBe('nav.problems');
  const tests = sectionOf('/tests/record/7');
  expect(tests && subPageOf(tests, '/tests/record/7')?.label).toBe('nav.recordings');
  expect(new Set(sections.map((s) => s.key)).size).toBe(10);
});

test('keys_have_one_name_and_meta_counts_as_control', () => {
  const e = { key: 'K', ctrlKey: false, metaKey: true, altKey: false };
  expect(keyName(e)).toBe('Ctrl+k');
  expect(keyName({ ...e, metaKey: false, key: '?' })).toBe('?');
  expect(keyName({ ...e, metaKey: false, altKey: true, key: 'j' })).toBe('Alt+j');
  expect(keyName({ ...e, metaKey: false, key: 'Escape' })).toBe('Escape');
});

test('fuzzy_start_beats_word_beats_inside_beats_letters', () => {
  const order = ['nginx', 'my nginx', 'angina', 'network gateway in x', 'postgres'].map((c) => score('ngin', c));
  expect(order[0]).toBeGreaterThan(order[1] ?? 0);
  expect(order[1]).toBeGreaterThan(order[2] ?? 0);
  expect(order[2]).toBeGreaterThan(0);
  expect(order[4]).toBe(0);
});

test('retry_delay_doubles_to_thirty_seconds_with_jitter', () => {
  expect([0, 1, 2, 5, 20].map((n) => retryDelay(n, 0))).toEqual([1000, 2000, 4000, 30000, 30000]);
  expect(retryDelay(20, 1)).toBe(36000);
});

test('can_reads_exact_area_and_full_grants', () => {
  const user = (...grants: string[]): User => ({ username: 'u', role: 'viewer', grants: new Set(grants), mustChangePassword: false, needsSecondFactor: false });
  expect(can(user('audit:read'), 'audit:read')).toBe(true);
  expect(can(user('audit:*'), 'audit:read')).toBe(true);
  expect(can(user('*'), 'audit:read')).toBe(true);
  expect(can(user('audit:readx'), 'audit:read')).toBe(false);
  expect(can(null, 'audit:read')).toBe(false);
});
