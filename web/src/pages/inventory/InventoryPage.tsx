// Every thing the product knows, whatever job found it: filtered, sorted and paged by the server.
import { useEffect, useMemo, useState } from 'react';
import { load, asApiError } from '../../api/client';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useThingStream } from '../../api/things';
import type { Thing } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useT } from '../../i18n';
import { toggleToken } from '../../state/filter';
import { type Status, statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, ButtonLink } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { DemoBar, DemoLink } from '../../ui/DemoLink';
import { FilterBar } from '../../ui/FilterBar';
import { Select } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { ViewMenu } from '../../ui/ViewMenu';
import { kindIcon, kindName, kindNames, sorts } from './kinds';
import { ThingSheet } from './ThingSheet';
import './inventory.css';

const fields = { kind: 'text', status: 'text', tag: 'text' } as const;
const size = 200;
const keyOf = (x: Thing) => x.ref;

export default function InventoryPage() {
  const t = useT();
  const [filter, setFilter] = useQueryParam('q');
  const [order, setOrder] = useQueryParam('by', 'status');
  const [peek, setPeek] = useQueryParam('peek');
  const sort = sorts.find((s) => s.id === order)?.id ?? 'status';
  const streamed = useThingStream();
  const demo = useResource(paths.demo);
  const first = useResource(paths.things({ q: filter, sort, limit: size }), { everyMs: streamed ? 60_000 : 5_000 });
  const [more, setMore] = useState<{ of: string; items: readonly Thing[]; next: number | null }>({ of: '', items: [], next: null });
  const [busy, setBusy] = useState(false);
  const question = `${sort} ${filter}`;
  useEffect(() => { setMore({ of: question, items: [], next: null }); }, [question]);
  const later = more.of === question ? more.items : [];
  const next = later.length > 0 ? more.next : (first.data?.next ?? null);
  const rows = useMemo(() => {
    const seen = new Set<string>();
    return [...(first.data?.items ?? []), ...later].filter((x) => !seen.has(x.ref) && seen.add(x.ref));
  }, [first.data, later]);
  const showMore = async () => {
    setBusy(true);
    try {
      const page = await load(paths.things({ q: filter, sort, limit: size, cursor: next }));
      setMore({ of: question, items: [...later, ...page.items], next: page.next });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  const columns = useMemo((): Column<Thing>[] => [
    { id: 'name', title: t('core.name'), value: (x) => x.name, kind: 'main', cell: (x) => <span className="row"><span className="faint"><Icon name={kindIcon(x.kind)} /></span><bdi>{x.name}</bdi>{x.tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}</span> },
    { id: 'state', title: t('inventory.state'), value: (x) => x.status, width: '180px', cell: (x) => <StatusMark status={statusOf(x.status)} word={x.word || t(`status.${statusOf(x.status)}`)} /> },
    { id: 'kind', title: t('inventory.kind'), value: (x) => kindName(x.kind), width: '150px' },
    { id: 'detail', title: t('inventory.detail'), value: (x) => x.detail, cell: (x) => <bdi className="muted">{x.detail}</bdi> },
    { id: 'since', title: t('inventory.since'), value: (x) => x.status_since, width: '120px', cell: (x) => <Age at={x.status_since} /> },
    { id: 'ref', title: t('inventory.ref'), value: (x) => x.ref, extra: true, cell: (x) => <bdi className="mono">{x.ref}</bdi> },
  ], [t]);
  const chosen = (token: string) => filter.split(/\s+/).includes(token);
  const total = first.data?.total ?? 0;
  return (
    <>
      <PageHead title={t('inventory.title')} sub={first.data ? t('inventory.count', { n: total }) : t('inventory.sub')} actions={<>{demo.data?.on && !chosen('kind:demo') ? <ButtonLink small kind="quiet" icon="eye" to="/inventory?q=kind:demo">{t('demo.shown', { n: demo.data.things })}</ButtonLink> : null}<ViewMenu page="/inventory" /><Select hideLabel label={t('inventory.sort')} value={sort} onChange={(v) => setOrder(v)} options={sorts.map((s) => ({ id: s.id, text: t(s.text) }))} /></>} />
      <DemoBar on={chosen('kind:demo') && total > 0} />
      <section className="card">
        <div className="inventory-bar">
          <FilterBar id="filter-inventory" value={filter} onChange={setFilter} fields={fields} tokens={[]} placeholder={t('inventory.filter')} />
          <div className="inventory-facets" role="group" aria-label={t('inventory.facets')}>
            {(first.data?.facets.statuses ?? []).map((s) => <Facet key={s.status} on={chosen(`status:${s.status}`)} flip={() => setFilter(toggleToken(filter, `status:${s.status}`))}><StatusMark status={statusOf(s.status)} word={t(`status.${statusOf(s.status)}` as `status.${Status}`)} /> <span className="num faint">{s.count}</span></Facet>)}
            {(first.data?.facets.kinds ?? []).map((k) => <Facet key={k.kind} on={chosen(`kind:${k.kind}`)} flip={() => setFilter(toggleToken(filter, `kind:${k.kind}`))}><Icon name={kindIcon(k.kind)} size={14} /> {kindNames(k.kind)} <span className="num faint">{k.count}</span></Facet>)}
          </div>
        </div>
        <Loaded from={first} lines={8}>
          {() => (
            <>
              <DataTable name="inventory" label={t('inventory.title')} rows={rows} columns={columns} keyOf={keyOf} filterable={false} liveSort onOpen={(x) => setPeek(x.ref, true)}
                empty={filter === '' ? <Empty icon="boxes" title={t('inventory.empty')} text={t('inventory.emptyText')} action={<DemoLink />} /> : <Empty icon="filter" title={t('inventory.noMatch')} action={<Button small onClick={() => setFilter('')}>{t('table.clearFilter')}</Button>} />} />
              {next === null ? null : <div className="inventory-more"><Button busy={busy} onClick={() => void showMore()}>{t('inventory.more', { shown: rows.length, total })}</Button></div>}
            </>
          )}
        </Loaded>
      </section>
      {peek === '' ? null : <ThingSheet refName={peek} onClose={() => setPeek('')} />}
    </>
  );
}

function Facet({ on, flip, children }: { on: boolean; flip: () => void; children: React.ReactNode }) {
  return <button type="button" className={on ? 'facet facet-on' : 'facet'} aria-pressed={on} onClick={flip}>{children}</button>;
}
