// Single sign-on: the provider, who may come in, and a test that shows what the provider really answers.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { OidcMetadata, OidcStatus } from '../../api/shapes';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { CopyBlock, Field, Select, Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { DirectoryCard } from './DirectoryCard';
import { IssuersCard } from './IssuersCard';
import { SocialCard } from './SocialCard';
import { listOf } from './lists';
import './settings.css';

const roles = ['viewer', 'operator', 'admin'] as const;
type Role = (typeof roles)[number];

export default function SignOnPage() {
  const t = useT();
  const may = useCan('settings:write');
  const status = useResource(may ? paths.oidcStatus : null);
  return (
    <>
      <PageHead title={t('signon.title')} sub={t('signon.sub')} />
      {may ? <div className="stack home-column"><Loaded from={status} lines={8}>{(s) => <SignOnForm key={String(s.enabled) + s.issuer_url + s.client_id + s.display_name} status={s} />}</Loaded><div className="grid"><div className="span-6 stack home-column"><DirectoryCard /></div><div className="span-6 stack home-column"><SocialCard /><IssuersCard /></div></div></div> : <section className="card"><Forbidden permission="settings:write" /></section>}
    </>
  );
}

function SignOnForm({ status }: { status: OidcStatus }) {
  const t = useT();
  const [form, setForm] = useState({
    enabled: status.enabled, issuer_url: status.issuer_url ?? '', client_id: status.client_id ?? '', client_secret: '', display_name: status.display_name, scopes: status.scopes,
    cookie_parent_domain: status.cookie_parent_domain ?? '', auto_provision: status.auto_provision, default_role: roles.find((r) => r === status.default_role) ?? 'viewer' as Role, require_email_verified: status.require_email_verified,
    authorization_endpoint: status.authorization_endpoint ?? '', token_endpoint: status.token_endpoint ?? '', userinfo_endpoint: status.userinfo_endpoint ?? '', jwks_uri: status.jwks_uri ?? '',
    emails: status.allowed_emails.join('\n'), domains: status.allowed_domains.join('\n'),
  });
  const [fault, setFault] = useState<{ field: string; text: string } | null>(null);
  const [tested, setTested] = useState<{ found: OidcMetadata } | { why: string } | null>(null);
  const [busy, setBusy] = useState<'save' | 'test' | null>(null);
  const put = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const errorOf = (field: string) => (fault?.field === field ? fault.text : null);
  const save = async () => {
    setBusy('save'); setFault(null);
    const { emails, domains, ...rest } = form;
    try {
      await send('PUT', urls.oidcConfig, { ...rest, allowed_emails: listOf(emails), allowed_domains: listOf(domains) });
      toast({ level: 'ok', text: t('signon.saved') });
      put({ client_secret: '' });
      invalidate('/api/auth/oidc', '/api/auth/providers', '/api/settings');
    } catch (cause) { const e = asApiError(cause); setFault({ field: e.fields[0]?.field ?? '', text: e.message }); }
    setBusy(null);
  };
  const test = async () => {
    setBusy('test'); setTested(null);
    try { setTested({ found: await send<OidcMetadata>('POST', urls.oidcTest, form.issuer_url.trim() ? { issuer_url: form.issuer_url.trim() } : {}) }); } catch (cause) { setTested({ why: asApiError(cause).message }); }
    setBusy(null);
  };
  return (
    <form className="grid" onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <div className="span-6 stack home-column">
        <Card title={t('signon.provider')} actions={<StatusMark status={status.enabled ? 'ok' : 'paused'} word={status.enabled ? t('signon.on') : t('signon.off')} />}>
          <div className="stack">
            <Switch label={t('signon.enabled')} checked={form.enabled} onChange={(enabled) => put({ enabled })} />
            <TextField label={t('signon.issuer')} type="url" value={form.issuer_url} onChange={(issuer_url) => put({ issuer_url })} help={t('signon.issuerHelp')} placeholder="https://id.example.org" error={errorOf('issuer_url')} mono />
            <TextField label={t('signon.client')} value={form.client_id} onChange={(client_id) => put({ client_id })} autoComplete="off" error={errorOf('client_id')} mono />
            <TextField label={t('signon.secret')} type="password" value={form.client_secret} onChange={(client_secret) => put({ client_secret })} autoComplete="new-password" help={status.client_secret_set ? t('signon.secretSet') : t('signon.secretUnset')} />
            <TextField label={t('signon.name')} value={form.display_name} onChange={(display_name) => put({ display_name })} maxLength={64} />
            <TextField label={t('signon.scopes')} value={form.scopes} onChange={(scopes) => put({ scopes })} mono />
            <details className="explicit" open={form.token_endpoint !== ''}>
              <summary>{t('signon.explicit')}</summary>
              <div className="stack">
                <p className="muted">{t('signon.explicitHelp')}</p>
                <TextField label={t('signon.authorizationEndpoint')} optional type="url" value={form.authorization_endpoint} onChange={(authorization_endpoint) => put({ authorization_endpoint })} error={errorOf('authorization_endpoint')} mono />
                <TextField label={t('signon.tokenEndpoint')} optional type="url" value={form.token_endpoint} onChange={(token_endpoint) => put({ token_endpoint })} mono />
                <TextField label={t('signon.userinfoEndpoint')} optional type="url" value={form.userinfo_endpoint} onChange={(userinfo_endpoint) => put({ userinfo_endpoint })} mono />
                <TextField label={t('signon.jwks')} optional type="url" value={form.jwks_uri} onChange={(jwks_uri) => put({ jwks_uri })} mono />
              </div>
            </details>
            {fault && !['issuer_url', 'client_id', 'authorization_endpoint'].includes(fault.field) ? <p className="field-error" role="alert">{fault.text}</p> : null}
            <div className="form-actions"><Button type="submit" kind="primary" writes busy={busy === 'save'}>{t('signon.save')}</Button><Button busy={busy === 'test'} onClick={() => void test()}>{t('signon.test')}</Button></div>
            {tested && 'why' in tested ? <div className="channel-result" role="alert"><StatusMark status="critical" word={t('signon.testFailed', { why: tested.why })} /></div> : null}
            {tested && 'found' in tested ? <div className="channel-result"><p className="row"><StatusMark status="ok" word={t('signon.testOk', { issuer: tested.found.issuer })} /></p><details><summary>{t('signon.endpoints')}</summary><pre className="payload">{JSON.stringify(tested.found, null, 2)}</pre></details></div> : null}
          </div>
        </Card>
      </div>
      <div className="span-6 stack home-column">
        <Card title={t('signon.redirect')} sub={t('signon.redirectHelp')}><CopyBlock label={t('signon.redirect')} text={status.redirect_uri} /></Card>
        <Card title={t('signon.admission')}>
          <div className="stack">
            <Switch label={t('signon.provision')} checked={form.auto_provision} onChange={(auto_provision) => put({ auto_provision })} />
            <Select label={t('signon.role')} value={form.default_role} onChange={(default_role) => put({ default_role })} options={roles.map((r) => ({ id: r, text: t(`role.${r}`) }))} />
            <Switch label={t('signon.verified')} checked={form.require_email_verified} onChange={(require_email_verified) => put({ require_email_verified })} />
            <Lines label={t('signon.domains')} value={form.domains} onChange={(domains) => put({ domains })} placeholder="example.org" />
            <Lines label={t('signon.emails')} value={form.emails} onChange={(emails) => put({ emails })} placeholder="ada@example.org" help={t('signon.listHelp')} />
            <TextField label={t('signon.cookieDomain')} optional value={form.cookie_parent_domain} onChange={(cookie_parent_domain) => put({ cookie_parent_domain })} help={t('signon.cookieHelp')} mono />
          </div>
        </Card>
      </div>
    </form>
  );
}

function Lines({ label, help, value, onChange, placeholder }: { label: string; help?: string; value: string; onChange: (value: string) => void; placeholder: string }) {
  return <Field label={label} help={help}>{({ id, describedBy }) => <textarea id={id} className="input mono" rows={3} aria-describedby={describedBy} value={value} placeholder={placeholder} spellCheck={false} onChange={(e) => onChange(e.target.value)} />}</Field>;
}
