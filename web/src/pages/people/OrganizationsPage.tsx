// Organizations one belongs to: choose one, see its members and projects, make another.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { OrganizationRow } from '../../api/shapes';
import { navigate, useQueryParam } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { Select, TextField } from '../../ui/Form';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';
import { Tabs } from '../../ui/Tabs';
import { toast } from '../../ui/toasts';
import { MembersTab } from './MembersTab';
import { ChannelsTab } from './ChannelsTab';
import { ProjectsTab } from './ProjectsTab';
import { WebhooksTab } from './WebhooksTab';
import './people.css';

type Dialog = 'rename' | 'leave' | 'transfer' | 'delete';
const refresh = () => invalidate('/api/v1/organizations', '/api/v1/users/me/organizations');

export default function OrganizationsPage({ params }: PageProps) {
  const t = useT();
  const list = useResource(paths.organizations);
  const [isNew, setNew] = useQueryParam('new');
  return (
    <>
      <PageHead title={t('orgs.title')} sub={t('orgs.sub')} actions={<Button kind="primary" icon="plus" writes onClick={() => setNew('1')}>{t('orgs.add')}</Button>} />
      <Loaded from={list} lines={6}>{(rows) => {
        const org = rows.find((o) => o.id === params.id) ?? rows.find((o) => o.is_default) ?? rows[0];
        return org ? <OneOrganization key={org.id} org={org} all={rows} tab={params.tab === 'projects' || params.tab === 'webhooks' || params.tab === 'channels' ? params.tab : 'members'} /> : <section className="card"><Empty icon="users" title={t('orgs.none')} text={t('orgs.noneText')} /></section>;
      }}</Loaded>
      {isNew === '1' ? <NewOrganization onClose={() => setNew('')} /> : null}
    </>
  );
}

function OneOrganization({ org, all, tab }: { org: OrganizationRow; all: readonly OrganizationRow[]; tab: 'members' | 'projects' | 'webhooks' | 'channels' }) {
  const t = useT();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const close = () => setDialog(null);
  const home = `/settings/organizations/${org.id}`;
  const owns = org.role === 'owner';
  const manages = owns || org.role === 'admin';
  const menu = [
    ...(manages ? [{ id: 'rename', text: t('orgs.rename'), run: () => setDialog('rename') }] : []),
    ...(owns ? [{ id: 'transfer', text: t('orgs.transfer'), run: () => setDialog('transfer') }] : []),
    { id: 'leave', text: t('orgs.leave'), run: () => setDialog('leave') },
    ...(owns && !org.is_default ? [{ id: 'delete', text: t('orgs.delete'), icon: 'trash' as const, danger: true, run: () => setDialog('delete') }] : []),
  ];
  const gone = (text: string) => { refresh(); toast({ level: 'ok', text }); navigate('/settings/organizations', { replace: true }); };
  return (
    <>
      <section className="card org-head">
        <div className="org-name">
          {all.length > 1
            ? <Select label={t('orgs.which')} hideLabel value={org.id} options={all.map((o) => ({ id: o.id, text: o.name }))} onChange={(id) => navigate(`/settings/organizations/${id}/${tab}`)} />
            : <h2><bdi>{org.name}</bdi></h2>}
          {org.is_default ? <span className="tag">{t('orgs.default')}</span> : org.is_personal ? <span className="tag">{t('orgs.personal')}</span> : null}
        </div>
        <p className="muted"><span className="num">{t('orgs.count', { n: org.member_count })}</span>{' · '}{t('orgs.yourRole', { role: tDynamic(`orole.${org.role}`, org.role) })}{org.is_default ? <>{' · '}{t('orgs.defaultText')}</> : null}</p>
        <Menu label={t('orgs.more')} items={menu} />
      </section>
      <Tabs label={org.name} active={tab} items={[{ id: 'members', text: t('members.title'), to: `${home}/members` }, { id: 'projects', text: t('projects.title'), to: `${home}/projects` }, ...(manages ? [{ id: 'channels', text: t('orgchannels.title'), to: `${home}/channels` }, { id: 'webhooks', text: t('hooks.title'), to: `${home}/webhooks` }] : [])]} />
      {tab === 'channels' ? manages ? <ChannelsTab org={org} /> : <Forbidden permission="org:manage_settings" /> : tab === 'webhooks' && manages ? <WebhooksTab org={org} /> : tab === 'webhooks' ? <Forbidden permission="integration:configure" /> : tab === 'members' ? <MembersTab org={org} manages={manages} owns={owns} /> : <ProjectsTab org={org} manages={manages} owns={owns} />}
      {dialog === 'rename' ? <Rename org={org} onClose={close} /> : null}
      {dialog === 'transfer' ? <Transfer org={org} onClose={close} /> : null}
      {dialog === 'leave' ? <ConfirmDialog title={t('orgs.leaveTitle', { name: org.name })} name={org.name} action={t('orgs.leave')} onClose={close} run={async () => { await send('POST', urls.organizationLeave(org.id), {}); gone(t('orgs.left', { name: org.name })); }}><p>{t('orgs.leaveText')}</p></ConfirmDialog> : null}
      {dialog === 'delete' ? <ConfirmDialog title={t('orgs.deleteTitle', { name: org.name })} name={org.name} action={t('orgs.delete')} onClose={close} run={async () => { await send('DELETE', urls.organization(org.id)); gone(t('orgs.deleted', { name: org.name })); }}><p>{t('orgs.deleteText')}</p><ChangePreview path={urls.organization(org.id)} /></ConfirmDialog> : null}
    </>
  );
}

function NameForm({ title, action, initial, onClose, run }: { title: string; action: string; initial: string; onClose: () => void; run: (name: string) => Promise<void> }) {
  const t = useT();
  const [name, setName] = useState(initial);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setError(null);
    try { await run(name.trim()); refresh(); onClose(); } catch (e) { const fault = asApiError(e); setError(fault.fields[0]?.message ?? fault.message); setBusy(false); }
  };
  return <Layer title={title} onClose={onClose}><form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}><TextField label={t('orgs.name')} value={name} onChange={setName} autoFocus required maxLength={100} error={error} /><Button type="submit" kind="primary" busy={busy}>{action}</Button></form></Layer>;
}

function NewOrganization({ onClose }: { onClose: () => void }) {
  const t = useT();
  return <NameForm title={t('orgs.add')} action={t('orgs.create')} initial="" onClose={onClose} run={async (name) => {
    const made = await send<{ id: string }>('POST', urls.organizations, { name });
    toast({ level: 'ok', text: t('orgs.created', { name }) });
    navigate(`/settings/organizations/${made.id}`);
  }} />;
}

function Rename({ org, onClose }: { org: OrganizationRow; onClose: () => void }) {
  const t = useT();
  return <NameForm title={t('orgs.rename')} action={t('orgs.save')} initial={org.name} onClose={onClose} run={async (name) => { await send('PUT', urls.organization(org.id), { name }); toast({ level: 'ok', text: t('orgs.renamed', { name }) }); }} />;
}

function Transfer({ org, onClose }: { org: OrganizationRow; onClose: () => void }) {
  const t = useT();
  const members = useResource(paths.members(org.id));
  const others = (members.data ?? []).filter((m) => m.status === 'active' && m.role !== 'owner' && m.user_id !== null);
  const [to, setTo] = useState('');
  const [error, setError] = useState<string | null>(null);
  const chosen = others.find((m) => m.user_id === to) ?? others[0];
  const go = async () => {
    if (!chosen?.user_id) return;
    setError(null);
    try { await send('POST', urls.organizationTransfer(org.id), { new_owner_user_id: chosen.user_id }); refresh(); toast({ level: 'ok', text: t('orgs.transferred', { name: chosen.username ?? '' }) }); onClose(); } catch (e) { setError(asApiError(e).message); }
  };
  return (
    <Layer title={t('orgs.transferTitle', { name: org.name })} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <p>{t('orgs.transferText')}</p>
        {chosen?.user_id ? <Select label={t('orgs.transferTo')} value={chosen.user_id} onChange={setTo} options={others.map((m) => ({ id: m.user_id ?? '', text: m.display_name ?? m.username ?? '' }))} /> : <p className="muted">{t('orgs.noCandidate')}</p>}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <Button type="submit" kind="danger" disabled={!chosen}>{t('orgs.transfer')}</Button>
      </form>
    </Layer>
  );
}
