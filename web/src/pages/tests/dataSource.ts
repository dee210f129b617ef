// Where a data set has its rows, as a form and back. Pure.
import type { DataTest, Json } from '../../api/testing';
import type { Pair } from './project-settings';

/** Rows written here, a file of the project, variables of the server, one of them that holds rows, an address, a database; `kept`
 *  are those that programs keep with the test. */
export type SourceKind = 'csv' | 'json' | 'file' | 'env' | 'variable' | 'api' | 'database' | 'kept';
export const sourceKinds: readonly SourceKind[] = ['csv', 'json', 'file', 'env', 'variable', 'api', 'database'];
/** Those only some may name, because the server asks others for them. */
export const asksOthers = (kind: SourceKind) => kind === 'api' || kind === 'database';
export interface SourceDraft { readonly kind: SourceKind; readonly content: string; readonly delimiter: string; readonly file: string; readonly names: string; readonly variable: string; readonly format: 'csv' | 'json'; readonly url: string; readonly headers: readonly Pair[]; readonly path: string; readonly connection: string; readonly query: string; readonly filter: string }

/** Members that have a field, by kind; all others stay as they are while the kind does. */
const fields: Readonly<Record<SourceKind, readonly string[]>> = { csv: ['content', 'delimiter'], json: ['content'], file: ['file', 'path', 'delimiter'], env: ['variables'], variable: ['variable', 'format', 'delimiter'], api: ['url', 'headers', 'path'], database: ['connection', 'query'], kept: [] };
const text = (of: Json, name: string) => (typeof of[name] === 'string' ? of[name] : '');

function kindOf(type: string, config: Json): SourceKind {
  if (type === 'env') return text(config, 'variable') ? 'variable' : 'env';
  if (type === 'api' || type === 'database') return type;
  if (type !== 'csv' && type !== 'json') return 'kept';
  return typeof config.content === 'string' ? type : 'file';
}

export function sourceDraft(old: DataTest | null): SourceDraft {
  const config = old?.data_source_config ?? {};
  const type = old?.data_source_type ?? 'csv';
  const file = text(config, 'file') || (type === 'csv' || type === 'json' ? text(config, 'path') : '');
  const format = type === 'json' || (type === 'env' && text(config, 'format') !== 'csv') ? 'json' : 'csv';
  const headers = typeof config.headers === 'object' && config.headers !== null ? Object.entries(config.headers).map(([key, value]) => ({ key, value: String(value) })) : [];
  return {
    kind: old === null ? 'csv' : kindOf(type, config), content: text(config, 'content'), delimiter: text(config, 'delimiter'), file, names: Array.isArray(config.variables) ? config.variables.join(', ') : '', variable: text(config, 'variable'), format: old === null ? 'csv' : format,
    url: text(config, 'url'), headers, path: type === 'api' ? text(config, 'path') : '', connection: text(config, 'connection'), query: text(config, 'query'), filter: text(config, 'filter'),
  };
}

/** Whether it has columns that something stands between. */
export const readsCsv = (d: SourceDraft) => d.kind === 'csv' || ((d.kind === 'file' || d.kind === 'variable') && d.format === 'csv');
/** Nobody changed it: then it is not sent, and needs no right of its own. */
export const untouched = (old: DataTest | null, d: SourceDraft) => old !== null && JSON.stringify(sourceDraft(old)) === JSON.stringify(d);

/** What is still missing, by the name of its field; nothing when it can be saved. */
export function missingOf(d: SourceDraft): keyof SourceDraft | null {
  const needs: Readonly<Record<SourceKind, readonly (keyof SourceDraft)[]>> = { csv: ['content'], json: ['content'], file: ['file'], env: ['names'], variable: ['variable'], api: ['url'], database: ['connection', 'query'], kept: [] };
  if (readsCsv(d) && d.delimiter.length > 1) return 'delimiter';
  return needs[d.kind].find((name) => String(d[name]).trim() === '') ?? null;
}

/** What is saved of the rows; what a source says beside that has no field stays, also where the kind does. */
export function sourceOf(old: DataTest | null, d: SourceDraft): Json {
  if (untouched(old, d)) return {};
  const was = old === null ? null : sourceDraft(old);
  const same = was?.kind === d.kind && was.format === d.format;
  const said = Object.fromEntries(Object.entries(old?.data_source_config ?? {}).filter(([name]) => name !== 'filter' && (same ? !fields[d.kind].includes(name) : name === 'mapping')));
  const all = { ...said, ...(d.filter.trim() === '' ? {} : { filter: d.filter.trim() }) };
  if (d.kind === 'kept') return { data_source_config: all };
  const delimiter = d.delimiter === '' ? {} : { delimiter: d.delimiter };
  const headers = d.headers.filter((h) => h.key.trim() !== '');
  const names = d.names.split(/[\s,]+/).filter(Boolean);
  const of = {
    csv: ['csv', { content: d.content, ...delimiter }], json: ['json', { content: d.content }], file: [d.format, { file: d.file.trim(), ...(d.format === 'csv' ? delimiter : {}) }],
    env: ['env', { variables: names }], variable: ['env', { variable: d.variable.trim(), format: d.format, ...(d.format === 'csv' ? delimiter : {}) }],
    api: ['api', { url: d.url.trim(), ...(headers.length > 0 ? { headers: Object.fromEntries(headers.map((h) => [h.key.trim(), h.value])) } : {}), ...(d.path.trim() === '' ? {} : { path: d.path.trim() }) }],
    database: ['database', { connection: d.connection.trim(), query: d.query.trim() }],
  } as const;
  const [type, config] = of[d.kind];
  return { data_source_type: type, data_source_config: { ...all, ...config } };
}

/** A file says by its name how it is read. */
export function formatOf(name: string): 'csv' | 'json' { return /\.json$/i.test(name.trim()) ? 'json' : 'csv'; }
