// Tests as files: what is written of one, and what is found in a file that comes from here, from a program or from the configuration
// document. Pure.
import type { Json, TestDocument } from '../../api/testing';

const members = ['name', 'description', 'priority', 'tags', 'is_active', 'steps', 'assertions', 'setup', 'teardown', 'variables', 'config'] as const;
/** Most that one file may bring. */
export const most = 500;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What of a test is its own, wherever it is: no ids, no project, no history. */
export function portable(test: Json | TestDocument): Json {
  const of = test as Json;
  return Object.fromEntries(members.flatMap((name) => (of[name] === undefined || of[name] === null ? [] : [[name, of[name]]])));
}
export function asFile(tests: readonly (Json | TestDocument)[]): string { return `${JSON.stringify({ tests: tests.map(portable) }, null, 2)}\n`; }

/** The list of a document, however deep the known ones have it. */
function listOf(read: unknown): unknown {
  if (Array.isArray(read)) return read;
  if (!isObject(read)) return null;
  if (Array.isArray(read.tests)) return read.tests;
  const sections = isObject(read.sections) ? read.sections : read;
  if (isObject(sections.quality)) return sections.quality.tests;
  return Array.isArray(read.steps) || Array.isArray(read.assertions) ? [read] : null;
}

export type Found = { ok: true; tests: Json[] } | { ok: false; why: 'json' | 'none' | 'many' };
/** The tests of a file; one without a name takes that of the file. */
export function testsIn(text: string, file: string): Found {
  let read: unknown;
  // Editors on some systems begin a file with a mark of its order of bytes.
  try { read = JSON.parse(text.replace(/^\uFEFF/, '')); } catch { return { ok: false, why: 'json' }; }
  const list = listOf(read);
  const tests = Array.isArray(list) ? list.filter(isObject).filter((x) => members.some((name) => name !== 'name' && x[name] !== undefined)) : [];
  if (tests.length === 0) return { ok: false, why: 'none' };
  if (tests.length > most) return { ok: false, why: 'many' };
  const named = file.replace(/\.[^.]*$/, '').slice(0, 200) || 'test';
  return { ok: true, tests: tests.map((x, n) => ({ ...portable(x), name: typeof x.name === 'string' && x.name.trim() !== '' ? x.name : tests.length === 1 ? named : `${named} ${n + 1}`, source: 'imported' })) };
}

/** How many steps a test of a file has. */
export function countOf(test: Json): number { return ['setup', 'steps', 'teardown'].reduce((n, list) => n + (Array.isArray(test[list]) ? test[list].length : 0), 0); }
/** A name that every system takes as that of a file. */
export function fileName(name: string): string { return name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 80) || 'test'; }
