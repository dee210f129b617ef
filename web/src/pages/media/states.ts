// Words and marks of nodes, flows and tunnels.
import type { FlowEnd, LiveNode, MediaNode, NodeStatus, Tunnel } from '../../api/media';
import type { PlainKey } from '../../i18n';
import type { Status } from '../../state/status';

export function nodeState(node: Pick<MediaNode, 'status' | 'expired'>, live: LiveNode | undefined): { status: Status; word: PlainKey } {
  if (node.expired) return { status: 'paused', word: 'media.expired' };
  const now: NodeStatus = live?.status ?? node.status;
  const marks: Record<NodeStatus, Status> = { online: 'ok', degraded: 'warning', error: 'critical', offline: 'critical', pending: 'pending' };
  return { status: marks[now], word: `media.status.${now}` };
}

export function tunnelState(t: Tunnel): { status: Status; word: PlainKey } {
  const marks: Record<Tunnel['status'], Status> = { active: 'ok', pending: 'pending', error: 'critical', disabled: 'paused' };
  return { status: marks[t.status], word: `media.tunnel.${t.status}` };
}

export function flowState(health: string | undefined, state: string | undefined, enabled: boolean): { status: Status; word: PlainKey } {
  if (!enabled) return { status: 'paused', word: 'media.flow.off' };
  if (health === 'Critical') return { status: 'critical', word: 'media.flow.critical' };
  if (health === 'Warning' || health === 'Error') return { status: 'warning', word: 'media.flow.warning' };
  if (state === undefined) return { status: 'unknown', word: 'media.flow.unknown' };
  return state.toLowerCase() === 'running' ? { status: 'ok', word: 'media.flow.running' } : { status: 'pending', word: 'media.flow.idle' };
}

/** Where an input listens or comes from, where an output goes. */
export function addressOf(end: FlowEnd | undefined): string {
  return end?.bind_addr ?? end?.listen_addr ?? end?.dest_addr ?? end?.remote_addr ?? end?.local_addr ?? end?.dest_url ?? end?.ingest_url ?? end?.whip_url ?? end?.rtsp_url ?? end?.whep_url ?? '';
}
export function bitrate(bps: number | null | undefined): string {
  if (bps === null || bps === undefined) return '–';
  if (bps >= 1e9) return `${(bps / 1e9).toFixed(2)} Gb/s`;
  if (bps >= 1e6) return `${(bps / 1e6).toFixed(1)} Mb/s`;
  return `${(bps / 1e3).toFixed(0)} kb/s`;
}
