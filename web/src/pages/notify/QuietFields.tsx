// Quiet hours of a channel: whether there are any, from when to when, and by which clock.
import type { Channel } from '../../api/shapes';
import { useT } from '../../i18n';
import { Switch, TextField } from '../../ui/Form';
import './notify.css';

export interface Quiet { quiet: boolean; start: string; end: string; zone: string }

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** What a form begins with. */
export const quietOf = (stored: Channel['quiet_hours'] | undefined): Quiet => ({ quiet: Boolean(stored), start: stored?.start ?? '22:00', end: stored?.end ?? '07:00', zone: stored?.timezone ?? ownZone() });

/** What is sent: null = none. */
export const quietBody = (q: Quiet) => (q.quiet ? { start: q.start, end: q.end, timezone: q.zone.trim() } : null);

export function QuietFields({ value, set }: { value: Quiet; set: (part: Partial<Quiet>) => void }) {
  const t = useT();
  return (
    <>
      <Switch label={t('notify.quiet')} checked={value.quiet} onChange={(quiet) => set({ quiet })} />
      {value.quiet ? <>
        <div className="fieldpair">
          <TextField label={t('notify.quietFrom')} value={value.start} onChange={(start) => set({ start })} required mono />
          <TextField label={t('notify.quietTo')} value={value.end} onChange={(end) => set({ end })} required mono />
        </div>
        <TextField label={t('notify.quietZone')} value={value.zone} onChange={(zone) => set({ zone })} required help={t('notify.quietHelp')} />
      </> : null}
    </>
  );
}
