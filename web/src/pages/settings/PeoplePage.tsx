// People who may sign in, their sessions, and what every sign-in needs. The server refuses to lose the last owner.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { UserRow } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan, useUser } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { toMillis } from '../../format/time';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Tabs } from '../../ui/Tabs';
import { AccountState, accountState, EditAccount } from '../people/EditAccount';
import { SessionsTab } from '../people/SessionsTab';
import { SignInRules } from '../people/SignInRules';
import './settings.css';

const roles = ['viewer', 'operator', 'admin'] as const;
type Role = (typeof roles)[number];
const keyOf = (u: UserRow) => u.username;

export default function PeoplePage() {
  const t = useT();
  const me = useUser();
  const may = useCan('users:manage');
  const users = useResource(may ? paths.users : null);
  const [isNew, setNew] = useQueryParam('new');
  const [removing, setRemoving] = useState<UserRow | null>(null);
  const [resetting, setResetting] = useState<UserRow | null>(null);
  const [editing, setEditing] = useState<UserRow | null>(null);
  const [tab] = useQueryParam('tab');
  const columns = useMemo((): Column<UserRow>[] => {
    const setRole = async (u: UserRow, role: Role) => {
      try { await send('POST', urls.users, { action: 'set_role', username: u.username, role }); toast({ level: 'ok', text: t('people.roleChanged', { name: u.username, role: t(`role.${role}`) }) }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      invalidate('/api/users');
    };
    return [
      { id: 'username', title: t('people.username'), value: (u) => u.username, kind: 'main', cell: (u) => <span className="row"><span className="avatar" aria-hidden="true">{u.username.slice(0, 2).toUpperCase()}</span><bdi>{u.display_name || u.username}</bdi>{u.username === me?.username ? <span className="tag">{t('people.you')}</span> : null}</span> },
      { id: 'role', title: t('people.role'), value: (u) => u.role, width: '200px', cell: (u) => {
        const fixed = u.role === 'owner' || u.username === me?.username;
        const role = roles.find((r) => r === u.role);
        return fixed || !role ? tDynamic(`role.${u.role}`, u.role) : <span className="cell-select"><Select hideLabel label={`${t('people.role')}: ${u.username}`} value={role} onChange={(r) => void setRole(u, r)} options={roles.map((r) => ({ id: r, text: t(`role.${r}`) }))} /></span>;
      } },
      { id: 'state', title: t('accounts.state'), value: (u) => accountState(u), cell: (u) => <AccountState user={u} /> },
      { id: 'factor', title: t('people.factor'), value: (u) => (u.has_2fa ? 'on' : 'off'), cell: (u) => <StatusMark status={u.has_2fa ? 'ok' : 'paused'} word={u.has_2fa ? t('people.yes') : t('people.no')} /> },
      { id: 'seen', title: t('people.lastSeen'), value: (u) => toMillis(u.last_login_at), cell: (u) => <Age at={u.last_login_at} /> },
      { id: 'actions', title: t('people.actions'), value: () => null, kind: 'actions', plain: true, cell: (u) => <Menu label={`${t('people.actions')}: ${u.username}`} items={[{ id: 'edit', text: t('accounts.edit'), icon: 'edit', run: () => setEditing(u) }, { id: 'reset', text: t('people.resetPassword'), icon: 'key', run: () => setResetting(u) }, { id: 'remove', text: t('people.remove'), icon: 'trash', danger: true, reason: u.username === me?.username ? t('people.notSelf') : undefined, run: () => setRemoving(u) }]} /> },
    ];
  }, [t, me]);
  return (
    <>
      <PageHead title={t('people.title')} sub={t('people.sub')} actions={may ? <Button kind="primary" icon="plus" writes onClick={() => setNew('1')}>{t('people.add')}</Button> : null} />
      {may ? <Tabs label={t('people.title')} active={tab === 'sessions' || tab === 'rules' ? tab : 'accounts'} items={[{ id: 'accounts', text: t('accounts.tabAccounts'), to: '/settings/people' }, { id: 'sessions', text: t('accounts.tabSessions'), to: '/settings/people?tab=sessions' }, { id: 'rules', text: t('accounts.tabRules'), to: '/settings/people?tab=rules' }]} /> : null}
      {may && tab === 'sessions' ? <SessionsTab /> : may && tab === 'rules' ? <SignInRules /> : <section className="card">{may ? <Loaded from={users} lines={5}>{(rows) => <DataTable name="people" label={t('people.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="username" />}</Loaded> : <Forbidden permission="users:manage" />}</section>}
      {editing ? <EditAccount user={editing} isOwn={editing.username === me?.username} owns={me?.role === 'owner'} onClose={() => setEditing(null)} /> : null}
      {isNew === '1' && may ? <AddPerson onClose={() => setNew('')} /> : null}
      {resetting ? <ResetPassword user={resetting} onClose={() => setResetting(null)} /> : null}
      {removing ? <ConfirmDialog title={t('people.removeTitle', { name: removing.username })} name={removing.username} action={t('people.remove')} onClose={() => setRemoving(null)} run={async () => { await send('POST', urls.users, { action: 'remove', username: removing.username }); invalidate('/api/users'); }}><p>{t('people.removeText')}</p><ChangePreview path={urls.account(removing.uid)} /></ConfirmDialog> : null}
    </>
  );
}

function AddPerson({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setError(null);
    try { await send('POST', urls.users, { action: 'add', username: username.trim(), password, role }); invalidate('/api/users'); toast({ level: 'ok', text: t('people.added', { name: username.trim() }) }); onClose(); } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('people.add')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <TextField label={t('people.username')} value={username} onChange={setUsername} autoFocus required maxLength={64} autoComplete="off" />
        <TextField label={t('people.password')} type="password" value={password} onChange={setPassword} required autoComplete="new-password" help={t('people.passwordHelp')} />
        <Select label={t('people.role')} value={role} onChange={setRole} options={roles.map((r) => ({ id: r, text: t(`role.${r}`) }))} help={t(`role.${role}.text`)} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <Button type="submit" kind="primary" busy={busy}>{t('people.add')}</Button>
      </form>
    </Layer>
  );
}

function ResetPassword({ user, onClose }: { user: UserRow; onClose: () => void }) {
  const t = useT();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setError(null);
    try { await send('POST', urls.users, { action: 'change_password', username: user.username, password }); toast({ level: 'ok', text: t('people.resetDone', { name: user.username }) }); onClose(); } catch (e) { setError(asApiError(e).message); }
  };
  return <Layer title={t('people.resetPassword')} onClose={onClose}><form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}><p>{t('people.resetText', { name: user.username })}</p><TextField label={t('people.password')} type="password" value={password} onChange={setPassword} required autoFocus autoComplete="new-password" error={error} /><Button type="submit" kind="primary">{t('people.resetPassword')}</Button></form></Layer>;
}
