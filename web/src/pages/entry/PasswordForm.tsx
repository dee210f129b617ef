// Changes the own password; used on the first run and in the account settings.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { checkPassword, isAcceptable } from './password';

export function PasswordForm({ submitLabel, onDone }: { submitLabel: string; onDone: () => Promise<void> | void }) {
  const t = useT();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [repeat, setRepeat] = useState('');
  const [errors, setErrors] = useState<{ current?: string; next?: string; repeat?: string }>({});
  const [busy, setBusy] = useState(false);
  const check = checkPassword(next);
  const hints = [check.missing > 0 ? t('welcome.tooShort', { n: check.missing }) : null, check.upper ? null : t('welcome.needUpper'), check.lower ? null : t('welcome.needLower'), check.digit ? null : t('welcome.needDigit')].filter((x) => x !== null);
  const submit = async () => {
    if (!isAcceptable(check)) { setErrors({ next: hints.join(', ') }); return; }
    if (next !== repeat) { setErrors({ repeat: t('welcome.mismatch') }); return; }
    setBusy(true);
    setErrors({});
    try {
      await send('POST', urls.password, { current, new: next }, { quiet: true });
      setCurrent(''); setNext(''); setRepeat('');
      await onDone();
    } catch (cause) {
      const e = asApiError(cause);
      setErrors(e.status === 401 || e.status === 403 ? { current: t('welcome.wrongCurrent') } : { next: e.message });
    }
    setBusy(false);
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void submit(); }}>
      <TextField label={t('welcome.current')} name="current-password" type="password" value={current} onChange={setCurrent} autoComplete="current-password" required error={errors.current} />
      <TextField label={t('welcome.new')} name="new-password" type="password" value={next} onChange={setNext} autoComplete="new-password" required help={next === '' ? t('welcome.rule') : hints.length > 0 ? hints.join(', ') : t('welcome.strong')} error={errors.next} />
      <TextField label={t('welcome.repeat')} name="repeat-password" type="password" value={repeat} onChange={setRepeat} autoComplete="new-password" required error={errors.repeat} onBlur={() => { if (repeat !== '' && repeat !== next) setErrors((e) => ({ ...e, repeat: t('welcome.mismatch') })); else setErrors(({ repeat: _gone, ...rest }) => rest); }} />
      <Button type="submit" kind="primary" busy={busy}>{submitLabel}</Button>
    </form>
  );
}
