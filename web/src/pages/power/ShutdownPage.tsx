// Shutdown plans: what each watches, when it starts, whether it fits, and every run so far.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { PlanStatus, PlanTest, ShutdownPlan, ShutdownRun } from '../../api/shutdown';
import { Link } from '../../app/Link';
import { navigate } from '../../app/router';
import { useCan } from '../../app/session';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog, ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Switch, TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { BudgetBar } from './BudgetBar';
import { beyondBudget, kindIcon, kindName, runLook, runWord, stepLook, stepWord, targetOf, triggerWords } from './plan-words';
import { SourceGauges } from './SourceGauges';
import './shutdown.css';

export default function ShutdownPage() {
  const t = useT();
  const manages = useCan('power:manage');
  const status = useResource(paths.shutdownStatus, { everyMs: 3_000 });
  const plans = useResource(manages ? paths.shutdownPlans : null, { everyMs: 10_000 });
  const create = manages ? <ButtonLink kind="primary" icon="plus" to="/power/shutdown/plans/new">{t('shutdown.new')}</ButtonLink> : null;
  const sub = status.data && status.data.plans.length > 0 ? `${t('shutdown.armedCount', { n: status.data.armed })}${status.data.armed === 0 ? `. ${t('shutdown.unarmed')}` : ''}` : ' ';
  return (
    <>
      <PageHead title={t('nav.shutdown')} sub={sub} actions={create} />
      {status.data?.trouble ? <p className="plan-banner plan-banner-bad" role="alert"><Icon name="siren" />{status.data.trouble}</p> : null}
      {status.data && !status.data.monitoring ? <p className="plan-banner" role="status"><Icon name="pause" />{t('shutdown.unmonitored')}</p> : null}
      <div className="stack home-column">
        {manages
          ? <Loaded from={plans} lines={6}>{(list) => (list.length === 0 ? <section className="card"><Empty icon="bolt" title={t('shutdown.none')} text={t('shutdown.noneText')} action={create} /></section> : list.map((p) => <PlanCard key={p.id} plan={p} now={status.data?.plans.find((s) => s.id === p.id)} />))}</Loaded>
          : <Forbidden permission="power:manage" compact />}
        <Runs />
      </div>
    </>
  );
}

function PlanCard({ plan, now }: { plan: ShutdownPlan; now: PlanStatus | undefined }) {
  const t = useT();
  const controls = useCan('power:control');
  const reason = controls ? undefined : t('core.needsPermission', { permission: 'power:control' });
  const [asking, setAsking] = useState<'test' | 'start' | 'remove' | 'arm' | null>(null);
  const disarm = async () => { await send('PUT', urls.shutdownPlan(plan.id), { armed: false }); invalidate(urls.shutdown); };
  const remove = async () => {
    const { undo } = await send<{ undo: string }>('DELETE', urls.shutdownPlan(plan.id));
    invalidate(urls.shutdown);
    const back = () => { told(send('POST', urls.undo(undo), {}), t('shutdown.undone')).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })); };
    toast({ level: 'ok', text: t('shutdown.removed', { name: plan.name }), action: { text: t('shutdown.undo'), run: back } });
  };
  const held = (now?.sources ?? []).filter((s) => s.held_back);
  const names = plan.sources.map((s) => now?.sources.find((x) => x.device_id === s.device_id)?.name ?? s.device_id);
  const run = now?.run ?? null;
  return (
    <section className="card plan-card">
      <header className="plan-head">
        <div className="plan-name"><h2><Link to={`/power/shutdown/plans/${plan.id}`}><bdi>{plan.name}</bdi></Link></h2><span className="plan-marks">
          <StatusMark status={plan.enabled && plan.armed ? 'ok' : 'unknown'} word={t(!plan.enabled ? 'shutdown.disabled' : plan.armed ? 'shutdown.armed' : 'shutdown.disarmed')} />
          {plan.dry_run ? <span className="chip">{t('shutdown.dryOnly')}</span> : null}
          {now ? <StageMark now={now} /> : null}
          {held.length > 0 ? <StatusMark status="maintenance" word={t('shutdown.heldBack', { name: held.map((s) => s.name).join(', ') })} /> : null}
        </span></div>
        <div className="row">
          {plan.armed ? <ConfirmInline action={t('shutdown.disarm')} effect={t('shutdown.disarmEffect')} run={disarm} /> : <Button small kind="primary" icon="shield" writes onClick={() => setAsking('arm')}>{t('shutdown.arm')}</Button>}
          <Button small icon="check" writes reason={reason} onClick={() => setAsking('test')}>{t('shutdown.test')}</Button>
          <Menu label={plan.name} items={[
            { id: 'edit', text: t('shutdown.edit'), icon: 'edit', to: `/power/shutdown/plans/${plan.id}` },
            { id: 'start', text: t('shutdown.start'), icon: 'bolt', reason, run: () => setAsking('start') },
            { id: 'remove', text: t('shutdown.remove'), icon: 'trash', danger: true, run: () => setAsking('remove') },
          ]} />
        </div>
      </header>
      {run ? <p className="plan-run"><StatusMark status={runLook(run)} word={t(runWord(run.state))} /> <Link to={`/power/shutdown/runs/${run.id}`}>{t('shutdown.progress', { done: run.steps.filter((s) => s.direction === 'shutdown' && s.state === 'done').length, all: run.steps.filter((s) => s.direction === 'shutdown').length })}</Link></p> : null}
      <p className="plan-sentence">{names.length > 0 ? t('shutdown.watches', { names: names.join(', ') }) : t('shutdown.noSource')}. {t('shutdown.starts')} {triggerWords(t, plan.triggers).join(', ') || '–'}.</p>
      <PhaseStrip plan={plan} />
      <BudgetBar budget={plan.budget} />
      {beyondBudget(plan).length > 0 ? <ul className="plan-warnings">{beyondBudget(plan).map((w) => <li key={w}><Icon name="info" />{w}</li>)}</ul> : null}
      {asking === 'arm' ? <ArmLayer plan={plan} onClose={() => setAsking(null)} onTest={() => setAsking('test')} /> : null}
      {asking === 'test' ? <TestLayer plan={plan} onClose={() => setAsking(null)} /> : null}
      {asking === 'start' ? <StartLayer plan={plan} onClose={() => setAsking(null)} /> : null}
      {asking === 'remove' ? <ConfirmDialog title={`${t('shutdown.remove')}: ${plan.name}`} name={plan.name} action={t('shutdown.remove')} onClose={() => setAsking(null)} run={remove}><p>{t('shutdown.removeText')}</p><ChangePreview path={urls.shutdownPlan(plan.id)} /></ConfirmDialog> : null}
    </section>
  );
}

/** The phases from left to right as they run, an arrow between them; what cannot be taken back is marked. */
export function PhaseStrip({ plan }: { plan: Pick<ShutdownPlan, 'phases'> }) {
  const t = useT();
  const final: readonly string[] = ['nut_fsd', 'facade_fsd', 'ups_off', 'local'];
  return (
    <ol className="plan-phases">
      {[...plan.phases].sort((a, b) => a.order - b.order).map((p) => (
        <li key={`${p.order}${p.name}`} className={p.actions.some((s) => final.includes(s.kind)) ? 'plan-phase plan-phase-final' : 'plan-phase'}>
          <span className="plan-phase-title"><b className="num">{p.order}</b>{p.name ? <bdi>{p.name}</bdi> : null}</span>
          <ul>{p.actions.map((s, i) => <li key={s.id ?? i}><Icon name={kindIcon[s.kind]} size={14} /><bdi className="truncate">{s.name || targetOf(s) || t(kindName(s.kind))}</bdi></li>)}</ul>
        </li>
      ))}
    </ol>
  );
}

/** Before a plan acts by itself: what it turns off, when, how its UPSes stand, and whether it fits. */
function ArmLayer({ plan, onClose, onTest }: { plan: ShutdownPlan; onClose: () => void; onTest: () => void }) {
  const t = useT();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const arm = async () => {
    setBusy(true);
    try {
      await send('PUT', urls.shutdownPlan(plan.id), { armed: true });
      invalidate(urls.shutdown);
      onClose();
    } catch (e) {
      const cause = asApiError(e);
      setError(cause.fields[0]?.message ?? cause.message);
      setBusy(false);
    }
  };
  return (
    <Layer title={t('shutdown.armTitle', { name: plan.name })} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button icon="check" onClick={onTest}>{t('shutdown.armTest')}</Button><Button kind="primary" icon="shield" busy={busy} writes onClick={() => void arm()}>{t('shutdown.arm')}</Button></>}>
      <div className="stack">
        <p>{t('shutdown.armLead')}</p>
        <PhaseStrip plan={plan} />
        <p>{t('shutdown.armStarts', { when: triggerWords(t, plan.triggers).join(', ') || '–' })}</p>
        <BudgetBar budget={plan.budget} />
        <p className="muted">{t('shutdown.armNow')}</p>
        <SourceGauges ids={plan.sources.map((s) => s.device_id)} />
        {beyondBudget(plan).length > 0 ? <ul className="plan-warnings">{beyondBudget(plan).map((w) => <li key={w}><Icon name="info" />{w}</li>)}</ul> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
      </div>
    </Layer>
  );
}

function StageMark({ now }: { now: PlanStatus }) {
  const t = useT();
  if (now.stage === 'countdown') return <StatusMark status="critical" word={t('shutdown.stage.countdown', { n: now.seconds_left ?? 0 })} />;
  return <StatusMark status={now.stage === 'idle' ? 'ok' : 'warning'} word={t(`shutdown.stage.${now.stage}`)} />;
}

export function StepTable({ run }: { run: ShutdownRun }) {
  const t = useT();
  return (
    <div className="steptable-box"><table className="steptable">
      <thead><tr><th scope="col">{t('shutdown.step')}</th><th scope="col">{t('shutdown.does')}</th><th scope="col">{t('shutdown.outcome')}</th></tr></thead>
      <tbody>{run.steps.map((s) => (
        <tr key={`${s.direction}${s.step_id}`}>
          <th scope="row"><b className="num">{s.phase}</b> <bdi>{s.name}</bdi></th>
          <td><code>{s.command}</code><small className="faint"><bdi>{s.target}</bdi></small></td>
          <td><StatusMark status={stepLook(s.state)} word={t(stepWord(s.state))} />{s.result ? <small>{s.result}</small> : null}</td>
        </tr>
      ))}</tbody>
    </table></div>
  );
}

function TestLayer({ plan, onClose }: { plan: ShutdownPlan; onClose: () => void }) {
  const t = useT();
  const [done, setDone] = useState<PlanTest | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [asked, setAsked] = useState(false);
  if (!asked) {
    setAsked(true);
    send<PlanTest>('POST', urls.shutdownTest(plan.id), {}).then(setDone, (e: unknown) => setError(asApiError(e).message)).finally(() => invalidate(urls.shutdown));
  }
  return (
    <Layer title={t('shutdown.testTitle', { name: plan.name })} onClose={onClose} wide footer={<Button onClick={onClose}>{t('shutdown.close')}</Button>}>
      <div className="stack">
        {done ? <><p><StatusMark status={done.ok ? 'ok' : 'critical'} word={t(done.ok ? 'shutdown.testOk' : 'shutdown.testBad')} /></p><BudgetBar budget={done.budget} /><StepTable run={done.run} />{beyondBudget(done).length > 0 ? <ul className="plan-warnings">{beyondBudget(done).map((w) => <li key={w}><Icon name="info" />{w}</li>)}</ul> : null}</> : null}
        {!done && !error ? <p className="muted" role="status"><span className="spinner" aria-hidden="true" /> {t('shutdown.testing')}</p> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
      </div>
    </Layer>
  );
}

function StartLayer({ plan, onClose }: { plan: ShutdownPlan; onClose: () => void }) {
  const t = useT();
  const [typed, setTyped] = useState('');
  const [why, setWhy] = useState('');
  const [dry, setDry] = useState(plan.dry_run);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const ready = typed === plan.name && why.trim() !== '';
  const go = async () => {
    if (!ready || busy) return;
    setBusy(true);
    try {
      const run = await send<ShutdownRun>('POST', urls.shutdownStart(plan.id), { confirm: typed, reason: why, dry_run: dry });
      invalidate(urls.shutdown);
      navigate(`/power/shutdown/runs/${run.id}`);
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('shutdown.startTitle', { name: plan.name })} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="danger" busy={busy} disabled={!ready} writes onClick={() => void go()}>{t('shutdown.start')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <p>{t('shutdown.startText')}</p>
        <TextField label={t('shutdown.typeName')} value={typed} onChange={setTyped} autoFocus placeholder={plan.name} />
        <TextField label={t('shutdown.reason')} value={why} onChange={setWhy} maxLength={500} />
        <Switch label={t('shutdown.startDry')} checked={dry} onChange={setDry} disabled={plan.dry_run} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
      </form>
    </Layer>
  );
}

const runKey = (r: ShutdownRun) => String(r.id);

function Runs() {
  const t = useT();
  const runs = useResource(paths.shutdownRuns({ page_size: 100 }), { everyMs: 5_000 });
  const columns = useMemo((): Column<ShutdownRun>[] => [
    { id: 'plan', title: t('shutdown.plan'), value: (r) => r.plan_name, kind: 'main', cell: (r) => <bdi>{r.plan_name}</bdi> },
    { id: 'state', title: t('shutdown.state'), value: (r) => r.state, width: '190px', cell: (r) => <StatusMark status={runLook(r)} word={t(runWord(r.state))} /> },
    { id: 'mode', title: t('shutdown.mode'), value: (r) => r.mode, cell: (r) => t(`shutdown.mode.${r.mode}`) },
    { id: 'cause', title: t('shutdown.trigger'), value: (r) => r.trigger, cell: (r) => tDynamic(`shutdown.cause.${r.trigger}`, r.trigger) },
    { id: 'began', title: t('shutdown.began'), value: (r) => toMillis(r.started_at), kind: 'number', width: '150px', cell: (r) => { const ms = toMillis(r.started_at); return ms === null ? '–' : <span className="nowrap">{dayTime(ms)}</span>; } },
    { id: 'steps', title: t('shutdown.steps'), value: (r) => r.steps.length, kind: 'number', cell: (r) => `${r.steps.filter((s) => s.state === 'done').length} / ${r.steps.length}` },
  ], [t]);
  const open = (r: ShutdownRun) => navigate(`/power/shutdown/runs/${r.id}`);
  return (
    <Card title={t('shutdown.runs')} flush>
      <Loaded from={runs} lines={4} compact>{(page) => (page.items.length === 0 ? <Empty compact icon="history" title={t('shutdown.noRuns')} text={t('shutdown.noRunsText')} /> : <DataTable name="shutdown-runs" label={t('shutdown.runs')} rows={page.items} columns={columns} keyOf={runKey} initialSort="-began" onOpen={open} filterable={false} />)}</Loaded>
    </Card>
  );
}

/** For pages that end a request with a message. */
export function told(action: Promise<unknown>, text: string): Promise<void> {
  return action.then(() => { toast({ level: 'ok', text }); invalidate(urls.shutdown); });
}
