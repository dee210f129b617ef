// Layers above the page: dialog, sheet, menu. Focus is held inside and given back; Escape closes the top one.
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { useT } from '../i18n';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';
import { Link } from '../app/Link';

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

export interface MenuItem { id: string; text: string; icon?: IconName; to?: string; run?: () => void; danger?: boolean; reason?: string | undefined; checked?: boolean; separator?: boolean }

export function Menu({ label, icon = 'more', text, items, kind = 'quiet', align = 'end', children }: { label: string; icon?: IconName; text?: string; items: readonly MenuItem[]; kind?: 'quiet' | 'secondary'; align?: 'start' | 'end'; children?: ReactNode }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    list.current?.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
    const outside = (e: Event) => { if (e.target instanceof Node && !root.current?.contains(e.target)) setOpen(false); };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  const close = () => { setOpen(false); root.current?.querySelector<HTMLElement>('button')?.focus(); };
  const onKey = (e: React.KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
    const at = all.indexOf(document.activeElement instanceof HTMLElement ? document.activeElement : all[0] ?? document.body);
    const go = (i: number) => { e.preventDefault(); all[(i + all.length) % all.length]?.focus(); };
    if (e.key === 'Escape') { e.preventDefault(); e.stopPropagation(); close(); }
    else if (e.key === 'ArrowDown') go(at + 1);
    else if (e.key === 'ArrowUp') go(at - 1);
    else if (e.key === 'Home') go(0);
    else if (e.key === 'End') go(all.length - 1);
    else if (e.key === 'Tab') setOpen(false);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the menu items inside.
    <div className="menu" ref={root} onKeyDown={open ? onKey : undefined}>
      {children
        ? <button type="button" className="menu-opener" aria-haspopup="menu" aria-expanded={open} title={label} onClick={() => setOpen(!open)}>{children}</button>
        : <Button kind={kind} icon={icon} label={label} expanded={open} haspopup="menu" onClick={() => setOpen(!open)}>{text}</Button>}
      {open ? (
        <div className={`menu-list menu-${align}`} role="menu" aria-label={label} ref={list}>
          {items.map((item) => {
            const body = <>{item.checked === undefined ? (item.icon ? <Icon name={item.icon} /> : <span className="menu-gap" />) : item.checked ? <Icon name="check" /> : <span className="menu-gap" />}<span>{item.text}</span>{item.reason ? <small>{item.reason}</small> : null}</>;
            const cls = `menu-item${item.danger ? ' menu-danger' : ''}${item.separator ? ' menu-sep' : ''}`;
            if (item.to) return <Link key={item.id} to={item.to} role="menuitem" tabIndex={-1} className={cls} onClick={() => setOpen(false)}>{body}</Link>;
            return <button key={item.id} type="button" role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'} aria-checked={item.checked} tabIndex={-1} className={cls} aria-disabled={item.reason ? true : undefined} onClick={() => { if (item.reason) return; if (item.checked === undefined) close(); item.run?.(); }}>{body}</button>;
          })}
        </div>
      ) : null}
    </div>
  );
}
