// A cron expression as weekday and time and back; anything more stays a cron expression.

export interface Weekly { /** `*` or 0 (Sunday) to 6. */ day: string; time: string }

const shape = /^(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7])$/;

/** Null when it is more than one time of day on one or every weekday. */
export function readWeekly(cron: string): Weekly | null {
  const m = shape.exec(cron.trim().replace(/\s+/g, ' '));
  const [minute, hour] = [Number(m?.[1]), Number(m?.[2])];
  if (!m || minute > 59 || hour > 23) return null;
  return { day: m[3] === '7' ? '0' : (m[3] ?? '*'), time: `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}` };
}

export function writeWeekly({ day, time }: Weekly): string {
  const [hour = '0', minute = '0'] = time.split(':');
  return `${Number(minute)} ${Number(hour)} * * ${day}`;
}
