// Sign-in with well-known providers: client id and secret of each, the address to register there, and a test of the pair.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { SettingRow, SocialProbe } from '../../api/shapes';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { CopyBlock, Field, Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

const providers = ['google', 'github', 'microsoft', 'facebook'] as const;
type Provider = (typeof providers)[number];
const names: Record<Provider, string> = { google: 'Google', github: 'GitHub', microsoft: 'Microsoft', facebook: 'Facebook' };
type Clients = Partial<Record<Provider, { clientId?: string; clientSecret?: string; baseUrl?: string; apiUrl?: string }>>;
const clientsOf = (json: string): Clients => { try { return JSON.parse(json || '{}') as Clients; } catch { return {}; } };

export function SocialCard() {
  const row = useResource(paths.setting('social.providers'));
  return <Loaded from={row} lines={5}>{(r) => <Social key={r.version} row={r} />}</Loaded>;
}

function Social({ row }: { row: SettingRow }) {
  const t = useT();
  const all = clientsOf(row.value);
  const [id, setId] = useState<Provider>(providers.find((p) => all[p]?.clientId) ?? 'google');
  const stored = all[id];
  return (
    <Card title={t('social.title')} sub={t('social.sub')}>
      <div className="stack">
        <Select label={t('social.provider')} value={id} onChange={setId} options={providers.map((p) => ({ id: p, text: all[p]?.clientId ? `${names[p]} · ${t('signon.on')}` : names[p] }))} />
        <Client key={id} id={id} all={all} stored={stored} />
      </div>
    </Card>
  );
}

function Client({ id, all, stored }: { id: Provider; all: Clients; stored: Clients[Provider] }) {
  const t = useT();
  const [client, setClient] = useState(stored?.clientId ?? '');
  const [secret, setSecret] = useState('');
  const [base, setBase] = useState(stored?.baseUrl ?? '');
  const [error, setError] = useState<string | null>(null);
  const [probed, setProbed] = useState<SocialProbe | { why: string } | null>(null);
  const [busy, setBusy] = useState<'save' | 'test' | null>(null);
  const save = async () => {
    setBusy('save'); setError(null);
    const { [id]: _, ...rest } = all;
    const own = { ...stored, clientId: client.trim(), ...(secret === '' ? {} : { clientSecret: secret }), ...(base.trim() === '' ? { baseUrl: undefined } : { baseUrl: base.trim() }) };
    try {
      await send('PUT', urls.setting('social.providers'), { value: client.trim() === '' ? rest : { ...rest, [id]: own } });
      toast({ level: 'ok', text: t('social.saved', { name: names[id] }) });
      invalidate('/api/settings', '/api/auth/providers');
    } catch (cause) { setError(asApiError(cause).message); }
    setBusy(null);
  };
  const test = async () => {
    setBusy('test'); setProbed(null);
    try { setProbed(await send<SocialProbe>('POST', urls.socialTest(id), {})); } catch (cause) { setProbed({ why: asApiError(cause).message }); }
    setBusy(null);
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <TextField label={t('signon.client')} value={client} onChange={setClient} autoComplete="off" help={t('social.clientHelp')} mono />
      <TextField label={t('signon.secret')} type="password" value={secret} onChange={setSecret} autoComplete="new-password" help={stored?.clientSecret ? t('signon.secretSet') : ''} />
      <TextField label={t('social.base')} optional type="url" value={base} onChange={setBase} help={t('social.baseHelp')} mono />
      <Field label={t('signon.redirect')}>{() => <CopyBlock label={t('signon.redirect')} text={`${location.origin}/api/auth/social/${id}/callback`} />}</Field>
      {error ? <p className="field-error" role="alert">{error}</p> : null}
      <div className="form-actions"><Button type="submit" kind="primary" writes busy={busy === 'save'}>{t('signon.save')}</Button><Button busy={busy === 'test'} reason={stored?.clientId ? undefined : t('social.saveFirst')} onClick={() => void test()}>{t('social.test')}</Button></div>
      {probed && 'why' in probed ? <p role="alert"><StatusMark status="critical" word={probed.why} /></p> : null}
      {probed && 'reachable' in probed ? <p role="status"><StatusMark status={!probed.reachable || probed.client_known === false ? 'critical' : probed.client_known === null ? 'warning' : 'ok'} word={!probed.reachable ? t('social.away', { why: probed.detail }) : probed.client_known === false ? t('social.unknown', { why: probed.detail }) : probed.client_known === null ? t('social.unclear', { why: probed.detail }) : t('social.known', { name: names[id] })} /></p> : null}
    </form>
  );
}
