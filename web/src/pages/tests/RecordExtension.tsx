// Recording in the own browser, through an extension that connects to this machine and that somebody approved.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ExtensionRow } from '../../api/testing';
import { Link } from '../../app/Link';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

function look(e: ExtensionRow): Status {
  if (e.status === 'pending') return 'pending';
  if (e.status === 'denied') return 'paused';
  return e.connected ? 'ok' : 'warning';
}

export function RecordExtension({ project }: { project: string }) {
  const t = useT();
  const bridge = useResource(paths.extensions, { everyMs: 3_000 });
  const decides = useCan('integration:configure');
  const records = useCan('test:write');
  const [busy, setBusy] = useState('');
  const act = async (e: ExtensionRow, what: 'approve' | 'deny' | 'recordings' | 'recordings/stop', body: object = {}) => {
    setBusy(e.id);
    try {
      await send('POST', urls.extension(e.id, what), body);
      if (what === 'recordings') toast({ level: 'ok', text: t('healing.ext.begun') });
    } catch (error) { toast({ level: 'critical', text: asApiError(error).message }); }
    setBusy('');
    invalidate(urls.extensions, urls.recordings, '/api/ui/inbox');
  };
  const remove = async (e: ExtensionRow) => { await send('DELETE', urls.extension(e.id)); invalidate(urls.extensions, '/api/ui/inbox'); };
  const why = decides ? undefined : t('core.needsPermission', { permission: 'integration:configure' });
  const whyNot = records ? undefined : t('core.needsPermission', { permission: 'test:write' });
  const word = (e: ExtensionRow) => (e.status === 'approved' ? t(e.recording_id ? 'healing.ext.records' : e.connected ? 'healing.ext.connected' : 'healing.ext.away') : tDynamic(`healing.ext.${e.status}`, e.status));
  return (
    <div className="rec-ext">
      <p className="muted">{t('healing.ext.how')}</p>
      <Loaded from={bridge} lines={3}>
        {(b) => (b.enabled ? (
          <>
            {b.problem ? <p className="field-error" role="alert">{b.problem}</p> : b.address ? <p>{t('healing.ext.address')} <code className="mono">{b.address}</code></p> : null}
            {b.extensions.length === 0 ? <Empty icon="radio" title={t('healing.ext.none')} compact /> : (
              <ul>
                {b.extensions.map((e) => (
                  <li key={e.id}>
                    <StatusMark status={look(e)} word={word(e)} />
                    <span className="mono">{e.origin}</span>
                    <Age at={e.last_seen_at} />
                    {e.status === 'approved' ? null : <Button small icon="check" writes reason={why} busy={busy === e.id} onClick={() => void act(e, 'approve')}>{t('healing.ext.approve')}</Button>}
                    {e.status === 'pending' ? <Button small kind="quiet" icon="close" writes reason={why} onClick={() => void act(e, 'deny')}>{t('healing.ext.deny')}</Button> : null}
                    {e.status === 'approved' && e.connected && !e.recording_id ? <Button small kind="primary" icon="play" writes reason={whyNot} busy={busy === e.id} onClick={() => void act(e, 'recordings', { project_id: project })}>{t('healing.ext.record')}</Button> : null}
                    {e.recording_id ? <Button small kind="primary" icon="stop" writes reason={whyNot} busy={busy === e.id} onClick={() => void act(e, 'recordings/stop')}>{t('healing.live.finish')}</Button> : null}
                    {e.status === 'pending' ? null : <ConfirmInline action={t('healing.ext.forget')} effect={t('healing.ext.forgetEffect')} icon="trash" danger run={() => remove(e)} reason={why} />}
                  </li>
                ))}
              </ul>
            )}
          </>
        ) : <Empty icon="radio" title={t('healing.ext.off')} text={t('healing.ext.offText')} action={<Link to="/settings/system/configuration?q=extension_bridge">{t('healing.ext.toSettings')}</Link>} compact />)}
      </Loaded>
    </div>
  );
}
