import { expect, test } from 'vitest';
import { areas } from './areas';

test('changes_of_one_part_are_counted_together', () => {
  const at = 'apps/http/servers/main/routes';
  expect(areas([{ path: `/${at}/0/handle`, kind: 'changed' }, { path: `/${at}/1`, kind: 'added' }, { path: '/admin', kind: 'removed' }, { path: '', kind: 'changed' }])).toEqual([
    { area: 'apps / http / servers / main / routes', added: 1, removed: 0, changed: 1 }, { area: 'admin', added: 0, removed: 1, changed: 0 }, { area: '/', added: 0, removed: 0, changed: 1 },
  ]);
});
