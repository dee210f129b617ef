// Which schedules run a test. Pure.
import type { TestSchedule } from '../../api/testing';

interface Run { id: string; project_id: string; tags: readonly string[]; priority: string; is_active: boolean }

/** Whether a schedule runs this test: it names it, or nothing that leaves it out. */
export function covers(schedule: TestSchedule, test: Run): boolean {
  if (schedule.project_id !== test.project_id) return false;
  if (schedule.test_ids.length > 0) return schedule.test_ids.includes(test.id);
  const { tags, priority } = schedule.test_filter;
  return ((tags?.length ?? 0) === 0 || (tags ?? []).some((tag) => test.tags.includes(tag))) && ((priority?.length ?? 0) === 0 || (priority ?? []).includes(test.priority));
}

/** The next time one of these schedules runs it; nothing when none is on, or the test is off. */
export function nextOf(schedules: readonly TestSchedule[], test: Run): string | null {
  if (!test.is_active) return null;
  const next = schedules.flatMap((s) => (s.enabled && s.next_run_at !== null && covers(s, test) ? [s.next_run_at] : []));
  return next.sort()[0] ?? null;
}
