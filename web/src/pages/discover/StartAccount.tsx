// The account an exploration signs in with: by the form of the site, or as browsers and programs do.
import { useT } from '../../i18n';
import { Select, TextField } from '../../ui/Form';
import { Pairs } from '../tests/Pairs';
import type { Pair } from '../tests/project-settings';

export type AccountKind = 'form' | 'basic' | 'bearer' | 'oauth' | 'cookie' | 'header';
export interface Account { readonly kind: AccountKind; readonly url: string; readonly user: string; readonly password: string; readonly token: string; readonly sign: string; readonly pairs: readonly Pair[] }
export const noAccount: Account = { kind: 'form', url: '', user: '', password: '', token: '', sign: '', pairs: [] };

/** What is sent of it. */
export function accountBody(a: Account): object {
  const named = Object.fromEntries(a.pairs.filter((p) => p.key.trim() !== '').map((p) => [p.key.trim(), p.value]));
  const credentials = a.kind === 'form' || a.kind === 'basic' ? { username: a.user, password: a.password } : a.kind === 'bearer' || a.kind === 'oauth' ? { token: a.token } : named;
  const form = a.kind === 'form' ? { ...(a.url.trim() === '' ? {} : { login_url: a.url.trim() }), ...(a.sign.trim() === '' ? {} : { success_indicator: a.sign.trim() }) } : {};
  return { type: a.kind, credentials, ...form };
}

export function StartAccount({ account, onChange, faults }: { account: Account; onChange: (account: Account) => void; faults: Readonly<Record<string, string>> }) {
  const t = useT();
  const put = (change: Partial<Account>) => onChange({ ...account, ...change });
  const wrong = faults['auth_config.credentials'] ?? faults.auth_config;
  const { kind } = account;
  return (
    <>
      <Select label={t('discover.auth')} value={kind} onChange={(next) => put({ kind: next })} options={(['form', 'basic', 'bearer', 'oauth', 'cookie', 'header'] as const).map((id) => ({ id, text: t(`discover.auth.${id}`) }))} />
      {kind === 'form' || kind === 'basic' ? (
        <div className="dform">
          <TextField label={t('discover.user')} value={account.user} onChange={(user) => put({ user })} autoComplete="off" required error={wrong} />
          <TextField label={t('discover.password')} type="password" value={account.password} onChange={(password) => put({ password })} autoComplete="new-password" required help={t('discover.accountHelp')} />
          {kind === 'form' ? <>
            <TextField label={t('discover.loginUrl')} type="url" value={account.url} onChange={(url) => put({ url })} placeholder="https://" optional error={faults['auth_config.login_url']} />
            <TextField label={t('discover.signedIn')} value={account.sign} onChange={(sign) => put({ sign })} placeholder="/dashboard" optional help={t('discover.signedInHelp')} />
          </> : null}
        </div>
      ) : null}
      {kind === 'bearer' || kind === 'oauth' ? <TextField label={t('discover.token')} type="password" value={account.token} onChange={(token) => put({ token })} autoComplete="off" required error={wrong} help={t('discover.secretHelp')} /> : null}
      {kind === 'cookie' || kind === 'header' ? <Pairs secret add={t('discover.pairAdd')} label={t(`discover.auth.${kind}`)} keyLabel={t('discover.pairName')} valueLabel={t('discover.pairValue')} keyExample={kind === 'cookie' ? 'session' : 'Authorization'} rows={account.pairs} onChange={(pairs) => put({ pairs })} error={wrong ?? null} /> : null}
    </>
  );
}
