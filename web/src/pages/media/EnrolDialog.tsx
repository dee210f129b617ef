// Enrolling a node: a name, then the token and the text for its configuration, shown once; the dialog waits until it calls.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { Connect, CreatedNode } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { preferences, setPreferences } from '../../state/preferences';
import { Button, ButtonLink } from '../../ui/Button';
import { CopyBlock, Select, TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';

type Kind = 'edge' | 'relay';

export function EnrolDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<Kind>('edge');
  const [description, setDescription] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [node, setNode] = useState<CreatedNode | null>(null);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const made = await send<CreatedNode>('POST', urls.mediaNodes, { name: name.trim(), device_type: kind, ...(description.trim() ? { description: description.trim() } : {}) });
      const { pins } = preferences.get();
      if (!pins.includes('media')) setPreferences({ pins: [...pins, 'media'] });
      invalidate(urls.mediaNodes);
      setNode(made);
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  if (node) return <Waiting id={node.id} name={node.name} token={node.registration_token} connect={node.connect} onClose={onClose} />;
  return (
    <Layer title={t('media.enrol')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="plus" busy={busy} disabled={name.trim() === ''} writes onClick={() => void save()}>{t('media.enrolMake')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (name.trim() !== '' && !busy) void save(); }}>
        <p className="faint">{t('media.enrolLead')}</p>
        <div className="fieldrow">
          <TextField label={t('core.name')} value={name} onChange={setName} autoFocus autoComplete="off" required maxLength={128} error={error} />
          <Select label={t('media.type')} value={kind} onChange={setKind} options={[{ id: 'edge', text: t('media.type.edge') }, { id: 'relay', text: t('media.type.relay') }]} help={t(`media.typeHelp.${kind}`)} />
        </div>
        <TextField label={t('media.description')} value={description} onChange={setDescription} optional maxLength={512} autoComplete="off" />
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

/** The token and where it goes; the mark turns green when the node is there. */
export function Waiting({ id, name, token, connect, onClose }: { id: string; name: string; token: string; connect: Connect; onClose: () => void }) {
  const t = useT();
  const now = useResource(paths.mediaNode(id), { everyMs: 1_500 });
  const there = now.data !== undefined && now.data.status !== 'pending' && now.data.connected_at !== null;
  return (
    <Layer title={name} onClose={onClose} wide footer={<>{there ? <ButtonLink to={`/media/nodes/${id}`} kind="primary" icon="arrow-right">{t('media.toNode')}</ButtonLink> : null}<Button onClick={onClose}>{t('core.close')}</Button></>}>
      <div className="stack">
        <p className="enrol-wait" role="status" aria-live="polite">{there ? <StatusMark status="ok" word={t('media.called', { version: now.data?.software_version ?? '' })} /> : <><span className="enrol-pulse" aria-hidden="true" /><span>{t('media.waits')}</span></>}</p>
        <section className="enrol-copy"><h3>{t('media.snippet')}</h3><CopyBlock label={t('media.snippet')} text={JSON.stringify(connect.config_snippet, null, 2)} secret /></section>
        <section className="enrol-copy"><h3>{t('media.token')}</h3><CopyBlock label={t('media.token')} text={token} secret /></section>
        {connect.accept_self_signed_cert ? <><section className="enrol-copy"><h3>{t('media.envLine')}</h3><CopyBlock label={t('media.envLine')} text="BILBYCAST_ALLOW_INSECURE=1" /></section><p className="enrol-note"><Icon name="info" size={14} />{t('media.selfSigned')}</p></> : null}
        <p className="faint">{t('media.tokenOnce')}</p>
      </div>
    </Layer>
  );
}
