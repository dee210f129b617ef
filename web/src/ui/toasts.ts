// Results of own actions that left the screen. At most three; never the only place a problem is shown.
import { createStore } from '../state/store';
import type { Status } from '../state/status';

export interface ToastAction { text: string; run: () => void }
export interface ToastItem { id: number; level: Status; text: string; action?: ToastAction }
export const toasts = createStore<readonly ToastItem[]>([]);
let next = 1;

let wayBack: ToastAction | null = null;
/** The way back from the change that was just made: in the toast its page shows for it, else in one of its own. */
export function offerWayBack(action: ToastAction, text: string): void {
  wayBack = action;
  // The page goes on first: what it says comes before this.
  setTimeout(() => { if (wayBack === action) toast({ level: 'ok', text }); }, 0);
}

export function toast(said: Omit<ToastItem, 'id'>): void {
  const action = said.action ?? (said.level === 'ok' || said.level === 'info' ? wayBack : null);
  // What tells something else leaves it for one of its own.
  if (action === wayBack) wayBack = null;
  const item = action ? { ...said, action } : said;
  const id = next;
  next += 1;
  toasts.set((list) => [...list, { ...item, id }].slice(-3));
}
export function dismissToast(id: number): void { toasts.set((list) => list.filter((x) => x.id !== id)); }
