import { expect, test } from 'vitest';
import type { Topology } from '../../api/media';
import { columnsOf } from './map-columns';

test('an_edge_that_only_receives_stands_beyond_the_relay_and_empty_columns_are_left_out', () => {
  const node = (id: string, device_type: string) => ({ id, name: id, device_type, status: 'online' as const });
  const link = (from: string, to: string) => ({ from, to, kind: 'tunnel' as const, label: '', state: 'active' as const, bitrate_bps: null });
  const map: Topology = { nodes: [node('far', 'edge'), node('near', 'edge'), node('r', 'relay')], externals: [{ id: 'ext_srt:x', label: 'x', protocol: 'srt', side: 'source' }], links: [link('ext_srt:x', 'near'), link('near', 'r'), link('r', 'far')] };
  expect(columnsOf(map).map((c) => [c.id, c.items.map((i) => i.id)])).toEqual([['sources', ['ext_srt:x']], ['senders', ['near']], ['relays', ['r']], ['receivers', ['far']]]);
});
