// Problems: open ones worst first with what is folded under them, and what was.
import { type ReactNode, useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { AlertRow, Problem } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { span, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { severityWord } from '../../i18n/words';
import { severityOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Menu';
import { PageHead } from '../../ui/PageHead';
import { ProblemCard } from '../../ui/ProblemCard';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import './incidents.css';

/** Worst first, in every spelling. */
const severityOrder = ['critical', 'error', 'danger', 'warning', 'info', 'debug'];
const views = ['open', 'silenced', 'past'] as const;
const silenceMinutes = [60, 240, 1440] as const;
const isQuiet = (p: Problem) => p.state === 'silenced' || p.state === 'maintenance';

export default function ProblemsPage() {
  const t = useT();
  const [wanted, setView] = useQueryParam('view', 'open');
  const view = views.find((v) => v === wanted) ?? 'open';
  const attention = useResource(paths.attention, { everyMs: 30_000 });
  const well = attention.data?.well;
  const all = attention.data?.problems ?? [];
  const quiet = all.filter(isQuiet);
  const loud = all.filter((p) => !isQuiet(p));
  const count = (n: number) => (attention.data ? ` ${n}` : '');
  return (
    <>
      <PageHead title={t('problems.title')} sub={typeof well === 'number' ? t('problems.well', { n: well }) : ' '}
        actions={<><Segmented label={t('problems.views')} value={view} options={[{ id: 'open', text: `${t('problems.open')}${count(loud.length)}` }, { id: 'silenced', text: `${t('problems.silenced')}${count(quiet.length)}` }, { id: 'past', text: t('problems.past') }]} onChange={(v) => setView(v)} /><ButtonLink to="/incidents/list" icon="siren">{t('nav.incidentList')}</ButtonLink></>} />
      {view === 'past' ? <Past /> : (
        <section className="card">
          <Loaded from={attention} lines={5}>
            {() => (view === 'silenced' ? <List problems={quiet} none={<Empty icon="bell" title={t('problems.silencedNone')} text={t('problems.silencedNoneText')} />} />
              : <List problems={loud} none={quiet.length > 0 ? <Empty icon="check" title={t('problems.none')} text={t('problems.onlySilenced', { n: quiet.length })} /> : <NoProblem />} />)}
          </Loaded>
        </section>
      )}
    </>
  );
}

function List({ problems, none }: { problems: readonly Problem[]; none: ReactNode }) {
  if (problems.length === 0) return none;
  return <><Together problems={problems} /><ul>{problems.map((p) => <ProblemCard key={p.firing_id} problem={p} open />)}</ul></>;
}

/** How bad it is at a glance, and what can be done about all that is shown. */
function Together({ problems }: { problems: readonly Problem[] }) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const unseen = problems.filter((p) => p.acknowledged_by === null && p.actions.includes('ack'));
  const loud = problems.filter((p) => !isQuiet(p) && p.actions.includes('silence'));
  const silenced = problems.filter((p) => p.state === 'silenced' && p.actions.includes('silence'));
  const severities = severityOrder.map((severity) => ({ severity, n: problems.filter((p) => p.severity === severity).length })).filter((x) => x.n > 0);
  /** One that fails is told and stops no other. */
  const each = async (of: readonly Problem[], work: (p: Problem) => Promise<unknown>): Promise<readonly Problem[]> => {
    setBusy(true);
    const results = await Promise.allSettled(of.map(work));
    setBusy(false);
    const failed = results.find((x) => x.status === 'rejected');
    if (failed) toast({ level: 'critical', text: asApiError(failed.reason).message });
    invalidate('/api/ui/attention', '/api/alert-history', '/api/silences', '/api/incidents');
    return of.filter((_, n) => results[n]?.status === 'fulfilled');
  };
  const acknowledge = async () => {
    const done = await each(unseen, (p) => send('POST', urls.acknowledge(p.firing_id)));
    if (done.length > 0) toast({ level: 'ok', text: t('problems.acknowledged', { n: done.length }) });
  };
  const silence = async (of: readonly Problem[], minutes: number) => {
    const done = await each(of, (p) => send('POST', urls.silence(p.firing_id), { minutes }));
    if (done.length > 0 && minutes > 0) toast({ level: 'ok', text: t('problems.silencedAll', { n: done.length, time: span(minutes * 60) }), action: { text: t('core.undo'), run: () => void silence(done, 0) } });
  };
  return (
    <div className="problems-together">
      <ul aria-label={t('problems.severity')}>{severities.map((x) => <li key={x.severity}><StatusMark status={severityOf(x.severity)} word={`${severityWord(x.severity)} ${x.n}`} /></li>)}</ul>
      <span className="row">
        {unseen.length > 1 ? <Button small busy={busy} writes icon="check" onClick={() => void acknowledge()}>{t('problems.ackAll', { n: unseen.length })}</Button> : null}
        {loud.length > 1 ? <Menu label={t('problems.silenceAll', { n: loud.length })} text={t('problems.silenceAll', { n: loud.length })} icon="bell" kind="secondary" items={silenceMinutes.map((minutes) => ({ id: String(minutes), text: t('problem.silenceFor', { time: span(minutes * 60) }), icon: 'pause' as const, run: () => void silence(loud, minutes) }))} /> : null}
        {silenced.length > 1 ? <Button small busy={busy} writes icon="bell" onClick={() => void silence(silenced, 0)}>{t('problems.unsilenceAll', { n: silenced.length })}</Button> : null}
      </span>
    </div>
  );
}

function NoProblem() {
  const t = useT();
  const past = useResource(paths.alertHistory({ limit: 1 }));
  const ended = past.data?.[0]?.resolved_at ?? null;
  return <Empty icon="check" title={t('problems.none')} text={<>{t('problems.noneText')}{ended ? <><br /><Age at={ended} /></> : null}</>} />;
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
