// The question for a fresh proof of identity. Whoever needs one waits for the same answer; nothing is asked twice at once.
import { createStore } from '../state/store';

/** Called with the answer; null while nothing is asked. */
export const question = createStore<((given: boolean) => void) | null>(null);
let waiting: Promise<boolean> | null = null;

export function askProof(): Promise<boolean> {
  waiting ??= new Promise<boolean>((answer) => {
    question.set(() => (given: boolean) => { waiting = null; question.set(null); answer(given); });
  });
  return waiting;
}
