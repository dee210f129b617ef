// Fixed-size ring of (time, value) pairs: live charts never grow. A missing measurement stays null.

export interface Ring {
  push(at: number, value: number | null): void;
  /** Puts older points in front of what is already there; used once when history arrives. */
  seed(points: readonly (readonly [number, number | null])[]): void;
  points(): readonly (readonly [number, number | null])[];
  last(): number | null;
  readonly revision: number;
}

export function createRing(capacity: number): Ring {
  let data: [number, number | null][] = [];
  let revision = 0;
  return {
    push(at, value) {
      const newest = data.at(-1);
      if (newest && at <= newest[0]) return;
      data = data.length >= capacity ? [...data.slice(1), [at, value]] : [...data, [at, value]];
      revision += 1;
    },
    seed(points) {
      const first = data[0]?.[0] ?? Number.POSITIVE_INFINITY;
      const older: [number, number | null][] = points.filter(([at]) => at < first).map(([at, v]) => [at, v]);
      data = [...older, ...data].slice(-capacity);
      revision += 1;
    },
    points: () => data,
    last: () => data.at(-1)?.[1] ?? null,
    get revision() { return revision; },
  };
}
