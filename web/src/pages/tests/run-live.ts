// What a run says while it goes on: steps and pictures by test, kept until its results are there.
import { useEffect, useState } from 'react';
import { openStream } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { ResultWord, StepShown } from '../../api/testing';

export interface LiveTest { id: string; name: string; steps: StepShown[]; current: string | null; total: number; picture: string | null; done: ResultWord | null }
export interface Live { tests: readonly LiveTest[]; log: readonly string[]; percent: number }
const empty: Live = { tests: [], log: [], percent: 0 };
const logMost = 200;

type Data = Record<string, unknown>;
const word = (d: Data, name: string) => { const v = d[name]; return typeof v === 'string' ? v : null; };
const count = (d: Data, name: string) => { const v = d[name]; return typeof v === 'number' ? v : 0; };
const sameStep = (a: StepShown, d: Data) => a.step_index === d.step_index && a.phase === d.phase;

/** The picture after one more event; pure, so that it can be tested. */
export function heard(live: Live, name: string, data: Data): Live {
  const change = (f: (x: LiveTest) => LiveTest) => ({ ...live, tests: live.tests.map((x) => (x.id === word(data, 'test_id') ? f(x) : x)) });
  switch (name) {
    case 'test_started': return { ...live, tests: [...live.tests.filter((x) => x.id !== word(data, 'test_id')), { id: word(data, 'test_id') ?? '', name: word(data, 'test_name') ?? '', steps: [], current: null, total: count(data, 'step_count'), picture: null, done: null }] };
    case 'step_started': return change((x) => ({ ...x, steps: data.step_index === 0 && data.phase !== 'teardown' && x.steps.some((s) => sameStep(s, data)) ? [] : x.steps, current: word(data, 'description') ?? word(data, 'action') }));
    // The event has the members of a step of a result, without its picture.
    case 'step_completed': return change((x) => ({ ...x, current: null, steps: [...x.steps.filter((s) => !sameStep(s, data)), data as unknown as StepShown] }));
    case 'screenshot': return change((x) => ({ ...x, picture: word(data, 'screenshot_url'), steps: x.steps.map((s) => (sameStep(s, data) ? { ...s, screenshot_url: word(data, 'screenshot_url') } : s)) }));
    case 'test_result': return change((x) => ({ ...x, current: null, done: (word(data, 'status') ?? 'error') as ResultWord }));
    case 'log': case 'error': return { ...live, log: [...live.log, word(data, 'message') ?? word(data, 'error') ?? ''].slice(-logMost) };
    case 'progress': return { ...live, percent: count(data, 'percent') };
    default: return live;
  }
}

const names = ['test_started', 'step_started', 'step_completed', 'screenshot', 'test_result', 'log', 'progress', 'complete'];

/** Follows a run until it ends; then its row and results are asked for anew. */
export function useLive(run: string, follow: boolean): Live {
  const [live, setLive] = useState(empty);
  useEffect(() => {
    if (!follow) return;
    setLive(empty);
    const source = openStream(urls.testStream(run));
    const on = (e: MessageEvent<string>) => {
      let data: unknown;
      try { data = JSON.parse(e.data); } catch { return; }
      if (typeof data !== 'object' || data === null) return;
      const body = data as Data;
      setLive((now) => heard(now, e.type, body));
      if (e.type === 'test_result' || e.type === 'complete') invalidate(`/api/v1/runs/${run}`);
      if (e.type === 'complete') source.close();
    };
    for (const name of names) source.addEventListener(name, on as EventListener);
    return () => source.close();
  }, [run, follow]);
  return live;
}
