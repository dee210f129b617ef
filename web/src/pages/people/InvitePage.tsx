// The way in for whoever holds an invitation link: join as the signed-in person, sign in first, or make an account.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { InvitationCheck } from '../../api/shapes';
import { navigate } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { announceSignIn, loadSession, session } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { useStore } from '../../state/store';
import { Button, ButtonLink } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { EntryCard } from '../entry/LoginPage';
import './people.css';

export default function InvitePage({ params }: PageProps) {
  const t = useT();
  const token = params.token ?? '';
  const check = useResource(paths.invitation(token));
  if (check.data === undefined) return <EntryCard title={t('invite.loading')} lead=""><Loaded from={check} lines={3}>{() => null}</Loaded></EntryCard>;
  const found = check.data;
  if (!found.valid) return <EntryCard title={t('invite.badTitle')} lead={found.error ?? ''}><div className="stack entry-form"><p>{t('invite.badText')}</p><ButtonLink to="/" kind="primary">{t('invite.home')}</ButtonLink></div></EntryCard>;
  return (
    <EntryCard title={t('invite.title', { name: found.organization_name ?? '' })} lead={t('invite.lead', { by: found.invited_by ?? '', role: tDynamic(`orole.${found.role ?? ''}`, found.role ?? '') })}>
      <div className="stack entry-form">
        {found.message ? <blockquote className="invite-message">{found.message}</blockquote> : null}
        <Way token={token} found={found} />
      </div>
    </EntryCard>
  );
}

function Way({ token, found }: { token: string; found: InvitationCheck }) {
  const t = useT();
  const who = useStore(session, (s) => (s.state === 'in' ? s.user.username : null));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const organization = found.organization_name ?? '';
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try { await work(); toast({ level: 'ok', text: t('invite.joined', { name: organization }) }); navigate('/', { replace: true }); } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  const fault = error ? <p className="field-error" role="alert">{error}</p> : null;
  if (who !== null) return <><p>{t('invite.as', { name: who })}</p>{fault}<Button kind="primary" busy={busy} onClick={() => void run(() => send('POST', urls.acceptInvitation(token), {}))}>{t('invite.join')}</Button></>;
  const signIn = <ButtonLink to={`/login?next=${encodeURIComponent(`/invite/${token}`)}`} kind={found.may_register ? 'secondary' : 'primary'}>{t('invite.signIn')}</ButtonLink>;
  if (!found.may_register) return <><p>{t('invite.needAccount')}</p>{signIn}</>;
  const register = async () => {
    await send('POST', urls.registerInvitation(token), { username: username.trim(), password }, { quiet: true });
    await send('POST', urls.login, { username: username.trim(), password }, { quiet: true });
    announceSignIn();
    await loadSession();
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void run(register); }}>
      <TextField label={t('invite.username')} value={username} onChange={setUsername} required maxLength={64} autoComplete="username" />
      <TextField label={t('invite.password')} type="password" value={password} onChange={setPassword} required autoComplete="new-password" help={t('invite.rule')} />
      {fault}
      <Button type="submit" kind="primary" busy={busy}>{t('invite.make')}</Button>
      {signIn}
    </form>
  );
}
