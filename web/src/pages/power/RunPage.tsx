// One run of a shutdown plan, live: what it does now, what comes next, how much time the batteries leave, and the ways to
// stop it; beneath, every step on one time axis.
import { useEffect, useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { RunPhase, RunStep, ShutdownRun } from '../../api/shutdown';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { dayTime, span, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { useNow } from '../../ui/Age';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmDialog, ConfirmInline } from '../../ui/Confirm';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { isBusy, runLook, runWord, stepLook, stepWord } from './plan-words';
import { RunTimeline } from './RunTimeline';
import { StepTable, told } from './ShutdownPage';
import { SourceGauges } from './SourceGauges';
import './shutdown.css';

const HOLD_MS = 2_000;

export default function RunPage({ params }: PageProps) {
  const run = useResource(paths.shutdownRun(params.id ?? ''), { everyMs: 1_000 });
  return <Loaded from={run} lines={8}>{(x) => <Run run={x} />}</Loaded>;
}

function Run({ run }: { run: ShutdownRun }) {
  const t = useT();
  const began = toMillis(run.started_at);
  const cause = tDynamic(`shutdown.cause.${run.trigger}`, run.trigger);
  // A test is its own cause: nothing is said twice.
  const sub = [...new Set([t(`shutdown.mode.${run.mode}`), cause, run.reason, run.started_by === 'system' ? null : t('shutdown.by', { name: run.started_by }), began === null ? null : dayTime(began)])].filter(Boolean).join(' · ');
  return (
    <>
      <PageHead title={run.plan_name} sub={sub} mark={<StatusMark status={runLook(run)} word={t(runWord(run.state))} />} actions={<ButtonLink to="/power/shutdown" icon="chevron-left" kind="quiet">{t('nav.shutdown')}</ButtonLink>} />
      <div className="stack home-column">
        <Now run={run} />
        <PhaseRow run={run} />
        <Card title={t('shutdown.timeline')}><RunTimeline run={run} /></Card>
        <Card title={t('shutdown.steps')} flush><StepTable run={run} /></Card>
      </div>
    </>
  );
}

/** The state in one sentence, what follows, the batteries, and the button that matters. */
function Now({ run }: { run: ShutdownRun }) {
  const t = useT();
  const now = useNow();
  const down = run.steps.filter((s) => s.direction === 'shutdown');
  const over = down.filter((s) => s.state !== 'pending' && s.state !== 'running').length;
  const began = toMillis(run.started_at) ?? now;
  const seconds = Math.max(0, Math.round(((toMillis(run.ended_at) ?? now) - began) / 1_000));
  const lines = sentences(run, t);
  const urgent = isBusy(run) && run.mode === 'real';
  return (
    <section className={`card run-now${urgent ? ' run-urgent' : ''}`} aria-label={t('shutdown.now')}>
      <div className="run-say">
        <p className="run-head" role="status"><b>{lines.head}</b></p>
        <div className="run-bar" role="progressbar" aria-valuemin={0} aria-valuemax={down.length} aria-valuenow={over} aria-label={t('shutdown.progress', { done: over, all: down.length })}>
          {down.map((s) => <i key={s.step_id} className={`run-cell run-${s.state}`} title={`${s.name}: ${t(stepWord(s.state))}`} />)}
        </div>
        <p className="muted num">{t('shutdown.progress', { done: over, all: down.length })} · {isBusy(run) ? t('shutdown.since', { time: span(seconds) }) : t('shutdown.took', { time: span(seconds) })}</p>
        <ul className="run-next">{lines.next.map((x) => <li key={x.text}><Icon name={x.icon} />{x.text}</li>)}</ul>
      </div>
      <div className="run-side">
        <SourceGauges ids={run.sources} />
        <div className="run-ways"><Ways run={run} /></div>
      </div>
    </section>
  );
}

interface Line { icon: 'arrow-right' | 'info' | 'clock' | 'bolt' | 'undo'; text: string }

function sentences(run: ShutdownRun, t: ReturnType<typeof useT>): { head: string; next: Line[] } {
  const down = run.steps.filter((s) => s.direction === 'shutdown');
  const title = (p: RunPhase) => (p.name ? `${p.order} ${p.name}` : String(p.order));
  const names = (order: number) => down.filter((s) => s.phase === order).map((s) => s.name).join(', ');
  const phaseNow = run.phases.find((p) => down.some((s) => s.phase === p.order && (s.state === 'running' || s.state === 'pending')));
  const later = phaseNow ? run.phases.filter((p) => p.order > phaseNow.order) : [];
  const next: Line[] = [];
  if (isBusy(run)) {
    const head = run.stop ? t('shutdown.stopping', { phase: phaseNow ? title(phaseNow) : '' }) : phaseNow ? t('shutdown.atWork', { phase: title(phaseNow), names: names(phaseNow.order) }) : t('shutdown.ending');
    if (run.stop) next.push({ icon: 'undo', text: t(run.stop === 'power_return' ? 'shutdown.stoppedByMains' : 'shutdown.cancelled') });
    else {
      for (const p of later.slice(0, 3)) next.push({ icon: 'arrow-right', text: t('shutdown.thenPhase', { phase: title(p), names: names(p.order), time: span(p.limit_seconds) }) });
      if (run.state === 'final') next.push({ icon: 'info', text: t('shutdown.noReturn') });
      else if (run.mode === 'real') {
        const last = later.find((p) => p.is_final);
        if (last) next.push({ icon: 'info', text: t('shutdown.finalFrom', { phase: title(last) }) });
        next.push({ icon: 'bolt', text: t(run.on_power_return === 'continue' ? 'shutdown.returnGoesOn' : 'shutdown.returnRule') });
      }
    }
    return { head, next };
  }
  if (run.restore_waits_for) next.push({ icon: 'clock', text: t('shutdown.waitsFor', { why: run.restore_waits_for }) });
  const failed = down.filter((s) => s.state === 'failed').length;
  if (failed > 0) next.push({ icon: 'info', text: t('shutdown.nFailed', { n: failed }) });
  if (run.state === 'cancelled' && run.stop === 'operator') next.push({ icon: 'info', text: t('shutdown.staysDown', { name: run.stop_by ?? '' }) });
  return { head: t(`shutdown.head.${run.state}`), next };
}

function PhaseRow({ run }: { run: ShutdownRun }) {
  const t = useT();
  const back = run.steps.filter((s) => s.direction === 'restore');
  return (
    <div className="phase-columns">
      {run.phases.map((p) => <Column key={p.order} title={p.name ? `${p.order} · ${p.name}` : t('shutdown.phase', { n: p.order })} foot={t('shutdown.atMost', { time: `${p.limit_seconds} s` })} steps={run.steps.filter((s) => s.direction === 'shutdown' && s.phase === p.order)} />)}
      {back.length > 0 ? <Column title={t('shutdown.wayBack')} steps={back} back /> : null}
    </div>
  );
}

function Column({ title, foot, steps, back }: { title: string; foot?: string; steps: readonly RunStep[]; back?: boolean }) {
  const busy = steps.some((s) => s.state === 'running');
  return <section className={`card phase-column${busy ? ' phase-busy' : ''}${back ? ' phase-back' : ''}`} aria-label={title}><h2>{title}{foot ? <small className="faint"> {foot}</small> : null}</h2><ul className="stepcards">{steps.map((s) => <StepCard key={s.step_id} step={s} />)}</ul></section>;
}

function StepCard({ step }: { step: RunStep }) {
  const t = useT();
  const now = useNow();
  const from = toMillis(step.started_at);
  const to = toMillis(step.ended_at) ?? (step.state === 'running' ? now : null);
  const seconds = from !== null && to !== null ? Math.max(0, Math.round((to - from) / 1_000)) : null;
  return (
    <li className={`stepcard stepcard-${step.state}`}>
      <b><bdi>{step.name}</bdi></b>
      <span><StatusMark status={stepLook(step.state)} word={t(stepWord(step.state))} />{seconds === null ? null : <span className="faint num">{span(seconds)}</span>}{step.attempts > 1 ? <span className="faint num">{t('shutdown.tries', { n: step.attempts })}</span> : null}</span>
      {step.result ? <small className="muted">{step.result}</small> : null}
    </li>
  );
}

function Ways({ run }: { run: ShutdownRun }) {
  const t = useT();
  const controls = useCan('power:control');
  const reason = controls ? undefined : t('core.needsPermission', { permission: 'power:control' });
  if (run.mode !== 'real') return null;
  if (isBusy(run)) return <HoldToCancel run={run} reason={run.state === 'final' ? t('shutdown.noReturn') : run.stop ? t('shutdown.cancelled') : reason} />;
  if (run.state === 'halted' || run.state === 'cancelled' || run.state === 'aborted' || run.state === 'restoring') {
    const stays = run.stop === 'operator' && run.state !== 'restoring';
    return (
      <>
        {run.state === 'restoring' ? null : <ConfirmInline small={false} icon="play" action={t('shutdown.restoreNow')} effect={t('shutdown.restoreEffect')} reason={reason} run={() => told(send('POST', urls.shutdownRestore(run.id), {}), t('shutdown.restoreEffect'))} />}
        {stays ? null : <ConfirmInline small={false} icon="pause" action={t('shutdown.keepDown')} effect={t('shutdown.keepDownEffect')} reason={reason} run={() => told(send('POST', urls.shutdownCancel(run.id), {}), t('shutdown.keepDownEffect'))} />}
      </>
    );
  }
  return null;
}

/** A pointer holds for two seconds; the keyboard types the name of the plan. */
function HoldToCancel({ run, reason }: { run: ShutdownRun; reason: string | undefined }) {
  const t = useT();
  const timer = useRef<number | undefined>(undefined);
  const [held, setHeld] = useState(false);
  const [typing, setTyping] = useState(false);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const cancel = () => send('POST', urls.shutdownCancel(run.id), {}).then(() => { toast({ level: 'ok', text: t('shutdown.cancelled') }); invalidate(urls.shutdown); });
  const release = () => { window.clearTimeout(timer.current); setHeld(false); };
  const press = () => {
    if (reason !== undefined) return;
    setHeld(true);
    timer.current = window.setTimeout(() => { setHeld(false); cancel().catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })); }, HOLD_MS);
  };
  return (
    <span className={held ? 'hold hold-on' : 'hold'} onPointerDown={press} onPointerUp={release} onPointerLeave={release} onPointerCancel={release}>
      <Button kind="danger" icon="stop" reason={reason} writes className="hold-button" onClick={(e) => { if (e.detail === 0) setTyping(true); }}>{t('shutdown.cancel')}</Button>
      {typing ? <ConfirmDialog title={t('shutdown.cancelTitle', { name: run.plan_name })} name={run.plan_name} action={t('shutdown.cancelAction')} onClose={() => setTyping(false)} run={async () => { await cancel(); setTyping(false); }}>{t('shutdown.cancelText')}</ConfirmDialog> : null}
    </span>
  );
}
