// API keys: made once, shown once, replaced with an overlap, revoked alone.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ApiKeyRow, NewApiKey } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { CopyBlock, Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import './settings.css';

const roles = ['viewer', 'operator', 'admin'] as const;
const expiries = ['', '30', '90', '365'] as const;
const keyOf = (k: ApiKeyRow) => k.id;

export default function KeysPage() {
  const t = useT();
  const may = useCan('api_keys:manage');
  const keys = useResource(may ? paths.apiKeys : null);
  const [isNew, setNew] = useQueryParam('new');
  const [rotating, setRotating] = useState<ApiKeyRow | null>(null);
  const columns = useMemo((): Column<ApiKeyRow>[] => [
    { id: 'name', title: t('apikeys.name'), value: (k) => k.name, kind: 'main', cell: (k) => <bdi>{k.name}</bdi> },
    { id: 'role', title: t('apikeys.role'), value: (k) => k.role, cell: (k) => tDynamic(`role.${k.role}`, k.role) },
    { id: 'created', title: t('apikeys.created'), value: (k) => toMillis(k.created_at), cell: (k) => <Age at={k.created_at} /> },
    { id: 'used', title: t('apikeys.used'), value: (k) => toMillis(k.last_used), cell: (k) => <Age at={k.last_used} /> },
    { id: 'requests', title: t('keys.requests'), value: (k) => k.request_count, kind: 'number' },
    { id: 'expires', title: t('apikeys.expires'), value: (k) => toMillis(k.expires_at), cell: (k) => <KeyEnd row={k} /> },
    { id: 'actions', title: t('apikeys.actions'), value: () => null, kind: 'actions', plain: true, cell: (k) => <span className="row row-end">{k.ends_at === null ? <Button small kind="quiet" writes onClick={() => setRotating(k)}>{t('keys.rotate')}</Button> : null}<ConfirmInline danger action={t('apikeys.revoke')} effect={t('apikeys.revokeEffect', { name: k.name })} run={async () => { await send('DELETE', urls.apiKey(k.id)); invalidate(urls.apiKeys); toast({ level: 'ok', text: t('apikeys.revoked', { name: k.name }) }); }} /></span> },
  ], [t]);
  return (
    <>
      <PageHead title={t('apikeys.title')} sub={t('apikeys.sub')} actions={may ? <Button kind="primary" icon="plus" writes onClick={() => setNew('1')}>{t('apikeys.add')}</Button> : null} />
      <section className="card">{may ? <Loaded from={keys} lines={4}>{(rows) => <DataTable name="api-keys" label={t('apikeys.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="name" empty={<Empty icon="key" title={t('apikeys.none')} text={t('apikeys.noneText')} action={<Button kind="primary" icon="plus" onClick={() => setNew('1')}>{t('apikeys.add')}</Button>} />} />}</Loaded> : <Forbidden permission="api_keys:manage" />}</section>
      {isNew === '1' && may ? <NewKey onClose={() => setNew('')} /> : null}
      {rotating ? <RotateKey row={rotating} onClose={() => setRotating(null)} /> : null}
    </>
  );
}

const warnMs = 7 * 86_400_000;

/** When a key stops working: by itself, or because another took its place. */
function KeyEnd({ row }: { row: ApiKeyRow }) {
  const t = useT();
  const end = toMillis(row.ends_at) ?? toMillis(row.expires_at);
  if (end === null) return <span className="faint">{t('apikeys.never')}</span>;
  if (row.ends_at !== null) return <StatusMark status="paused" word={t('keys.replaced', { when: dayTime(end) })} />;
  if (end <= Date.now()) return <StatusMark status="paused" word={t('keys.expired')} />;
  return end - Date.now() < warnMs ? <StatusMark status="warning" word={dayTime(end)} /> : <Age at={row.expires_at} />;
}

const graces = ['0', '600', '3600', '86400'] as const;

function RotateKey({ row, onClose }: { row: ApiKeyRow; onClose: () => void }) {
  const t = useT();
  const [grace, setGrace] = useState<(typeof graces)[number]>('3600');
  const [made, setMade] = useState<NewApiKey | null>(null);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setError(null);
    try { setMade(await send<NewApiKey>('POST', urls.rotateApiKey(row.id), { grace_seconds: Number(grace) })); invalidate(urls.apiKeys); } catch (e) { setError(asApiError(e).message); }
  };
  if (made) return <MadeKey made={made} onClose={onClose} />;
  return (
    <Layer title={t('keys.rotateTitle', { name: row.name })} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <p>{t('keys.rotateText')}</p>
        <Select label={t('keys.grace')} value={grace} onChange={setGrace} options={graces.map((g) => ({ id: g, text: g === '0' ? t('keys.grace0') : t('keys.graceMinutes', { n: Number(g) / 60 }) }))} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <Button type="submit" kind="primary">{t('keys.rotate')}</Button>
      </form>
    </Layer>
  );
}

function MadeKey({ made, onClose }: { made: NewApiKey; onClose: () => void }) {
  const t = useT();
  return <Layer title={t('apikeys.made', { name: made.name })} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>{t('core.close')}</Button>}><div className="stack"><p className="banner banner-warning">{t('apikeys.once')}</p><CopyBlock label={t('apikeys.title')} text={made.key} /></div></Layer>;
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
