// What pages share about bans.
import { paths, urls } from '../../../api/paths';
import { invalidate, useResource } from '../../../api/resource';
import { useCan } from '../../../app/session';
import { type Translate, useT } from '../../../i18n';

export function bansChanged() { invalidate(urls.decisions, urls.crowdsecStatus, urls.checkSelf, urls.securityStats, urls.whitelist); }

/** Why nobody can be banned by hand; nothing when it can be done. */
export function useBanReason(): string | undefined {
  const t = useT();
  const may = useCan('edge:operate');
  const status = useResource(paths.crowdsecStatus).data;
  if (!may) return t('core.needsPermission', { permission: 'edge:operate' });
  return status?.machine_password === '' || status?.machine_user === '' ? t('protect.needsAccount') : undefined;
}

/** Durations that people choose, in hours. */
export const HOURS = [1, 4, 24, 168, 720, 8_760] as const;

/** Whether a text can be an address or a range; the server has the last word. */
export function looksLikeAddress(text: string): boolean {
  const [address = '', length, more] = text.trim().split('/');
  if (more !== undefined || (length !== undefined && !/^\d{1,3}$/.test(length))) return false;
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (v4) return v4.slice(1).every((n) => Number(n) <= 255) && Number(length ?? 0) <= 32;
  return address.includes(':') && /^[0-9a-fA-F:.]{2,45}$/.test(address) && Number(length ?? 0) <= 128;
}

/** Who decided, in words for the known ones. */
export function originKey(origin: string): 'protect.origin.argos' | 'protect.origin.cscli' | 'protect.origin.crowdsec' | 'protect.origin.capi' | 'protect.origin.country' | null {
  if (origin === 'argos-panel') return 'protect.origin.argos';
  if (origin.startsWith('argos-country-')) return 'protect.origin.country';
  if (origin === 'cscli') return 'protect.origin.cscli';
  if (origin === 'crowdsec') return 'protect.origin.crowdsec';
  return origin.toUpperCase() === 'CAPI' ? 'protect.origin.capi' : null;
}

export function originWord(t: Translate, origin: string): string {
  const key = originKey(origin);
  if (key === 'protect.origin.country') return `${t(key)}: ${origin.slice('argos-country-'.length)}`;
  return key ? t(key) : origin;
}
