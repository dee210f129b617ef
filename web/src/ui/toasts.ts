// Results of own actions that left the screen. At most three; never the only place a problem is shown.
import { createStore } from '../state/store';
import type { Status } from '../state/status';

export interface ToastItem { id: number; level: Status; text: string; action?: { text: string; run: () => void } }
export const toasts = createStore<readonly ToastItem[]>([]);
let next = 1;

export function toast(item: Omit<ToastItem, 'id'>): void {
  const id = next;
  next += 1;
  toasts.set((list) => [...list, { ...item, id }].slice(-3));
}
export function dismissToast(id: number): void { toasts.set((list) => list.filter((x) => x.id !== id)); }
