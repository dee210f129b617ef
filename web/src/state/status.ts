// One mapping from every part's vocabulary to the eight states of the interface. Nothing else may translate states.

export type Status = 'ok' | 'info' | 'warning' | 'critical' | 'maintenance' | 'paused' | 'pending' | 'unknown';
export const statuses: readonly Status[] = ['ok', 'info', 'warning', 'critical', 'maintenance', 'paused', 'pending', 'unknown'];

const words: Readonly<Record<Status, readonly string[]>> = {
  ok: ['ok', 'up', 'online', 'healthy', 'passed', 'operational', 'ol', 'running', 'active', 'timer-active', 'success', 'succeeded', 'sent', 'done', 'completed', 'enabled', 'resolved', 'good', 'ready', 'verified', 'established', 'listen'],
  info: ['info', 'debug', 'healed', 'flaky', 'recovered', 'new', 'low'],
  warning: ['warning', 'degraded', 'watch', 'expiring', 'ob', 'over', 'rb', 'stale', 'medium', 'minor', 'partial', 'investigating', 'todo', 'open', 'timeout'],
  critical: ['critical', 'error', 'danger', 'down', 'offline', 'failed', 'expired', 'ob lb', 'fsd', 'unhealthy', 'fatal', 'high', 'major', 'major_outage', 'firing', 'not-found', 'unauthorized'],
  maintenance: ['maintenance', 'silenced', 'suppressed'],
  paused: ['paused', 'disabled', 'skipped', 'cancelled', 'inactive', 'dead', 'exited', 'not_configured', 'off', 'dismissed'],
  pending: ['pending', 'queued', 'awaiting_approval', 'waiting', 'countdown', 'activating', 'deactivating', 'reloading', 'created', 'restarting', 'in_progress', 'rate_limited', 'throttled'],
  unknown: ['unknown', 'unsupported', 'never', 'invalid', 'n/a', ''],
};

const byWord = new Map<string, Status>();
for (const status of statuses) for (const word of words[status]) byWord.set(word, status);

/** The interface state of a server word; a word nobody mapped is unknown, never OK. */
export function statusOf(word: string | null | undefined): Status {
  return byWord.get((word ?? '').trim().toLowerCase()) ?? 'unknown';
}

/** Severity words (events, alerts) differ in one point: `info` and `debug` are information, `ok` is not a severity. */
export function severityOf(word: string | null | undefined): Status {
  const status = statusOf(word);
  return status === 'ok' || status === 'paused' || status === 'pending' ? 'info' : status;
}

const order: readonly Status[] = ['critical', 'warning', 'unknown', 'pending', 'maintenance', 'info', 'paused', 'ok'];
/** Worst first; for sorting. */
export function rank(status: Status): number { return order.indexOf(status); }

/** A group takes its worst child, except children in maintenance. An empty group is unknown. */
export function worst(children: readonly Status[]): Status {
  const counted = children.filter((s) => s !== 'maintenance');
  if (counted.length === 0) return children.length > 0 ? 'maintenance' : 'unknown';
  return counted.reduce((a, b) => (rank(b) < rank(a) ? b : a));
}

/** State of a share in percent against limits; the limits are those of the built-in alerts. */
export function levelOf(value: number | null | undefined, warn: number, critical: number): Status {
  if (value === null || value === undefined) return 'unknown';
  return value >= critical ? 'critical' : value >= warn ? 'warning' : 'ok';
}
