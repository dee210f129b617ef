// The sections that have no place in the bar of a phone, with their pages.
import { Fragment } from 'react';
import { useT } from '../i18n';
import { preferences } from '../state/preferences';
import { useStore } from '../state/store';
import { Icon } from '../ui/Icon';
import { Layer } from '../ui/Layer';
import { Link } from './Link';
import { phoneSections } from './Rail';
import { sections, underHeadings } from './sections';
import { can, useUser } from './session';

export default function MoreSheet({ onClose }: { onClose: () => void }) {
  const t = useT();
  const user = useUser();
  const pins = useStore(preferences, (p) => p.pins);
  const shown = sections.filter((s) => !phoneSections.includes(s.id) && (!s.fold || pins.includes(s.id)));
  return (
    <Layer kind="sheet" title={t('nav.more')} onClose={onClose}>
      <ul className="more-list">
        {shown.map((s) => (
          <li key={s.id}>
            <Link to={s.to} className="more-item" onClick={onClose}><Icon name={s.icon} size={20} /><span>{t(s.label)}</span></Link>
            {s.pages.length > 1 ? <ul className="more-sub">{underHeadings(s.pages.filter((p) => !p.permission || can(user, p.permission))).map(({ page: p, heading }) => <Fragment key={p.to}>{heading ? <li className="rail-group">{t(heading)}</li> : null}<li><Link to={p.to} onClick={onClose}>{t(p.label)}</Link></li></Fragment>)}</ul> : null}
          </li>
        ))}
        <li><Link to="/add" className="more-item" onClick={onClose}><Icon name="plus" size={20} /><span>{t('nav.add')}</span></Link></li>
      </ul>
    </Layer>
  );
}
