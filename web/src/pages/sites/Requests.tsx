// Requests as they come, of one site or of all: the newest from the log store, new ones from the stream. The filters are
// asked of the server, so they reach every stored line and not only those on the page.
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { asApiError, load, type ApiError } from '../../api/client';
import { useTail, withNewest, type TailState } from '../../api/tail';
import { paths, urls } from '../../api/paths';
import type { RequestLine, Site } from '../../api/edge';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { joined, showNumber, bytes } from '../../format/numbers';
import { clockSeconds, dayTime, exactTime, toMillis } from '../../format/time';
import { Country } from '../../ui/Country';
import { GeoNote } from '../../ui/GeoNote';
import { useT } from '../../i18n';
import { Button, Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { LogExport } from '../../ui/LogExport';
import { Layer } from '../../ui/Overlay';
import { Empty, ErrorBlock, Forbidden, Skeleton } from '../../ui/StateBlock';
import { RequestFindings } from './Findings';

const kept = 2_000;
const pageSize = 200;
const classes = ['', '2xx', '3xx', '4xx', '5xx'] as const;
export const spans = ['1h', '6h', '24h', '7d', ''] as const;
export type Span = (typeof spans)[number];
const hours: Readonly<Record<Span, number | null>> = { '1h': 1, '6h': 6, '24h': 24, '7d': 168, '': null };
const methods = ['', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

export function Requests({ site, sites, within }: { site?: Site; /** To choose from, without a fixed one. */ sites?: readonly Site[]; /** The span that the page chose; without one it is chosen here. */ within?: Span }) {
  const t = useT();
  const may = useCan('logs:read');
  const [status, setStatus] = useQueryParam('status');
  const [method, setMethod] = useQueryParam('method');
  const [client, setClient] = useQueryParam('client');
  const [path, setPath] = useQueryParam('path');
  const [country, setCountry] = useQueryParam('country');
  const [chosen, setChosen] = useQueryParam('site');
  const [range, setRange] = useQueryParam('range');
  const [open, setOpen] = useQueryParam('peek');
  const [follow, setFollow] = useState(true);
  const host = site ? String(site.id) : chosen;
  const query = useMemo(() => ({ source: 'caddy_access', host_id: host, status, method, remote_ip: client, path, country: /^[a-z]{2}(,[a-z]{2})*$/i.test(country) ? country : '' }), [host, status, method, client, path, country]);
  const span = within ?? spans.find((s) => s === range) ?? '';
  const asked = useMemo(() => ({ ...query, ...since(span) }), [query, span]);
  const found = useRequests(asked, query, may, follow);
  const columns = useColumns(site === undefined);
  if (!may) return <section className="card"><Forbidden permission="logs:read" /></section>;
  const known = classes.find((c) => c === status) ?? '';
  const isFiltered = [status, method, client, path, country, site ? '' : chosen].some((x) => x !== '');
  return (
    <Card flush title={t('sites.requests')} sub={found.total === null ? ' ' : `${t('sites.requestsFound', { n: found.total })}${found.tail === 'refused' ? ` · ${t('sites.notLive')}` : ''}`} actions={<>{within ? null : <Segmented label={t('sites.range')} value={span} options={spans.map((id) => ({ id, text: id === '' ? t('core.all') : id }))} onChange={setRange} />}<LogExport small query={asked} total={found.total} /><Button small icon={follow ? 'pause' : 'play'} pressed={follow} onClick={() => setFollow(!follow)}>{follow ? t('sites.following') : t('sites.follow')}</Button></>}>
      <div className="req-filter">
        <Segmented label={t('sites.status')} value={known} options={classes.map((id) => ({ id, text: id === '' ? t('core.all') : id }))} onChange={setStatus} />
        {sites ? <Select hideLabel label={t('sites.domain')} value={chosen} onChange={setChosen} options={[{ id: '', text: t('sites.everySite') }, ...sites.map((s) => ({ id: String(s.id), text: s.domain }))]} /> : null}
        <Select hideLabel label={t('sites.method')} value={methods.find((m) => m === method) ?? ''} onChange={setMethod} options={methods.map((id) => ({ id, text: id === '' ? t('sites.everyMethod') : id }))} />
        <Typed label={t('sites.pathFilter')} value={path} onChange={setPath} />
        <Typed label={t('sites.clientFilter')} value={client} onChange={setClient} />
        <Typed short label={t('sites.countryFilter')} value={country} onChange={setCountry} />
      </div>
      {found.error ? <ErrorBlock error={found.error} retry={found.again} /> : found.rows === null ? <Skeleton lines={10} /> : <DataTable name="requests" label={t('sites.requests')} rows={found.rows} columns={columns} keyOf={(r) => String(r.id)} initialSort="-time" liveSort filterable={false} onOpen={(r) => setOpen(String(r.id))} empty={<Empty icon="activity" title={isFiltered ? t('sites.noRequestMatches') : span === '' ? t('sites.noRequests') : t('sites.noRequestsIn', { range: span })} text={isFiltered ? t('sites.noRequestMatchesText') : t('sites.noRequestsText')} />} />}
      <GeoNote />
      {open === '' ? null : <Details id={Number(open)} known={found.rows?.find((r) => String(r.id) === open)} onClose={() => setOpen('')} />}
    </Card>
  );
}

/** The beginning of a span, in whole minutes; the span without a name has none. */
function since(span: Span): { from?: number } {
  const n = hours[span];
  return n === null ? {} : { from: Math.floor((Date.now() - n * 3_600_000) / 60_000) * 60 };
}

/** A filter that counts when the typing pauses or ends. */
function Typed({ label, value, onChange, short }: { label: string; value: string; onChange: (value: string) => void; short?: boolean }) {
  const [text, setText] = useState(value);
  useEffect(() => { setText(value); }, [value]);
  useEffect(() => {
    if (text === value) return;
    const wait = setTimeout(() => onChange(text), 400);
    return () => clearTimeout(wait);
  }, [text, value, onChange]);
  return <span className={short ? 'filter req-short' : 'filter'}><Icon name="search" size={14} /><input type="search" value={text} maxLength={200} aria-label={label} placeholder={label} spellCheck={false} autoCapitalize="none" onChange={(e) => setText(e.target.value)} /></span>;
}

interface Found { rows: readonly RequestLine[] | null; total: number | null; error: ApiError | null; tail: TailState; again: () => void }

/** What `query` finds; new lines are asked for by `filter`, for which there is no span. */
function useRequests(query: Record<string, string | number>, filter: Record<string, string>, may: boolean, follow: boolean): Found {
  const [rows, setRows] = useState<readonly RequestLine[] | null>(null);
  const [total, setTotal] = useState<number | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks again.
  useEffect(() => {
    if (!may) return;
    let stale = false;
    setRows(null);
    setError(null);
    load(paths.logs({ ...query, limit: pageSize })).then((page) => { if (!stale) { setRows(page.entries); setTotal(page.total_count); } }, (e: unknown) => { if (!stale) setError(asApiError(e)); });
    return () => { stale = true; };
  }, [query, may, round]);
  const shown = useRef(rows);
  shown.current = rows;
  const tail = useTail<RequestLine>(may && follow && rows !== null ? urls.logStream(filter) : null, paths.logs({ ...query, limit: pageSize }), {
    line: (entry) => {
      const now = shown.current;
      // Counted with the page already.
      if (now === null || now.some((x) => x.id === entry.id)) return;
      shown.current = [entry, ...now].slice(0, kept);
      setRows(shown.current);
      setTotal((n) => (n === null ? n : n + 1));
    },
    page: (page) => {
      shown.current = withNewest([...(shown.current ?? [])].reverse(), page.entries, pageSize).lines.reverse().slice(0, kept);
      setRows(shown.current);
      setTotal(page.total_count);
    },
  });
  return { rows, total, error, tail, again: () => setRound((n) => n + 1) };
}

function useColumns(withSite: boolean): Column<RequestLine>[] {
  const t = useT();
  return useMemo(() => {
    const site: Column<RequestLine>[] = withSite ? [{ id: 'site', title: t('sites.domain'), value: (r) => r.host_domain ?? '', cell: (r) => (r.host_domain ? <bdi className="nowrap">{r.host_domain}</bdi> : <span className="faint">–</span>) }] : [];
    return [
      { id: 'time', title: t('sites.time'), value: (r) => toMillis(r.timestamp), kind: 'number', width: '120px', cell: (r) => { const ms = toMillis(r.timestamp) ?? 0; return <span className="nowrap num">{Date.now() - ms > 86_400_000 ? dayTime(ms) : clockSeconds(ms)}</span>; } },
      { id: 'status', title: t('sites.status'), value: (r) => r.status ?? null, kind: 'number', width: '80px', cell: (r) => <span className={`num req-status req-${String(r.status ?? '').slice(0, 1)}`}>{r.status ?? '–'}</span> },
      { id: 'path', title: t('sites.path'), value: (r) => `${r.method ?? ''} ${r.path ?? ''}`, kind: 'main', cell: (r) => <bdi className="mono req-path">{r.method} {r.path}</bdi> },
      ...site,
      { id: 'ip', title: t('sites.client'), value: (r) => r.remote_ip ?? '', cell: (r) => <bdi className="mono nowrap">{r.remote_ip}</bdi> },
      { id: 'country', title: t('sites.country'), value: (r) => r.country_code ?? '', cell: (r) => (r.country_code ? <Country code={r.country_code} asn={r.asn} /> : <span className="faint">–</span>) },
      { id: 'upstream', title: t('sites.target'), value: (r) => r.upstream ?? '', cell: (r) => <bdi className="mono faint nowrap">{r.upstream ?? '–'}</bdi> },
      { id: 'ms', title: t('sites.took'), value: (r) => r.duration_ms ?? null, kind: 'number', cell: (r) => <span className="num nowrap">{took(r)}</span> },
      { id: 'size', title: t('sites.size'), value: (r) => r.size_bytes ?? null, kind: 'number', extra: true, cell: (r) => <span className="num nowrap">{r.size_bytes === undefined ? '–' : joined(bytes(r.size_bytes))}</span> },
    ];
  }, [t, withSite]);
}

function took(r: RequestLine): string { return r.duration_ms === undefined ? '–' : `${showNumber(r.duration_ms, 1)} ms`; }

/** All that is known of one request, also of one that is not on the page. */
function Details({ id, known, onClose }: { id: number; known: RequestLine | undefined; onClose: () => void }) {
  const t = useT();
  const [line, setLine] = useState(known);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    let stale = false;
    load(paths.logLine(id)).then((x) => { if (!stale) setLine(x); }, (e: unknown) => { if (!stale) setError(asApiError(e)); });
    return () => { stale = true; };
  }, [id]);
  return (
    <Layer kind="sheet" title={line ? `${line.method ?? ''} ${line.path ?? ''}` : t('sites.requests')} onClose={onClose} footer={<Button onClick={onClose}>{t('core.close')}</Button>}>
      {error && !line ? <ErrorBlock error={error} /> : line === undefined ? <Skeleton lines={8} /> : <><Facts line={line} /><RequestFindings line={line} /></>}
    </Layer>
  );
}

function Facts({ line }: { line: RequestLine }) {
  const t = useT();
  const site = line.host_domain === undefined ? null : line.host_id === undefined ? line.host_domain : <Link to={`/sites/${line.host_id}`}>{line.host_domain}</Link>;
  return (
    <dl className="facts">
      <Fact name={t('sites.time')}>{exactTime(toMillis(line.timestamp) ?? 0)}</Fact>
      <Fact name={t('sites.domain')}>{site}</Fact>
      <Fact name={t('sites.client')}>{line.remote_ip}</Fact>
      <Fact name={t('sites.country')}>{line.country_code ? <Country code={line.country_code} /> : line.geo?.is_private ? t('sites.privateAddress') : null}</Fact>
      <Fact name={t('sites.network')}>{line.geo?.asn_org ?? line.asn ? `${line.geo?.asn_org ?? ''} AS${line.geo?.asn ?? line.asn}`.trim() : null}</Fact>
      <Fact name={t('sites.status')}>{line.status}</Fact>
      <Fact name={t('sites.took')}>{line.duration_ms === undefined ? null : took(line)}</Fact>
      <Fact name={t('sites.size')}>{line.size_bytes === undefined ? null : joined(bytes(line.size_bytes))}</Fact>
      <Fact name={t('sites.target')}>{line.upstream}</Fact>
      <Fact name={t('sites.rule')}>{line.host_id && line.rule_id ? <Link to={`/sites/${line.host_id}/routing`}>#{line.rule_id}</Link> : null}</Fact>
      <Fact name={t('sites.userAgent')}>{line.user_agent}</Fact>
      <Fact name={t('sites.whatHappened')}>{line.message}</Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return children === null || children === undefined || children === '' ? null : <><dt>{name}</dt><dd><bdi>{children}</bdi></dd></>;
}
