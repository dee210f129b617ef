// Tunnels between edges: the list, and the form that draws entry, relay and exit.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { MediaNode, Tunnel } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button, Segmented } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { Select, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { TunnelTable } from './TunnelTable';
import './media.css';

export default function TunnelsPage() {
  const t = useT();
  const may = useCan('nodes:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'nodes:manage' });
  const [adding, setAdding] = useQueryParam('new');
  const [removing, setRemoving] = useState<Tunnel | null>(null);
  const add = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => setAdding('1')}>{t('media.addTunnel')}</Button>;
  return (
    <>
      <PageHead title={t('nav.tunnels')} sub={t('media.tunnelsSub')} actions={add} />
      <section className="card"><TunnelTable from={paths.mediaTunnels} onRemove={setRemoving} empty={<Empty icon="link" title={t('media.noTunnels')} text={t('media.noTunnelsText')} action={add} />} /></section>
      {adding === '' ? null : <TunnelForm onClose={() => setAdding('')} />}
      {removing ? <ConfirmDialog title={t('media.removeTitle', { name: removing.name })} name={removing.name} action={t('media.remove')} run={async () => { await send('DELETE', urls.mediaTunnel(removing.id)); invalidate(urls.mediaTunnels); }} onClose={() => setRemoving(null)}><p>{t('media.removeTunnelText')}</p><ChangePreview path={urls.mediaTunnel(removing.id)} /></ConfirmDialog> : null}
    </>
  );
}

const blank = { name: '', protocol: 'udp' as 'udp' | 'tcp', mode: 'relay' as 'relay' | 'direct', ingress: '', port: '', egress: '', forward: '', relay: '', relayAddr: '', peer: '' };

function TunnelForm({ onClose }: { onClose: () => void }) {
  const t = useT();
  const nodes = useResource(paths.mediaNodes);
  const [d, setD] = useState(blank);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<{ field: string; text: string } | null>(null);
  const set = (next: Partial<typeof blank>) => { setD({ ...d, ...next }); setError(null); };
  const pick = (kind: string, none: string) => [{ id: '', text: none }, ...(nodes.data ?? []).filter((n: MediaNode) => n.device_type === kind).map((n) => ({ id: n.id, text: n.name }))];
  const at = (field: string) => (error?.field === field ? error.text : null);
  const ready = d.name.trim() !== '' && d.ingress !== '' && d.egress !== '' && d.port !== '' && d.forward !== '' && (d.mode === 'direct' ? d.peer !== '' : d.relay !== '' || d.relayAddr !== '');
  const save = async () => {
    setBusy(true);
    const some = (name: string, value: string) => (value.trim() === '' ? {} : { [name]: value.trim() });
    try {
      const made = await send<Tunnel>('POST', urls.mediaTunnels, { name: d.name.trim(), protocol: d.protocol, mode: d.mode, ingress_node_id: d.ingress, ingress_listen_port: Number(d.port), egress_node_id: d.egress, egress_forward_addr: d.forward.trim(), ...(d.mode === 'relay' ? { ...some('relay_node_id', d.relay), ...some('relay_addr', d.relayAddr) } : some('egress_peer_addr', d.peer)) });
      invalidate(urls.mediaTunnels, urls.mediaNodes);
      toast(made.warnings.length === 0 ? { level: 'ok', text: t('media.tunnelUp', { name: made.name }) } : { level: 'warning', text: made.warnings.join(' · ') });
      onClose();
    } catch (e) { const cause = asApiError(e); setError({ field: cause.fields[0]?.field ?? /^(\w+)[: ]/.exec(cause.message)?.[1] ?? '', text: cause.message }); setBusy(false); }
  };
  const known = ['name', 'ingress_node_id', 'ingress_listen_port', 'egress_node_id', 'egress_forward_addr', 'relay_addr', 'egress_peer_addr'];
  return (
    <Layer title={t('media.addTunnel')} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="link" busy={busy} disabled={!ready} writes onClick={() => void save()}>{t('media.addTunnel')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (ready && !busy) void save(); }}>
        {error && !known.includes(error.field) ? <p className="field-error" role="alert">{error.text}</p> : null}
        <div className="fieldrow"><TextField label={t('core.name')} value={d.name} onChange={(name) => set({ name })} autoFocus error={at('name')} maxLength={128} /><Select label={t('media.protocol')} value={d.protocol} onChange={(protocol) => set({ protocol })} options={[{ id: 'udp', text: 'UDP' }, { id: 'tcp', text: 'TCP' }]} /></div>
        <Segmented label={t('media.mode')} value={d.mode} options={[{ id: 'relay', text: t('media.mode.relay') }, { id: 'direct', text: t('media.mode.direct') }]} onChange={(mode) => set({ mode })} />
        <div className="tunneldraw">
          <fieldset><legend>{t('media.entry')}</legend>
            <Select label={t('media.edge')} value={d.ingress} onChange={(ingress) => set({ ingress })} options={pick('edge', t('media.choose'))} />
            <TextField label={t('media.listenPort')} value={d.port} onChange={(port) => set({ port })} inputMode="numeric" placeholder="9000" mono error={at('ingress_listen_port')} />
          </fieldset>
          <Icon name="arrow-right" />
          {d.mode === 'relay' ? (
            <><fieldset><legend>{t('media.type.relay')}</legend>
              <Select label={t('media.type.relay')} value={d.relay} onChange={(relay) => set({ relay })} options={pick('relay', t('media.relayOther'))} />
              <TextField label={t('media.relayAddr')} value={d.relayAddr} onChange={(relayAddr) => set({ relayAddr })} placeholder="relay.example.com:4433" mono error={at('relay_addr')} optional={d.relay !== ''} help={d.relay === '' ? undefined : t('media.relayAddrHelp')} />
            </fieldset><Icon name="arrow-right" /></>
          ) : null}
          <fieldset><legend>{t('media.exit')}</legend>
            <Select label={t('media.edge')} value={d.egress} onChange={(egress) => set({ egress })} options={pick('edge', t('media.choose'))} help={at('egress_node_id') ?? undefined} />
            <TextField label={t('media.forwardAddr')} value={d.forward} onChange={(forward) => set({ forward })} placeholder="127.0.0.1:9100" mono error={at('egress_forward_addr')} />
            {d.mode === 'direct' ? <TextField label={t('media.peerAddr')} value={d.peer} onChange={(peer) => set({ peer })} placeholder="203.0.113.7:4500" mono error={at('egress_peer_addr')} /> : null}
          </fieldset>
        </div>
        <p className="faint">{t('media.keysText')}</p>
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}
