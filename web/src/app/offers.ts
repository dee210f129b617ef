// What the server offers to take back is shown for a moment, whichever page made the change; afterwards everything is asked for again.
import { asApiError, send, setOfferHandler } from '../api/client';
import { urls } from '../api/home-paths';
import { invalidate } from '../api/resource';
import { t } from '../i18n';
import { offerWayBack, toast } from '../ui/toasts';

/** Takes changes back, newest first. What was refused can be tried again: what stood in its way may be gone. */
export async function takeBack(tokens: readonly string[]): Promise<void> {
  const left = [...tokens];
  try {
    for (const token of tokens.toReversed()) {
      await send('POST', urls.undo(token));
      left.pop();
    }
    toast({ level: 'info', text: t('core.takenBack') });
  } catch (cause) {
    const error = asApiError(cause);
    if (error.code === 'undo_expired') left.pop();
    const again = { text: t('core.undo'), run: () => void takeBack(left) };
    toast({ level: 'critical', text: error.message, ...(left.length > 0 ? { action: again } : {}) });
  }
  invalidate('/api/');
}

/** Offers to take what was done in several changes back as one. */
export function offerBack(tokens: readonly string[], text = t('core.changed')): void {
  if (tokens.length > 0) offerWayBack({ text: t('core.undo'), run: () => void takeBack(tokens) }, text);
}

export function startOffers(): void { setOfferHandler((token, removed) => offerBack([token], t(removed ? 'core.removed' : 'core.changed'))); }
