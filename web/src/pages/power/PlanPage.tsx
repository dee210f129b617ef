// The builder of a shutdown plan: what it watches, when it starts, phases and steps, the way back, and the time budget
// that follows every change.
import { useEffect, useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { PlanBudget, PlanPhase, PlanPreview, PlanRestore, PlanTriggers, ShutdownPlan } from '../../api/shutdown';
import { navigate } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { type PlainKey, useT } from '../../i18n';
import { ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { type Fault, PlanPhases } from './PlanPhases';
import { PlanSide, type Seen } from './PlanSide';
import { sentenceOf } from './states';
import './power.css';
import './shutdown.css';

export interface Draft { name: string; sources: { device_id: string; group: string }[]; groups: ShutdownPlan['groups']; triggers: PlanTriggers; phases: PlanPhase[]; restore: PlanRestore; on_power_return: ShutdownPlan['on_power_return']; dry_run: boolean }

const fresh: Draft = {
  name: '', sources: [], groups: [], dry_run: false, on_power_return: 'cancel_remaining', phases: [{ order: 10, name: '', verify_seconds: null, actions: [] }],
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

function PlanForm({ id, initial, title, budget, warnings }: { id: number | null; initial: Draft; title: string; budget?: PlanBudget; warnings?: string[] }) {
  const t = useT();
  const [draft, setDraft] = useState<Draft>(() => ({ name: initial.name, sources: initial.sources, groups: initial.groups, triggers: initial.triggers, phases: initial.phases, restore: initial.restore, on_power_return: initial.on_power_return, dry_run: initial.dry_run }));
  const [seen, setSeen] = useState<Seen | null>(budget ? { budget, warnings: warnings ?? [], changes: [] } : null);
  const [missing, setMissing] = useState<readonly string[]>([]);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const fault: Fault = (field) => error?.fields.find((f) => f.field === field || f.field === `body.${field}`)?.message;
  const text = JSON.stringify(draft);
  useEffect(() => {
    const timer = window.setTimeout(() => {
      const body = JSON.parse(text) as Draft;
      send<PlanPreview>('POST', urls.shutdownPreview(id), { ...body, name: body.name || '-' }, { quiet: true }).then(
        (p) => { setSeen({ budget: p.budget, warnings: p.warnings, changes: id === null ? [] : p.changes }); setMissing([]); },
        // What was last known stays; what is wrong stands beside it.
        (e: unknown) => { const cause = asApiError(e); setMissing(cause.fields.length > 0 ? [...new Set(cause.fields.map((f) => f.message))] : [cause.message]); },
      );
    }, 600);
    return () => window.clearTimeout(timer);
  }, [text, id]);
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
  return (
    <>
      <PageHead title={title} sub={id === null ? t('shutdown.unarmed') : ' '} actions={<ButtonLink to="/power/shutdown" icon="chevron-left" kind="quiet">{t('nav.shutdown')}</ButtonLink>} />
      <form className="grid plan-builder" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <div className="span-8 stack home-column">
          <Card title={t('shutdown.sources')} sub={draft.sources.length > 1 ? t('shutdown.sourcesHelp') : ''}>
            <div className="stack">
              <TextField label={t('shutdown.name')} value={draft.name} onChange={(name) => change({ name })} error={fault('name')} maxLength={128} autoFocus={id === null} />
              <Sources draft={draft} change={change} />
            </div>
          </Card>
          <Card title={t('shutdown.triggers')} sub={t('shutdown.emptyOff')}><Triggers x={draft.triggers} onChange={(triggers) => change({ triggers })} fault={fault} /></Card>
          <Card title={t('shutdown.phases')} sub={t('shutdown.parallel')}><PlanPhases id={id} phases={draft.phases} onChange={(phases) => change({ phases })} fault={fault} /></Card>
          <Card title={t('shutdown.back')}><Back draft={draft} change={change} fault={fault} /></Card>
        </div>
        <div className="span-4"><PlanSide seen={seen} missing={missing} draft={draft} isNew={id === null} error={error} busy={busy} /></div>
      </form>
    </>
  );
}

function Sources({ draft, change }: { draft: Draft; change: (part: Partial<Draft>) => void }) {
  const t = useT();
  const devices = useResource(paths.powerDevices);
  const latest = useResource(paths.powerLatest);
  const chosen = draft.sources;
  const kept = draft.groups.find((g) => g.name === 'default')?.min_healthy ?? 1;
  return (
    <Loaded from={devices} lines={2} compact>
      {(list) => {
        const upses = list.filter((d) => d.type === 'ups');
        if (upses.length === 0) return <Empty compact icon="bolt" title={t('power.none')} />;
        return (
          <div className="stack">
            <div className="picks" role="group" aria-label={t('shutdown.sources')}>
              {upses.map((d) => {
                const on = chosen.some((s) => s.device_id === d.id);
                const snapshot = latest.data?.find((s) => s.device_id === d.id);
                const flip = () => change({ sources: on ? chosen.filter((s) => s.device_id !== d.id) : [...chosen, { device_id: d.id, group: 'default' }], groups: on && chosen.length <= kept ? [] : draft.groups });
                return <button type="button" key={d.id} className={on ? 'pick pick-on' : 'pick'} aria-pressed={on} onClick={flip}><span className="pick-mark"><Icon name={on ? 'check' : 'plus'} /></span><span className="pick-text"><b className="truncate"><bdi>{d.name}</bdi></b><small className="muted truncate">{sentenceOf(d, snapshot)}</small></span></button>;
              })}
            </div>
            {chosen.length > 1 ? <Select label={t('shutdown.group')} help={t('shutdown.groupHelp')} value={String(kept)} onChange={(n) => change({ groups: [{ name: 'default', min_healthy: Number(n) }] })} options={chosen.map((_, i) => ({ id: String(i + 1), text: String(i + 1) }))} /> : null}
          </div>
        );
      }}
    </Loaded>
  );
}

function Triggers({ x, onChange, fault }: { x: PlanTriggers; onChange: (next: PlanTriggers) => void; fault: Fault }) {
  const t = useT();
  const values: { id: 'battery_percent' | 'runtime_seconds' | 'percent_per_minute'; label: PlainKey }[] = [{ id: 'battery_percent', label: 'shutdown.percent' }, { id: 'runtime_seconds', label: 'shutdown.runtime' }, { id: 'percent_per_minute', label: 'shutdown.rate' }];
  const counts: { id: 'on_battery_seconds' | 'lb_hold_seconds' | 'lost_polls' | 'stabilise_seconds' | 'grace_seconds'; label: PlainKey }[] = [{ id: 'on_battery_seconds', label: 'shutdown.onBattery' }, { id: 'lb_hold_seconds', label: 'shutdown.lbHold' }, { id: 'lost_polls', label: 'shutdown.lost' }, { id: 'stabilise_seconds', label: 'shutdown.stabilise' }, { id: 'grace_seconds', label: 'shutdown.graceSeconds' }];
  const value = (v: (typeof values)[number]) => <TextField key={v.id} label={t(v.label)} value={x[v.id] === null ? '' : String(x[v.id])} onChange={(text) => onChange({ ...x, [v.id]: decimal(text) })} inputMode="decimal" error={fault(`triggers.${v.id}`)} />;
  const count = (v: (typeof counts)[number]) => <TextField key={v.id} label={t(v.label)} value={String(x[v.id])} onChange={(text) => onChange({ ...x, [v.id]: whole(text) })} inputMode="numeric" error={fault(`triggers.${v.id}`)} />;
  return (
    <div className="stack">
      <div className="plan-switches"><Switch label={t('shutdown.low')} checked={x.low_battery} onChange={(low_battery) => onChange({ ...x, low_battery })} /><Switch label={t('shutdown.fsd')} checked={x.fsd} onChange={(fsd) => onChange({ ...x, fsd })} /></div>
      <div className="plan-fields">{values.slice(0, 2).map(value)}{counts.slice(0, 1).map(count)}</div>
      <details className="fold" open={x.percent_per_minute !== null}><summary>{t('shutdown.advanced')}</summary><div className="plan-fields">{values.slice(2).map(value)}{counts.slice(1).map(count)}</div></details>
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
      <div className="plan-switches"><Switch label={t('shutdown.restore')} checked={r.enabled} onChange={(enabled) => set({ enabled })} /><Switch label={t('shutdown.restoreAll')} checked={r.all} onChange={(all) => set({ all })} disabled={!r.enabled} /><Switch label={t('shutdown.dry')} checked={draft.dry_run} onChange={(dry_run) => change({ dry_run })} /></div>
      <div className="plan-fields">
        <div className="plan-wide"><Select label={t('shutdown.onReturn')} value={draft.on_power_return} onChange={(on_power_return) => change({ on_power_return })} options={(['cancel_remaining', 'continue'] as const).map((o) => ({ id: o, text: t(`shutdown.return.${o}`) }))} /></div>
        {fields.map((v) => <TextField key={v.id} label={t(v.label)} value={String(r[v.id])} onChange={(text) => set({ [v.id]: whole(text) })} inputMode="numeric" error={fault(`restore.${v.id}`)} />)}
      </div>
    </div>
  );
}
