// A health check's figure with the unit its name implies; the server sends bare numbers.
import type { HealthCheck } from '../../api/shapes';
import { joined, percent, showNumber } from '../../format/numbers';

export function checkValue(check: Pick<HealthCheck, 'name' | 'value'>): string {
  const { name, value } = check;
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (/temp/i.test(name)) return `${showNumber(value)} °C`;
  return /^(cpu|memory|disk)/i.test(name) ? joined(percent(value)) : showNumber(value);
}
