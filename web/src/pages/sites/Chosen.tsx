// What can be done with the sites that were chosen in the list, one after the other; what failed is named.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { Site } from '../../api/edge';
import { urls } from '../../api/paths';
import { offerBack } from '../../app/offers';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Menu } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { bodyOf, siteChanged } from './SitePage';

export function Chosen({ sites, onDone }: { sites: readonly Site[]; onDone: () => void }) {
  const t = useT();
  const mayWrite = useCan('edge:write');
  const [busy, setBusy] = useState(false);
  const reason = mayWrite ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const change = async (wanted: (site: Site) => boolean, members: Partial<Site>) => {
    setBusy(true);
    const failed: string[] = [];
    let done = 0;
    const undo: string[] = [];
    for (const site of sites.filter(wanted)) {
      try { await send('PUT', urls.site(site.id), { ...bodyOf(site), ...members }, { onUndo: (token) => { undo.push(token); } }); done += 1; } catch (e) { failed.push(`${site.domain}: ${asApiError(e).message}`); }
    }
    siteChanged();
    setBusy(false);
    offerBack(undo);
    toast(failed.length > 0 ? { level: 'critical', text: t('sites.someFailed', { n: failed.length, why: failed.join(' · ') }) } : { level: 'ok', text: t('sites.changedMany', { n: done }) });
  };
  const off = sites.filter((s) => !s.enabled).length;
  const local = sites.filter((s) => s.lan_only).length;
  const signed = sites.filter((s) => s.auth_required).length;
  const of = (key: 'enableMany' | 'disableMany' | 'lanOnMany' | 'lanOffMany' | 'signOnMany' | 'signOffMany', n: number, wanted: (site: Site) => boolean, members: Partial<Site>) => (n === 0 ? [] : [{ id: key, text: t(`sites.${key}`, { n }), reason, run: () => void change(wanted, members) }]);
  return (
    <section className="card site-chosen" aria-label={t('sites.chosen', { n: sites.length })}>
      <b className="num">{t('sites.chosen', { n: sites.length })}</b>
      <Menu label={t('sites.change')} text={busy ? `${t('sites.change')} …` : t('sites.change')} icon="edit" kind="secondary" align="start" items={[
        ...of('enableMany', off, (s) => !s.enabled, { enabled: true }),
        ...of('disableMany', sites.length - off, (s) => s.enabled, { enabled: false }),
        ...of('lanOnMany', sites.length - local, (s) => !s.lan_only, { lan_only: true }),
        ...of('lanOffMany', local, (s) => s.lan_only, { lan_only: false }),
        ...of('signOnMany', sites.length - signed, (s) => !s.auth_required, { auth_required: true }),
        ...of('signOffMany', signed, (s) => s.auth_required, { auth_required: false }),
      ]} />
      <Button small kind="quiet" icon="close" onClick={onDone}>{t('sites.chooseNone')}</Button>
    </section>
  );
}
