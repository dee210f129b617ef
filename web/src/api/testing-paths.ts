// The addresses of the part that tests what people see in the browser.
import { get, part } from './client';
import type * as S from './shapes';
import type * as T from './testing';

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
  exportFormats: get<{ formats: T.ExportFormat[] }>('/api/v1/export/formats'),
  healings: (project: string, status: string) => get<{ suggestions: T.HealSuggestion[]; total: number }>('/api/v1/healing/suggestions', { ...(project === '' ? {} : { project_id: project }), status, limit: 200 }),
  healStats: (project: string) => get<T.HealStats>('/api/v1/healing/stats', project === '' ? {} : { project_id: project }),
  recording: (id: string) => get<T.RecordingRow>(`/api/v1/recording/sessions/${part(id)}`),
  browserSession: (id: string) => get<T.BrowserSession>(`/api/v1/browser/sessions/${part(id)}`),
  recordings: (project: string) => get<{ recordings: T.RecordingRow[]; total: number }>('/api/v1/recording/recordings', { ...(project === '' ? {} : { project_id: project }), limit: 200 }),
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
  healApply: (id: string) => `/api/v1/healing/suggestions/${part(id)}/apply`,
  healReject: (id: string) => `/api/v1/healing/suggestions/${part(id)}/reject`,
  healUndo: (id: string) => `/api/v1/healing/suggestions/${part(id)}/undo`,
  healBulk: '/api/v1/healing/suggestions/bulk',
  healings: '/api/v1/healing',
  recordings: '/api/v1/recording',
  recording: (id: string) => `/api/v1/recording/${part(id)}`,
  recordingConvert: (id: string) => `/api/v1/recording/sessions/${part(id)}/convert`,
  recordingBegin: '/api/v1/recording/sessions',
  browserSession: (id: string) => `/api/v1/browser/sessions/${part(id)}`,
  browserLive: (id: string) => `/api/v1/browser/sessions/${part(id)}/live`,
  recordingSnippet: '/api/v1/recording/snippet',
  exportTo: (framework: string) => `/api/v1/export/${part(framework)}`,
} as const;
