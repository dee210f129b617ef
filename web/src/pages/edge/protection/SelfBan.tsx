// Tells people that they are banned themselves, and lifts it with one press.
import { useState } from 'react';
import type { Unbanned } from '../../../api/protection';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useCan } from '../../../app/session';
import { useT } from '../../../i18n';
import { Button } from '../../../ui/Button';
import { Icon } from '../../../ui/Icon';
import { toast } from '../../../ui/toasts';
import { bansChanged } from './bans';

export function SelfBan() {
  const t = useT();
  const check = useResource(paths.checkSelf, { everyMs: 60_000 });
  const may = useCan('edge:operate');
  const [busy, setBusy] = useState('');
  const banned = check.data?.banned_ips ?? [];
  if (banned.length === 0) return null;
  const lift = async (ip: string) => {
    setBusy(ip);
    try {
      const done = await send<Unbanned>('POST', urls.unbanIp, { ip });
      toast({ level: 'ok', text: t(done.whitelisted ? 'protect.unbannedAllowed' : 'protect.unbanned', { ip }) });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy('');
    bansChanged();
  };
  return (
    <section className="card protect-self" role="alert">
      <Icon name="siren" />
      <div className="stack">
        <b>{t('protect.selfTitle')}</b>
        {banned.map((b) => (
          <div key={b.ip} className="protect-self-row">
            <p><bdi className="mono">{b.ip}</bdi> · {t(`protect.source.${b.source}`)}<br /><span className="faint">{b.decisions.map((d) => `${d.value}: ${d.scenario}`).join(' · ')}</span></p>
            <Button small icon="undo" busy={busy === b.ip} writes reason={may ? undefined : t('core.needsPermission', { permission: 'edge:operate' })} onClick={() => void lift(b.ip)}>{t('protect.liftMine')}</Button>
          </div>
        ))}
      </div>
    </section>
  );
}
