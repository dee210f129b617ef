// The filter language of every list: `state:-ok cpu:>80 tag:a,b "two words"`. Invalid tokens are kept and marked, never dropped.

export type Operator = 'has' | '>' | '<' | '>=' | '<=';
export interface Token {
  readonly text: string;
  readonly key: string | null;
  readonly negated: boolean;
  readonly operator: Operator;
  readonly values: readonly string[];
  /** Why the token cannot be applied; null when it can. */
  readonly problem: 'unknown_key' | 'number_expected' | null;
}
export type FieldKind = 'text' | 'number';
export type Fields = Readonly<Record<string, FieldKind>>;

function pieces(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)].map((m) => m[0]);
}
function unquote(text: string): string { return text.replaceAll('"', ''); }

export function parseFilter(text: string, fields: Fields): Token[] {
  return pieces(text).map((piece): Token => {
    const colon = /^(-?)([A-Za-z_][\w.]*):(.*)$/.exec(piece);
    if (!colon) {
      const negated = piece.startsWith('-') && piece.length > 1;
      return { text: piece, key: null, negated, operator: 'has', values: [unquote(negated ? piece.slice(1) : piece)], problem: null };
    }
    const key = colon[2] ?? '';
    let rest = colon[3] ?? '';
    const kind = fields[key];
    let negated = colon[1] === '-';
    if (rest.startsWith('-') && kind !== 'number') { negated = !negated; rest = rest.slice(1); }
    const compared = /^(>=|<=|>|<)(.*)$/.exec(rest);
    const operator: Operator = compared ? compared[1] as Operator : 'has';
    const values = (compared ? compared[2] ?? '' : rest).split(',').map(unquote).filter((v) => v !== '');
    const wantsNumber = operator !== 'has';
    const problem = kind === undefined ? 'unknown_key' : wantsNumber && (kind !== 'number' || values.length !== 1 || !Number.isFinite(Number(values[0]))) ? 'number_expected' : null;
    return { text: piece, key, negated, operator, values, problem };
  });
}

export type FieldValue = string | number | null | undefined | readonly string[];

/** True when every valid token matches; free text looks at all fields. */
export function matches(tokens: readonly Token[], value: (key: string) => FieldValue, all: () => string): boolean {
  return tokens.every((token) => {
    if (token.problem !== null || token.values.length === 0) return true;
    const hit = token.key === null ? all().toLowerCase().includes((token.values[0] ?? '').toLowerCase()) : fieldHit(token, value(token.key));
    return hit !== token.negated;
  });
}

function fieldHit(token: Token, value: FieldValue): boolean {
  if (value === null || value === undefined) return false;
  if (token.operator !== 'has') {
    const number = Number(value);
    const limit = Number(token.values[0]);
    if (!Number.isFinite(number)) return false;
    switch (token.operator) { case '>': return number > limit; case '<': return number < limit; case '>=': return number >= limit; default: return number <= limit; }
  }
  const have = (Array.isArray(value) ? value : [String(value)]).map((v) => v.toLowerCase());
  return token.values.some((wanted) => have.some((v) => v.includes(wanted.toLowerCase())));
}

/** Adds or removes one token in a filter text. */
export function toggleToken(text: string, token: string): string {
  const list = pieces(text);
  return (list.includes(token) ? list.filter((p) => p !== token) : [...list, token]).join(' ');
}

/** CSV with formula-safe cells (RFC 4180 quoting; leading = + - @ and tab are neutralised). */
export function toCsv(header: readonly string[], rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  const cell = (v: string | number | null | undefined) => {
    let s = v === null || v === undefined ? '' : String(v);
    if (typeof v === 'string' && /^[=+\-@\t\r]/.test(s)) s = `'${s}`;
    return /[",\n\r]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
  };
  return [header, ...rows].map((r) => r.map(cell).join(',')).join('\r\n');
}
