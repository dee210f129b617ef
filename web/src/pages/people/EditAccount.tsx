// One account: name, role, end, node scope and whether it may sign in. Owners are changed after a fresh proof of identity.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { UserRow } from '../../api/shapes';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { Field, Select, Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import './people.css';

const roles = ['viewer', 'operator', 'admin'] as const;
const lives = ['keep', 'never', '1', '7', '30', '90'] as const;
type Role = (typeof roles)[number] | 'owner';
type Life = (typeof lives)[number];

export function accountState(u: UserRow): 'expired' | 'disabled' | 'active' {
  const end = toMillis(u.expires_at);
  if (end !== null && end <= Date.now()) return 'expired';
  return u.is_active ? 'active' : 'disabled';
}

export function AccountState({ user }: { user: UserRow }) {
  const t = useT();
  const state = accountState(user);
  const end = toMillis(user.expires_at);
  return <span className="row"><StatusMark status={state === 'active' ? 'ok' : 'paused'} word={t(`accounts.${state}`)} />{state === 'active' && end !== null ? <span className="faint">{t('accounts.until', { when: dayTime(end) })}</span> : null}</span>;
}

export function EditAccount({ user, isOwn, owns, onClose }: { user: UserRow; isOwn: boolean; owns: boolean; onClose: () => void }) {
  const t = useT();
  const end = toMillis(user.expires_at);
  const [name, setName] = useState(user.display_name);
  const [email, setEmail] = useState(user.email ?? '');
  const [role, setRole] = useState<Role>(user.role === 'owner' ? 'owner' : (roles.find((r) => r === user.role) ?? 'viewer'));
  const [active, setActive] = useState(user.is_active);
  const [mustChange, setMustChange] = useState(user.must_change_password);
  const [life, setLife] = useState<Life>(end === null ? 'never' : 'keep');
  const [some, setSome] = useState<'all' | 'some'>(user.allowed_node_ids === null ? 'all' : 'some');
  const [ids, setIds] = useState((user.allowed_node_ids ?? []).join('\n'));
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const choices: Role[] = owns ? [...roles, 'owner'] : user.role === 'owner' ? ['owner'] : [...roles];
  const go = async () => {
    const change: Record<string, unknown> = {};
    if (name.trim() !== user.display_name) change.display_name = name.trim();
    if (email.trim() !== (user.email ?? '')) change.email = email.trim() === '' ? null : email.trim();
    if (role !== user.role) change.role = role === 'owner' ? 'super_admin' : role;
    if (active !== user.is_active) change.is_active = active;
    if (mustChange !== user.must_change_password) change.must_change_password = mustChange;
    if (life === 'never' && end !== null) { change.expires_at = null; change.is_temporary = false; }
    if (life !== 'never' && life !== 'keep') { change.expires_at = new Date(Date.now() + Number(life) * 86_400_000).toISOString(); change.is_temporary = true; }
    const wanted = some === 'all' ? null : ids.split(/[\s,]+/).filter((id) => id !== '');
    if (JSON.stringify(wanted) !== JSON.stringify(user.allowed_node_ids)) change.allowed_node_ids = wanted;
    setBusy(true);
    setFaults({});
    try {
      if (Object.keys(change).length > 0) await send('PUT', urls.account(user.uid), change);
      invalidate('/api/users', '/api/auth/sessions');
      toast({ level: 'ok', text: t('accounts.saved', { name: user.username }) });
      onClose();
    } catch (e) {
      const fault = asApiError(e);
      setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field, f.message])) : { form: fault.message });
      setBusy(false);
    }
  };
  const lifeText = (id: Life) => (id === 'never' ? t('accounts.lifeNever') : id === 'keep' ? t('accounts.lifeKeep', { when: dayTime(end ?? 0) }) : t('accounts.lifeDays', { n: Number(id) }));
  return (
    <Layer title={t('accounts.editTitle', { name: user.username })} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <TextField label={t('accounts.displayName')} value={name} onChange={setName} required maxLength={128} error={faults.display_name} />
        <TextField label={t('accounts.email')} type="email" value={email} onChange={setEmail} optional maxLength={254} autoComplete="off" error={faults.email} />
        {isOwn ? null : (
          <>
            <div className="pair">
              <Select label={t('people.role')} value={role} onChange={setRole} options={choices.map((r) => ({ id: r, text: t(`role.${r}`) }))} />
              <Select label={t('accounts.life')} value={life} onChange={setLife} options={lives.filter((l) => l !== 'keep' || end !== null).map((l) => ({ id: l, text: lifeText(l) }))} />
            </div>
            <Select label={t('accounts.scope')} value={some} onChange={setSome} options={[{ id: 'all', text: t('accounts.scopeAll') }, { id: 'some', text: t('accounts.scopeSome') }]} />
            {some === 'some' ? <Field label={t('accounts.scopeIds')} help={t('accounts.scopeHelp')} error={faults.allowed_node_ids}>{({ id, describedBy }) => <textarea id={id} className="input mono" rows={3} value={ids} onChange={(e) => setIds(e.target.value)} aria-describedby={describedBy} spellCheck={false} />}</Field> : null}
            <Switch label={t('accounts.isActive')} checked={active} onChange={setActive} />
            <p className="field-help">{t('accounts.endsSessions')}</p>
          </>
        )}
        <Switch label={t('accounts.mustChange')} checked={mustChange} onChange={setMustChange} />
        {user.has_2fa && !isOwn ? <ConfirmInline danger action={t('accounts.removeFactor')} effect={t('accounts.factorEffect', { name: user.username })} run={async () => { await send('POST', urls.totpDisable, { username: user.username }); invalidate('/api/users'); toast({ level: 'ok', text: t('accounts.factorRemoved', { name: user.username }) }); onClose(); }} /> : null}
        {faults.form ? <p className="field-error" role="alert">{faults.form}</p> : null}
        <Button type="submit" kind="primary" busy={busy}>{t('accounts.save')}</Button>
      </form>
    </Layer>
  );
}
