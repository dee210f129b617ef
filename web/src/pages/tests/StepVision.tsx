// Whether a model may look for the element of a step in a picture of the page. Offered where one may hear of the project.
import { createContext, useContext } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { Json } from '../../api/testing';
import { useT } from '../../i18n';
import { Select } from '../../ui/Form';
import { type VisionWish, visionOf, withVision } from './vision';

/** A model is set up, and the project lets it hear of it. */
export const ModelSees = createContext(false);

export function useModelSees(project: string): boolean {
  const status = useResource(paths.modelStatus);
  const stored = useResource(paths.projectSettings(project));
  return status.data?.enabled === true && status.data.configured && stored.data?.settings.llm?.enabled === true;
}

/** What a step says is shown though no model is there any more. */
export function StepVision({ step, onChange }: { step: Json; onChange: (step: Json) => void }) {
  const t = useT();
  const sees = useContext(ModelSees);
  const now = visionOf(step);
  if (!sees && now === 'usual') return null;
  return <Select<VisionWish> label={t('testing.vision')} value={now} onChange={(wish) => onChange(withVision(step, wish))} help={t(sees ? 'testing.vision.help' : 'testing.vision.none')} options={(['usual', 'fallback', 'always', 'never'] as const).map((id) => ({ id, text: t(`testing.vision.${id}`) }))} />;
}

/** How a test or run finds elements; shown while a model may look, or something is chosen already. */
export function FindMode({ value, usual, onChange }: { value: string; usual: string; onChange: (mode: string) => void }) {
  const t = useT();
  const sees = useContext(ModelSees);
  if (!sees && value === '') return null;
  return <Select label={t('tconfig.mode')} value={value} onChange={onChange} help={t(sees ? 'tconfig.modeHelp' : 'testing.vision.none')} options={[{ id: '', text: usual }, ...(['standard', 'hybrid', 'vision'] as const).map((id) => ({ id, text: t(`tconfig.mode.${id}`) }))]} />;
}
