// Differences of a long document, counted by the part of it they lie in.
import type { EnginePreview } from '../../../api/edge';

export interface Area { area: string; added: number; removed: number; changed: number }

/** How many parts of a path name a part of the document; the address of the admin API and the logs need fewer. */
const DEPTH = 5;

export function areas(changes: NonNullable<EnginePreview['changes']>): Area[] {
  const found = new Map<string, Area>();
  for (const { path, kind } of changes) {
    const area = path.split('/').filter(Boolean).slice(0, DEPTH).join(' / ') || '/';
    const sum = found.get(area) ?? { area, added: 0, removed: 0, changed: 0 };
    sum[kind] += 1;
    found.set(area, sum);
  }
  return [...found.values()];
}
