// The message catalogue: English core is in the first load, everything else arrives with its route and language.
// Keys and their parameters are checked by the compiler; the catalogue test checks that no language misses a key.
import { useSyncExternalStore } from 'react';
import core from './en/core';
import { formatMessage, type MessageValue, type MessageValues } from './message';

type Catalogues = typeof core
  & typeof import('./en/data').default
  & typeof import('./en/overlay').default
  & typeof import('./en/entry').default
  & typeof import('./en/home').default
  & typeof import('./en/machine').default
  & typeof import('./en/inventory').default
  & typeof import('./en/models').default
  & typeof import('./en/explore').default
  & typeof import('./en/loglines').default
  & typeof import('./en/incidents').default
  & typeof import('./en/inbox').default
  & typeof import('./en/alerts').default
  & typeof import('./en/media').default
  & typeof import('./en/power').default
  & typeof import('./en/settings').default
  & typeof import('./en/certificates').default
  & typeof import('./en/protection').default
  & typeof import('./en/engine').default
  & typeof import('./en/sites').default
  & typeof import('./en/shutdown').default
  & typeof import('./en/signon').default
  & typeof import('./en/people').default
  & typeof import('./en/roles').default
  & typeof import('./en/notify').default
  & typeof import('./en/backups').default
  & typeof import('./en/approvals').default
  & typeof import('./en/status').default
  & typeof import('./en/integrations').default
  & typeof import('./en/testing').default
  & typeof import('./en/running').default
  & typeof import('./en/tproject').default
  & typeof import('./en/tedit').default
  & typeof import('./en/tstep').default
  & typeof import('./en/tconfig').default
  & typeof import('./en/tdata').default
  & typeof import('./en/trace').default
  & typeof import('./en/visual').default
  & typeof import('./en/discover').default
  & typeof import('./en/healing').default
  & typeof import('./en/webhooks').default;

export interface Catalogue { default: Readonly<Record<string, string>> }

export type MessageKey = keyof Catalogues;
export type Namespace = 'core' | 'data' | 'overlay' | 'entry' | 'home' | 'machine' | 'inventory' | 'models' | 'explore' | 'loglines' | 'incidents' | 'inbox' | 'alerts' | 'media' | 'power' | 'settings' | 'shutdown' | 'signon' | 'people' | 'roles' | 'notify' | 'backups' | 'approvals' | 'status' | 'webhooks' | 'integrations' | 'sites' | 'certificates' | 'protection' | 'engine' | 'testing' | 'running' | 'tedit' | 'tstep' | 'tconfig' | 'tdata' | 'tproject' | 'trace' | 'visual' | 'discover' | 'healing';
export type Language = 'en' | 'es';
export const languages: readonly { id: Language; name: string }[] = [{ id: 'en', name: 'English' }, { id: 'es', name: 'Español' }];

/** Names of `{arguments}` in a message; words inside plural branches hold a space or '#', so they are dropped. */
type Word<S extends string> = S extends `${string} ${string}` | `${string}#${string}` ? never : S;
type ArgumentName<S extends string> = S extends `${infer N},${string}` ? Word<N> : Word<S>;
type Arguments<S extends string> = S extends `${string}{${infer P}}${infer Rest}` ? ArgumentName<P> | Arguments<Rest> : never;
type Values<K extends MessageKey> = [Arguments<Catalogues[K]>] extends [never] ? [] : [values: Readonly<Record<Arguments<Catalogues[K]>, MessageValue>>];

/** Keys whose text takes no values; what titles and labels in tables of routes or keys may be. */
export type PlainKey = { [K in MessageKey]: [Arguments<Catalogues[K]>] extends [never] ? K : never }[MessageKey];

export type Translate = <K extends MessageKey>(key: K, ...values: Values<K>) => string;

const english = import.meta.glob<Catalogue>(['./en/*.ts', '!./en/core.ts']);
/** Other languages stand apart, so that the first load in English does not carry the list of their files. */
async function filesOf(lang: Language) { return lang === 'en' ? english : (await import('./translations')).files; }
const loaded = new Map<Language, Map<string, string>>([['en', new Map(Object.entries(core))], ['es', new Map()]]);
const present = new Set<string>(['en/core']);
const wanted = new Set<Namespace>(['core']);
const listeners = new Set<() => void>();
let language: Language = 'en';
let target: Language = 'en';
let revision = 0;

function bump() { revision += 1; for (const l of listeners) l(); }

async function load(lang: Language, names: Iterable<Namespace>): Promise<void> {
  const files = await filesOf(lang);
  await Promise.all([...names].map(async (name) => {
    const id = `${lang}/${name}`;
    if (present.has(id)) return;
    const file = files[`./${id}.ts`];
    if (!file) throw new Error(`no catalogue ${id}`);
    const module = await file();
    const into = loaded.get(lang);
    for (const [key, text] of Object.entries(module.default)) into?.set(key, text);
    present.add(id);
  }));
}

/** Loads the namespaces a page needs; resolves when `t` can render them. */
export async function loadMessages(...names: Namespace[]): Promise<void> {
  for (const n of names) wanted.add(n);
  // A language change may be under way: its texts are needed as well.
  await Promise.all([load(language, names), load(target, names)]);
}

export async function setLanguage(next: Language): Promise<void> {
  target = next;
  if (next === language) return;
  await load(next, wanted);
  // A later choice overtook this one.
  if (target !== next) return;
  language = next;
  if (typeof document !== 'undefined') document.documentElement.lang = next;
  bump();
}

export function currentLanguage(): Language { return language; }

export function guessLanguage(): Language {
  const tag = typeof navigator === 'undefined' ? 'en' : navigator.language.slice(0, 2);
  return tag === 'es' ? 'es' : 'en';
}

export const t: Translate = (key, ...values) => {
  const pattern = loaded.get(language)?.get(key) ?? loaded.get('en')?.get(key) ?? key;
  const given: MessageValues = values[0] ?? {};
  return formatMessage(pattern, given, language);
};

/** True when the catalogue knows this computed key (server codes); use with `tDynamic`. */
export function hasMessage(key: string): boolean { return loaded.get('en')?.has(key) ?? false; }
/** For keys computed from server words; falls back to the given text. */
export function tDynamic(key: string, fallback: string): string {
  return loaded.get(language)?.get(key) ?? loaded.get('en')?.get(key) ?? fallback;
}

/** Re-renders the component when the language changes. */
export function useT(): Translate {
  useSyncExternalStore((l) => { listeners.add(l); return () => listeners.delete(l); }, () => revision);
  return t;
}
