// Webhooks of one organization: where its repositories and monitors call, and what came of it.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { OrganizationHook, OrganizationRow } from '../../api/shapes';
import { toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { CopyBlock, Select, TextField } from '../../ui/Form';
import { Layer, Menu } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { SecretLayer, type Shown, sources } from '../notify/WebhookSecret';

const keyOf = (h: OrganizationHook) => h.id;
const changed = () => invalidate('/api/v1/webhooks/endpoints');
const shownOf = (h: OrganizationHook, rotated: boolean): Shown => ({ rotated, name: h.name, url: h.url, secret: h.secret ?? '', source: h.source, mode: h.verify_mode });

export function WebhooksTab({ org }: { org: OrganizationRow }) {
  const t = useT();
  const hooks = useResource(paths.organizationHooks(org.id));
  const projects = useResource(paths.organizationProjects(org.id));
  const [adding, setAdding] = useState(false);
  const [shown, setShown] = useState<Shown | null>(null);
  const [open, setOpen] = useState<OrganizationHook | null>(null);
  const [removing, setRemoving] = useState<OrganizationHook | null>(null);
  const names = useMemo(() => new Map((projects.data ?? []).map((p) => [p.id, p.name])), [projects.data]);
  const columns = useMemo((): Column<OrganizationHook>[] => {
    const rotate = async (h: OrganizationHook) => {
      try { setShown(shownOf(await send<OrganizationHook>('POST', urls.organizationHookRotate(org.id, h.id)), true)); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      changed();
    };
    return [
      { id: 'name', title: t('hooks.name'), value: (h) => h.name, kind: 'main', cell: (h) => <bdi>{h.name}</bdi> },
      { id: 'source', title: t('hooks.source'), value: (h) => h.source },
      { id: 'project', title: t('orghooks.project'), value: (h) => (h.project_id === null ? '' : names.get(h.project_id) ?? h.project_id), cell: (h) => (h.project_id === null ? <span className="faint">{t('orghooks.all')}</span> : <bdi>{names.get(h.project_id) ?? h.project_id}</bdi>) },
      { id: 'calls', title: t('hooks.calls'), value: (h) => h.received, kind: 'number', width: '90px' },
      { id: 'rejected', title: t('hooks.rejected'), value: (h) => h.rejected, kind: 'number', width: '100px' },
      { id: 'last', title: t('hooks.last'), value: (h) => toMillis(h.last_received_at), kind: 'number', width: '140px', cell: (h) => <Age at={h.last_received_at} /> },
      { id: 'actions', title: t('hooks.actions'), value: () => null, kind: 'actions', plain: true, cell: (h) => <Menu label={`${t('hooks.actions')}: ${h.name}`} items={[{ id: 'rotate', text: t('hooks.rotate'), icon: 'refresh', run: () => void rotate(h) }, { id: 'remove', text: t('hooks.remove'), icon: 'trash', danger: true, run: () => setRemoving(h) }]} /> },
    ];
  }, [t, org.id, names]);
  const add = <Button small icon="plus" writes onClick={() => setAdding(true)}>{t('hooks.new')}</Button>;
  return (
    <>
      <section className="card"><Loaded from={hooks} lines={4}>{({ endpoints }) => <DataTable name="organization-hooks" label={t('hooks.title')} rows={endpoints} columns={columns} keyOf={keyOf} onOpen={setOpen} empty={<Empty icon="link" title={t('hooks.none')} text={t('orghooks.noneText')} action={add} />} toolbar={endpoints.length > 0 ? add : null} />}</Loaded></section>
      {adding ? <NewHook org={org} projects={projects.data ?? []} onClose={() => setAdding(false)} done={(h) => { setAdding(false); setShown(shownOf(h, false)); }} /> : null}
      {shown ? <SecretLayer shown={shown} onClose={() => setShown(null)} /> : null}
      {open ? <Layer kind="sheet" title={open.name} onClose={() => setOpen(null)}><div className="stack"><div><h3>{t('hooks.address')}</h3><CopyBlock label={t('hooks.address')} text={open.url} /></div><p className="muted">{t(`hooks.mode.${open.verify_mode}`)}</p></div></Layer> : null}
      {removing ? <ConfirmDialog title={t('hooks.removeTitle', { name: removing.name })} name={removing.name} action={t('hooks.remove')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.organizationHook(org.id, removing.id)); changed(); }}><p>{t('hooks.removeText')}</p><ChangePreview path={urls.organizationHook(org.id, removing.id)} /></ConfirmDialog> : null}
    </>
  );
}

function NewHook({ org, projects, onClose, done }: { org: OrganizationRow; projects: readonly { id: string; name: string }[]; onClose: () => void; done: (made: OrganizationHook) => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [source, setSource] = useState('github');
  const [project, setProject] = useState('');
  const [mode, setMode] = useState<OrganizationHook['verify_mode']>('native');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setError(null);
    try {
      const made = await send<OrganizationHook>('POST', urls.organizationHooks(org.id), { name: name.trim(), source, verify_mode: mode, ...(project === '' ? {} : { project_id: project }) });
      changed();
      done(made);
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('hooks.new')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <TextField label={t('hooks.name')} value={name} onChange={setName} required maxLength={128} autoComplete="off" autoFocus error={error} />
        <Select label={t('hooks.source')} value={source} options={sources.map((id) => ({ id, text: id }))} onChange={setSource} />
        {projects.length > 0 ? <Select label={t('orghooks.project')} value={project} options={[{ id: '', text: t('orghooks.all') }, ...projects.map((p) => ({ id: p.id, text: p.name }))]} onChange={setProject} /> : null}
        <Select label={t('hooks.mode')} value={mode} options={(['native', 'token', 'none'] as const).map((id) => ({ id, text: t(`hooks.mode.${id}`) }))} onChange={setMode} />
        <Button type="submit" kind="primary" busy={busy} writes>{t('hooks.create')}</Button>
      </form>
    </Layer>
  );
}
