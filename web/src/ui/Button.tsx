// Buttons and links that look like buttons. A disabled control says why (title and description), it is never just grey.
import type { ReactNode } from 'react';
import { Link } from '../app/Link';
import { useOnline } from '../state/live';
import { useT } from '../i18n';
import { Icon, type IconName } from './Icon';

interface Look { kind?: 'primary' | 'secondary' | 'quiet' | 'danger'; small?: boolean; icon?: IconName; iconEnd?: IconName }
export interface ButtonProps extends Look {
  children?: ReactNode; onClick?: (e: React.MouseEvent<HTMLButtonElement>) => void; type?: 'button' | 'submit'; disabled?: boolean;
  /** Why it cannot be used; shown on hover and read out. */
  reason?: string | undefined; busy?: boolean; label?: string; pressed?: boolean; expanded?: boolean; haspopup?: 'menu' | 'dialog'; title?: string; form?: string; className?: string;
  /** A change on the server: off while it does not answer. */
  writes?: boolean;
}

export function Button({ children, kind = 'secondary', small, icon, iconEnd, type = 'button', disabled, reason, busy, label, pressed, expanded, haspopup, title, writes, className, ...rest }: ButtonProps) {
  const t = useT();
  const online = useOnline();
  const blocked = writes && !online ? t('core.disconnectedWrites') : reason;
  const off = disabled || busy || blocked !== undefined;
  return (
    <button
      type={type} className={`btn btn-${kind}${small ? ' btn-small' : ''}${children === undefined ? ' btn-icon' : ''}${className ? ` ${className}` : ''}`}
      aria-disabled={off || undefined} aria-busy={busy || undefined} aria-label={label} aria-pressed={pressed} aria-expanded={expanded} aria-haspopup={haspopup}
      title={blocked ?? title ?? (children === undefined ? label : undefined)} {...rest}
      onClick={(e) => { if (off) { e.preventDefault(); return; } rest.onClick?.(e); }}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon ? <Icon name={icon} /> : null}
      {children !== undefined ? <span>{children}</span> : null}
      {iconEnd ? <Icon name={iconEnd} /> : null}
      {blocked ? <span className="sr">{blocked}</span> : null}
    </button>
  );
}

export function ButtonLink({ to, children, kind = 'secondary', small, icon, iconEnd }: Look & { to: string; children: ReactNode }) {
  return (
    <Link to={to} className={`btn btn-${kind}${small ? ' btn-small' : ''}`}>
      {icon ? <Icon name={icon} /> : null}<span>{children}</span>{iconEnd ? <Icon name={iconEnd} /> : null}
    </Link>
  );
}

/** A row of exclusive choices. */
export function Segmented<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: readonly { id: T; text: string; icon?: IconName }[]; onChange: (value: T) => void }) {
  return (
    <fieldset className="segmented" aria-label={label}>
      {options.map((o) => (
        <button key={o.id} type="button" aria-pressed={o.id === value} onClick={() => onChange(o.id)} title={o.icon ? o.text : undefined}>
          {o.icon ? <><Icon name={o.icon} /><span className="sr">{o.text}</span></> : o.text}
        </button>
      ))}
    </fieldset>
  );
}
