// The map of a site: pictures of its pages in columns by clicks from the start, and the links of the page that is chosen.
import { useMemo } from 'react';
import type { SeenPage, SiteGraph } from '../../api/discover';
import { useQueryParam } from '../../app/router';
import { tDynamic, useT } from '../../i18n';
import { Icon, Pill } from '../../ui/Icon';
import { Empty } from '../../ui/StateBlock';
import { layout, node, type Placed } from './layout';
import { pathOf } from './words';

export function SiteMap({ graph, running }: { graph: SiteGraph; running: boolean }) {
  const t = useT();
  const [chosen, choose] = useQueryParam('page');
  const map = useMemo(() => layout(graph.pages, graph.edges), [graph]);
  const places = useMemo(() => new Map(map.nodes.map((n) => [n.page.id, n])), [map]);
  if (graph.pages.length === 0) return <Empty icon="compass" title={t(running ? 'discover.mapEmpty' : 'discover.mapNone')} />;
  const page = graph.pages.find((p) => p.id === chosen);
  const touching = new Set(graph.edges.filter((e) => e.from === chosen || e.to === chosen).flatMap((e) => [e.from, e.to]));
  return (
    <div className="dmap">
      <div className="dmap-scroll" tabIndex={0} role="group" aria-label={t('discover.mapLabel')}>
        <div className="dmap-plane" style={{ inlineSize: map.width, blockSize: map.height }}>
          <svg className="dmap-edges" width={map.width} height={map.height} aria-hidden="true">
            {map.nodes.map((n) => { const from = places.get(n.parent ?? ''); return from ? <path key={n.page.id} d={curve(from, n)} /> : null; })}
            {page ? graph.edges.filter((e) => e.from === chosen || e.to === chosen).map((e) => { const [a, b] = [places.get(e.from), places.get(e.to)]; return a && b ? <path key={`${e.from}${e.to}`} className={e.from === chosen ? 'dmap-out' : 'dmap-in'} d={curve(a, b)} /> : null; }) : null}
          </svg>
          {map.nodes.map((n) => <Node key={n.page.id} at={n} chosen={n.page.id === chosen} dim={page !== undefined && !touching.has(n.page.id) && n.page.id !== chosen} onChoose={() => choose(n.page.id === chosen ? '' : n.page.id)} />)}
        </div>
      </div>
      {page ? <Detail page={page} graph={graph} onChoose={choose} /> : <p className="dmap-hint muted">{t('discover.pick')}</p>}
    </div>
  );
}

function curve(a: Placed, b: Placed): string {
  const [ax, ay, bx, by] = [a.x + node.width, a.y + node.height / 2, b.x, b.y + node.height / 2];
  // Towards the start or within a column the line leaves where it is nearest.
  if (bx <= a.x) {
    const [x1, x2] = [a.x + node.width / 2, b.x + node.width / 2];
    const down = b.y > a.y;
    const [y1, y2] = down ? [a.y + node.height, b.y] : [a.y, b.y + node.height];
    return `M${x1} ${y1} C${x1 + 60} ${(y1 + y2) / 2} ${x2 + 60} ${(y1 + y2) / 2} ${x2} ${y2}`;
  }
  const middle = (bx - ax) / 2;
  return `M${ax} ${ay} C${ax + middle} ${ay} ${bx - middle} ${by} ${bx} ${by}`;
}

function problems(p: SeenPage): number { return p.console_errors + p.failed_requests + ((p.status_code ?? 200) >= 400 ? 1 : 0); }

function Node({ at, chosen, dim, onChoose }: { at: Placed; chosen: boolean; dim: boolean; onChoose: () => void }) {
  const t = useT();
  const p = at.page;
  const wrong = problems(p);
  return (
    <button type="button" className={`dnode${dim ? ' dnode-dim' : ''}`} aria-pressed={chosen} style={{ insetInlineStart: at.x, insetBlockStart: at.y, inlineSize: node.width, blockSize: node.height }} onClick={onChoose} title={p.url}>
      {p.screenshot_url ? <img src={p.screenshot_url} alt="" loading="lazy" /> : <span className="dnode-none"><Icon name="globe" size={20} /></span>}
      <span className="dnode-text"><b>{p.title || pathOf(p.url)}</b><small>{tDynamic(`discover.type.${p.page_type}`, p.page_type)} · <span className="mono">{pathOf(p.url)}</span></small></span>
      {wrong > 0 ? <span className="dnode-mark"><Pill status={(p.status_code ?? 200) >= 400 ? 'critical' : 'warning'}>{(p.status_code ?? 200) >= 400 ? p.status_code : t('discover.nProblems', { n: wrong })}</Pill></span> : null}
    </button>
  );
}

function Detail({ page, graph, onChoose }: { page: SeenPage; graph: SiteGraph; onChoose: (id: string) => void }) {
  const t = useT();
  const by = new Map(graph.pages.map((p) => [p.id, p]));
  const list = (ids: readonly { id: string; label: string }[]) => ids.map(({ id, label }) => { const p = by.get(id); return p ? <li key={id}><button type="button" className="dlink" onClick={() => onChoose(id)}><span>{p.title || pathOf(p.url)}</span>{label ? <small className="faint">“{label}”</small> : null}</button></li> : null; });
  const from = graph.edges.filter((e) => e.to === page.id).map((e) => ({ id: e.from, label: e.label }));
  const to = graph.edges.filter((e) => e.from === page.id).map((e) => ({ id: e.to, label: e.label }));
  return (
    <aside className="dmap-detail">
      {page.screenshot_url ? <a href={page.screenshot_url} target="_blank" rel="noreferrer" className="dmap-picture"><img src={page.screenshot_url} alt={page.title} /></a> : null}
      <h3>{page.title || pathOf(page.url)}</h3>
      <p className="mono faint dmap-url">{page.url}</p>
      <p className="dmap-facts muted">{[tDynamic(`discover.type.${page.page_type}`, page.page_type), page.status_code === null ? null : `HTTP ${page.status_code}`, page.requires_auth ? t('discover.needsSignIn') : null, t('discover.nElements', { n: page.elements_count }), t('discover.nForms', { n: page.forms_count })].filter(Boolean).join(' · ')}</p>
      <a className="btn btn-secondary btn-small" href={page.url} target="_blank" rel="noreferrer noopener"><Icon name="external" /><span>{t('discover.open')}</span></a>
      {from.length > 0 ? <section><h4>{t('discover.linksHere')}</h4><ul className="dlinks">{list(from)}</ul></section> : null}
      {to.length > 0 ? <section><h4>{t('discover.linksThere')}</h4><ul className="dlinks">{list(to)}</ul></section> : null}
    </aside>
  );
}
