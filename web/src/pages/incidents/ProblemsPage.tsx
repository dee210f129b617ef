// Problems: open ones worst first with what is folded under them, those that are kept quiet, and what was.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { AlertRow, Problem } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useCan, useUser } from '../../app/session';
import { span, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { severityWord } from '../../i18n/words';
import { severityOf } from '../../state/status';
import { Age, useNow } from '../../ui/Age';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Menu';
import { PageHead } from '../../ui/PageHead';
import { ProblemCard, silenceMinutes } from '../../ui/ProblemCard';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { AssignDialog } from './AssignDialog';
import './incidents.css';

type View = 'open' | 'silenced' | 'past';
const isQuiet = (p: Problem) => p.state === 'silenced' || p.state === 'maintenance';
const severities = ['critical', 'danger', 'warning', 'info'] as const;
/** The four words of the filter: error and danger are one. */
const wordOf = (severity: string) => (severity === 'error' ? 'danger' : severity === 'debug' ? 'info' : severity);

export default function ProblemsPage() {
  const t = useT();
  const [asked, setView] = useQueryParam('view', 'open');
  const view: View = asked === 'past' || asked === 'silenced' ? asked : 'open';
  const attention = useResource(paths.attention, { everyMs: 30_000 });
  const well = attention.data?.well;
  const quiet = attention.data?.problems.filter(isQuiet).length ?? 0;
  const count = (n: number) => (attention.data && n > 0 ? ` ${n}` : '');
  const views = [{ id: 'open' as View, text: `${t('problems.open')}${count((attention.data?.problems.length ?? 0) - quiet)}` }, { id: 'silenced' as View, text: `${t('problems.silenced')}${count(quiet)}` }, { id: 'past' as View, text: t('problems.past') }];
  return (
    <>
      <PageHead title={t('problems.title')} sub={typeof well === 'number' ? t('problems.well', { n: well }) : ' '}
        actions={<><Segmented label={t('problems.views')} value={view} options={views} onChange={(v) => setView(v)} /><ButtonLink to="/incidents/list" icon="siren">{t('nav.incidentList')}</ButtonLink></>} />
      {view === 'past' ? <Past /> : <section className="card"><Loaded from={attention} lines={5}>{(data) => <Problems key={view} all={data.problems.filter((p) => isQuiet(p) === (view === 'silenced'))} quiet={view === 'silenced'} />}</Loaded></section>}
    </>
  );
}

/** One list: how many of each severity, what is chosen and what can be done about it at once. */
function Problems({ all, quiet }: { all: readonly Problem[]; quiet: boolean }) {
  const t = useT();
  const [only, setOnly] = useQueryParam('severity');
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set());
  const shown = only === '' ? all : all.filter((p) => wordOf(p.severity) === only);
  // What has ended meanwhile is not chosen any more.
  const chosen = shown.filter((p) => picked.has(p.firing_id));
  const toggle = (id: number) => setPicked((old) => { const next = new Set(old); if (!next.delete(id)) next.add(id); return next; });
  if (all.length === 0) return quiet ? <Empty icon="bell" title={t('problems.silencedNone')} text={t('problems.silencedText')} /> : <NoProblem />;
  const every = chosen.length === shown.length;
  return (
    <>
      <div className="problem-bar">
        <label className="problem-all"><input type="checkbox" checked={every && shown.length > 0} ref={(box) => { if (box) box.indeterminate = chosen.length > 0 && !every; }} onChange={() => setPicked(new Set(every ? [] : shown.map((p) => p.firing_id)))} />{chosen.length > 0 ? t('problems.chosen', { n: chosen.length }) : t('problems.chooseAll')}</label>
        {chosen.length > 0 ? <Bulk chosen={chosen} done={() => setPicked(new Set())} /> : (
          <span className="problem-strip">{severities.map((word) => { const n = all.filter((p) => wordOf(p.severity) === word).length; return n === 0 ? null : <button key={word} type="button" aria-pressed={only === word} onClick={() => setOnly(only === word ? '' : word)}><StatusMark status={severityOf(word)} word={`${n} ${severityWord(word)}`} /></button>; })}</span>
        )}
      </div>
      {shown.length === 0 ? <Empty compact icon="filter" title={t('problems.filteredNone', { n: all.length })} action={<Button onClick={() => setOnly('')}>{t('problems.showAll')}</Button>} /> : (
        <ul>{shown.map((p) => <ProblemCard key={p.firing_id} problem={p} open pick={<input type="checkbox" aria-label={t('table.choose', { name: p.title })} checked={picked.has(p.firing_id)} onChange={() => toggle(p.firing_id)} />} />)}</ul>
      )}
    </>
  );
}

/** What is done about several problems in one go; each reason why something could not be done is said. */
function Bulk({ chosen, done }: { chosen: readonly Problem[]; done: () => void }) {
  const t = useT();
  const user = useUser();
  const mayAssign = useCan('incidents:write');
  const [busy, setBusy] = useState(false);
  const [assigning, setAssigning] = useState(false);
  const run = async (work: readonly Promise<unknown>[], text: string, undo?: () => void) => {
    setBusy(true);
    const ends = await Promise.allSettled(work);
    setBusy(false);
    invalidate('/api/ui/attention', '/api/alert-history', '/api/silences', urls.incidents);
    const failed = ends.flatMap((e) => (e.status === 'rejected' ? [asApiError(e.reason).message] : []));
    if (failed.length > 0) toast({ level: 'critical', text: t('problems.someFailed', { n: failed.length, all: work.length, why: [...new Set(failed)].join(' · ') }) });
    else { toast({ level: 'ok', text, ...(undo ? { action: { text: t('core.undo'), run: undo } } : {}) }); done(); }
  };
  const unseen = chosen.filter((p) => p.acknowledged_by === null && p.actions.includes('ack'));
  const silent = chosen.filter((p) => p.actions.includes('silence'));
  const incidents = [...new Set(chosen.flatMap((p) => (p.incident_id ? [p.incident_id] : [])))];
  const hush = (minutes: number) => silent.map((p) => send('POST', urls.silence(p.firing_id), { minutes }));
  const name = user?.username ?? '';
  return (
    <span className="problem-actions">
      <Button small icon="check" busy={busy} writes reason={unseen.length === 0 ? t('problems.nothingToAck') : undefined} onClick={() => void run(unseen.map((p) => send('POST', urls.acknowledge(p.firing_id))), t('problems.acked', { n: unseen.length }))}>{t('problem.ack')}</Button>
      <Button small icon="users" busy={busy} writes reason={!mayAssign ? t('core.needsPermission', { permission: 'incidents:write' }) : incidents.length === 0 ? t('problems.noIncident') : undefined} onClick={() => setAssigning(true)}>{t('inc.assign')}</Button>
      <Button small icon="user" busy={busy} writes reason={!mayAssign ? t('core.needsPermission', { permission: 'incidents:write' }) : incidents.length === 0 ? t('problems.noIncident') : undefined} onClick={() => void run(incidents.map((id) => send('PUT', urls.incidentStep(id, 'assign'), { assigned_to: name })), t('problems.taken', { n: incidents.length }))}>{t('inc.take')}</Button>
      <Menu label={t('problem.silence')} text={t('problem.silence')} kind="secondary" items={[
        ...silenceMinutes.map((minutes) => ({ id: String(minutes), text: t('problem.silenceFor', { time: span(minutes * 60) }), icon: 'pause' as const, ...(silent.length === 0 ? { reason: t('core.needsPermission', { permission: 'alerts:manage' }) } : {}), run: () => void run(hush(minutes), t('problem.silencedFor', { time: span(minutes * 60) }), () => void run(hush(0), t('problems.speakAgain'))) })),
        ...(chosen.some((p) => p.state === 'silenced') ? [{ id: 'end', text: t('problem.unsilence'), icon: 'bell' as const, run: () => void run(hush(0), t('problems.speakAgain')) }] : []),
      ]} />
      {assigning ? <AssignDialog count={incidents.length} onClose={() => setAssigning(false)} assign={(to) => run(incidents.map((id) => send('PUT', urls.incidentStep(id, 'assign'), { assigned_to: to })), to === '' ? t('problems.unassigned', { n: incidents.length }) : t('problems.assigned', { n: incidents.length, name: to }))} /> : null}
    </span>
  );
}

function NoProblem() {
  const t = useT();
  const now = useNow();
  const past = useResource(paths.alertHistory({ limit: 1 }));
  const last = past.data?.[0];
  const ended = last ? toMillis(last.resolved_at) ?? toMillis(last.timestamp) : null;
  return <Empty icon="check" title={t('problems.none')} text={<>{t('problems.noneText')}{ended === null ? null : <><br />{t('problems.sinceLast', { time: span((now - ended) / 1000) })}</>}</>} />;
}

const keyOf = (r: AlertRow) => String(r.id);

function Past() {
  const t = useT();
  const past = useResource(paths.alertHistory({ limit: 500 }));
  const columns = useMemo((): Column<AlertRow>[] => {
    const lasted = (r: AlertRow) => { const a = toMillis(r.timestamp); const b = toMillis(r.resolved_at); return a === null || b === null ? null : (b - a) / 1000; };
    return [
      { id: 'message', title: t('problems.message'), value: (r) => r.message, kind: 'main', cell: (r) => <span className="row"><StatusMark status={severityOf(r.severity)} bare />{r.message}</span> },
      { id: 'severity', title: t('problems.severity'), value: (r) => r.severity, width: '110px' },
      { id: 'rule', title: t('problems.rule'), value: (r) => r.rule_id, cell: (r) => <Link to={`/incidents/rules?q=${encodeURIComponent(r.rule_id)}`}><bdi className="mono">{r.rule_id}</bdi></Link> },
      { id: 'began', title: t('problems.when'), value: (r) => toMillis(r.timestamp), kind: 'number', cell: (r) => <Age at={r.timestamp} /> },
      { id: 'lasted', title: t('problems.lasted'), value: lasted, kind: 'number', cell: (r) => { const s = lasted(r); return s === null ? <StatusMark status="critical" word={t('problems.ongoing')} /> : span(s); } },
    ];
  }, [t]);
  return <section className="card"><Loaded from={past} lines={8}>{(rows) => <DataTable name="past-problems" label={t('problems.past')} rows={rows} columns={columns} keyOf={keyOf} initialSort="-began" empty={<Empty icon="history" title={t('problems.pastNone')} />} />}</Loaded></section>;
}
