// The addresses of media nodes: edges, relays, what runs on them and between them.
import { get, part, type Query, withQuery } from './client';
import type * as M from './media';

export const paths = {
  mediaNodes: get<M.MediaNode[]>('/api/v1/nodes'),
  mediaNode: (id: string) => get<M.MediaNode>(`/api/v1/nodes/${part(id)}`),
  mediaFlows: (id: string) => get<M.MediaFlow[]>(`/api/v1/nodes/${part(id)}/flows`),
  mediaConfig: (id: string) => get<Record<string, unknown>>(`/api/v1/nodes/${part(id)}/config`),
  mediaVersions: (id: string) => get<M.ConfigVersion[]>(`/api/v1/nodes/${part(id)}/config/history`),
  mediaTunnels: get<{ tunnels: M.Tunnel[] }>('/api/v1/tunnels'),
  mediaNodeTunnels: (id: string) => get<{ tunnels: M.Tunnel[] }>(`/api/v1/nodes/${part(id)}/tunnels`),
  mediaEvents: (query: Query) => get<M.NodeEvent[]>('/api/v1/events', query),
  mediaTemplates: get<M.FlowTemplate[]>('/api/v1/config-templates'),
  mediaTopology: get<M.Topology>('/api/v1/topology'),
} as const;

export const urls = {
  mediaNodes: '/api/v1/nodes',
  mediaNode: (id: string) => `/api/v1/nodes/${part(id)}`,
  mediaToken: (id: string) => `/api/v1/nodes/${part(id)}/token`,
  mediaRotate: (id: string) => `/api/v1/nodes/${part(id)}/rotate-secret`,
  mediaCommand: (id: string) => `/api/v1/nodes/${part(id)}/command`,
  mediaConfig: (id: string) => `/api/v1/nodes/${part(id)}/config`,
  mediaVersion: (id: string, version: string) => `/api/v1/nodes/${part(id)}/config/history/${part(version)}/restore`,
  mediaFlows: (id: string) => `/api/v1/nodes/${part(id)}/flows`,
  mediaFlow: (id: string, flow: string) => `/api/v1/nodes/${part(id)}/flows/${part(flow)}`,
  mediaValidate: (id: string) => `/api/v1/nodes/${part(id)}/validate-flow`,
  mediaPlan: (id: string) => `/api/v1/nodes/${part(id)}/plan-flows`,
  mediaApply: (id: string) => `/api/v1/nodes/${part(id)}/apply-flows`,
  mediaReveal: (id: string, flow: string) => `/api/v1/nodes/${part(id)}/flows/${part(flow)}/reveal`,
  mediaPicture: (id: string, flow: string, etag: string) => withQuery(`/api/v1/nodes/${part(id)}/thumbnails/${part(flow)}`, { v: etag }),
  mediaTunnels: '/api/v1/tunnels',
  mediaTemplates: '/api/v1/config-templates',
  mediaTemplate: (id: string) => `/api/v1/config-templates/${part(id)}`,
  mediaUpload: (id: string, name: string) => withQuery(`/api/v1/nodes/${part(id)}/media/upload`, { name }),
  aiGenerate: '/api/v1/ai/generate-config',
  aiAnalyze: '/api/v1/ai/analyze',
  aiQuery: '/api/v1/ai/query',
  mediaTunnel: (id: string) => `/api/v1/tunnels/${part(id)}`,
  mediaRekey: (id: string) => `/api/v1/tunnels/${part(id)}/rekey`,
  mediaEvents: '/api/v1/events',
  mediaEventAck: (id: number) => `/api/v1/events/${id}/ack`,
} as const;
