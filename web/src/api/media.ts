// Shapes of the media routes, and the live state of connected nodes: one socket while somebody looks.
import { useEffect, useSyncExternalStore } from 'react';
import { paths as mediaPaths, urls as mediaUrls } from './media-paths';
import { invalidate, patchResource, patchUnder } from './resource';
import type { Time } from './shapes';

export type NodeStatus = 'pending' | 'online' | 'offline' | 'degraded' | 'error';
export interface MediaNode {
  id: string; name: string; description: string | null; device_type: 'edge' | 'relay'; status: NodeStatus; last_seen_at: Time; last_health: Record<string, unknown> | null; software_version: string | null;
  metadata: Record<string, unknown>; expires_at: Time; expired: boolean; created_at: string; updated_at: string; protocol_version: number | null; capabilities: string[]; network_type: 'nat' | 'public' | 'unknown';
  connected_at: Time; remote_addr: string | null; rotation: 'pending' | null;
}
export interface Connect { url: string; accept_self_signed_cert: boolean; cert_fingerprint: string | null; config_snippet: unknown }
export interface CreatedNode extends MediaNode { registration_token: string; connect: Connect }
export interface NewToken { registration_token: string; connect: Connect }
export interface FlowEnd { id?: string; name?: string; type?: string; mode?: string; bind_addr?: string; local_addr?: string; remote_addr?: string; dest_addr?: string; listen_addr?: string; dest_url?: string; ingest_url?: string; whip_url?: string; rtsp_url?: string; whep_url?: string; [member: string]: unknown }
export interface MediaFlow { id: string; name: string; enabled?: boolean; inputs: FlowEnd[]; outputs: FlowEnd[]; [member: string]: unknown }
export interface FlowIssue { path: string; message: string }
export interface FlowReport { valid: boolean; errors: FlowIssue[]; warnings: FlowIssue[]; plan: ({ type: string } & Record<string, unknown>)[] }
export interface FlowsPlan { valid: boolean; flows: { id: string; errors: FlowIssue[]; warnings: FlowIssue[] }[]; plan: ({ type: string } & Record<string, unknown>)[] }
export interface FlowTemplate { id: string; name: string; description: string; category: string; template: Record<string, unknown>; created_by: string; created_at: string }
export interface Envelope { action: string; message?: string; flow?: unknown; flow_id?: string; output?: unknown; tunnel?: unknown; tunnel_id?: string; actions?: Envelope[]; [member: string]: unknown }
export interface Proposal { success: boolean; config?: Envelope; validation?: { valid: boolean; errors: string[] }; source?: 'model' | 'builder'; error?: string }
export interface RevealedSecret { path: string; value: string }
export interface EndStats { state?: string; bitrate_bps?: number; packets_lost?: number; packets_received?: number; srt_stats?: { rtt_ms?: number } }
export interface FlowStats { flow_id: string; active_input_id?: string | null; flow_name?: string; state?: string; health?: string; health_reasons?: { code?: string; detail?: string }[]; input?: EndStats; outputs?: (EndStats & { output_id?: string })[] }
export interface NodeStats { flows?: FlowStats[]; tunnels?: { id?: string; tunnel_id?: string; name?: string; state?: string; status?: string }[]; system_resources?: { cpu_percent?: number; ram_percent?: number; ram_used_mb?: number; ram_total_mb?: number } }
export interface LiveNode { node_id: string; name: string; device_type: string; status: NodeStatus; stats: NodeStats | null; health: (Record<string, unknown> & { system_resources?: NodeStats['system_resources'] }) | null; uptime_secs: number; driver_metrics: { metrics: [string, number][] }; thumbnails: { flow_id: string; input_id: string | null; etag: string }[] }
export type Leg = 'pending' | 'pushed' | 'failed';
export interface Tunnel {
  id: string; name: string; protocol: 'tcp' | 'udp'; mode: 'relay' | 'direct'; transport: string; ingress_node_id: string; ingress_node_name: string | null; ingress_listen_port: number; egress_node_id: string; egress_node_name: string | null;
  egress_forward_addr: string; egress_peer_addr: string | null; relay_addr: string | null; relay_node_id: string | null; relay_node_name: string | null; status: 'pending' | 'active' | 'error' | 'disabled';
  ingress_push_status: Leg; egress_push_status: Leg; relay_push_status: Leg | null; ingress_push_error: string | null; egress_push_error: string | null; relay_push_error: string | null;
  ingress_state: string | null; egress_state: string | null; relay_state: string | null; created_at: string; warnings: string[];
}
export interface NodeEvent { id: number; node_id: string | null; node_name: string | null; severity: 'critical' | 'warning' | 'info'; category: string; message: string; flow_id: string | null; error_code: string | null; created_at: string; acknowledged: boolean }
export interface ConfigVersion { id: string; reason: string; actor: string; created_at: string; config: unknown }
export interface Topology {
  nodes: { id: string; name: string; device_type: string; status: NodeStatus }[]; externals: { id: string; label: string; protocol: string; side: 'source' | 'destination' }[];
  links: { from: string; to: string; kind: 'flow' | 'tunnel'; label: string; state: 'active' | 'idle' | 'recovering'; bitrate_bps: number | null }[];
}

/** Connected nodes by id; null before the first word. */
export type Fleet = ReadonlyMap<string, LiveNode> | null;
let fleet: Fleet = null;
const listeners = new Set<() => void>();
let socket: WebSocket | null = null;
let retry = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

type Pushed =
  | { type: 'dashboard_update'; nodes: LiveNode[] } | { type: 'event'; event: NodeEvent } | { type: 'alarm_count'; count: number }
  | { type: 'thumbnail'; node_id: string; flow_id: string; input_id?: string; etag: string } | { type: 'tunnel'; tunnel: Tunnel };

/** Open critical and warning events; null before the first word. */
let alarms: number | null = null;
/** Events of one node that its page shows. */
export const eventsShown = 200;

/** The list with a newer picture of one flow or input. */
export function withPicture(node: LiveNode, flow: string, input: string | null, etag: string): LiveNode {
  const others = node.thumbnails.filter((p) => p.flow_id !== flow || p.input_id !== input);
  return { ...node, thumbnails: [...others, { flow_id: flow, input_id: input, etag }] };
}

/** The list with an event in front, once. */
export function withEvent(list: NodeEvent[], event: NodeEvent): NodeEvent[] {
  return list.some((e) => e.id === event.id) ? list : [event, ...list].slice(0, eventsShown);
}

/** A list with a tunnel as it is now; the same list when the tunnel is not in it. */
export function withTunnel<T extends { tunnels?: Tunnel[] }>(answer: T, tunnel: Tunnel): T {
  const known = Array.isArray(answer.tunnels) && answer.tunnels.some((x) => x.id === tunnel.id);
  return known ? { ...answer, tunnels: answer.tunnels?.map((x) => (x.id === tunnel.id ? tunnel : x)) } : answer;
}

function take(frame: Pushed) {
  switch (frame.type) {
    case 'dashboard_update': {
      const next = new Map(frame.nodes.map((n) => [n.node_id, n]));
      // Who came, left or changed its state is another row in the lists.
      const same = fleet !== null && fleet.size === next.size && [...next].every(([id, n]) => fleet?.get(id)?.status === n.status);
      if (fleet !== null && !same) invalidate(mediaUrls.mediaNodes);
      tell(next);
      break;
    }
    case 'event': {
      const node = frame.event.node_id;
      if (node !== null) patchResource(mediaPaths.mediaEvents({ node_id: node, per_page: eventsShown }), (list) => withEvent(list, frame.event));
      break;
    }
    case 'alarm_count': alarms = frame.count; tell(fleet); break;
    case 'thumbnail': {
      const node = fleet?.get(frame.node_id);
      if (fleet && node) tell(new Map([...fleet, [frame.node_id, withPicture(node, frame.flow_id, frame.input_id ?? null, frame.etag)]]));
      break;
    }
    case 'tunnel': {
      let known = false;
      const change = (answer: { tunnels?: Tunnel[] }) => { const next = withTunnel(answer, frame.tunnel); known ||= next !== answer; return next; };
      patchUnder(mediaUrls.mediaTunnels, change);
      for (const node of [frame.tunnel.ingress_node_id, frame.tunnel.egress_node_id, frame.tunnel.relay_node_id]) if (node) patchResource(mediaPaths.mediaNodeTunnels(node), change);
      if (!known) invalidate(mediaUrls.mediaTunnels);
      break;
    }
  }
}

function tell(next: Fleet) { fleet = next; for (const l of [...listeners]) l(); }

function connect() {
  timer = undefined;
  const mine = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/dashboard?items=false`);
  socket = mine;
  mine.onmessage = (m) => {
    retry = 0;
    take(JSON.parse(String(m.data)) as Pushed);
  };
  mine.onclose = () => {
    if (socket !== mine) return;
    socket = null;
    alarms = null;
    tell(null);
    if (listeners.size > 0) { timer = setTimeout(connect, Math.min(30_000, 1_000 * 2 ** retry)); retry += 1; }
  };
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  if (!socket && timer === undefined) connect();
  return () => {
    listeners.delete(listener);
    // Pages follow each other; the socket outlives the change.
    setTimeout(() => {
      if (listeners.size > 0) return;
      clearTimeout(timer);
      timer = undefined;
      const old = socket;
      socket = null;
      fleet = null;
      old?.close();
    }, 500);
  };
}

export function useFleet(): Fleet {
  const now = useSyncExternalStore(subscribe, () => fleet);
  return now;
}
/** Open alarms of the nodes the person sees, as they change. */
export function useAlarms(): number | null { return useSyncExternalStore(subscribe, () => alarms); }
/** Keeps the pushed lists fresh without looking at the nodes themselves. */
export function usePushed(): void { useEffect(() => subscribe(() => undefined), []); }
export function metricOf(node: LiveNode | undefined, name: string): number | null { return node?.driver_metrics.metrics.find(([n]) => n === name)?.[1] ?? null; }
