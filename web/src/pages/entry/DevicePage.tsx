// Lets a device or program in: type its code, see what it asks for, approve or deny. Asks to sign in first.
import { type ReactNode, useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { PendingDevice } from '../../api/shapes';
import { navigate, usePlace } from '../../app/router';
import { session } from '../../app/session';
import { useT } from '../../i18n';
import { useStore } from '../../state/store';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { EntryCard } from './LoginPage';
import './entry.css';

type Step = { kind: 'code' } | { kind: 'confirm'; device: PendingDevice } | { kind: 'done'; approved: boolean };

export default function DevicePage() {
  const t = useT();
  const given = new URLSearchParams(usePlace().search).get('code') ?? '';
  const signedIn = useStore(session, (s) => s.state);
  const user = useStore(session, (s) => (s.state === 'in' ? s.user.username : ''));
  const [step, setStep] = useState<Step>({ kind: 'code' });
  const [code, setCode] = useState(given.slice(0, 16));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => { if (signedIn === 'out') navigate(`/login?next=${encodeURIComponent(`/device${given ? `?code=${encodeURIComponent(given)}` : ''}`)}`, { replace: true }); }, [signedIn, given]);

  const run = async (work: () => Promise<void>) => {
    setBusy(true); setError(null);
    try { await work(); } catch (cause) {
      const e = asApiError(cause);
      setError(e.status === 404 ? t('device.notFound') : e.code === 'device_code_expired' ? t('device.expired') : e.message);
    }
    setBusy(false);
  };
  const look = () => run(async () => setStep({ kind: 'confirm', device: await send<PendingDevice>('POST', urls.deviceVerify, { user_code: code }) }));
  const decide = (device: PendingDevice, approve: boolean) => run(async () => { await send('POST', urls.deviceApprove, { user_code: device.user_code, approve, csrf_token: device.csrf_token }); setStep({ kind: 'done', approved: approve }); });
  const fault: ReactNode = error ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{error}</p> : null;

  if (step.kind === 'done') {
    return <EntryCard title={step.approved ? t('device.approved') : t('device.denied')} lead={step.approved ? t('device.approvedLead') : t('device.deniedLead')}><Button onClick={() => navigate('/')}>{t('device.home')}</Button></EntryCard>;
  }
  if (step.kind === 'confirm') {
    const d = step.device;
    return (
      <EntryCard title={t('device.confirm')} lead={t('device.confirmLead')}>
        <p className="device-code mono">{d.user_code}</p>
        <dl className="device-facts">
          <div><dt>{t('device.program')}</dt><dd><bdi>{d.client_id}</bdi></dd></div>
          <div><dt>{t('device.may')}</dt><dd>{d.scopes.map((s) => <span key={s} className="tag mono">{s}</span>)}</dd></div>
          <div><dt>{t('device.from')}</dt><dd><bdi className="mono">{d.client_ip ?? t('device.unknown')}</bdi></dd></div>
          <div><dt>{t('device.as')}</dt><dd><bdi>{user}</bdi></dd></div>
        </dl>
        {fault}
        <div className="device-actions"><Button kind="primary" busy={busy} onClick={() => void decide(d, true)}>{t('device.approve')}</Button><Button disabled={busy} onClick={() => void decide(d, false)}>{t('device.deny')}</Button></div>
      </EntryCard>
    );
  }
  return (
    <EntryCard title={t('device.title')} lead={t('device.lead')}>
      <form className="stack entry-form" onSubmit={(e) => { e.preventDefault(); if (!busy) void look(); }}>
        <TextField label={t('device.code')} name="user_code" value={code} onChange={(v) => setCode(v.toUpperCase())} placeholder="XXXX-XXXX" autoComplete="off" maxLength={16} mono autoFocus required />
        {fault}
        <Button type="submit" kind="primary" busy={busy}>{t('device.next')}</Button>
      </form>
    </EntryCard>
  );
}
