// Decides what is on screen: the route's page inside the shell, or a bare page (sign in, first run).
import { Component, type ComponentType, lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { loadMessages, t as translate, useT } from '../i18n';
import { Button, ButtonLink } from '../ui/Button';
import { Empty } from '../ui/StateBlock';
import { Toaster } from '../ui/Toaster';
import { useStore } from '../state/store';
import { question } from './proof';
import { matchRoute, navigate, type Params, usePlace } from './router';
import { loadRoutes, type PageProps, type RouteDef, routeTable } from './routes';
import { loadSession, session } from './session';
import { Shell } from './Shell';
import { startStream, stopStream } from './stream';

const StepUp = lazy(async () => { const module = await import('./StepUp'); await loadMessages('overlay'); return module; });

interface Shown { route: RouteDef; params: Params; Page: ComponentType<PageProps> }
const pages = new Map<RouteDef['load'], ComponentType<PageProps>>();

/** A page of another object starts anew, so that nothing typed for one is saved to the next; a tab is the same page. */
export function pageKey(path: string, params: Params): string { return [path, ...Object.entries(params).filter(([name]) => name !== 'tab').map(([, value]) => value)].join('\n'); }

/** Follows published addresses and `/go/<ref>`. The table is loaded only for an address that is no page. */
async function redirect(pathname: string, search: string, hash: string): Promise<void> {
  const { redirectFor } = await import('./redirects');
  const target = redirectFor(pathname, search, hash);
  // Somebody may have gone on meanwhile.
  if (target && target !== pathname + search && location.pathname === pathname) navigate(target, { replace: true });
}

export function App() {
  const t = useT();
  const place = usePlace();
  const current = useStore(session);
  const [shown, setShown] = useState<Shown | null>(null);
  const [failed, setFailed] = useState(false);
  const [slow, setSlow] = useState(false);
  const [missing, setMissing] = useState('');
  const { pathname, search, hash } = place;
  const table = useStore(routeTable);
  const match = matchRoute(table.routes, pathname);
  const known = match !== null;
  const bare = match?.route.bare ?? false;
  const address = pathname + hash;
  const signedIn = current.state === 'in';
  // A session that may only set up its second factor gets no stream.
  const live = current.state === 'in' && !current.user.needsSecondFactor;

  useEffect(() => {
    if (table.complete) return;
    if (!known) { loadRoutes().catch(() => setFailed(true)); return; }
    // The other pages are near at hand once this one stands.
    const idle = setTimeout(() => { loadRoutes().catch(() => { /* asked for again by the next address */ }); }, 1_500);
    return () => clearTimeout(idle);
  }, [table.complete, known]);

  useEffect(() => {
    if (!known && !table.complete) return;
    if ((!known || hash.startsWith('#/')) && missing !== address) { redirect(pathname, search, hash).finally(() => setMissing(address)); return; }
    if (current.state === 'out' && !bare) navigate(`/login${pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`}`, { replace: true });
    if (current.state === 'in' && current.user.needsSecondFactor) { if (pathname !== '/second-factor') navigate('/second-factor', { replace: true }); } else if (current.state === 'in' && current.user.mustChangePassword && pathname !== '/welcome') navigate('/welcome', { replace: true });
  }, [pathname, search, hash, address, current, missing, bare, known, table.complete]);

  useEffect(() => {
    if (!live) return;
    startStream();
    return stopStream;
  }, [live]);

  const routePath = match?.route.path;
  // biome-ignore lint/correctness/useExhaustiveDependencies: parameters travel with the pathname.
  useEffect(() => {
    if (!match) { setShown(null); return; }
    const { route, params } = match;
    const known = pages.get(route.load);
    if (known) { setFailed(false); setShown({ route, params, Page: known }); return; }
    let stale = false;
    const timer = setTimeout(() => setSlow(true), 150);
    Promise.all([route.load(), loadMessages(...route.messages)]).then(([module]) => {
      pages.set(route.load, module.default);
      if (!stale) { setFailed(false); setShown({ route, params, Page: module.default }); }
    }, () => { if (!stale) setFailed(true); }).finally(() => { clearTimeout(timer); if (!stale) setSlow(false); });
    return () => { stale = true; clearTimeout(timer); setSlow(false); };
  }, [routePath, pathname]);

  const title = shown?.route.title;
  useEffect(() => { document.title = title ? `${t(title)} · Argos` : 'Argos'; }, [title, t]);
  useEffect(() => {
    if (!shown) return;
    const heading = document.querySelector<HTMLElement>('main h1');
    // Focus follows navigation, except when the reader is already inside the new page (a tab change).
    if (heading && !document.activeElement?.closest('main, dialog')) heading.focus({ preventScroll: true });
  }, [shown]);

  const page = failed ? <Stale /> : !match ? (missing === address ? <NotFound /> : null) : shown ? <PageBoundary key={pageKey(shown.route.path, shown.params)}><shown.Page params={shown.params} /></PageBoundary> : null;

  if (current.state === 'unreachable' && !bare) return <Unreachable />;
  return (
    <>
      {slow ? <div className="progress" aria-hidden="true" /> : null}
      {bare || (shown?.route.bare ?? false) ? <main className="bare">{shown?.route.bare ? page : null}</main> : signedIn ? <Shell>{page}</Shell> : null}
      <Proof />
      <Toaster />
    </>
  );
}

function Proof() {
  const answer = useStore(question);
  return answer ? <Suspense fallback={null}><StepUp onEnd={answer} /></Suspense> : null;
}

function NotFound() {
  const t = useT();
  return <Empty icon="compass" title={t('core.notFound')} text={t('core.notFoundText')} action={<ButtonLink to="/" icon="home">{t('core.goHome')}</ButtonLink>} />;
}
function Stale() {
  const t = useT();
  return <Empty icon="refresh" title={t('core.newVersion')} action={<Button icon="refresh" onClick={() => location.reload()}>{t('core.reload')}</Button>} />;
}
function Unreachable() {
  const t = useT();
  useEffect(() => {
    const timer = setInterval(() => void loadSession(), 3_000);
    return () => clearInterval(timer);
  }, []);
  return <main className="bare"><Empty icon="siren" title={t('core.errorUnreachable')} text={t('core.errorUnreachableText')} action={<Button icon="refresh" onClick={() => void loadSession()}>{t('core.retry')}</Button>} /></main>;
}

class PageBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error) { return { error }; }
  override render() {
    if (!this.state.error) return this.props.children;
    return <Empty icon="siren" title={translate('core.pageFailed')} text={<>{translate('core.pageFailedText')}<br /><code>{this.state.error.message}</code></>} action={<Button icon="refresh" onClick={() => location.reload()}>{translate('core.reload')}</Button>} />;
  }
}
