// The person's own choices. Kept in the browser for the first paint and on the server for the next device.
import { send } from '../api/client';
import { urls } from '../api/home-paths';
import { guessLanguage, type Language, setLanguage } from '../i18n';
import { createStore } from './store';

export type Theme = 'system' | 'dark' | 'light' | 'contrast';
export type Density = 'compact' | 'normal' | 'relaxed';
export interface SavedChart { id: string; name: string; metric: string; labels: string; agg: string; range: string }
export interface SavedSearch { id: string; name: string; source: string; level: string; q: string; status: string; range: string }
export interface UserPreferences {
  theme: Theme; density: Density; language: Language; railCollapsed: boolean; singleKeys: boolean;
  pins: string[]; charts: SavedChart[]; searches: SavedSearch[]; recent: string[]; columns: Record<string, string[]>;
}

const storageKey = 'argos.prefs';
const unsavedKey = 'argos.prefs.unsaved';
const ownerKey = 'argos.prefs.owner';
const defaults: UserPreferences = { theme: 'system', density: 'normal', language: guessLanguage(), railCollapsed: false, singleKeys: true, pins: [], charts: [], searches: [], recent: [], columns: {} };

const themes: readonly string[] = ['system', 'dark', 'light', 'contrast'];
const densities: readonly string[] = ['compact', 'normal', 'relaxed'];

/** Takes only members of the right form: the stored object may come from an older or newer version. */
export function readPreferences(value: unknown, base: UserPreferences): UserPreferences {
  if (typeof value !== 'object' || value === null) return base;
  const v: Record<string, unknown> = { ...value };
  const texts = (x: unknown, otherwise: string[]) => (Array.isArray(x) ? x.filter((e): e is string => typeof e === 'string') : otherwise);
  const oneOf = <T extends string>(x: unknown, allowed: readonly string[], otherwise: T): T => (typeof x === 'string' && allowed.includes(x) ? x as T : otherwise);
  const flag = (x: unknown, otherwise: boolean) => (typeof x === 'boolean' ? x : otherwise);
  const has = (c: unknown, names: readonly string[]) => typeof c === 'object' && c !== null && names.every((k) => typeof (c as Record<string, unknown>)[k] === 'string');
  const isChart = (c: unknown): c is SavedChart => has(c, ['id', 'name', 'metric', 'labels', 'agg', 'range']);
  const isSearch = (c: unknown): c is SavedSearch => has(c, ['id', 'name', 'source', 'level', 'q', 'status', 'range']);
  return {
    theme: oneOf(v.theme, themes, base.theme),
    density: oneOf(v.density, densities, base.density),
    language: oneOf(v.language, ['en', 'es'], base.language),
    railCollapsed: flag(v.railCollapsed, base.railCollapsed),
    singleKeys: flag(v.singleKeys, base.singleKeys),
    pins: texts(v.pins, base.pins),
    recent: texts(v.recent, base.recent).slice(0, 12),
    searches: Array.isArray(v.searches) ? v.searches.filter(isSearch) : base.searches,
    charts: Array.isArray(v.charts) ? v.charts.filter(isChart) : base.charts,
    columns: typeof v.columns === 'object' && v.columns !== null ? Object.fromEntries(Object.entries(v.columns).map(([k, x]) => [k, texts(x, [])])) : base.columns,
  };
}

function stored(): UserPreferences {
  try { return readPreferences(JSON.parse(localStorage.getItem(storageKey) ?? '{}'), defaults); } catch { return defaults; }
}

export const preferences = createStore<UserPreferences>(typeof localStorage === 'undefined' ? defaults : stored());

function apply(p: UserPreferences) {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  root.dataset.theme = p.theme === 'system' ? system : p.theme;
  root.dataset.density = p.density;
  void setLanguage(p.language);
}

let saving: ReturnType<typeof setTimeout> | null = null;
let serverCopy: Record<string, unknown> = {};
let signedIn = false;

function write(key: string, value: string | null) {
  try { if (value === null) localStorage.removeItem(key); else localStorage.setItem(key, value); } catch { /* private mode: the server copy remains */ }
}
function isUnsaved(): boolean { try { return localStorage.getItem(unsavedKey) !== null; } catch { return false; } }

function saveSoon() {
  if (!signedIn) return;
  if (saving) clearTimeout(saving);
  saving = setTimeout(() => {
    const sent = preferences.get();
    serverCopy = { ...serverCopy, ui: sent };
    // A failed save keeps the mark: the next page load sends the local copy again.
    send('PUT', urls.preferences, { preferences: serverCopy }).then(() => { if (preferences.get() === sent) write(unsavedKey, null); }, () => {});
  }, 800);
}

export function setPreferences(change: Partial<UserPreferences>): void {
  preferences.set((p) => ({ ...p, ...change }));
  apply(preferences.get());
  write(storageKey, JSON.stringify(preferences.get()));
  write(unsavedKey, '1');
  saveSoon();
}

/** At sign-out: what is not saved yet belongs to nobody. */
export function forgetUnsaved(): void { signedIn = false; if (saving) clearTimeout(saving); write(unsavedKey, null); }

/** What stays when somebody else signs in at this browser: how it looks, not what was done. */
export function impersonal(p: UserPreferences): UserPreferences { return { ...defaults, theme: p.theme, density: p.density, language: p.language }; }

function isOf(name: string): boolean { try { return (localStorage.getItem(ownerKey) ?? name) === name; } catch { return true; } }

/** After sign-in: the server's copy wins, except over a change made here by the same person that it has not seen yet. */
export function takePreferences(fromServer: Record<string, unknown>, owner: string): void {
  signedIn = true;
  serverCopy = fromServer;
  if (!isOf(owner)) {
    write(unsavedKey, null);
    preferences.set(impersonal);
    write(storageKey, JSON.stringify(preferences.get()));
  }
  write(ownerKey, owner);
  if (isUnsaved()) { saveSoon(); return; }
  if (serverCopy.ui === undefined) return;
  preferences.set((p) => readPreferences(serverCopy.ui, p));
  apply(preferences.get());
  write(storageKey, JSON.stringify(preferences.get()));
}

export function startPreferences(): void {
  apply(preferences.get());
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => apply(preferences.get()));
}
export function remember(address: string): void {
  const recent = [address, ...preferences.get().recent.filter((r) => r !== address)].slice(0, 8);
  preferences.set((p) => ({ ...p, recent }));
  write(storageKey, JSON.stringify(preferences.get()));
}
