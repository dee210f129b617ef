// Words and looks of explorations.
import type { DiscoverySession, DiscoveryWord } from '../../api/discover';
import type { Status } from '../../state/status';

const looks: Readonly<Record<DiscoveryWord, Status>> = { pending: 'pending', running: 'info', paused: 'paused', completed: 'ok', failed: 'critical', cancelled: 'paused' };
export function look(word: DiscoveryWord): Status { return looks[word]; }
export function isOver(word: DiscoveryWord): boolean { return word === 'completed' || word === 'failed' || word === 'cancelled'; }
/** The key of what it does now. */
export function doing(s: DiscoverySession): `discover.is.${DiscoveryWord | 'verifying'}` { return s.status === 'running' && s.phase === 'verifying' ? 'discover.is.verifying' : `discover.is.${s.status}`; }
export function pathOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const u = new URL(url);
  return `${u.pathname}${u.search}${u.hash}`;
}
