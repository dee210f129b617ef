// The parts of the pictures: what is to decide, what was approved, and judging an address at once. And the form they share.
import { useState } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import { useT } from '../../i18n';
import { Select, TextField } from '../../ui/Form';
import { Tabs } from '../../ui/Tabs';

export function VisualTabs({ active, project }: { active: 'queue' | 'baselines' | 'accessibility' | 'screens'; project: string }) {
  const t = useT();
  const query = project === '' ? '' : `?project=${project}`;
  return <Tabs label={t('nav.testVisual')} active={active} items={[{ id: 'queue', text: t('visual.queue'), to: `/tests/visual${query}` }, { id: 'baselines', text: t('visual.baselines'), to: `/tests/visual/baselines${query}` }, { id: 'accessibility', text: t('visual.accessibility'), to: `/tests/visual/accessibility${query}` }, { id: 'screens', text: t('visual.screens'), to: `/tests/visual/screens${query}` }]} />;
}

export function ProjectChoice({ projects, value, onChange }: { projects: readonly ProjectRow[]; value: string; onChange: (id: string) => void }) {
  const t = useT();
  return projects.length > 1 ? <Select label={t('visual.project')} hideLabel value={value} onChange={onChange} options={projects.map((p) => ({ id: p.id, text: p.name }))} /> : null;
}

export type ScreenName = 'desktop' | 'wide' | 'tablet' | 'mobile';
export const sizes: Readonly<Record<ScreenName, { width: number; height: number; device_scale_factor: number }>> = { desktop: { width: 1440, height: 900, device_scale_factor: 1 }, wide: { width: 1920, height: 1080, device_scale_factor: 1 }, tablet: { width: 768, height: 1024, device_scale_factor: 2 }, mobile: { width: 375, height: 667, device_scale_factor: 2 } };

export function ScreenChoice({ value, onChange }: { value: ScreenName; onChange: (name: ScreenName) => void }) {
  const t = useT();
  return <Select label={t('visual.screen')} value={value} onChange={onChange} options={(Object.keys(sizes) as ScreenName[]).map((id) => ({ id, text: `${t(`visual.screen.${id}`)} ${sizes[id].width} × ${sizes[id].height}` }))} />;
}

/** The test that signs in before the address is looked at; empty = nobody does. */
export function SignInChoice({ project, value, onChange }: { project: string; value: string; onChange: (test: string) => void }) {
  const t = useT();
  const tests = useResource(paths.tests(project)).data?.tests ?? [];
  return tests.length > 0 ? <Select label={t('visual.signedInBy')} help={t('visual.signedInHelp')} value={value} onChange={onChange} options={[{ id: '', text: t('visual.nobodySignsIn') }, ...tests.map((row) => ({ id: row.id, text: row.name }))]} /> : null;
}

/** An address, begun with the project's. */
export function useAddress(project: ProjectRow) {
  const [url, setUrl] = useState(project.app_url ?? '');
  return { url, setUrl };
}

export function AddressField({ url, onChange, error }: { url: string; onChange: (url: string) => void; error: string | null }) {
  const t = useT();
  return <TextField label={t('visual.address')} type="url" value={url} onChange={onChange} required placeholder="https://" maxLength={2048} error={error} />;
}
