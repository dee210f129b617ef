// One incident: head with what to do, what happened in order, its alerts, the war room, and what was learnt.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { IncidentDetail, IncidentEntry, IncidentMessage } from '../../api/shapes';
import { useKeys } from '../../app/keys';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan, useUser } from '../../app/session';
import { clock, day, dayTime, exactTime, span } from '../../format/time';
import { useT } from '../../i18n';
import { severityWord } from '../../i18n/words';
import { useDraft } from '../../state/draft';
import { severityOf, type Status } from '../../state/status';
import { useNow } from '../../ui/Age';
import { Button, Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { DraftNote } from '../../ui/DraftNote';
import { Field, Select } from '../../ui/Form';
import { Icon, Pill, StatusMark } from '../../ui/Icon';
import { Layer, Menu, type MenuItem } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { silenceMinutes } from '../../ui/ProblemCard';
import { Empty, Loaded } from '../../ui/StateBlock';
import { TimelineList } from '../../ui/TimelineList';
import { toast } from '../../ui/toasts';
import { AssignDialog } from './AssignDialog';
import { IncidentEvidence, spanAround } from './IncidentEvidence';
import { incidentSeverities } from './severities';
import { SummaryCard } from './SummaryCard';
import './incident.css';

/** The field of the war room, for its key. */
const roomText = 'war-room-text';
const openStates = ['investigating', 'identified', 'monitoring'] as const;

async function change(work: Promise<unknown>): Promise<boolean> {
  try { await work; } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); return false; }
  invalidate(urls.incidents, '/api/ui/attention');
  return true;
}

export default function IncidentPage({ params }: PageProps) {
  const id = params.id ?? '';
  const incident = useResource(paths.incident(id), { everyMs: 10_000 });
  return <Loaded from={incident} lines={8}>{(i) => <Incident incident={i} />}</Loaded>;
}

function Incident({ incident: i }: { incident: IncidentDetail }) {
  const t = useT();
  const now = useNow();
  const open = i.resolved_at === 0;
  const lasted = span((open ? now / 1000 : i.resolved_at) - i.timestamp);
  const mark: Status = open ? severityOf(i.severity) : 'ok';
  return (
    <>
      <PageHead title={i.title} mark={<StatusMark status={mark} size={20} bare />} sub={<span className="row incident-sub"><Pill status={mark}>{t(`inc.st.${i.status as 'resolved'}`)}</Pill><span>{open ? t('inc.since', { time: lasted }) : t('inc.wasOpen', { time: lasted })}</span><span className="faint">{dayTime(i.timestamp * 1000)}</span>{i.assigned_to ? <span>{t('inc.owner')}: {i.assigned_to}</span> : null}</span>} actions={<Actions incident={i} />} />
      {i.merged_into ? <p className="banner banner-info"><Link to={`/incidents/${i.merged_into}`}>{t('inc.merged', { id: i.merged_into })}</Link></p> : null}
      {i.details ? <p className="muted incident-details">{i.details}</p> : null}
      <div className="incident-grid">
        <div className="stack">
          <What incident={i} />
          <Card title={t('inc.alerts')} flush>{i.alerts.length === 0 ? <Empty compact icon="bell" title={t('inc.noAlerts')} /> : (
            <ul className="incident-alerts">{i.alerts.map((a) => (
              <li key={a.id}><StatusMark status={a.resolved_at === null ? severityOf(a.severity) : 'ok'} bare /><span><span>{a.message}</span>{a.flapping ? <span className="tag">{t('inc.flapping')}</span> : null}{a.withheld ? <span className="faint"> {t('inc.withheld', { why: a.withheld })}</span> : null}<br /><Link className="faint mono" to={`/incidents/rules?q=${encodeURIComponent(a.rule_id)}`}>{a.rule_id}</Link></span><span className="faint num">{a.resolved_at === null ? t('inc.ongoing') : span(a.resolved_at - a.started_at)}</span></li>
            ))}</ul>
          )}</Card>
          <IncidentEvidence incident={i} />
          <SummaryCard id={i.id} />
          <Learnt key={`${i.root_cause ?? ''}\n${i.postmortem ?? ''}`} incident={i} />
        </div>
        <Card title={t('inc.room')} flush className="war-room"><WarRoom id={i.id} /></Card>
      </div>
    </>
  );
}

function Actions({ incident: i }: { incident: IncidentDetail }) {
  const t = useT();
  const user = useUser();
  const may = useCan('incidents:write');
  const mayPublish = useCan('status:manage');
  const [merging, setMerging] = useState(false);
  const [assigning, setAssigning] = useState(false);
  const reason = may ? undefined : t('core.needsPermission', { permission: 'incidents:write' });
  const open = i.resolved_at === 0;
  const mine = user !== null && i.assigned_to === user.username;
  // What can still be done about its alerts is said where the open problems are.
  const attention = useResource(open ? paths.attention : null);
  const problems = (attention.data?.problems ?? []).filter((p) => p.incident_id === i.id);
  const unseen = problems.filter((p) => p.acknowledged_by === null && p.actions.includes('ack'));
  const loud = problems.filter((p) => p.state !== 'silenced' && p.state !== 'maintenance' && p.actions.includes('silence'));
  const acknowledge = () => void change(Promise.all(unseen.map((p) => send('POST', urls.acknowledge(p.firing_id)))));
  const silence = async (minutes: number) => {
    const all = (m: number) => change(Promise.all(loud.map((p) => send('POST', urls.silence(p.firing_id), { minutes: m }))));
    if (await all(minutes)) toast({ level: 'ok', text: t('problem.silencedFor', { time: span(minutes * 60) }), action: { text: t('core.undo'), run: () => void all(0) } });
  };
  const patch = (body: Record<string, unknown>) => void change(send('PATCH', urls.incident(i.id), body));
  const own = () => void change(send('PUT', urls.incidentStep(i.id, 'assign'), { assigned_to: mine ? '' : (user?.username ?? '') }));
  useKeys([
    { keys: 'a', label: 'problem.ack', run: () => { if (unseen.length > 0) acknowledge(); } },
    { keys: 's', label: 'inc.keySilence', run: () => { if (loud.length > 0) void silence(60); } },
    { keys: 'o', label: 'inc.take', run: () => { if (open && may) own(); } },
    { keys: 'm', label: 'inc.keyMessage', run: () => document.getElementById(roomText)?.focus() },
  ]);
  const items: MenuItem[] = [
    ...(loud.length > 0 ? silenceMinutes.map((minutes) => ({ id: `silence-${minutes}`, text: t('problem.silenceFor', { time: span(minutes * 60) }), icon: 'bell' as const, run: () => void silence(minutes) })) : []),
    ...openStates.filter((s) => open && s !== i.status).map((s) => ({ id: s, text: `${t('inc.changeStatus')}: ${t(`inc.st.${s}`)}`, reason, run: () => patch({ status: s }) })),
    ...incidentSeverities.filter((s) => s !== i.severity).map((s) => ({ id: `sev-${s}`, text: `${t('inc.changeSeverity')}: ${severityWord(s)}`, reason, run: () => patch({ severity: s }) })),
    { id: 'public', text: i.public ? t('inc.unpublish') : t('inc.publish'), icon: 'globe' as const, reason: mayPublish ? reason : t('core.needsPermission', { permission: 'status:manage' }), run: () => patch({ public: !i.public }) },
    ...(open ? [{ id: 'assign', text: `${t('inc.assign')} …`, icon: 'users' as const, reason, run: () => setAssigning(true) }] : []),
    ...(open ? [{ id: 'merge', text: t('inc.mergeTitle'), icon: 'layers' as const, reason, run: () => setMerging(true) }] : []),
  ];
  return (
    <>
      {unseen.length > 0 ? <Button kind="primary" icon="check" writes onClick={acknowledge}>{t('problem.ack')}</Button> : null}
      {open ? <Button reason={reason} writes icon="user" onClick={own}>{mine ? t('inc.release') : t('inc.take')}</Button> : null}
      {open ? <ConfirmInline small={false} action={t('inc.resolve')} effect={t('inc.resolveEffect')} icon="check" reason={reason} run={() => change(send('POST', urls.incidentStep(i.id, 'resolve'), {}))} />
        : i.merged_into === null ? <Button reason={reason} writes icon="undo" onClick={() => void change(send('POST', urls.incidentStep(i.id, 'reopen'), {}))}>{t('inc.reopen')}</Button> : null}
      <Menu label={t('inc.actions')} kind="secondary" items={items} />
      {assigning ? <AssignDialog count={1} now={i.assigned_to ?? ''} onClose={() => setAssigning(false)} assign={(to) => change(send('PUT', urls.incidentStep(i.id, 'assign'), { assigned_to: to }))} /> : null}
      {merging ? <Merge incident={i} onClose={() => setMerging(false)} /> : null}
    </>
  );
}

function Merge({ incident, onClose }: { incident: IncidentDetail; onClose: () => void }) {
  const t = useT();
  const all = useResource(paths.incidents(168));
  const others = (all.data ?? []).filter((i) => i.resolved_at === 0 && i.id !== incident.id);
  const [into, setInto] = useState('');
  const chosen = into || String(others[0]?.id ?? '');
  const run = async () => { if (await change(send('POST', urls.incidentStep(incident.id, 'merge'), { into: Number(chosen) }))) onClose(); };
  return (
    <Layer title={t('inc.mergeTitle')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" writes disabled={others.length === 0} onClick={() => void run()}>{t('inc.merge')}</Button></>}>
      <div className="stack"><p className="muted">{t('inc.mergeText')}</p>{others.length === 0 ? <p>{t('inc.mergeNone')}</p> : <Select label={t('inc.mergeInto')} value={chosen} onChange={setInto} options={others.map((o) => ({ id: String(o.id), text: `#${o.id} ${o.title}` }))} />}</div>
    </Layer>
  );
}

function EntryMark({ entry: e }: { entry: IncidentEntry }) {
  if (e.kind === 'message') return <Icon name={e.detail === 'system' ? 'history' : 'users'} size={14} />;
  return <StatusMark status={entryStatus(e)} bare />;
}

function entryStatus(e: IncidentEntry): Status {
  if (e.kind === 'alert_over' || e.detail === 'resolved') return 'ok';
  if (e.severity) return severityOf(e.severity);
  return e.kind === 'update' ? 'info' : 'paused';
}

/** What happened: of the incident itself, or of all parts around it on one axis. */
function What({ incident: i }: { incident: IncidentDetail }) {
  const t = useT();
  const mayAll = useCan('events:read');
  const [view, setView] = useQueryParam('what', 'own');
  const all = mayAll && view === 'all';
  return <Card title={t('inc.what')} flush className="incident-what" actions={mayAll ? <Segmented label={t('inc.whatOf')} value={all ? 'all' : 'own'} options={[{ id: 'own', text: t('inc.whatOwn') }, { id: 'all', text: t('inc.whatAll') }]} onChange={setView} /> : undefined}>{all ? <AllParts incident={i} /> : <Happened id={i.id} />}</Card>;
}

function AllParts({ incident: i }: { incident: IncidentDetail }) {
  const t = useT();
  const [now] = useState(() => Math.floor(Date.now() / 1000));
  const { from, to } = spanAround(i, now);
  const events = useResource(paths.timeline({ from, ...(i.resolved_at === 0 ? {} : { to }), limit: 200 }), { everyMs: 10_000 });
  return <Loaded from={events} lines={5} compact>{(found) => (found.items.length === 0 ? <Empty compact icon="history" title={t('inc.nothingElse')} /> : <div className="incident-timeline"><TimelineList items={found.items} /></div>)}</Loaded>;
}

function Happened({ id }: { id: number }) {
  const t = useT();
  const timeline = useResource(paths.incidentTimeline(String(id)), { everyMs: 10_000 });
  return (
    <Loaded from={timeline} lines={5} compact>{(all) => {
      let last = '';
      return (
        <ol className="incident-timeline">{[...all].reverse().map((e, n) => {
          const ms = e.at * 1000;
          const label = day(ms);
          const head = label !== last;
          last = label;
          return (
            <li key={all.length - n}>{head ? <p className="timeline-day">{label}</p> : null}<div className="incident-entry"><time className="num faint" dateTime={new Date(ms).toISOString()} title={exactTime(ms)}>{clock(ms)}</time><span className="incident-mark"><EntryMark entry={e} /></span><span>{e.detail === 'system' ? null : <b>{t(`inc.e.${e.kind as 'opened'}`)} </b>}<span>{e.text}</span>{e.by && e.detail !== 'system' ? <span className="faint"> {t('inc.by', { name: e.by })}</span> : null}</span></div></li>
          );
        })}</ol>
      );
    }}</Loaded>
  );
}

function WarRoom({ id }: { id: number }) {
  const t = useT();
  const room = useResource(paths.incidentMessages(String(id)), { everyMs: 5_000 });
  const may = useCan('incidents:write');
  const [text, setText] = useState('');
  const [kind, setKind] = useState<string>('comment');
  const [busy, setBusy] = useState(false);
  const draft = useDraft(may ? `incident/${id}/message` : null, { text, kind }, (d) => { setText(d.text); setKind(d.kind); });
  const post = async () => {
    if (text.trim() === '') return;
    setBusy(true);
    if (await change(send('POST', urls.incidentStep(id, 'messages'), { message: text, msg_type: kind }))) draft.startOver();
    setBusy(false);
  };
  return (
    <>
      <Loaded from={room} lines={4} compact>{(r) => (r.messages.length === 0 ? <Empty compact icon="users" title={t('inc.roomNone')} /> : <ol className="room-lines" aria-live="polite">{r.messages.map((m) => <Line key={m.id} message={m} />)}</ol>)}</Loaded>
      {may ? (
        <form className="room-form" onSubmit={(e) => { e.preventDefault(); if (!busy) void post(); }}>
          {draft.restoredAt ? <DraftNote draft={draft} /> : null}
          <textarea id={roomText} className="input" rows={2} aria-label={t('inc.write')} placeholder={t('inc.write')} value={text} onChange={(e) => setText(e.target.value)} onKeyDown={(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); void post(); } }} />
          <div className="row"><Select hideLabel label={t('inc.kind')} value={kind} onChange={setKind} options={[{ id: 'comment', text: t('inc.comment') }, { id: 'action', text: t('inc.action') }, { id: 'note', text: t('inc.note') }]} /><Button type="submit" kind="primary" icon="send" writes busy={busy}>{t('inc.send')}</Button></div>
        </form>
      ) : null}
    </>
  );
}

function Line({ message: m }: { message: IncidentMessage }) {
  const t = useT();
  const ms = m.created_at * 1000;
  if (m.msg_type === 'system') return <li className="room-system faint"><time className="num" title={exactTime(ms)}>{clock(ms)}</time> {m.message}</li>;
  return <li className="room-line"><p><b>{m.author}</b> <time className="faint num" title={exactTime(ms)}>{clock(ms)}</time>{m.msg_type === 'comment' ? null : <span className="tag">{m.msg_type === 'action' ? t('inc.action') : t('inc.note')}</span>}</p><p className="room-text">{m.message}</p></li>;
}

function Learnt({ incident }: { incident: IncidentDetail }) {
  const t = useT();
  const may = useCan('incidents:write');
  const [cause, setCause] = useState(incident.root_cause ?? '');
  const [after, setAfter] = useState(incident.postmortem ?? '');
  const draft = useDraft(may ? `incident/${incident.id}/learnt` : null, { cause, after }, (d) => { setCause(d.cause); setAfter(d.after); });
  const dirty = cause !== (incident.root_cause ?? '') || after !== (incident.postmortem ?? '');
  const save = async () => { if (await change(send('PATCH', urls.incident(incident.id), { root_cause: cause, postmortem: after }))) { draft.forget(); toast({ level: 'ok', text: t('inc.saved') }); } };
  return (
    <Card title={t('inc.after')}>
      <div className="stack">
        <Field label={t('inc.rootCause')}>{({ id }) => <textarea id={id} className="input" rows={2} readOnly={!may} value={cause} onChange={(e) => setCause(e.target.value)} />}</Field>
        <Field label={t('inc.postmortem')} help={t('inc.postmortemHelp')}>{({ id, describedBy }) => <textarea id={id} aria-describedby={describedBy} className="input" rows={5} readOnly={!may} value={after} onChange={(e) => setAfter(e.target.value)} />}</Field>
        {may ? <div className="row"><Button writes disabled={!dirty} onClick={() => void save()}>{t('inc.save')}</Button><DraftNote draft={draft} /></div> : null}
      </div>
    </Card>
  );
}
