// Incidents: what is open and what was, with owner and length; one can be opened by hand.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Incident } from '../../api/shapes';
import { Link } from '../../app/Link';
import { navigate, useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import { severityWord } from '../../i18n/words';
import { useDraft } from '../../state/draft';
import { severityOf } from '../../state/status';
import { Age, useNow } from '../../ui/Age';
import { Button, Segmented } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { DraftNote } from '../../ui/DraftNote';
import { Field, Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { incidentSeverities } from './severities';
import './incident.css';

const keyOf = (i: Incident) => String(i.id);

export default function IncidentsPage() {
  const t = useT();
  const now = useNow();
  const [hours, setHours] = useQueryParam('hours', '168');
  const incidents = useResource(paths.incidents(hours === '24' ? 24 : 168), { everyMs: 20_000 });
  const may = useCan('incidents:write');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'incidents:write' });
  const [opening, setOpening] = useState(false);
  const columns = useMemo((): Column<Incident>[] => {
    const lasted = (i: Incident) => (i.resolved_at === 0 ? now / 1000 : i.resolved_at) - i.timestamp;
    return [
      { id: 'title', title: t('inc.name'), value: (i) => i.title, kind: 'main', cell: (i) => <span className="row"><StatusMark status={i.resolved_at === 0 ? severityOf(i.severity) : 'ok'} bare /><Link to={`/incidents/${i.id}`}>{i.title}</Link>{i.public ? <span className="tag">{t('inc.onPage')}</span> : null}</span> },
      { id: 'status', title: t('inc.status'), value: (i) => t(`inc.st.${i.status as 'resolved'}`), width: '130px' },
      { id: 'severity', title: t('inc.severity'), value: (i) => i.severity, width: '110px', cell: (i) => severityWord(i.severity) },
      { id: 'source', title: t('inc.source'), value: (i) => (i.kind === 'manual' ? t('inc.manual') : i.source === 'alert' ? t('inc.auto') : i.source), width: '120px' },
      { id: 'owner', title: t('inc.owner'), value: (i) => i.assigned_to ?? '', width: '120px', cell: (i) => i.assigned_to ?? <span className="faint">{t('inc.nobody')}</span> },
      { id: 'began', title: t('inc.began'), value: (i) => i.timestamp, kind: 'number', cell: (i) => <Age at={i.timestamp} /> },
      { id: 'lasted', title: t('inc.lasted'), value: lasted, kind: 'number', cell: (i) => (i.resolved_at === 0 ? <span>{span(lasted(i))} <span className="faint">{t('inc.ongoing')}</span></span> : span(lasted(i))) },
    ];
  }, [t, now]);
  const open = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => setOpening(true)}>{t('inc.new')}</Button>;
  return (
    <>
      <PageHead title={t('inc.title')} sub={t('inc.sub')} actions={<><Segmented label={t('inc.hours')} value={hours === '24' ? '24' : '168'} options={[{ id: '24', text: t('inc.h24') }, { id: '168', text: t('inc.h168') }]} onChange={(v) => setHours(v)} />{open}</>} />
      <section className="card"><Loaded from={incidents} lines={6}>{(rows) => <DataTable name="incidents" label={t('inc.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="-began" onOpen={(i) => navigate(`/incidents/${i.id}`)} empty={<Empty icon="check" title={t('inc.none')} text={t('inc.noneText')} />} />}</Loaded></section>
      {opening ? <OpenIncident onClose={() => setOpening(false)} /> : null}
    </>
  );
}

function OpenIncident({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [title, setTitle] = useState('');
  const [details, setDetails] = useState('');
  const [severity, setSeverity] = useState<string>('warning');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const draft = useDraft('incident/new', { title, details, severity }, (d) => { setTitle(d.title); setDetails(d.details); setSeverity(d.severity); });
  const save = async () => {
    setBusy(true);
    try {
      const made = await send<{ id: number }>('POST', urls.incidents, { title, details, severity });
      draft.forget();
      invalidate(urls.incidents, '/api/ui/attention');
      toast({ level: 'ok', text: t('inc.created') });
      navigate(`/incidents/${made.id}`);
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('inc.new')} onClose={onClose} footer={<><Button onClick={() => { draft.forget(); onClose(); }}>{t('core.cancel')}</Button><Button kind="primary" writes busy={busy} onClick={() => void save()}>{t('inc.create')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <DraftNote draft={draft} />
        <TextField label={t('inc.newTitle')} value={title} onChange={setTitle} error={error} autoFocus maxLength={300} required />
        <Select label={t('inc.severity')} value={severity} onChange={setSeverity} options={incidentSeverities.map((s) => ({ id: s as string, text: severityWord(s) }))} />
        <Field label={t('inc.details')} optional>{({ id }) => <textarea id={id} className="input" rows={4} value={details} onChange={(e) => setDetails(e.target.value)} />}</Field>
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
