// What is done for many tests at once asks more often than anybody by hand: the server says how long to wait.
import { asApiError } from '../../api/client';

/** Asks again for as long as the answer is that it was asked too often, until it is told to stop. */
export async function patiently<T>(ask: () => Promise<T>, stop?: AbortSignal, wait = (seconds: number) => new Promise<void>((go) => { setTimeout(go, seconds * 1_000); })): Promise<T> {
  for (;;) {
    try { return await ask(); } catch (e) {
      const fault = asApiError(e);
      if (fault.status !== 429 || stop?.aborted) throw fault;
      await wait(fault.retryAfter ?? 5);
      if (stop?.aborted) throw fault;
    }
  }
}
