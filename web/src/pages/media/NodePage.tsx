// One node: flows, tunnels, resources, events, configuration. What it cannot be told while it is away is switched off.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { type LiveNode, type MediaNode, metricOf, type NewToken, useFleet } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { navigate } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { percent, showNumber } from '../../format/numbers';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import { levelOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { Tabs } from '../../ui/Tabs';
import { toast } from '../../ui/toasts';
import { Meter, Value } from '../../ui/Value';
import { ConfigTab } from './ConfigTab';
import { Waiting } from './EnrolDialog';
import { EventsTab } from './EventsTab';
import { FlowsTab } from './FlowsTab';
import { FlowCharts } from './FlowCharts';
import { bitrate, nodeState } from './states';
import { TunnelTable } from './TunnelTable';
import { UploadDialog } from './UploadDialog';
import './media.css';

const tabIds = ['flows', 'tunnels', 'resources', 'events', 'configuration'] as const;
type TabId = (typeof tabIds)[number];

export default function NodePage({ params }: PageProps) {
  const t = useT();
  const id = params.id ?? '';
  const node = useResource(paths.mediaNode(id), { everyMs: 15_000 });
  const live = useFleet()?.get(id);
  const may = useCan('nodes:operate');
  const shown = (x: TabId, relay: boolean) => (x === 'flows' ? !relay : x === 'tunnels' || x === 'configuration' ? may : true);
  return (
    <Loaded from={node} lines={8}>
      {(n) => {
        const relay = n.device_type === 'relay';
        const items = tabIds.filter((x) => shown(x, relay));
        const first: TabId = relay ? 'resources' : 'flows';
        const active = items.find((x) => x === params.tab) ?? first;
        const state = nodeState(n, live);
        const facts = [t(`media.type.${n.device_type}`), n.software_version, n.remote_addr].filter(Boolean).join(' · ');
        return (
          <>
            <PageHead icon="radio" title={<bdi>{n.name}</bdi>} mark={<StatusMark status={state.status} word={t(state.word)} />} sub={<>{facts}{live ? ` · ${t('media.connectedFor', { time: span(live.uptime_secs) })}` : <> · <Age at={n.last_seen_at} /></>}</>} actions={<NodeMenu node={n} />} />
            {n.status === 'pending' ? <p className="media-note" role="status">{t('media.pendingText')}</p> : null}
            {n.rotation === 'pending' ? <p className="media-note" role="status">{t('media.rotationPending')}</p> : null}
            <Tabs label={t('media.parts')} active={active} items={items.map((x) => ({ id: x, text: t(`media.tab.${x}`), to: x === first ? `/media/nodes/${id}` : `/media/nodes/${id}/${x}` }))} />
            {active === 'flows' ? <FlowsTab node={n} live={live} /> : active === 'tunnels' ? <section className="card"><TunnelTable from={paths.mediaNodeTunnels(id)} /></section> : active === 'resources' ? <Resources node={n} live={live} /> : active === 'events' ? <EventsTab id={id} /> : <ConfigTab node={n} live={live} />}
          </>
        );
      }}
    </Loaded>
  );
}

function Resources({ node, live }: { node: MediaNode; live: LiveNode | undefined }) {
  const t = useT();
  const system = live?.stats?.system_resources ?? live?.health?.system_resources;
  const cpu = system?.cpu_percent ?? null;
  const ram = system?.ram_percent ?? null;
  const counters: readonly (readonly [string, string])[] = node.device_type === 'relay'
    ? [[t('media.edges'), showNumber(metricOf(live, 'connected_edges') ?? 0)], [t('media.tunnels'), `${showNumber(metricOf(live, 'active_tunnels') ?? 0)} / ${showNumber(metricOf(live, 'total_tunnels') ?? 0)}`], [t('media.bitrate'), bitrate(metricOf(live, 'total_bandwidth_bps'))]]
    : [[t('media.flows'), `${showNumber(metricOf(live, 'active_flows') ?? 0)} / ${showNumber(metricOf(live, 'total_flows') ?? 0)}`], [t('media.tunnels'), `${showNumber(metricOf(live, 'active_tunnels') ?? 0)} / ${showNumber(metricOf(live, 'total_tunnels') ?? 0)}`], [t('media.bitrate'), bitrate(metricOf(live, 'total_bitrate_bps'))]];
  return (
    <div className="grid">
      <div className="span-4 stack">
        <Card title={t('media.figures')}>
          <dl className="facts">
            <div className="fact"><dt>CPU</dt><dd className="media-meter"><Value of={cpu === null ? null : percent(cpu)} />{cpu === null ? null : <Meter value={cpu} status={levelOf(cpu, 80, 95)} label="CPU" thin />}</dd></div>
            <div className="fact"><dt>{t('media.memory')}</dt><dd className="media-meter"><Value of={ram === null ? null : percent(ram)} />{ram === null ? null : <Meter value={ram} status={levelOf(ram, 80, 95)} label={t('media.memory')} thin />}</dd></div>
            {live ? counters.map(([label, value]) => <div className="fact" key={label}><dt>{label}</dt><dd className="num">{value}</dd></div>) : null}
          </dl>
        </Card>
        <Card title={t('media.capabilities')}>{node.capabilities.length === 0 ? <p className="faint">–</p> : <ul className="media-words">{node.capabilities.map((c) => <li key={c}><bdi>{c}</bdi></li>)}</ul>}</Card>
      </div>
      <div className="span-8"><FlowCharts id={node.id} /></div>
    </div>
  );
}

function NodeMenu({ node }: { node: MediaNode }) {
  const t = useT();
  const may = useCan('nodes:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'nodes:manage' });
  const away = node.connected_at === null ? t('media.awayReason') : undefined;
  const operates = useCan('nodes:operate') ? undefined : t('core.needsPermission', { permission: 'nodes:operate' });
  const [open, setOpen] = useState<'edit' | 'remove' | 'token' | 'upload' | null>(null);
  const [token, setToken] = useState<NewToken | null>(null);
  const fail = (e: unknown) => { const error = asApiError(e); toast({ level: 'critical', text: error.code === 'rotation_deferred' ? t('media.rotationDeferred') : error.message }); };
  const rotate = () => { send('POST', urls.mediaRotate(node.id), {}).then(() => { invalidate(urls.mediaNodes); toast({ level: 'ok', text: t('media.rotationSent') }); }, fail); };
  return (
    <>
      <Button icon="edit" reason={reason} writes onClick={() => setOpen('edit')}>{t('core.edit')}</Button>
      <Menu label={t('media.more')} items={[
        ...(node.device_type === 'edge' ? [{ id: 'upload', text: t('media.upload'), icon: 'upload' as const, reason: operates ?? away, run: () => setOpen('upload') }] : []),
        { id: 'rotate', text: t('media.rotate'), icon: 'key', reason: reason ?? away, run: rotate },
        { id: 'token', text: t('media.newToken'), icon: 'refresh', reason, run: () => setOpen('token') },
        { id: 'remove', text: t('media.remove'), icon: 'trash', danger: true, separator: true, reason, run: () => setOpen('remove') },
      ]} />
      {open === 'upload' ? <UploadDialog node={node} onClose={() => setOpen(null)} /> : null}
      {open === 'edit' ? <EditNode node={node} onClose={() => setOpen(null)} /> : null}
      {open === 'remove' ? <ConfirmDialog title={t('media.removeTitle', { name: node.name })} name={node.name} action={t('media.remove')} run={async () => { await send('DELETE', urls.mediaNode(node.id)); invalidate(urls.mediaNodes, urls.mediaTunnels); navigate('/media'); }} onClose={() => setOpen(null)}><p>{t('media.removeText')}</p><ChangePreview path={urls.mediaNode(node.id)} /></ConfirmDialog> : null}
      {open === 'token' && !token ? <ConfirmDialog title={t('media.newToken')} name={node.name} action={t('media.newToken')} run={async () => { setToken(await send<NewToken>('POST', urls.mediaToken(node.id), {})); invalidate(urls.mediaNodes); }} onClose={() => { if (!token) setOpen(null); }}><p>{t('media.newTokenText')}</p></ConfirmDialog> : null}
      {token ? <Waiting id={node.id} name={node.name} token={token.registration_token} connect={token.connect} onClose={() => { setToken(null); setOpen(null); }} /> : null}
    </>
  );
}

function EditNode({ node, onClose }: { node: MediaNode; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(node.name);
  const [description, setDescription] = useState(node.description ?? '');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    setBusy(true);
    try { await send('PUT', urls.mediaNode(node.id), { name: name.trim(), description: description.trim() || null }); invalidate(urls.mediaNodes); onClose(); } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('core.edit')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" busy={busy} disabled={name.trim() === ''} writes onClick={() => void save()}>{t('core.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <TextField label={t('core.name')} value={name} onChange={setName} autoFocus error={error} maxLength={128} />
        <TextField label={t('media.description')} value={description} onChange={setDescription} optional maxLength={512} />
      </form>
    </Layer>
  );
}
