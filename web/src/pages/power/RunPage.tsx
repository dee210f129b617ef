// One run of a shutdown plan, live: phases as columns, what each step does and how it went, and the ways to stop it.
import { useEffect, useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { RunStep, ShutdownRun } from '../../api/shutdown';
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
import { StepTable, told } from './ShutdownPage';
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
  const sub = [t(`shutdown.mode.${run.mode}`), cause, run.reason, t('shutdown.by', { name: run.started_by }), began === null ? null : dayTime(began)].filter(Boolean).join(' · ');
  const back = run.steps.filter((s) => s.direction === 'restore');
  const orders = [...new Set(run.steps.filter((s) => s.direction === 'shutdown').map((s) => s.phase))].sort((a, b) => a - b);
  return (
    <>
      <PageHead title={run.plan_name} sub={sub} mark={<StatusMark status={runLook(run)} word={t(runWord(run.state))} />} actions={<><ButtonLink to="/power/shutdown" icon="chevron-left" kind="quiet">{t('nav.shutdown')}</ButtonLink><Ways run={run} /></>} />
      <div className="stack home-column">
        {run.state === 'final' ? <p className="plan-banner plan-banner-bad" role="status"><Icon name="info" />{t('shutdown.noReturn')}</p> : null}
        {run.restore_waits_for ? <p className="plan-banner" role="status"><Icon name="clock" />{t('shutdown.waitsFor', { why: run.restore_waits_for })}</p> : null}
        {run.state === 'running' && run.mode === 'real' ? <p className="muted">{t('shutdown.returnRule')}</p> : null}
        <div className="phase-columns">{orders.map((order) => <Column key={order} order={order} steps={run.steps.filter((s) => s.direction === 'shutdown' && s.phase === order)} />)}</div>
        {back.length > 0 ? <Card title={t('shutdown.wayBack')}><ul className="stepcards">{back.map((s) => <StepCard key={s.step_id} step={s} />)}</ul></Card> : null}
        <Card title={t('shutdown.steps')} flush><StepTable run={run} /></Card>
      </div>
    </>
  );
}

function Column({ order, steps }: { order: number; steps: readonly RunStep[] }) {
  const t = useT();
  return <section className="card phase-column" aria-label={t('shutdown.phase', { n: order })}><h2>{t('shutdown.phase', { n: order })}</h2><ul className="stepcards">{steps.map((s) => <StepCard key={s.step_id} step={s} />)}</ul></section>;
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
      <span><StatusMark status={stepLook(step.state)} word={t(stepWord(step.state))} />{seconds === null ? null : <span className="faint num"> {span(seconds)}</span>}</span>
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
  if (run.state === 'halted' || run.state === 'cancelled' || run.state === 'restoring') {
    const stays = run.stop === 'operator' && run.state !== 'restoring';
    return (
      <>
        {stays ? null : <ConfirmInline small={false} action={t('shutdown.keepDown')} effect={t('shutdown.keepDownEffect')} reason={reason} run={() => told(send('POST', urls.shutdownCancel(run.id), {}), t('shutdown.keepDownEffect'))} />}
        {run.state === 'restoring' ? null : <ConfirmInline small={false} action={t('shutdown.restoreNow')} effect={t('shutdown.restoreEffect')} reason={reason} run={() => told(send('POST', urls.shutdownRestore(run.id), {}), t('shutdown.restoreEffect'))} />}
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
      <Button kind="danger" icon="close" reason={reason} writes onClick={(e) => { if (e.detail === 0) setTyping(true); }}>{t('shutdown.cancel')}</Button>
      {typing ? <ConfirmDialog title={t('shutdown.cancelTitle', { name: run.plan_name })} name={run.plan_name} action={t('shutdown.cancelAction')} onClose={() => setTyping(false)} run={async () => { await cancel(); setTyping(false); }}>{t('shutdown.cancelText')}</ConfirmDialog> : null}
    </span>
  );
}
