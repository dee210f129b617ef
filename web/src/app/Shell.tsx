// The frame around every signed-in page: rail, top bar, connection bar, phone bar, palette, keyboard help.
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { exactTime } from '../format/time';
import { loadMessages, useT } from '../i18n';
import { togglePause, useLink } from '../state/live';
import { preferences, setPreferences } from '../state/preferences';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { useKeys } from './keys';
import { Rail, PhoneBar } from './Rail';
import { navigate, usePlace } from './router';
import { sections } from './sections';
import { reconnectNow } from './stream';
import { TopBar } from './TopBar';
import { overlay } from './overlays';
import { useStore } from '../state/store';
import { remember } from '../state/preferences';

const withTexts = async <T,>(module: Promise<T>): Promise<T> => { await loadMessages('overlay'); return module; };
const Palette = lazy(() => withTexts(import('./Palette')));
const KeyHelp = lazy(() => withTexts(import('./KeyHelp')));

function nextRegion() {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  const at = regions.findIndex((r) => r.contains(document.activeElement));
  const next = regions[(at + 1) % regions.length];
  (next?.querySelector<HTMLElement>('a, button, input, [tabindex]') ?? next)?.focus();
}

export function Shell({ children }: { children: ReactNode }) {
  const t = useT();
  const open = useStore(overlay);
  const { pathname } = usePlace();
  useEffect(() => remember(pathname), [pathname]);
  useKeys([
    { keys: 'Ctrl+k', label: 'keys.palette', run: () => overlay.set('palette') },
    { keys: '/', label: 'keys.search', run: () => overlay.set('palette') },
    { keys: '?', label: 'keys.help', run: () => overlay.set('help') },
    { keys: 'l', label: 'keys.pauseLive', run: togglePause },
    { keys: 'Alt+j', label: 'keys.jobs', run: () => navigate('/settings/system/jobs') },
    { keys: 'F6', label: 'keys.nextRegion', run: nextRegion },
    { keys: 'Alt+t', label: 'keys.theme', run: () => setPreferences({ theme: document.documentElement.dataset.theme === 'light' ? 'dark' : 'light' }) },
    ...sections.map((s) => ({ keys: `g ${s.key}`, label: s.label, run: () => navigate(s.to) })),
  ]);
  const collapsed = useStore(preferences, (p) => p.railCollapsed);
  return (
    <div className={collapsed ? 'shell shell-narrow' : 'shell'}>
      <a className="skip" href="#main">{t('core.skipToContent')}</a>
      <Rail />
      <TopBar />
      <main id="main" className="main" data-region="main" tabIndex={-1}>
        <ConnectionBar />
        {children}
      </main>
      <PhoneBar />
      <Suspense fallback={null}>
        {open === 'palette' ? <Palette onClose={() => overlay.set(null)} /> : null}
        {open === 'help' ? <KeyHelp onClose={() => overlay.set(null)} /> : null}
      </Suspense>
    </div>
  );
}

/** Says since when the connection is gone and when it is tried again. */
function ConnectionBar() {
  const t = useT();
  const { link, downSince, retryAt } = useLink();
  const [now, setNow] = useState(Date.now());
  const down = link === 'reconnecting';
  useEffect(() => {
    if (!down) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [down]);
  if (!down || downSince === null) return null;
  const seconds = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - now) / 1000));
  return (
    <div className="banner banner-critical" role="alert">
      <Icon name="siren" />
      <span>{t('live.lost', { time: exactTime(downSince) })}</span>
      <span className="faint num" aria-hidden="true">{seconds > 0 ? t('live.retryIn', { n: seconds }) : t('live.retrying')}</span>
      <Button small onClick={reconnectNow}>{t('live.retryNow')}</Button>
    </div>
  );
}
