import { expect, test } from 'vitest';
import { actionsOf, batchOf } from './proposal';

test('words_ask_for_nothing_and_several_actions_keep_their_order', () => {
  expect(actionsOf({ action: 'info', message: 'm' })).toEqual([]);
  const many = actionsOf({ action: 'multiple', actions: [{ action: 'stop_flow', flow_id: 'a' }, { action: 'info' }, { action: 'delete_flow', flow_id: 'b' }] });
  expect(many.map((a) => [a.action, batchOf(a)])).toEqual([['stop_flow', null], ['delete_flow', { flows: [], remove: ['b'] }]]);
  expect(batchOf({ action: 'create_flow' })).toBeNull();
});
