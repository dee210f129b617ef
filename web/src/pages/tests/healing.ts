// Deciding about what healing proposes. Every decision can be taken back from its toast.
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { HealSuggestion } from '../../api/testing';
import { t } from '../../i18n';
import { toast } from '../../ui/toasts';

export type Scope = 'step' | 'test' | 'project';
const changed = () => invalidate(urls.healings, urls.tests);

export async function undo(id: string): Promise<void> {
  try {
    await send('POST', urls.healUndo(id), {});
    toast({ level: 'ok', text: t('healing.undone') });
  } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  changed();
}

export async function apply(s: HealSuggestion, scope: Scope): Promise<void> {
  try {
    const done = await send<{ updated_tests: string[] }>('POST', urls.healApply(s.id), { scope });
    toast({ level: 'ok', text: t('healing.appliedTo', { n: done.updated_tests.length }), action: { text: t('healing.undo'), run: () => void undo(s.id) } });
  } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  changed();
}

export async function reject(s: HealSuggestion, isBug: boolean): Promise<void> {
  try {
    await send('POST', urls.healReject(s.id), { mark_as_bug: isBug });
    toast({ level: 'ok', text: t('healing.rejected'), action: { text: t('healing.undo'), run: () => void undo(s.id) } });
  } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  changed();
}

/** Applies several at once; the toast takes all of them back. */
export async function applyAll(rows: readonly HealSuggestion[]): Promise<void> {
  try {
    const done = await send<{ decided: string[]; failed: { error: string }[] }>('POST', urls.healBulk, { suggestion_ids: rows.slice(0, 100).map((s) => s.id), action: 'apply' });
    toast({ level: done.failed.length > 0 ? 'warning' : 'ok', text: t('healing.decided', { n: done.decided.length }), action: { text: t('healing.undo'), run: () => void undoAll(done.decided) } });
    for (const failed of done.failed.slice(0, 1)) toast({ level: 'critical', text: failed.error });
  } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  changed();
}

async function undoAll(ids: readonly string[]): Promise<void> {
  // The last decision first: a test may have taken several.
  for (const id of [...ids].reverse()) await undo(id);
}
