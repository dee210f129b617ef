// Requests of a site as they come: the newest from the log store, new ones from the stream.
import { useEffect, useMemo, useState } from 'react';
import { load, openStream } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Site } from '../../api/edge';
import type { LogEntry } from '../../api/shapes';
import { useCan } from '../../app/session';
import { joined, showNumber, bytes } from '../../format/numbers';
import { clockSeconds, dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { Empty, Forbidden, Skeleton } from '../../ui/StateBlock';

const kept = 2_000;
const classes = ['', '2xx', '3xx', '4xx', '5xx'] as const;
type Row = LogEntry & { upstream?: string; duration_ms?: number; size_bytes?: number };

export function Requests({ site }: { site: Site }) {
  const t = useT();
  const may = useCan('logs:read');
  const [status, setStatus] = useState<(typeof classes)[number]>('');
  const [follow, setFollow] = useState(true);
  const [rows, setRows] = useState<readonly Row[] | null>(null);
  const query = useMemo(() => ({ source: 'caddy_access', host_id: String(site.id), status }), [site.id, status]);
  useEffect(() => {
    if (!may) return;
    let stale = false;
    setRows(null);
    load(paths.logs({ ...query, limit: 200 })).then((page) => { if (!stale) setRows(page.entries); }, () => { if (!stale) setRows([]); });
    return () => { stale = true; };
  }, [query, may]);
  const ready = rows !== null;
  useEffect(() => {
    if (!may || !follow || !ready) return;
    const opened = openStream(urls.logStream(query));
    opened.addEventListener('entry', (e) => {
      let entry: Row;
      try { entry = JSON.parse(e.data) as Row; } catch { return; }
      setRows((old) => (old === null || old.some((x) => x.id === entry.id) ? old : [entry, ...old].slice(0, kept)));
    });
    return () => opened.close();
  }, [may, follow, ready, query]);
  const columns = useMemo((): Column<Row>[] => [
    { id: 'time', title: t('sites.time'), value: (r) => toMillis(r.timestamp), kind: 'number', width: '120px', cell: (r) => { const ms = toMillis(r.timestamp) ?? 0; return <span className="nowrap num">{Date.now() - ms > 86_400_000 ? dayTime(ms) : clockSeconds(ms)}</span>; } },
    { id: 'status', title: t('sites.status'), value: (r) => r.status ?? null, kind: 'number', width: '80px', cell: (r) => <span className={`num req-status req-${String(r.status ?? '').slice(0, 1)}`}>{r.status ?? '–'}</span> },
    { id: 'path', title: t('sites.path'), value: (r) => `${r.method ?? ''} ${r.path ?? ''}`, kind: 'main', cell: (r) => <bdi className="mono">{r.method} {r.path}</bdi> },
    { id: 'ip', title: t('sites.client'), value: (r) => r.remote_ip ?? '', cell: (r) => <bdi className="mono">{r.remote_ip}</bdi> },
    { id: 'upstream', title: t('sites.target'), value: (r) => r.upstream ?? '', cell: (r) => <bdi className="mono faint">{r.upstream ?? '–'}</bdi> },
    { id: 'ms', title: t('sites.took'), value: (r) => r.duration_ms ?? null, kind: 'number', cell: (r) => <span className="num">{r.duration_ms === undefined ? '–' : `${showNumber(r.duration_ms, 1)} ms`}</span> },
    { id: 'size', title: t('sites.size'), value: (r) => r.size_bytes ?? null, kind: 'number', extra: true, cell: (r) => <span className="num">{r.size_bytes === undefined ? '–' : joined(bytes(r.size_bytes))}</span> },
  ], [t]);
  if (!may) return <section className="card"><Forbidden permission="logs:read" /></section>;
  return (
    <Card flush title={t('sites.requests')} actions={<><Segmented label={t('sites.status')} value={status} options={classes.map((id) => ({ id, text: id === '' ? t('core.all') : id }))} onChange={setStatus} /><Button small icon={follow ? 'pause' : 'play'} pressed={follow} onClick={() => setFollow(!follow)}>{follow ? t('sites.following') : t('sites.follow')}</Button><ButtonLink small to={`/explore/logs?source=caddy_access&q=${encodeURIComponent(site.domain)}`} icon="terminal">{t('sites.allLogs')}</ButtonLink></>}>
      {rows === null ? <Skeleton lines={10} /> : <DataTable name="requests" label={t('sites.requests')} rows={rows} columns={columns} keyOf={(r) => String(r.id)} initialSort="-time" liveSort empty={<Empty icon="activity" title={t('sites.noRequests')} text={t('sites.noRequestsText')} />} />}
    </Card>
  );
}
