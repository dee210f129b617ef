// The settings of a project while they are edited, and what of them is sent. Pure.
import type { Json, Manner } from '../../api/testing';

export interface Pair { readonly key: string; readonly value: string }
/** A secret that is there keeps its value until another one is written; values are never read back. */
export interface SecretRow { readonly key: string; readonly value: string; readonly stored: boolean }
export interface Login { readonly username: string; readonly password: string; readonly origin: string }
export interface ProjectDraft {
  readonly app_url: string; readonly base_url: readonly Pair[]; readonly variables: readonly Pair[];
  /** Variables of one environment each, by its name. */
  readonly environments: Readonly<Record<string, readonly Pair[]>>; readonly secrets: readonly SecretRow[];
  /** What is to be stored; null leaves what is there. */
  readonly login: Login | null; readonly forgetLogin: boolean; readonly hosts: string; readonly headers: readonly Pair[];
  /** Single values as text; empty = as inherited. */
  readonly plain: Readonly<Record<string, string>>; /** What pages may without asking. */ readonly permissions: readonly string[]; readonly visual: Readonly<Record<string, string>>;
}

export const numbers = ['retries', 'parallel_tests', 'default_timeout_ms', 'navigation_timeout_ms', 'test_timeout_ms'] as const;
export const switches = ['strict_selectors', 'self_heal', 'record_video'] as const;
export const words = { trace: ['off', 'on', 'retain-on-failure'], screenshot_mode: ['off', 'only-on-failure', 'on'], color_scheme: ['light', 'dark', 'no-preference'], reduced_motion: ['reduce', 'no-preference'] } as const;
const texts = ['locale', 'timezone'] as const;
const known = [...numbers, ...switches, ...Object.keys(words), ...texts];

/** Where a browser says it is; without both of the first it says nothing. */
export const places = ['latitude', 'longitude', 'accuracy'] as const;
/** One coordinate without the other, or only how exact it is. */
export function isHalfPlace(d: ProjectDraft): boolean {
  const said = places.map((name) => (d.plain[name] ?? '').trim() !== '');
  return said[0] !== said[1] || (said[2] === true && !said[0]);
}
/** What browsers ask a person for, in the words of their protocol. */
export const permissions = ['geolocation', 'notifications', 'clipboardReadWrite', 'clipboardSanitizedWrite', 'videoCapture', 'audioCapture', 'midi', 'idleDetection', 'localFonts'] as const;

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (value: unknown): string => (typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value));
const pairs = (value: unknown): Pair[] => (isRecord(value) ? Object.entries(value).map(([key, v]) => ({ key, value: shown(v) })) : []);

/** The server keeps them under `custom`, as every key it does not know. */
function environmentsOf(settings: Json): Json { const custom = settings.custom; return isRecord(custom) && isRecord(custom.environments) ? custom.environments : {}; }

/** The draft of what is stored; `own` names what the project says itself. */
export function draftOf(settings: Json, own: readonly string[], appUrl: string | null): ProjectDraft {
  const mine = (name: string) => (own.includes(name) ? settings[name] : undefined);
  const size = mine('viewport');
  const place = mine('geolocation');
  const allowed = mine('permissions');
  const visual = mine('visual');
  return {
    app_url: appUrl ?? '', base_url: pairs(mine('base_url')), variables: pairs(mine('variables')), environments: Object.fromEntries(Object.entries(environmentsOf(settings)).map(([name, of]) => [name, pairs(of)])), headers: pairs(mine('extra_headers')),
    secrets: pairs(settings.secrets).map(({ key }) => ({ key, value: '', stored: true })), login: null, forgetLogin: false,
    hosts: Array.isArray(settings.allowed_hosts) ? settings.allowed_hosts.map(String).join('\n') : '',
    plain: { ...Object.fromEntries(known.map((name) => [name, shown(mine(name))])), width: isRecord(size) ? shown(size.width) : '', height: isRecord(size) ? shown(size.height) : '', ...Object.fromEntries(places.map((name) => [name, isRecord(place) ? shown(place[name]) : ''])) },
    permissions: Array.isArray(allowed) ? allowed.map(String) : [],
    visual: { sensitivity: isRecord(visual) ? shown(visual.sensitivity) : '', auto_approve: isRecord(visual) ? shown(visual.auto_approve) : '', threshold: isRecord(visual) ? shown(visual.threshold) : '', threshold_percentage: isRecord(visual) ? shown(visual.threshold_percentage) : '', ignore_selectors: isRecord(visual) && Array.isArray(visual.ignore_selectors) ? visual.ignore_selectors.join(', ') : '' },
  };
}

export const hasLogin = (settings: Json): boolean => isRecord(settings.http_credentials) && Object.keys(settings.http_credentials).length > 0;

/** Texts that were numbers or objects go back as such. */
function like(text: string, before: unknown): unknown {
  if (before === undefined || typeof before === 'string') return text;
  try { return JSON.parse(text) as unknown; } catch { return text; }
}

function changed(before: readonly Pair[], now: readonly Pair[], original: unknown): Json | null {
  const out: Json = {};
  const rows = new Map(now.filter((p) => p.key.trim() !== '').map((p) => [p.key.trim(), p.value]));
  for (const { key } of before) if (!rows.has(key)) out[key] = null;
  for (const [key, value] of rows) if (before.find((p) => p.key === key)?.value !== value) out[key] = like(value, isRecord(original) ? original[key] : undefined);
  return Object.keys(out).length > 0 ? out : null;
}

const list = (text: string, by: RegExp) => text.split(by).map((w) => w.trim()).filter(Boolean);
const number = (text: string): unknown => { const n = Number(text); return text.trim() === '' ? null : Number.isFinite(n) ? n : text; };

/** What is sent to the settings: only what is different, null for what is given back. */
export function patchOf(settings: Json, before: ProjectDraft, now: ProjectDraft): Json {
  const out: Json = {};
  const maps = [['base_url', before.base_url, now.base_url], ['variables', before.variables, now.variables], ['extra_headers', before.headers, now.headers]] as const;
  for (const [name, was, is] of maps) { const patch = changed(was, is, settings[name]); if (patch) out[name] = patch; }
  const environments: Json = {};
  const stored = environmentsOf(settings);
  for (const name of new Set([...Object.keys(before.environments), ...Object.keys(now.environments)])) {
    const patch = changed(before.environments[name] ?? [], now.environments[name] ?? [], stored[name]);
    if (patch) environments[name] = patch;
  }
  if (Object.keys(environments).length > 0) out.environments = environments;
  const secrets: Json = {};
  for (const { key } of before.secrets) if (!now.secrets.some((s) => s.stored && s.key === key)) secrets[key] = null;
  for (const s of now.secrets) if (s.key.trim() !== '' && s.value !== '') secrets[s.key.trim()] = s.value;
  if (Object.keys(secrets).length > 0) out.secrets = secrets;
  if (now.login) out.http_credentials = { username: now.login.username, password: now.login.password, origin: now.login.origin.trim() === '' ? null : now.login.origin.trim() };
  else if (now.forgetLogin) out.http_credentials = null;
  if (before.hosts !== now.hosts) out.allowed_hosts = list(now.hosts, /\n/);
  for (const name of known) {
    const text = now.plain[name] ?? '';
    if (text === (before.plain[name] ?? '')) continue;
    const isNumber = numbers.some((n) => n === name);
    const isSwitch = switches.some((n) => n === name);
    out[name] = text.trim() === '' ? null : isNumber ? number(text) : isSwitch ? text === 'true' : text.trim();
  }
  const { width = '', height = '' } = now.plain;
  if (width !== before.plain.width || height !== before.plain.height) out.viewport = width.trim() === '' && height.trim() === '' ? null : { width: number(width), height: number(height) };
  if (places.some((name) => now.plain[name] !== before.plain[name])) {
    const said = places.filter((name) => (now.plain[name] ?? '').trim() !== '');
    // What is emptied is taken away: the rest is laid over what is stored.
    out.geolocation = said.length === 0 ? null : Object.fromEntries(places.map((name) => [name, number(now.plain[name] ?? '')]));
  }
  if (before.permissions.join() !== now.permissions.join()) out.permissions = now.permissions.length > 0 ? now.permissions : null;
  const visual: Json = {};
  for (const name of ['threshold', 'threshold_percentage'] as const) if (now.visual[name] !== before.visual[name]) visual[name] = number(now.visual[name] ?? '');
  for (const name of ['sensitivity', 'auto_approve'] as const) if (now.visual[name] !== before.visual[name]) visual[name] = now.visual[name] === '' ? null : now.visual[name];
  if (now.visual.ignore_selectors !== before.visual.ignore_selectors) { const names = list(now.visual.ignore_selectors ?? '', /,/); visual.ignore_selectors = names.length > 0 ? names : null; }
  if (Object.keys(visual).length > 0) out.visual = visual;
  return out;
}

/** What an inherited value is, as it is shown; nothing for what runs have no value of. */
export function inheritedOf(inherited: Manner, name: string): string | number | boolean | null {
  if (name === 'width') return inherited.viewport.width;
  if (name === 'height') return inherited.viewport.height;
  const value = (inherited as unknown as Json)[name];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
