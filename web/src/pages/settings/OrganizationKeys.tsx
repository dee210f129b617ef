// Keys of one organization, for test runners and pipelines: scopes instead of a role, and the rights of whoever made them.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { NewOrganizationKey, OrganizationKeyRow } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select, Switch, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import type { KeysProps } from './InstanceKeys';
import { KeyEnd, MadeKey, RotateKey } from './KeyDialogs';

const scopes = ['read', 'write', 'execute', 'tests', 'webhooks', 'admin'] as const;
type Scope = (typeof scopes)[number];
const expiries = ['', '30', '90', '365'] as const;
const keyOf = (k: OrganizationKeyRow) => k.id;

export function OrganizationKeys({ isNew, setNew }: KeysProps) {
  const t = useT();
  const organizations = useResource(paths.organizations);
  return <Loaded from={organizations} lines={4}>{(list) => {
    const usual = list.find((o) => o.is_default) ?? list[0];
    return usual ? <KeysOf organizations={list} usual={usual.id} isNew={isNew} setNew={setNew} /> : <Empty icon="key" title={t('apikeys.none')} text={t('okeys.noOrganization')} />;
  }}</Loaded>;
}

function KeysOf({ organizations, usual, isNew, setNew }: KeysProps & { organizations: { id: string; name: string }[]; usual: string }) {
  const t = useT();
  const [asked, setOrg] = useQueryParam('org');
  const org = organizations.some((o) => o.id === asked) ? asked : usual;
  const keys = useResource(paths.organizationKeys(org));
  const [rotating, setRotating] = useState<OrganizationKeyRow | null>(null);
  const [revoking, setRevoking] = useState<OrganizationKeyRow | null>(null);
  const columns = useMemo((): Column<OrganizationKeyRow>[] => [
    { id: 'name', title: t('apikeys.name'), value: (k) => k.name, kind: 'main', cell: (k) => <bdi>{k.name}</bdi> },
    { id: 'scopes', title: t('okeys.scopes'), value: (k) => k.scopes.join(', '), cell: (k) => <span className="row row-wrap">{k.scopes.map((s) => <span key={s} className="tag">{s}</span>)}</span> },
    { id: 'created', title: t('apikeys.created'), value: (k) => toMillis(k.created_at), cell: (k) => <Age at={k.created_at} /> },
    { id: 'used', title: t('apikeys.used'), value: (k) => toMillis(k.last_used_at), cell: (k) => <Age at={k.last_used_at} /> },
    { id: 'requests', title: t('keys.requests'), value: (k) => k.request_count, kind: 'number' },
    { id: 'expires', title: t('apikeys.expires'), value: (k) => toMillis(k.expires_at), cell: (k) => <KeyEnd endsAt={k.revoked_at} expiresAt={k.expires_at} /> },
    { id: 'actions', title: t('apikeys.actions'), value: () => null, kind: 'actions', plain: true, cell: (k) => <span className="row row-end">{k.revoked_at === null ? <Button small kind="quiet" writes onClick={() => setRotating(k)}>{t('keys.rotate')}</Button> : null}<Button small kind="quiet" className="btn-danger-text" writes onClick={() => setRevoking(k)}>{t('apikeys.revoke')}</Button></span> },
  ], [t]);
  return (
    <>
      {organizations.length > 1 ? <div className="key-organization"><Select label={t('okeys.organization')} value={org} onChange={setOrg} options={organizations.map((o) => ({ id: o.id, text: o.name }))} /></div> : null}
      <section className="card"><Loaded from={keys} lines={3}>{(rows) => <DataTable name="organization-keys" label={t('okeys.of', { name: organizations.find((o) => o.id === org)?.name ?? '' })} rows={rows} columns={columns} keyOf={keyOf} initialSort="name" empty={<Empty icon="key" title={t('apikeys.none')} text={t('okeys.noneText')} action={<Button kind="primary" icon="plus" onClick={() => setNew(true)}>{t('apikeys.add')}</Button>} />} />}</Loaded></section>
      {revoking ? <ConfirmDialog title={`${t('apikeys.revoke')}: ${revoking.name}`} name={revoking.name} action={t('apikeys.revoke')} onClose={() => setRevoking(null)} run={async () => { await send('DELETE', urls.organizationKey(org, revoking.id)); invalidate(urls.organizationKeys); toast({ level: 'ok', text: t('apikeys.revoked', { name: revoking.name }) }); }}><p>{t('apikeys.revokeEffect', { name: revoking.name })}</p><ChangePreview path={urls.organizationKey(org, revoking.id)} /></ConfirmDialog> : null}
      {isNew ? <NewKey org={org} onClose={() => setNew(false)} /> : null}
      {rotating ? <RotateKey name={rotating.name} path={urls.rotateOrganizationKey(org, rotating.id)} onClose={() => setRotating(null)} rotate={async (grace) => { const said = await send<{ new_key: NewOrganizationKey }>('POST', urls.rotateOrganizationKey(org, rotating.id), { grace_seconds: grace }); invalidate(urls.organizationKeys); return said.new_key; }} /> : null}
    </>
  );
}

function NewKey({ org, onClose }: { org: string; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly Scope[]>(['read', 'write']);
  const [days, setDays] = useState<(typeof expiries)[number]>('90');
  const [made, setMade] = useState<NewOrganizationKey | null>(null);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setError(null);
    try { setMade(await send<NewOrganizationKey>('POST', urls.newOrganizationKey(org), { name: name.trim(), scopes: chosen, ...(days === '' ? {} : { expires_in_days: Number(days) }) })); invalidate(urls.organizationKeys); } catch (e) { setError(asApiError(e).message); }
  };
  if (made) return <MadeKey made={made} onClose={onClose} />;
  return (
    <Layer title={t('okeys.add')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <TextField label={t('apikeys.name')} value={name} onChange={setName} autoFocus required maxLength={100} autoComplete="off" error={error} />
        <fieldset className="stack scope-list"><legend>{t('okeys.scopes')}</legend>{scopes.map((s) => <div key={s}><Switch label={t(`okeys.${s}`)} checked={chosen.includes(s)} onChange={(on) => setChosen(on ? [...chosen, s] : chosen.filter((c) => c !== s))} /><p className="muted">{t(`okeys.${s}.text`)}</p></div>)}</fieldset>
        <Select label={t('apikeys.expiry')} value={days} onChange={setDays} options={expiries.map((d) => ({ id: d, text: d === '' ? t('apikeys.never') : t('apikeys.days', { n: Number(d) }) }))} />
        <Button type="submit" kind="primary" reason={chosen.length === 0 ? t('okeys.needScope') : undefined}>{t('apikeys.create')}</Button>
      </form>
    </Layer>
  );
}
