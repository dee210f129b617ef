// A browser beside the editor of a test: it is opened and closed, steps are done in it, elements are picked in its picture.
import { useCallback, useEffect, useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { Json, LiveDone, LivePick, LiveStep } from '../../api/testing';
import { useT } from '../../i18n';
import { toast } from '../../ui/toasts';
import type { Area, Place, View } from './LiveScreen';

/** What came of a step the last time it was done here. */
export type StepMark = Pick<LiveStep, 'status' | 'error' | 'candidates' | 'warnings' | 'duration_ms'> | { status: 'running' };
/** The list and lasting key of a step, as the editor has it: its place changes while somebody picks. */
export interface Spot { list: string; key: number }
export interface Opened { id: string; view: View }
/** What was picked: the element, and its other names beside the one that was taken. */
export interface Picked { selector: string; all: LivePick['selectors'] }

/** An assertion of the end as a step. */
export function asStep(list: string, step: Json): Json {
  return list === 'assertions' ? { ...step, action: 'assert', assertion_type: step.assertion_type ?? step.type } : step;
}

/** One that is over by itself needs no end, and one that nobody ended ends when it is idle. */
function drop(id: string) { send('DELETE', urls.browserSession(id), undefined, { quiet: true }).catch(() => undefined); }

export function useLiveSteps(project: string) {
  const t = useT();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [busy, setBusy] = useState(false);
  const [picking, setPicking] = useState<Spot | null>(null);
  const [area, setArea] = useState<Area | null>(null);
  const [marks, setMarks] = useState<ReadonlyMap<Json, StepMark>>(new Map());
  const running = useRef<string | null>(null);
  // Counts what was opened and closed: an answer that comes after the next of these is too late.
  const turn = useRef(0);
  const tell = (e: unknown) => toast({ level: 'critical', text: asApiError(e).message });
  const end = useCallback(() => {
    turn.current += 1;
    const id = running.current;
    running.current = null;
    if (id) drop(id);
  }, []);
  useEffect(() => end, [end]);
  const close = useCallback(() => { end(); setBusy(false); setOpened(null); setPicking(null); setArea(null); setMarks(new Map()); }, [end]);
  const open = async (url: string | null, size: View) => {
    close();
    const mine = turn.current;
    setBusy(true);
    try {
      const begun = await send<{ session_id: string }>('POST', urls.browserSessions, { project_id: project, viewport: size, ...(url ? { url } : {}) });
      // Somebody closed it, left, or opened another one meanwhile.
      if (turn.current !== mine) { drop(begun.session_id); return; }
      running.current = begun.session_id;
      setOpened({ id: begun.session_id, view: size });
    } catch (e) { if (turn.current === mine) tell(e); }
    if (turn.current === mine) setBusy(false);
  };
  const mark = (changes: readonly (readonly [Json, StepMark | null])[]) => setMarks((old) => { const next = new Map(old); for (const [step, m] of changes) if (m) next.set(step, m); else next.delete(step); return next; });
  /** Does these, in order; each is told by its own object. */
  const run = async (steps: readonly { list: string; step: Json }[], more: Json) => {
    if (!opened || busy || steps.length === 0) return;
    const mine = turn.current;
    setBusy(true);
    setArea(null);
    mark(steps.map((s) => [s.step, { status: 'running' }]));
    try {
      const done = await send<LiveDone>('POST', urls.browserActions(opened.id), { ...more, steps: steps.map((s) => asStep(s.list, s.step)) });
      if (turn.current !== mine) return;
      mark(steps.map((s, n) => [s.step, done.steps.find((r) => r.step_index === n) ?? null]));
      if (!done.success && done.steps.every((s) => s.success)) toast({ level: 'critical', text: done.error ?? t('healing.step.stopped') });
    } catch (e) {
      if (turn.current !== mine) return;
      mark(steps.map((s) => [s.step, null]));
      tell(e);
    }
    setBusy(false);
  };
  /** The selector of what is at this place; nothing where no selector names it alone. */
  const pick = async (at: Place): Promise<Picked | null> => {
    if (!opened) return null;
    const mine = turn.current;
    setPicking(null);
    try {
      const found = await send<LivePick>('POST', urls.browserPick(opened.id), at);
      if (turn.current !== mine) return null;
      setArea(found.bounds);
      if (found.selector === null) toast({ level: 'warning', text: t(found.found ? 'healing.step.noSelector' : 'healing.step.nothing') });
      return found.selector === null ? null : { selector: found.selector, all: found.selectors };
    } catch (e) { if (turn.current === mine) tell(e); return null; }
  };
  return { opened, busy, picking, setPicking: (spot: Spot | null) => { setArea(null); setPicking(spot); }, area, marks, open, close, run, pick };
}
export type LiveSteps = ReturnType<typeof useLiveSteps>;
