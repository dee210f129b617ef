import { expect, test } from 'vitest';
import { eventsShown, type LiveNode, type NodeEvent, type Tunnel, withEvent, withPicture, withTunnel } from './media';

const event = (id: number): NodeEvent => ({ id, node_id: 'n', node_name: 'N', severity: 'info', category: 'flow', message: 'm', flow_id: null, error_code: null, created_at: '', acknowledged: false });

test('a pushed event stands in front once and the list stays as long as it is shown', () => {
  const list = withEvent([event(1)], event(2));
  expect(list.map((e) => e.id)).toEqual([2, 1]);
  expect(withEvent(list, event(2))).toBe(list);
  const full = Array.from({ length: eventsShown }, (_, n) => event(n));
  expect(withEvent(full, event(999))).toHaveLength(eventsShown);
});

test('a pushed tunnel replaces its row and a list without it stays', () => {
  const tunnel = (id: string, name: string) => ({ id, name }) as Tunnel;
  const answer = { tunnels: [tunnel('a', 'old'), tunnel('b', 'b')] };
  expect(withTunnel(answer, tunnel('a', 'new')).tunnels.map((x) => x.name)).toEqual(['new', 'b']);
  expect(withTunnel(answer, tunnel('c', 'c'))).toBe(answer);
});

test('a pushed picture replaces the one of its flow or input only', () => {
  const node = { thumbnails: [{ flow_id: 'f', input_id: null, etag: '1' }, { flow_id: 'f', input_id: 'i', etag: '1' }] } as unknown as LiveNode;
  expect(withPicture(node, 'f', null, '2').thumbnails.map((p) => [p.input_id, p.etag])).toEqual([['i', '1'], [null, '2']]);
});
