// The builder of a shutdown plan: what it watches, when it starts, phases and steps, the way back, and the time budget
// that follows every change.
import { useEffect, useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { PlanBudget, PlanPhase, PlanRestore, PlanStep, PlanTriggers, ShutdownPlan } from '../../api/shutdown';
import { navigate } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { type PlainKey, useT } from '../../i18n';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { BudgetBar } from './BudgetBar';
import { StepForm } from './StepForm';
import './shutdown.css';

export interface Draft { name: string; sources: { device_id: string; group: string }[]; triggers: PlanTriggers; phases: PlanPhase[]; restore: PlanRestore; on_power_return: ShutdownPlan['on_power_return']; dry_run: boolean }

export const newStep = (): PlanStep => ({ name: '', kind: 'ssh', timeout_seconds: 60, retries: 1, on_failure: 'continue', restore: null, host: '', port: 22, user: 'root', command: 'systemctl poweroff' });
const fresh: Draft = {
  name: '', sources: [], dry_run: false, on_power_return: 'cancel_remaining', phases: [{ order: 10, name: '', verify_seconds: null, actions: [newStep()] }],
  triggers: { fsd: true, low_battery: true, lb_hold_seconds: 0, battery_percent: 20, runtime_seconds: 600, percent_per_minute: null, on_battery_seconds: 900, lost_polls: 3, stabilise_seconds: 30, grace_seconds: 0 },
  restore: { enabled: true, stable_seconds: 60, min_charge_percent: 50, delay_seconds: 30, boot_timeout_seconds: 600, all: false },
};

export default function PlanPage({ params }: PageProps) {
  const t = useT();
  const may = useCan('power:manage');
  const id = params.id ?? 'new';
  const plan = useResource(may && id !== 'new' ? paths.shutdownPlan(id) : null);
  if (!may) return <><PageHead title={t('nav.shutdown')} sub=" " /><Forbidden permission="power:manage" /></>;
  if (id === 'new') return <PlanForm id={null} initial={fresh} title={t('shutdown.newTitle')} />;
  return <Loaded from={plan} lines={8}>{(p) => <PlanForm key={p.updated_at} id={p.id} initial={p} title={p.name} budget={p.budget} warnings={p.warnings} />}</Loaded>;
}

const whole = (text: string, empty = 0) => { const n = Number.parseInt(text, 10); return Number.isNaN(n) ? empty : n; };
const decimal = (text: string) => { const n = Number(text.replace(',', '.')); return text.trim() === '' || Number.isNaN(n) ? null : n; };

function PlanForm({ id, initial, title, budget, warnings }: { id: number | null; initial: Draft; title: string; budget?: PlanBudget; warnings?: readonly string[] }) {
  const t = useT();
  const [draft, setDraft] = useState<Draft>({ name: initial.name, sources: initial.sources, triggers: initial.triggers, phases: initial.phases, restore: initial.restore, on_power_return: initial.on_power_return, dry_run: initial.dry_run });
  const [seen, setSeen] = useState<{ budget: PlanBudget; warnings: readonly string[] } | null>(budget ? { budget, warnings: warnings ?? [] } : null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const fault = (field: string) => error?.fields.find((f) => f.field === field || f.field === `body.${field}`)?.message;
  const text = JSON.stringify(draft);
  useEffect(() => {
    const timer = window.setTimeout(() => {
      const body = JSON.parse(text) as Draft;
      send<ShutdownPlan>('POST', urls.shutdownPreview, { ...body, name: body.name || '-' }, { quiet: true }).then((p) => setSeen({ budget: p.budget, warnings: p.warnings }), () => setSeen(null));
    }, 600);
    return () => window.clearTimeout(timer);
  }, [text]);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await send(id === null ? 'POST' : 'PUT', id === null ? urls.shutdownPlans : urls.shutdownPlan(id), draft);
      invalidate(urls.shutdown);
      toast({ level: 'ok', text: t('shutdown.saved') });
      navigate('/power/shutdown');
    } catch (e) { setError(asApiError(e)); setBusy(false); }
  };
  const phase = (at: number, part: Partial<PlanPhase>) => change({ phases: draft.phases.map((p, i) => (i === at ? { ...p, ...part } : p)) });
  return (
    <>
      <PageHead title={title} sub=" " actions={<ButtonLink to="/power/shutdown" icon="chevron-left" kind="quiet">{t('nav.shutdown')}</ButtonLink>} />
      <form className="plan-form home-column" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <Card title={t('shutdown.sources')} sub={t('shutdown.sourcesHelp')}>
          <div className="stack">
            <TextField label={t('shutdown.name')} value={draft.name} onChange={(name) => change({ name })} error={fault('name')} maxLength={128} autoFocus={id === null} />
            <Sources chosen={draft.sources} onChange={(sources) => change({ sources })} />
          </div>
        </Card>
        <Card title={t('shutdown.triggers')} sub={t('shutdown.emptyOff')}><Triggers x={draft.triggers} onChange={(triggers) => change({ triggers })} fault={fault} /></Card>
        <Card title={t('shutdown.phases')} sub={t('shutdown.parallel')}>
          <div className="stack">
            {draft.phases.map((p, i) => (
              <fieldset key={i} className="phase-box">
                <legend>{t('shutdown.phase', { n: p.order })}</legend>
                <div className="plan-fields">
                  <TextField label={t('shutdown.order')} value={String(p.order)} onChange={(v) => phase(i, { order: whole(v) })} inputMode="numeric" mono />
                  <TextField label={t('shutdown.name')} value={p.name} onChange={(name) => phase(i, { name })} optional />
                  <TextField label={t('shutdown.verify')} value={p.verify_seconds === null ? '' : String(p.verify_seconds)} onChange={(v) => phase(i, { verify_seconds: v.trim() === '' ? null : whole(v) })} inputMode="numeric" optional error={fault(`phases.${i}.verify_seconds`)} />
                </div>
                {p.actions.length === 0 ? <Empty compact icon="list" title={t('shutdown.noPhases')} /> : null}
                {p.actions.map((s, k) => <StepForm key={s.id ?? `new${k}`} step={s} fault={(f) => fault(`phases.${i}.actions.${k}${f ? `.${f}` : ''}`)} onChange={(step) => phase(i, { actions: p.actions.map((x, n) => (n === k ? step : x)) })} onRemove={() => phase(i, { actions: p.actions.filter((_, n) => n !== k) })} />)}
                <div className="step-tools"><Button small icon="plus" onClick={() => phase(i, { actions: [...p.actions, newStep()] })}>{t('shutdown.addStep')}</Button><Button small kind="quiet" icon="trash" onClick={() => change({ phases: draft.phases.filter((_, n) => n !== i) })}>{t('shutdown.removePhase')}</Button></div>
              </fieldset>
            ))}
            <div><Button icon="plus" onClick={() => change({ phases: [...draft.phases, { order: Math.max(0, ...draft.phases.map((p) => p.order)) + 10, name: '', verify_seconds: null, actions: [newStep()] }] })}>{t('shutdown.addPhase')}</Button></div>
          </div>
        </Card>
        <Card title={t('shutdown.back')}><Back draft={draft} change={change} fault={fault} /></Card>
        {seen && seen.warnings.length > 0 ? <ul className="plan-warnings">{seen.warnings.map((w) => <li key={w}><Icon name="info" />{w}</li>)}</ul> : null}
        {error ? <p className="field-error" role="alert">{error.message}</p> : null}
        <div className="plan-save">{seen ? <BudgetBar budget={seen.budget} /> : <span />}<Button kind="primary" type="submit" icon="save" busy={busy} writes>{t('shutdown.save')}</Button></div>
      </form>
    </>
  );
}

function Sources({ chosen, onChange }: { chosen: Draft['sources']; onChange: (next: Draft['sources']) => void }) {
  const t = useT();
  const devices = useResource(paths.powerDevices);
  return (
    <Loaded from={devices} lines={2} compact>
      {(list) => {
        const upses = list.filter((d) => d.type === 'ups');
        if (upses.length === 0) return <Empty compact icon="bolt" title={t('power.none')} />;
        return <div className="plan-switches">{upses.map((d) => { const on = chosen.some((s) => s.device_id === d.id); return <Switch key={d.id} label={d.name} checked={on} onChange={(want) => onChange(want ? [...chosen, { device_id: d.id, group: 'default' }] : chosen.filter((s) => s.device_id !== d.id))} />; })}</div>;
      }}
    </Loaded>
  );
}

type Fault = (field: string) => string | undefined;

function Triggers({ x, onChange, fault }: { x: PlanTriggers; onChange: (next: PlanTriggers) => void; fault: Fault }) {
  const t = useT();
  const values: { id: 'battery_percent' | 'runtime_seconds' | 'percent_per_minute'; label: PlainKey }[] = [{ id: 'battery_percent', label: 'shutdown.percent' }, { id: 'runtime_seconds', label: 'shutdown.runtime' }, { id: 'percent_per_minute', label: 'shutdown.rate' }];
  const counts: { id: 'on_battery_seconds' | 'lost_polls' | 'stabilise_seconds' | 'grace_seconds'; label: PlainKey }[] = [{ id: 'on_battery_seconds', label: 'shutdown.onBattery' }, { id: 'lost_polls', label: 'shutdown.lost' }, { id: 'stabilise_seconds', label: 'shutdown.stabilise' }, { id: 'grace_seconds', label: 'shutdown.graceSeconds' }];
  return (
    <div className="stack">
      <div className="plan-switches"><Switch label={t('shutdown.low')} checked={x.low_battery} onChange={(low_battery) => onChange({ ...x, low_battery })} /><Switch label={t('shutdown.fsd')} checked={x.fsd} onChange={(fsd) => onChange({ ...x, fsd })} /></div>
      <div className="plan-fields">
        {values.map((v) => <TextField key={v.id} label={t(v.label)} value={x[v.id] === null ? '' : String(x[v.id])} onChange={(text) => onChange({ ...x, [v.id]: decimal(text) })} inputMode="decimal" error={fault(`triggers.${v.id}`)} />)}
        {counts.map((v) => <TextField key={v.id} label={t(v.label)} value={String(x[v.id])} onChange={(text) => onChange({ ...x, [v.id]: whole(text) })} inputMode="numeric" error={fault(`triggers.${v.id}`)} />)}
      </div>
    </div>
  );
}

function Back({ draft, change, fault }: { draft: Draft; change: (part: Partial<Draft>) => void; fault: Fault }) {
  const t = useT();
  const r = draft.restore;
  const set = (part: Partial<PlanRestore>) => change({ restore: { ...r, ...part } });
  const fields: { id: 'stable_seconds' | 'min_charge_percent' | 'delay_seconds' | 'boot_timeout_seconds'; label: PlainKey }[] = [{ id: 'stable_seconds', label: 'shutdown.stable' }, { id: 'min_charge_percent', label: 'shutdown.charge' }, { id: 'delay_seconds', label: 'shutdown.between' }, { id: 'boot_timeout_seconds', label: 'shutdown.boot' }];
  return (
    <div className="stack">
      <div className="plan-switches"><Switch label={t('shutdown.restore')} checked={r.enabled} onChange={(enabled) => set({ enabled })} /><Switch label={t('shutdown.dry')} checked={draft.dry_run} onChange={(dry_run) => change({ dry_run })} /></div>
      <div className="plan-fields">
        <Select label={t('shutdown.onReturn')} value={draft.on_power_return} onChange={(on_power_return) => change({ on_power_return })} options={(['cancel_remaining', 'continue'] as const).map((o) => ({ id: o, text: t(`shutdown.return.${o}`) }))} />
        {fields.map((v) => <TextField key={v.id} label={t(v.label)} value={String(r[v.id])} onChange={(text) => set({ [v.id]: whole(text) })} inputMode="numeric" error={fault(`restore.${v.id}`)} />)}
      </div>
    </div>
  );
}
