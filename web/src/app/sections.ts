// The sections in their fixed order. What is not set up folds under Add unless somebody pins it.
import type { PlainKey } from '../i18n';
import type { IconName } from '../ui/Icon';

export interface SubPage { to: string; label: PlainKey; permission?: string; /** The heading it stands under, in sections with many pages. */ group?: PlainKey }
export interface Section { id: string; to: string; key: string; label: PlainKey; icon: IconName; fold: boolean; pages: readonly SubPage[] }

export const sections: readonly Section[] = [
  { id: 'home', to: '/', key: 'h', label: 'nav.home', icon: 'home', fold: false, pages: [] },
  { id: 'inbox', to: '/inbox', key: 'x', label: 'nav.inbox', icon: 'inbox', fold: false, pages: [] },
  { id: 'incidents', to: '/incidents', key: 'i', label: 'nav.incidents', icon: 'siren', fold: false, pages: [{ to: '/incidents', label: 'nav.problems' }, { to: '/incidents/list', label: 'nav.incidentList', permission: 'incidents:read' }, { to: '/incidents/rules', label: 'nav.rules' }, { to: '/incidents/silences', label: 'nav.silences' }, { to: '/incidents/maintenance', label: 'nav.maintenance', permission: 'maintenance:read' }, { to: '/incidents/availability', label: 'nav.sla', permission: 'monitors:read' }, { to: '/incidents/status', label: 'nav.status', permission: 'status:manage' }] },
  { id: 'inventory', to: '/inventory', key: 'v', label: 'nav.inventory', icon: 'boxes', fold: false, pages: [{ to: '/inventory', label: 'core.all' }, { to: '/machines/local', label: 'nav.thisMachine' }] },
  { id: 'explore', to: '/explore/metrics', key: 'e', label: 'nav.explore', icon: 'compass', fold: false, pages: [{ to: '/explore/metrics', label: 'nav.metrics' }, { to: '/explore/logs', label: 'nav.logs', permission: 'logs:read' }, { to: '/explore/timeline', label: 'nav.timeline' }] },
  { id: 'sites', to: '/sites', key: 's', label: 'nav.sites', icon: 'globe', fold: true, pages: [{ to: '/sites', label: 'core.all' }, { to: '/sites/pools', label: 'nav.pools' }, { to: '/sites/certificates', label: 'nav.certificates' }, { to: '/sites/protection', label: 'nav.protection' }, { to: '/sites/requests', label: 'nav.requests', permission: 'logs:read' }, { to: '/sites/engine', label: 'nav.engine' }] },
  { id: 'power', to: '/power', key: 'p', label: 'nav.power', icon: 'bolt', fold: true, pages: [{ to: '/power', label: 'core.all' }, { to: '/power/outages', label: 'nav.outages' }, { to: '/power/energy', label: 'nav.energy' }, { to: '/power/exporters', label: 'nav.exporters', permission: 'power:manage' }, { to: '/power/shutdown', label: 'nav.shutdown' }] },
  { id: 'media', to: '/media', key: 'n', label: 'nav.media', icon: 'radio', fold: true, pages: [{ to: '/media', label: 'core.all' }, { to: '/media/tunnels', label: 'nav.tunnels', permission: 'nodes:operate' }, { to: '/media/map', label: 'nav.mediaMap' }, { to: '/media/templates', label: 'nav.mediaTemplates' }, { to: '/media/assistant', label: 'nav.mediaAssistant', permission: 'ai:query' }] },
  { id: 'tests', to: '/tests', key: 't', label: 'nav.tests', icon: 'flask', fold: true, pages: [{ to: '/tests', label: 'core.all', permission: 'test:read' }, { to: '/tests/runs', label: 'nav.testRuns', permission: 'results:read' }, { to: '/tests/visual', label: 'nav.testVisual', permission: 'results:read' }, { to: '/tests/discover', label: 'nav.discover', permission: 'test:read' }, { to: '/tests/healing', label: 'nav.healing', permission: 'healing:read' }, { to: '/tests/recordings', label: 'nav.recordings', permission: 'test:read' }, { to: '/tests/data', label: 'nav.testData', permission: 'test:read' }, { to: '/tests/files', label: 'nav.testFiles', permission: 'test:read' }] },
  {
    id: 'settings', to: '/settings/account', key: ',', label: 'nav.settings', icon: 'gear', fold: false,
    pages: [
      { to: '/settings/account', label: 'nav.account' },
      { to: '/settings/people', label: 'nav.people', permission: 'users:manage', group: 'nav.group.access' },
      { to: '/settings/roles', label: 'nav.roles', group: 'nav.group.access' },
      { to: '/settings/organizations', label: 'nav.organizations', permission: 'org:read', group: 'nav.group.access' },
      { to: '/settings/sign-on', label: 'nav.signOn', permission: 'settings:write', group: 'nav.group.access' },
      { to: '/settings/security', label: 'nav.security', permission: 'instance:restore', group: 'nav.group.access' },
      { to: '/settings/credentials', label: 'nav.credentials', permission: 'api_keys:manage', group: 'nav.group.links' },
      { to: '/settings/channels', label: 'nav.channels', permission: 'notifications:inspect', group: 'nav.group.links' },
      { to: '/settings/webhooks', label: 'nav.webhooks', permission: 'webhooks:manage', group: 'nav.group.links' },
      { to: '/settings/models', label: 'nav.models', permission: 'ai:query', group: 'nav.group.links' },
      { to: '/settings/integrations', label: 'nav.integrations', group: 'nav.group.links' },
      { to: '/settings/backups', label: 'nav.backups', permission: 'backups:read', group: 'nav.group.records' },
      { to: '/settings/audit', label: 'nav.audit', permission: 'audit:read', group: 'nav.group.records' },
      { to: '/settings/system/changes', label: 'nav.changes', permission: 'audit:read', group: 'nav.group.records' },
      { to: '/settings/system', label: 'nav.system', permission: 'settings:read', group: 'nav.group.server' },
      { to: '/settings/system/configuration', label: 'nav.configuration', permission: 'settings:read', group: 'nav.group.server' },
      { to: '/settings/system/schedules', label: 'nav.schedules', permission: 'automations:read', group: 'nav.group.server' },
      { to: '/settings/system/jobs', label: 'nav.jobs', permission: 'automations:read', group: 'nav.group.server' },
    ],
  },
];

export function sectionOf(pathname: string): Section | undefined {
  if (pathname === '/') return sections[0];
  const first = pathname.split('/')[1] ?? '';
  if (first === 'machines') return sections.find((s) => s.id === 'inventory');
  if (first === 'runs') return sections.find((s) => s.id === 'tests');
  return sections.find((s) => s.id === first);
}
/** The sub-page with the longest matching address. */
export function subPageOf(section: Section, pathname: string): SubPage | undefined {
  // An incident has its place in the list of incidents, not among the problems.
  const place = /^\/incidents\/\d+$/.test(pathname) ? '/incidents/list' : pathname.startsWith('/runs/') ? '/tests/runs' : pathname.startsWith('/tests/record/') ? '/tests/recordings' : pathname;
  return [...section.pages].sort((a, b) => b.to.length - a.to.length).find((p) => place === p.to || place.startsWith(`${p.to}/`));
}

/** Pages with the heading that begins with each, where one does. */
export function underHeadings(pages: readonly SubPage[]): readonly { page: SubPage; heading?: PlainKey }[] {
  return pages.map((page, n) => (page.group && page.group !== pages[n - 1]?.group ? { page, heading: page.group } : { page }));
}
