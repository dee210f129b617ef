// The map of the media in columns: sources, edges, relays, edges, destinations; links drawn between them, and the same as
// a list for whoever cannot see them.
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Topology } from '../../api/media';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useT } from '../../i18n';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { columnsOf, type MapColumn } from './map-columns';
import { bitrate, nodeState } from './states';
import './media.css';

export default function MapPage() {
  const t = useT();
  const topology = useResource(paths.mediaTopology, { everyMs: 3_000 });
  return (
    <>
      <PageHead title={t('nav.mediaMap')} sub={t('media.mapSub')} />
      <Loaded from={topology} lines={8}>
        {(map) => (map.nodes.length === 0 ? <section className="card"><Empty icon="map" title={t('media.none')} text={t('media.noneText')} /></section> : <section className="card mediamap-card"><Columns map={map} /></section>)}
      </Loaded>
    </>
  );
}

/** Below this width of the map, in pixels, its list says more. */
const NARROW = 560;

interface Line { key: string; d: string; state: string; kind: string; title: string }

function Columns({ map }: { map: Topology }) {
  const t = useT();
  const columns = useMemo(() => columnsOf(map), [map]);
  const board = useRef<HTMLDivElement>(null);
  const [lines, setLines] = useState<Line[]>([]);
  const [width, setWidth] = useState(NARROW);
  const narrow = width < NARROW;
  const [chosen, setChosen] = useState<string | null>(null);
  useLayoutEffect(() => {
    const draw = () => {
      const root = board.current;
      if (!root) return;
      setWidth(root.parentElement?.clientWidth ?? NARROW);
      if (narrow) return;
      const frame = root.getBoundingClientRect();
      const places = new Map([...root.querySelectorAll<HTMLElement>('[data-id]')].map((el) => [el.dataset.id ?? '', el.getBoundingClientRect()]));
      setLines(map.links.flatMap((link, n) => {
        const [a, b] = [places.get(link.from), places.get(link.to)];
        if (!a || !b) return [];
        const ahead = b.left >= a.right - 4;
        const x1 = (ahead ? a.right : a.left + a.width / 2) - frame.left;
        const x2 = (ahead ? b.left : b.left + b.width / 2) - frame.left;
        const y1 = (ahead ? a.top + a.height / 2 : a.bottom) - frame.top;
        const y2 = (ahead ? b.top + b.height / 2 : b.top) - frame.top;
        const bend = ahead ? Math.max(24, (x2 - x1) / 2) : 0;
        return [{ key: `${link.from}>${link.to}/${n}`, d: `M${x1} ${y1} C${x1 + bend} ${ahead ? y1 : y1 + 30} ${x2 - bend} ${ahead ? y2 : y2 - 30} ${x2} ${y2}`, state: link.state, kind: link.kind, title: `${link.label} ${bitrate(link.bitrate_bps)}` }];
      }));
    };
    draw();
    const watch = new ResizeObserver(draw);
    if (board.current?.parentElement) watch.observe(board.current.parentElement);
    return () => watch.disconnect();
  }, [map, narrow]);
  const touches = (id: string) => chosen === null || id === chosen || map.links.some((l) => (l.from === chosen && l.to === id) || (l.to === chosen && l.from === id));
  const name = (id: string) => map.nodes.find((n) => n.id === id)?.name ?? map.externals.find((e) => e.id === id)?.label ?? id;
  return (
    <>
      <div className="mediamap" ref={board} data-narrow={narrow ? '' : undefined}>
        <svg className="mediamap-lines" aria-hidden="true">{lines.map((l) => <path key={l.key} d={l.d} data-state={l.state} data-kind={l.kind} data-dim={chosen !== null && !l.key.split('/')[0]?.split('>').includes(chosen) ? '' : undefined}><title>{l.title}</title></path>)}</svg>
        {columns.map((column: MapColumn) => (
          <div className="mediamap-column" key={column.id}>
            <h2>{t(`media.column.${column.id}`)}</h2>
            <ul>
              {column.items.map((item) => (
                <li key={item.id} data-id={item.id} data-dim={touches(item.id) ? undefined : ''} onPointerEnter={() => setChosen(item.id)} onPointerLeave={() => setChosen(null)}>
                  {item.node ? <Link to={`/media/nodes/${item.id}`} className="mediamap-node"><bdi>{item.label}</bdi><StatusMark status={nodeState({ status: item.node.status, expired: false }, undefined).status} bare word={t(nodeState({ status: item.node.status, expired: false }, undefined).word)} /></Link> : <span className="mediamap-node mediamap-ext"><bdi>{item.label}</bdi><small className="faint">{item.detail}</small></span>}
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <details className="fold mediamap-list" open={narrow || undefined}><summary>{t('media.mapList', { n: map.links.length })}</summary><ul>{map.links.map((l, n) => <li key={`${l.from}${l.to}${n}`}><bdi>{name(l.from)}</bdi> → <bdi>{name(l.to)}</bdi> <span className="faint">{l.label} · {t(`media.link.${l.state}`)} · {bitrate(l.bitrate_bps)}</span></li>)}</ul></details>
    </>
  );
}
