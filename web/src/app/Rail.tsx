// Primary navigation: the rail on wide screens, the bottom bar on phones.
import { Fragment, lazy, Suspense, useEffect, useRef, useState } from 'react';
import { paths } from '../api/home-paths';
import { useResource } from '../api/resource';
import { useT } from '../i18n';
import { preferences, setPreferences } from '../state/preferences';
import { useStore } from '../state/store';
import { Icon } from '../ui/Icon';
import { Link } from './Link';
import { overlay } from './overlays';
import { usePlace } from './router';
import { type Section, sectionOf, sections, subPageOf, underHeadings } from './sections';
import { can, useUser } from './session';

export function useCounts(): Readonly<Record<string, { n: number; bad: boolean }>> {
  const attention = useResource(paths.attention, { everyMs: 30_000 });
  const waiting = useResource(paths.waitingCount, { everyMs: 30_000 });
  const problems = attention.data?.problems ?? [];
  return {
    incidents: { n: problems.length, bad: problems.some((p) => p.severity === 'critical' || p.severity === 'error' || p.severity === 'danger') },
    inbox: { n: waiting.data?.total ?? 0, bad: false },
  };
}

export function Badge({ of }: { of: { n: number; bad: boolean } | undefined }) {
  return of && of.n > 0 ? <span className={of.bad ? 'badge badge-bad num' : 'badge num'}>{of.n > 99 ? '99+' : of.n}</span> : null;
}

export function Rail() {
  const t = useT();
  const user = useUser();
  const { pathname } = usePlace();
  const active = sectionOf(pathname);
  const counts = useCounts();
  const pins = useStore(preferences, (p) => p.pins);
  const collapsed = useStore(preferences, (p) => p.railCollapsed);
  const shown = sections.filter((s) => s.id !== 'settings' && (!s.fold || pins.includes(s.id) || active?.id === s.id));
  const settings = sections.filter((s) => s.id === 'settings');
  const rail = useRef<HTMLElement>(null);
  // On a low screen the place where one is may lie below the edge of the rail.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mark moves with the address.
  useEffect(() => { rail.current?.querySelector('.rail-sub [aria-current]')?.scrollIntoView({ block: 'nearest' }); }, [pathname]);
  const item = (s: Section) => {
    const on = active?.id === s.id;
    const sub = on ? subPageOf(s, pathname) : undefined;
    return (
      <li key={s.id}>
        <Link to={s.to} className="rail-item" aria-current={on && (s.pages.length === 0 || collapsed) ? 'page' : undefined} data-on={on || undefined} title={collapsed ? t(s.label) : undefined}>
          <Icon name={s.icon} size={18} /><span className="rail-label">{t(s.label)}</span><Badge of={counts[s.id]} />
        </Link>
        {on && !collapsed && s.pages.length > 1 ? (
          <ul className="rail-sub">
            {underHeadings(s.pages.filter((p) => !p.permission || can(user, p.permission))).map(({ page: p, heading }) => <Fragment key={p.to}>{heading ? <li className="rail-group">{t(heading)}</li> : null}<li><Link to={p.to} aria-current={sub === p ? 'page' : undefined}>{t(p.label)}</Link></li></Fragment>)}
          </ul>
        ) : null}
      </li>
    );
  };
  return (
    <nav className="rail" ref={rail} aria-label={t('nav.main')} data-region="rail">
      <Link to="/" className="rail-brand" aria-label="Argos">
        <Brand /><span className="rail-label">Argos</span>
      </Link>
      <ul className="rail-list">
        {shown.map(item)}
        <li><Link to="/add" className="rail-item" aria-current={pathname === '/add' ? 'page' : undefined} data-on={pathname === '/add' || undefined} title={collapsed ? t('nav.add') : undefined}><Icon name="plus" size={18} /><span className="rail-label">{t('nav.add')}</span></Link></li>
      </ul>
      <ul className="rail-list rail-end">
        {settings.map(item)}
        <li><button type="button" className="rail-item rail-toggle" aria-label={collapsed ? t('nav.expand') : t('nav.collapse')} title={collapsed ? t('nav.expand') : undefined} onClick={() => setPreferences({ railCollapsed: !collapsed })}><Icon name="panel" size={18} /><span className="rail-label">{t('nav.collapse')}</span></button></li>
      </ul>
    </nav>
  );
}

/** The mark: an eye, after the watchman of a hundred eyes. */
export function Brand({ size = 26 }: { size?: number }) {
  return <img src="/favicon.svg" width={size} height={size} alt="" />;
}

/** What has a place of its own in the bar of a phone; the rest is under More. */
export const phoneSections: readonly string[] = ['home', 'inbox', 'incidents'];
const MoreSheet = lazy(() => import('./MoreSheet'));

export function PhoneBar() {
  const t = useT();
  const { pathname } = usePlace();
  const active = sectionOf(pathname);
  const counts = useCounts();
  const [more, setMore] = useState(false);
  const main = sections.filter((s) => phoneSections.includes(s.id));
  return (
    <nav className="phonebar" aria-label={t('nav.main')}>
      {main.map((s) => <Link key={s.id} to={s.to} className="phonebar-item" aria-current={active?.id === s.id ? 'page' : undefined}><Icon name={s.icon} size={20} /><span>{t(s.label)}</span><Badge of={counts[s.id]} /></Link>)}
      <button type="button" className="phonebar-item" onClick={() => overlay.set('palette')}><Icon name="search" size={20} /><span>{t('nav.search')}</span></button>
      <button type="button" className="phonebar-item" aria-haspopup="dialog" onClick={() => setMore(true)}><Icon name="menu" size={20} /><span>{t('nav.more')}</span></button>
      {more ? (
        <Suspense fallback={null}><MoreSheet onClose={() => setMore(false)} /></Suspense>
      ) : null}
    </nav>
  );
}
