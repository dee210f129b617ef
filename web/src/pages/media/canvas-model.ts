// The flows of a node as boxes that are joined by lines: what stands where, what is joined to what, and what changed.
import type { FlowEnd, MediaFlow } from '../../api/media';
import { draftOf, type EndDraft, type FlowDraft, flowOf, newEnd, newFlow } from './flow-draft';

export type List = 'inputs' | 'outputs';
export interface FlowBox { key: string; draft: FlowDraft }
/** `loose`: what is joined to no flow. Ends that the node has may stay so; new ones are not sent. */
export interface Board { flows: FlowBox[]; loose: Record<List, EndDraft[]>; remove: string[] }
export interface Spot { key: string; x: number; y: number; w: number; h: number }
export interface Wire { key: string; list: List; end: string; flow: string; from: Spot; to: Spot }
export interface Layout { spots: Map<string, Spot>; wires: Wire[]; height: number; looseAt: number | null }

export const BOX = 68;
const GAP = 12;
const BETWEEN = 30;
/** Room for the heading above what is joined to nothing. */
const HEADING = 34;

export function boardOf(flows: readonly MediaFlow[], config: { inputs?: unknown; outputs?: unknown } | undefined): Board {
  const loose = (list: List): EndDraft[] => {
    const used = new Set(flows.flatMap((f) => f[list].map((e) => e.id)));
    const all = Array.isArray(config?.[list]) ? (config[list] as FlowEnd[]) : [];
    return all.filter((e) => !used.has(e.id)).map((e) => draftOf({ id: '', name: '', inputs: [], outputs: [], [list]: [e] })[list][0] as EndDraft);
  };
  return { flows: flows.map((f) => ({ key: `flow:${f.id}`, draft: draftOf(f) })), loose: { inputs: loose('inputs'), outputs: loose('outputs') }, remove: [] };
}

/** Joins an end to a flow, or to none. */
export function join(board: Board, list: List, key: string, flow: string | null): Board {
  const end = [...board.flows.flatMap((f) => f.draft[list]), ...board.loose[list]].find((e) => e.key === key);
  if (!end) return board;
  const without = (all: EndDraft[]) => all.filter((e) => e.key !== key);
  const flows = board.flows.map((f) => {
    const rest = without(f.draft[list]);
    // Where it was already, it keeps its place.
    const next = f.key !== flow ? rest : rest.length < f.draft[list].length ? f.draft[list] : [...rest, end];
    return next.length === f.draft[list].length && next.every((e, n) => e === f.draft[list][n]) ? f : { ...f, draft: { ...f.draft, [list]: next } };
  });
  const apart = without(board.loose[list]);
  return { ...board, flows, loose: { ...board.loose, [list]: flow === null ? [...apart, end] : apart } };
}
export function putEnd(board: Board, list: List, end: EndDraft | null, key: string): Board {
  const put = (all: EndDraft[]) => (end === null ? all.filter((e) => e.key !== key) : all.map((e) => (e.key === key ? end : e)));
  return { ...board, flows: board.flows.map((f) => ({ ...f, draft: { ...f.draft, [list]: put(f.draft[list]) } })), loose: { ...board.loose, [list]: put(board.loose[list]) } };
}
export function putFlow(board: Board, key: string, draft: FlowDraft): Board { return { ...board, flows: board.flows.map((f) => (f.key === key ? { key, draft } : f)) }; }
/** Its ends go with it. */
export function dropFlow(board: Board, key: string): Board {
  const gone = board.flows.find((f) => f.key === key);
  return { ...board, flows: board.flows.filter((f) => f.key !== key), remove: gone?.draft.id ? [...board.remove, gone.draft.id] : board.remove };
}
export function addEnd(board: Board, list: List, flow: string | null): [Board, string] {
  const end = newEnd(list, list === 'inputs' ? 'srt' : 'udp');
  return [join({ ...board, loose: { ...board.loose, [list]: [...board.loose[list], end] } }, list, end.key, flow), end.key];
}
export function addFlow(board: Board): [Board, string] {
  const draft = newFlow();
  const key = `new:${draft.key}`;
  return [{ ...board, flows: [...board.flows, { key, draft: draft.draft }] }, key];
}

/** What the node would be told: flows that are not as they were, and flows that go. */
export function changes(board: Board, before: readonly MediaFlow[]): { flows: MediaFlow[]; remove: string[] } {
  const were = new Map(before.map((f) => [f.id, JSON.stringify(flowOf(draftOf(f)))]));
  const flows = board.flows.map((f) => flowOf(f.draft)).filter((f) => were.get(f.id) !== JSON.stringify(f));
  return { flows, remove: board.remove };
}

/** Three columns; the ends of a flow stand beside it. */
export function layout(board: Board, width: number): Layout {
  const w = Math.max(170, Math.min(290, Math.floor((width - 140) / 3)));
  const at: Record<List | 'flow', number> = { inputs: 0, flow: Math.round((width - w) / 2), outputs: width - w };
  const spots = new Map<string, Spot>();
  const wires: Wire[] = [];
  const tall = (n: number) => n * BOX + Math.max(0, n - 1) * GAP;
  let y = 0;
  for (const { key, draft } of board.flows) {
    const block = tall(Math.max(1, draft.inputs.length, draft.outputs.length));
    const middle: Spot = { key, x: at.flow, y: y + (block - BOX) / 2, w, h: BOX };
    spots.set(key, middle);
    for (const list of ['inputs', 'outputs'] as const) {
      const top = y + (block - tall(draft[list].length)) / 2;
      draft[list].forEach((end, n) => {
        const spot: Spot = { key: end.key, x: at[list], y: top + n * (BOX + GAP), w, h: BOX };
        spots.set(end.key, spot);
        wires.push({ key: `${end.key}-${key}`, list, end: end.key, flow: key, from: list === 'inputs' ? spot : middle, to: list === 'inputs' ? middle : spot });
      });
    }
    y += block + BETWEEN;
  }
  const apart = Math.max(board.loose.inputs.length, board.loose.outputs.length);
  const looseAt = apart === 0 ? null : y;
  for (const list of ['inputs', 'outputs'] as const) for (const [n, end] of board.loose[list].entries()) spots.set(end.key, { key: end.key, x: at[list], y: y + HEADING + n * (BOX + GAP), w, h: BOX });
  return { spots, wires, looseAt, height: Math.max(BOX, apart === 0 ? y - BETWEEN : y + HEADING + tall(apart)) };
}

/** The list an end must be of to be joined between two boxes; null when they do not go together. */
export function fits(a: { kind: List | 'flow' }, b: { kind: List | 'flow' }): List | null {
  if (a.kind === 'flow' && b.kind !== 'flow') return b.kind;
  return b.kind === 'flow' && a.kind !== 'flow' ? a.kind : null;
}
