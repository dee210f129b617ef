// Channels of one organization: where its own news go, and which news.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { OrganizationChannel, OrganizationRow } from '../../api/shapes';
import { toMillis } from '../../format/time';
import { useT } from '../../i18n';
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
import { labelOf, typeOf } from '../notify/kinds';
import { QuietFields, quietBody, quietOf } from '../notify/QuietFields';
import { ChannelRules } from './ChannelRules';

/** Members of the configuration a form asks for; what is secret reads as set. */
const kinds: Readonly<Record<string, readonly { name: string; secret?: boolean; optional?: boolean }[]>> = {
  slack: [{ name: 'webhook_url', secret: true }],
  email: [{ name: 'to' }],
  webhook: [{ name: 'url' }, { name: 'secret', secret: true, optional: true }],
  teams: [{ name: 'webhook_url', secret: true }],
  discord: [{ name: 'webhook_url', secret: true }],
  pagerduty: [{ name: 'routing_key', secret: true }],
  opsgenie: [{ name: 'api_key', secret: true }],
};
const keyOf = (c: OrganizationChannel) => c.id;
const changed = () => invalidate('/api/v1/notifications/channels', '/api/v1/notifications/rules');

export function ChannelsTab({ org }: { org: OrganizationRow }) {
  const t = useT();
  const list = useResource(paths.organizationChannels(org.id));
  const projects = useResource(paths.organizationProjects(org.id));
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState<OrganizationChannel | null>(null);
  const [removing, setRemoving] = useState<OrganizationChannel | null>(null);
  const names = useMemo(() => new Map((projects.data ?? []).map((p) => [p.id, p.name])), [projects.data]);
  const columns = useMemo((): Column<OrganizationChannel>[] => {
    const test = async (c: OrganizationChannel) => {
      try { await send('POST', urls.organizationChannelTest(org.id, c.id)); toast({ level: 'ok', text: t('orgchannels.tested', { name: c.name }) }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      changed();
    };
    const toggle = async (c: OrganizationChannel) => {
      try { await send('PATCH', urls.organizationChannel(org.id, c.id), { enabled: !c.enabled }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      changed();
    };
    return [
      { id: 'name', title: t('hooks.name'), value: (c) => c.name, kind: 'main', cell: (c) => <bdi>{c.name}</bdi> },
      { id: 'kind', title: t('orgchannels.kind'), value: (c) => c.channel_type, cell: (c) => { const known = typeOf(c.channel_type); return known ? t(known.title) : c.channel_type; } },
      { id: 'project', title: t('orghooks.project'), value: (c) => (c.project_id === null ? '' : names.get(c.project_id) ?? c.project_id), cell: (c) => (c.project_id === null ? <span className="faint">{t('orghooks.all')}</span> : <bdi>{names.get(c.project_id) ?? c.project_id}</bdi>) },
      { id: 'state', title: t('orgchannels.state'), value: (c) => (c.enabled ? (c.verified ? 2 : 1) : 0), cell: (c) => <StatusMark status={!c.enabled ? 'paused' : c.verified ? 'ok' : 'unknown'} word={!c.enabled ? t('orgchannels.off') : c.verified ? t('orgchannels.verified') : t('orgchannels.unverified')} /> },
      { id: 'today', title: t('orgchannels.today'), value: (c) => c.sent_today, kind: 'number', width: '90px' },
      { id: 'last', title: t('orgchannels.last'), value: (c) => toMillis(c.last_sent_at), kind: 'number', width: '140px', cell: (c) => <Age at={c.last_sent_at} /> },
      { id: 'actions', title: t('hooks.actions'), value: () => null, kind: 'actions', plain: true, cell: (c) => <Menu label={`${t('hooks.actions')}: ${c.name}`} items={[{ id: 'test', text: t('orgchannels.test'), icon: 'send', run: () => void test(c) }, { id: 'toggle', text: c.enabled ? t('orgchannels.switchOff') : t('orgchannels.switchOn'), run: () => void toggle(c) }, { id: 'remove', text: t('hooks.remove'), icon: 'trash', danger: true, run: () => setRemoving(c) }]} /> },
    ];
  }, [t, org.id, names]);
  const add = <Button small icon="plus" writes onClick={() => setAdding(true)}>{t('orgchannels.new')}</Button>;
  return (
    <>
      <section className="card"><Loaded from={list} lines={4}>{(rows) => <DataTable name="organization-channels" label={t('orgchannels.title')} rows={rows} columns={columns} keyOf={keyOf} onOpen={setOpen} empty={<Empty icon="bell" title={t('orgchannels.none')} text={t('orgchannels.noneText')} action={add} />} toolbar={rows.length > 0 ? add : null} />}</Loaded></section>
      {adding ? <NewChannel org={org} projects={projects.data ?? []} onClose={() => setAdding(false)} done={(made) => { setAdding(false); setOpen(made); }} /> : null}
      {open ? <Layer kind="sheet" title={open.name} onClose={() => setOpen(null)}><ChannelRules org={org} channel={open} /></Layer> : null}
      {removing ? <ConfirmDialog title={t('orgchannels.removeTitle', { name: removing.name })} name={removing.name} action={t('hooks.remove')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.organizationChannel(org.id, removing.id)); changed(); }}><p>{t('orgchannels.removeText')}</p><ChangePreview path={urls.organizationChannel(org.id, removing.id)} /></ConfirmDialog> : null}
    </>
  );
}

function NewChannel({ org, projects, onClose, done }: { org: OrganizationRow; projects: readonly { id: string; name: string }[]; onClose: () => void; done: (made: OrganizationChannel) => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [kind, setKind] = useState('slack');
  const [project, setProject] = useState('');
  const [values, setValues] = useState<Record<string, string>>({});
  const [quiet, setQuiet] = useState(() => quietOf(null));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const fields = kinds[kind] ?? [];
  const go = async () => {
    setBusy(true);
    setError(null);
    const config = Object.fromEntries(fields.map((f) => [f.name, (values[f.name] ?? '').trim()]).filter(([, v]) => v !== ''));
    try {
      const made = await send<OrganizationChannel>('POST', urls.organizationChannels(org.id), { name: name.trim(), channel_type: kind, config, quiet_hours: quietBody(quiet), ...(project === '' ? {} : { project_id: project }) });
      changed();
      done(made);
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('orgchannels.new')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <TextField label={t('hooks.name')} value={name} onChange={setName} required maxLength={100} autoComplete="off" autoFocus error={error} />
        <Select label={t('orgchannels.kind')} value={kind} options={Object.keys(kinds).map((id) => { const known = typeOf(id); return { id, text: known ? t(known.title) : id }; })} onChange={(next) => { setKind(next); setValues({}); }} />
        {fields.map((f) => { const label = labelOf(f.name); return <TextField key={f.name} label={label ? t(label) : f.name} type={f.secret ? 'password' : 'text'} value={values[f.name] ?? ''} onChange={(v) => setValues((all) => ({ ...all, [f.name]: v }))} autoComplete={f.secret ? 'new-password' : 'off'} {...(f.optional ? { optional: true } : { required: true })} />; })}
        {projects.length > 0 ? <Select label={t('orghooks.project')} value={project} options={[{ id: '', text: t('orghooks.all') }, ...projects.map((p) => ({ id: p.id, text: p.name }))]} onChange={setProject} /> : null}
        <QuietFields value={quiet} set={(part) => setQuiet((all) => ({ ...all, ...part }))} />
        <Button type="submit" kind="primary" busy={busy} writes>{t('orgchannels.create')}</Button>
      </form>
    </Layer>
  );
}
