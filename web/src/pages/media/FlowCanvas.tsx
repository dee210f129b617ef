// The flows of an edge as boxes and lines: inputs, flows, outputs. Ports are dragged onto boxes, or chosen one after the
// other by keyboard; a box opens its fields in a sheet. Nothing is sent before the plan was seen.
import { useEffect, useMemo, useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { FlowsPlan, LiveNode, MediaFlow, MediaNode } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { toast } from '../../ui/toasts';
import { addEnd, addFlow, type Board, boardOf, changes, fits, join, layout, type List, type Spot } from './canvas-model';
import { BoardList } from './BoardList';
import { BoxFace } from './BoxFace';
import { BoxSheet } from './BoxSheet';
import { PlanDialog } from './PlanDialog';
import { flowOf } from './flow-draft';
import { flowState } from './states';
import './canvas.css';

export type Kind = List | 'flow';
interface Port { kind: Kind; key: string; /** Which side of a flow. */ list: List }
interface Drag { port: Port; x: number; y: number; from: { x: number; y: number } }

/** Below this many pixels boxes stand in a list. */
const NARROW = 700;
/** A press that moves less is a click. */
const SLACK = 5;

export function FlowCanvas({ node, flows, live }: { node: MediaNode; flows: readonly MediaFlow[]; live: LiveNode | undefined }) {
  const config = useResource(paths.mediaConfig(node.id));
  // What somebody works on does not move under his hands; it is read again when he is through.
  const [base, setBase] = useState(flows);
  const [board, setBoard] = useState<Board | null>(null);
  const idle = board === null;
  useEffect(() => { if (idle) setBase(flows); }, [idle, flows]);
  const standing = useMemo(() => boardOf(base, config.data), [base, config.data]);
  return <Canvas node={node} live={live} before={base} board={board ?? standing} setBoard={setBoard} />;
}

function Canvas({ node, live, before, board, setBoard }: { node: MediaNode; live: LiveNode | undefined; before: readonly MediaFlow[]; board: Board; setBoard: (board: Board | null) => void }) {
  const t = useT();
  const root = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [open, setOpen] = useState<string | null>(null);
  const [picked, setPicked] = useState<Port | null>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [review, setReview] = useState(false);
  const dragged = useRef(false);
  const change = useMemo(() => changes(board, before), [board, before]);
  const count = change.flows.length + change.remove.length;
  const plan = usePlan(node.id, change, count > 0);
  const narrow = width < NARROW;
  const drawn = useMemo(() => layout(board, width), [board, width]);

  useEffect(() => {
    const el = root.current;
    if (!el) return;
    const watch = new ResizeObserver(() => setWidth(el.clientWidth));
    watch.observe(el);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (!picked) return;
    const stop = (e: KeyboardEvent) => { if (e.key === 'Escape') setPicked(null); };
    window.addEventListener('keydown', stop);
    return () => window.removeEventListener('keydown', stop);
  }, [picked]);

  const kindOf = (key: string): Kind | null => (board.flows.some((f) => f.key === key) ? 'flow' : (['inputs', 'outputs'] as const).find((list) => [...board.flows.flatMap((f) => f.draft[list]), ...board.loose[list]].some((e) => e.key === key)) ?? null);
  const connect = (a: Port, key: string) => {
    const kind = kindOf(key);
    const list = kind && fits(a, { kind });
    if (!list || (a.kind === 'flow' && a.list !== list)) return;
    setBoard(join(board, list, a.kind === 'flow' ? key : a.key, a.kind === 'flow' ? a.key : key));
  };
  const takes = (key: string, from: Port | undefined): boolean => {
    const kind = kindOf(key);
    const list = from && kind && fits(from, { kind });
    return Boolean(list) && (from?.kind !== 'flow' || from.list === list);
  };
  const press = (port: Port, e: React.PointerEvent) => {
    if (e.button !== 0) return;
    dragged.current = false;
    const frame = root.current?.getBoundingClientRect();
    if (!frame) return;
    const at = (ev: { clientX: number; clientY: number }) => ({ x: ev.clientX - frame.left, y: ev.clientY - frame.top });
    const from = at(e);
    const move = (ev: PointerEvent) => {
      const now = at(ev);
      if (Math.hypot(now.x - from.x, now.y - from.y) < SLACK && !dragged.current) return;
      dragged.current = true;
      setDrag({ port, ...now, from });
    };
    const end = (ev: PointerEvent) => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', end);
      window.removeEventListener('pointercancel', end);
      setDrag(null);
      const was = dragged.current;
      // A click comes right behind, where the drag ended on its own port.
      setTimeout(() => { dragged.current = false; }, 0);
      if (!was || ev.type === 'pointercancel') return;
      const target = document.elementFromPoint(ev.clientX, ev.clientY)?.closest<HTMLElement>('[data-box]')?.dataset.box;
      if (target) connect(port, target);
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
  };
  const pick = (port: Port) => {
    // The click that ends a drag is no choice.
    if (dragged.current) return;
    if (picked && picked.key !== port.key && takes(port.key, picked)) { connect(picked, port.key); setPicked(null); } else setPicked(picked?.key === port.key && picked.list === port.list ? null : port);
  };
  const add = (list: List) => {
    const one = board.flows.length === 1 ? (board.flows[0]?.key ?? null) : null;
    const [next, key] = addEnd(board, list, one);
    setBoard(next);
    setOpen(key);
  };
  const nameOf = (key: string): string => {
    const flow = board.flows.find((f) => f.key === key);
    if (flow) return flow.draft.name || t('media.newFlow');
    const end = (['inputs', 'outputs'] as const).flatMap((list) => [...board.flows.flatMap((f) => f.draft[list]), ...board.loose[list]]).find((e) => e.key === key);
    return end?.name || end?.kind.toUpperCase() || '';
  };
  const bad = useMemo(() => faultsOf(board, plan), [board, plan]);
  const from = drag?.port ?? picked ?? undefined;
  const port = (kind: Kind, key: string, list: List) => {
    const mine = { kind, key, list };
    const text = kind === 'flow' ? t(list === 'inputs' ? 'media.portIn' : 'media.portOut', { name: nameOf(key) }) : t('media.portEnd', { name: nameOf(key) });
    return <button type="button" className="cport" data-side={(kind === 'flow') === (list === 'inputs') ? 'left' : 'right'} aria-label={text} title={text} aria-pressed={picked?.key === key && picked.list === list} onPointerDown={(e) => press(mine, e)} onClick={() => pick(mine)} />;
  };
  const box = (kind: Kind, spot: Spot, face: React.ReactNode, ports: React.ReactNode) => (
    <div key={spot.key} className="cbox" data-box={spot.key} data-kind={kind} data-bad={bad.has(spot.key) ? '' : undefined} data-target={from && from.key !== spot.key && takes(spot.key, from) ? '' : undefined} data-dim={from && from.key !== spot.key && !takes(spot.key, from) ? '' : undefined} style={{ left: spot.x, top: spot.y, width: spot.w, height: spot.h }}>
      <button type="button" className="cbox-face" onClick={() => (picked && picked.key !== spot.key && takes(spot.key, picked) ? pick({ kind, key: spot.key, list: picked.list }) : setOpen(spot.key))}>{face}</button>
      {ports}
    </div>
  );
  const ends = (list: List, all: Board['loose'][List]) => all.flatMap((end) => { const spot = drawn.spots.get(end.key); return spot ? [box(list, spot, <BoxFace end={end} list={list} live={live} bad={bad.has(end.key)} />, port(list, end.key, list))] : []; });
  return (
    <div className="stack">
      <div className="canvas-bar">
        <span className="row"><Button small icon="plus" onClick={() => add('inputs')}>{t('media.addInput')}</Button><Button small icon="plus" onClick={() => { const [next, key] = addFlow(board); setBoard(next); setOpen(key); }}>{t('media.addFlow')}</Button><Button small icon="plus" onClick={() => add('outputs')}>{t('media.addOutput')}</Button></span>
        {count > 0 ? <span className="row canvas-state" role="status"><span>{t('media.changedFlows', { n: count })}</span><Button small onClick={() => { setBoard(null); setPicked(null); }}>{t('media.discard')}</Button><Button small kind="primary" icon="send" onClick={() => setReview(true)}>{t('media.review')}</Button></span> : <span className="faint canvas-state" role="status">{picked ? t('media.pickHint', { name: nameOf(picked.key) }) : narrow ? '' : t('media.canvasHint')}</span>}
      </div>
      {picked && count > 0 ? <p className="faint" role="status">{t('media.pickHint', { name: nameOf(picked.key) })}</p> : null}
      <section className="card canvas-card">
        <div ref={root}>
          {narrow ? <BoardList board={board} live={live} bad={bad} onOpen={setOpen} /> : (
            <div className="canvas" style={{ height: drawn.height }} data-picking={from ? '' : undefined}>
              <svg className="canvas-wires" aria-hidden="true">
                {drawn.wires.map((w) => <path key={w.key} d={curve(w.from, w.to)} data-live={running(live, board, w.flow)} />)}
                {drag ? <path className="canvas-new" d={`M${drag.from.x} ${drag.from.y} L${drag.x} ${drag.y}`} /> : null}
              </svg>
              {ends('inputs', board.flows.flatMap((f) => f.draft.inputs))}
              {board.flows.flatMap(({ key, draft }) => { const spot = drawn.spots.get(key); return spot ? [box('flow', spot, <BoxFace flow={draft} live={live} bad={bad.has(key)} />, <>{port('flow', key, 'inputs')}{port('flow', key, 'outputs')}</>)] : []; })}
              {ends('outputs', board.flows.flatMap((f) => f.draft.outputs))}
              {drawn.looseAt === null ? null : <p className="canvas-loose" style={{ top: drawn.looseAt }}>{t('media.loose')}</p>}
              {ends('inputs', board.loose.inputs)}
              {ends('outputs', board.loose.outputs)}
              {drawn.wires.map((w) => <button key={w.key} type="button" className="canvas-cut" style={{ left: (w.from.x + w.from.w + w.to.x) / 2, top: (w.from.y + w.to.y + w.from.h) / 2 }} aria-label={t('media.cut', { end: nameOf(w.end), flow: nameOf(w.flow) })} title={t('media.cut', { end: nameOf(w.end), flow: nameOf(w.flow) })} onClick={() => setBoard(join(board, w.list, w.end, null))}><Icon name="close" size={12} /></button>)}
            </div>
          )}
          {board.flows.length + board.loose.inputs.length + board.loose.outputs.length === 0 ? <p className="faint canvas-empty">{t('media.noFlowsText')}</p> : null}
        </div>
      </section>
      {open === null ? null : <BoxSheet key={open} node={node} board={board} open={open} setBoard={setBoard} faults={bad} onOpen={setOpen} onClose={() => setOpen(null)} />}
      {review ? <PlanDialog node={node} change={change} plan={plan} names={namesOf(before)} onClose={() => setReview(false)} onDone={() => { setReview(false); setBoard(null); invalidate(urls.mediaFlows(node.id), urls.mediaConfig(node.id)); toast({ level: 'ok', text: t('media.flowsSent', { n: count }) }); }} /> : null}
    </div>
  );
}

/** What the parts of flows are called, by kind and id. */
function namesOf(flows: readonly MediaFlow[]): Map<string, string> {
  const ends = (kind: string, list: List) => flows.flatMap((f) => f[list].map((e) => [`${kind}:${e.id ?? ''}`, e.name ?? e.id ?? ''] as const));
  return new Map([...flows.map((f) => [`flow:${f.id}`, f.name] as const), ...ends('input', 'inputs'), ...ends('output', 'outputs')]);
}

function curve(a: Spot, b: Spot): string {
  const [x1, y1, x2, y2] = [a.x + a.w, a.y + a.h / 2, b.x, b.y + b.h / 2];
  const bend = Math.max(20, (x2 - x1) / 2);
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
/** How a running flow is; nothing of one that does not run. */
function running(live: LiveNode | undefined, board: Board, flow: string): string | undefined {
  const id = board.flows.find((f) => f.key === flow)?.draft.id;
  const stats = live?.stats?.flows?.find((s) => s.flow_id === id && s.state?.toLowerCase() === 'running');
  return stats && flowState(stats.health, stats.state, true).status;
}

/** What the server says of the change, asked again while it is written. */
function usePlan(node: string, change: { flows: MediaFlow[]; remove: string[] }, wanted: boolean): FlowsPlan | string | null {
  const [plan, setPlan] = useState<FlowsPlan | string | null>(null);
  const text = wanted ? JSON.stringify(change) : '';
  useEffect(() => {
    setPlan(null);
    if (text === '') return;
    let old = false;
    const timer = setTimeout(() => { send<FlowsPlan>('POST', urls.mediaPlan(node), JSON.parse(text)).then((p) => { if (!old) setPlan(p); }, (e: unknown) => { if (!old) setPlan(asApiError(e).message); }); }, 300);
    return () => { old = true; clearTimeout(timer); };
  }, [text, node]);
  return plan;
}

/** Faults by box, then by member of it. */
export type Faults = ReadonlyMap<string, ReadonlyMap<string, string>>;
function faultsOf(board: Board, plan: FlowsPlan | string | null): Faults {
  const out = new Map<string, Map<string, string>>();
  if (plan === null || typeof plan === 'string') return out;
  const put = (key: string, member: string, text: string) => out.set(key, new Map([...(out.get(key) ?? []), [member, text]]));
  for (const report of plan.flows) {
    const flow = board.flows.find((f) => flowOf(f.draft).id === report.id);
    if (!flow) continue;
    for (const e of report.errors) {
      const at = /^(inputs|outputs)\[(\d+)\]\.?(.*)$/.exec(e.path);
      const end = at && flow.draft[at[1] as List][Number(at[2])];
      if (end) put(end.key, at[3] ?? '', e.message);
      else put(flow.key, e.path, e.message);
    }
  }
  return out;
}
