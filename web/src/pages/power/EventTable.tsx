// The events of a device as a table, with the notes people write on them.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { PowerEvent } from '../../api/power';
import { invalidate } from '../../api/resource';
import { useCan } from '../../app/session';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { severityOf } from '../../state/status';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Field } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Empty } from '../../ui/StateBlock';
import { endsWell, eventTitle } from '../../ui/TimelineList';
import { toast } from '../../ui/toasts';
import { eventSeverity } from './EventList';

const keyOf = (e: PowerEvent) => String(e.id);
/** As much as the server takes. */
const noteMax = 2_000;

export function EventTable({ items }: { items: readonly PowerEvent[] }) {
  const t = useT();
  const may = useCan('power:operate');
  const [noting, setNoting] = useState<PowerEvent | null>(null);
  const columns = useMemo((): Column<PowerEvent>[] => {
    const title = (e: PowerEvent) => eventTitle(`power.${e.event_type}`);
    return [
      { id: 'event', title: t('power.event'), value: title, kind: 'main', width: '190px', cell: (e) => <StatusMark status={endsWell(e.event_type) ? 'ok' : severityOf(eventSeverity(e))} word={title(e)} /> },
      { id: 'when', title: t('power.when'), value: (e) => e.timestamp, width: '140px', cell: (e) => <span className="num nowrap">{dayTime(toMillis(e.timestamp) ?? 0)}</span> },
      { id: 'message', title: t('power.said'), value: (e) => e.message, cell: (e) => <bdi>{e.message}</bdi> },
      { id: 'note', title: t('power.note'), value: (e) => e.note ?? '', cell: (e) => (e.note ? <bdi className="event-note">{e.note}</bdi> : '–') },
      { id: 'actions', title: '', value: () => null, kind: 'actions', plain: true, cell: (e) => <Button small kind="quiet" icon="edit" writes reason={may ? undefined : t('core.needsPermission', { permission: 'power:operate' })} onClick={() => setNoting(e)}>{t('power.note')}</Button> },
    ];
  }, [t, may]);
  return (
    <>
      <DataTable name="power-events" label={t('power.tab.events')} rows={items} columns={columns} keyOf={keyOf} initialSort="-when" empty={<Empty icon="history" title={t('power.noEvents')} text={t('power.noEventsText')} />} />
      {noting ? <NoteLayer event={noting} onClose={() => setNoting(null)} /> : null}
    </>
  );
}

function NoteLayer({ event, onClose }: { event: PowerEvent; onClose: () => void }) {
  const t = useT();
  const [note, setNote] = useState(event.note ?? '');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await send('POST', urls.powerEventNote(event.id), { note });
      invalidate(urls.powerEvents);
      toast({ level: 'ok', text: t('power.noteSaved') });
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('power.note')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" busy={busy} writes onClick={() => void save()}>{t('core.save')}</Button></>}>
      <div className="stack">
        <p className="muted"><bdi>{event.message}</bdi></p>
        <Field label={t('power.note')} error={error} help={t('power.noteHelp')}>{({ id, describedBy }) => <textarea id={id} className="input" rows={4} maxLength={noteMax} aria-describedby={describedBy} value={note} onChange={(e) => setNote(e.target.value)} />}</Field>
      </div>
    </Layer>
  );
}
