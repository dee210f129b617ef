// What else is said of a step, folded away: what its action can do beside the usual, when and how long, what a failure means, and
// what is kept. A closed row tells in short what is set.
import { useId } from 'react';
import type { Json } from '../../api/testing';
import { tDynamic, useT } from '../../i18n';
import { Segmented } from '../../ui/Button';
import { Switch } from '../../ui/Form';
import { CheckOptions } from './CheckOptions';
import { atFailure, type Field, fieldsOf, type Group, type Kin, read, said, setAtFailure, shown, write } from './step-options';
import { optionLabel, optionWord, StepOption } from './StepOption';
import { StepVision } from './StepVision';
import { seeks } from './vision';
import { seconds } from './words';

interface Props { step: Json; kin: Kin; faults: Readonly<Record<string, string>>; onChange: (step: Json) => void }

export function StepMore({ step, kin, faults, onChange, id }: Props & { id: string }) {
  const t = useT();
  const option = (f: Field) => <StepOption key={f.at} field={f} value={read(step, f.at)} error={faults[f.at]} onChange={(value) => onChange(write(step, f.at, value))} />;
  // Switches stand beside each other behind what is written.
  const group = (name: Group) => {
    const all = fieldsOf(kin, name);
    const switches = all.filter((f) => f.kind === 'switch');
    return [...all.filter((f) => f.kind !== 'switch').map(option), ...(switches.length > 0 ? [<div key="switches" className="tstep-switches">{switches.map(option)}</div>] : [])];
  };
  const checks = ['visual_check', 'screenshot_matches'].includes(kin.claim || kin.action) ? 'picture' : ['accessibility_check', 'accessibility'].includes(kin.claim || kin.action) ? 'accessibility' : null;
  const own = [...(checks ? [<CheckOptions key="check" of={checks} step={step} onChange={onChange} />] : []), ...group('own'), ...(severalOf(kin) ? [<Several key="several" step={step} onChange={onChange} />] : [])];
  const keep = group('keep');
  const word = kin.action === 'assert' ? t('tstep.check') : tDynamic(`testing.act.${kin.action}`, kin.action.replaceAll('_', ' '));
  return (
    <div className="tstep-more" id={id}>
      {own.length > 0 ? <Part title={word}>{own}</Part> : null}
      <Part title={t('tstep.when')}>{group('when')}{!kin.alone && seeks.includes(kin.action) ? <StepVision step={step} onChange={onChange} /> : null}</Part>
      {kin.alone ? null : <Part title={t('tstep.failure')}><div className="tstep-wide"><Segmented label={t('tstep.failure')} value={atFailure(step)} onChange={(x) => onChange(setAtFailure(step, x))} options={(['stop', 'on', 'may'] as const).map((x) => ({ id: x, text: t(`tstep.failure.${x}`) }))} /><p className="field-help">{t(`tstep.failureHelp.${atFailure(step)}`)}</p></div></Part>}
      {keep.length > 0 ? <Part title={t('tstep.keep')}>{keep}</Part> : null}
    </div>
  );
}

/** Where the name of the variable is what the step is about, its field stands in the row. */
export function savesInRow(kin: Kin): boolean { return ['set_variable', 'extract'].includes(kin.action); }
const severalOf = (kin: Kin) => ['select', 'upload'].includes(kin.action);

function Several({ step, onChange }: { step: Json; onChange: (step: Json) => void }) {
  const t = useT();
  const several = Array.isArray(step.value);
  return <div className="tstep-switches"><Switch label={t('tstep.several')} checked={several} onChange={(on) => onChange({ ...step, value: on ? [shown(step.value)].filter(Boolean) : shown(Array.isArray(step.value) ? step.value[0] : '') })} /></div>;
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  const id = useId();
  return <section className="tstep-part" aria-labelledby={id}><h4 id={id}>{title}</h4><div className="tstep-part-fields">{children}</div></section>;
}

/** Of a closed row: what is set, in short. */
export function StepNotes({ step, kin }: { step: Json; kin: Kin }) {
  const t = useT();
  const failure = kin.alone ? 'stop' : atFailure(step);
  const notes = said(step, kin);
  if (notes.length === 0 && failure === 'stop') return null;
  return (
    <ul className="tstep-notes">
      {notes.map(({ field, value }) => {
        const label = optionLabel(field.at);
        if (field.kind === 'switch') return <li key={field.at} className="chip">{label}</li>;
        const pairs = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
        const told = field.kind === 'choice' ? optionWord(field.at, shown(value)) : field.kind === 'keys' ? (Array.isArray(value) ? value : [value]).map((k) => optionWord(field.at, shown(k))).join(' + ') : field.kind === 'ms' && typeof value === 'number' ? seconds(value) : field.kind === 'point' && pairs ? `${shown(pairs.x)}, ${shown(pairs.y)}` : field.kind === 'pairs' && pairs ? Object.keys(pairs).join(', ') : shown(value).replace(/\s+/g, ' ');
        return <li key={field.at} className="chip" title={`${label}: ${told}`}><span>{label}</span> <b><bdi>{told}</bdi></b></li>;
      })}
      {failure === 'stop' ? null : <li className="chip">{t(`tstep.failure.${failure}`)}</li>}
    </ul>
  );
}
