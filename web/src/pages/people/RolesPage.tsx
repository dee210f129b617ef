// Roles: what each may do, in words and as a table, and who holds it. Roles are fixed; people are given another one.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { PermissionCatalogue, UserRow } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useCan, useUser } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { ButtonLink, Segmented } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { byArea, type RoleSet, rolesOf } from './permissions';
import './people.css';

export default function RolesPage() {
  const t = useT();
  const maySee = useCan('users:manage');
  const catalogue = useResource(paths.permissions);
  const users = useResource(maySee ? paths.users : null);
  const [scope, setScope] = useQueryParam('scope', 'system');
  const inOrganization = scope === 'organization';
  return (
    <>
      <PageHead title={t('roles.title')} sub={t('roles.sub')} actions={<>
        <Segmented label={t('roles.scope')} value={inOrganization ? 'organization' : 'system'} onChange={setScope} options={[{ id: 'system', text: t('roles.system') }, { id: 'organization', text: t('roles.organization') }]} />
        {maySee ? <ButtonLink to={inOrganization ? '/settings/organizations' : '/settings/people'} icon="users">{t('roles.people')}</ButtonLink> : null}
      </>} />
      <Loaded from={catalogue} lines={10}>{(c) => <Roles key={scope} catalogue={c} inOrganization={inOrganization} users={maySee ? users.data : undefined} />}</Loaded>
    </>
  );
}

function Roles({ catalogue, inOrganization, users }: { catalogue: PermissionCatalogue; inOrganization: boolean; users: readonly UserRow[] | undefined }) {
  const roles = useMemo(() => rolesOf(catalogue, inOrganization), [catalogue, inOrganization]);
  const name = (role: string) => tDynamic(`${inOrganization ? 'orole' : 'role'}.${role}`, role);
  return (
    <div className="stack home-column">
      {inOrganization ? null : <div className="rolegrid">{roles.map((r) => <RoleCard key={r.role} role={r} name={name(r.role)} users={users?.filter((u) => u.role === r.role)} />)}</div>}
      <Matrix roles={roles} name={name} />
    </div>
  );
}

const shownHolders = 6;

function RoleCard({ role, name, users }: { role: RoleSet; name: string; users: readonly UserRow[] | undefined }) {
  const t = useT();
  const own = useUser()?.role === role.role;
  return (
    <section className="card role-card" aria-label={name}>
      <header className="row"><h2>{name}</h2>{own ? <span className="tag">{t('roles.yours')}</span> : null}</header>
      <p className="muted">{tDynamic(`role.${role.role}.text`, '')}</p>
      <p className="faint num">{t('roles.count', { n: role.holds.size })}{users ? ` · ${t('roles.holders', { n: users.length })}` : ''}</p>
      {users && users.length > 0 ? (
        <ul className="role-holders">
          {users.slice(0, shownHolders).map((u) => <li key={u.uid}><Link to={`/settings/people?q=${encodeURIComponent(u.username)}`} className={u.is_active ? 'holder' : 'holder holder-off'}><span className="avatar" aria-hidden="true">{u.username.slice(0, 2).toUpperCase()}</span><bdi>{u.display_name || u.username}</bdi></Link></li>)}
          {users.length > shownHolders ? <li><Link to={`/settings/people?q=${encodeURIComponent(`role:${role.role}`)}`}>{t('roles.all', { n: users.length })}</Link></li> : null}
        </ul>
      ) : null}
    </section>
  );
}

function Matrix({ roles, name }: { roles: readonly RoleSet[]; name: (role: string) => string }) {
  const t = useT();
  const [find, setFind] = useQueryParam('q');
  const areas = useMemo(() => {
    const words = find.toLowerCase().split(/\s+/).filter(Boolean);
    return byArea(roles, (p) => { const text = `${p} ${tDynamic(`perm.${p}`, p)}`.toLowerCase(); return words.every((w) => text.includes(w)); });
  }, [roles, find]);
  return (
    <section className="card">
      <header className="card-head roles-head"><h2>{t('roles.matrix')}</h2><span className="filter"><Icon name="search" size={14} /><input type="search" value={find} onChange={(e) => setFind(e.target.value)} aria-label={t('roles.find')} placeholder={t('roles.find')} /></span></header>
      {areas.length === 0 ? <Empty icon="filter" title={t('roles.none')} /> : (
        <div className="table-scroll roles-scroll" tabIndex={0} role="group" aria-label={t('roles.matrix')}>
          <table className="roles">
            <thead><tr><th scope="col">{t('roles.permission')}</th>{roles.map((r) => <th key={r.role} scope="col" className="roles-mark">{name(r.role)}</th>)}</tr></thead>
            {areas.map((area) => (
              <tbody key={area.id}>
                <tr className="roles-area"><th colSpan={roles.length + 1} scope="rowgroup">{tDynamic(`area.${area.id}`, area.id)}</th></tr>
                {area.permissions.map((p) => (
                  <tr key={p}>
                    <th scope="row"><span>{tDynamic(`perm.${p}`, p)}</span> <bdi className="mono faint">{p}</bdi></th>
                    {roles.map((r) => <td key={r.role} className="roles-mark">{r.holds.has(p) ? <Icon name="check" label={t('roles.may')} /> : <span className="sr">{t('roles.mayNot')}</span>}</td>)}
                  </tr>
                ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
      <p className="faint roles-foot">{t('roles.fixed')}</p>
    </section>
  );
}
