// The pages that judge an address of a project at once: their head, and what stands there without a project.
import type { ReactNode } from 'react';
import type { ProjectRow } from '../../api/shapes';
import { useT } from '../../i18n';
import { ButtonLink } from '../../ui/Button';
import type { IconName } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty } from '../../ui/StateBlock';
import { type Choice, OfProject } from './OfProject';
import { ProjectChoice, VisualTabs } from './VisualTabs';

export function OnAddress({ active, sub, icon, children }: { active: 'accessibility' | 'screens'; sub: string; icon: IconName; children: (project: ProjectRow) => ReactNode }) {
  const t = useT();
  const head = (of?: Choice) => (
    <>
      <PageHead title={t('nav.testVisual')} sub={sub} actions={of ? <ProjectChoice projects={of.projects} value={of.project.id} onChange={of.choose} /> : undefined} />
      <VisualTabs active={active} project={of?.project.id ?? ''} />
    </>
  );
  const none = <>{head()}<section className="card"><Empty icon={icon} title={t('visual.noProject')} action={<ButtonLink to="/tests" icon="flask">{t('visual.toTests')}</ButtonLink>} /></section></>;
  return <OfProject none={none}>{(of) => <>{head(of)}{children(of.project)}</>}</OfProject>;
}
