// The map puts each page beside the one that led to it.
import { expect, test } from 'vitest';
import type { SeenPage } from '../../api/discover';
import { layout, node } from './layout';

const page = (id: string, depth: number): SeenPage => ({ id, url: `https://s.example/${id}`, title: id, page_type: 'other', screenshot_url: null, elements_count: 0, forms_count: 0, links_count: 0, load_time_ms: 1, depth, status_code: 200, requires_auth: false, console_errors: 0, failed_requests: 0 });

test('a page stands in the column of its depth, beside its first child, and no two stand on one place', () => {
  const pages = [page('home', 0), page('a', 1), page('b', 1), page('deep', 2), page('alone', 1)];
  const edges = [['home', 'a'], ['home', 'b'], ['a', 'deep'], ['b', 'deep'], ['deep', 'home'], ['a', 'b']].map(([from = '', to = '']) => ({ from, to, label: '' }));
  const map = layout(pages, edges);
  const at = (id: string) => map.nodes.find((n) => n.page.id === id);
  expect(at('deep')).toMatchObject({ parent: 'a', x: 2 * (node.width + node.gapX) });
  expect([at('home')?.y, at('a')?.y]).toEqual([0, 0]);
  expect(at('alone')?.parent).toBeNull();
  expect(new Set(map.nodes.map((n) => `${n.x} ${n.y}`)).size).toBe(5);
  expect(layout([], []).nodes).toEqual([]);
});
