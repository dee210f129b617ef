// Where each page stands on the map: a column for each click from the start, each page beside the one that led to it.
import type { SeenPage, SiteEdge } from '../../api/discover';

export const node = { width: 188, height: 150, gapX: 84, gapY: 18 } as const;
export interface Placed { page: SeenPage; x: number; y: number; parent: string | null }
export interface Layout { nodes: Placed[]; width: number; height: number }

/** Pages come in the order they were visited; a page hangs on the first page that leads to it and is nearer the start. */
export function layout(pages: readonly SeenPage[], edges: readonly SiteEdge[]): Layout {
  const known = new Map(pages.map((p, order) => [p.id, { page: p, order }]));
  const parents = new Map<string, string>();
  for (const e of edges) {
    const [from, to] = [known.get(e.from), known.get(e.to)];
    if (!from || !to || from.page.depth >= to.page.depth) continue;
    const now = known.get(parents.get(to.page.id) ?? '');
    if (!now || from.order < now.order) parents.set(to.page.id, from.page.id);
  }
  const children = new Map<string | null, SeenPage[]>();
  for (const p of pages) {
    const parent = parents.get(p.id) ?? null;
    children.set(parent, [...(children.get(parent) ?? []), p]);
  }
  const nodes: Placed[] = [];
  let rows = 0;
  const place = (page: SeenPage): number => {
    const below = children.get(page.id) ?? [];
    const ys = below.map(place);
    const first = ys[0];
    // Beside its first child: the start stays in sight however far the map goes down.
    const y = first ?? rows++ * (node.height + node.gapY);
    nodes.push({ page, x: page.depth * (node.width + node.gapX), y, parent: parents.get(page.id) ?? null });
    return y;
  };
  for (const root of children.get(null) ?? []) place(root);
  const deepest = Math.max(0, ...pages.map((p) => p.depth));
  return { nodes, width: (deepest + 1) * (node.width + node.gapX) - node.gapX, height: Math.max(1, rows) * (node.height + node.gapY) - node.gapY };
}
