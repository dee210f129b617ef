// What a table shows, without the screen: sorting, holding rows still, windowing. Pure, tested.

export interface SortState { column: string; down: boolean }
/** `-cpu` = descending by cpu. */
export function parseSort(text: string): SortState | null {
  if (text === '') return null;
  return text.startsWith('-') ? { column: text.slice(1), down: true } : { column: text, down: false };
}
export function sortText(sort: SortState): string { return (sort.down ? '-' : '') + sort.column; }

export type SortValue = string | number | null | undefined | boolean;

/** Missing values stay at the end in both directions; text sorts by the reader's collation with numbers as numbers. */
export function compareValues(a: SortValue, b: SortValue, down: boolean): number {
  const noA = a === null || a === undefined || a === '';
  const noB = b === null || b === undefined || b === '';
  if (noA || noB) return noA === noB ? 0 : noA ? 1 : -1;
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  return down ? -order : order;
}

/** Keeps the previous order while the reader's pointer or focus is inside; new rows go to the end. `moved` counts the differences. */
export function holdOrder<T>(rows: readonly T[], keyOf: (row: T) => string, previous: readonly string[]): { rows: T[]; moved: number } {
  const byKey = new Map(rows.map((r) => [keyOf(r), r]));
  const held: T[] = [];
  for (const key of previous) { const row = byKey.get(key); if (row !== undefined) { held.push(row); byKey.delete(key); } }
  held.push(...byKey.values());
  let moved = 0;
  rows.forEach((row, i) => { const other = held[i]; if (other === undefined || keyOf(other) !== keyOf(row)) moved += 1; });
  return { rows: held, moved };
}

/** The slice of rows to mount for a scroll position. */
export function windowOf(total: number, scrollTop: number, viewHeight: number, rowHeight: number, overscan = 6): { from: number; to: number } {
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const to = Math.min(total, Math.ceil((scrollTop + viewHeight) / rowHeight) + overscan);
  return { from, to: Math.max(from, to) };
}
