// Keys that reach the power routes only, for rack scripts and NAS boxes: read, operate or administer.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { PowerKeyRow } from '../../api/shapes';
import { toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import type { KeysProps } from './InstanceKeys';
import { MadeKey } from './KeyDialogs';

const roles = ['read', 'operate', 'admin'] as const;
const keyOf = (k: PowerKeyRow) => String(k.id);

export function PowerKeys({ isNew, setNew }: KeysProps) {
  const t = useT();
  const keys = useResource(paths.powerKeys);
  const [revoking, setRevoking] = useState<PowerKeyRow | null>(null);
  const columns = useMemo((): Column<PowerKeyRow>[] => [
    { id: 'name', title: t('apikeys.name'), value: (k) => k.name, kind: 'main', cell: (k) => <bdi>{k.name}</bdi> },
    { id: 'role', title: t('apikeys.role'), value: (k) => k.role, cell: (k) => tDynamic(`pkeys.${k.role}`, k.role) },
    { id: 'prefix', title: t('keys.prefix'), value: (k) => k.key_prefix, cell: (k) => <code>{k.key_prefix}…</code> },
    { id: 'created', title: t('apikeys.created'), value: (k) => toMillis(k.created_at), cell: (k) => <Age at={k.created_at} /> },
    { id: 'used', title: t('apikeys.used'), value: (k) => toMillis(k.last_used_at), cell: (k) => <Age at={k.last_used_at} /> },
    { id: 'actions', title: t('apikeys.actions'), value: () => null, kind: 'actions', plain: true, cell: (k) => <Button small kind="quiet" className="btn-danger-text" writes onClick={() => setRevoking(k)}>{t('apikeys.revoke')}</Button> },
  ], [t]);
  return (
    <>
      <section className="card"><Loaded from={keys} lines={3}>{(rows) => <DataTable name="power-keys" label={t('keys.tabPower')} rows={rows} columns={columns} keyOf={keyOf} initialSort="name" empty={<Empty icon="key" title={t('apikeys.none')} text={t('pkeys.noneText')} action={<Button kind="primary" icon="plus" onClick={() => setNew(true)}>{t('apikeys.add')}</Button>} />} />}</Loaded></section>
      {revoking ? <ConfirmDialog title={`${t('apikeys.revoke')}: ${revoking.name}`} name={revoking.name} action={t('apikeys.revoke')} onClose={() => setRevoking(null)} run={async () => { await send('DELETE', urls.powerKey(revoking.id)); invalidate(urls.powerKeys); toast({ level: 'ok', text: t('apikeys.revoked', { name: revoking.name }) }); }}><p>{t('apikeys.revokeEffect', { name: revoking.name })}</p><ChangePreview path={urls.powerKey(revoking.id)} /></ConfirmDialog> : null}
      {isNew ? <NewPowerKey onClose={() => setNew(false)} /> : null}
    </>
  );
}

function NewPowerKey({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [role, setRole] = useState<(typeof roles)[number]>('read');
  const [made, setMade] = useState<PowerKeyRow | null>(null);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setError(null);
    try { setMade(await send<PowerKeyRow>('POST', urls.powerKeys, { name: name.trim(), role })); invalidate(urls.powerKeys); } catch (e) { setError(asApiError(e).message); }
  };
  if (made) return <MadeKey made={{ name: made.name, key: made.key ?? '' }} onClose={onClose} />;
  return (
    <Layer title={t('pkeys.add')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <TextField label={t('apikeys.name')} value={name} onChange={setName} autoFocus required maxLength={100} autoComplete="off" error={error} />
        <Select label={t('apikeys.role')} value={role} onChange={setRole} options={roles.map((r) => ({ id: r, text: t(`pkeys.${r}`) }))} help={t(`pkeys.${role}.text`)} />
        <Button type="submit" kind="primary">{t('apikeys.create')}</Button>
      </form>
    </Layer>
  );
}
