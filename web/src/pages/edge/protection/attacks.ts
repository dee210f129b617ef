// Figures of attacks over a time.
import type { Attacks } from '../../../api/protection';

export function sums(points: Attacks['waf_timeseries']): { detected: number; blocked: number } {
  return points.reduce((all, p) => ({ detected: all.detected + p.detected, blocked: all.blocked + p.blocked }), { detected: 0, blocked: 0 });
}

/** CrowdSec is asked for a day at most. */
export function appsecWindow(range: '1h' | '6h' | '24h' | '7d'): '1h' | '6h' | '24h' { return range === '7d' ? '24h' : range; }
