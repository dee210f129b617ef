// Media: every edge and relay as a list or as a wall of pictures, live once a second.
import { useMemo } from 'react';
import { type FlowStats, type LiveNode, type MediaNode, metricOf, useAlarms, useFleet } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { navigate, useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { rank } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, Segmented } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Icon, StatusMark } from '../../ui/Icon';
import { DemoLink } from '../../ui/DemoLink';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { EnrolDialog } from './EnrolDialog';
import { bitrate, flowState, nodeState } from './states';
import './media.css';

interface Tile extends Row { key: string; flow: FlowStats | undefined; etag: string | undefined }
interface Row { node: MediaNode; live: LiveNode | undefined }

export default function MediaPage() {
  const t = useT();
  const may = useCan('nodes:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'nodes:manage' });
  const nodes = useResource(paths.mediaNodes, { everyMs: 30_000 });
  const fleet = useFleet();
  const alarms = useAlarms();
  const [adding, setAdding] = useQueryParam('new');
  const [view, setView] = useQueryParam('view', 'list');
  const add = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => setAdding('1')}>{t('media.enrol')}</Button>;
  const rows = useMemo((): Row[] => (nodes.data ?? []).map((node) => ({ node, live: fleet?.get(node.id) })), [nodes.data, fleet]);
  const online = rows.filter((r) => ['online', 'degraded', 'error'].includes(r.live?.status ?? r.node.status)).length;
  const flows = rows.reduce((sum, r) => sum + (metricOf(r.live, 'active_flows') ?? 0), 0);
  const rate = rows.reduce((sum, r) => sum + (metricOf(r.live, 'total_bitrate_bps') ?? 0), 0);
  const sub = nodes.data && rows.length > 0 ? [t('media.count', { n: rows.length }), t('media.online', { n: online }), t('media.flowsRun', { n: flows }), bitrate(rate), ...(alarms ? [t('media.alarms', { n: alarms })] : [])].join(' · ') : ' ';
  return (
    <>
      <PageHead title={t('nav.media')} sub={sub} actions={add} />
      <Loaded from={nodes} lines={6}>
        {(list) => (list.length === 0
          ? <section className="card"><Empty icon="radio" title={t('media.none')} text={t('media.noneText')} action={<>{add}<DemoLink /></>} /></section>
          : (
            <div className="stack">
              <div className="row"><Segmented label={t('media.view')} value={view === 'wall' ? 'wall' : 'list'} options={[{ id: 'list', text: t('media.list'), icon: 'list' }, { id: 'wall', text: t('media.wall'), icon: 'layers' }]} onChange={setView} /></div>
              {view === 'wall' ? <Wall rows={rows} /> : <section className="card"><NodeTable rows={rows} /></section>}
            </div>
          ))}
      </Loaded>
      {adding === '' ? null : <EnrolDialog onClose={() => setAdding('')} />}
    </>
  );
}

function NodeTable({ rows }: { rows: readonly Row[] }) {
  const t = useT();
  const columns = useMemo((): Column<Row>[] => {
    const state = (r: Row) => nodeState(r.node, r.live);
    const number = (r: Row, name: string) => metricOf(r.live, name);
    const shown = (v: number | null, unit = '') => (v === null ? <span className="faint">–</span> : <span className="num">{showNumber(v)}{unit}</span>);
    const cpu = (r: Row) => r.live?.stats?.system_resources?.cpu_percent ?? r.live?.health?.system_resources?.cpu_percent ?? null;
    return [
      { id: 'name', title: t('core.name'), value: (r) => r.node.name, kind: 'main', cell: (r) => <Link to={`/media/nodes/${r.node.id}`}><bdi>{r.node.name}</bdi></Link> },
      { id: 'state', title: t('media.state'), value: (r) => `${rank(state(r).status)} ${t(state(r).word)}`, width: '170px', cell: (r) => <StatusMark status={state(r).status} word={t(state(r).word)} /> },
      { id: 'type', title: t('media.type'), value: (r) => t(`media.type.${r.node.device_type}`), width: '110px' },
      { id: 'flows', title: t('media.flows'), value: (r) => number(r, 'active_flows'), kind: 'number', cell: (r) => shown(r.node.device_type === 'edge' ? number(r, 'active_flows') : null) },
      { id: 'tunnels', title: t('media.tunnels'), value: (r) => number(r, 'active_tunnels'), kind: 'number', cell: (r) => shown(number(r, 'active_tunnels')) },
      { id: 'bitrate', title: t('media.bitrate'), value: (r) => number(r, 'total_bitrate_bps') ?? number(r, 'total_bandwidth_bps'), kind: 'number', cell: (r) => <span className="num">{bitrate(number(r, 'total_bitrate_bps') ?? number(r, 'total_bandwidth_bps'))}</span> },
      { id: 'cpu', title: 'CPU', value: cpu, kind: 'number', cell: (r) => shown(cpu(r), ' %') },
      { id: 'version', title: t('media.version'), value: (r) => r.node.software_version ?? '', cell: (r) => <bdi className="mono">{r.node.software_version ?? '–'}</bdi> },
      { id: 'seen', title: t('media.seen'), value: (r) => r.node.last_seen_at, width: '100px', cell: (r) => (r.live ? <span className="faint">{t('media.now')}</span> : <Age at={r.node.last_seen_at} />) },
    ];
  }, [t]);
  return <DataTable name="nodes" label={t('nav.media')} rows={rows} columns={columns} keyOf={(r) => r.node.id} initialSort="state" liveSort onOpen={(r) => navigate(`/media/nodes/${r.node.id}`)} empty={<Empty icon="radio" title={t('media.noMatch')} />} />;
}

function Wall({ rows }: { rows: readonly Row[] }) {
  const t = useT();
  const tiles = rows.filter((r) => r.node.device_type === 'edge').flatMap(({ node, live }): Tile[] => {
    const flows = live?.stats?.flows ?? [];
    return flows.length === 0 ? [{ key: node.id, node, live, flow: undefined, etag: undefined }] : flows.map((flow) => ({ key: `${node.id}/${flow.flow_id}`, node, live, flow, etag: live?.thumbnails.find((p) => p.flow_id === flow.flow_id && p.input_id === null)?.etag }));
  });
  return (
    <ul className="mediawall">
      {tiles.map(({ key, node, live, flow, etag }) => {
        const state = flow ? flowState(flow.health, flow.state, true) : nodeState(node, live);
        return (
        <li key={key}>
          <Link to={`/media/nodes/${node.id}`} className="mediatile">
            <span className="mediatile-picture">{etag && flow ? <img src={urls.mediaPicture(node.id, flow.flow_id, etag)} alt="" loading="lazy" /> : <Icon name={live ? 'monitor' : 'radio'} size={28} />}</span>
            <span className="mediatile-text"><b><bdi>{flow?.flow_name ?? flow?.flow_id ?? node.name}</bdi></b><small className="faint"><bdi>{flow ? node.name : t('media.noFlow')}</bdi></small></span>
            <span className="mediatile-foot"><StatusMark status={state.status} word={t(state.word)} /><span className="num faint">{flow ? bitrate(flow.input?.bitrate_bps) : ''}</span></span>
          </Link>
        </li>
        );
      })}
    </ul>
  );
}
