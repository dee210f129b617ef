// The live picture of this machine: the last snapshot, short rings per measurement, and the events since opening.
// Written only by the stream; components select single fields so that a tick re-renders what changed.
import type { EventItem, Stats } from '../api/shapes';
import { createRing, type Ring } from './ring';
import { createStore, useStore } from './store';

export type Link = 'connecting' | 'live' | 'reconnecting' | 'paused';
export interface Live {
  stats: Stats | null;
  /** Milliseconds when the snapshot arrived here. */
  at: number | null;
  link: Link;
  /** Since when the link is down; null while it is up. */
  downSince: number | null;
  retryAt: number | null;
}

export const live = createStore<Live>({ stats: null, at: null, link: 'connecting', downSince: null, retryAt: null });
export const newEvents = createStore<readonly EventItem[]>([]);
const eventCapacity = 200;

/** Thirty minutes at one tick per five seconds. */
const ringCapacity = 360;
const rings = new Map<string, Ring>();
export const ringRevision = createStore(0);

export function ring(name: string): Ring {
  let r = rings.get(name);
  if (!r) { r = createRing(ringCapacity); rings.set(name, r); }
  return r;
}

function sum(values: readonly (number | null | undefined)[] | null | undefined): number | null {
  const known = values?.filter((v): v is number => typeof v === 'number');
  return known && known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
}

export function memPercent(stats: Stats): number | null { return stats.memory?.percent ?? stats.mem_percent ?? null; }

/** The measurements a ring is kept for, by name. */
export function measurements(stats: Stats): ReadonlyMap<string, number | null> {
  const m = new Map<string, number | null>([
    ['cpu', stats.cpu_percent ?? null],
    ['mem', memPercent(stats)],
    ['temp', stats.cpu_temp ?? null],
    ['load', stats.load?.[0] ?? null],
    ['rx', stats.net_rx_bytes ?? null],
    ['tx', stats.net_tx_bytes ?? null],
    ['read', sum(stats.diskIo?.map((d) => d.read_bps))],
    ['write', sum(stats.diskIo?.map((d) => d.write_bps))],
  ]);
  for (const d of stats.disks ?? []) m.set(`disk:${d.mount}`, d.percent);
  for (const d of stats.diskIo ?? []) { m.set(`read:${d.device}`, d.read_bps); m.set(`write:${d.device}`, d.write_bps); }
  for (const n of stats.netInterfaces ?? []) { m.set(`rx:${n.name}`, n.rx_bps); m.set(`tx:${n.name}`, n.tx_bps); }
  return m;
}

let waiting: { stats: Stats; at: number } | null = null;

export function receiveStats(stats: Stats, at: number): void {
  const ms = stats.timestamp > 1e11 ? stats.timestamp : stats.timestamp * 1000;
  for (const [name, value] of measurements(stats)) ring(name).push(ms, value);
  if (live.get().link === 'paused') { waiting = { stats, at }; return; }
  live.set((l) => ({ ...l, stats, at, link: 'live', downSince: null, retryAt: null }));
  ringRevision.set((n) => n + 1);
}

export function receiveEvent(event: EventItem): void {
  newEvents.set((list) => (list.some((e) => e.id === event.id) ? list : [event, ...list].slice(0, eventCapacity)));
}

export function setLink(link: Link, retryAt: number | null = null): void {
  live.set((l) => {
    if (l.link === 'paused') return { ...l, retryAt };
    const down = link === 'reconnecting' ? (l.downSince ?? Date.now()) : null;
    return { ...l, link, downSince: down, retryAt };
  });
}

export function togglePause(): void {
  if (live.get().link === 'paused') {
    live.set((l) => ({ ...l, link: 'live', ...(waiting ? { stats: waiting.stats, at: waiting.at } : {}) }));
    waiting = null;
    ringRevision.set((n) => n + 1);
  } else live.set((l) => ({ ...l, link: 'paused' }));
}

export function resetLive(): void {
  live.set({ stats: null, at: null, link: 'connecting', downSince: null, retryAt: null });
  newEvents.set([]);
  rings.clear();
  waiting = null;
}

export function useStats<S>(select: (stats: Stats | null) => S): S { return useStore(live, (l) => select(l.stats)); }
export function useLink(): Live { return useStore(live); }
/** True while the server answers; write controls are off otherwise. */
export function useOnline(): boolean { return useStore(live, (l) => l.link !== 'reconnecting'); }
/** Points of a ring; the component re-renders each tick. */
export function useRing(name: string): readonly (readonly [number, number | null])[] {
  useStore(ringRevision);
  return ring(name).points();
}
