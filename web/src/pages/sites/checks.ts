// What the live checks of a site say, in one word each. They inform and never block.
import type { Listener, NameProbe, ProbeAnswer, SiteProbe } from '../../api/edge';
import type { Translate } from '../../i18n';
import type { Status } from '../../state/status';

export interface Look { status: Status; word: string }

/** An address that nobody outside is led to. */
function isInside(address: string): boolean { return /^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd]|fe[89ab])/i.test(address); }

/** Where a name leads, compared with the addresses of this machine. */
export function ofName(t: Translate, dns: NameProbe): Look {
  const list = dns.addresses.join(', ');
  if (dns.addresses.length === 0) return { status: 'warning', word: t('sites.leadsNowhere') };
  if (dns.is_here === null) return { status: 'unknown', word: t('sites.leadsUntold', { list }) };
  if (!dns.is_here) return { status: 'warning', word: dns.public_address === null ? t('sites.leadsElsewhere', { list }) : t('sites.leadsElsewhereNot', { list, own: dns.public_address }) };
  if (dns.elsewhere.length > 0) return { status: 'warning', word: t('sites.leadsPartly', { list: dns.elsewhere.join(', ') }) };
  // The name may lead elsewhere for everybody outside.
  if (dns.addresses.every(isInside)) return { status: 'unknown', word: t('sites.leadsHereInside', { list }) };
  return { status: 'ok', word: t('sites.leadsHere', { list }) };
}

/** Whether a well-known port is listened for; whether the outside gets there, nobody tried. */
export function ofListener(t: Translate, listener: Listener | null, port: 80 | 443): Look {
  if (listener === null) return { status: 'warning', word: t('sites.portNone', { port }) };
  if (listener.port !== port) return { status: 'unknown', word: t('sites.portOther', { port, at: listener.address }) };
  return { status: 'unknown', word: t(listener.is_open ? 'sites.portOpen' : 'sites.portOpens', { port }) };
}

export function ofChallenge(t: Translate, answer: ProbeAnswer): Look {
  return answer.error === null && answer.status === 200 ? { status: 'ok', word: t('sites.challengeOk') } : { status: 'warning', word: t('sites.challengeFailed', { why: answer.error ?? `HTTP ${answer.status ?? '–'}` }) };
}

export function ofBackend(t: Translate, answer: ProbeAnswer): Look {
  if (answer.is_untrusted) return { status: 'warning', word: t('sites.untrusted', { why: answer.error ?? '' }) };
  if (answer.status === null) return { status: 'critical', word: t('sites.noAnswer', { why: answer.error ?? '' }) };
  return { status: answer.status < 500 ? 'ok' : 'warning', word: t('sites.answered', { status: answer.status, ms: answer.millis }) };
}

/** `isServed`: the engine took the change; otherwise the answer is of what was before. */
export function ofSite(t: Translate, site: SiteProbe, isServed: boolean): Look {
  if (!site.is_asked) return { status: 'unknown', word: t('sites.siteUnasked', { why: site.error ?? '' }) };
  if (site.status === null) return { status: 'critical', word: t('sites.siteSilent', { url: site.url, why: site.error ?? '' }) };
  return { status: site.status >= 500 ? 'warning' : isServed ? 'ok' : 'unknown', word: t('sites.siteAnswered', { url: site.url, status: site.status, ms: site.millis }) };
}

/** The certificate that visitors are shown now. `until` is its end in words. */
export function ofShown(t: Translate, site: SiteProbe, until: string): Look | null {
  const shown = site.certificate;
  if (shown === null) return null;
  if (!shown.covers) return { status: 'warning', word: t('sites.shownOther', { issuer: shown.issuer }) };
  if (shown.is_self_signed) return { status: 'unknown', word: t('sites.shownSelfSigned') };
  if (shown.days_left <= 0) return { status: 'critical', word: t('sites.shownOver', { until }) };
  if (site.is_trusted === null) return { status: 'unknown', word: t('sites.shownUntold', { until, issuer: shown.issuer }) };
  return site.is_trusted ? { status: 'ok', word: t('sites.shownValid', { until, issuer: shown.issuer }) } : { status: 'warning', word: t('sites.shownUntrusted', { until, issuer: shown.issuer }) };
}
