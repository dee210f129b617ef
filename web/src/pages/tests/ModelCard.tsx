// Whether a model may hear of a project, and which one. The switch acts at once: it is a setting of the project.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, Switch, TextField } from '../../ui/Form';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { providerName, providers } from '../settings/providers';

interface Wish { enabled?: boolean; provider?: string | null; model?: string | null }

export function ModelCard({ project }: { project: string }) {
  const t = useT();
  const stored = useResource(paths.projectSettings(project));
  const sets = useCan('project:manage_settings');
  const reason = sets ? undefined : t('core.needsPermission', { permission: 'project:manage_settings' });
  const [busy, setBusy] = useState(false);
  const change = async (llm: Wish) => {
    setBusy(true);
    try { await send('PUT', urls.projectSettings(project), { settings: { llm } }); toast({ level: 'ok', text: t('healing.config.saved') }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    stored.reload(); setBusy(false);
  };
  return (
    <Card title={t('healing.config.model')}>
      <Loaded from={stored} lines={2}>{({ settings: { llm = {} }, updated_at }) => (
        <div className="stack">
          <div className="heal-set">
            <Switch label={t('healing.config.model.allowed')} checked={llm.enabled === true} onChange={(on) => void change({ enabled: on })} disabled={busy} reason={reason} />
            <p className="field-help">{t('healing.config.model.help')}</p>
          </div>
          {llm.enabled === true ? <Which key={updated_at} wish={llm} busy={busy} reason={reason} save={(wish) => void change(wish)} /> : null}
        </div>
      )}</Loaded>
    </Card>
  );
}

function Which({ wish, busy, reason, save }: { wish: Wish; busy: boolean; reason: string | undefined; save: (wish: Wish) => void }) {
  const t = useT();
  const [provider, setProvider] = useState(wish.provider ?? '');
  const [model, setModel] = useState(wish.model ?? '');
  const changed = provider !== (wish.provider ?? '') || model.trim() !== (wish.model ?? '');
  return (
    <div className="stack">
      <div className="form-grid">
        <Select label={t('healing.config.model.provider')} value={provider} onChange={setProvider} disabled={reason !== undefined} options={[{ id: '', text: t('healing.config.model.usual') }, ...providers.map((id) => ({ id, text: providerName(id) }))]} />
        <TextField label={t('healing.config.model.name')} value={model} onChange={setModel} placeholder={t('healing.config.model.usual')} maxLength={200} disabled={reason !== undefined} optional />
      </div>
      {changed ? <div className="form-actions"><Button kind="primary" small busy={busy} reason={reason} writes onClick={() => save({ provider: provider || null, model: model.trim() || null })}>{t('core.save')}</Button></div> : null}
    </div>
  );
}
