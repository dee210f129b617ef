// Numbers as people read them. Missing values are the caller's job (Value shows a dash and the reason).
import { currentLanguage } from '../i18n';

const cache = new Map<string, Intl.NumberFormat>();
function numberFormat(digits: number): Intl.NumberFormat {
  const key = `${currentLanguage()}/${digits}`;
  let f = cache.get(key);
  if (!f) { f = new Intl.NumberFormat(currentLanguage(), { minimumFractionDigits: digits, maximumFractionDigits: digits }); cache.set(key, f); }
  return f;
}

export function showNumber(value: number, digits = 0): string { return numberFormat(digits).format(value); }

/** A quantity split for typography: figure and unit. */
export interface Quantity { figure: string; unit: string }

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Bytes in binary steps, three significant digits. */
export function bytes(value: number, perSecond = false): Quantity {
  let amount = Math.abs(value);
  let step = 0;
  while (amount >= 1024 && step < binary.length - 1) { amount /= 1024; step += 1; }
  const digits = step === 0 || amount >= 100 ? 0 : amount >= 10 ? 1 : 2;
  const rounded = step > 0 && Number(amount.toFixed(digits)) >= 1024 ? null : amount;
  const unit = binary[rounded === null ? step + 1 : step] ?? 'B';
  return { figure: (value < 0 ? '-' : '') + showNumber(rounded ?? 1, rounded === null ? 2 : digits), unit: perSecond ? `${unit}/s` : unit };
}

export function percent(value: number, digits = value < 10 ? 1 : 0): Quantity { return { figure: showNumber(value, digits), unit: '%' }; }
export function joined(q: Quantity): string { return q.unit === '' ? q.figure : `${q.figure} ${q.unit}`; }

/** Formats a chart or table value by the unit word of the metric. */
export function byUnit(value: number, unit: string): Quantity {
  if (unit === '%') return percent(value, 1);
  if (unit === 'B/s') return bytes(value, true);
  if (unit === 'B' || unit === 'bytes') return bytes(value);
  // A count has no fractions.
  if (unit === '' && Number.isInteger(value)) return { figure: showNumber(value), unit };
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return { figure: showNumber(value, digits), unit };
}
