// A page about one project: the one named in the address, else the first; what it shows without any.
import type { ReactNode } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { Loaded } from '../../ui/StateBlock';

export interface Choice { project: ProjectRow; projects: readonly ProjectRow[]; choose: (id: string) => void }

export function OfProject({ none, children }: { none: ReactNode; children: (choice: Choice) => ReactNode }) {
  const all = useResource(paths.allProjects);
  const [chosen, choose] = useQueryParam('project');
  return (
    <Loaded from={all} lines={6}>{(projects) => {
      const project = projects.find((p) => p.id === chosen) ?? projects[0];
      return project ? children({ project, projects, choose }) : none;
    }}</Loaded>
  );
}
