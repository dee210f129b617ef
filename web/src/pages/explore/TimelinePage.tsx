// The timeline of every part: filters in the address, new events announced, older ones by page.
import { useEffect, useMemo, useRef, useState } from 'react';
import { asApiError, load, type ApiError } from '../../api/client';
import { paths } from '../../api/paths';
import type { EventItem } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { newEvents } from '../../state/live';
import { severityOf } from '../../state/status';
import { useStore } from '../../state/store';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, ErrorBlock, Skeleton } from '../../ui/StateBlock';
import { TimelineList } from '../../ui/TimelineList';
import { TimeRange, useTimeRange } from '../../ui/TimeRange';
import './explore.css';

const pageSize = 100;
const sources = ['platform', 'ops', 'edge', 'power', 'nodes', 'quality'] as const;

export default function TimelinePage() {
  const t = useT();
  const [source, setSource] = useQueryParam('source');
  const [severity, setSeverity] = useQueryParam('severity');
  const [q, setQ] = useQueryParam('q');
  const [typed, setTyped] = useState(q);
  const { range, text, set } = useTimeRange('-7d');
  const [items, setItems] = useState<readonly EventItem[] | null>(null);
  const [next, setNext] = useState<string | number | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [again, setAgain] = useState(0);
  const opened = useRef(0);
  const live = useStore(newEvents);

  // A live span is asked for once per filter; the stream brings what comes after.
  const span = range.live ? text : `${range.from}/${range.to}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `span` stands for the range.
  const query = useMemo(() => ({ source, severity, q, limit: pageSize, from: Math.floor(range.from / 1000), ...(range.live ? {} : { to: Math.ceil(range.to / 1000) }) }),
    [source, severity, q, span, again]);
  useEffect(() => {
    let stale = false;
    setItems(null);
    setError(null);
    load(paths.timeline(query)).then((page) => { if (stale) return; setItems(page.items); setNext(page.next); opened.current = Math.max(0, ...page.items.map((e) => e.id)); }, (e: unknown) => { if (!stale) setError(asApiError(e)); });
    return () => { stale = true; };
  }, [query]);
  useEffect(() => { const timer = setTimeout(() => { if (typed !== q) setQ(typed); }, 250); return () => clearTimeout(timer); }, [typed, q, setQ]);

  const fresh = range.live ? live.filter((e) => e.id > opened.current && (source === '' || e.source === source) && (severity === '' || e.severity === severity) && (q === '' || e.message.toLowerCase().includes(q.toLowerCase()))) : [];
  const showFresh = () => { opened.current = Math.max(opened.current, ...fresh.map((e) => e.id)); setItems((old) => [...fresh, ...(old ?? [])]); };
  const more = async () => {
    setBusy(true);
    try { const page = await load(paths.timeline({ ...query, cursor: next })); setItems((old) => [...(old ?? []), ...page.items]); setNext(page.next); } catch (e) { setError(asApiError(e)); }
    setBusy(false);
  };
  const severities = [['debug', t('timeline.sevDebug')], ['info', t('timeline.sevInfo')], ['warning', t('timeline.sevWarning')], ['error', t('timeline.sevError')], ['critical', t('timeline.sevCritical')]] as const;
  return (
    <>
      <PageHead title={t('timeline.title')} sub={t('timeline.sub')} actions={<TimeRange range={range} text={text} set={set} initial="-7d" />} />
      <section className="card">
        <div className="table-bar">
          <span className="filter"><Icon name="search" size={14} /><input type="search" value={typed} onChange={(e) => setTyped(e.target.value)} aria-label={t('timeline.search')} placeholder={t('timeline.search')} /></span>
          <Select label={t('timeline.source')} hideLabel value={source} onChange={setSource} options={[{ id: '', text: t('timeline.all') }, ...sources.map((s) => ({ id: s as string, text: t(`source.${s}`) }))]} />
          <Select label={t('timeline.severity')} hideLabel value={severity} onChange={setSeverity} options={[{ id: '', text: t('timeline.allSeverities') }, ...severities.map(([id, label]) => ({ id: id as string, text: label }))]} />
          {items ? <span className="table-count">{t('timeline.loaded', { n: items.length })}</span> : null}
        </div>
        {items && items.length > 0 ? <Histogram items={items} from={next === null ? range.from : (toMillis(items.at(-1)?.created_at) ?? range.from)} to={range.to} /> : null}
        {error && items === null ? <ErrorBlock error={error} retry={() => setAgain(again + 1)} /> : items === null ? <Skeleton lines={10} /> : items.length + fresh.length === 0 ? <Empty icon="history" title={t('timeline.none')} text={t('timeline.noneText')} /> : (
          <>
            <TimelineList items={items} fresh={fresh.length} showFresh={showFresh} />
            {next !== null ? <div className="timeline-fresh"><Button busy={busy} onClick={() => void more()}>{t('timeline.more')}</Button></div> : null}
          </>
        )}
      </section>
    </>
  );
}

/** Counts per slot of the loaded events, worst severity on top. */
function Histogram({ items, from, to }: { items: readonly EventItem[]; from: number; to: number }) {
  const t = useT();
  const slots = 72;
  const bins = Array.from({ length: slots }, () => ({ info: 0, warning: 0, critical: 0 }));
  for (const e of items) {
    const at = toMillis(e.created_at) ?? 0;
    const bin = bins[Math.min(slots - 1, Math.max(0, Math.floor(((at - from) / Math.max(1, to - from)) * slots)))];
    const s = severityOf(e.severity);
    if (bin) bin[s === 'critical' ? 'critical' : s === 'warning' ? 'warning' : 'info'] += 1;
  }
  const top = Math.max(1, ...bins.map((b) => b.info + b.warning + b.critical));
  return (
    <div className="histogram" role="img" aria-label={t('timeline.perBin')}>
      {bins.map((b, i) => <span key={i}>{(['critical', 'warning', 'info'] as const).map((k) => (b[k] > 0 ? <i key={k} className={`bar-${k}`} style={{ blockSize: `${(b[k] / top) * 100}%` }} /> : null))}</span>)}
    </div>
  );
}
