// One step or assertion under the hand: what, on which element, with which value; the rest unfolds.
import { useId, useState } from 'react';
import type { Json } from '../../api/testing';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Form';
import { savesInRow, StepMore, StepNotes } from './StepMore';
import { Lines, optionWord, PairsField, ValueInput } from './StepOption';
import { asCookie, changeAction, type Kin, read, shown, write } from './step-options';
import { StepLive, type StepLiveProps } from './StepLive';
import { actionGroups, claimGroups, isElement, offers, placeExample, scriptAt, text, valueExample, wantsTarget, wantsValue } from './words';

/** The lists of the project's files and of its tests, which the page has once. */
export const FILE_NAMES = 'test-file-names';
export const TEST_NAMES = 'test-names';
export type Faults = Readonly<Record<string, string>>;
export interface RowProps { step: Json; n: number; last: number; faults: Faults; claimOnly?: boolean; onChange: (step: Json) => void; onMove: (by: -1 | 1) => void; onRemove: () => void; onAdd: () => void; /** With a browser beside the editor. */ live?: StepLiveProps | undefined; /** The row itself. */ row?: React.RefObject<HTMLLIElement | null> }

/** Faults that stand beside their field where it is unfolded. */
const within = new Set(['if', 'frame', 'timeout', 'wait_after', 'execution.retries', 'description']);

function grouped(groups: Readonly<Record<string, readonly string[]>>, now: string, prefix: string) {
  const known = Object.entries(groups).flatMap(([group, ids]) => ids.map((id) => ({ id, text: tDynamic(`${prefix}.${id}`, id.replaceAll('_', ' ')), group: tDynamic(`tstep.group.${group}`, group) })));
  return now === '' || known.some((o) => o.id === now) ? known : [{ id: now, text: tDynamic(`${prefix}.${now}`, now.replaceAll('_', ' ')), group: '' }, ...known];
}

export function StepRow({ step: stored, n, last, faults, claimOnly, onChange, onMove, onRemove, onAdd, live, row }: RowProps) {
  const t = useT();
  const id = useId();
  const [open, setOpen] = useState(false);
  const step = asCookie(stored);
  const action = claimOnly ? 'assert' : text(step, 'action');
  const claimName = claimOnly ? 'type' : 'assertion_type';
  const claim = action === 'assert' ? text(step, claimName) || text(step, 'type') : '';
  const kin: Kin = { action, claim, alone: claimOnly === true };
  const set = (name: string, value: unknown) => onChange(write(step, name, value));
  const told = Object.entries(faults).filter(([name]) => !(open && within.has(name)));
  const hidden = !open && Object.keys(faults).some((name) => within.has(name));
  return (
    <li ref={row} className={Object.keys(faults).length > 0 ? 'tstep tstep-bad' : 'tstep'} aria-label={t('testing.stepN', { n: n + 1 })}>
      <span className="tstep-n num">{n + 1}</span>
      <div className="tstep-main">
        <div className="tstep-fields">
          {claimOnly ? null : <Select label={t('testing.action')} hideLabel value={action} options={grouped(actionGroups, action, 'testing.act')} onChange={(x) => onChange(changeAction(step, kin, x))} />}
          {action === 'assert' ? <Select label={t('testing.claim')} hideLabel value={claim} options={grouped(claimGroups, claim, 'testing.claim')} onChange={(x) => set(claimName, x)} /> : null}
          {action === 'api_request' ? <Choice step={step} at="options.method" words={['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']} empty="auto" onChange={(x) => set('options.method', x)} /> : null}
          {wantsTarget(action, claim) ? <Target step={step} kin={kin} bad={faults.target !== undefined} onChange={(x) => set('target', x)} live={live} /> : null}
          <Value step={step} kin={kin} faults={faults} onChange={onChange} />
          {savesInRow(kin) ? <input className="input mono tstep-name" aria-label={t('testing.saveAs')} aria-invalid={faults.save_as !== undefined || undefined} placeholder={t('tstep.saveExample')} value={text(step, 'save_as')} onChange={(e) => set('save_as', e.target.value)} spellCheck={false} autoCapitalize="none" /> : null}
        </div>
        {action === 'set_headers' && typeof step.value !== 'string' ? <PairsField label={t('tstep.o.headers')} example="x-stage" value={read(step, 'value') ?? read(step, 'options')} onChange={(x) => { const { options: _, ...rest } = step; onChange(write(rest, 'value', x)); }} /> : null}
        {told.map(([name, f]) => <p key={name} className="field-error">{f}</p>)}
        {live ? <StepLive live={live} target={text(step, 'target')} onUse={(x) => set('target', x)} /> : null}
        {open ? <StepMore id={id} step={step} kin={kin} faults={faults} onChange={onChange} /> : <StepNotes step={step} kin={kin} />}
      </div>
      <span className="tstep-acts">
        <Button small kind="quiet" icon="more" label={t('testing.more')} expanded={open} {...(hidden ? { className: 'btn-danger-text' } : {})} onClick={() => setOpen(!open)} />
        <Button small kind="quiet" icon="arrow-up" label={t('testing.up')} disabled={n === 0} onClick={() => onMove(-1)} />
        <Button small kind="quiet" icon="arrow-down" label={t('testing.down')} disabled={n === last} onClick={() => onMove(1)} />
        <Button small kind="quiet" icon="plus" label={t('testing.addBelow')} onClick={onAdd} />
        <Button small kind="quiet" icon="trash" label={t('testing.removeStep')} onClick={onRemove} />
      </span>
    </li>
  );
}

function Target({ step, kin: { action, claim }, bad, onChange, live }: { step: Json; kin: Kin; bad: boolean; onChange: (value: string) => void; live: StepLiveProps | undefined }) {
  const t = useT();
  const element = isElement(action, claim);
  const example = element ? t('testing.targetExample') : action === 'goto' || action === 'new_tab' ? t('testing.pathExample') : action === 'run_test' ? t('tstep.testExample') : placeExample(action, claim);
  return (
    <span className="tstep-target">
      <input className="input mono" aria-label={t('testing.target')} aria-invalid={bad || undefined} placeholder={example} list={action === 'run_test' ? TEST_NAMES : undefined} value={text(step, 'target')} onChange={(e) => onChange(e.target.value)} spellCheck={false} autoCapitalize="none" />
      {live && element ? <Button small kind="quiet" icon="crosshair" label={t('healing.step.pick')} pressed={live.picking} disabled={live.busy} onClick={live.onPick} /> : null}
    </span>
  );
}

/** With what a step is done: a text, a script, one of several words, or several texts. */
function Value({ step, kin: { action, claim }, faults, onChange }: { step: Json; kin: Kin; faults: Faults; onChange: (step: Json) => void }) {
  const t = useT();
  const label = t('testing.value');
  const set = (at: string) => (value: unknown) => onChange(write(step, at, value));
  if (action === 'wait_for_selector' || (action === 'wait' && text(step, 'target') !== '')) {
    // Some were written with the state as their value.
    const now = shown(read(step, 'options.state')) || (text(step, 'value') in states ? text(step, 'value') : '');
    const { value: _, ...rest } = step;
    return <Choice step={write(rest, 'options.state', now)} at="options.state" words={Object.keys(states)} usual="visible" onChange={(x) => onChange(write(rest, 'options.state', x === 'visible' ? '' : x))} />;
  }
  if (action === 'wait_for_load_state') {
    const now = shown(read(step, 'options.state')) || text(step, 'target') || text(step, 'value');
    const { target: _, ...rest } = write(step, 'options.state', '');
    return <Choice step={{ 'wait_until': now }} at="wait_until" words={['load', 'domcontentloaded', 'networkidle', 'commit']} usual="load" onChange={(x) => onChange(write(rest, 'value', x))} />;
  }
  if (action === 'screenshot' && text(step, 'target') === '') return <Choice step={{ picture: text(step, 'value') }} at="picture" words={['full']} onChange={set('value')} />;
  if (action === 'evaluate' || action === 'wait_for_function') {
    const at = scriptAt(step);
    return <textarea className="input mono tests-lines tstep-script" rows={Math.min(10, Math.max(1, text(step, at).split('\n').length))} aria-label={t('tstep.script')} placeholder={valueExample(action, claim)} aria-invalid={faults.value !== undefined || undefined} value={text(step, at)} onChange={(e) => set(at)(e.target.value)} spellCheck={false} autoCapitalize="none" />;
  }
  if (action === 'set_cookie' && typeof step.value === 'object') return <>{(['name', 'value'] as const).map((name) => <input key={name} className="input mono" aria-label={t(`tstep.cookie.${name}`)} placeholder={t(`tstep.cookie.${name}`)} aria-invalid={(name === 'name' && faults.value !== undefined) || undefined} value={shown(read(step, `value.${name}`))} onChange={(e) => set(`value.${name}`)(e.target.value)} spellCheck={false} autoCapitalize="none" />)}</>;
  if (['select', 'upload'].includes(action) && Array.isArray(step.value)) return <Lines label={label} value={step.value} onChange={set('value')} />;
  if (!wantsValue(action, claim) && !(['set_cookie', 'set_headers'].includes(action) && typeof step.value === 'string')) return null;
  const at = action === 'assert' && step.expected !== undefined ? 'expected' : 'value';
  return <ValueInput key={at} label={label} value={step[at]} onChange={set(at)} placeholder={action === 'upload' ? t('testing.files.name') : action === 'accept_dialog' ? t('tstep.answer') : (valueExample(action, claim) ?? label)} invalid={faults.value !== undefined || faults.expected !== undefined} offered={offers[action === 'assert' ? claim : action]} list={action === 'upload' ? FILE_NAMES : undefined} />;
}

const states = { visible: true, hidden: true, attached: true, detached: true } as const;

/** One of a few words, in the row; without a `usual` one, saying nothing is a choice too. */
function Choice({ step, at, words, usual, empty = 'usual', onChange }: { step: Json; at: string; words: readonly string[]; usual?: string; /** The word of saying nothing. */ empty?: string; onChange: (value: string) => void }) {
  const t = useT();
  const now = shown(read(step, at)) || (usual ?? '');
  const all = [...new Set([...(usual === undefined ? [''] : []), ...words, now])];
  return <Select label={t('testing.value')} hideLabel value={now} onChange={onChange} options={all.map((id) => ({ id, text: optionWord(at, id === '' ? empty : id) }))} />;
}
