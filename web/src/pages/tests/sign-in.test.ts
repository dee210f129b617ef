// Looking behind a sign-in: the browser of the test is handed on, and ends however the looking ends.
import { beforeEach, expect, test, vi } from 'vitest';
import { behind } from './sign-in';

const asked: [string, string, unknown][] = [];
let success = true;
vi.mock('../../api/client', async (real) => ({
  ...(await real<object>()),
  send: (method: string, url: string, body: unknown) => {
    asked.push([method, url, body]);
    return Promise.resolve(url.endsWith('/actions') ? { success, error: success ? null : 'no #email' } : { session_id: 's1' });
  },
}));

beforeEach(() => { asked.length = 0; success = true; });

test('without_a_test_no_browser_is_opened', async () => {
  expect(await behind('p', '', 'failed', (more) => Promise.resolve(more))).toEqual({});
  expect(asked).toEqual([]);
});

test('test_signs_in_and_its_browser_ends', async () => {
  expect(await behind('p', 't1', 'failed', (more) => Promise.resolve(more))).toEqual({ session_id: 's1' });
  expect(asked.map(([method]) => method)).toEqual(['POST', 'POST', 'DELETE']);
  expect(asked[1]?.[2]).toEqual({ steps: [{ action: 'run_test', target: 't1' }] });
});

test('sign_in_that_fails_is_told_and_nothing_is_looked_at', async () => {
  success = false;
  const look = vi.fn(() => Promise.resolve(1));
  await expect(behind('p', 't1', 'The sign-in failed', look)).rejects.toThrow('The sign-in failed: no #email');
  expect(look).not.toHaveBeenCalled();
  expect(asked.at(-1)?.[0]).toBe('DELETE');
});
