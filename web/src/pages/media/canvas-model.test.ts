import { expect, test } from 'vitest';
import type { MediaFlow } from '../../api/media';
import { addEnd, addFlow, boardOf, changes, dropFlow, fits, join, layout } from './canvas-model';

const end = (id: string) => ({ id, name: id, type: 'udp', dest_addr: '10.0.0.1:5000' });
const flows: MediaFlow[] = [
  { id: 'a', name: 'A', inputs: [{ id: 'i', name: 'i', type: 'udp', bind_addr: '0.0.0.0:1' }], outputs: [end('o'), end('p')] },
  { id: 'b', name: 'B', inputs: [], outputs: [] },
];
const board = () => boardOf(flows, { inputs: [{ id: 'i' }], outputs: [end('o'), end('p'), end('spare')] });
const keyOf = (b: ReturnType<typeof board>, id: string) => [...b.flows.flatMap((f) => f.draft.outputs), ...b.loose.outputs].find((e) => e.rest.id === id)?.key ?? '';

test('what_no_flow_has_is_loose_and_nothing_changed_is_nothing_to_send', () => {
  const b = board();
  expect(b.loose.outputs.map((e) => e.rest.id)).toEqual(['spare']);
  expect(changes(b, flows)).toEqual({ flows: [], remove: [] });
  expect(changes(join(b, 'outputs', keyOf(b, 'o'), 'flow:a'), flows).flows).toEqual([]);
});
test('an_output_moves_and_both_flows_are_sent', () => {
  const b = join(board(), 'outputs', '', 'flow:b');
  const moved = join(b, 'outputs', keyOf(b, 'o'), 'flow:b');
  expect(changes(moved, flows).flows.map((f) => [f.id, f.outputs.map((o) => o.id)])).toEqual([['a', ['p']], ['b', ['o']]]);
  const apart = join(moved, 'outputs', keyOf(moved, 'o'), null);
  expect(apart.loose.outputs.map((e) => e.rest.id)).toEqual(['spare', 'o']);
});
test('a_new_end_gets_an_id_that_no_other_end_of_its_flow_has', () => {
  const one: MediaFlow[] = [{ id: 'a', name: 'A', inputs: [], outputs: [end('a-out2')] }];
  const [b] = addEnd(boardOf(one, undefined), 'outputs', 'flow:a');
  expect(changes(b, one).flows[0]?.outputs.map((o) => o.id)).toEqual(['a-out2', 'a-out3']);
});
test('removed_flows_are_named_and_new_ones_that_go_again_are_not', () => {
  const [b, key] = addFlow(dropFlow(board(), 'flow:b'));
  expect(changes(dropFlow(b, key), flows)).toEqual({ flows: [], remove: ['b'] });
});
test('boxes_never_overlap_and_every_wire_joins_two_of_them', () => {
  const [b] = addEnd(board(), 'inputs', null);
  const { spots, wires, height } = layout(b, 1000);
  const all = [...spots.values()];
  for (const [n, p] of all.entries()) for (const q of all.slice(n + 1)) expect(p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y).toBe(true);
  expect(all.every((s) => s.y >= 0 && s.y + s.h <= height && s.x >= 0 && s.x + s.w <= 1000)).toBe(true);
  expect(wires.map((w) => w.list)).toEqual(['inputs', 'outputs', 'outputs']);
  expect([fits({ kind: 'flow' }, { kind: 'outputs' }), fits({ kind: 'inputs' }, { kind: 'flow' }), fits({ kind: 'inputs' }, { kind: 'outputs' }), fits({ kind: 'flow' }, { kind: 'flow' })]).toEqual(['outputs', 'inputs', null, null]);
});
