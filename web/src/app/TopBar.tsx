// The top bar: where you are, search, jobs, the live pill, help and the user menu.
import { useState } from 'react';
import { paths } from '../api/paths';
import { useResource } from '../api/resource';
import type { JobRow } from '../api/shapes';
import { languages, useT } from '../i18n';
import { togglePause, useLink, useStats } from '../state/live';
import { type Density, preferences, setPreferences, type Theme } from '../state/preferences';
import { statusOf } from '../state/status';
import { useStore } from '../state/store';
import { Age } from '../ui/Age';
import { Button } from '../ui/Button';
import { Icon, StatusMark } from '../ui/Icon';
import { Menu, type MenuItem } from '../ui/Overlay';
import { Skeleton } from '../ui/StateBlock';
import { Link } from './Link';
import { overlay } from './overlays';
import { usePlace } from './router';
import { sectionOf, subPageOf } from './sections';
import { signOut, useUser } from './session';
import { toast } from '../ui/toasts';

export function TopBar() {
  const t = useT();
  return (
    <header className="topbar" data-region="top">
      <Breadcrumb />
      <button type="button" className="searchbox" onClick={() => overlay.set('palette')} aria-haspopup="dialog">
        <Icon name="search" /><span>{t('top.search')}</span><kbd>Ctrl K</kbd>
      </button>
      <div className="topbar-end">
        <LivePill />
        <JobsTray />
        <Button kind="quiet" icon="help" label={t('top.help')} onClick={() => overlay.set('help')} />
        <UserMenu />
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

/** `/api/jobs` answers an array or a page with `items`. */
export function jobList(data: JobRow[] | { items?: JobRow[]; jobs?: JobRow[] } | undefined): JobRow[] {
  return Array.isArray(data) ? data : (data?.items ?? data?.jobs ?? []);
}

function JobsTray() {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape and leaving close the popover.
    <div className="menu" onBlur={(e) => { if (!(e.relatedTarget instanceof Node) || !e.currentTarget.contains(e.relatedTarget)) setOpen(false); }} onKeyDown={(e) => { if (e.key === 'Escape') setOpen(false); }}>
      <Button kind="quiet" icon="layers" label={t('top.jobs')} expanded={open} haspopup="dialog" onClick={() => setOpen(!open)} />
      {open ? <div className="menu-list menu-end popover" role="dialog" aria-label={t('top.jobs')} tabIndex={-1}><JobsBody /></div> : null}
    </div>
  );
}

function JobsBody() {
  const t = useT();
  const jobs = useResource(paths.jobs, { everyMs: 5_000 });
  const list = jobList(jobs.data).slice(0, 8);
  if (jobs.data === undefined && !jobs.error) return <Skeleton lines={3} />;
  return (
    <>
      <h3 className="popover-title">{t('top.jobs')}</h3>
      {jobs.error ? <p className="popover-text muted">{jobs.error.message}</p> : list.length === 0 ? <p className="popover-text muted">{t('top.jobsEmpty')}</p> : (
        <ul className="popover-list">{list.map((j) => <li key={j.uid ?? j.id}><StatusMark status={statusOf(j.state ?? j.status)} bare /><span className="truncate">{j.kind}</span><span className="faint"><Age at={j.finished_at ?? j.started_at ?? j.created_at ?? null} /></span></li>)}</ul>
      )}
      <Link to="/settings/system/jobs" className="popover-foot">{t('top.jobsAll')}</Link>
    </>
  );
}

function UserMenu() {
  const t = useT();
  const user = useUser();
  const prefs = useStore(preferences);
  const themes: readonly (readonly [Theme, string])[] = [['system', t('top.themeSystem')], ['dark', t('top.themeDark')], ['light', t('top.themeLight')], ['contrast', t('top.themeContrast')]];
  const densities: readonly (readonly [Density, string])[] = [['compact', t('top.densityCompact')], ['normal', t('top.densityNormal')], ['relaxed', t('top.densityRelaxed')]];
  const items: MenuItem[] = [
    { id: 'account', text: t('nav.account'), icon: 'user', to: '/settings/account' },
    ...themes.map(([id, text], i) => ({ id: `theme-${id}`, text, checked: prefs.theme === id, run: () => setPreferences({ theme: id }), separator: i === 0 })),
    ...densities.map(([id, text], i) => ({ id: `density-${id}`, text, checked: prefs.density === id, run: () => setPreferences({ density: id }), separator: i === 0 })),
    ...languages.map(({ id, name }, i) => ({ id: `language-${id}`, text: name, checked: prefs.language === id, run: () => setPreferences({ language: id }), separator: i === 0 })),
    { id: 'out', text: t('top.signOut'), icon: 'logout', run: () => { signOut().catch((e: unknown) => toast({ level: 'critical', text: String(e) })); }, separator: true },
  ];
  const name = user?.username ?? '';
  return (
    <Menu label={t('top.user')} items={items}>
      <span className="avatar" aria-hidden="true">{name.slice(0, 2).toUpperCase()}</span>
      <span className="sr">{t('top.user')}: {t('top.signedInAs', { name })}</span>
    </Menu>
  );
}
