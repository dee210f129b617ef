// Flows to start from: written here or kept from a node, used on any edge.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { FlowTemplate, MediaFlow, MediaNode } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Field, Select, TextField } from '../../ui/Form';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { FlowForm } from './FlowForm';
import { withoutSecrets } from './flow-draft';
import './media.css';
import './canvas.css';

const ends = (x: FlowTemplate, list: 'inputs' | 'outputs') => { const all = x.template[list]; return Array.isArray(all) ? (all as { type?: string }[]).map((e) => (e.type ?? '?').toUpperCase()) : []; };

export default function TemplatesPage() {
  const t = useT();
  const may = useCan('nodes:operate');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'nodes:operate' });
  const templates = useResource(paths.mediaTemplates);
  const [adding, setAdding] = useQueryParam('new');
  const [editing, setEditing] = useState<FlowTemplate | null>(null);
  const [using, setUsing] = useState<FlowTemplate | null>(null);
  const [removing, setRemoving] = useState<FlowTemplate | null>(null);
  const add = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => setAdding('1')}>{t('media.addTemplate')}</Button>;
  const columns: Column<FlowTemplate>[] = [
    { id: 'name', title: t('core.name'), value: (x) => x.name, kind: 'main', cell: (x) => <bdi>{x.name}</bdi> },
    { id: 'description', title: t('media.description'), value: (x) => x.description, cell: (x) => <bdi className="faint">{x.description || '–'}</bdi> },
    { id: 'category', title: t('media.category'), value: (x) => x.category, cell: (x) => <bdi>{x.category || '–'}</bdi> },
    { id: 'way', title: t('media.way'), value: (x) => ends(x, 'inputs').join(' '), cell: (x) => <span className="faint">{ends(x, 'inputs').join(', ') || '–'} → {ends(x, 'outputs').join(', ') || '–'}</span> },
    { id: 'by', title: t('media.madeBy'), value: (x) => x.created_by, cell: (x) => <span><bdi>{x.created_by}</bdi> <span className="faint">· <Age at={x.created_at} /></span></span> },
    { id: 'use', title: t('media.more'), value: () => '', kind: 'actions', plain: true, width: '170px', cell: (x) => <span className="row"><Button small icon="play" reason={reason} onClick={() => setUsing(x)}>{t('media.useTemplate')}</Button><Menu label={t('media.more')} items={[{ id: 'edit', text: t('core.edit'), icon: 'edit', reason, run: () => setEditing(x) }, { id: 'remove', text: t('media.remove'), icon: 'trash', danger: true, separator: true, reason, run: () => setRemoving(x) }]} /></span> },
  ];
  const close = () => { setAdding(''); setEditing(null); };
  return (
    <>
      <PageHead title={t('nav.mediaTemplates')} sub={t('media.templatesSub')} actions={add} />
      <section className="card"><Loaded from={templates} lines={5}>{(list) => <DataTable name="flowTemplates" label={t('nav.mediaTemplates')} rows={list} columns={columns} keyOf={(x) => x.id} filterable={list.length > 5} empty={<Empty icon="layers" title={t('media.noTemplates')} text={t('media.noTemplatesText')} action={add} />} />}</Loaded></section>
      {adding !== '' || editing ? <TemplateForm template={editing} onClose={close} /> : null}
      {using ? <UseTemplate template={using} onClose={() => setUsing(null)} /> : null}
      {removing ? <ConfirmDialog title={t('media.removeTitle', { name: removing.name })} name={removing.name} action={t('media.remove')} run={async () => { await send('DELETE', urls.mediaTemplate(removing.id)); invalidate(urls.mediaTemplates); }} onClose={() => setRemoving(null)}><p>{t('media.removeTemplateText')}</p></ConfirmDialog> : null}
    </>
  );
}

/** Connected edges, for a picker. */
function useEdges(): { id: string; text: string; node: MediaNode }[] {
  const nodes = useResource(paths.mediaNodes);
  return (nodes.data ?? []).filter((n) => n.device_type === 'edge' && n.connected_at !== null).map((node) => ({ id: node.id, text: node.name, node }));
}

const blank = '{\n  "id": "flow",\n  "name": "Flow",\n  "inputs": [],\n  "outputs": []\n}';

function TemplateForm({ template, onClose }: { template: FlowTemplate | null; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(template?.name ?? '');
  const [category, setCategory] = useState(template?.category ?? '');
  const [description, setDescription] = useState(template?.description ?? '');
  const [text, setText] = useState(template ? JSON.stringify(template.template, null, 2) : blank);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<{ field: string; text: string } | null>(null);
  let parsed: unknown;
  try { parsed = JSON.parse(text); } catch { parsed = undefined; }
  const valid = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  const at = (field: string) => (error?.field === field ? error.text : null);
  const save = async () => {
    setBusy(true);
    try {
      await send(template ? 'PUT' : 'POST', template ? urls.mediaTemplate(template.id) : urls.mediaTemplates, { name: name.trim(), category: category.trim(), description: description.trim(), template: parsed });
      invalidate(urls.mediaTemplates);
      toast({ level: 'ok', text: t('media.templateSaved', { name: name.trim() }) });
      onClose();
    } catch (e) { const cause = asApiError(e); setError({ field: cause.fields[0]?.field ?? /^(\w+) /.exec(cause.message)?.[1] ?? '', text: cause.message }); setBusy(false); }
  };
  return (
    <Layer title={template ? template.name : t('media.addTemplate')} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" busy={busy} disabled={name.trim() === '' || !valid} writes onClick={() => void save()}>{t('core.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (name.trim() !== '' && valid && !busy) void save(); }}>
        {error && !['name', 'category', 'description', 'template'].includes(error.field) ? <p className="field-error" role="alert">{error.text}</p> : null}
        <div className="fieldrow"><TextField label={t('core.name')} value={name} onChange={setName} autoFocus error={at('name')} maxLength={128} /><TextField label={t('media.category')} value={category} onChange={setCategory} optional error={at('category')} maxLength={64} /></div>
        <TextField label={t('media.description')} value={description} onChange={setDescription} optional error={at('description')} maxLength={512} />
        {template ? null : <FromFlow onTake={(flow) => { setText(JSON.stringify(withoutSecrets(flow), null, 2)); if (name === '') setName(flow.name); }} />}
        <Field label={t('media.templateJson')} help={t('media.templateJsonHelp')} error={at('template') ?? (valid ? null : t('media.notJson'))}>{({ id, describedBy, invalid }) => <textarea id={id} className="input mono media-json-edit media-json-short" value={text} onChange={(e) => setText(e.target.value)} spellCheck={false} aria-describedby={describedBy} aria-invalid={invalid || undefined} />}</Field>
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

/** A flow that runs somewhere, as it is. */
function FromFlow({ onTake }: { onTake: (flow: MediaFlow) => void }) {
  const t = useT();
  const edges = useEdges();
  const [node, setNode] = useState('');
  const flows = useResource(node === '' ? null : paths.mediaFlows(node));
  if (edges.length === 0) return null;
  return (
    <div className="fieldrow">
      <Select label={t('media.fromNode')} value={node} options={[{ id: '', text: t('media.fromNothing') }, ...edges]} onChange={setNode} />
      {node === '' ? null : <Select label={t('media.flow')} value="" options={[{ id: '', text: t('media.choose') }, ...(flows.data ?? []).map((f) => ({ id: f.id, text: f.name }))]} onChange={(id) => { const flow = flows.data?.find((f) => f.id === id); if (flow) onTake(flow); }} />}
    </div>
  );
}

function UseTemplate({ template, onClose }: { template: FlowTemplate; onClose: () => void }) {
  const t = useT();
  const edges = useEdges();
  const [node, setNode] = useState<string>('');
  const [chosen, setChosen] = useState<MediaNode | null>(null);
  if (chosen) return <FlowForm node={chosen} flow={null} start={{ ...template.template, name: String(template.template.name ?? template.name) }} onClose={onClose} />;
  return (
    <Layer title={template.name} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" iconEnd="arrow-right" disabled={node === ''} onClick={() => setChosen(edges.find((e) => e.id === node)?.node ?? null)}>{t('media.next')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); setChosen(edges.find((x) => x.id === node)?.node ?? null); }}>
        {edges.length === 0 ? <p className="faint">{t('media.noEdges')}</p> : <Select label={t('media.edge')} value={node} options={[{ id: '', text: t('media.choose') }, ...edges]} onChange={setNode} help={t('media.useHelp')} />}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}
