// A way through a site under the hand: what it is called, how much it matters, and its steps.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { FlowShown } from '../../api/discover';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { actions, wantsTarget, wantsValue } from '../tests/words';

type Step = FlowShown['steps'][number];
const categories = ['authentication', 'registration', 'password_reset', 'search', 'crud', 'checkout', 'form', 'navigation', 'settings', 'profile'] as const;

/** What a step says beside its target: checks say what is expected, others what is filled in. */
const second = (s: Step): 'expected_result' | 'value' => (s.action === 'assert' ? 'expected_result' : 'value');

/** The claim of a check begins what it expects. */
const claimOf = (s: Step) => (s.expected_result ?? '').split(' ')[0] ?? '';
const showsTarget = (s: Step) => (s.target ?? '') !== '' || wantsTarget(s.action, claimOf(s));
const showsValue = (s: Step) => (s[second(s)] ?? '') !== '' || s.action === 'assert' || wantsValue(s.action, '');

export function FlowEditor({ flow, onClose }: { flow: FlowShown; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(flow.name);
  const [description, setDescription] = useState(flow.description);
  const [category, setCategory] = useState(flow.category);
  const [priority, setPriority] = useState(String(flow.priority));
  const [steps, setSteps] = useState<readonly Step[]>(flow.steps);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const changedSteps = JSON.stringify(steps) !== JSON.stringify(flow.steps);
  const put = (n: number, change: Partial<Step>) => setSteps(steps.map((s, i) => (i === n ? { ...s, ...change } : s)));
  const move = (n: number, by: number) => { const next = [...steps]; const [taken] = next.splice(n, 1); if (taken) next.splice(n + by, 0, taken); setSteps(next); };
  const save = async () => {
    setBusy(true); setFaults({});
    try {
      await send('PUT', urls.flow(flow.id), { name: name.trim(), description: description.trim(), category, priority: Number(priority), ...(changedSteps ? { steps: steps.map((s, n) => ({ ...s, order: n + 1 })) } : {}) });
      invalidate('/api/v1/discovery');
      toast({ level: 'ok', text: t('discover.flowSaved') });
      onClose();
    } catch (e) { const fault = asApiError(e); setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field, f.message])) : { '': fault.message }); }
    setBusy(false);
  };
  /** The server names steps by their place. */
  const faultOf = (n: number) => Object.entries(faults).find(([field]) => field.startsWith(`steps.${n}.`) || field === `steps.${n}`)?.[1];
  const known = new Set(['name', 'description', 'category', 'priority']);
  const rest = Object.entries(faults).filter(([field]) => !known.has(field) && !/^steps\.\d+/.test(field)).map(([, text]) => text);
  return (
    <Layer title={t('discover.flowEdit')} wide onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" writes busy={busy} disabled={name.trim() === '' || steps.length === 0} onClick={() => void save()}>{t('core.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && name.trim() !== '') void save(); }}>
        <div className="dform">
          <TextField label={t('discover.flowName')} value={name} onChange={setName} required maxLength={255} error={faults.name} />
          <Select label={t('discover.flowKind')} value={category} onChange={setCategory} options={[...new Set([category, ...categories])].map((id) => ({ id, text: tDynamic(`discover.way.${id}`, id) }))} />
          <TextField label={t('discover.flowPriority')} type="number" inputMode="numeric" value={priority} onChange={setPriority} help={t('discover.flowPriorityHelp')} error={faults.priority} />
        </div>
        <TextField label={t('discover.flowDescription')} value={description} onChange={setDescription} maxLength={2000} optional error={faults.description} />
        <ol className="dedit">
          {steps.map((s, n) => (
            <li key={`${s.order} ${n}`}>
              <span className="num faint">{n + 1}</span>
              <Select label={t('discover.stepAction', { n: n + 1 })} hideLabel value={s.action} onChange={(action) => put(n, { action })} options={[...new Set([s.action, ...actions])].map((id) => ({ id, text: tDynamic(`testing.act.${id}`, id.replaceAll('_', ' ')) }))} />
              {showsTarget(s) ? <input className={showsValue(s) ? 'input mono' : 'input mono dedit-wide'} aria-label={t('discover.stepTarget', { n: n + 1 })} value={s.target ?? ''} onChange={(e) => put(n, { target: e.target.value === '' ? null : e.target.value })} placeholder={t('discover.stepOn')} spellCheck={false} autoCapitalize="none" /> : null}
              {showsValue(s) ? <input className={showsTarget(s) ? 'input' : 'input dedit-wide'} aria-label={t('discover.stepValue', { n: n + 1 })} value={s[second(s)] ?? ''} onChange={(e) => put(n, { [second(s)]: e.target.value === '' ? null : e.target.value })} placeholder={t(s.action === 'assert' ? 'discover.stepExpected' : 'discover.stepWith')} spellCheck={false} /> : null}
              <span className="dedit-acts">
                <Button small kind="quiet" icon="arrow-up" label={t('discover.stepUp', { n: n + 1 })} disabled={n === 0} onClick={() => move(n, -1)} />
                <Button small kind="quiet" icon="arrow-down" label={t('discover.stepDown', { n: n + 1 })} disabled={n === steps.length - 1} onClick={() => move(n, 1)} />
                <Button small kind="quiet" icon="trash" label={t('discover.stepRemove', { n: n + 1 })} onClick={() => setSteps(steps.filter((_, i) => i !== n))} />
              </span>
              {faultOf(n) ? <p className="field-error" role="alert">{faultOf(n)}</p> : null}
            </li>
          ))}
        </ol>
        <div><Button small icon="plus" onClick={() => setSteps([...steps, { order: steps.length + 1, action: 'click', target: null, value: null, description: null, expected_result: null }])}>{t('discover.stepAdd')}</Button></div>
        {changedSteps ? <p className="field-help">{t('discover.flowChangedSteps')}</p> : null}
        {rest.map((text) => <p key={text} className="field-error" role="alert"><Icon name="siren" size={14} />{text}</p>)}
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Layer>
  );
}
