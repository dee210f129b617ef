// Sign in: password, then a code or recovery code when the account has a second factor. Lock-outs count down.
import { type ReactNode, useEffect, useState } from 'react';
import { asApiError, load, send, withQuery } from '../../api/client';
import { isCancelled, passkeysWork, signInWithPasskey } from '../../api/passkey';
import { paths, urls } from '../../api/paths';
import type { LoginDone, LoginReply } from '../../api/shapes';
import { useResource } from '../../api/resource';
import { Brand } from '../../app/Rail';
import { navigate, usePlace } from '../../app/router';
import { announceSignIn, loadSession, session } from '../../app/session';
import { useT } from '../../i18n';
import { useStore } from '../../state/store';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import './entry.css';

type Step = { kind: 'password' } | { kind: 'code' | 'recovery' | 'passkey'; challenge: string; methods: readonly string[] };

/** Only an address on this origin is followed without asking the server. */
export function localTarget(next: string | null): string | null {
  if (!next?.startsWith('/')) return null;
  // Read as the browser reads it: it drops tabs and line breaks and takes a backslash for a slash.
  const base = 'http://local.invalid';
  try { return new URL(next, base).origin === base ? next : null; } catch { return null; }
}

/** Providers bring the browser back to where it wanted to be. */
function withReturn(url: string, target: string | null): string { return withQuery(url, { rd: target ?? '/' }); }

async function leaveLogin(next: string | null, rd: string | null) {
  announceSignIn();
  if (rd) {
    try { const safe = await load(paths.safeRedirect(rd), { quiet: true }); if (safe.url) { location.assign(safe.url); return; } } catch { /* an address the server refuses is not followed */ }
  }
  await loadSession();
  navigate(localTarget(next) ?? '/', { replace: true });
}

export function EntryCard({ title, lead, children, foot }: { title: string; lead: string; children: ReactNode; foot?: ReactNode }) {
  return (
    <div className="entry">
      <div className="entry-brand"><Brand size={40} /><span>Argos</span></div>
      <section className="entry-card">
        <header><h1 tabIndex={-1}>{title}</h1><p className="muted">{lead}</p></header>
        {children}
      </section>
      {foot ? <p className="entry-foot">{foot}</p> : null}
    </div>
  );
}

export default function LoginPage() {
  const t = useT();
  const query = new URLSearchParams(usePlace().search);
  const next = query.get('next');
  const rd = query.get('rd');
  const oidcError = query.get('oidc_error');
  const signedIn = useStore(session, (s) => s.state === 'in');
  const providers = useResource(paths.providers);
  const [step, setStep] = useState<Step>({ kind: 'password' });
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [lockedUntil, setLockedUntil] = useState(0);
  const wait = useCountdown(lockedUntil);

  // Already signed in (other tab, bookmark): go where the person wanted to be. Runs only for a session found on arrival.
  useEffect(() => { if (signedIn && !busy) void leaveLogin(next, rd); }, [signedIn, busy, next, rd]);

  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      if (step.kind === 'password') {
        const reply = await send<LoginReply>('POST', urls.login, { username: username.trim(), password }, { quiet: true });
        if (reply.requires_totp) { setStep({ kind: reply.methods?.includes('totp') === false ? 'passkey' : 'code', challenge: reply.challenge_id, methods: reply.methods ?? [] }); setPassword(''); setCode(''); setBusy(false); return; }
      } else if (step.kind === 'code') await send<LoginDone>('POST', urls.totpVerify, { challenge_id: step.challenge, code: code.replaceAll(' ', '') }, { quiet: true });
      else await send<LoginDone>('POST', urls.totpRecovery, { challenge_id: step.challenge, recovery_code: code.trim() }, { quiet: true });
      await leaveLogin(next, rd);
    } catch (cause) {
      const e = asApiError(cause);
      if (e.status === 429) setLockedUntil(Date.now() + (e.retryAfter ?? 60) * 1000);
      else if (e.status === 401 && /not found or expired/i.test(e.message)) { setStep({ kind: 'password' }); setError(t('login.expired')); }
      else if (e.status === 401 || e.status === 400) setError(step.kind === 'password' ? t('login.wrong') : step.kind === 'code' ? t('login.codeWrong') : t('login.recoveryWrong'));
      else setError(e.unreachable ? t('core.errorUnreachable') : e.message);
      setBusy(false);
    }
  };
  const passkey = async () => {
    setBusy(true);
    setError(null);
    try { await signInWithPasskey(step.kind === 'password' ? undefined : step.challenge); await leaveLogin(next, rd); } catch (cause) {
      const e = asApiError(cause);
      if (e.status === 429) setLockedUntil(Date.now() + (e.retryAfter ?? 60) * 1000);
      else if (!isCancelled(cause)) setError(e.status === 401 || e.status === 400 ? t('login.passkeyFailed') : e.message);
      setBusy(false);
    }
  };
  const form = (children: ReactNode, label: string) => (
    <form className="stack entry-form" onSubmit={(e) => { e.preventDefault(); if (!busy && wait === 0) void submit(); }}>
      {oidcError && step.kind === 'password' ? <p className="banner banner-warning"><Icon name="info" />{t('login.oidcFailed', { reason: oidcError.replaceAll('_', ' ') })}</p> : null}
      {children}
      {wait > 0 ? <p className="field-error" role="alert"><Icon name="clock" size={14} />{t('login.lockedFor', { n: wait })}</p> : error ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{error}</p> : null}
      <Button type="submit" kind="primary" busy={busy} disabled={wait > 0}>{label}</Button>
    </form>
  );

  if (step.kind === 'password') {
    return (
      <EntryCard title={t('login.title')} lead={t('login.lead')} foot={t('login.firstRun')}>
        {form(<>
          <TextField label={t('login.username')} name="username" value={username} onChange={setUsername} autoComplete="username webauthn" autoFocus required />
          <TextField label={t('login.password')} name="password" type="password" value={password} onChange={setPassword} autoComplete="current-password" required />
        </>, t('login.submit'))}
        {passkeysWork() || (providers.data && providers.data.length > 0) ? (
          <div className="entry-providers"><span className="entry-or">{t('login.or')}</span>{passkeysWork() ? <Button icon="key" disabled={busy} onClick={() => void passkey()}>{t('login.passkey')}</Button> : null}{(providers.data ?? []).map((p) => <a key={p.id} className="btn btn-secondary" href={withReturn(p.url, rd ?? next)}>{t('login.with', { name: p.name })}</a>)}</div>
        ) : null}
      </EntryCard>
    );
  }
  if (step.kind === 'passkey') {
    return (
      <EntryCard title={t('login.codeTitle')} lead={t('login.passkeyLead')}>
        {error ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{error}</p> : null}
        <Button kind="primary" icon="key" busy={busy} onClick={() => void passkey()}>{t('login.usePasskey')}</Button>
        <div className="entry-switch">{step.methods.includes('totp') ? <button type="button" className="linkish" onClick={() => { setStep({ ...step, kind: 'code' }); setError(null); }}>{t('login.useCode')}</button> : null}<button type="button" className="linkish" onClick={() => { setStep({ kind: 'password' }); setError(null); }}>{t('login.back')}</button></div>
      </EntryCard>
    );
  }
  const recovery = step.kind === 'recovery';
  return (
    <EntryCard title={recovery ? t('login.recoveryTitle') : t('login.codeTitle')} lead={recovery ? t('login.recoveryLead') : t('login.codeLead')}>
      {form(recovery
        ? <TextField key="recovery" label={t('login.recoveryCode')} name="recovery" value={code} onChange={setCode} autoComplete="one-time-code" placeholder="xxxx-xxxx" mono autoFocus required />
        : <TextField key="code" label={t('login.code')} name="code" value={code} onChange={(v) => setCode(v.replace(/[^\d ]/g, '').slice(0, 7))} autoComplete="one-time-code" inputMode="numeric" placeholder="000000" mono autoFocus required />, t('login.verify'))}
      <div className="entry-switch">
        <button type="button" className="linkish" onClick={() => { setStep({ ...step, kind: recovery ? 'code' : 'recovery' }); setCode(''); setError(null); }}>{recovery ? t('login.useCode') : t('login.useRecovery')}</button>
        {step.methods.includes('passkey') && passkeysWork() ? <button type="button" className="linkish" onClick={() => { setStep({ ...step, kind: 'passkey' }); setError(null); }}>{t('login.usePasskey')}</button> : null}
        <button type="button" className="linkish" onClick={() => { setStep({ kind: 'password' }); setError(null); }}>{t('login.back')}</button>
      </div>
    </EntryCard>
  );
}

/** Whole seconds until a moment, counting down. */
function useCountdown(until: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (until <= Date.now()) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, Math.ceil((until - now) / 1000));
}
