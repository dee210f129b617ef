import { expect, test } from 'vitest';
import { ApiError } from '../../api/client';
import { patiently } from './patience';

test('too_many_questions_wait_as_long_as_the_server_says_and_other_faults_are_told', async () => {
  const waited: number[] = [];
  const wait = async (seconds: number) => { waited.push(seconds); };
  const answers = [new ApiError(429, 'rate', 'too many', { retryAfter: 7 }), new ApiError(429, 'rate', 'too many')];
  expect(await patiently(async () => { const next = answers.shift(); if (next) throw next; return 'done'; }, undefined, wait)).toBe('done');
  expect(waited).toEqual([7, 5]);
  const stop = new AbortController();
  await expect(patiently(async () => { throw new ApiError(429, 'rate', 'too many'); }, stop.signal, async () => stop.abort())).rejects.toMatchObject({ status: 429 });
  await expect(patiently(async () => { throw new ApiError(404, 'none', 'gone'); }, undefined, wait)).rejects.toMatchObject({ status: 404 });
});
