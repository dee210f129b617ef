// Another name or another pool for a site: rules, protection and history stay; what the change does is said before it is made.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { Pool, Site } from '../../api/edge';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { type PlainKey, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { Select, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { domainPattern, NameLooks } from './Looks';
import { bodyOf, siteChanged } from './SitePage';

/** What a change of name or pool does, in the order people ask. Exported for its test. */
export function effectsOf(site: Pick<Site, 'domain' | 'enabled' | 'tls_mode' | 'tls_challenge' | 'rules_count' | 'target_group_id'>, domain: string, pool: Pick<Pool, 'id' | 'targets_enabled_count'> | undefined): PlainKey[] {
  const effects: PlainKey[] = [];
  if (domain !== site.domain) {
    if (site.enabled) effects.push('sites.renameOld');
    if (site.tls_mode === 'auto') effects.push(domain.startsWith('*.') && site.tls_challenge !== 'dns' ? 'sites.renameWild' : 'sites.renameAuto');
    if (site.tls_mode === 'manual') effects.push('sites.renameManual');
    if (site.rules_count > 0) effects.push('sites.renameRules');
  }
  if (pool && pool.id !== site.target_group_id) {
    effects.push(site.rules_count > 0 ? 'sites.movePoolRules' : 'sites.movePool');
    if (pool.targets_enabled_count === 0) effects.push('sites.movePoolEmpty');
  }
  if (effects.length > 0) effects.push('sites.renameKept');
  return effects;
}

export function SiteIdentity({ site, onClose }: { site: Site; onClose: () => void }) {
  const t = useT();
  const pools = useResource(paths.pools).data ?? [];
  const [domain, setDomain] = useState(site.domain);
  const [pool, setPool] = useState(String(site.target_group_id));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<{ field: string; text: string } | null>(null);
  const name = domain.trim().toLowerCase();
  const chosen = pools.find((p) => String(p.id) === pool);
  const effects = effectsOf(site, name, chosen);
  const ready = domainPattern.test(name) && effects.length > 0;
  const save = async () => {
    if (!ready || busy) return;
    setBusy(true);
    try {
      let applied = true;
      await send('PUT', urls.site(site.id), { ...bodyOf(site), domain: name, target_group_id: Number(pool) }, { onApplied: (ok) => { applied = ok; } });
      siteChanged();
      toast(applied ? { level: 'ok', text: t('sites.saved') } : { level: 'warning', text: t('sites.isKept', { domain: name }) });
      onClose();
    } catch (e) { const cause = asApiError(e); setError({ field: cause.fields[0]?.field ?? '', text: cause.message }); setBusy(false); }
  };
  return (
    <Layer title={`${t('sites.nameAndPool')}: ${site.domain}`} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" busy={busy} disabled={!ready} writes onClick={() => void save()}>{t('sites.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <TextField label={t('sites.domain')} value={domain} onChange={(v) => { setDomain(v); setError(null); }} help={t('sites.domainHelp')} error={error?.field === 'domain' ? error.text : null} mono autoComplete="off" required />
        {name === site.domain ? null : <NameLooks name={name} />}
        <Select label={t('sites.pool')} value={pool} onChange={(v) => { setPool(v); setError(null); }} options={pools.length === 0 ? [{ id: pool, text: site.target_group?.name ?? '–' }] : pools.map((p) => ({ id: String(p.id), text: t('sites.poolOption', { name: p.name, n: p.targets_enabled_count }) }))} />
        {effects.length > 0 ? <section className="site-effects" aria-label={t('sites.effects')} role="status"><h3>{t('sites.effects')}</h3><ul>{effects.map((key) => <li key={key}><Icon name="info" size={14} /><span>{t(key)}</span></li>)}</ul></section> : null}
        {effects.length > 0 ? <ChangePreview method="PUT" path={urls.site(site.id)} reference={`site:${site.id}`} /> : null}
        {error && error.field !== 'domain' ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{error.text}</p> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}
