// Times and spans. The server mixes Unix seconds and RFC 3339; everything inside the client is milliseconds.
import { currentLanguage } from '../i18n';

/** Milliseconds of a server time: seconds, milliseconds or microseconds as numbers, or RFC 3339 text. Null when it is none. */
export function toMillis(value: string | number | null | undefined): number | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number') return value > 1e14 ? value / 1000 : value > 1e11 ? value : value * 1000;
  if (/^\d+(\.\d+)?$/.test(value)) return toMillis(Number(value));
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? null : parsed;
}

const formats = new Map<string, Intl.DateTimeFormat>();
function dateFormat(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${currentLanguage()}/${name}`;
  let f = formats.get(key);
  if (!f) { f = new Intl.DateTimeFormat(currentLanguage(), options); formats.set(key, f); }
  return f;
}

export function exactTime(ms: number): string {
  return dateFormat('exact', { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short' }).format(ms);
}
export function dayTime(ms: number): string { return dateFormat('dayTime', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms); }
export function clock(ms: number): string { return dateFormat('clock', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms); }
export function clockSeconds(ms: number): string { return dateFormat('clockS', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(ms); }
export function weekdayName(ms: number): string { return dateFormat('weekday', { weekday: 'long' }).format(ms); }
export function weekdayShort(ms: number): string { return dateFormat('weekdayShort', { weekday: 'short' }).format(ms); }
export function day(ms: number): string { return dateFormat('day', { weekday: 'short', month: 'short', day: 'numeric' }).format(ms); }
export function dayMonth(ms: number): string { return dateFormat('dayMonth', { month: 'short', day: 'numeric' }).format(ms); }
export function month(ms: number): string { return dateFormat('month', { year: 'numeric', month: 'short' }).format(ms); }
export function date(ms: number): string { return dateFormat('date', { year: 'numeric', month: 'short', day: 'numeric' }).format(ms); }

/** The value of a datetime-local input: the local time, to the minute. */
export function localInput(ms: number): string { return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16); }

/** "12 s", "4 min", "3 h 20 min", "5 d 2 h": the two leading units of a span in seconds. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m} min`;
  const h = Math.floor(m / 60);
  if (h < 24) return m % 60 === 0 ? `${h} h` : `${h} h ${m % 60} min`;
  const d = Math.floor(h / 24);
  return h % 24 === 0 || d > 13 ? `${d} d` : `${d} d ${h % 24} h`;
}

let relative: { language: string; format: Intl.RelativeTimeFormat } | null = null;
/** "4 min ago" in the current language, largest unit only. */
export function ago(ms: number, now: number): string {
  const language = currentLanguage();
  if (relative?.language !== language) relative = { language, format: new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }) };
  const s = (ms - now) / 1000;
  const a = Math.abs(s);
  if (a < 60) return relative.format.format(Math.round(s), 'second');
  if (a < 3600) return relative.format.format(Math.round(s / 60), 'minute');
  if (a < 86400) return relative.format.format(Math.round(s / 3600), 'hour');
  return relative.format.format(Math.round(s / 86400), 'day');
}

export interface Range { from: number; to: number; live: boolean; label: string }

/** Reads the `t` address parameter: `-24h`, `-30d` or `ISO..ISO`. Null when it is neither. */
export function parseRange(text: string, now: number): Range | null {
  const back = /^-(\d+)(m|h|d)$/.exec(text);
  if (back?.[1] && back[2]) {
    const unit = back[2] === 'm' ? 60_000 : back[2] === 'h' ? 3_600_000 : 86_400_000;
    return { from: now - Number(back[1]) * unit, to: now, live: true, label: `${back[1]} ${back[2] === 'm' ? 'min' : back[2]}` };
  }
  const [a, b] = text.split('..');
  const from = toMillis(a);
  const to = toMillis(b);
  if (from === null || to === null || to <= from) return null;
  return { from, to, live: false, label: `${dayTime(from)} – ${dayTime(to)}` };
}

export function rangeText(from: number, to: number): string {
  return `${new Date(from).toISOString().slice(0, 19)}Z..${new Date(to).toISOString().slice(0, 19)}Z`;
}
