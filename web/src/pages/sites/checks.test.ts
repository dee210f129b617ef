import { expect, test } from 'vitest';
import type { NameProbe, ProbeAnswer, SiteProbe } from '../../api/edge';
import type { Translate } from '../../i18n';
import { ofBackend, ofChallenge, ofListener, ofName, ofShown, ofSite } from './checks';

const t = ((key: string) => key) as unknown as Translate;
const name = (over: Partial<NameProbe>): NameProbe => ({ addresses: ['203.0.113.5'], is_here: true, elsewhere: [], public_address: '203.0.113.5', ...over });
const answer = (over: Partial<ProbeAnswer>): ProbeAnswer => ({ status: 200, millis: 5, error: null, is_untrusted: false, ...over });
const site = (over: Partial<SiteProbe>): SiteProbe => ({ url: 'https://app.test/', is_asked: true, status: 200, millis: 5, error: null, is_trusted: true, certificate: { issuer: 'Example', not_after: '2030-01-01T00:00:00Z', days_left: 60, is_self_signed: false, covers: true }, ...over });
const shown = (over: Partial<NonNullable<SiteProbe['certificate']>>) => site({ certificate: { ...(site({}).certificate as NonNullable<SiteProbe['certificate']>), ...over } });

test.each([
  [name({}), 'ok', 'sites.leadsHere'],
  [name({ addresses: ['127.0.1.1', 'fd00::1'] }), 'unknown', 'sites.leadsHereInside'],
  [name({ addresses: ['192.168.1.10', '203.0.113.5'] }), 'ok', 'sites.leadsHere'],
  [name({ elsewhere: ['203.0.113.6'] }), 'warning', 'sites.leadsPartly'],
  [name({ is_here: false }), 'warning', 'sites.leadsElsewhereNot'],
  [name({ is_here: false, public_address: null }), 'warning', 'sites.leadsElsewhere'],
  [name({ is_here: null, public_address: null }), 'unknown', 'sites.leadsUntold'],
  [name({ addresses: [], is_here: false }), 'warning', 'sites.leadsNowhere'],
])('name_%#_is_well_only_when_it_leads_here_alone', (dns, status, word) => { expect(ofName(t, dns)).toEqual({ status, word }); });

test('port_of_another_number_is_not_called_open', () => {
  const of = (listener: Parameters<typeof ofListener>[1]) => ofListener(t, listener, 80);
  expect([of({ address: '0.0.0.0:80', port: 80, is_open: true }), of({ address: '0.0.0.0:80', port: 80, is_open: false }), of({ address: '0.0.0.0:8080', port: 8080, is_open: true }), of(null)].map((x) => [x.status, x.word])).toEqual([['unknown', 'sites.portOpen'], ['unknown', 'sites.portOpens'], ['unknown', 'sites.portOther'], ['warning', 'sites.portNone']]);
});

test('backend_with_a_wrong_certificate_is_neither_well_nor_silent', () => {
  expect(ofBackend(t, answer({ status: null, error: 'x', is_untrusted: true }))).toEqual({ status: 'warning', word: 'sites.untrusted' });
  expect([answer({}), answer({ status: 502 }), answer({ status: null, error: 'x' })].map((a) => ofBackend(t, a).status)).toEqual(['ok', 'warning', 'critical']);
});

test('challenge_is_proved_by_the_very_proof_alone', () => {
  expect([answer({}), answer({ status: null, error: 'another server' }), answer({ status: 404 })].map((a) => ofChallenge(t, a).status)).toEqual(['ok', 'warning', 'warning']);
});

test('published_site_is_proved_by_its_own_answer', () => {
  expect([site({}), site({ status: 303 }), site({ status: 503 }), site({ status: null, error: 'no' })].map((s) => ofSite(t, s, true).status)).toEqual(['ok', 'ok', 'warning', 'critical']);
  expect([site({}), site({ status: 404 })].map((s) => ofSite(t, s, false).status)).toEqual(['unknown', 'unknown']);
  expect(ofSite(t, site({ is_asked: false, status: null, error: 'no' }), true)).toEqual({ status: 'unknown', word: 'sites.siteUnasked' });
});

test('certificate_that_visitors_see_is_judged_worst_first', () => {
  expect([shown({}), shown({ covers: false }), shown({ is_self_signed: true }), shown({ days_left: 0 }), { ...shown({}), is_trusted: false }, { ...shown({}), is_trusted: null }].map((s) => ofShown(t, s, 'then')?.word)).toEqual(['sites.shownValid', 'sites.shownOther', 'sites.shownSelfSigned', 'sites.shownOver', 'sites.shownUntrusted', 'sites.shownUntold']);
  expect(ofShown(t, site({ certificate: null }), '')).toBeNull();
});
