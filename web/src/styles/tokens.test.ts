// Contrast of the colour tokens, computed again: text 4.5, marks and control lines 3, in every theme and on every surface.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** Tokens of a theme as far as they are plain colours. */
function theme(selector: string): ReadonlyMap<string, string> {
  const body = css.slice(css.indexOf(selector)).split('}')[0] ?? '';
  return new Map([...body.matchAll(/--([\w-]+):\s*(#[0-9A-Fa-f]{6})/g)].map((m) => [m[1] ?? '', m[2] ?? '']));
}
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => { const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const texts = ['text', 'text-2', 'text-3', 'accent', 'ok', 'warning', 'critical', 'info', 'maintenance', 'unknown'];
const surfaces = ['page', 'card', 'inset', 'hover'];

describe.each(['[data-theme="dark"]', '[data-theme="light"]', '[data-theme="contrast"]'])('%s', (selector) => {
  const base = theme('[data-theme="dark"]');
  const own = theme(selector);
  // High contrast states only what differs from the dark theme.
  const color = (name: string) => own.get(name) ?? base.get(name) ?? '';
  test('texts_are_readable_on_every_surface', () => {
    const weak = texts.flatMap((t) => surfaces.map((s) => [t, s, contrast(color(t), color(s))] as const)).filter(([, , ratio]) => !(ratio >= 4.5));
    expect(weak).toEqual([]);
  });
  test('states_are_readable_on_their_tints_and_words_on_solid_buttons', () => {
    const pairs = [...['ok', 'warning', 'critical', 'info', 'maintenance'].map((s) => [s, `${s}-tint`] as const), ['on-solid', 'primary'] as const, ['on-solid', 'danger'] as const];
    expect(pairs.map(([a, b]) => [a, b, contrast(color(a), color(b))] as const).filter(([, , ratio]) => !(ratio >= 4.5))).toEqual([]);
  });
  test('control_lines_focus_and_series_stand_out_from_the_card', () => {
    const marks = ['control-line', 'focus', ...Array.from({ length: 8 }, (_, i) => `series-${i + 1}`)];
    expect(marks.map((m) => [m, contrast(color(m), color('card'))] as const).filter(([, ratio]) => !(ratio >= 3))).toEqual([]);
  });
});
