// Power events in their own words, newest first, drawn like the timeline.
import type { PowerEvent } from '../../api/power';
import { TimelineList } from '../../ui/TimelineList';

const severity: Readonly<Record<string, string>> = { low: 'info', medium: 'warning', high: 'error', critical: 'critical' };

export const eventSeverity = (e: PowerEvent): string => severity[e.severity] ?? 'info';

export function EventList({ items }: { items: readonly PowerEvent[] }) {
  const rows = items.map((e) => ({
    id: e.id, uid: String(e.id), source: 'power', kind: `power.${e.event_type}`, severity: eventSeverity(e), subject_type: 'power_device', subject_id: e.device_id, subject_name: e.device_name,
    message: e.note ? `${e.message} – ${e.note}` : e.message, data: e.metadata, actor: null, created_at: e.timestamp, repeat_count: 1,
  }));
  return <TimelineList items={rows} compact />;
}
