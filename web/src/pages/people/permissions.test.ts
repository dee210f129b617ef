// How the permission catalogue is cut into areas, and that every permission has its words.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import en from '../../i18n/en/roles';
import { areaOf, byArea, rolesOf } from './permissions';

const catalogue = { roles: { owner: ['a:x', 'edge:write', 'edge:read'], viewer: ['edge:read'] }, organization_roles: { member: ['test:read'] }, catalogue: [] };

test('roles_stand_weakest_first', () => {
  expect(rolesOf(catalogue, false).map((r) => r.role)).toEqual(['viewer', 'owner']);
  expect(rolesOf(catalogue, true).map((r) => r.role)).toEqual(['member']);
});
test('permissions_stand_by_area_with_what_more_roles_hold_first', () => {
  expect(byArea(rolesOf(catalogue, false), () => true)).toEqual([{ id: 'edge', permissions: ['edge:read', 'edge:write'] }, { id: 'other', permissions: ['a:x'] }]);
  expect(byArea(rolesOf(catalogue, false), (p) => p === 'edge:write')).toEqual([{ id: 'edge', permissions: ['edge:write'] }]);
});
test('every_permission_of_the_server_has_words_and_an_area', () => {
  const rust = readFileSync(new URL('../../../../crates/platform/identity/src/model/permission.rs', import.meta.url), 'utf8').split('#[cfg(test)]')[0] ?? '';
  const names = [...new Set([...rust.matchAll(/\b[a-z_]+:[a-z_]+\b/g)].map((m) => m[0]))];
  expect(names.length).toBeGreaterThan(100);
  const words: Readonly<Record<string, string>> = en;
  expect(names.filter((n) => words[`perm.${n}`] === undefined || areaOf(n) === 'other')).toEqual([]);
});
