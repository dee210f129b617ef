// The SSH keys that sign in to the account Argos runs under: looked at, added, removed.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { SshKeyRow } from '../../api/shapes';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import type { KeysProps } from './InstanceKeys';

const keyOf = (k: SshKeyRow) => String(k.id);

export function SshKeys({ isNew, setNew }: KeysProps) {
  const t = useT();
  const keys = useResource(paths.sshKeys);
  const columns = useMemo((): Column<SshKeyRow>[] => [
    { id: 'comment', title: t('ssh.comment'), value: (k) => k.comment, kind: 'main', cell: (k) => (k.comment === '' ? <span className="faint">{t('ssh.unnamed')}</span> : <bdi>{k.comment}</bdi>) },
    { id: 'type', title: t('ssh.type'), value: (k) => k.type, width: '160px' },
    { id: 'print', title: t('ssh.print'), value: (k) => k.sha256 ?? k.fingerprint, cell: (k) => <bdi className="mono truncate" title={k.sha256 ?? k.fingerprint}>{k.sha256 ?? k.fingerprint}</bdi> },
    { id: 'actions', title: t('apikeys.actions'), value: () => null, kind: 'actions', plain: true, cell: (k) => <ConfirmInline danger action={t('ssh.remove')} effect={t('ssh.removeEffect', { name: k.comment || k.fingerprint })} run={async () => { await send('DELETE', urls.sshKey(k.id)); invalidate(urls.sshKeys); toast({ level: 'ok', text: t('ssh.removed') }); }} /> },
  ], [t]);
  return (
    <>
      <section className="card"><Loaded from={keys} lines={3}>{(rows) => <DataTable name="ssh-keys" label={t('ssh.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="comment" empty={<Empty icon="key" title={t('ssh.none')} text={t('ssh.noneText')} action={<Button kind="primary" icon="plus" writes onClick={() => setNew(true)}>{t('ssh.add')}</Button>} />} />}</Loaded></section>
      {isNew ? <NewSshKey onClose={() => setNew(false)} /> : null}
    </>
  );
}

function NewSshKey({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setBusy(true);
    setError(null);
    try { await send('POST', urls.sshKeys, { key: key.trim() }); invalidate(urls.sshKeys); toast({ level: 'ok', text: t('ssh.added') }); onClose(); } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <Layer title={t('ssh.add')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} writes disabled={key.trim() === ''} onClick={() => void go()}>{t('ssh.add')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (key.trim() !== '' && !busy) void go(); }}>
        <TextField label={t('ssh.key')} value={key} onChange={setKey} autoFocus required autoComplete="off" help={t('ssh.keyHelp')} error={error} />
      </form>
    </Layer>
  );
}
