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
  { path: '/', title: 'nav.home', load: () => import('../pages/home/HomePage'), messages: ['home'] },
  { path: '/inbox', title: 'nav.inbox', load: () => import('../pages/inbox/InboxPage'), messages: ['data', 'incidents'] },
  { path: '/incidents', title: 'nav.problems', load: () => import('../pages/incidents/ProblemsPage'), messages: ['data', 'incidents'] },
  { path: '/incidents/rules', title: 'nav.rules', load: () => import('../pages/incidents/RulesPage'), messages: ['data', 'incidents'] },
  { path: '/inventory', title: 'nav.inventory', load: () => import('../pages/inventory/InventoryPage'), messages: ['data', 'machine'] },
  { path: '/machines/:host/:tab?', title: 'nav.thisMachine', load: machine, messages: ['data', 'machine', 'home'] },
  { path: '/explore', title: 'nav.metrics', load: () => import('../pages/explore/MetricsPage'), messages: ['data', 'explore'] },
  { path: '/explore/metrics', title: 'nav.metrics', load: () => import('../pages/explore/MetricsPage'), messages: ['data', 'explore'] },
  { path: '/explore/timeline', title: 'nav.timeline', load: () => import('../pages/explore/TimelinePage'), messages: ['data', 'explore'] },
  { path: '/settings', title: 'nav.account', load: () => import('../pages/settings/AccountPage'), messages: ['data', 'settings', 'entry'] },
  { path: '/settings/account', title: 'nav.account', load: () => import('../pages/settings/AccountPage'), messages: ['data', 'settings', 'entry'] },
  { path: '/settings/people', title: 'nav.people', load: () => import('../pages/settings/PeoplePage'), messages: ['data', 'settings'] },
  { path: '/settings/credentials', title: 'nav.credentials', load: () => import('../pages/settings/KeysPage'), messages: ['data', 'settings'] },
  { path: '/settings/channels', title: 'nav.channels', load: () => import('../pages/notify/ChannelsPage'), messages: ['data', 'settings', 'notify'] },
  { path: '/settings/channels/rules', title: 'nav.channels', load: () => import('../pages/notify/RulesPage'), messages: ['data', 'settings', 'notify'] },
  { path: '/settings/channels/deliveries', title: 'nav.channels', load: () => import('../pages/notify/DeliveriesPage'), messages: ['data', 'settings', 'notify'] },
  { path: '/settings/webhooks', title: 'nav.webhooks', load: () => import('../pages/notify/WebhooksPage'), messages: ['data', 'settings', 'webhooks'] },
  { path: '/settings/audit', title: 'nav.audit', load: () => import('../pages/settings/AuditPage'), messages: ['data', 'settings'] },
  { path: '/settings/system', title: 'nav.system', load: () => import('../pages/settings/SystemPage'), messages: ['data', 'settings'] },
  { path: '/settings/system/configuration', title: 'nav.configuration', load: () => import('../pages/settings/ConfigurationPage'), messages: ['data', 'settings'] },
  { path: '/settings/system/jobs', title: 'nav.jobs', load: () => import('../pages/settings/JobsPage'), messages: ['data', 'settings'] },
  { path: '/add', title: 'nav.add', load: () => import('../pages/add/AddPage'), messages: ['home'] },
  { path: '/sites', title: 'nav.sites', ...add }, { path: '/power', title: 'nav.power', ...add }, { path: '/media', title: 'nav.media', ...add },
  { path: '/tests', title: 'nav.tests', ...add }, { path: '/automate', title: 'nav.automate', ...add },
  { path: '/dev/components', title: 'nav.components', load: () => import('../pages/dev/ComponentsPage'), messages: ['data', 'home'] },
];
