// How a test itself is run: what it says wins over its project, and what it leaves open is shown as the project has it.
import type { Json, RunSettings } from '../../api/testing';
import { tDynamic, useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { Select, TextField } from '../../ui/Form';
import { SizeField } from './SizeField';
import { FindMode } from './StepVision';
import { configOf, withConfig, type ConfigDraft } from './test-config';
import { seconds } from './words';

export function TestConfig({ value, onChange, settings, faults }: { value: Json; onChange: (value: Json) => void; settings: RunSettings | undefined; faults: Readonly<Record<string, string>> }) {
  const t = useT();
  const draft = configOf(value);
  const set = (name: keyof ConfigDraft) => (text: string) => onChange(withConfig(value, name, text));
  const now = settings?.effective;
  const inherits = (word: string | undefined) => (word === undefined ? t('tconfig.asProject') : t('running.asProjectIs', { value: word }));
  const yes = (on: boolean) => t(on ? 'tproject.yes' : 'tproject.no');
  return (
    <Card title={t('tconfig.title')}>
      <div className="stack">
        <SizeField label={t('tconfig.viewport')} value={draft.viewport} usual={inherits(now ? `${now.viewport.width} × ${now.viewport.height}` : undefined)} onChange={set('viewport')} error={faults.viewport} />
        <TextField label={t('tconfig.timeout')} inputMode="numeric" value={draft.timeout_ms} onChange={set('timeout_ms')} placeholder={now ? `${now.test_timeout_ms}` : ''} help={draft.timeout_ms === '' ? inherits(now ? seconds(now.test_timeout_ms) : undefined) : 'ms'} error={faults.timeout_ms} />
        <TextField label={t('tconfig.retries')} inputMode="numeric" value={draft.retries} onChange={set('retries')} placeholder={now ? String(now.retries) : ''} {...(draft.retries === '' ? { help: inherits(now ? String(now.retries) : undefined) } : {})} error={faults.retries} />
        <Select label={t('tconfig.self_heal')} value={draft.self_heal} onChange={set('self_heal')} options={[{ id: '', text: inherits(now ? yes(now.self_heal) : undefined) }, { id: 'true', text: yes(true) }, { id: 'false', text: yes(false) }]} />
        <Select label={t('tconfig.strict')} value={draft.strict_selectors} onChange={set('strict_selectors')} options={[{ id: '', text: inherits(now ? tDynamic(`tconfig.strict.${now.strict_selectors}`, '').toLowerCase() : undefined) }, { id: 'true', text: t('tconfig.strict.true') }, { id: 'false', text: t('tconfig.strict.false') }]} {...(draft.strict_selectors === 'false' ? { help: t('tconfig.recorded') } : {})} />
        <FindMode value={draft.execution_mode} usual={t('tconfig.mode.none')} onChange={set('execution_mode')} />
      </div>
    </Card>
  );
}
