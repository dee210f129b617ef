// Reads journal lines as the server prints them: `2026-11-21T01:43:33+0000 host unit[pid]: text`.
import type { Status } from '../../state/status';
import type { LogLine } from '../../ui/LogView';

const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:[+-]\d\d:?\d\d|Z)?)\s+(\S+)\s+([^\s:[]+)(?:\[(\d+)\])?:\s?(.*)$/;

/** Level from the words of the line: the text form carries no priority. Ordinary text is information. */
export function levelOfText(text: string): Status {
  if (/\b(emerg|panic|crit(ical)?|fatal)\b/i.test(text)) return 'critical';
  if (/\b(error|err|fail(ed|ure)?|denied|segfault)\b/i.test(text)) return 'critical';
  if (/\b(warn(ing)?|deprecated|timed? ?out|retry(ing)?)\b/i.test(text)) return 'warning';
  return 'info';
}

/** Lines in order; a line without a head continues the one before. */
export function parseJournal(text: string): LogLine[] {
  const out: LogLine[] = [];
  const seen = new Map<string, number>();
  for (const raw of text.split('\n')) {
    if (raw === '' || raw.startsWith('-- ')) continue;
    const m = shape.exec(raw);
    const last = out.at(-1);
    if (!m) {
      out.push({ key: `c${out.length}`, time: last?.time ?? '', source: last?.source ?? '', level: last?.level ?? 'info', text: raw });
      continue;
    }
    const body = m[5] ?? '';
    // Equal lines in one second keep distinct keys, stable over refreshes.
    const n = (seen.get(raw) ?? 0) + 1;
    seen.set(raw, n);
    out.push({ key: `${raw}#${n}`, time: (m[1] ?? '').slice(5, 19).replace('T', ' '), source: m[3] ?? '', level: levelOfText(body), text: body });
  }
  return out;
}
