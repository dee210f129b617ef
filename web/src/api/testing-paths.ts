// The addresses of the part that tests what people see in the browser.
import { get, part } from './client';
import type * as D from './discover';
import type * as S from './shapes';
import type * as T from './testing';
import type * as V from './visual';

export const paths = {
  allProjects: get<S.ProjectRow[]>('/api/v1/projects', { limit: 500 }),
  tests: (project: string) => get<{ tests: T.TestLine[]; total: number }>('/api/v1/tests', { ...(project === '' ? {} : { project_id: project }), limit: 500 }),
  test: (id: string) => get<T.TestDocument>(`/api/v1/tests/${part(id)}`),
  testVersions: (id: string) => get<T.TestVersion[]>(`/api/v1/tests/${part(id)}/versions`),
  testHistory: (id: string) => get<T.TestHistory>(`/api/v1/tests/${part(id)}/history`, { limit: 60 }),
  testRuns: (project: string) => get<{ runs: T.TestRun[]; total: number }>('/api/v1/runs', { ...(project === '' ? {} : { project_id: project }), limit: 200 }),
  testRun: (id: string) => get<T.TestRun>(`/api/v1/runs/${part(id)}`),
  testRunResults: (id: string) => get<{ results: T.TestResult[]; total: number }>(`/api/v1/runs/${part(id)}/results`, { limit: 500 }),
  browserStatus: get<T.BrowserStatus>('/api/v1/browser/status'),
  pictures: (project: string, all: boolean) => get<{ comparisons: V.Comparison[]; total: number }>('/api/v1/visual/comparisons', { ...(project === '' ? {} : { project_id: project }), ...(all ? {} : { queue: 'true' }), limit: 100 }),
  baseline: (id: string) => get<{ baseline: { ignore_regions: unknown[] } }>(`/api/v1/visual/baselines/${part(id)}`),
  discoveries: (project: string) => get<{ sessions: D.DiscoverySession[]; total: number }>('/api/v1/discovery/sessions', { ...(project === '' ? {} : { project_id: project }), limit: 200 }),
  discovery: (id: string) => get<D.DiscoverySession>(`/api/v1/discovery/sessions/${part(id)}`),
  discoveryGraph: (id: string) => get<D.SiteGraph>(`/api/v1/discovery/sessions/${part(id)}/graph`),
  discoveryFlows: (id: string) => get<D.FlowShown[]>(`/api/v1/discovery/sessions/${part(id)}/flows`),
  discoveryFindings: (id: string) => get<D.SiteFindings>(`/api/v1/discovery/sessions/${part(id)}/findings`),
  exportFormats: get<{ formats: T.ExportFormat[] }>('/api/v1/export/formats'),
} as const;

export const urls = {
  projects: '/api/v1/projects',
  tests: '/api/v1/tests',
  test: (id: string) => `/api/v1/tests/${part(id)}`,
  testRunOne: (id: string) => `/api/v1/tests/${part(id)}/run`,
  testRunMany: '/api/v1/run',
  testDuplicate: (id: string) => `/api/v1/tests/${part(id)}/duplicate`,
  testRestore: (id: string, version: number) => `/api/v1/tests/${part(id)}/versions/${version}/restore`,
  testValidate: '/api/v1/tests/validate',
  testRuns: '/api/v1/runs',
  testRunCancel: (id: string) => `/api/v1/cancel/${part(id)}`,
  testRunJunit: (id: string) => `/api/v1/runs/${part(id)}/junit.xml`,
  testStream: (id: string) => `/api/v1/stream/test/${part(id)}`,
  pictureApprove: (id: string) => `/api/v1/visual/comparisons/${part(id)}/approve`,
  pictureReject: (id: string) => `/api/v1/visual/comparisons/${part(id)}/reject`,
  picturesApprove: '/api/v1/visual/comparisons/approve',
  baseline: (id: string) => `/api/v1/visual/baselines/${part(id)}`,
  discoveries: '/api/v1/discovery/sessions',
  discoveryPreview: '/api/v1/discovery/preview',
  discovery: (id: string) => `/api/v1/discovery/sessions/${part(id)}`,
  discoveryMove: (id: string, move: 'pause' | 'resume' | 'stop') => `/api/v1/discovery/sessions/${part(id)}/${move}`,
  discoveryStream: (id: string) => `/api/v1/stream/discovery/${part(id)}`,
  flowValidate: (id: string) => `/api/v1/discovery/flows/${part(id)}/validate`,
  flowTest: (id: string) => `/api/v1/discovery/flows/${part(id)}/generate-test`,
  exportTo: (framework: string) => `/api/v1/export/${part(framework)}`,
} as const;
