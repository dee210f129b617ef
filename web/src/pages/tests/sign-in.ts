// Looking at an address behind a sign-in: a browser of its own does the test that signs in, and the picture is taken beside it.
import { ApiError, send } from '../../api/client';
import { urls } from '../../api/paths';

/** Asks `look` with the browser that a test signed in, or without one where no test is named. The browser ends in any case. */
export async function behind<T>(project: string, test: string, failed: string, look: (more: { session_id?: string }) => Promise<T>): Promise<T> {
  if (test === '') return look({});
  const { session_id: id } = await send<{ session_id: string }>('POST', urls.browserSessions, { project_id: project });
  try {
    const done = await send<{ success: boolean; error: string | null }>('POST', urls.browserActions(id), { steps: [{ action: 'run_test', target: test }] });
    if (!done.success) throw new ApiError(0, 'sign_in', done.error === null ? failed : `${failed}: ${done.error}`);
    return await look({ session_id: id });
  } finally {
    // One that nobody ended ends when it is idle.
    send('DELETE', urls.browserSession(id), undefined, { quiet: true }).catch(() => undefined);
  }
}
