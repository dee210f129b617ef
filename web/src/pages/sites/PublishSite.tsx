// Publish a site: domain, backend, certificate, protection, done. Live checks inform and never block.
import { useEffect, useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Site } from '../../api/edge';
import { invalidate, useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useT } from '../../i18n';
import { Button, ButtonLink } from '../../ui/Button';
import { Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { BackendLooks, ChallengeLook, NameLooks } from './Looks';
import { Published } from './Published';
import { runsWaf } from './states';

const steps = ['domain', 'backend', 'certificate', 'protection', 'done'] as const;
interface Draft { domain: string; backend: string; https: boolean; unchecked: boolean; pool: string; tls: 'none' | 'auto'; challenge: 'http' | 'tls-alpn' | 'dns'; provider: string; mail: string; lan: boolean; signIn: boolean; limit: boolean; watch: boolean; requests: string; seconds: string }

/** `host`, `host:port` or a whole address. */
export function parseBackend(text: string, https: boolean): { host: string; port: number; https: boolean } | null {
  const m = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:]+\]|[^/:\s]+)(?::(\d{1,5}))?\/?$/.exec(text.trim());
  if (!m?.[2]) return null;
  const secure = m[1] === undefined ? https : m[1] === 'https';
  const port = m[3] === undefined ? (secure ? 443 : 80) : Number(m[3]);
  return port >= 1 && port <= 65535 ? { host: m[2].replace(/^\[|\]$/g, ''), port, https: secure } : null;
}

export function PublishSite({ domain, onClose }: { domain: string; onClose: () => void }) {
  const t = useT();
  const [at, setAt] = useState(0);
  const [draft, setDraft] = useState<Draft>({ domain, backend: '', https: false, unchecked: false, pool: '', tls: 'none', challenge: domain.startsWith('*.') ? 'dns' : 'http', provider: '', mail: '', lan: false, signIn: false, limit: false, watch: false, requests: '100', seconds: '60' });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [made, setMade] = useState<{ site: Site; applied: boolean } | null>(null);
  // Kept when a later step fails, so that trying again does not publish it twice.
  const published = useRef<Site | null>(null);
  const applied = useRef(true);
  const set = (change: Partial<Draft>) => { setDraft({ ...draft, ...change }); setError(null); };
  const backend = parseBackend(draft.backend, draft.https);
  const ready = [/^(\*\.)?([a-z0-9-]+\.)+[a-z0-9-]{2,}$/i.test(draft.domain.trim()), draft.pool !== '' || backend !== null, draft.tls === 'none' || draft.mail.includes('@'), !draft.limit || (Number(draft.requests) >= 1 && Number(draft.seconds) >= 1)][at] ?? true;
  const publish = async () => {
    setBusy(true);
    setError(null);
    try {
      const name = draft.domain.trim().toLowerCase();
      const target = draft.pool !== '' ? { target_group_id: Number(draft.pool) } : { target_group: { name, protocol: backend?.https ? 'https' : 'http', verify_tls: !draft.unchecked, preserve_host: true, targets: [{ host: backend?.host, port: backend?.port }] } };
      const site = published.current ?? await send<Site>('POST', urls.sites, { domain: name, ...target, tls_mode: draft.tls, ...(draft.tls === 'auto' ? { tls_email: draft.mail.trim(), tls_challenge: draft.challenge, ...(draft.challenge === 'dns' && draft.provider !== '' ? { tls_dns_provider: draft.provider } : {}) } : {}), lan_only: draft.lan, auth_required: draft.signIn }, { onApplied: (ok) => { applied.current = ok; } });
      published.current = site;
      const protection = { ...(draft.limit ? { rate_limit_enabled: true, rate_limit_requests: Number(draft.requests), rate_limit_window_seconds: Number(draft.seconds) } : {}), ...(draft.watch ? { waf_enabled: true, waf_mode: 'detect' } : {}) };
      if (draft.limit || draft.watch) await send('PUT', urls.siteSecurity(site.id), protection, { onUndo: () => {}, onApplied: (ok) => { applied.current = ok; } });
      invalidate(urls.sites, urls.pools, urls.edgeOverview, urls.targetsHealth, urls.engineStatus);
      setMade({ site, applied: applied.current });
      setAt(4);
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  const next = () => { if (!ready || busy) return; if (at === 3) void publish(); else setAt(at + 1); };
  const footer = at === 4
    ? made ? <ButtonLink to={`/sites/${made.site.id}`} kind="primary" icon="globe">{t('sites.openSite')}</ButtonLink> : null
    : <>{at > 0 ? <Button icon="chevron-left" onClick={() => setAt(at - 1)}>{t('sites.back')}</Button> : <Button onClick={onClose}>{t('core.cancel')}</Button>}<Button kind="primary" busy={busy} disabled={!ready} writes iconEnd={at === 3 ? 'check' : 'chevron-right'} onClick={next}>{at === 3 ? t('sites.publish') : t('sites.next')}</Button></>;
  return (
    <Layer title={t('sites.publishTitle')} onClose={onClose} footer={footer} wide>
      <ol className="steps">{steps.map((s, n) => <li key={s} data-done={n <= at || undefined} aria-current={n === at ? 'step' : undefined}><span>{t(`sites.step.${s}`)}</span></li>)}</ol>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); next(); }}>
        {at === 0 ? <DomainStep draft={draft} set={set} /> : at === 1 ? <BackendStep draft={draft} set={set} /> : at === 2 ? <CertificateStep draft={draft} set={set} /> : at === 3 ? <ProtectionStep draft={draft} set={set} /> : made ? <Published {...made} /> : null}
        {error ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{error}</p> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

interface StepProps { draft: Draft; set: (change: Partial<Draft>) => void }

function DomainStep({ draft, set }: StepProps) {
  const t = useT();
  return (
    <>
      <TextField label={t('sites.domain')} value={draft.domain} onChange={(domain) => set({ domain })} placeholder="app.example.org" help={t('sites.domainHelp')} mono autoComplete="off" required />
      <NameLooks name={draft.domain.trim().toLowerCase()} />
    </>
  );
}

function BackendStep({ draft, set }: StepProps) {
  const t = useT();
  const pools = useResource(paths.pools);
  const backend = parseBackend(draft.backend, draft.https);
  const list = pools.data ?? [];
  return (
    <>
      {list.length > 0 ? <Select label={t('sites.pool')} value={draft.pool} onChange={(pool) => set({ pool })} options={[{ id: '', text: t('sites.newPool') }, ...list.map((p) => ({ id: String(p.id), text: p.name }))]} /> : null}
      {draft.pool === '' ? (
        <>
          <TextField label={t('sites.backend')} value={draft.backend} onChange={(text) => set({ backend: text, unchecked: false })} placeholder="192.168.1.20:8080" help={t('sites.backendHelp')} mono autoComplete="off" required />
          <Switch label={t('sites.backendTls')} checked={backend?.https ?? draft.https} onChange={(https) => set({ https, unchecked: false, backend: draft.backend.replace(/^https?:\/\//, '') })} />
          <BackendLooks backend={backend} unchecked={draft.unchecked} onUnchecked={(unchecked) => set({ unchecked })} />
        </>
      ) : null}
    </>
  );
}

function CertificateStep({ draft, set }: StepProps) {
  const t = useT();
  const providers = useResource(paths.dnsProviders).data ?? [];
  const ready = providers.filter((p) => p.configured && p.enabled);
  const first = ready[0]?.name ?? '';
  const dns = draft.tls === 'auto' && draft.challenge === 'dns';
  // One that is set up is chosen at once; without one the server says what is missing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was not chosen yet.
  useEffect(() => { if (dns && draft.provider === '' && first !== '') set({ provider: first }); }, [dns, first]);
  return (
    <>
      <fieldset className="choice" aria-label={t('sites.certificate')}>
        <button type="button" aria-pressed={draft.tls === 'none'} onClick={() => set({ tls: 'none' })}><b>{t('sites.tls.none')}</b><small>{t('sites.tlsNoneText')}</small></button>
        <button type="button" aria-pressed={draft.tls === 'auto'} onClick={() => set({ tls: 'auto' })}><b>{t('sites.tls.auto')}</b><small>{t('sites.tlsAutoText')}</small></button>
      </fieldset>
      {draft.tls === 'auto' ? <div className="fieldrow"><TextField label={t('sites.mail')} type="email" value={draft.mail} onChange={(mail) => set({ mail })} help={t('sites.mailHelp')} required /><Select label={t('sites.challenge')} value={draft.challenge} onChange={(challenge) => set({ challenge })} options={[{ id: 'http', text: 'HTTP' }, { id: 'tls-alpn', text: 'TLS-ALPN' }, { id: 'dns', text: 'DNS' }]} />{dns ? <Select label={t('sites.dnsProvider')} value={draft.provider} onChange={(provider) => set({ provider })} options={[...(draft.provider === '' ? [{ id: '', text: '–' }] : []), ...providers.map((p) => ({ id: p.name, text: p.configured && p.enabled ? p.display_name : t('sites.notSetUp', { name: p.display_name }) }))]} help={ready.length === 0 ? <Link to="/sites/certificates">{t('sites.toProviders')}</Link> : undefined} /> : null}</div> : null}
      {draft.tls === 'auto' && draft.domain.trim().startsWith('*.') && draft.challenge !== 'dns' ? <p className="look" role="status"><Icon name="info" size={14} />{t('sites.wildNeedsDns')}</p> : null}
      {draft.tls === 'auto' && draft.challenge === 'http' ? <ChallengeLook name={draft.domain.trim().toLowerCase()} /> : null}
    </>
  );
}

function ProtectionStep({ draft, set }: StepProps) {
  const t = useT();
  const engine = useResource(paths.engineStatus).data;
  return (
    <>
      <Switch label={t('sites.lanOnly')} checked={draft.lan} onChange={(lan) => set({ lan })} />
      <Switch label={t('sites.signIn')} checked={draft.signIn} onChange={(signIn) => set({ signIn })} />
      <Switch label={t('sites.limit')} checked={draft.limit} onChange={(limit) => set({ limit })} />
      {draft.limit ? <div className="fieldrow"><TextField label={t('sites.limitRequests')} value={draft.requests} onChange={(requests) => set({ requests })} inputMode="numeric" /><TextField label={t('sites.limitSeconds')} value={draft.seconds} onChange={(seconds) => set({ seconds })} inputMode="numeric" /></div> : null}
      {engine && runsWaf(engine) ? <div><Switch label={t('sites.watch')} checked={draft.watch} onChange={(watch) => set({ watch })} /><p className="faint site-note">{t('sites.watchText')}</p></div> : null}
      <p className="faint">{t('sites.laterText')}</p>
    </>
  );
}
