// The permission catalogue as people read it: by area, in the order they meet the areas.
import type { PermissionCatalogue } from '../../api/shapes';

const areas: readonly (readonly [area: string, prefixes: readonly string[]])[] = [
  ['self', ['self']], ['see', ['stats', 'history', 'dashboard', 'dashboards', 'reports', 'monitors']], ['incidents', ['alerts', 'events', 'incidents', 'approvals', 'maintenance', 'status']],
  ['inventory', ['inventory', 'agents', 'infra', 'posture', 'drift', 'iac', 'wol']], ['edge', ['edge']], ['power', ['power']], ['nodes', ['nodes']],
  ['automation', ['automations', 'remediation', 'scripts']], ['control', ['services', 'containers', 'compose', 'dns', 'hass', 'integrations', 'plugins', 'cloud']], ['notify', ['notifications', 'webhooks']],
  ['logs', ['logs']], ['backup', ['backups', 'config', 'instance']], ['models', ['ai']], ['org', ['org']], ['project', ['project', 'api_key', 'integration']], ['test', ['test', 'results', 'healing']],
  ['people', ['users', 'roles', 'api_keys', 'ssh_keys', 'audit', 'terminal']], ['system', ['system', 'settings', 'admin']],
];

export interface Area { id: string; permissions: string[] }
export interface RoleSet { role: string; holds: ReadonlySet<string> }

export function areaOf(permission: string): string {
  const prefix = permission.split(':')[0] ?? '';
  return areas.find(([, prefixes]) => prefixes.includes(prefix))?.[0] ?? 'other';
}

/** Weakest first; roles that hold as much stay in the order of the server. */
export function rolesOf(catalogue: PermissionCatalogue, organization: boolean): RoleSet[] {
  return Object.entries(organization ? catalogue.organization_roles : catalogue.roles).map(([role, list]) => ({ role, holds: new Set(list) })).sort((a, b) => a.holds.size - b.holds.size);
}

/** What any of the roles holds, by area; empty areas are left out. `wanted` is asked with the text of a permission. */
export function byArea(roles: readonly RoleSet[], wanted: (permission: string) => boolean): Area[] {
  const all = [...new Set(roles.flatMap((r) => [...r.holds]))].filter(wanted);
  // Within an area what more roles hold comes first.
  const holders = (p: string) => roles.filter((r) => r.holds.has(p)).length;
  return [...areas.map(([id]) => id), 'other'].map((id) => ({ id, permissions: all.filter((p) => areaOf(p) === id).sort((a, b) => holders(b) - holders(a) || a.localeCompare(b)) })).filter((a) => a.permissions.length > 0);
}
