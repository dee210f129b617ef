// How a UPS is doing, in one state and one sentence; the same rules for cards, pages and lists.
import type { PowerDevice, PowerSnapshot } from '../../api/power';
import { showNumber } from '../../format/numbers';
import { span } from '../../format/time';
import { t } from '../../i18n';
import type { Status } from '../../state/status';

export type Supply = 'mains' | 'battery' | 'unknown';

export function flagsOf(snapshot: PowerSnapshot | undefined): readonly string[] { return (snapshot?.ups_status ?? '').split(/\s+/).filter(Boolean); }

export function supplyOf(snapshot: PowerSnapshot | undefined): Supply {
  const flags = flagsOf(snapshot);
  return flags.includes('OB') ? 'battery' : flags.includes('OL') ? 'mains' : 'unknown';
}

const amber = ['OB', 'OVER', 'RB', 'ALARM', 'OFF'];

export function stateOf(device: PowerDevice, snapshot: PowerSnapshot | undefined): Status {
  if (device.status === 'disabled') return 'paused';
  if (device.status === 'offline') return 'critical';
  if (device.status === 'unknown') return 'unknown';
  const flags = flagsOf(snapshot);
  if (flags.includes('FSD') || (flags.includes('OB') && flags.includes('LB'))) return 'critical';
  if (amber.some((f) => flags.includes(f)) || device.status === 'stale') return 'warning';
  return flags.length === 0 && device.type === 'ups' ? 'unknown' : 'ok';
}

export function wordOf(device: PowerDevice, snapshot: PowerSnapshot | undefined): string {
  if (device.status === 'disabled') return t('power.disabled');
  if (device.status === 'offline') return t('power.offline');
  if (device.status === 'unknown') return t('power.notYet');
  const flags = flagsOf(snapshot);
  if (flags.includes('FSD')) return t('power.fsd');
  if (flags.includes('OB')) return flags.includes('LB') ? t('power.batteryLow') : t('power.onBattery');
  if (device.status === 'stale') return t('power.stale');
  if (flags.includes('OVER')) return t('power.overload');
  if (flags.includes('RB')) return t('power.replaceBattery');
  if (flags.includes('OFF')) return t('power.off');
  if (flags.includes('BYPASS')) return t('power.bypass');
  if (flags.length === 0 && device.type !== 'ups') return t('power.answers');
  return flags.includes('OL') ? t('power.onMains') : (snapshot?.ups_status ?? t('power.notYet'));
}

/** "On mains, 23 % load, about 61 min" */
export function sentenceOf(device: PowerDevice, snapshot: PowerSnapshot | undefined): string {
  const parts = [wordOf(device, snapshot)];
  if (snapshot && device.status !== 'offline') {
    if (device.type !== 'ups' && snapshot.power_watts !== null) parts.push(`${showNumber(snapshot.power_watts)} W`);
    if (snapshot.load_percent !== null) parts.push(t('power.loadOf', { n: showNumber(snapshot.load_percent) }));
    if (snapshot.runtime_seconds !== null) parts.push(t('power.about', { time: span(Math.floor(snapshot.runtime_seconds / 60) * 60) }));
  }
  return parts.join(', ');
}
