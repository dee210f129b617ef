// Whether a model may hear of the failures and pictures of a project. Acts at once: it is a setting of the project.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { Switch } from '../../ui/Form';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

export function ModelCard({ project }: { project: string }) {
  const t = useT();
  const stored = useResource(paths.projectSettings(project));
  const sets = useCan('project:manage_settings');
  const [busy, setBusy] = useState(false);
  const change = async (on: boolean) => {
    setBusy(true);
    try { await send('PUT', urls.projectSettings(project), { settings: { llm: { enabled: on } } }); toast({ level: 'ok', text: t('healing.config.saved') }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    stored.reload(); setBusy(false);
  };
  return (
    <Card title={t('healing.config.model')}>
      <Loaded from={stored} lines={2}>{(found) => (
        <div className="heal-set">
          <Switch label={t('healing.config.model.allowed')} checked={found.settings.llm?.enabled === true} onChange={(on) => void change(on)} disabled={busy} reason={sets ? undefined : t('core.needsPermission', { permission: 'project:manage_settings' })} />
          <p className="field-help">{t('healing.config.model.help')}</p>
        </div>
      )}</Loaded>
    </Card>
  );
}
