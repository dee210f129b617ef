// Asks for the password again when the server wants a fresh proof, then repeats what was refused.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';

export function StepUp({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const t = useT();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setBusy(true);
    setError(null);
    // A wrong password is answered 401, which must not end the session here.
    try { await send('POST', urls.stepUp, { password, ...(code ? { code } : {}) }, { quiet: true }); onDone(); } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <Layer title={t('stepup.title')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} writes disabled={password === '' && code === ''} onClick={() => void go()}>{t('stepup.confirm')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <p>{t('stepup.text')}</p>
        <TextField type="password" label={t('stepup.password')} value={password} onChange={setPassword} autoComplete="current-password" error={error} autoFocus />
        <TextField optional label={t('stepup.code')} help={t('stepup.codeHelp')} value={code} onChange={setCode} inputMode="numeric" autoComplete="one-time-code" />
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
