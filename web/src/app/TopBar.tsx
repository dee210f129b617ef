// The top bar: where you are, search, jobs, the live pill, help and the user menu.
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { loadMessages, useT } from '../i18n';
import { togglePause, useLink, useStats } from '../state/live';
import { Button } from '../ui/Button';
import { Icon, type IconName } from '../ui/Icon';
import { Link } from './Link';
import { overlay } from './overlays';
import { usePlace } from './router';
import { Badge, useCounts } from './Rail';
import { sectionOf, subPageOf } from './sections';
import { useUser } from './session';

const JobsList = lazy(async () => { const module = await import('./JobsList'); await loadMessages('data', 'overlay'); return module; });
const UserMenu = lazy(async () => { const module = await import('./UserMenu'); await loadMessages('overlay'); return module; });
const BellList = lazy(async () => { const module = await import('./BellList'); await loadMessages('data', 'inbox'); return module; });

export function TopBar() {
  const t = useT();
  const counts = useCounts();
  return (
    <header className="topbar" data-region="top">
      <Breadcrumb />
      <button type="button" className="searchbox" onClick={() => overlay.set('palette')} aria-haspopup="dialog">
        <Icon name="search" /><span>{t('top.search')}</span><kbd>Ctrl K</kbd>
      </button>
      <div className="topbar-end">
        <LivePill />
        <Tray icon="bell" label={t('nav.inbox')} badge={<Badge of={counts.inbox} />}><BellList /></Tray>
        <Tray icon="layers" label={t('top.jobs')}><JobsList /></Tray>
        <Button kind="quiet" icon="help" label={t('top.help')} onClick={() => overlay.set('help')} />
        <UserButton />
      </div>
    </header>
  );
}

function Breadcrumb() {
  const t = useT();
  const { pathname } = usePlace();
  const hostname = useStats((s) => s?.hostname ?? null);
  const section = sectionOf(pathname);
  const parts: { text: string; to?: string }[] = [];
  if (section) parts.push({ text: t(section.label), to: section.to });
  if (pathname === '/add') parts.push({ text: t('nav.add') });
  if (pathname.startsWith('/machines/')) parts.push({ text: hostname ?? t('nav.thisMachine') });
  else if (section) { const sub = subPageOf(section, pathname); if (sub && sub.label !== 'core.all') parts.push({ text: t(sub.label) }); }
  return (
    <nav className="crumbs" aria-label={t('nav.breadcrumb')}>
      <ol>{parts.map((p, i) => <li key={p.text}>{p.to && i < parts.length - 1 ? <Link to={p.to}>{p.text}</Link> : <span aria-current={i === parts.length - 1 ? 'page' : undefined}>{p.text}</span>}</li>)}</ol>
    </nav>
  );
}

export function LivePill() {
  const t = useT();
  const { link } = useLink();
  const text = link === 'live' ? t('live.live') : link === 'paused' ? t('live.paused') : link === 'connecting' ? t('live.connecting') : t('live.reconnecting');
  return (
    <button type="button" className={`livepill livepill-${link}`} onClick={togglePause} aria-pressed={link === 'paused'} title={link === 'paused' ? t('live.resume') : t('live.pause')} disabled={link === 'connecting' || link === 'reconnecting'}>
      <span className="livepill-dot" aria-hidden="true" /><span>{text}</span>
    </button>
  );
}

/** A button whose popover is loaded when it is first opened. */
function Tray({ icon, label, badge, children }: { icon: IconName; label: string; badge?: ReactNode; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape and leaving close the popover.
    <div className="menu" onBlur={(e) => { if (!(e.relatedTarget instanceof Node) || !e.currentTarget.contains(e.relatedTarget)) setOpen(false); }} onKeyDown={(e) => { if (e.key === 'Escape') setOpen(false); }}>
      <Button kind="quiet" icon={icon} label={label} expanded={open} haspopup="dialog" onClick={() => setOpen(!open)} />
      {badge}
      {open ? <div className="menu-list menu-end popover" role="dialog" aria-label={label} tabIndex={-1}><Suspense fallback={null}>{children}</Suspense></div> : null}
    </div>
  );
}

export function UserFace() {
  const t = useT();
  const name = useUser()?.username ?? '';
  return <><span className="avatar" aria-hidden="true">{name.slice(0, 2).toUpperCase()}</span><span className="sr">{t('top.user')}: {t('top.signedInAs', { name })}</span></>;
}

/** What the menu holds is loaded by the first press. */
function UserButton() {
  const t = useT();
  const [wanted, want] = useState(false);
  const button = <div className="menu"><button type="button" className="menu-opener" aria-haspopup="menu" aria-expanded={false} title={t('top.user')} onClick={() => want(true)}><UserFace /></button></div>;
  return wanted ? <Suspense fallback={button}><UserMenu /></Suspense> : button;
}
