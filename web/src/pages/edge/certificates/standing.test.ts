import { describe, expect, it, test } from 'vitest';
import type { ManualCertificate, SiteCertificate } from '../../../api/certificates';
import { covers, hintOf, lifeLeft, partsOf, rowsOf, stateOf, marksOf, type CertRow } from './standing';

const none = { cert_pem: '', key_pem: '', chain_pem: '' };
const block = (label: string, body: string) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
const auto = (change: Partial<SiteCertificate>): SiteCertificate => ({ domain: 'a.test', host_id: 1, issuer: '', not_before: null, not_after: null, last_checked_at: '', days_left: null, status: 'unknown', next_renewal_estimate: null, challenge: 'http', authority: '', dns_provider: null, fingerprint_sha256: null, failures: 0, error_code: null, next_attempt_at: null, ordering: false, steps: [], ...change });
const state = (change: Partial<SiteCertificate>) => rowsOf([auto(change)], []).map(stateOf)[0];

describe('certificates', () => {
  it('sorts pasted blocks into certificate, chain and key, and adds none twice', () => {
    const all = [block('CERTIFICATE', 'LEAF'), block('CERTIFICATE', 'ABOVE'), block('EC PRIVATE KEY', 'KEY')].join('\n');
    const parts = partsOf(all, none);
    expect([parts.cert_pem.includes('LEAF'), parts.chain_pem.includes('ABOVE'), parts.key_pem.includes('KEY')]).toEqual([true, true, true]);
    expect(partsOf(all, parts)).toEqual(parts);
    expect(partsOf('no block', none)).toEqual(none);
  });
  it('says what is wrong before how much life is left', () => {
    expect(state({ ordering: true })).toEqual({ status: 'unknown', word: 'certs.state.ordering' });
    expect(state({ failures: 2, ordering: true })).toEqual({ status: 'critical', word: 'certs.state.failed' });
    expect(state({ failures: 1, status: 'ok' })).toEqual({ status: 'warning', word: 'certs.state.renewFailed' });
    expect(state({ status: 'expired' })).toEqual({ status: 'critical', word: 'certs.state.expired' });
    expect([hintOf('rateLimited'), hintOf('somethingNew'), hintOf(null)]).toEqual(['certs.hint.rateLimited', null, null]);
  });
  it('says that an upload is for another name than its site has', () => {
    const manual = (domain: string, status: ManualCertificate['status']): ManualCertificate => ({ host_id: 1, domain, issuer: '', subject_cn: '', sans: ['a.test', '*.b.test'], not_before: '', not_after: '', days_left: 60, status, fingerprint_sha256: '', uploaded_at: '', uploaded_by: '', has_chain: false });
    const all = [manual('a.test', 'ok'), manual('c.b.test', 'ok'), manual('c.test', 'ok'), manual('c.test', 'expired')];
    expect(rowsOf([], all).map((row) => stateOf(row).word)).toEqual(['certs.state.ok', 'certs.state.ok', 'certs.state.otherName', 'certs.state.expired']);
  });
  it('shows the part of the life that is left', () => {
    const life = { from: '2026-01-01T00:00:00Z', until: '2026-01-11T00:00:00Z' };
    expect([lifeLeft(life, Date.parse('2026-01-06T00:00:00Z')), lifeLeft(life, Date.parse('2026-02-01T00:00:00Z')), lifeLeft({ from: null, until: null }, 0)]).toEqual([50, 0, null]);
  });
});

test('a certificate covers its names and one label in place of a star', () => {
  expect([covers('a.test', 'A.test'), covers('*.a.test', 'b.a.test'), covers('*.a.test', '*.a.test')]).toEqual([true, true, true]);
  expect([covers('*.a.test', 'a.test'), covers('*.a.test', 'c.b.a.test'), covers('*.a.test', '*.b.a.test'), covers('a.test', 'b.a.test')]).toEqual([false, false, false, false]);
});

test('marks_of_ninety_days_show_renewals_and_the_ends_nobody_prevents', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const iso = (days: number) => new Date(now + days * 86_400_000 + 1_000).toISOString();
  const row = (host: number, renews: number | null, until: number, failures: number | null): CertRow => ({ host, domain: `${host}.test`, issuer: '', days: until, from: null, until: iso(until), renews: renews === null ? null : iso(renews), auto: failures === null ? null : ({ failures } as CertRow['auto']), manual: null });
  const marks = marksOf([row(1, 20, 50, 0), row(2, 20, 55, 0), row(3, null, 10, null), row(4, 5, 9, 2), row(5, null, 200, null), row(6, null, -3, null)], now);
  expect(marks.map((m) => [m.kind, m.day, m.rows.map((r) => r.host)])).toEqual([['ends', 0, [6]], ['ends', 9, [4]], ['ends', 10, [3]], ['renews', 20, [1, 2]]]);
  expect(marks[0]?.at).toBe(now);
});
