// How healing is wanted: of the whole organization, or of one project, whose own fields lie over the organization's.
import { useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { HealConfig } from '../../api/testing';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { bodyOf, countOf, current as currentOf, type Draft, giveBack, put as putIn, stored as storedNumber, unchanged, type Values } from './heal-config';
import { ModelCard } from './ModelCard';
import { ProjectFilter } from './TestsPage';
import './tests.css';
import './healing.css';

const kinds = ['id', 'data-testid', 'role', 'text', 'css'];
/** A list that names only some kinds goes on with the others. */
const whole = (list: unknown) => { const named = Array.isArray(list) ? list.filter((k): k is string => kinds.includes(k)) : []; return [...named, ...kinds.filter((k) => !named.includes(k))]; };

export default function HealConfigPage() {
  const t = useT();
  const projects = useResource(paths.allProjects);
  const [project, setProject] = useQueryParam('project');
  const config = useResource(paths.healConfig(project));
  return (
    <>
      <PageHead title={t('healing.config.title')} sub={project === '' ? t('healing.config.sub') : t('healing.config.subProject')} actions={<>
        <ProjectFilter projects={projects.data ?? []} value={project} onChange={setProject} all={t('healing.config.everywhere')} />
        <ButtonLink to="/tests/healing">{t('nav.healing')}</ButtonLink>
      </>} />
      <Loaded from={config} lines={12}>{(stored) => <Form key={`${project} ${stored.updated_at ?? ''}`} stored={stored} project={project} />}</Loaded>
    </>
  );
}

function Form({ stored, project }: { stored: HealConfig; project: string }) {
  const t = useT();
  const configures = useCan('healing:configure');
  const reason = configures ? undefined : t('core.needsPermission', { permission: 'healing:configure' });
  const [draft, setDraft] = useState<Draft>(unchanged);
  const [fault, setFault] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const before = stored as unknown as Values;
  const current = (name: string) => currentOf(draft, before, stored.inherited, name);
  const put = (name: string, value: unknown) => setDraft((all) => putIn(all, before, name, value));
  const errorOf = (name: string) => fault?.fields.find((f) => f.field === name)?.message ?? null;
  const save = async () => {
    setBusy(true); setFault(null);
    try {
      await send('PUT', urls.healConfig(project), bodyOf(draft));
      toast({ level: 'ok', text: t('healing.config.saved') });
      invalidate(urls.healings);
    } catch (e) { setFault(asApiError(e)); }
    setBusy(false);
  };
  const owned = project === '' ? [] : stored.own_fields.filter((name) => !draft.inherit.includes(name));
  const own = (name: string) => (owned.includes(name) ? <small className="heal-own">{t('healing.config.own')}</small> : null);
  const flag = (name: string, off = false) => (
    <div className="heal-set" key={name}>
      <Switch label={tDynamic(`healing.config.${name}`, name)} checked={current(name) === true} onChange={(on) => put(name, on)} disabled={off} reason={reason} />{own(name)}
      <p className="field-help">{tDynamic(`healing.config.${name}.help`, '')}</p>
      {errorOf(name) ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{errorOf(name)}</p> : null}
    </div>
  );
  /** A number; `times` = how often the shown unit goes into the stored one. */
  const number = (name: string, times = 1, empty = false) => {
    const now = current(name);
    const shown = typeof now === 'number' ? String(Math.round(now * times * 100) / 100) : '';
    return (
      <TextField key={name} label={<>{tDynamic(`healing.config.${name}`, name)} {own(name)}</>} type="number" inputMode="decimal" value={shown} disabled={!configures} error={errorOf(name)} help={tDynamic(`healing.config.${name}.help`, '') || undefined} optional={empty}
        onChange={(text) => put(name, text.trim() === '' ? (empty ? null : now) : storedNumber(text, times))} />
    );
  };
  const on = current('enabled') === true;
  const count = countOf(draft);
  return (
    <form className="heal-config" onSubmit={(e) => { e.preventDefault(); void save(); }}>
      {owned.length > 0 ? (
        <section className="heal-owned" aria-label={t('healing.config.owned')}>
          <span>{t('healing.config.owned')}</span>
          {owned.map((name) => { const field = tDynamic(`healing.config.${name}`, name); return <Button key={name} small icon="undo" title={t('healing.config.back', { field })} label={t('healing.config.back', { field })} reason={reason} onClick={() => setDraft((all) => giveBack(all, name))}>{field}</Button>; })}
        </section>
      ) : null}
      <div className="stack heal-config-column">
        <Card title={t('healing.config.what')}>
          <div className="stack">
            {flag('enabled')}
            {on ? <>{flag('heal_selectors')}{flag('heal_timeouts')}{flag('heal_text_content')}<div className="form-grid">{number('max_wait_time_ms', 0.001)}{number('text_similarity_threshold', 100)}</div></> : null}
          </div>
        </Card>
        <Card title={t('healing.config.sure')} sub={t('healing.config.sureSub')}>
          <div className="stack"><div className="form-grid">{number('min_confidence_suggest', 100)}{number('min_confidence_auto', 100)}</div>{flag('require_approval')}{flag('auto_apply', current('require_approval') === true)}<div className="form-grid">{number('auto_approve_after_hours', 1, true)}</div></div>
        </Card>
        <Card title={t('healing.config.guards')}>
          <div className="form-grid">{number('max_heals_per_test')}{number('max_heals_per_hour')}{number('max_selector_variations')}</div>
        </Card>
      </div>
      <div className="stack heal-config-column">
        <Card title={t('healing.config.told')}>
          <Told value={current('notification_channels') as Values} delivery={stored.delivery} onChange={(next) => put('notification_channels', next)} reason={reason} fault={errorOf('notification_channels')}>
            {flag('notify_on_suggestion')}{flag('notify_on_heal')}
          </Told>
          <TextField label={<>{t('healing.config.approvers')} {own('approvers')}</>} value={((current('approvers') as string[] | null) ?? []).join(', ')} disabled={!configures} optional error={errorOf('approvers')} help={t('healing.config.approvers.help')}
            onChange={(text) => { const names = text.split(',').map((n) => n.trimStart()); put('approvers', text.trim() === '' ? null : names); }} />
        </Card>
        <Card title={t('healing.config.order')} sub={t('healing.config.orderSub')}>
          <Order value={whole(current('preferred_selector_strategies'))} onChange={(list) => put('preferred_selector_strategies', list)} reason={reason} />
          {errorOf('preferred_selector_strategies') ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{errorOf('preferred_selector_strategies')}</p> : null}
        </Card>
        <Card title={t('healing.config.learning')}>
          <div className="stack">{flag('learn_from_success')}{flag('learn_from_manual_fixes')}{flag('share_patterns_across_projects')}</div>
        </Card>
        {project === '' ? null : <ModelCard project={project} />}
      </div>
      <div className="heal-config-foot">
        {fault && fault.fields.length === 0 ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{fault.message}</p> : null}
        <div className="form-actions">
          <Button type="submit" kind="primary" writes busy={busy} reason={reason} disabled={count === 0}>{t('core.save')}</Button>
          <Button kind="quiet" disabled={count === 0} onClick={() => { setDraft(unchanged); setFault(null); }}>{t('healing.config.discard')}</Button>
          <span className="faint" role="status">{count > 0 ? t('healing.config.changed', { n: count }) : ''}</span>
        </div>
      </div>
    </form>
  );
}

/** Kinds of selectors, the first preferred. */
function Order({ value, onChange, reason }: { value: readonly string[]; onChange: (list: string[]) => void; reason: string | undefined }) {
  const t = useT();
  const move = (n: number, by: number) => {
    const next = [...value];
    const [taken] = next.splice(n, 1);
    if (taken !== undefined) next.splice(n + by, 0, taken);
    onChange(next);
  };
  return (
    <ol className="heal-order">{value.map((kind, n) => (
      <li key={kind}>
        <span className="num faint">{n + 1}</span><b>{tDynamic(`healing.kind.${kind}`, kind)}</b><small className="mono faint">{tDynamic(`healing.kind.${kind}.example`, '')}</small>
        <span className="heal-order-move">
          <Button small kind="quiet" icon="arrow-up" label={t('healing.config.up', { kind: tDynamic(`healing.kind.${kind}`, kind) })} disabled={n === 0} reason={reason} onClick={() => move(n, -1)} />
          <Button small kind="quiet" icon="arrow-down" label={t('healing.config.down', { kind: tDynamic(`healing.kind.${kind}`, kind) })} disabled={n === value.length - 1} reason={reason} onClick={() => move(n, 1)} />
        </span>
      </li>
    ))}</ol>
  );
}

function Told({ value, delivery, onChange, reason, fault, children }: { value: Values; delivery: HealConfig['delivery']; onChange: (next: Values) => void; reason: string | undefined; fault: string | null; children: React.ReactNode }) {
  const way = (name: 'email' | 'slack') => {
    const on = value[name] === undefined ? name === 'email' : value[name] === true;
    return (
      <div className="heal-set" key={name}>
        <Switch label={tDynamic(`healing.config.by.${name}`, name)} checked={on} onChange={(next) => onChange({ ...value, [name]: next })} reason={reason} />
        <p className="field-help">{delivery[name] ? tDynamic(`healing.config.by.${name}.help`, '') : tDynamic(`healing.config.by.${name}.missing`, '')}</p>
      </div>
    );
  };
  return <div className="stack">{children}{way('email')}{way('slack')}{fault ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{fault}</p> : null}</div>;
}
