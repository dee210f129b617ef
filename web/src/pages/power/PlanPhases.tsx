// The phases of a plan from top to bottom as they run; a step is one line until somebody opens it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { PlanPhase, PlanStep, StepTest } from '../../api/shutdown';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { kindIcon, kindName, targetOf } from './plan-words';
import { StepForm } from './StepForm';

export type Fault = (field: string) => string | undefined;
const whole = (text: string) => { const n = Number.parseInt(text, 10); return Number.isNaN(n) ? 0 : n; };
const newStep = (): PlanStep => ({ name: '', kind: 'ssh', timeout_seconds: 60, retries: 1, on_failure: 'continue', restore: null, check: null, host: '', port: 22, user: 'root', command: 'sudo -n systemctl poweroff' });

export function PlanPhases({ id, phases, onChange, fault }: { id: number | null; phases: readonly PlanPhase[]; onChange: (next: PlanPhase[]) => void; fault: Fault }) {
  const t = useT();
  const set = (at: number, part: Partial<PlanPhase>) => onChange(phases.map((p, i) => (i === at ? { ...p, ...part } : p)));
  return (
    <div className="phases">
      {phases.map((p, i) => (
        <section key={i} className="phase" aria-label={t('shutdown.phase', { n: p.order })}>
          <header className="phase-head">
            <b className="phase-order num">{p.order}</b>
            <TextField label={t('shutdown.name')} value={p.name} onChange={(name) => set(i, { name })} optional />
            <TextField label={t('shutdown.order')} value={String(p.order)} onChange={(v) => set(i, { order: whole(v) })} inputMode="numeric" mono />
            <TextField label={t('shutdown.verify')} value={p.verify_seconds === null ? '' : String(p.verify_seconds)} onChange={(v) => set(i, { verify_seconds: v.trim() === '' ? null : whole(v) })} inputMode="numeric" placeholder="–" error={fault(`phases.${i}.verify_seconds`)} />
            <Button small kind="quiet" icon="trash" label={t('shutdown.removePhase')} onClick={() => onChange(phases.filter((_, n) => n !== i))} />
          </header>
          <ol className="steprows">
            {p.actions.map((s, k) => (
              <StepRow
                key={s.id ?? `new${k}`} plan={id} step={s} fault={(f) => fault(`phases.${i}.actions.${k}${f ? `.${f}` : ''}`)} faulty={p.actions.length > 0 && Boolean(faultBelow(fault, i, k))}
                onChange={(step) => set(i, { actions: p.actions.map((x, n) => (n === k ? step : x)) })}
                onRemove={() => set(i, { actions: p.actions.filter((_, n) => n !== k) })}
                onCopy={() => set(i, { actions: [...p.actions.slice(0, k + 1), { ...s, id: '', name: '', secrets_set: [] }, ...p.actions.slice(k + 1)] })}
              />
            ))}
          </ol>
          {p.actions.length === 0 ? <p className="muted">{t('shutdown.noPhases')}</p> : null}
          <div><Button small icon="plus" onClick={() => set(i, { actions: [...p.actions, newStep()] })}>{t('shutdown.addStep')}</Button></div>
        </section>
      ))}
      <div><Button icon="plus" onClick={() => onChange([...phases, { order: Math.max(0, ...phases.map((p) => p.order)) + 10, name: '', verify_seconds: null, actions: [newStep()] }])}>{t('shutdown.addPhase')}</Button></div>
    </div>
  );
}

const members = ['', 'host', 'port', 'user', 'command', 'url', 'password', 'key', 'node', 'token_id', 'token', 'vmid', 'outlets', 'device_ids', 'delay_seconds', 'timeout_seconds', 'retries', 'restore', 'check', 'name', 'kind'] as const;
const faultBelow = (fault: Fault, phase: number, step: number) => members.map((m) => fault(`phases.${phase}.actions.${step}${m ? `.${m}` : ''}`)).find(Boolean);

interface RowProps { plan: number | null; step: PlanStep; fault: Fault; faulty: boolean; onChange: (step: PlanStep) => void; onRemove: () => void; onCopy: () => void }

function StepRow({ plan, step, fault, faulty, onChange, onRemove, onCopy }: RowProps) {
  const t = useT();
  const [open, setOpen] = useState(step.id === undefined);
  const [tested, setTested] = useState<StepTest | 'asking' | string | null>(null);
  const show = open || faulty;
  const target = targetOf(step);
  const id = step.id;
  const test = () => {
    if (plan === null || !id) return;
    setTested('asking');
    send<StepTest>('POST', urls.shutdownStepTest(plan, id), {}).then(setTested, (e: unknown) => setTested(asApiError(e).message));
  };
  return (
    <li className={show ? 'steprow steprow-open' : 'steprow'}>
      <div className="steprow-line">
        <button type="button" className="steprow-main" aria-expanded={show} onClick={() => setOpen(!show)}>
          <span className="steprow-icon"><Icon name={kindIcon[step.kind]} /></span>
          <span className="steprow-text"><b className="truncate"><bdi>{step.name || target || t(kindName(step.kind))}</bdi></b><small className="muted truncate">{t(kindName(step.kind))}{step.name && target ? <> · <bdi>{target}</bdi></> : null} · {t('shutdown.atMost', { time: `${step.timeout_seconds} s` })}{step.restore ? ` · ${t(`shutdown.wake.${step.restore.kind}`)}` : ''}</small></span>
          <Icon name={show ? 'chevron-up' : 'chevron-down'} />
        </button>
        <span className="row">
          {plan !== null && id ? <Button small icon="play" busy={tested === 'asking'} writes onClick={test}>{t('shutdown.testStep')}</Button> : null}
          <Menu label={t('shutdown.details')} items={[{ id: 'copy', text: t('shutdown.duplicate'), icon: 'copy', run: onCopy }, { id: 'remove', text: t('shutdown.removeStep'), icon: 'trash', danger: true, separator: true, run: onRemove }]} />
        </span>
      </div>
      {tested === null || tested === 'asking' ? null : <Tested tested={tested} />}
      {show ? <StepForm step={step} onChange={onChange} fault={fault} /> : null}
    </li>
  );
}

function Tested({ tested }: { tested: StepTest | string }) {
  const t = useT();
  if (typeof tested === 'string') return <p className="steprow-said" role="status"><StatusMark status="critical" word={tested} /></p>;
  return <p className="steprow-said" role="status"><StatusMark status={tested.ok ? 'ok' : 'critical'} word={tested.result} /><span className="faint num">{tested.latency_ms} ms</span>{tested.up === null ? null : <span className="muted">{t(tested.up ? 'shutdown.stepUp' : 'shutdown.stepDown')}</span>}</p>;
}
