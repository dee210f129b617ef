// The heading of a page: title, one line beneath, actions at the right. Focus lands here after navigation.
import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

export function PageHead({ title, sub, icon, actions, mark }: { title: ReactNode; sub?: ReactNode; icon?: IconName; actions?: ReactNode; mark?: ReactNode }) {
  return (
    <header className="page-head">
      {icon ? <span className="page-icon"><Icon name={icon} size={20} /></span> : null}
      <div className="page-title">
        <h1 tabIndex={-1}>{title}{mark}</h1>
        {sub ? <p className="page-sub">{sub}</p> : null}
      </div>
      {actions ? <div className="page-actions">{actions}</div> : null}
    </header>
  );
}
