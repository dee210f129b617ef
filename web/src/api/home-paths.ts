// The addresses the frame and Home ask for. They stand apart so that the first load does not carry all the others.
import { get, type Query } from './client';
import type * as P from './power';
import type * as S from './shapes';

export const paths = {
  me: get<S.UiMe>('/api/ui/me'),
  stats: get<S.Stats>('/api/stats'),
  historyMulti: (metrics: readonly string[], hours: number, resolution: number) => get<S.HistoryMulti>('/api/history/multi', { metrics: metrics.join(','), range: hours, resolution }),
  metricsQuery: (metric: string, query: { labels?: string; from: number; to: number; step: number; agg: string }) => get<S.MetricReply>('/api/metrics/query', { metric, ...query }),
  systemInfo: get<S.SystemInfo>('/api/system/info'),
  systemHealth: get<S.SystemHealth>('/api/system/health'),
  attention: get<S.Attention>('/api/ui/attention'),
  setup: get<S.Setup>('/api/ui/setup'),
  timeline: (query: Query) => get<S.Timeline>('/api/ui/timeline', query),
  waitingCount: get<{ total: number }>('/api/ui/inbox', { limit: 1 }),
  jobs: get<S.JobRow[] | { items?: S.JobRow[]; jobs?: S.JobRow[] }>('/api/jobs'),
  powerSummary: get<P.PowerSummary>('/api/summary'),
} as const;

export const urls = {
  logout: '/api/auth/logout',
  preferences: '/api/user/preferences',
  undo: (token: string) => `/api/ui/undo/${token}`,
  acknowledge: (firing: number) => `/api/ui/attention/${firing}/ack`,
  silence: (firing: number) => `/api/ui/attention/${firing}/silence`,
  stream: '/api/stream',
  events: '/api/events/stream',
} as const;
