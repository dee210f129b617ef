// A bordered group with a heading. `state` replaces the body while its data are missing.
import type { ReactNode } from 'react';

export function Card({ title, sub, actions, children, className, flush, id }: { title?: ReactNode; sub?: ReactNode; actions?: ReactNode; children: ReactNode; className?: string; /** Body without padding (tables, lists). */ flush?: boolean; id?: string }) {
  return (
    <section className={`card${className ? ` ${className}` : ''}`} id={id}>
      {title !== undefined ? (
        <header className="card-head">
          <h2>{title}</h2>
          {sub !== undefined ? <span className="card-sub">{sub}</span> : null}
          {actions ? <div className="card-actions">{actions}</div> : null}
        </header>
      ) : null}
      <div className={flush ? 'card-body card-flush' : 'card-body'}>{children}</div>
    </section>
  );
}
