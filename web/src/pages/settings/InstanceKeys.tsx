// API keys of the instance: a role each, made once, shown once, replaced with an overlap, revoked alone.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ApiKeyRow, NewApiKey } from '../../api/shapes';
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
import { KeyEnd, MadeKey, RotateKey } from './KeyDialogs';

const roles = ['viewer', 'operator', 'admin'] as const;
const expiries = ['', '30', '90', '365'] as const;
const keyOf = (k: ApiKeyRow) => k.id;

/** Whether the form for a new key is open, which the page decides. */
export interface KeysProps { isNew: boolean; setNew: (open: boolean) => void }

export function InstanceKeys({ isNew, setNew }: KeysProps) {
  const t = useT();
  const keys = useResource(paths.apiKeys);
  const [rotating, setRotating] = useState<ApiKeyRow | null>(null);
  const [revoking, setRevoking] = useState<ApiKeyRow | null>(null);
  const columns = useMemo((): Column<ApiKeyRow>[] => [
    { id: 'name', title: t('apikeys.name'), value: (k) => k.name, kind: 'main', cell: (k) => <bdi>{k.name}</bdi> },
    { id: 'role', title: t('apikeys.role'), value: (k) => k.role, cell: (k) => tDynamic(`role.${k.role}`, k.role) },
    { id: 'created', title: t('apikeys.created'), value: (k) => toMillis(k.created_at), cell: (k) => <Age at={k.created_at} /> },
    { id: 'used', title: t('apikeys.used'), value: (k) => toMillis(k.last_used), cell: (k) => <Age at={k.last_used} /> },
    { id: 'requests', title: t('keys.requests'), value: (k) => k.request_count, kind: 'number' },
    { id: 'expires', title: t('apikeys.expires'), value: (k) => toMillis(k.expires_at), cell: (k) => <KeyEnd endsAt={k.ends_at} expiresAt={k.expires_at} /> },
    { id: 'actions', title: t('apikeys.actions'), value: () => null, kind: 'actions', plain: true, cell: (k) => <span className="row row-end">{k.ends_at === null ? <Button small kind="quiet" writes onClick={() => setRotating(k)}>{t('keys.rotate')}</Button> : null}<Button small kind="quiet" className="btn-danger-text" writes onClick={() => setRevoking(k)}>{t('apikeys.revoke')}</Button></span> },
  ], [t]);
  return (
    <>
      <section className="card"><Loaded from={keys} lines={4}>{(rows) => <DataTable name="api-keys" label={t('apikeys.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="name" empty={<Empty icon="key" title={t('apikeys.none')} text={t('apikeys.noneText')} action={<Button kind="primary" icon="plus" onClick={() => setNew(true)}>{t('apikeys.add')}</Button>} />} />}</Loaded></section>
      {revoking ? <ConfirmDialog title={`${t('apikeys.revoke')}: ${revoking.name}`} name={revoking.name} action={t('apikeys.revoke')} onClose={() => setRevoking(null)} run={async () => { await send('DELETE', urls.apiKey(revoking.id)); invalidate(urls.apiKeys); toast({ level: 'ok', text: t('apikeys.revoked', { name: revoking.name }) }); }}><p>{t('apikeys.revokeEffect', { name: revoking.name })}</p><ChangePreview path={urls.apiKey(revoking.id)} /></ConfirmDialog> : null}
      {isNew ? <NewKey onClose={() => setNew(false)} /> : null}
      {rotating ? <RotateKey name={rotating.name} path={urls.rotateApiKey(rotating.id)} onClose={() => setRotating(null)} rotate={async (grace) => { const made = await send<NewApiKey>('POST', urls.rotateApiKey(rotating.id), { grace_seconds: grace }); invalidate(urls.apiKeys); return made; }} /> : null}
    </>
  );
}

function NewKey({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [role, setRole] = useState<(typeof roles)[number]>('viewer');
  const [days, setDays] = useState<(typeof expiries)[number]>('90');
  const [made, setMade] = useState<NewApiKey | null>(null);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setError(null);
    try { setMade(await send<NewApiKey>('POST', urls.apiKeys, { name: name.trim(), role, ...(days === '' ? {} : { expires_days: Number(days) }) })); invalidate(urls.apiKeys); } catch (e) { setError(asApiError(e).message); }
  };
  if (made) return <MadeKey made={made} onClose={onClose} />;
  return (
    <Layer title={t('apikeys.add')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <TextField label={t('apikeys.name')} value={name} onChange={setName} autoFocus required maxLength={64} autoComplete="off" error={error} />
        <Select label={t('apikeys.role')} value={role} onChange={setRole} options={roles.map((r) => ({ id: r, text: t(`role.${r}`) }))} help={t(`role.${role}.text`)} />
        <Select label={t('apikeys.expiry')} value={days} onChange={setDays} options={expiries.map((d) => ({ id: d, text: d === '' ? t('apikeys.never') : t('apikeys.days', { n: Number(d) }) }))} />
        <Button type="submit" kind="primary">{t('apikeys.create')}</Button>
      </form>
    </Layer>
  );
}
