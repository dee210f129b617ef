// One step or assertion under the hand: what, on which element, with which value; the rest unfolds.
import { useId, useState } from 'react';
import type { Json } from '../../api/testing';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, Switch, TextField } from '../../ui/Form';
import { CheckOptions } from './CheckOptions';
import { StepLive, type StepLiveProps } from './StepLive';
import { StepVision } from './StepVision';
import { seeks } from './vision';
import { actions, claims, text, wantsTarget, wantsValue } from './words';

/** The list of the project's files, which the page has once. */
export const FILE_NAMES = 'test-file-names';
export type Faults = Readonly<Record<string, string>>;
export interface RowProps { step: Json; n: number; last: number; faults: Faults; claimOnly?: boolean; onChange: (step: Json) => void; onMove: (by: -1 | 1) => void; onRemove: () => void; onAdd: () => void; /** With a browser beside the editor. */ live?: StepLiveProps | undefined; /** The row itself. */ row?: React.RefObject<HTMLLIElement | null> }

/** Sets a member; an empty text takes it away. */
function put(step: Json, name: string, value: unknown): Json {
  const next = { ...step, [name]: value };
  if (value === '' || value === false) delete next[name];
  return next;
}

export function StepRow({ step, n, last, faults, claimOnly, onChange, onMove, onRemove, onAdd, live, row }: RowProps) {
  const t = useT();
  const id = useId();
  const [open, setOpen] = useState(false);
  const action = claimOnly ? 'assert' : text(step, 'action');
  const claimName = claimOnly ? 'type' : 'assertion_type';
  const claim = text(step, claimName) || text(step, 'type');
  const valueName = action === 'assert' && step.expected !== undefined ? 'expected' : 'value';
  const set = (name: string, value: unknown) => onChange(put(step, name, value));
  const options = (known: readonly string[], now: string, prefix: string) => [...new Set([now, ...known])].filter(Boolean).map((x) => ({ id: x, text: tDynamic(`${prefix}.${x}`, x.replaceAll('_', ' ')) }));
  const general = faults[''] ?? faults.action ?? faults.assertion_type ?? faults.type;
  return (
    <li ref={row} className={Object.keys(faults).length > 0 ? 'tstep tstep-bad' : 'tstep'} aria-label={t('testing.stepN', { n: n + 1 })}>
      <span className="tstep-n num">{n + 1}</span>
      <div className="tstep-main">
        <div className="tstep-fields">
          {claimOnly ? null : <Select label={t('testing.action')} hideLabel value={action} options={options(actions, action, 'testing.act')} onChange={(x) => onChange(x === 'assert' ? { ...step, action: x, assertion_type: claim || 'element_visible' } : { ...step, action: x })} />}
          {action === 'assert' ? <Select label={t('testing.claim')} hideLabel value={claim} options={options(claims, claim, 'testing.claim')} onChange={(x) => set(claimName, x)} /> : null}
          {wantsTarget(action, claim) ? <span className="tstep-target"><input className="input mono" aria-label={t('testing.target')} aria-invalid={faults.target !== undefined || undefined} placeholder={action === 'goto' ? t('testing.pathExample') : t('testing.targetExample')} value={text(step, 'target')} onChange={(e) => set('target', e.target.value)} spellCheck={false} autoCapitalize="none" />{live && action !== 'goto' ? <Button small kind="quiet" icon="crosshair" label={t('healing.step.pick')} pressed={live.picking} disabled={live.busy} onClick={live.onPick} /> : null}</span> : null}
          {wantsValue(action, claim) ? <input className="input" aria-label={t('testing.value')} aria-invalid={faults.value !== undefined || undefined} placeholder={t(action === 'upload' ? 'testing.files.name' : 'testing.value')} list={action === 'upload' ? FILE_NAMES : undefined} value={text(step, valueName)} onChange={(e) => set(valueName, e.target.value)} spellCheck={false} /> : null}
        </div>
        {[general, faults.target, faults.value, faults.expected].filter(Boolean).map((f) => <p key={f} className="field-error">{f}</p>)}
        {live ? <StepLive live={live} /> : null}
        {open ? (
          <div className="tstep-more" id={id}>
            <TextField label={t('testing.description')} optional value={text(step, 'description')} onChange={(x) => set('description', x)} maxLength={500} />
            <TextField label={t('testing.timeout')} optional type="number" inputMode="numeric" value={text(step, 'timeout')} onChange={(x) => set('timeout', x === '' ? '' : Number(x))} error={faults.timeout} />
            {claimOnly ? null : <CheckOptions step={step} onChange={onChange} />}
            {claimOnly ? <Switch label={t('testing.soft')} checked={step.soft === true} onChange={(x) => set('soft', x)} /> : <>
              {typeof step.if === 'object' && step.if !== null ? null : <TextField label={t('testing.condition')} optional mono value={text(step, 'if')} onChange={(x) => set('if', x)} placeholder="country == 'es'" error={faults.if} />}
              <TextField label={t('testing.frame')} optional mono value={text(step, 'frame')} onChange={(x) => set('frame', x)} placeholder="#payment" error={faults.frame} />
              <TextField label={t('testing.saveAs')} optional mono value={text(step, 'save_as')} onChange={(x) => set('save_as', x)} error={faults.save_as} />
              {seeks.includes(action) ? <StepVision step={step} onChange={onChange} /> : null}
              <Switch label={t('testing.optional')} checked={step.optional === true} onChange={(x) => set('optional', x)} />
              <Switch label={t('testing.goOn')} checked={step.continue_on_failure === true} onChange={(x) => set('continue_on_failure', x)} />
            </>}
          </div>
        ) : null}
      </div>
      <span className="tstep-acts">
        <Button small kind="quiet" icon="more" label={t('testing.more')} expanded={open} onClick={() => setOpen(!open)} />
        <Button small kind="quiet" icon="arrow-up" label={t('testing.up')} disabled={n === 0} onClick={() => onMove(-1)} />
        <Button small kind="quiet" icon="arrow-down" label={t('testing.down')} disabled={n === last} onClick={() => onMove(1)} />
        <Button small kind="quiet" icon="plus" label={t('testing.addBelow')} onClick={onAdd} />
        <Button small kind="quiet" icon="trash" label={t('testing.removeStep')} onClick={onRemove} />
      </span>
    </li>
  );
}
