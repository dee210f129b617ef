// Members and open invitations of one organization. An invitation is a link: shown once, to copy.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Invited, MemberRow, OrganizationRow } from '../../api/shapes';
import { useUser } from '../../app/session';
import { toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { CopyBlock, Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

const roles = ['admin', 'member', 'viewer'] as const;
type Role = (typeof roles)[number];
const nameOf = (m: MemberRow) => m.username ?? m.email ?? m.id;
const keyOf = (m: MemberRow) => m.id;
const refresh = () => invalidate('/api/v1/organizations');

export function MembersTab({ org, manages, owns }: { org: OrganizationRow; manages: boolean; owns: boolean }) {
  const t = useT();
  const me = useUser();
  const members = useResource(paths.members(org.id));
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<MemberRow | null>(null);
  const columns = useMemo((): Column<MemberRow>[] => {
    const setRole = async (m: MemberRow, role: Role) => {
      try { await send('PUT', `${urls.member(org.id, m.id)}/role`, { role }); toast({ level: 'ok', text: t('members.roleChanged', { name: nameOf(m), role: t(`orole.${role}`) }) }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      refresh();
    };
    return [
      { id: 'who', title: t('members.who'), value: nameOf, kind: 'main', cell: (m) => <span className="row"><span className="avatar" aria-hidden="true">{nameOf(m).slice(0, 2).toUpperCase()}</span><bdi>{m.display_name ?? nameOf(m)}</bdi>{m.username !== null && m.username === me?.username ? <span className="tag">{t('people.you')}</span> : null}</span> },
      { id: 'email', title: t('members.email'), value: (m) => m.email },
      { id: 'role', title: t('members.role'), value: (m) => m.role, width: '190px', cell: (m) => {
        const role = roles.find((r) => r === m.role);
        return owns && role ? <span className="cell-select"><Select hideLabel label={`${t('members.role')}: ${nameOf(m)}`} value={role} onChange={(r) => void setRole(m, r)} options={roles.map((r) => ({ id: r, text: t(`orole.${r}`) }))} /></span> : tDynamic(`orole.${m.role}`, m.role);
      } },
      { id: 'state', title: t('members.state'), value: (m) => m.status, cell: (m) => <StatusMark status={m.status === 'active' ? 'ok' : 'paused'} word={tDynamic(`members.${m.status}`, m.status)} /> },
      { id: 'since', title: t('members.since'), value: (m) => toMillis(m.accepted_at ?? m.created_at), cell: (m) => <Age at={m.accepted_at ?? m.created_at} /> },
      ...(manages ? [{ id: 'actions', title: t('members.actions'), value: () => null, kind: 'actions' as const, plain: true, cell: (m: MemberRow) => <Menu label={`${t('members.actions')}: ${nameOf(m)}`} items={[{ id: 'remove', text: m.status === 'pending' ? t('members.withdraw') : t('members.remove'), icon: 'trash', danger: true, reason: m.role === 'owner' ? t('members.ownerStays') : undefined, run: () => setRemoving(m) }]} /> }] : []),
    ];
  }, [t, me, org.id, manages, owns]);
  return (
    <>
      <section className="card"><Loaded from={members} lines={5}>{(rows) => <DataTable name="members" label={t('members.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="who" toolbar={manages ? <Button small icon="plus" writes onClick={() => setInviting(true)}>{t('members.invite')}</Button> : null} />}</Loaded></section>
      {inviting ? <Invite org={org} onClose={() => setInviting(false)} /> : null}
      {removing ? <ConfirmDialog title={t('members.removeTitle', { name: nameOf(removing) })} name={nameOf(removing)} action={removing.status === 'pending' ? t('members.withdraw') : t('members.remove')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.member(org.id, removing.id)); refresh(); toast({ level: 'ok', text: t('members.removed', { name: nameOf(removing) }) }); }}><p>{t('members.removeText')}</p></ConfirmDialog> : null}
    </>
  );
}

function Invite({ org, onClose }: { org: OrganizationRow; onClose: () => void }) {
  const t = useT();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('member');
  const [message, setMessage] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<Invited | null>(null);
  const go = async () => {
    setBusy(true);
    setError(null);
    try { setMade(await send<Invited>('POST', urls.members(org.id), { email: email.trim(), role, ...(message.trim() === '' ? {} : { message: message.trim() }) })); refresh(); } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  if (made) return <Layer title={t('members.inviteTitle')} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>{t('members.done')}</Button>}><div className="stack"><p>{t(made.mail === 'sent' ? 'members.inviteMailed' : made.mail === 'failed' ? 'members.inviteNotMailed' : 'members.inviteDone', { email: made.email ?? email })}</p><CopyBlock text={location.origin + made.invite_path} label={t('members.inviteLink')} secret /></div></Layer>;
  return (
    <Layer title={t('members.inviteTitle')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <TextField label={t('members.inviteEmail')} type="email" value={email} onChange={setEmail} autoFocus required maxLength={254} autoComplete="off" error={error} />
        <Select label={t('members.role')} value={role} onChange={setRole} options={roles.map((r) => ({ id: r, text: t(`orole.${r}`) }))} help={t(`orole.${role}.text`)} />
        <TextField label={t('members.inviteMessage')} value={message} onChange={setMessage} optional maxLength={500} />
        <Button type="submit" kind="primary" busy={busy}>{t('members.inviteGo')}</Button>
      </form>
    </Layer>
  );
}
