// Projects of one organization and who has a role of its own in them.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { OrganizationRow, ProjectRow } from '../../api/shapes';
import { toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

const roles = ['maintainer', 'developer', 'viewer'] as const;
type Role = (typeof roles)[number];
const keyOf = (p: ProjectRow) => p.id;
const refresh = () => invalidate('/api/v1/organizations', '/api/v1/projects');

export function ProjectsTab({ org, manages, owns }: { org: OrganizationRow; manages: boolean; owns: boolean }) {
  const t = useT();
  const projects = useResource(paths.organizationProjects(org.id));
  const [adding, setAdding] = useState(false);
  const [people, setPeople] = useState<ProjectRow | null>(null);
  const [removing, setRemoving] = useState<ProjectRow | null>(null);
  const writes = manages || org.role === 'member';
  const columns = useMemo((): Column<ProjectRow>[] => {
    const setActive = async (p: ProjectRow, is_active: boolean) => {
      try { await send('PUT', urls.project(p.id), { is_active }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      refresh();
    };
    return [
      { id: 'name', title: t('projects.name'), value: (p) => p.name, kind: 'main', cell: (p) => <bdi>{p.name}</bdi> },
      { id: 'url', title: t('projects.url'), value: (p) => p.app_url },
      { id: 'state', title: t('projects.state'), value: (p) => (p.is_active ? 'active' : 'inactive'), cell: (p) => <StatusMark status={p.is_active ? 'ok' : 'paused'} word={p.is_active ? t('projects.active') : t('projects.paused')} /> },
      { id: 'created', title: t('projects.created'), value: (p) => toMillis(p.created_at), cell: (p) => <Age at={p.created_at} /> },
      { id: 'actions', title: t('projects.actions'), value: () => null, kind: 'actions', plain: true, cell: (p) => <Menu label={`${t('projects.actions')}: ${p.name}`} items={[
        { id: 'people', text: t('projects.people'), icon: 'users', run: () => setPeople(p) },
        ...(writes ? [{ id: 'active', text: p.is_active ? t('projects.pause') : t('projects.resume'), run: () => void setActive(p, !p.is_active) }] : []),
        ...(owns ? [{ id: 'delete', text: t('projects.delete'), icon: 'trash' as const, danger: true, run: () => setRemoving(p) }] : []),
      ]} /> },
    ];
  }, [t, writes, owns]);
  return (
    <>
      <section className="card"><Loaded from={projects} lines={4}>{(rows) => <DataTable name="projects" label={t('projects.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="name" empty={<Empty icon="flask" title={t('projects.none')} text={t('projects.noneText')} />} toolbar={writes ? <Button small icon="plus" writes onClick={() => setAdding(true)}>{t('projects.add')}</Button> : null} />}</Loaded></section>
      {adding ? <NewProject org={org} onClose={() => setAdding(false)} /> : null}
      {people ? <ProjectPeople org={org} project={people} manages={manages} onClose={() => setPeople(null)} /> : null}
      {removing ? <ConfirmDialog title={t('projects.deleteTitle', { name: removing.name })} name={removing.name} action={t('projects.delete')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.project(removing.id)); refresh(); toast({ level: 'ok', text: t('projects.deleted', { name: removing.name }) }); }}><p>{t('projects.deleteText')}</p><ChangePreview path={urls.project(removing.id)} /></ConfirmDialog> : null}
    </>
  );
}

function NewProject({ org, onClose }: { org: OrganizationRow; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [about, setAbout] = useState('');
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setFaults({});
    try { await send('POST', urls.organizationProjects(org.id), { name: name.trim(), app_url: url.trim() || null, description: about.trim() || null }); refresh(); toast({ level: 'ok', text: t('projects.made', { name: name.trim() }) }); onClose(); } catch (e) {
      const fault = asApiError(e);
      setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field, f.message])) : { name: fault.message });
      setBusy(false);
    }
  };
  return (
    <Layer title={t('projects.add')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <TextField label={t('projects.name')} value={name} onChange={setName} autoFocus required maxLength={100} error={faults.name} />
        <TextField label={t('projects.url')} type="url" value={url} onChange={setUrl} optional maxLength={500} placeholder="https://" error={faults.app_url} />
        <TextField label={t('projects.about')} value={about} onChange={setAbout} optional maxLength={500} error={faults.description} />
        <Button type="submit" kind="primary" busy={busy}>{t('projects.create')}</Button>
      </form>
    </Layer>
  );
}

function ProjectPeople({ org, project, manages, onClose }: { org: OrganizationRow; project: ProjectRow; manages: boolean; onClose: () => void }) {
  const t = useT();
  const people = useResource(paths.projectMembers(project.id));
  const members = useResource(manages ? paths.members(org.id) : null);
  const [who, setWho] = useState('');
  const [role, setRole] = useState<Role>('developer');
  const candidates = (members.data ?? []).filter((m) => m.status === 'active' && m.user_id !== null);
  const chosen = candidates.find((m) => m.user_id === who) ?? candidates[0];
  const change = async (work: () => Promise<unknown>) => { try { await work(); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); } refresh(); };
  return (
    <Layer title={t('projects.peopleTitle', { name: project.name })} onClose={onClose}>
      <div className="stack">
        <p className="muted">{t('projects.peopleText')}</p>
        <Loaded from={people} lines={2} compact>{(rows) => rows.length === 0 ? <p>{t('projects.noPeople')}</p> : (
          <ul className="person-list">{rows.map((p) => <li key={p.user_id}><bdi>{p.display_name}</bdi><span className="muted">{tDynamic(`orole.${p.role}`, p.role)}</span>{manages ? <Button small kind="quiet" icon="trash" writes onClick={() => void change(() => send('DELETE', urls.projectMember(project.id, p.user_id)))}>{t('projects.takeRole')}</Button> : null}</li>)}</ul>
        )}</Loaded>
        {manages && chosen?.user_id ? (
          <form className="person-add" onSubmit={(e) => { e.preventDefault(); const user = chosen.user_id; if (user) void change(() => send('PUT', urls.projectMember(project.id, user), { role })); }}>
            <Select label={t('projects.person')} value={chosen.user_id} onChange={setWho} options={candidates.map((m) => ({ id: m.user_id ?? '', text: m.display_name ?? m.username ?? '' }))} />
            <Select label={t('projects.personRole')} value={role} onChange={setRole} options={roles.map((r) => ({ id: r, text: t(`orole.${r}`) }))} />
            <Button type="submit" writes>{t('projects.addPerson')}</Button>
          </form>
        ) : null}
      </div>
    </Layer>
  );
}
