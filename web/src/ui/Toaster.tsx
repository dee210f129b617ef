// Shows toasts; a hovered or focused one stays.
import { useEffect, useState } from 'react';
import { useT } from '../i18n';
import { useStore } from '../state/store';
import { Button } from './Button';
import { StatusMark } from './Icon';
import { dismissToast, toasts, type ToastItem } from './toasts';

const shownMs = 6_000;
/** Long enough to see what was done and take it back. */
const undoMs = 10_000;

export function Toaster() {
  const list = useStore(toasts);
  return <div className="toaster" role="status" aria-live="polite">{list.map((item) => <Toast key={item.id} item={item} />)}</div>;
}

function Toast({ item }: { item: ToastItem }) {
  const t = useT();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismissToast(item.id), item.action ? undoMs : shownMs);
    return () => clearTimeout(timer);
  }, [held, item.id, item.action]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only holds the timer.
    <div className="toast" onMouseEnter={() => setHeld(true)} onMouseLeave={() => setHeld(false)} onFocus={() => setHeld(true)} onBlur={() => setHeld(false)}>
      <StatusMark status={item.level} bare />
      <span className="toast-text">{item.text}</span>
      {item.action ? <Button small kind="quiet" onClick={() => { item.action?.run(); dismissToast(item.id); }}>{item.action.text}</Button> : null}
      <Button small kind="quiet" icon="close" label={t('core.close')} onClick={() => dismissToast(item.id)} />
    </div>
  );
}
