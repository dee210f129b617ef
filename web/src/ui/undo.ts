// Says what was done with the way back, where the server offered one, and marks what it touched as old both times.
import { asApiError, send } from '../api/client';
import { urls } from '../api/paths';
import { invalidate } from '../api/resource';
import { toast } from './toasts';

export function offerUndo(text: string, undo: string | undefined, label: string, touched: readonly string[]): void {
  const back = (token: string) => { send('POST', urls.undo(token)).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(() => invalidate(...touched)); };
  toast({ level: 'ok', text, ...(undo ? { action: { text: label, run: () => back(undo) } } : {}) });
  invalidate(...touched);
}
