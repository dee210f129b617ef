// Icons and state marks come from one sprite file; no drawing is in the script bundle.
import { useT } from '../i18n';
import type { Status } from '../state/status';
import type { IconName } from './icon-names';
import sprite from './sprite.svg?url';

export type { IconName } from './icon-names';

/** Decorative unless a label is given. */
export function Icon({ name, size = 16, label }: { name: IconName; size?: number; label?: string }) {
  return (
    <svg width={size} height={size} className="icon" aria-hidden={label ? undefined : true} role={label ? 'img' : undefined} aria-label={label}>
      <use href={`${sprite}#${name}`} />
    </svg>
  );
}

export interface StatusMarkProps { status: Status; size?: number; /** Hide the word where a visible label says it already. */ bare?: boolean; word?: string }

/** Shape, word and colour, always together; `bare` keeps the word for screen readers. */
export function StatusMark({ status, size = 14, bare = false, word }: StatusMarkProps) {
  const t = useT();
  const text = word ?? t(`status.${status}`);
  return (
    <span className={`status status-${status}`}>
      <svg width={size} height={size} aria-hidden="true"><use href={`${sprite}#mark-${status}`} /></svg>
      <span className={bare ? 'sr' : undefined}>{text}</span>
    </span>
  );
}

export function Pill({ status, children }: { status: Status; children: React.ReactNode }) {
  return <span className={`pill pill-${status}`}>{children}</span>;
}
