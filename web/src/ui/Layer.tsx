// A layer above the page: dialog, sheet or palette. Focus is held inside and given back; Escape closes the top one.
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { useT } from '../i18n';
import { Button } from './Button';

interface LayerProps { title: string; onClose: () => void; children: ReactNode; footer?: ReactNode; kind?: 'dialog' | 'sheet' | 'palette'; hideTitle?: boolean; wide?: boolean }

/** Native modal dialog: the browser keeps the focus inside and makes the rest inert. */
export function Layer({ title, onClose, children, footer, kind = 'dialog', hideTitle, wide }: LayerProps) {
  const t = useT();
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const pressed = useRef(false);
  const typed = useRef(false);
  useEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // The browser would choose the close button; the work begins at the first field.
      const first = dialog.querySelector<HTMLElement>('.layer-body :is(input, select, textarea):not([disabled], [hidden])') ?? dialog.querySelector<HTMLElement>('.layer-body button:not([hidden]), .layer-foot button');
      first?.focus();
    }
    return () => { if (opener instanceof HTMLElement && opener.isConnected) opener.focus(); };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own cancel event; the click is the backdrop.
    <dialog ref={ref} className={`layer layer-${kind}${wide ? ' layer-wide' : ''}`} aria-labelledby={id} onCancel={(e) => { e.preventDefault(); onClose(); }} 
      // A press beside the box closes it, unless it began inside (selected text) or there is something typed to lose.
      onPointerDown={(e) => { pressed.current = e.target === ref.current; }} onClick={(e) => { if (e.target === ref.current && pressed.current && !typed.current) onClose(); }}
      onInput={(e) => { if (e.target instanceof Element && e.target.closest('form')) typed.current = true; }}>
      <div className="layer-box">
        <header className={hideTitle ? 'sr' : 'layer-head'}>
          <h2 id={id}>{title}</h2>
          {hideTitle ? null : <Button kind="quiet" icon="close" label={t('core.close')} onClick={onClose} />}
        </header>
        <div className="layer-body">{children}</div>
        {footer ? <footer className="layer-foot">{footer}</footer> : null}
      </div>
    </dialog>
  );
}
