// Questions before an action, by danger: D1 inline with the effect named, D2 dialog with a typed name.
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { asApiError } from '../api/client';
import { useT } from '../i18n';
import { Button } from './Button';
import { TextField } from './Form';
import { Layer } from './Overlay';
import { toast } from './toasts';

/** D1: the button turns into "effect? [Do it][Cancel]"; the focus goes to Cancel. */
export function ConfirmInline({ action, effect, icon, danger, run, small = true, reason }: { action: string; effect: string; icon?: Parameters<typeof Button>[0]['icon']; danger?: boolean; run: () => Promise<unknown>; small?: boolean; reason?: string | undefined }) {
  const t = useT();
  const [armed, setArmed] = useState(false);
  const [busy, setBusy] = useState(false);
  const cancel = useRef<HTMLSpanElement>(null);
  useEffect(() => { if (armed) cancel.current?.querySelector('button')?.focus(); }, [armed]);
  const go = async () => {
    setBusy(true);
    try { await run(); } catch (cause) { toast({ level: 'critical', text: t('core.actionFailed', { action, why: asApiError(cause).message }) }); }
    setBusy(false);
    setArmed(false);
  };
  if (!armed) return <Button small={small} kind={danger ? 'quiet' : 'secondary'} {...(icon ? { icon } : {})} reason={reason} writes onClick={() => setArmed(true)} className={danger ? 'btn-danger-text' : ''}>{action}</Button>;
  return (
    <span className="confirm" role="group" aria-label={effect} onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); setArmed(false); } }}>
      <span className="confirm-text">{effect}</span>
      <Button small kind={danger ? 'danger' : 'primary'} busy={busy} writes onClick={() => void go()}>{action}</Button>
      <span ref={cancel}><Button small kind="quiet" onClick={() => setArmed(false)}>{t('core.cancel')}</Button></span>
    </span>
  );
}

/** D2: names what is lost and asks for the typed name. */
export function ConfirmDialog({ title, children, name, action, run, onClose }: { title: string; children: ReactNode; name: string; action: string; run: () => Promise<unknown>; onClose: () => void }) {
  const t = useT();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setBusy(true);
    setError(null);
    try { await run(); onClose(); } catch (cause) { setError(asApiError(cause).message); }
    setBusy(false);
  };
  return (
    <Layer title={title} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="danger" busy={busy} writes disabled={typed !== name} onClick={() => void go()}>{action}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (typed === name) void go(); }}>
        {children}
        <TextField label={t('core.typeName', { name })} value={typed} onChange={setTyped} autoFocus autoComplete="off" error={error} />
      </form>
    </Layer>
  );
}
