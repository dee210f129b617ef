// What can be done with the sites that were chosen in the list, one after the other; what failed is named.
import { useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import type { Site, SiteGlance, SiteSecurity } from '../../api/edge';
import { paths, urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import { offerBack } from '../../app/offers';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Layer, Menu } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { bodyOf, siteChanged } from './SitePage';

export function Chosen({ sites, glances, waf, onDone }: { sites: readonly Site[]; glances: readonly SiteGlance[]; /** The engine inspects requests by the core rules. */ waf: boolean; onDone: () => void }) {
  const t = useT();
  const mayWrite = useCan('edge:write');
  const [busy, setBusy] = useState(false);
  const reason = mayWrite ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const maySecure = useCan('edge:security');
  const secure = maySecure ? undefined : t('core.needsPermission', { permission: 'edge:security' });
  const mayOperate = useCan('edge:operate');
  const operate = mayOperate ? undefined : t('core.needsPermission', { permission: 'edge:operate' });
  const [limiting, setLimiting] = useState(false);
  /** One site after the other; what failed is named, what was done can be taken back as one. */
  const each = async (wanted: readonly Site[], work: (site: Site, onUndo: (token: string) => void) => Promise<unknown>) => {
    setBusy(true);
    const failed: string[] = [];
    const undo: string[] = [];
    for (const site of wanted) {
      try { await work(site, (token) => { undo.push(token); }); } catch (e) { failed.push(`${site.domain}: ${asApiError(e).message}`); }
    }
    siteChanged();
    setBusy(false);
    offerBack(undo);
    toast(failed.length > 0 ? { level: 'critical', text: t('sites.someFailed', { n: failed.length, why: failed.join(' · ') }) } : { level: 'ok', text: t('sites.changedMany', { n: wanted.length }) });
  };
  const change = (wanted: (site: Site) => boolean, members: Partial<Site>) => each(sites.filter(wanted), (site, onUndo) => send('PUT', urls.site(site.id), { ...bodyOf(site), ...members }, { onUndo }));
  /** Protection is sent back whole: what it is now is asked for first. */
  const protect = (wanted: readonly Site[], members: Partial<SiteSecurity>) => each(wanted, async (site, onUndo) => {
    const { host_id, updated_at, exclusions, custom_rules, ...body } = await load(paths.siteSecurity(site.id));
    await send('PUT', urls.siteSecurity(site.id), { ...body, ...members }, { onUndo });
    invalidate(urls.siteSecurity(site.id));
  });
  const renew = (wanted: readonly Site[]) => each(wanted, (site) => send('POST', urls.certificateRenew(site.id), {})).finally(() => invalidate(urls.certificates));
  const withGlance = (is: (g: SiteGlance) => boolean) => sites.filter((s) => { const g = glances.find((x) => x.host_id === s.id); return g !== undefined && is(g); });
  const off = sites.filter((s) => !s.enabled).length;
  const local = sites.filter((s) => s.lan_only).length;
  const signed = sites.filter((s) => s.auth_required).length;
  const of = (key: 'enableMany' | 'disableMany' | 'lanOnMany' | 'lanOffMany' | 'signOnMany' | 'signOffMany', n: number, wanted: (site: Site) => boolean, members: Partial<Site>) => (n === 0 ? [] : [{ id: key, text: t(`sites.${key}`, { n }), reason, run: () => void change(wanted, members) }]);
  const secured = (key: 'limitOffMany' | 'wafWatchMany' | 'wafOffMany' | 'appsecOnMany' | 'appsecOffMany', wanted: readonly Site[], members: Partial<SiteSecurity>) => (wanted.length === 0 ? [] : [{ id: key, text: t(`sites.${key}`, { n: wanted.length }), reason: secure, run: () => void protect(wanted, members) }]);
  const renewable = sites.filter((s) => s.enabled && s.tls_mode === 'auto');
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
        { id: 'limitMany', text: t('sites.limitMany', { n: sites.length }), reason: secure, run: () => setLimiting(true) },
        ...secured('limitOffMany', withGlance((g) => g.rate_limit_enabled), { rate_limit_enabled: false }),
        ...(waf ? secured('wafWatchMany', withGlance((g) => !g.waf_enabled), { waf_enabled: true, waf_mode: 'detect' }) : []),
        ...(waf ? secured('wafOffMany', withGlance((g) => g.waf_enabled), { waf_enabled: false }) : []),
        ...secured('appsecOffMany', withGlance((g) => !g.appsec_exempt), { appsec_exempt: true }),
        ...secured('appsecOnMany', withGlance((g) => g.appsec_exempt), { appsec_exempt: false }),
        ...(renewable.length === 0 ? [] : [{ id: 'renewMany', text: t('sites.renewMany', { n: renewable.length }), reason: operate, run: () => void renew(renewable) }]),
      ]} />
      <Button small kind="quiet" icon="close" onClick={onDone}>{t('sites.chooseNone')}</Button>
      {limiting ? <LimitMany n={sites.length} onClose={() => setLimiting(false)} run={(requests, seconds) => { setLimiting(false); void protect(sites, { rate_limit_enabled: true, rate_limit_requests: requests, rate_limit_window_seconds: seconds }); }} /> : null}
    </section>
  );
}

function LimitMany({ n, run, onClose }: { n: number; run: (requests: number, seconds: number) => void; onClose: () => void }) {
  const t = useT();
  const [requests, setRequests] = useState('100');
  const [seconds, setSeconds] = useState('60');
  const ready = Number(requests) >= 1 && Number(seconds) >= 1;
  return (
    <Layer title={t('sites.limitMany', { n })} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" writes disabled={!ready} onClick={() => run(Number(requests), Number(seconds))}>{t('sites.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (ready) run(Number(requests), Number(seconds)); }}>
        <div className="fieldrow"><TextField label={t('sites.limitRequests')} value={requests} onChange={setRequests} inputMode="numeric" /><TextField label={t('sites.limitSeconds')} value={seconds} onChange={setSeconds} inputMode="numeric" /></div>
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}
