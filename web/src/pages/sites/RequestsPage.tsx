// Requests of all sites: what came in over the time chosen, and every line as it comes.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { bytes, showNumber } from '../../format/numbers';
import { toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { TimeSeries } from '../../ui/TimeSeries';
import { Value } from '../../ui/Value';
import { Requests } from './Requests';
import { classHues } from './states';
import { Unrecorded } from './Unrecorded';
import './sites.css';

const ranges = ['1h', '6h', '24h', '7d'] as const;

export default function RequestsPage() {
  const t = useT();
  const [range, setRange] = useQueryParam('range', '1h');
  const known = ranges.find((r) => r === range) ?? '1h';
  const sites = useResource(paths.sites, { everyMs: 30_000 });
  const engine = useResource(paths.engineStatus, { everyMs: 10_000 });
  return (
    <>
      <PageHead title={t('sites.requests')} sub={t('sites.requestsSub')} actions={<Segmented label={t('sites.range')} value={known} options={ranges.map((r) => ({ id: r, text: r }))} onChange={setRange} />} />
      {engine.data?.unrecorded ? <Unrecorded why={engine.data.unrecorded} /> : null}
      <div className="stack">
        <Traffic range={known} />
        <Requests within={known} {...(sites.data ? { sites: sites.data } : {})} />
      </div>
    </>
  );
}

function Traffic({ range }: { range: (typeof ranges)[number] }) {
  const t = useT();
  const traffic = useResource(paths.edgeTraffic(range), { everyMs: 30_000 });
  const data = traffic.data;
  const shown = useMemo(() => {
    if (!data) return null;
    const at = (time: string) => toMillis(time) ?? 0;
    const series = (['c2xx', 'c3xx', 'c4xx', 'c5xx'] as const).map((c) => ({ label: c.slice(1), hue: classHues[c], points: data.timeseries.map((p) => [at(p.time), p[c]] as const) }));
    const sum = (c: 'c2xx' | 'c3xx' | 'c4xx' | 'c5xx') => data.timeseries.reduce((n, p) => n + p[c], 0);
    const all = sum('c2xx') + sum('c3xx') + sum('c4xx') + sum('c5xx');
    return { series, all, refused: sum('c4xx'), failed: sum('c5xx'), from: at(data.timeseries[0]?.time ?? ''), to: at(data.timeseries.at(-1)?.time ?? '') };
  }, [data]);
  const busiest = data?.top_hosts.slice(0, 6) ?? [];
  const figure = (n: number | undefined) => (n === undefined ? null : { figure: showNumber(n), unit: '' });
  return (
    <>
      <section className="card site-figures">
        <Figure name={t('sites.requestsIn', { range })} of={figure(shown?.all)} />
        <Figure name={t('sites.errors4xx')} of={figure(shown?.refused)} />
        <Figure name={t('sites.errors5xx')} of={figure(shown?.failed)} />
        <Figure name={t('sites.sent')} of={data ? bytes(data.bandwidth_out_bytes) : null} />
      </section>
      <Loaded from={traffic} lines={6}>{() => (shown === null ? null : (
        <div className={busiest.length === 0 ? undefined : 'site-grid'}>
          <section className="card"><TimeSeries title={t('sites.requests')} name="requests" series={shown.series} unit="" from={shown.from} to={shown.to} min={0} /></section>
          {busiest.length === 0 ? null : (
            <Card flush title={t('sites.busiest')}><ul className="toplist">{busiest.map((h) => <li key={h.host_domain}><SiteName domain={h.host_domain} /><span className="num">{showNumber(h.count)}</span></li>)}</ul></Card>
          )}
        </div>
      ))}</Loaded>
    </>
  );
}

function SiteName({ domain }: { domain: string }) {
  const sites = useResource(paths.sites);
  const id = sites.data?.find((s) => s.domain === domain)?.id;
  return id === undefined ? <bdi>{domain}</bdi> : <Link to={`/sites/${id}`}><bdi>{domain}</bdi></Link>;
}

function Figure({ name, of }: { name: string; of: { figure: string; unit: string } | null }) { return <span className="site-figure"><small>{name}</small><Value of={of} big /></span>; }
