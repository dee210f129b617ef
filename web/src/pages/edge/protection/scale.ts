// How dark a count is drawn. Few and many differ by orders of magnitude, so the steps are even on a logarithmic scale.
export const STEPS = 5;

/** 1 (few) to STEPS (the most). */
export function stepOf(count: number, most: number): number {
  if (most <= 1) return STEPS;
  return 1 + Math.min(STEPS - 1, Math.floor((Math.log(count) / Math.log(most)) * (STEPS - 1) + 1e-9));
}
