// Which shell overlay is open.
import { createStore } from '../state/store';
export const overlay = createStore<'palette' | 'help' | null>(null);
