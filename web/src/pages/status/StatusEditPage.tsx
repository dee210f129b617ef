// The editor of the public status page: its components, and what is published on it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { PublicIncident, StatusComponent } from '../../api/shapes';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { useDraft } from '../../state/draft';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { DraftNote } from '../../ui/DraftNote';
import { Select, Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { stateOf } from './StatusPage';
import './status.css';

const steps = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
const keyOf = (c: StatusComponent) => String(c.id);
const touched = () => invalidate('/api/status', '/api/incidents');

export default function StatusEditPage() {
  const t = useT();
  const may = useCan('status:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'status:manage' });
  const components = useResource(paths.statusComponents);
  const shown = useResource(paths.publicStatus, { everyMs: 30_000 });
  const [editing, setEditing] = useState<StatusComponent | 'new' | null>(null);
  const [removing, setRemoving] = useState<StatusComponent | null>(null);
  const columns: Column<StatusComponent>[] = [
    { id: 'name', title: t('core.name'), value: (c) => c.name, kind: 'main' },
    { id: 'state', title: t('status.state'), value: (c) => c.enabled, width: '160px', cell: (c) => { const word = shown.data?.components.find((s) => s.id === c.id)?.status ?? 'unknown'; return c.enabled ? <StatusMark status={stateOf[word] ?? 'unknown'} word={tDynamic(`status.is.${word}`, word)} /> : <span className="faint">{t('status.hidden')}</span>; } },
    { id: 'group', title: t('status.group'), value: (c) => c.group_name, width: '140px' },
    { id: 'key', title: t('status.key'), value: (c) => c.service_key ?? '', cell: (c) => (c.service_key ? <bdi className="mono">{c.service_key}</bdi> : <span className="faint">–</span>) },
    { id: 'actions', title: t('status.actions'), value: () => null, kind: 'actions', plain: true, cell: (c) => <Menu label={`${t('status.actions')}: ${c.name}`} items={[{ id: 'edit', text: t('core.edit'), icon: 'edit', reason, run: () => setEditing(c) }, { id: 'delete', text: t('core.delete'), icon: 'trash', danger: true, reason, run: () => setRemoving(c) }]} /> },
  ];
  return (
    <>
      <PageHead title={t('status.editTitle')} sub={t('status.editSub')} actions={<><ButtonLink to="/status" icon="globe">{t('status.look')}</ButtonLink><Button kind="primary" icon="plus" reason={reason} writes onClick={() => setEditing('new')}>{t('status.addComponent')}</Button></>} />
      <div className="status-edit">
        <section className="card"><Loaded from={components} lines={4}>{(data) => <DataTable name="status-components" label={t('status.components')} rows={data.components} columns={columns} keyOf={keyOf} empty={<Empty icon="globe" title={t('status.noComponents')} text={t('status.noComponentsText')} />} />}</Loaded></section>
        <div className="stack">
          <Card title={t('status.openTitle')} flush><Loaded from={shown} lines={3}>{(data) => (data.active_incidents.length === 0 ? <Empty compact icon="check" title={t('status.nothingOpen')} /> : data.active_incidents.map((i) => <Open key={i.id} incident={i} reason={reason} />))}</Loaded></Card>
          <Publish reason={reason} />
        </div>
      </div>
      {removing ? <ConfirmDialog title={t('status.removeTitle', { name: removing.name })} name={removing.name} action={t('core.delete')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.statusComponent(removing.id)); touched(); }}><p>{t('status.removeText')}</p></ConfirmDialog> : null}
      {editing ? <ComponentForm component={editing === 'new' ? null : editing} onClose={() => setEditing(null)} /> : null}
    </>
  );
}

function Open({ incident: i, reason }: { incident: PublicIncident; reason: string | undefined }) {
  const t = useT();
  const [text, setText] = useState('');
  const [step, setStep] = useState<string>(i.status);
  const [busy, setBusy] = useState(false);
  const say = async () => {
    setBusy(true);
    try { await send('POST', urls.statusUpdate(i.id), { message: text, status: step }); setText(''); touched(); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <div className="status-steps">
      <header><StatusMark status={i.severity === 'minor' ? 'warning' : 'critical'} bare /><h3>{i.title}</h3><span className="muted">{tDynamic(`status.step.${i.status}`, i.status)}</span></header>
      <form className="status-say" onSubmit={(e) => { e.preventDefault(); if (!busy && text.trim() !== '' && !reason) void say(); }}>
        <input className="input" aria-label={t('status.message')} placeholder={t('status.message')} value={text} onChange={(e) => setText(e.target.value)} maxLength={4000} />
        <Select hideLabel label={t('status.step')} value={step} onChange={setStep} options={steps.map((id) => ({ id: id as string, text: t(`status.step.${id}`) }))} />
        <Button type="submit" busy={busy} reason={reason} disabled={text.trim() === ''} writes>{t('status.post')}</Button>
      </form>
    </div>
  );
}

function Publish({ reason }: { reason: string | undefined }) {
  const t = useT();
  const [title, setTitle] = useState('');
  const [severity, setSeverity] = useState<'minor' | 'major' | 'critical'>('minor');
  const [message, setMessage] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const draft = useDraft('status/incident', { title, severity, message }, (d) => { setTitle(d.title); setSeverity(d.severity); setMessage(d.message); });
  const go = async () => {
    setBusy(true);
    setError(null);
    try { await send('POST', urls.statusIncidents, { title, severity, message }); draft.startOver(); toast({ level: 'ok', text: t('status.published') }); touched(); } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <Card title={t('status.publishTitle')} flush>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && !reason) void go(); }}>
        <DraftNote draft={draft} />
        <TextField label={t('status.what')} value={title} onChange={setTitle} error={error} maxLength={200} required />
        <Select label={t('status.severity')} value={severity} onChange={setSeverity} options={(['minor', 'major', 'critical'] as const).map((id) => ({ id, text: t(`status.severity.${id}`) }))} />
        <TextField optional label={t('status.message')} value={message} onChange={setMessage} maxLength={4000} />
        <div><Button type="submit" kind="primary" busy={busy} reason={reason} disabled={title.trim() === ''} writes>{t('status.publish')}</Button></div>
      </form>
    </Card>
  );
}

function ComponentForm({ component, onClose }: { component: StatusComponent | null; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(component?.name ?? '');
  const [group, setGroup] = useState(component?.group_name ?? 'Default');
  const [key, setKey] = useState(component?.service_key ?? '');
  const [order, setOrder] = useState(String(component?.display_order ?? 0));
  const [enabled, setEnabled] = useState(component?.enabled ?? true);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const draft = useDraft(`status/component/${component?.id ?? 'new'}`, { name, group, key, order, enabled }, (d) => { setName(d.name); setGroup(d.group); setKey(d.key); setOrder(d.order); setEnabled(d.enabled); });
  const save = async () => {
    setBusy(true);
    setError(null);
    const body = { name: name.trim(), group_name: group.trim() || 'Default', service_key: key.trim() === '' ? null : key.trim(), display_order: Math.floor(Number(order) || 0), ...(component ? { enabled } : {}) };
    try {
      if (component) await send('PUT', urls.statusComponent(component.id), body); else await send('POST', urls.statusComponents, body);
      draft.forget();
      touched();
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={component ? t('status.editComponent', { name: component.name }) : t('status.addComponent')} onClose={onClose} footer={<><Button onClick={() => { draft.forget(); onClose(); }}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} writes onClick={() => void save()}>{t('core.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <DraftNote draft={draft} />
        <TextField label={t('core.name')} value={name} onChange={setName} error={error} maxLength={120} autoFocus />
        <TextField label={t('status.group')} value={group} onChange={setGroup} maxLength={120} />
        <TextField optional mono label={t('status.key')} help={t('status.keyHelp')} value={key} onChange={setKey} />
        <TextField type="number" inputMode="numeric" label={t('status.order')} value={order} onChange={setOrder} />
        {component ? <Switch label={t('status.visible')} checked={enabled} onChange={setEnabled} /> : null}
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
