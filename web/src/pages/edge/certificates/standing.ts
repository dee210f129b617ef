// Certificates of both kinds as one row, worst first, and what a set of PEM files holds.
import type { ManualCertificate, SiteCertificate } from '../../../api/certificates';
import type { PlainKey } from '../../../i18n';
import type { Status } from '../../../state/status';

export interface CertRow { host: number; domain: string; issuer: string; days: number | null; from: string | null; until: string | null; renews: string | null; auto: SiteCertificate | null; manual: ManualCertificate | null }

export function rowsOf(auto: readonly SiteCertificate[], manual: readonly ManualCertificate[]): CertRow[] {
  return [
    ...auto.map((c): CertRow => ({ host: c.host_id, domain: c.domain, issuer: c.issuer, days: c.days_left, from: asText(c.not_before), until: asText(c.not_after), renews: asText(c.next_renewal_estimate), auto: c, manual: null })),
    ...manual.map((c): CertRow => ({ host: c.host_id, domain: c.domain, issuer: c.issuer, days: c.days_left, from: c.not_before, until: c.not_after, renews: null, auto: null, manual: c })),
  ];
}
function asText(time: string | number | null | undefined): string | null { return time === null || time === undefined ? null : String(time); }

const byLife: Record<string, Status> = { ok: 'ok', warning: 'warning', critical: 'critical', expired: 'critical', unknown: 'unknown' };

export function stateOf(row: CertRow): { status: Status; word: PlainKey } {
  const life = row.auto?.status ?? row.manual?.status ?? 'unknown';
  const held = life !== 'unknown';
  if (row.auto?.ordering && row.auto.failures === 0) return { status: held ? (byLife[life] ?? 'unknown') : 'unknown', word: held ? 'certs.state.renewing' : 'certs.state.ordering' };
  if (row.auto && row.auto.failures > 0) return { status: held && life === 'ok' ? 'warning' : 'critical', word: held ? 'certs.state.renewFailed' : 'certs.state.failed' };
  // A site keeps its upload under another name.
  if (life !== 'expired' && row.manual && !row.manual.sans.some((name) => covers(name, row.domain))) return { status: 'critical', word: 'certs.state.otherName' };
  return { status: byLife[life] ?? 'unknown', word: `certs.state.${life}` };
}

/** Part of its life that is left, 0 to 100; null when there is none. */
export function lifeLeft(row: Pick<CertRow, 'from' | 'until'>, now: number): number | null {
  const from = Date.parse(row.from ?? '');
  const until = Date.parse(row.until ?? '');
  if (!Number.isFinite(from) || !Number.isFinite(until) || until <= from) return null;
  return Math.max(0, Math.min(100, ((until - now) / (until - from)) * 100));
}

const hints = ['unreachable', 'unauthorized', 'connection', 'dns', 'rateLimited', 'caa', 'dns_provider', 'no_listener', 'external_account', 'rejectedIdentifier'] as const;
export function hintOf(code: string | null): PlainKey | null {
  const known = hints.find((h) => h === code);
  return known ? `certs.hint.${known}` : null;
}

export interface PemParts { cert_pem: string; key_pem: string; chain_pem: string }

/** Sorts the PEM blocks of a text into certificate, chain and key: the first certificate is the site's own. */
export function partsOf(text: string, before: PemParts): PemParts {
  const parts = { ...before };
  for (const [block, label] of text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g)) {
    if (label?.endsWith('PRIVATE KEY')) parts.key_pem = `${block}\n`;
    else if (label === 'CERTIFICATE' && parts.cert_pem === '') parts.cert_pem = `${block}\n`;
    else if (label === 'CERTIFICATE' && !parts.cert_pem.includes(block) && !parts.chain_pem.includes(block)) parts.chain_pem += `${block}\n`;
  }
  return parts;
}
export function hasBlock(text: string): boolean { return /-----BEGIN [A-Z0-9 ]+-----/.test(text); }

/** Whether a name of a certificate stands for a site: itself, or any one label in place of its star. */
export function covers(name: string, domain: string): boolean {
  const [a, b] = [name.toLowerCase(), domain.toLowerCase()];
  return a === b || (a.startsWith('*.') && !b.startsWith('*.') && b.slice(b.indexOf('.') + 1) === a.slice(2));
}

export interface Mark { kind: 'ends' | 'renews'; /** Whole days from now, 0 to 90. */ day: number; at: number; rows: CertRow[] }

/** What happens to certificates within 90 days, those of one day together. What is renewed before its end shows no end. */
export function marksOf(rows: readonly CertRow[], now: number): Mark[] {
  const marks = new Map<string, Mark>();
  for (const row of rows) {
    const renews = Date.parse(row.renews ?? '');
    const ends = Date.parse(row.until ?? '');
    const isRenewed = Number.isFinite(renews) && (!Number.isFinite(ends) || renews < ends) && (row.auto?.failures ?? 0) === 0;
    const at = isRenewed ? renews : ends;
    if (!Number.isFinite(at)) continue;
    // What is over or due stands at the beginning.
    const day = Math.max(0, Math.floor((at - now) / 86_400_000));
    if (day > 90) continue;
    const kind = isRenewed ? 'renews' : 'ends';
    const mark = marks.get(`${kind}${day}`);
    if (mark) mark.rows.push(row); else marks.set(`${kind}${day}`, { kind, day, at: Math.max(at, now), rows: [row] });
  }
  return [...marks.values()].sort((a, b) => a.day - b.day);
}
