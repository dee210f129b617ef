// Enrols and removes the authenticator app. Secret and recovery codes are shown once and kept nowhere.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { TotpSetup } from '../../api/shapes';
import { date, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { CopyBlock, Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

export function SecondFactor() {
  const t = useT();
  const status = useResource(paths.totpStatus);
  const [setup, setSetup] = useState<TotpSetup | null>(null);
  const [asking, setAsking] = useState<'disable' | 'codes' | null>(null);
  const [busy, setBusy] = useState(false);
  const begin = async () => {
    setBusy(true);
    try { setSetup(await send<TotpSetup>('POST', urls.totpSetup)); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <Card title={t('totp.title')}>
      <Loaded from={status} lines={2} compact>
        {(s) => {
          const since = toMillis(s.enabled_at);
          return (
            <div className="stack">
              <p className="row">{s.enabled ? <StatusMark status="ok" word={since === null ? t('status.ok') : t('totp.on', { when: date(since) })} /> : <StatusMark status="warning" word={t('totp.off')} />}{s.enabled && typeof s.recovery_codes_remaining === 'number' ? <span className="faint">{t('totp.left', { n: s.recovery_codes_remaining })}</span> : null}</p>
              <div className="form-actions">
                {s.enabled ? <><Button writes onClick={() => setAsking('codes')}>{t('totp.newCodes')}</Button><Button writes kind="quiet" className="btn-danger-text" onClick={() => setAsking('disable')}>{t('totp.disable')}</Button></> : <Button kind="primary" icon="shield" busy={busy} writes onClick={() => void begin()}>{t('totp.enable')}</Button>}
              </div>
            </div>
          );
        }}
      </Loaded>
      {setup ? <Enrol setup={setup} onClose={() => { setSetup(null); invalidate('/api/auth/totp', '/api/profile', '/api/ui/setup'); }} /> : null}
      {asking === 'disable' ? <Disable onClose={() => { setAsking(null); invalidate('/api/auth/totp'); }} /> : null}
      {asking === 'codes' ? <NewCodes onClose={() => { setAsking(null); invalidate('/api/auth/totp'); }} /> : null}
    </Card>
  );
}

function Enrol({ setup, onClose }: { setup: TotpSetup; onClose: () => void }) {
  const t = useT();
  const [saved, setSaved] = useState(false);
  const [code, setCode] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const activate = async () => {
    setBusy(true);
    setError(null);
    try { await send('POST', urls.totpActivate, { code: code.trim() }, { quiet: true }); toast({ level: 'ok', text: t('totp.enabled') }); onClose(); } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  const codes = setup.recovery_codes ?? [];
  const ready = saved || codes.length === 0;
  return (
    <Layer title={t('totp.enable')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (ready && !busy) void activate(); }}>
        <div className="totp">
          {setup.qr_png_base64 ? <img className="totp-qr" src={`data:image/png;base64,${setup.qr_png_base64}`} alt={t('totp.qrAlt')} width={168} height={168} /> : null}
          <div className="stack"><p>{t('totp.scan')}</p><CopyBlock label={t('totp.secret')} text={setup.secret} /></div>
        </div>
        {codes.length > 0 ? <><div><h3>{t('totp.codes')}</h3><p className="muted">{t('totp.codesHelp')}</p></div><CopyBlock label={t('totp.codes')} text={codes.join('\n')} /><Switch label={t('totp.saved')} checked={saved} onChange={setSaved} /></> : null}
        <TextField label={t('totp.code')} value={code} onChange={(v) => setCode(v.replace(/\D/g, '').slice(0, 6))} inputMode="numeric" autoComplete="one-time-code" placeholder="000000" mono error={error} />
        <Button type="submit" kind="primary" busy={busy} disabled={!ready || code.length !== 6}>{t('totp.confirm')}</Button>
      </form>
    </Layer>
  );
}

function Disable({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setError(null);
    try { await send('POST', urls.totpDisable, { password, code: code.trim() }, { quiet: true }); toast({ level: 'ok', text: t('totp.disabled') }); onClose(); } catch (e) { setError(asApiError(e).message); }
  };
  return (
    <Layer title={t('totp.disable')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <p>{t('totp.disableText')}</p>
        <TextField label={t('totp.password')} type="password" value={password} onChange={setPassword} autoComplete="current-password" required />
        <TextField label={t('totp.anyCode')} value={code} onChange={setCode} autoComplete="one-time-code" mono required error={error} />
        <Button type="submit" kind="danger">{t('totp.disable')}</Button>
      </form>
    </Layer>
  );
}

function NewCodes({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [password, setPassword] = useState('');
  const [codes, setCodes] = useState<string[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setError(null);
    try { setCodes((await send<{ codes: string[] }>('POST', urls.recoveryRegenerate, { password }, { quiet: true })).codes); } catch (e) { setError(asApiError(e).message); }
  };
  return (
    <Layer title={t('totp.newCodes')} onClose={onClose}>
      {codes ? <div className="stack"><p className="muted">{t('totp.codesHelp')}</p><CopyBlock label={t('totp.codes')} text={codes.join('\n')} /><Button kind="primary" onClick={onClose}>{t('totp.done')}</Button></div> : (
        <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}><p>{t('totp.newCodesText')}</p><TextField label={t('totp.password')} type="password" value={password} onChange={setPassword} autoComplete="current-password" required error={error} /><Button type="submit" kind="primary">{t('totp.make')}</Button></form>
      )}
    </Layer>
  );
}
