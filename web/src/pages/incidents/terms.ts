// A rule condition as a list of questions joined by one word, and back. What the list cannot hold stays text.
import { type Operator, subjects } from './sentence';

export type Kind = 'value' | 'avg' | 'min' | 'max' | 'delta' | 'rate' | 'absent' | 'anomaly' | 'forecast';
export const kinds: readonly Kind[] = ['value', 'avg', 'min', 'max', 'delta', 'rate', 'absent', 'anomaly', 'forecast'];
export const overs = ['5m', '15m', '1h', '6h', '24h', '7d'] as const;
export interface Term { key: number; not: boolean; kind: Kind; metric: string; operator: Operator; value: string; over: string }
export interface Terms { join: 'AND' | 'OR'; list: readonly Term[] }

const metricName = '[A-Za-z_][\\w.]*(?:\\[[^\\]]*\\][\\w.]*)*';
const plain = new RegExp(`^(${metricName})\\s*(>=|<=|==|!=|>|<)\\s*(?:"([^"]*)"|(-?\\d+(?:\\.\\d+)?))$`);
const windowed = new RegExp(`^(avg|min|max|delta|rate|forecast)\\(\\s*(${metricName})\\s*,\\s*(\\d+[smhd])\\s*\\)\\s*(>=|<=|==|!=|>|<)\\s*(-?\\d+(?:\\.\\d+)?)$`);
const absent = new RegExp(`^absent\\(\\s*(${metricName})\\s*,\\s*(\\d+[smhd])\\s*\\)$`);
const anomaly = new RegExp(`^anomaly\\(\\s*(${metricName})\\s*\\)$`);

function readTerm(text: string, key: number): Term | null {
  const not = /^NOT\s+/i.test(text);
  const body = not ? text.replace(/^NOT\s+/i, '') : text;
  const base = { key, not, operator: '>' as Operator, value: '0', over: '15m' };
  const p = plain.exec(body);
  if (p?.[1]) return { ...base, kind: 'value', metric: p[1], operator: p[2] as Operator, value: p[3] ?? p[4] ?? '' };
  const w = windowed.exec(body);
  if (w?.[1] && w[2]) return { ...base, kind: w[1] as Kind, metric: w[2], over: w[3] ?? '15m', operator: w[4] as Operator, value: w[5] ?? '' };
  const a = absent.exec(body);
  if (a?.[1]) return { ...base, kind: 'absent', metric: a[1], over: a[2] ?? '15m' };
  const n = anomaly.exec(body);
  return n?.[1] ? { ...base, kind: 'anomaly', metric: n[1] } : null;
}

/** Splits at a joining word outside of quotes and parentheses; null when both words occur or a group stands alone. */
function split(condition: string): { join: 'AND' | 'OR'; parts: string[] } | null {
  const parts: string[] = [];
  const joins = new Set<string>();
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let i = 0; i < condition.length; i += 1) {
    const c = condition[i];
    if (c === '"') quoted = !quoted;
    if (quoted) continue;
    if (c === '(') depth += 1;
    if (c === ')') depth -= 1;
    const m = depth === 0 ? /^\s+(AND|OR)\s+/.exec(condition.slice(i)) : null;
    if (m?.[1]) {
      parts.push(condition.slice(from, i));
      joins.add(m[1]);
      i += m[0].length - 1;
      from = i + 1;
    }
  }
  parts.push(condition.slice(from));
  if (joins.size > 1) return null;
  return { join: joins.has('OR') ? 'OR' : 'AND', parts: parts.map((p) => p.trim()) };
}

export function readTerms(condition: string): Terms | null {
  const found = split(condition.trim());
  if (!found) return null;
  const list: Term[] = [];
  for (const [n, part] of found.parts.entries()) {
    const term = readTerm(part, n);
    if (!term) return null;
    list.push(term);
  }
  return { join: found.join, list };
}

function writeTerm(t: Term): string {
  const value = t.value.trim();
  const literal = /^-?\d+(\.\d+)?$/.test(value) ? value : `"${value.replaceAll('"', '')}"`;
  const body = t.kind === 'value' ? `${t.metric} ${t.operator} ${literal}` : t.kind === 'absent' ? `absent(${t.metric}, ${t.over})` : t.kind === 'anomaly' ? `anomaly(${t.metric})` : `${t.kind}(${t.metric}, ${t.over}) ${t.operator} ${value || '0'}`;
  return t.not ? `NOT ${body}` : body;
}

export function writeTerms(terms: Terms): string { return terms.list.map(writeTerm).join(` ${terms.join} `); }

export function newTerm(key: number, metric = 'cpu_percent'): Term {
  const s = subjects.find((x) => x.metric === metric);
  return { key, not: false, kind: 'value', metric, operator: s?.operator ?? '>', value: s?.value ?? '0', over: '15m' };
}
