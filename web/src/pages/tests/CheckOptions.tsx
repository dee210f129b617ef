// How strict a check of a picture or of accessibility is, as options of its step.
import type { Json } from '../../api/testing';
import { useT } from '../../i18n';
import { Select, Switch, TextField } from '../../ui/Form';
import { text } from './words';

function optionsOf(step: Json): Json { const o = step.options; return typeof o === 'object' && o !== null && !Array.isArray(o) ? (o as Json) : {}; }
const listed = (value: unknown) => (Array.isArray(value) ? value.map((x) => (typeof x === 'string' ? x : typeof x === 'object' && x !== null && 'selector' in x ? String(x.selector) : '')).filter(Boolean).join(', ') : '');
const list = (value: string) => value.split(',').map((x) => x.trim()).filter(Boolean);

/** Nothing for steps that check neither. */
export function CheckOptions({ step, onChange }: { step: Json; onChange: (step: Json) => void }) {
  const t = useT();
  const action = text(step, 'action');
  const options = optionsOf(step);
  const set = (name: string, value: unknown) => {
    const next = { ...options, [name]: value };
    if (value === '' || value === false || (Array.isArray(value) && value.length === 0)) delete next[name];
    onChange({ ...step, options: next });
  };
  const number = (name: string, label: string) => <TextField label={label} optional type="number" inputMode="decimal" value={text(options, name)} onChange={(x) => set(name, x === '' ? '' : Number(x))} />;
  if (action === 'visual_check') {
    return <>
      <TextField label={t('visual.opt.name')} optional value={text(options, 'name')} onChange={(x) => set('name', x)} maxLength={200} />
      <Select label={t('visual.opt.sensitivity')} value={text(options, 'sensitivity')} onChange={(x) => set('sensitivity', x)} options={[{ id: '', text: t('visual.opt.usual') }, ...(['low', 'medium', 'high'] as const).map((x) => ({ id: x as string, text: t(`visual.opt.${x}`) }))]} />
      {number('threshold_percentage', t('visual.opt.percent'))}
      <TextField label={t('visual.opt.ignore')} optional mono value={listed(options.ignore_regions)} onChange={(x) => set('ignore_regions', list(x).map((selector) => ({ selector })))} help={t('visual.opt.ignoreHelp')} />
      <Switch label={t('visual.opt.full')} checked={options.full_page === true} onChange={(x) => set('full_page', x)} />
    </>;
  }
  if (action !== 'accessibility_check') return null;
  return <>
    <Select label={t('visual.opt.level')} value={text(options, 'wcag_level') || 'AA'} onChange={(x) => set('wcag_level', x)} options={['A', 'AA', 'AAA'].map((x) => ({ id: x, text: x }))} />
    <Select label={t('visual.opt.failOn')} value={text(options, 'fail_on') || 'major'} onChange={(x) => set('fail_on', x)} options={(['critical', 'major', 'minor'] as const).map((x) => ({ id: x as string, text: t(`visual.severity.${x}`) }))} />
    {number('min_score', t('visual.opt.score'))}
    <TextField label={t('visual.opt.rules')} optional mono value={listed(options.ignore_rules)} onChange={(x) => set('ignore_rules', list(x))} help={t('visual.opt.ignoreHelp')} />
    <Switch label={t('visual.opt.best')} checked={options.include_best_practices === true} onChange={(x) => set('include_best_practices', x)} />
    <Switch label={t('visual.opt.keyboard')} checked={options.test_keyboard === true} onChange={(x) => set('test_keyboard', x)} />
    <Switch label={t('visual.opt.reflow')} checked={options.test_reflow === true} onChange={(x) => set('test_reflow', x)} />
  </>;
}
