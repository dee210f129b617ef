// What is wrong with a site, and what was not visited or not touched, with the reason.
import type { SiteFindings } from '../../api/discover';
import { tDynamic, useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { Empty } from '../../ui/StateBlock';
import { pathOf } from './words';

export function Findings({ found, pages }: { found: SiteFindings; pages: number }) {
  const t = useT();
  const { broken_links: broken, console_errors: said, failed_requests: asked, left_out: out, left_alone: alone, endpoints } = found;
  const from = (pages: readonly string[]) => (pages.length === 0 ? null : <small className="faint">{t('discover.from', { pages: pages.slice(0, 3).map(pathOf).join(', ') })}{pages.length > 3 ? ` ${t('discover.andMore', { n: pages.length - 3 })}` : ''}</small>);
  return (
    <div className="stack">
      {broken.length + said.length + asked.length === 0 ? <section className="card">{pages === 0 ? <Empty icon="search" title={t('discover.mapNone')} compact /> : <Empty icon="check" title={t('discover.clean')} compact />}</section> : (
        <div className="tests-two">
          {broken.length > 0 ? <Card title={t('discover.broken')} sub={String(broken.length)} flush><ul className="dfinds">{broken.map((b) => <li key={b.url}><span className="dfind-mark num">{b.status ?? '–'}</span><span><span className="mono">{pathOf(b.url)}</span>{b.error ? <small>{b.error}</small> : null}{from(b.linked_from)}</span></li>)}</ul></Card> : null}
          {said.length > 0 ? <Card title={t('discover.console')} sub={String(said.length)} flush><ul className="dfinds">{said.map((m, n) => <li key={`${n} ${m.text}`}><span><span className="mono">{m.text}</span>{from([m.page_url])}</span></li>)}</ul></Card> : null}
          {asked.length > 0 ? <Card title={t('discover.requests')} sub={String(asked.length)} flush><ul className="dfinds">{asked.map((r, n) => <li key={`${n} ${r.url}`}><span className="dfind-mark num">{r.status ?? '–'}</span><span><span className="mono">{r.method} {pathOf(r.url)}</span>{r.error ? <small>{r.error}</small> : null}{from([r.page_url])}</span></li>)}</ul></Card> : null}
        </div>
      )}
      <div className="tests-two">
        {endpoints.length > 0 ? <Card title={t('discover.endpoints')} sub={String(endpoints.length)} flush><ul className="dfinds">{endpoints.map((e) => <li key={`${e.method} ${e.url}`}><span className="dfind-mark num">{e.statuses.length > 0 ? e.statuses.join(', ') : '–'}</span><span><span className="mono">{e.method} {pathOf(e.url)}</span>{from(e.pages)}</span></li>)}</ul></Card> : null}
        {alone.length > 0 ? <Card title={t('discover.leftAlone')} sub={String(alone.length)} flush><ul className="dfinds">{alone.map((c) => <li key={c.text}><span>{c.text}{from([c.page_url])}</span></li>)}</ul></Card> : null}
        {out.length > 0 ? <Card title={t('discover.leftOut')} sub={String(out.length)} flush><ul className="dfinds">{out.map((a) => <li key={a.url}><span><span className="mono">{pathOf(a.url)}</span><small>{tDynamic(`discover.out.${a.reason}`, a.reason)}</small>{a.from_url ? from([a.from_url]) : null}</span></li>)}</ul></Card> : null}
      </div>
    </div>
  );
}
