// A media file for an edge: sent through this server piece by piece, kept nowhere on the way.
import { useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { MediaNode } from '../../api/media';
import { urls } from '../../api/paths';
import { bytes, joined } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';

/** What a node takes as a name. */
const tame = (name: string) => name.normalize('NFKD').replace(/\p{M}/gu, '').replace(/[^A-Za-z0-9._ -]+/g, '_').replace(/\.{2,}/g, '.').trim().slice(0, 255);

export function UploadDialog({ node, onClose }: { node: MediaNode; onClose: () => void }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState('');
  const [busy, setBusy] = useState<AbortController | null>(null);
  const [error, setError] = useState<string | null>(null);
  const close = () => { busy?.abort(); onClose(); };
  const run = async () => {
    if (!file) return;
    const stop = new AbortController();
    setBusy(stop);
    setError(null);
    try {
      await send('POST', urls.mediaUpload(node.id, name.trim()), file, { signal: stop.signal });
      toast({ level: 'ok', text: t('media.uploaded', { file: name.trim(), name: node.name }) });
      onClose();
    } catch (e) { if (!stop.signal.aborted) { setError(asApiError(e).message); setBusy(null); } }
  };
  return (
    <Layer title={t('media.upload')} onClose={close} footer={<><Button onClick={close}>{t('core.cancel')}</Button><Button kind="primary" icon="upload" busy={busy !== null} disabled={!file || name.trim() === ''} writes onClick={() => void run()}>{t('media.uploadSend')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (file && !busy) void run(); }}>
        <p className="faint">{t('media.uploadText')}</p>
        <input ref={input} type="file" hidden onChange={(e) => { const chosen = e.target.files?.[0]; if (chosen) { setFile(chosen); setName(tame(chosen.name)); setError(null); } }} />
        <span className="row"><Button icon="plus" disabled={busy !== null} onClick={() => input.current?.click()}>{t('media.chooseFile')}</Button>{file ? <span className="faint num"><bdi>{file.name}</bdi> · {joined(bytes(file.size))}</span> : null}</span>
        {file ? <TextField label={t('media.fileName')} value={name} onChange={setName} mono maxLength={255} error={error} /> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}
