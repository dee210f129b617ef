// How a test itself wants to be run, as texts of a form and back. What nobody says is not in the document. Pure.
import type { Json } from '../../api/testing';
import { asSize, sizeOf, sizeText } from './viewport';

export interface ConfigDraft { readonly timeout_ms: string; readonly retries: string; readonly viewport: string; readonly self_heal: string; readonly strict_selectors: string; readonly execution_mode: string }

const shown = (value: unknown) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');

export function configOf(config: Json): ConfigDraft {
  const size = asSize(config.viewport);
  return { timeout_ms: shown(config.timeout_ms), retries: shown(config.retries), viewport: size ? sizeText(size) : shown(config.viewport), self_heal: shown(config.self_heal), strict_selectors: shown(config.strict_selectors), execution_mode: shown(config.execution_mode) };
}

/** What is no number or size goes as it was written: the server names the field. Members that have no field stay. */
export function withConfig(config: Json, name: keyof ConfigDraft, text: string): Json {
  const { [name]: _, ...rest } = config;
  if (text.trim() === '') return rest;
  const number = Number(text);
  const value = name === 'viewport' ? (sizeOf(text) ?? text) : name === 'self_heal' || name === 'strict_selectors' ? text === 'true' : name !== 'execution_mode' && Number.isFinite(number) ? number : text;
  return { ...rest, [name]: value };
}
