// The log store: every stored line by time, source, level and text; followed live at the end of the span. The whole
// question is in the address, so a search can be kept and passed on.
import { useEffect, useMemo, useRef, useState } from 'react';
import { asApiError, load, type ApiError } from '../../api/client';
import { useTail, withNewest, type TailState } from '../../api/tail';
import { paths, urls } from '../../api/paths';
import type { LogEntry, LogSeries } from '../../api/shapes';
import { useQueryParam, navigate } from '../../app/router';
import { clockSeconds, dayTime, toMillis, type Range } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { useLink } from '../../state/live';
import { preferences, type SavedSearch, setPreferences } from '../../state/preferences';
import { severityOf } from '../../state/status';
import { useStore } from '../../state/store';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { LogExport } from '../../ui/LogExport';
import { LogView, type LogLine } from '../../ui/LogView';
import { PageHead } from '../../ui/PageHead';
import { Empty, ErrorBlock, Skeleton } from '../../ui/StateBlock';
import { TimeRange, useTimeRange } from '../../ui/TimeRange';
import './explore.css';

const pageSize = 500;
const kept = 10_000;
const sources = ['system', 'audit', 'job', 'agent', 'caddy_access', 'caddy_error', 'waf_audit'] as const;
const levels = { warning: 'warning,error,critical', error: 'error,critical', critical: 'critical' } as const;

interface Question { source: string; level: string; q: string; status: string }

export default function LogsPage() {
  const t = useT();
  const paused = useLink().link === 'paused';
  const [source, setSource] = useQueryParam('source');
  const [level, setLevel] = useQueryParam('level');
  const [q, setQ] = useQueryParam('q');
  const [status, setStatus] = useQueryParam('status');
  const [typed, setTyped] = useState(q);
  const [typedStatus, setTypedStatus] = useState(status);
  const { range, text, set } = useTimeRange('-1h');
  const question: Question = { source, level, q, status };
  const span = range.live ? text : `${range.from}/${range.to}`;
  const filter = useMemo(() => ({ source, level: levels[level as keyof typeof levels] ?? '', q, status }), [source, level, q, status]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `span` stands for the range; a live span is asked for once.
  const query = useMemo(() => ({ ...filter, from: Math.floor(range.from / 1000), ...(range.live ? {} : { to: Math.ceil(range.to / 1000) }) }), [filter, span]);
  const found = useLines(query, range.live && !paused, filter);
  useEffect(() => { setTyped(q); }, [q]);
  useEffect(() => { setTypedStatus(status); }, [status]);
  const lines = useMemo(() => found.entries.map(lineOf), [found.entries]);
  const ask = () => { setQ(typed); setStatus(typedStatus); };
  return (
    <>
      <PageHead title={t('loglines.title')} sub={t('loglines.sub')} actions={<TimeRange range={range} text={text} set={set} initial="-1h" />} />
      <Searches now={question} range={text} />
      <section className="card">
        <form className="logs-filter" onSubmit={(e) => { e.preventDefault(); ask(); }}>
          <Select label={t('loglines.source')} hideLabel value={source} onChange={setSource} options={[{ id: '', text: t('loglines.allSources') }, ...sources.map((s) => ({ id: s as string, text: tDynamic(`loglines.source.${s}`, s) }))]} />
          <Select label={t('loglines.level')} hideLabel value={level} onChange={setLevel} options={[{ id: '', text: t('loglines.allLevels') }, { id: 'warning', text: t('loglines.warning') }, { id: 'error', text: t('loglines.error') }, { id: 'critical', text: t('loglines.critical') }]} />
          <span className="filter"><Icon name="search" size={14} /><input type="search" value={typed} maxLength={200} aria-label={t('loglines.search')} placeholder={t('loglines.search')} onChange={(e) => setTyped(e.target.value)} onBlur={ask} /></span>
          <input className="input logs-status" value={typedStatus} maxLength={40} aria-label={t('loglines.status')} placeholder={t('loglines.status')} onChange={(e) => setTypedStatus(e.target.value)} onBlur={ask} />
          <Button type="submit">{t('loglines.apply')}</Button>
          <LogExport query={query} total={found.total} />
        </form>
        {found.total === null ? null : <Counts series={found.series} range={range} total={found.total} shown={lines.length} tail={found.tail} />}
        {found.error && found.total === null ? <ErrorBlock error={found.error} retry={found.again} /> : found.total === null ? <Skeleton lines={14} /> : lines.length === 0 ? <Empty icon="terminal" title={t('loglines.none')} text={t('loglines.noneText')} /> : (
          <>
            {found.more ? <div className="timeline-fresh"><Button busy={found.busy} onClick={found.older}>{t('loglines.older')}</Button></div> : null}
            <LogView lines={lines} name="argos-logs" match={q} onSource={(s) => setSource(s.split(':')[0] ?? s)} />
          </>
        )}
      </section>
    </>
  );
}

function lineOf(e: LogEntry): LogLine {
  const at = toMillis(e.timestamp) ?? 0;
  const request = e.path ? `${e.remote_ip ?? ''} ${e.method ?? ''} ${e.path} ${e.status ?? ''}` : '';
  return { key: String(e.id), time: Date.now() - at > 86_400_000 ? dayTime(at) : clockSeconds(at), source: e.stream, level: severityOf(e.level), text: [request.trim(), e.message ?? ''].filter(Boolean).join('  ') };
}

interface Lines { entries: readonly LogEntry[]; series: LogSeries | null; total: number | null; more: boolean; tail: TailState; busy: boolean; error: ApiError | null; older: () => void; again: () => void }

/** The lines of the question: the newest page at first, older ones on demand, new ones from the stream. */
function useLines(query: Record<string, string | number>, follow: boolean, filter: Record<string, string>): Lines {
  const [entries, setEntries] = useState<readonly LogEntry[]>([]);
  const [series, setSeries] = useState<LogSeries | null>(null);
  const [total, setTotal] = useState<number | null>(null);
  const [offset, setOffset] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks again.
  useEffect(() => {
    let stale = false;
    setTotal(null);
    setError(null);
    setEntries([]);
    setSeries(null);
    load(paths.logs({ ...query, limit: pageSize })).then((page) => { if (stale) return; setEntries([...page.entries].reverse()); setTotal(page.total_count); setOffset(page.entries.length); }, (e: unknown) => { if (!stale) setError(asApiError(e)); });
    load(paths.logSeries(query)).then((s) => { if (!stale) setSeries(s); }, () => {});
    return () => { stale = true; };
  }, [query, round]);
  const shown = useRef(entries);
  shown.current = entries;
  const tail = useTail<LogEntry>(follow && total !== null ? urls.logStream(filter) : null, paths.logs({ ...query, limit: pageSize }), {
    line: (entry) => {
      // Counted with the page already.
      if (shown.current.some((x) => x.id === entry.id)) return;
      shown.current = [...shown.current, entry].slice(-kept);
      setEntries(shown.current);
      setTotal((n) => (n ?? 0) + 1);
    },
    page: (page) => {
      const { lines, anew } = withNewest(shown.current, page.entries, pageSize);
      shown.current = lines.slice(-kept);
      setEntries(shown.current);
      if (anew) setOffset(page.entries.length);
      setTotal(page.total_count);
    },
  });
  const older = () => {
    setBusy(true);
    const known = new Set(entries.map((e) => e.id));
    load(paths.logs({ ...query, limit: pageSize, offset })).then((page) => { setEntries((old) => [...page.entries.filter((e) => !known.has(e.id)).reverse(), ...old]); setOffset(offset + page.entries.length); setBusy(false); }, (e: unknown) => { setError(asApiError(e)); setBusy(false); });
  };
  return { entries, series, total, more: total !== null && entries.length < total && entries.length < kept, tail, busy, error, older, again: () => setRound(round + 1) };
}

/** How many lines matched, over time. */
function Counts({ series, range, total, shown, tail }: { series: LogSeries | null; range: Range; total: number; shown: number; tail: TailState }) {
  const t = useT();
  const slots = 72;
  const bins = Array.from({ length: slots }, () => ({ info: 0, critical: 0 }));
  for (const p of series?.points ?? []) {
    const at = toMillis(p.timestamp) ?? 0;
    const bin = bins[Math.min(slots - 1, Math.max(0, Math.floor(((at - range.from) / Math.max(1, range.to - range.from)) * slots)))];
    if (bin) { bin.critical += p.class_5xx; bin.info += p.total - p.class_5xx; }
  }
  const top = Math.max(1, ...bins.map((b) => b.info + b.critical));
  return (
    <div className="logs-counts">
      <div className="histogram" role="img" aria-label={t('loglines.perBin')}>{bins.map((b, i) => <span key={i}>{(['critical', 'info'] as const).map((k) => (b[k] > 0 ? <i key={k} className={`bar-${k}`} style={{ blockSize: `${(b[k] / top) * 100}%` }} /> : null))}</span>)}</div>
      <p className="faint num">{t('loglines.shown', { shown, total })}{tail === 'live' ? <span className="pill pill-ok">{t('loglines.live')}</span> : tail === 'refused' ? <span className="pill pill-warning" title={t('loglines.notLiveWhy')}>{t('loglines.notLive')}</span> : null}</p>
    </div>
  );
}

function addressOf(s: Omit<SavedSearch, 'id' | 'name'>): string {
  const q = new URLSearchParams({ t: s.range });
  for (const name of ['source', 'level', 'q', 'status'] as const) if (s[name]) q.set(name, s[name]);
  return `/explore/logs?${q}`;
}

function Searches({ now, range }: { now: Question; range: string }) {
  const t = useT();
  const searches = useStore(preferences, (p) => p.searches);
  const [name, setName] = useState<string | null>(null);
  const save = () => { setPreferences({ searches: [...searches, { id: Date.now().toString(36), name: (name ?? '').trim() || t('loglines.title'), range, ...now }] }); setName(null); };
  return (
    <div className="logs-searches row">
      {searches.map((s) => <span key={s.id} className="logs-search"><button type="button" onClick={() => navigate(addressOf(s))}><Icon name="star" size={14} /><span className="truncate">{s.name}</span></button><Button small kind="quiet" icon="close" label={`${t('loglines.remove')}: ${s.name}`} onClick={() => setPreferences({ searches: searches.filter((x) => x.id !== s.id) })} /></span>)}
      {name === null ? <Button small icon="star" onClick={() => setName([now.source, now.level, now.q].filter(Boolean).join(' '))}>{t('loglines.save')}</Button> : (
        <form className="row" onSubmit={(e) => { e.preventDefault(); save(); }}>
          <input className="input" value={name} onChange={(e) => setName(e.target.value)} aria-label={t('loglines.name')} placeholder={t('loglines.name')} autoFocus maxLength={60} />
          <Button small type="submit" kind="primary">{t('core.save')}</Button><Button small onClick={() => setName(null)}>{t('core.cancel')}</Button>
        </form>
      )}
    </div>
  );
}
