// Who is signed in and what they may do. The cookie is the session; this only mirrors the server's answer.
import { ApiError, asApiError, load, send, setProofHandler, setUnauthorizedHandler } from '../api/client';
import { paths, urls } from '../api/home-paths';
import { clearResources } from '../api/resource';
import { forgetUnsaved, takePreferences } from '../state/preferences';
import { createStore, useStore } from '../state/store';
import { askProof, question } from './proof';
import { navigate, here } from './router';

export interface User { username: string; role: string; grants: ReadonlySet<string>; mustChangePassword: boolean; needsSecondFactor: boolean }
export type Session = { state: 'loading' } | { state: 'out' } | { state: 'unreachable' } | { state: 'in'; user: User };

export const session = createStore<Session>({ state: 'loading' });
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('argos.session');

export async function loadSession(): Promise<void> {
  try {
    const me = await load(paths.me, { quiet: true });
    takePreferences(me.preferences, me.user.username);
    session.set({ state: 'in', user: { username: me.user.username, role: me.user.role, grants: new Set(me.can), mustChangePassword: me.user.must_change_password, needsSecondFactor: me.requires_2fa_setup } });
  } catch (cause) {
    const error = asApiError(cause);
    session.set(error.unreachable || error.status >= 500 ? { state: 'unreachable' } : { state: 'out' });
  }
}

export function can(user: User | null, permission: string): boolean {
  if (!user) return false;
  if (user.grants.has(permission) || user.grants.has('*')) return true;
  const area = permission.split(':')[0];
  return area !== undefined && user.grants.has(`${area}:*`);
}

export function useUser(): User | null { return useStore(session, (s) => (s.state === 'in' ? s.user : null)); }
export function useCan(permission: string): boolean { return can(useUser(), permission); }

function leave() {
  question.get()?.(false);
  clearResources();
  session.set({ state: 'out' });
  const { pathname, search } = here();
  if (pathname !== '/login') navigate(`/login?next=${encodeURIComponent(pathname + search)}`, { replace: true });
}

export async function signOut(): Promise<void> {
  try { await send('POST', urls.logout, undefined, { quiet: true }); }
  catch (cause) { if (!(cause instanceof ApiError) || (cause.status !== 401 && cause.status !== 403)) throw cause; }
  channel?.postMessage('out');
  forgetUnsaved();
  clearResources();
  session.set({ state: 'out' });
  navigate('/login', { replace: true });
}

export function startSession(): void {
  setProofHandler(askProof);
  setUnauthorizedHandler(() => { if (session.get().state === 'in') leave(); });
  channel?.addEventListener('message', (event) => {
    if (event.data === 'out' && session.get().state === 'in') leave();
    if (event.data === 'in' && session.get().state !== 'in') void loadSession();
  });
  void loadSession();
}
/** Called once after a sign-in so that other tabs follow. */
export function announceSignIn(): void { channel?.postMessage('in'); }
