// Asks who it is once more, by password, code or passkey, because an answer wanted a fresh proof.
import { useState } from 'react';
import { asApiError, send } from '../api/client';
import { isCancelled, passkeysWork, stepUpWithPasskey } from '../api/passkey';
import { paths, urls } from '../api/paths';
import { useResource } from '../api/resource';
import { useT } from '../i18n';
import { Button, Segmented } from '../ui/Button';
import { TextField } from '../ui/Form';
import { Layer } from '../ui/Overlay';

type How = 'password' | 'code';

export default function StepUp({ onEnd }: { onEnd: (given: boolean) => void }) {
  const t = useT();
  const factor = useResource(paths.totpStatus);
  const passkeys = useResource(passkeysWork() ? paths.passkeys : null);
  const [how, setHow] = useState<How>('password');
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const prove = async (proof: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try { await proof(); onEnd(true); return; } catch (cause) {
      const why = asApiError(cause);
      setError(isCancelled(cause) ? t('stepup.cancelled') : why.status === 401 ? t(how === 'password' ? 'stepup.wrongPassword' : 'stepup.wrongCode') : why.message);
    }
    setBusy(false);
  };
  // A wrong answer is a 401, which must not end the session here.
  const go = () => prove(() => send('POST', urls.stepUp, how === 'password' ? { password: text } : { code: text.replaceAll(' ', '') }, { quiet: true }));
  const choose = (next: How) => { setHow(next); setText(''); setError(null); };
  return (
    <Layer title={t('stepup.title')} onClose={() => onEnd(false)} footer={<><Button onClick={() => onEnd(false)}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} writes disabled={text === ''} onClick={() => void go()}>{t('stepup.confirm')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && text !== '') void go(); }}>
        <p className="muted">{t('stepup.text')}</p>
        {factor.data?.enabled ? <Segmented label={t('stepup.how')} value={how} onChange={choose} options={[{ id: 'password', text: t('stepup.password') }, { id: 'code', text: t('stepup.code') }]} /> : null}
        {how === 'password'
          ? <TextField key="password" type="password" label={t('stepup.password')} value={text} onChange={setText} autoComplete="current-password" error={error} autoFocus />
          : <TextField key="code" label={t('stepup.code')} help={t('stepup.codeHelp')} value={text} onChange={setText} autoComplete="one-time-code" error={error} autoFocus />}
        {(passkeys.data?.length ?? 0) > 0 ? <div><Button icon="key" busy={busy} onClick={() => void prove(stepUpWithPasskey)}>{t('stepup.passkey')}</Button></div> : null}
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
