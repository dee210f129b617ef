// What was written, with the way back: a hundred changes, of which what is typed in one go is one.
import { useCallback, useReducer } from 'react';

const most = 100;
/** Changes that follow each other faster are one. */
const inOneGoMs = 700;

export interface Written<T> { now: T; past: readonly T[]; future: readonly T[]; at: number }
export type Move<T> = { move: 'set'; next: T | ((now: T) => T); at: number; /** Whether it may be part of the change before. */ joins: (now: T, next: T) => boolean } | { move: 'undo' } | { move: 'redo' };

export function written<T>(state: Written<T>, a: Move<T>): Written<T> {
  if (a.move === 'undo') { const last = state.past.at(-1); return last === undefined ? state : { now: last, past: state.past.slice(0, -1), future: [state.now, ...state.future], at: 0 }; }
  if (a.move === 'redo') { const [next, ...rest] = state.future; return next === undefined ? state : { now: next, past: [...state.past, state.now], future: rest, at: 0 }; }
  // A function is no draft.
  const next = typeof a.next === 'function' ? (a.next as (now: T) => T)(state.now) : a.next;
  if (next === state.now) return state;
  const same = a.at - state.at < inOneGoMs && state.past.length > 0 && a.joins(state.now, next);
  return { now: next, past: same ? state.past : [...state.past, state.now].slice(-most), future: [], at: a.at };
}

export function useWritten<T>(began: T, joins: (now: T, next: T) => boolean) {
  const [state, dispatch] = useReducer(written<T>, { now: began, past: [], future: [], at: 0 });
  const set = useCallback((next: T | ((now: T) => T)) => dispatch({ move: 'set', next, at: Date.now(), joins }), [joins]);
  return { now: state.now, set, undo: () => dispatch({ move: 'undo' }), redo: () => dispatch({ move: 'redo' }), canUndo: state.past.length > 0 };
}
