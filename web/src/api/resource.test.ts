// What a change does to cached answers, and what an answer that wants a fresh proof does.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { send, setProofHandler } from './client';
import { answerOf, invalidate, patchUnder, refresh, watch } from './resource';

type Answer = (reply: Response) => void;
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const refused = () => json({ error: 'Please confirm your identity again', code: 'step_up_required' }, 403);
let asked: { url: string; answer: Answer }[];

beforeEach(() => {
  asked = [];
  vi.stubGlobal('document', { cookie: '' });
  vi.stubGlobal('fetch', (url: string) => new Promise<Response>((answer) => { asked.push({ url, answer }); }));
});
afterEach(() => { vi.unstubAllGlobals(); setProofHandler(null); });

describe('resource', () => {
  test('invalidate_during_a_request_asks_again_and_keeps_the_newer_answer', async () => {
    const get = { url: '/api/a' };
    const release = watch(get.url, () => {});
    const done = refresh(get);
    invalidate('/api/a');
    asked[0]?.answer(json('before the change'));
    await vi.waitFor(() => expect(asked.length).toBe(2));
    asked[1]?.answer(json('after the change'));
    await done;
    expect(answerOf(get)).toBe('after the change');
    expect(asked.length).toBe(2);
    release();
  });
  test('invalidate_of_what_nobody_looks_at_forgets_it_and_asks_nothing', async () => {
    const get = { url: '/api/b' };
    const done = refresh(get);
    asked[0]?.answer(json(1));
    await done;
    invalidate('/api/b');
    expect([answerOf(get), asked.length]).toEqual([undefined, 1]);
  });
  test('patch_under_a_prefix_reaches_every_answer_there_and_no_other', async () => {
    for (const url of ['/api/c?x=1', '/api/c?x=2', '/api/d']) { const done = refresh({ url }); asked.at(-1)?.answer(json(1)); await done; }
    patchUnder<number>('/api/c?', (n) => n + 1);
    expect(['/api/c?x=1', '/api/c?x=2', '/api/d'].map((url) => answerOf({ url }))).toEqual([2, 2, 1]);
  });
});

describe('answers of a proxy', () => {
  test('bad_gateway_without_json_counts_as_no_answer_and_an_own_refusal_does_not', async () => {
    const silent = send('POST', '/api/x');
    asked[0]?.answer(new Response('<html>502</html>', { status: 502, headers: { 'content-type': 'text/html' } }));
    await expect(silent).rejects.toMatchObject({ unreachable: true });
    const refusing = send('POST', '/api/x');
    asked[1]?.answer(json({ error: 'Not ready', code: 'not_ready' }, 503));
    await expect(refusing).rejects.toMatchObject({ unreachable: false, status: 503, code: 'not_ready' });
  });
});

describe('fresh proof', () => {
  test('request_is_repeated_once_the_proof_is_given', async () => {
    let questions = 0;
    setProofHandler(async () => { questions += 1; return true; });
    const done = send('POST', '/api/x', { a: 1 });
    asked[0]?.answer(refused());
    await vi.waitFor(() => expect(asked.length).toBe(2));
    asked[1]?.answer(json({ ok: true }));
    expect([await done, questions]).toEqual([{ ok: true }, 1]);
  });
  test('request_fails_as_it_was_refused_when_nobody_proves_anything', async () => {
    setProofHandler(async () => false);
    const done = send('POST', '/api/x');
    asked[0]?.answer(refused());
    await expect(done).rejects.toMatchObject({ code: 'step_up_required', status: 403 });
    expect(asked.length).toBe(1);
  });
  test('second_refusal_is_final', async () => {
    setProofHandler(async () => true);
    const done = send('POST', '/api/x');
    asked[0]?.answer(refused());
    await vi.waitFor(() => expect(asked.length).toBe(2));
    asked[1]?.answer(refused());
    await expect(done).rejects.toMatchObject({ code: 'step_up_required' });
  });
});
