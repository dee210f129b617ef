// What a person chose for the last run of a project, and the body of the next one. Pure but for the memory of this browser.
import type { TestDefaults } from '../../api/shapes';
import type { Json } from '../../api/testing';
import type { Pair } from './project-settings';
import { sizeOf } from './viewport';

/** Empty = as the project says. */
export interface RunChoice {
  readonly environment: string; readonly app_url: string; readonly retries: string; readonly trace: string; readonly screenshot_mode: string; readonly record_video: string;
  readonly viewport: string; readonly timeout_ms: string; readonly self_heal: string; /** Whether elements are looked for in pictures. */ readonly execution_mode: string; readonly parallel: string; readonly tags: readonly string[]; readonly priority: string; readonly shard: string; readonly shards: string; readonly fail_fast: boolean;
}
/** Whoever runs by hand looks at the pictures. */
export const usual: RunChoice = { environment: '', app_url: '', retries: '', trace: '', screenshot_mode: 'on', record_video: '', viewport: '', timeout_ms: '', self_heal: '', execution_mode: '', parallel: '', tags: [], priority: '', shard: '', shards: '', fail_fast: false };

/** What somebody chose as own defaults; what was left as documented says nothing, so that the project's settings hold. */
export function fromDefaults(own: TestDefaults): RunChoice {
  const retries = !own.retry_failed_tests ? '0' : own.max_retries === 2 ? '' : String(own.max_retries);
  return { ...usual, retries, screenshot_mode: own.screenshot_on_failure ? usual.screenshot_mode : 'off', record_video: own.video_recording ? 'true' : '', parallel: own.parallel_execution ? '' : '1' };
}
/** The defaults that a choice means. */
export function toDefaults(choice: RunChoice): Partial<TestDefaults> {
  const retries = choice.retries.trim() === '' ? 2 : Number(choice.retries);
  return { retry_failed_tests: retries !== 0, ...(retries > 0 ? { max_retries: retries } : {}), screenshot_on_failure: choice.screenshot_mode !== 'off', video_recording: choice.record_video === 'true', parallel_execution: choice.parallel.trim() !== '1' };
}

const place = (project: string) => `argos.run.${project}`;

/** Reads what was remembered; members that are not what they should be are the usual ones. */
export function readChoice(raw: string | null): RunChoice {
  let found: unknown;
  try { found = JSON.parse(raw ?? 'null'); } catch { found = null; }
  if (typeof found !== 'object' || found === null) return usual;
  const of = found as Json;
  const text = (name: keyof RunChoice) => (typeof of[name] === 'string' ? of[name] : (usual[name] as string));
  const tags = Array.isArray(of.tags) ? of.tags.filter((x): x is string => typeof x === 'string') : [];
  return { environment: text('environment'), app_url: text('app_url'), retries: text('retries'), trace: text('trace'), screenshot_mode: text('screenshot_mode'), record_video: text('record_video'), viewport: text('viewport'), timeout_ms: text('timeout_ms'), self_heal: text('self_heal'), execution_mode: text('execution_mode'), parallel: text('parallel'), tags, priority: text('priority'), shard: text('shard'), shards: text('shards'), fail_fast: of.fail_fast === true };
}
// A browser that keeps nothing remembers nothing.
/** Null where nothing was chosen for this project yet. */
export function remembered(project: string): RunChoice | null { try { const raw = localStorage.getItem(place(project)); return raw === null ? null : readChoice(raw); } catch { return null; } }
export function remember(project: string, choice: RunChoice): void { try { localStorage.setItem(place(project), JSON.stringify(choice)); } catch { /* nothing is kept then */ } }

/** The part of the body that every run has. Numbers that are none go as they were written: the server names the field. */
export function manner(choice: RunChoice, variables: readonly Pair[]): Json {
  const body: Json = { trigger: 'manual' };
  const number = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : text);
  for (const name of ['environment', 'app_url', 'trace', 'screenshot_mode', 'execution_mode'] as const) if (choice[name].trim() !== '') body[name] = choice[name].trim();
  if (choice.retries.trim() !== '') body.retries = number(choice.retries);
  if (choice.timeout_ms.trim() !== '') body.timeout_ms = number(choice.timeout_ms);
  if (choice.viewport.trim() !== '') body.viewport = sizeOf(choice.viewport) ?? choice.viewport;
  if (choice.self_heal !== '') body.self_heal = choice.self_heal === 'true';
  if (choice.record_video !== '') body.record_video = choice.record_video === 'true';
  const own = variables.filter((p) => p.key.trim() !== '');
  if (own.length > 0) body.variables = Object.fromEntries(own.map((p) => [p.key.trim(), p.value]));
  return body;
}

/** What one test is previewed with. What only counts for several (part, parallel, fail fast) may be remembered: it is left out. */
export function one(project: string, test: string, choice: RunChoice, variables: readonly Pair[]): Json {
  return { ...manner(choice, variables), project_id: project, test_ids: [test] };
}

/** The body of a run of several tests: the ones that were picked, or what the selection means. */
export function many(project: string, picked: readonly string[], choice: RunChoice, variables: readonly Pair[]): Json {
  const body: Json = { ...manner(choice, variables), project_id: project };
  const number = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : text);
  if (picked.length > 0) body.test_ids = picked;
  else {
    if (choice.tags.length > 0) body.tags = choice.tags;
    if (choice.priority !== '') body.priority = choice.priority;
  }
  if (choice.parallel.trim() !== '') body.parallel = number(choice.parallel);
  if (choice.fail_fast) body.fail_fast = true;
  if (choice.shard.trim() !== '' && choice.shards.trim() !== '') body.shard = { index: number(choice.shard), total: number(choice.shards) };
  return body;
}
