// Tunnels with the state of their three legs.
import { asApiError, send } from '../../api/client';
import type { Get } from '../../api/client';
import { type Leg, type Tunnel, usePushed } from '../../api/media';
import { urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { type PlainKey, useT } from '../../i18n';
import { rank } from '../../state/status';
import { type Column, DataTable } from '../../ui/DataTable';
import { Icon, StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { tunnelState } from './states';

const marks: Record<Leg, 'ok' | 'pending' | 'critical'> = { pushed: 'ok', pending: 'pending', failed: 'critical' };

export function TunnelTable({ from, onRemove, empty }: { from: Get<{ tunnels: Tunnel[] }>; onRemove?: (tunnel: Tunnel) => void; empty?: React.ReactNode }) {
  const t = useT();
  const may = useCan('nodes:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'nodes:manage' });
  usePushed();
  // Changes are pushed; what the ends say of it now is not.
  const tunnels = useResource(from, { everyMs: 10_000 });
  const act = (work: Promise<unknown>, word: PlainKey) => { work.then(() => toast({ level: 'ok', text: t(word) }), (e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(() => invalidate(urls.mediaTunnels, urls.mediaNodes)); };
  const columns: Column<Tunnel>[] = [
    { id: 'name', title: t('core.name'), value: (x) => x.name, kind: 'main', cell: (x) => <bdi>{x.name}</bdi> },
    { id: 'state', title: t('media.state'), value: (x) => `${rank(tunnelState(x).status)} ${t(tunnelState(x).word)}`, width: '140px', cell: (x) => <StatusMark status={tunnelState(x).status} word={t(tunnelState(x).word)} /> },
    { id: 'way', title: t('media.way'), value: (x) => `${x.ingress_node_name} ${x.relay_node_name ?? x.relay_addr ?? ''} ${x.egress_node_name}`, cell: (x) => <Way tunnel={x} /> },
    { id: 'entry', title: t('media.entry'), value: (x) => x.ingress_listen_port, width: '120px', cell: (x) => <span className="num">{x.protocol.toUpperCase()} {x.ingress_listen_port}</span> },
    { id: 'exit', title: t('media.exit'), value: (x) => x.egress_forward_addr, width: '210px', cell: (x) => <bdi className="mono">{x.egress_forward_addr}</bdi> },
    {
      id: 'act', title: t('media.more'), value: () => '', kind: 'actions', plain: true, width: '60px',
      cell: (x) => <Menu label={t('media.more')} items={[
        { id: 'toggle', text: t(x.status === 'disabled' ? 'media.enable' : 'media.disable'), icon: x.status === 'disabled' ? 'play' : 'pause', reason, run: () => act(send('PUT', urls.mediaTunnel(x.id), { status: x.status === 'disabled' ? 'active' : 'disabled' }), x.status === 'disabled' ? 'media.enabled' : 'media.disabled') },
        { id: 'rekey', text: t('media.rekey'), icon: 'key', reason: reason ?? (x.status === 'disabled' ? t('media.tunnel.disabled') : undefined), run: () => act(send('POST', urls.mediaRekey(x.id), {}), 'media.rekeyed') },
        ...(onRemove ? [{ id: 'remove', text: t('media.remove'), icon: 'trash' as const, danger: true, separator: true, reason, run: () => onRemove(x) }] : []),
      ]} />,
    },
  ];
  return <Loaded from={tunnels} lines={5}>{({ tunnels: list }) => <DataTable name="tunnels" label={t('nav.tunnels')} rows={list} columns={columns} keyOf={(x) => x.id} initialSort="state" liveSort filterable={list.length > 5} empty={empty ?? <Empty icon="link" title={t('media.noTunnels')} text={t('media.noTunnelsText')} />} />}</Loaded>;
}

/** Entry, relay, exit, each with the mark of its leg. */
function Way({ tunnel: x }: { tunnel: Tunnel }) {
  const t = useT();
  const off = x.status === 'disabled';
  const stop = (name: string, leg: Leg | null, error: string | null) => <span className="tunnelstop" title={error ?? undefined}>{leg && !off ? <StatusMark status={marks[leg]} bare word={t(`media.leg.${leg}`)} /> : null}<bdi>{name}</bdi></span>;
  const arrow = <Icon name="arrow-right" size={14} />;
  return <span className="tunnelway">{stop(x.ingress_node_name ?? '?', x.ingress_push_status, x.ingress_push_error)}{arrow}{x.mode === 'relay' ? <>{stop(x.relay_node_name ?? x.relay_addr ?? '?', x.relay_push_status, x.relay_push_error)}{arrow}</> : null}{stop(x.egress_node_name ?? '?', x.egress_push_status, x.egress_push_error)}</span>;
}
