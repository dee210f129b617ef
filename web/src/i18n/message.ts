// Formats one message: a small subset of ICU ({name}, {n, plural, ...}, {x, select, ...}, '#').
// Must never throw on a catalogue string: a broken pattern is shown as it is, and the catalogue test finds it.

export type MessageValue = string | number;
export type MessageValues = Readonly<Record<string, MessageValue>>;

type Node = string | { arg: string } | { arg: string; kind: 'plural' | 'select'; cases: Map<string, Node[]> } | { hash: true };

const parsed = new Map<string, Node[]>();

/** Parses a pattern; throws a SyntaxError naming the position (used by the catalogue test). */
export function parseMessage(pattern: string): Node[] {
  let at = 0;
  const fail = (what: string): never => { throw new SyntaxError(`${what} at ${at} in "${pattern}"`); };
  const nodes = (nested: boolean, plural: boolean): Node[] => {
    const out: Node[] = [];
    let text = '';
    const flush = () => { if (text !== '') { out.push(text); text = ''; } };
    while (at < pattern.length) {
      const c = pattern.charAt(at);
      if (c === '}') { if (!nested) fail('stray }'); break; }
      if (c === '#' && plural) { flush(); out.push({ hash: true }); at += 1; continue; }
      if (c === '{') { flush(); at += 1; out.push(argument()); continue; }
      text += c; at += 1;
    }
    flush();
    return out;
  };
  const word = () => { const m = /^\s*([\w=.-]+)\s*/.exec(pattern.slice(at)); if (!m?.[1]) return fail('name expected'); at += m[0].length; return m[1]; };
  const argument = (): Node => {
    const arg = word();
    if (pattern.charAt(at) === '}') { at += 1; return { arg }; }
    if (pattern.charAt(at) !== ',') fail(', expected');
    at += 1;
    const kind = word();
    if (kind !== 'plural' && kind !== 'select') return fail(`unknown kind ${kind}`);
    if (pattern.charAt(at) !== ',') fail(', expected');
    at += 1;
    const cases = new Map<string, Node[]>();
    while (pattern.charAt(at) !== '}') {
      if (at >= pattern.length) fail('unfinished argument');
      const name = word();
      if (pattern.charAt(at) !== '{') fail('{ expected');
      at += 1;
      cases.set(name, nodes(true, kind === 'plural'));
      if (pattern.charAt(at) !== '}') fail('} expected');
      at += 1;
      while (pattern.charAt(at) === ' ') at += 1;
    }
    at += 1;
    if (!cases.has('other')) fail('case other missing');
    return { arg, kind, cases };
  };
  return nodes(false, false);
}

const pluralRules = new Map<string, Intl.PluralRules>();
const numberFormats = new Map<string, Intl.NumberFormat>();

function render(nodes: Node[], values: MessageValues, language: string, count: number | null): string {
  let out = '';
  for (const node of nodes) {
    if (typeof node === 'string') { out += node; continue; }
    if ('hash' in node) { out += count === null ? '#' : showNumber(count, language); continue; }
    const value = values[node.arg];
    if (!('kind' in node)) { out += value === undefined ? `{${node.arg}}` : typeof value === 'number' ? showNumber(value, language) : value; continue; }
    const chosen = node.kind === 'select' ? node.cases.get(String(value)) : pluralCase(node.cases, Number(value), language);
    out += render(chosen ?? node.cases.get('other') ?? [], values, language, node.kind === 'plural' ? Number(value) : count);
  }
  return out;
}

function pluralCase(cases: Map<string, Node[]>, count: number, language: string): Node[] | undefined {
  const exact = cases.get(`=${count}`);
  if (exact) return exact;
  let rules = pluralRules.get(language);
  if (!rules) { rules = new Intl.PluralRules(language); pluralRules.set(language, rules); }
  return cases.get(rules.select(count));
}

function showNumber(value: number, language: string): string {
  let format = numberFormats.get(language);
  if (!format) { format = new Intl.NumberFormat(language, { maximumFractionDigits: 2 }); numberFormats.set(language, format); }
  return format.format(value);
}

export function formatMessage(pattern: string, values: MessageValues, language: string): string {
  if (!pattern.includes('{')) return pattern;
  let nodes = parsed.get(pattern);
  if (!nodes) {
    try { nodes = parseMessage(pattern); } catch { nodes = [pattern]; }
    parsed.set(pattern, nodes);
  }
  return render(nodes, values, language, null);
}
