// One event stream per browser: tabs elect a leader over a BroadcastChannel, the leader holds the connections and
// passes every message on. Must never open a second stream while a leader answers.
import { asApiError, load } from '../api/client';
import { paths, urls } from '../api/home-paths';
import type { EventItem, Stats } from '../api/shapes';
import { toMillis } from '../format/time';
import { invalidate } from '../api/resource';
import { receiveEvent, receiveStats, resetLive, ring, ringRevision, setLink } from '../state/live';
import { loadSession } from './session';

type Message =
  | { type: 'who' | 'beat' | 'bye' | 'look' | 'fresh'; id: string }
  | { type: 'stats'; id: string; stats: Stats; at: number }
  | { type: 'event'; id: string; event: EventItem }
  | { type: 'down'; id: string; retryAt: number };

const beatMs = 1_500;
const leaderLostMs = 7_000;
const silentStreamMs = 16_000;
const hiddenAfterMs = 30_000;
const hiddenPollMs = 30_000;

/** Delay before attempt n (0-based): 1 s doubling to 30 s, plus up to 20 % so that many tabs do not return together. */
export function retryDelay(attempt: number, random: number): number {
  return Math.min(30_000, 1_000 * 2 ** attempt) * (1 + random * 0.2);
}

const id = `${Date.now().toString(36)}-${Math.floor(Math.random() * 1e9).toString(36)}`;
let channel: BroadcastChannel | null = null;
let leading = false;
let lastLeader = 0;
let lastLook = Date.now();
let source: EventSource | null = null;
let events: EventSource | null = null;
let lastData = 0;
let attempt = 0;
let refused = 0;
let retryTimer: ReturnType<typeof setTimeout> | null = null;
let ticker: ReturnType<typeof setInterval> | null = null;
let lastPoll = 0;
let lastEventId = 0;
let connecting = false;

function post(message: Message) { channel?.postMessage(message); }

function publishStats(stats: Stats) {
  lastData = Date.now();
  attempt = 0;
  receiveStats(stats, lastData);
  post({ type: 'stats', id, stats, at: lastData });
}

function publishEvent(text: string) {
  let event: unknown;
  try { event = JSON.parse(text); } catch { return; }
  if (typeof event !== 'object' || event === null || !('id' in event) || !('message' in event)) return;
  // The stream carries event rows of this shape; the two members every list needs were just checked.
  const row = event as EventItem;
  if (Number(row.id) <= lastEventId) return;
  lastEventId = Number(row.id);
  onEvent(row);
  post({ type: 'event', id, event: row });
}

function onEvent(event: EventItem) {
  receiveEvent(event);
  // What an event may have changed is fetched again, only where it is on screen.
  invalidate('/api/ui/attention', '/api/notifications?');
  if (event.kind.startsWith('alert.')) invalidate('/api/alert-history');
  if (event.kind.startsWith('job.')) invalidate('/api/jobs');
}

function askAgain() { invalidate('/api/ui/attention', '/api/notifications?', '/api/alert-history'); }

async function connect() {
  if (!leading || connecting || source) return;
  connecting = true;
  try {
    publishStats(await load(paths.stats));
  } catch (cause) {
    connecting = false;
    const error = asApiError(cause);
    if (error.status === 401) { stopStream(); return; }
    retryLater();
    return;
  }
  connecting = false;
  // Leadership may have moved while the request ran.
  if (!leading || source) return;
  const opened = new EventSource(urls.stream);
  source = opened;
  opened.onmessage = (e: MessageEvent<string>) => {
    try { publishStats(JSON.parse(e.data)); } catch { /* one unreadable tick is skipped; the watchdog sees a silent stream */ }
  };
  opened.onerror = () => { if (source === opened) { closeSource(); retryLater(); } };
  openEvents();
}

function openEvents() {
  if (events) return;
  const opened = new EventSource(urls.events);
  events = opened;
  const take = (e: MessageEvent<string>) => publishEvent(e.data);
  // What happened between the first look and the stream, or while it was away, comes with no event: it is asked for.
  opened.onopen = () => { refused = 0; askAgain(); post({ type: 'fresh', id }); };
  opened.addEventListener('message', take);
  opened.addEventListener('event', take);
  opened.onerror = () => {
    if (opened.readyState !== EventSource.CLOSED) return;
    if (events === opened) events = null;
    // The browser does not come back to a stream that was refused; whoever opens many pages at once is let in again soon.
    setTimeout(() => { if (leading && source) openEvents(); }, retryDelay(refused, Math.random()));
    refused += 1;
  };
}

function closeSource() { source?.close(); source = null; }
function closeAll() { closeSource(); events?.close(); events = null; if (retryTimer) clearTimeout(retryTimer); retryTimer = null; }

function retryLater() {
  if (!leading) return;
  const delay = retryDelay(attempt, Math.random());
  attempt += 1;
  const retryAt = Date.now() + delay;
  setLink('reconnecting', retryAt);
  post({ type: 'down', id, retryAt });
  if (retryTimer) clearTimeout(retryTimer);
  retryTimer = setTimeout(() => { retryTimer = null; void connect(); }, delay);
}

/** Tries at once, for the button in the disconnected bar. */
export function reconnectNow(): void {
  attempt = 0;
  if (!leading) return;
  if (retryTimer) clearTimeout(retryTimer);
  retryTimer = null;
  void connect();
}

function lead() { leading = true; attempt = 0; post({ type: 'beat', id }); void connect(); }
function follow() { leading = false; closeAll(); }

function onMessage(message: Message) {
  if (message.id === id) return;
  switch (message.type) {
    case 'who': if (leading) post({ type: 'beat', id }); break;
    case 'look': lastLook = Date.now(); break;
    case 'bye': lastLeader = 0; if (document.visibilityState === 'visible') setTimeout(elect, Math.random() * 200); break;
    case 'beat':
      if (leading && message.id > id) { post({ type: 'beat', id }); break; }
      if (leading) follow();
      lastLeader = Date.now();
      break;
    case 'stats': lastLeader = Date.now(); if (!leading) receiveStats(message.stats, message.at); break;
    case 'event': lastLeader = Date.now(); if (!leading) { lastEventId = Math.max(lastEventId, Number(message.event.id)); onEvent(message.event); } break;
    case 'fresh': lastLeader = Date.now(); if (!leading) askAgain(); break;
    case 'down': lastLeader = Date.now(); if (!leading) setLink('reconnecting', message.retryAt); break;
  }
}

function elect() { if (!leading && Date.now() - lastLeader > leaderLostMs) lead(); }

function tick() {
  const visible = document.visibilityState === 'visible';
  if (visible) { lastLook = Date.now(); post({ type: 'look', id }); }
  if (!leading) { elect(); return; }
  post({ type: 'beat', id });
  const watched = Date.now() - lastLook < hiddenAfterMs;
  if (watched) {
    if (!source && !retryTimer) void connect();
    else if (source && Date.now() - lastData > silentStreamMs) { closeSource(); retryLater(); }
  } else {
    closeAll();
    if (Date.now() - lastPoll > hiddenPollMs) { lastPoll = Date.now(); load(paths.stats).then(publishStats, () => setLink('reconnecting')); }
  }
}

/** Fills the rings with the last half hour so that sparklines are not empty on arrival. */
async function seed() {
  const names: readonly (readonly [metric: string, ring: string])[] = [['cpu_percent', 'cpu'], ['mem_percent', 'mem'], ['cpu_temp', 'temp'], ['net_rx_bytes', 'rx'], ['net_tx_bytes', 'tx'], ['disk_io_read_bps', 'read'], ['disk_io_write_bps', 'write']];
  try {
    const reply = await load(paths.historyMulti(names.map(([m]) => m), 1, 15));
    const since = Date.now() - 30 * 60_000;
    for (const [metric, name] of names) ring(name).seed((reply[metric] ?? []).filter((p) => p.time * 1000 > since).map((p) => [p.time * 1000, p.value] as const));
    // Per device and interface, for the pages of the machine.
    const window = { from: Math.floor(since / 15_000) * 15, to: Math.ceil(Date.now() / 15_000) * 15, step: 15, agg: 'avg' };
    const io = await load(paths.metricsQuery('host_diskio_bps', window));
    for (const s of io.series) if (s.labels.device && s.labels.dir) ring(`${s.labels.dir}:${s.labels.device}`).seed(s.points.map(([at, v]) => [toMillis(at) ?? 0, v] as const));
    const net = await load(paths.metricsQuery('host_net_if_bps', window));
    for (const s of net.series) if (s.labels.iface && s.labels.dir) ring(`${s.labels.dir}:${s.labels.iface}`).seed(s.points.map(([at, v]) => [toMillis(at) ?? 0, v] as const));
  } catch { /* sparklines start empty */ }
  ringRevision.set((n) => n + 1);
}

const onVisible = () => { if (document.visibilityState === 'visible') tick(); };
const onHide = () => { if (leading) post({ type: 'bye', id }); };
const onShow = (e: PageTransitionEvent) => { if (e.persisted) void loadSession(); };

export function startStream(): void {
  if (ticker) return;
  channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('argos.stream');
  channel?.addEventListener('message', (e: MessageEvent<Message>) => onMessage(e.data));
  post({ type: 'who', id });
  // A leader answers within a frame; without one this tab leads.
  lastLeader = Date.now() - leaderLostMs + (channel ? 250 : 0);
  setTimeout(elect, channel ? 260 : 0);
  ticker = setInterval(tick, beatMs);
  document.addEventListener('visibilitychange', onVisible);
  window.addEventListener('pagehide', onHide);
  window.addEventListener('pageshow', onShow);
  void seed();
}

export function stopStream(): void {
  if (!ticker) return;
  clearInterval(ticker);
  ticker = null;
  if (leading) post({ type: 'bye', id });
  follow();
  channel?.close();
  channel = null;
  document.removeEventListener('visibilitychange', onVisible);
  window.removeEventListener('pagehide', onHide);
  window.removeEventListener('pageshow', onShow);
  resetLive();
}
