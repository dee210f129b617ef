// What changed on a site since the exploration before: pages and ways that are new or were not seen again, and what pages say now.
import type { SiteChanges } from '../../api/discover';
import { Link } from '../../app/Link';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { Empty } from '../../ui/StateBlock';
import { pathOf } from './words';

export function Changes({ of, over }: { of: SiteChanges; over: boolean }) {
  const t = useT();
  const paths = (title: string, urls: readonly string[]) => (urls.length === 0 ? null : <Card title={title} sub={String(urls.length)} flush><ul className="dfinds">{urls.map((url) => <li key={url}><span className="mono">{pathOf(url)}</span></li>)}</ul></Card>);
  const names = (title: string, list: readonly string[]) => (list.length === 0 ? null : <Card title={title} sub={String(list.length)} flush><ul className="dfinds">{list.map((name) => <li key={name}>{name}</li>)}</ul></Card>);
  // While it goes on, what was not seen yet may still come.
  const gone = over ? of.removed_pages : [];
  const lost = over ? of.removed_flows : [];
  const all = of.new_pages.length + gone.length + of.changed_pages.length + of.new_flows.length + lost.length;
  const step = (label: string, change: { old: string | number | null; new: string | number | null } | null) => (change === null ? null : <small key={label}>{label}: {change.old ?? '–'} → {change.new ?? '–'}</small>);
  return (
    <div className="stack">
      <p className="dsum-now"><Link to={`/tests/discover/${of.session_1_id}`}>{t('discover.before')}</Link>{of.coverage_change === null || of.coverage_change === 0 ? null : <span>{t('discover.coverage')}: {of.coverage_change > 0 ? '+' : ''}{showNumber(of.coverage_change)} %</span>}</p>
      {all === 0 ? <section className="card"><Empty icon="check" title={t(over ? 'discover.same' : 'discover.sameYet')} compact /></section> : (
        <div className="tests-two">
          {paths(t('discover.newPages'), of.new_pages)}
          {paths(t('discover.gonePages'), gone)}
          {of.changed_pages.length > 0 ? <Card title={t('discover.changedPages')} sub={String(of.changed_pages.length)} flush><ul className="dfinds">{of.changed_pages.map((p) => <li key={p.url}><span><span className="mono">{pathOf(p.url)}</span>{step(t('discover.pageTitle'), p.changes.title)}{step(t('discover.elements'), p.changes.elements_count)}{step(t('discover.answer'), p.changes.status_code)}</span></li>)}</ul></Card> : null}
          {names(t('discover.newFlows'), of.new_flows)}
          {names(t('discover.goneFlows'), lost)}
        </div>
      )}
    </div>
  );
}
