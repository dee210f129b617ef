// The flows of an edge: what its configuration holds, and how each runs now.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { FlowEnd, FlowStats, LiveNode, MediaFlow, MediaNode } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button, Segmented } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { Icon, StatusMark } from '../../ui/Icon';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { FlowCanvas } from './FlowCanvas';
import { FlowForm } from './FlowForm';
import { addressOf, bitrate, flowState } from './states';

export function FlowsTab({ node, live }: { node: MediaNode; live: LiveNode | undefined }) {
  const t = useT();
  const may = useCan('nodes:operate');
  if (!may) return <Forbidden permission="nodes:operate" />;
  if (node.connected_at === null) return <section className="card"><Empty icon="radio" title={t('media.away')} text={t('media.awayText')} /></section>;
  return <Flows node={node} live={live} />;
}

function Flows({ node, live }: { node: MediaNode; live: LiveNode | undefined }) {
  const t = useT();
  const flows = useResource(paths.mediaFlows(node.id), { everyMs: 5_000 });
  const [editing, setEditing] = useState<MediaFlow | 'new' | null>(null);
  const [view, setView] = useQueryParam('view', 'list');
  const drawn = view === 'canvas';
  const add = <Button kind="primary" icon="plus" writes onClick={() => setEditing('new')}>{t('media.addFlow')}</Button>;
  return (
    <div className="stack">
      <div className="row row-between"><span className="row"><Segmented label={t('media.view')} value={drawn ? 'canvas' : 'list'} options={[{ id: 'list', text: t('media.list'), icon: 'list' }, { id: 'canvas', text: t('media.canvas'), icon: 'workflow' }]} onChange={setView} /><span className="faint">{flows.data ? t('media.flowCount', { n: flows.data.length }) : ''}</span></span>{!drawn && flows.data && flows.data.length > 0 ? add : null}</div>
      <Loaded from={flows} lines={5}>
        {(list) => (drawn ? <FlowCanvas node={node} flows={list} live={live} /> : list.length === 0 ? <section className="card"><Empty icon="workflow" title={t('media.noFlows')} text={t('media.noFlowsText')} action={add} /></section> : list.map((flow) => <FlowCard key={flow.id} node={node} flow={flow} live={live} onEdit={() => setEditing(flow)} />))}
      </Loaded>
      {editing === null ? null : <FlowForm node={node} flow={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </div>
  );
}

function FlowCard({ node, flow, live, onEdit }: { node: MediaNode; flow: MediaFlow; live: LiveNode | undefined; onEdit: () => void }) {
  const t = useT();
  const [busy, setBusy] = useState('');
  const stats = live?.stats?.flows?.find((f) => f.flow_id === flow.id);
  const enabled = flow.enabled !== false;
  const state = flowState(stats?.health, stats?.state, enabled);
  const etag = live?.thumbnails.find((p) => p.flow_id === flow.id && p.input_id === null)?.etag;
  const run = async (type: string) => {
    setBusy(type);
    try { await send('POST', urls.mediaCommand(node.id), { action: { type, flow_id: flow.id } }); toast({ level: 'ok', text: t(type === 'stop_flow' ? 'media.stopped' : 'media.started', { name: flow.name }) }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    invalidate(urls.mediaFlows(node.id));
    setBusy('');
  };
  const reasons = (stats?.health_reasons ?? []).map((r) => r.detail ?? r.code).filter(Boolean).join(', ');
  return (
    <section className="card flowcard">
      <header className="flowcard-head">
        {etag ? <img className="flowcard-picture" src={urls.mediaPicture(node.id, flow.id, etag)} alt="" /> : null}
        <span className="flowcard-name"><b><bdi>{flow.name}</bdi></b><small className="faint mono"><bdi>{flow.id}</bdi></small></span>
        <StatusMark status={state.status} word={t(state.word)} />
        <Figures stats={stats} />
        <span className="row flowcard-acts">
          {enabled ? <Button small icon="stop" busy={busy === 'stop_flow'} writes onClick={() => void run('stop_flow')}>{t('media.stop')}</Button> : <Button small icon="play" busy={busy === 'start_flow'} writes onClick={() => void run('start_flow')}>{t('media.start')}</Button>}
          <Button small icon="refresh" busy={busy === 'restart_flow'} writes onClick={() => void run('restart_flow')}>{t('media.restart')}</Button>
          <Button small icon="edit" writes onClick={onEdit}>{t('core.edit')}</Button>
          <ConfirmInline action={t('core.delete')} effect={t('media.deleteFlow', { name: flow.name })} icon="trash" danger run={async () => { await send('DELETE', urls.mediaFlow(node.id, flow.id)); invalidate(urls.mediaFlows(node.id)); }} />
        </span>
      </header>
      {reasons === '' ? null : <p className="flowcard-why"><Icon name="info" size={14} /><bdi>{reasons}</bdi></p>}
      <div className="flowpath">
        <ul>{flow.inputs.length === 0 ? <li className="flowend flowend-none faint">{t('media.noInput')}</li> : flow.inputs.map((end, n) => <End key={end.id ?? addressOf(end)} end={end} stats={isActive(stats, end, n) ? stats?.input?.bitrate_bps : undefined} />)}</ul>
        <span className="flowpath-wire" data-status={state.status} aria-hidden="true"><Icon name="arrow-right" /></span>
        <ul>{flow.outputs.length === 0 ? <li className="flowend flowend-none faint">{t('media.noOutput')}</li> : flow.outputs.map((end) => <End key={end.id ?? addressOf(end)} end={end} stats={stats?.outputs?.find((o) => o.output_id === end.id)?.bitrate_bps} />)}</ul>
      </div>
    </section>
  );
}

function Figures({ stats }: { stats: FlowStats | undefined }) {
  const t = useT();
  const input = stats?.input;
  if (!input) return null;
  const all = (input.packets_lost ?? 0) + (input.packets_received ?? 0);
  const rtt = input.srt_stats?.rtt_ms;
  return <span className="flowcard-figures num"><span>{bitrate(input.bitrate_bps)}</span>{all > 0 ? <span>{t('media.loss')} {showNumber(((input.packets_lost ?? 0) / all) * 100, 2)} %</span> : null}{rtt === undefined ? null : <span>RTT {showNumber(rtt)} ms</span>}</span>;
}

/** The figures of the input are those of the active one; older nodes do not say which, and have one. */
function isActive(stats: FlowStats | undefined, end: FlowEnd, index: number): boolean { return stats?.active_input_id ? stats.active_input_id === end.id : index === 0; }

function End({ end, stats }: { end: FlowEnd; stats: number | undefined }) {
  return <li className="flowend"><span className="flowend-type">{(end.type ?? '?').toUpperCase().replace('_', ' ')}{end.mode ? ` ${end.mode}` : ''}</span><span className="flowend-name"><b><bdi>{end.name ?? end.id ?? ''}</bdi></b><bdi className="mono faint">{addressOf(end)}</bdi></span><span className="num faint">{stats === undefined ? '' : bitrate(stats)}</span></li>;
}
