// The ways to record: in a browser of Argos, in the own browser through an extension, or by a snippet in the own pages.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import { navigate } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button, Segmented } from '../../ui/Button';
import { Select, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { RecordExtension } from './RecordExtension';
import { RecordSnippet } from './RecordSnippet';
import { SizeField } from './SizeField';
import { NoBrowser } from './TestsPage';
import { liveSize, sizeOf } from './viewport';

export function RecordDialog({ projects, chosen, onClose }: { projects: readonly ProjectRow[]; chosen: string; onClose: () => void }) {
  const t = useT();
  const [where, setWhere] = useState<'here' | 'own' | 'there'>('here');
  const [project, setProject] = useState(chosen || (projects[0]?.id ?? ''));
  return (
    <Layer title={t('healing.rec.record')} onClose={onClose} wide>
      <div className="rec-snippet">
        <Segmented label={t('healing.live.where')} value={where} onChange={setWhere} options={[{ id: 'here', text: t('healing.live.here') }, { id: 'own', text: t('healing.ext.own') }, { id: 'there', text: t('healing.live.there') }]} />
        {projects.length > 1 ? <Select label={t('testing.project')} value={project} onChange={setProject} options={projects.map((p) => ({ id: p.id, text: p.name }))} /> : null}
        {where === 'here' ? <Here key={project} project={projects.find((p) => p.id === project)} /> : where === 'own' ? <RecordExtension project={project} /> : <RecordSnippet project={project} />}
      </div>
    </Layer>
  );
}

function Here({ project }: { project: ProjectRow | undefined }) {
  const t = useT();
  const runs = useCan('test:execute');
  const [url, setUrl] = useState(project?.app_url ?? '');
  const [wanted, setWanted] = useState('');
  const settings = useResource(project ? paths.runSettings(project.id) : null).data;
  const usual = liveSize(settings?.effective.viewport);
  const size = liveSize(wanted, usual);
  const [fault, setFault] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      const begun = await send<{ browser_session_id: string }>('POST', urls.recordingBegin, { project_id: project?.id, url: url.trim(), launch_browser: true, viewport: size });
      navigate(`/tests/record/${begun.browser_session_id}`);
    } catch (e) { setFault(asApiError(e).message); setBusy(false); }
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
      <NoBrowser />
      <p className="muted">{t('healing.live.startText')}</p>
      <TextField label={t('testing.address')} type="url" value={url} onChange={setUrl} required placeholder="https://" maxLength={2000} error={fault} />
      <SizeField label={t('tconfig.viewport')} value={wanted} usual={t('tconfig.projectSize', { value: `${usual.width} × ${usual.height}` })} onChange={setWanted} />
      <Button type="submit" kind="primary" icon="play" busy={busy} disabled={wanted !== '' && sizeOf(wanted) === null} reason={runs ? undefined : t('core.needsPermission', { permission: 'test:execute' })}>{t('healing.live.start')}</Button>
    </form>
  );
}
