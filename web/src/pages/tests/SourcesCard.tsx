// Where the sources of the application lie on the server: what commits renamed there heals tests by itself.
import { useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { TextField } from '../../ui/Form';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

export function SourcesCard({ project }: { project: string }) {
  const t = useT();
  const stored = useResource(paths.projectSources(project));
  return (
    <Card title={t('tproject.sources')} sub={t('tproject.sourcesSub')}>
      <Loaded from={stored} lines={2}>{(found) => <Path key={found.codebase_path ?? ''} project={project} organization={found.organization_id} before={found.codebase_path ?? ''} reload={stored.reload} />}</Loaded>
    </Card>
  );
}

function Path({ project, organization, before, reload }: { project: string; organization: string; before: string; reload: () => void }) {
  const t = useT();
  const sets = useCan('project:write');
  const reason = sets ? undefined : t('core.needsPermission', { permission: 'project:write' });
  const [path, setPath] = useState(before);
  const [fault, setFault] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true); setFault(null);
    try { await send('PUT', urls.project(project), { codebase_path: path.trim() }); toast({ level: 'ok', text: t('tproject.saved') }); reload(); } catch (e) { setFault(asApiError(e)); }
    setBusy(false);
  };
  return (
    <div className="stack">
      <TextField label={t('tproject.sourcesPath')} value={path} onChange={setPath} placeholder="shop" maxLength={500} mono optional disabled={!sets} help={t('tproject.sourcesHelp', { organization })} error={fault?.message ?? null} />
      {path.trim() !== before ? <div className="form-actions"><Button kind="primary" small busy={busy} reason={reason} writes onClick={() => void save()}>{t('core.save')}</Button></div> : null}
    </div>
  );
}
