import { describe, expect, test } from 'vitest';
import { currentLanguage, loadMessages, setLanguage, t } from './index';
import { formatMessage, parseMessage } from './message';

const files = import.meta.glob<{ default: Readonly<Record<string, string>> }>('./{en,es}/*.ts', { eager: true });
const catalogue = (path: string): Readonly<Record<string, string>> => files[path]?.default ?? {};
const names = Object.keys(files).filter((f) => f.startsWith('./en/')).map((f) => f.slice(5));

/** Names of the arguments of a pattern, plural branches included. */
function argumentsOf(pattern: string): string[] {
  const out = new Set<string>();
  const walk = (nodes: ReturnType<typeof parseMessage>) => {
    for (const n of nodes) {
      if (typeof n === 'string' || 'hash' in n) continue;
      out.add(n.arg);
      if ('cases' in n) for (const branch of n.cases.values()) walk(branch);
    }
  };
  walk(parseMessage(pattern));
  return [...out].sort();
}

describe('catalogues', () => {
  test('english_files_have_no_key_twice', () => {
    const all = names.flatMap((n) => Object.keys(catalogue(`./en/${n}`)));
    expect(all.length).toBe(new Set(all).size);
    expect(all.length).toBeGreaterThan(400);
  });
  test.each(names)('spanish_%s_has_every_key_and_the_same_arguments', (name) => {
    const en = catalogue(`./en/${name}`);
    const es = catalogue(`./es/${name}`);
    expect(Object.keys(es).sort()).toEqual(Object.keys(en).sort());
    for (const [key, pattern] of Object.entries(en)) {
      expect([key, argumentsOf(es[key] ?? '')]).toEqual([key, argumentsOf(pattern)]);
      expect(es[key]?.trim()).not.toBe('');
    }
  });
});

test('every_message_is_used_somewhere', () => {
  const sources = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.ts', '!./e?/*.ts', '!../api/gen/*'], { eager: true, query: '?raw', import: 'default' });
  const text = Object.values(sources).join('\n');
  const computed = [...text.matchAll(/`([a-z]\w*\.[\w.]*)\$\{/g)].map((m) => m[1] ?? '');
  const keys = names.flatMap((n) => Object.keys(catalogue(`./en/${n}`)));
  expect(keys.filter((k) => !text.includes(`'${k}'`) && !computed.some((c) => k.startsWith(c)))).toEqual([]);
});

describe('messages', () => {
  test('plural_takes_exact_case_before_rule_and_fills_the_number', () => {
    const p = '{n, plural, =0 {none} one {# thing} other {# things}}';
    expect([0, 1, 2, 1234].map((n) => formatMessage(p, { n }, 'en'))).toEqual(['none', '1 thing', '2 things', '1,234 things']);
  });
  test('select_falls_back_to_other', () => {
    const p = '{how, select, fast {quick} other {slow}}';
    expect(formatMessage(p, { how: 'fast' }, 'en')).toBe('quick');
    expect(formatMessage(p, { how: 'x' }, 'en')).toBe('slow');
  });
  test('missing_value_stays_visible', () => { expect(formatMessage('a {b}', {}, 'en')).toBe('a {b}'); });
  test.each(['{n, plural, one {x}}', '{a', 'a } b', '{n, nonsense, other {x}}', '{n, plural, other {x}'])('broken_pattern_%s_is_refused_by_the_parser_and_shown_as_is', (p) => {
    expect(() => parseMessage(p)).toThrow(SyntaxError);
    expect(formatMessage(p, { n: 1 }, 'en')).toContain(p.includes('{') ? '{' : p);
  });
});

test('language_change_loads_what_was_asked_for_before_and_after', async () => {
  await loadMessages('machine');
  await setLanguage('es');
  expect(currentLanguage()).toBe('es');
  expect(t('nav.home')).toBe('Inicio');
  expect(t('machine.processes')).toBe('Procesos');
  await loadMessages('incidents');
  expect(t('problems.title')).toBe('Problemas');
  await setLanguage('en');
  expect(t('problems.title')).toBe('Problems');
});

test('texts_asked_for_during_a_language_change_arrive_in_the_new_language', async () => {
  const change = setLanguage('es');
  await loadMessages('explore');
  await change;
  expect(t('explore.title')).toBe('Métricas');
  const there = setLanguage('en');
  const back = setLanguage('es');
  await Promise.all([there, back]);
  expect(currentLanguage()).toBe('es');
  await setLanguage('en');
});
