// The route table: address, chunk, messages, title. A page is loaded with its messages, then shown.
import type { ComponentType } from 'react';
import type { PlainKey, Namespace } from '../i18n';
import type { Params } from './router';

export interface PageProps { params: Params }
export interface RouteDef {
  path: string; title: PlainKey; load: () => Promise<{ default: ComponentType<PageProps> }>; messages: readonly Namespace[];
  /** Reachable without a session, drawn without the shell. */
  bare?: boolean;
}

const section = () => import('../pages/add/SectionPage');
const machine = () => import('../pages/machine/MachinePage');
const add = { messages: ['home'] as const, load: section };

export const routes: readonly RouteDef[] = [
  { path: '/login', title: 'nav.login', load: () => import('../pages/entry/LoginPage'), messages: ['entry'], bare: true },
  { path: '/welcome', title: 'nav.welcome', load: () => import('../pages/entry/WelcomePage'), messages: ['entry'], bare: true },
  { path: '/setup', title: 'nav.welcome', load: () => import('../pages/entry/WelcomePage'), messages: ['entry'], bare: true },
  { path: '/device', title: 'nav.device', load: () => import('../pages/entry/DevicePage'), messages: ['entry', 'signon'], bare: true },
  { path: '/status', title: 'nav.status', load: () => import('../pages/status/StatusPage'), messages: ['data', 'status'], bare: true },
  { path: '/', title: 'nav.home', load: () => import('../pages/home/HomePage'), messages: ['home'] },
  { path: '/inbox', title: 'nav.inbox', load: () => import('../pages/inbox/InboxPage'), messages: ['data', 'incidents'] },
  { path: '/inbox/approvals', title: 'nav.inbox', load: () => import('../pages/approvals/ApprovalsPage'), messages: ['data', 'incidents', 'approvals'] },
  { path: '/incidents', title: 'nav.problems', load: () => import('../pages/incidents/ProblemsPage'), messages: ['data', 'incidents', 'alerts'] },
  { path: '/incidents/rules', title: 'nav.rules', load: () => import('../pages/incidents/RulesPage'), messages: ['data', 'incidents', 'alerts'] },
  { path: '/incidents/list', title: 'nav.incidentList', load: () => import('../pages/incidents/IncidentsPage'), messages: ['data', 'alerts'] },
  { path: '/incidents/silences', title: 'nav.silences', load: () => import('../pages/incidents/SilencesPage'), messages: ['data', 'alerts'] },
  { path: '/incidents/maintenance', title: 'nav.maintenance', load: () => import('../pages/incidents/MaintenancePage'), messages: ['data', 'alerts'] },
  { path: '/incidents/availability', title: 'nav.sla', load: () => import('../pages/incidents/SlaPage'), messages: ['data', 'alerts'] },
  { path: '/incidents/status', title: 'nav.status', load: () => import('../pages/status/StatusEditPage'), messages: ['data', 'status'] },
  { path: '/incidents/:id', title: 'nav.incident', load: () => import('../pages/incidents/IncidentPage'), messages: ['data', 'alerts', 'models'] },
  { path: '/inventory', title: 'nav.inventory', load: () => import('../pages/inventory/InventoryPage'), messages: ['data', 'inventory'] },
  { path: '/inventory/:ref', title: 'nav.inventory', load: () => import('../pages/inventory/ThingPage'), messages: ['data', 'inventory'] },
  { path: '/machines/:host/:tab?', title: 'nav.thisMachine', load: machine, messages: ['data', 'machine', 'home'] },
  { path: '/explore', title: 'nav.metrics', load: () => import('../pages/explore/MetricsPage'), messages: ['data', 'explore'] },
  { path: '/explore/metrics', title: 'nav.metrics', load: () => import('../pages/explore/MetricsPage'), messages: ['data', 'explore'] },
  { path: '/explore/logs', title: 'nav.logs', load: () => import('../pages/explore/LogsPage'), messages: ['data', 'explore', 'loglines'] },
  { path: '/explore/timeline', title: 'nav.timeline', load: () => import('../pages/explore/TimelinePage'), messages: ['data', 'explore'] },
  { path: '/settings', title: 'nav.account', load: () => import('../pages/settings/AccountPage'), messages: ['data', 'settings', 'entry', 'signon'] },
  { path: '/settings/account', title: 'nav.account', load: () => import('../pages/settings/AccountPage'), messages: ['data', 'settings', 'entry', 'signon'] },
  { path: '/settings/people', title: 'nav.people', load: () => import('../pages/settings/PeoplePage'), messages: ['data', 'settings', 'people', 'backups'] },
  { path: '/settings/sign-on', title: 'nav.signOn', load: () => import('../pages/settings/SignOnPage'), messages: ['data', 'settings', 'signon'] },
  { path: '/settings/security', title: 'nav.security', load: () => import('../pages/settings/SecurityPage'), messages: ['data', 'settings', 'signon', 'backups'] },
  { path: '/second-factor', title: 'nav.secondFactor', load: () => import('../pages/people/SecondFactorPage'), messages: ['entry', 'data', 'settings', 'people'], bare: true },
  { path: '/settings/organizations/:id?/:tab?', title: 'nav.organizations', load: () => import('../pages/people/OrganizationsPage'), messages: ['data', 'settings', 'people'] },
  { path: '/invite/:token', title: 'nav.invitation', load: () => import('../pages/people/InvitePage'), messages: ['entry', 'settings', 'people'], bare: true },
  { path: '/settings/credentials', title: 'nav.credentials', load: () => import('../pages/settings/KeysPage'), messages: ['data', 'settings', 'people'] },
  { path: '/settings/channels', title: 'nav.channels', load: () => import('../pages/notify/ChannelsPage'), messages: ['data', 'settings', 'notify'] },
  { path: '/settings/channels/rules', title: 'nav.channels', load: () => import('../pages/notify/RulesPage'), messages: ['data', 'settings', 'notify'] },
  { path: '/settings/channels/deliveries', title: 'nav.channels', load: () => import('../pages/notify/DeliveriesPage'), messages: ['data', 'settings', 'notify'] },
  { path: '/settings/backups', title: 'nav.backups', load: () => import('../pages/backups/BackupsPage'), messages: ['data', 'settings', 'backups'] },
  { path: '/settings/webhooks', title: 'nav.webhooks', load: () => import('../pages/notify/WebhooksPage'), messages: ['data', 'settings', 'webhooks'] },
  { path: '/settings/models', title: 'nav.models', load: () => import('../pages/settings/ModelsPage'), messages: ['data', 'settings', 'models'] },
  { path: '/settings/audit', title: 'nav.audit', load: () => import('../pages/settings/AuditPage'), messages: ['data', 'settings'] },
  { path: '/settings/system', title: 'nav.system', load: () => import('../pages/settings/SystemPage'), messages: ['data', 'settings'] },
  { path: '/settings/system/configuration', title: 'nav.configuration', load: () => import('../pages/settings/ConfigurationPage'), messages: ['data', 'settings'] },
  { path: '/settings/system/changes', title: 'nav.changes', load: () => import('../pages/backups/ChangesPage'), messages: ['data', 'settings', 'backups'] },
  { path: '/settings/system/schedules', title: 'nav.schedules', load: () => import('../pages/backups/SchedulesPage'), messages: ['data', 'settings', 'backups', 'approvals'] },
  { path: '/settings/system/jobs', title: 'nav.jobs', load: () => import('../pages/settings/JobsPage'), messages: ['data', 'settings'] },
  { path: '/power', title: 'nav.power', load: () => import('../pages/power/PowerPage'), messages: ['data', 'power'] },
  { path: '/power/outages', title: 'nav.outages', load: () => import('../pages/power/OutagesPage'), messages: ['data', 'power'] },
  { path: '/power/energy', title: 'nav.energy', load: () => import('../pages/power/EnergyPage'), messages: ['data', 'power'] },
  { path: '/power/exporters', title: 'nav.exporters', load: () => import('../pages/power/ExportersPage'), messages: ['data', 'power'] },
  { path: '/power/shutdown', title: 'nav.shutdown', load: () => import('../pages/power/ShutdownPage'), messages: ['data', 'power', 'shutdown'] },
  { path: '/power/shutdown/plans/:id', title: 'nav.shutdown', load: () => import('../pages/power/PlanPage'), messages: ['data', 'power', 'shutdown'] },
  { path: '/power/shutdown/runs/:id', title: 'nav.shutdown', load: () => import('../pages/power/RunPage'), messages: ['data', 'power', 'shutdown'] },
  { path: '/power/:id', title: 'nav.power', load: () => import('../pages/power/DevicePage'), messages: ['data', 'power'] },
  { path: '/add', title: 'nav.add', load: () => import('../pages/add/AddPage'), messages: ['home'] },
  { path: '/sites', title: 'nav.sites', load: () => import('../pages/sites/SitesPage'), messages: ['data', 'sites', 'certificates'] },
  { path: '/sites/certificates', title: 'nav.certificates', load: () => import('../pages/edge/certificates/CertificatesPage'), messages: ['data', 'certificates'] },
  { path: '/sites/pools', title: 'nav.pools', load: () => import('../pages/sites/PoolsPage'), messages: ['data', 'sites'] },
  { path: '/sites/pools/:id', title: 'nav.pools', load: () => import('../pages/sites/PoolPage'), messages: ['data', 'sites'] },
  { path: '/sites/requests', title: 'nav.requests', load: () => import('../pages/sites/RequestsPage'), messages: ['data', 'sites'] },
  { path: '/sites/:id/:tab?', title: 'nav.sites', load: () => import('../pages/sites/SitePage'), messages: ['data', 'sites', 'certificates'] },
  { path: '/media', title: 'nav.media', ...add },
  { path: '/tests', title: 'nav.tests', ...add }, { path: '/automate', title: 'nav.automate', ...add },
  { path: '/dev/components', title: 'nav.components', load: () => import('../pages/dev/ComponentsPage'), messages: ['data', 'home'] },
];
