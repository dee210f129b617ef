// A menu under its button: arrows move, Escape gives the focus back, a press elsewhere closes it.
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link } from '../app/Link';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';

export interface MenuItem { id: string; text: string; icon?: IconName; to?: string; run?: () => void; danger?: boolean; reason?: string | undefined; checked?: boolean; separator?: boolean }

export function Menu({ label, icon = 'more', text, items, kind = 'quiet', align = 'end', startsOpen = false, children }: { label: string; icon?: IconName; text?: string; items: readonly MenuItem[]; kind?: 'quiet' | 'secondary'; align?: 'start' | 'end'; startsOpen?: boolean; children?: ReactNode }) {
  const [open, setOpen] = useState(startsOpen);
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
