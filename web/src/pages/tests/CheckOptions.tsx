// How strict a check of a picture or of accessibility is, as options of its step.
import { useState } from 'react';
import type { Json } from '../../api/testing';
import { useT } from '../../i18n';
import { Select, Switch, TextField } from '../../ui/Form';
import { text } from './words';

function optionsOf(step: Json): Json { const o = step.options; return typeof o === 'object' && o !== null && !Array.isArray(o) ? (o as Json) : {}; }
const named = (value: unknown): value is string | Json => typeof value === 'string' || (typeof value === 'object' && value !== null && 'selector' in value);
/** Areas have no name that could be written here: they stay as they are. */
const areas = (value: unknown) => (Array.isArray(value) ? value.filter((x) => !named(x)) : []);
const listed = (value: unknown) => (Array.isArray(value) ? value.map((x) => (typeof x === 'string' ? x : typeof x === 'object' && x !== null && 'selector' in x ? String(x.selector) : '')).filter(Boolean).join(', ') : '');
const list = (value: string) => value.split(',').map((x) => x.trim()).filter(Boolean);

export function CheckOptions({ of, step, onChange }: { of: 'picture' | 'accessibility'; step: Json; onChange: (step: Json) => void }) {
  const t = useT();
  const options = optionsOf(step);
  const set = (name: string, value: unknown) => {
    const next = { ...options, [name]: value };
    if (value === '' || value === false || (Array.isArray(value) && value.length === 0)) delete next[name];
    const { options: _, ...rest } = step;
    onChange(Object.keys(next).length > 0 ? { ...rest, options: next } : rest);
  };
  const number = (name: string, label: string) => <TextField label={label} optional type="number" inputMode="decimal" value={text(options, name)} onChange={(x) => set(name, x === '' ? '' : Number(x))} />;
  if (of === 'picture') {
    return <>
      <TextField label={t('visual.opt.name')} optional value={text(options, 'name')} onChange={(x) => set('name', x)} maxLength={200} />
      <Select label={t('visual.opt.sensitivity')} value={text(options, 'sensitivity')} onChange={(x) => set('sensitivity', x)} options={[{ id: '', text: t('visual.opt.usual') }, ...(['low', 'medium', 'high'] as const).map((x) => ({ id: x as string, text: t(`visual.opt.${x}`) }))]} />
      {number('threshold_percentage', t('visual.opt.percent'))}
      <ListField label={t('visual.opt.ignore')} value={listed(options.ignore_regions)} onChange={(x) => set('ignore_regions', [...list(x).map((selector) => ({ selector })), ...areas(options.ignore_regions)])} help={t('visual.opt.ignoreHelp')} />
      <div className="tstep-switches"><Switch label={t('visual.opt.full')} checked={options.full_page === true} onChange={(x) => set('full_page', x)} /></div>
    </>;
  }
  return <>
    <Select label={t('visual.opt.level')} value={text(options, 'wcag_level') || 'AA'} onChange={(x) => set('wcag_level', x)} options={['A', 'AA', 'AAA'].map((x) => ({ id: x, text: x }))} />
    <Select label={t('visual.opt.failOn')} value={text(options, 'fail_on') || 'major'} onChange={(x) => set('fail_on', x)} options={(['critical', 'major', 'minor'] as const).map((x) => ({ id: x as string, text: t(`visual.severity.${x}`) }))} />
    {number('min_score', t('visual.opt.score'))}
    <ListField label={t('visual.opt.rules')} value={listed(options.ignore_rules)} onChange={(x) => set('ignore_rules', list(x))} help={t('visual.opt.ignoreHelp')} />
    <div className="tstep-switches"><Switch label={t('visual.opt.best')} checked={options.include_best_practices === true} onChange={(x) => set('include_best_practices', x)} /><Switch label={t('visual.opt.keyboard')} checked={options.test_keyboard === true} onChange={(x) => set('test_keyboard', x)} /><Switch label={t('visual.opt.reflow')} checked={options.test_reflow === true} onChange={(x) => set('test_reflow', x)} /></div>
  </>;
}

/** Names with commas between them: what is typed stays until it means something else. */
function ListField({ label, value, onChange, help }: { label: string; value: string; onChange: (value: string) => void; help: string }) {
  const [typed, setTyped] = useState(value);
  if (list(typed).join(', ') !== value) setTyped(value);
  return <TextField label={label} optional mono value={typed} onChange={(x) => { setTyped(x); onChange(x); }} help={help} />;
}
