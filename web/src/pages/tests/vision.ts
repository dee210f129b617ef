// How a step says whether its element is looked for in a picture, as one choice. Everything else it says stays.
import type { Json } from '../../api/testing';

export type VisionWish = 'usual' | 'fallback' | 'always' | 'never';
const members = ['use_vision', 'always_vision', 'skip_vision'] as const;

/** Which actions have an element that can be looked for. */
export const seeks = ['click', 'double_click', 'right_click', 'hover', 'tap', 'focus', 'blur', 'fill', 'type', 'clear', 'select', 'check', 'uncheck', 'press_key', 'scroll', 'upload', 'download', 'instruction'];

function executionOf(step: Json): Json { const e = step.execution; return typeof e === 'object' && e !== null && !Array.isArray(e) ? (e as Json) : {}; }

export function visionOf(step: Json): VisionWish {
  const e = executionOf(step);
  if (e.skip_vision === true) return 'never';
  if (e.always_vision === true) return 'always';
  return e.use_vision === true ? 'fallback' : e.use_vision === false ? 'never' : 'usual';
}

export function withVision(step: Json, wish: VisionWish): Json {
  const execution = { ...executionOf(step) };
  for (const name of members) delete execution[name];
  if (wish !== 'usual') execution[wish === 'fallback' ? 'use_vision' : wish === 'always' ? 'always_vision' : 'skip_vision'] = true;
  const next: Json = { ...step, execution };
  if (Object.keys(execution).length === 0) delete next.execution;
  return next;
}
