import { afterEach, expect, test, vi } from 'vitest';
import { toasts } from '../ui/toasts';
import { takeBack } from './offers';

afterEach(() => { vi.unstubAllGlobals(); toasts.set([]); });

/** Answers in order, and the addresses that were asked. */
function served(...answers: (string | null)[]): string[] {
  const asked: string[] = [];
  vi.stubGlobal('document', { cookie: '' });
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url.slice(url.lastIndexOf('/') + 1));
    const code = answers.shift();
    const body = code ? { code, detail: `No: ${code}` } : {};
    return Promise.resolve(new Response(JSON.stringify(body), { status: code ? 409 : 200, headers: { 'content-type': 'application/json' } }));
  });
  return asked;
}

test('way_back_that_is_refused_stands_in_the_toast_with_what_is_left', async () => {
  const asked = served(null, 'changed_since', null, null);
  await takeBack(['a', 'b', 'c']);
  expect(asked).toEqual(['c', 'b']);
  const [refused] = toasts.get();
  expect([refused?.level, refused?.text, refused?.action !== undefined]).toEqual(['critical', 'No: changed_since', true]);
  refused?.action?.run();
  await vi.waitFor(() => expect(toasts.get()).toHaveLength(2));
  expect(asked).toEqual(['c', 'b', 'b', 'a']);
});

test('expired_way_back_is_not_offered_again', async () => {
  const asked = served('undo_expired');
  await takeBack(['a']);
  expect([asked, toasts.get()[0]?.action]).toEqual([['a'], undefined]);
});
