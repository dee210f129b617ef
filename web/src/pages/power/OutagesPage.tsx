// Every outage: when, how long, and what it did to the battery.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import type { Outage } from '../../api/power';
import { useResource } from '../../api/resource';
import { navigate } from '../../app/router';
import { showNumber } from '../../format/numbers';
import { dayTime, span, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { StatusMark } from '../../ui/Icon';
import { type Column, DataTable } from '../../ui/DataTable';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Value } from '../../ui/Value';
import './power.css';

const keyOf = (o: Outage) => String(o.id);

export default function OutagesPage() {
  const t = useT();
  const outages = useResource(paths.powerOutages({ page_size: 200 }), { everyMs: 5_000 });
  const columns = useMemo((): Column<Outage>[] => [
    { id: 'device', title: t('power.ups'), value: (o) => o.device_name, kind: 'main', cell: (o) => <bdi>{o.device_name}</bdi> },
    { id: 'state', title: t('power.state'), value: (o) => (o.ended_at === null ? 'running' : (o.ended_by ?? '')), width: '190px', cell: (o) => (o.ended_at === null ? <StatusMark status="warning" word={t('power.running')} /> : <StatusMark status={o.ended_by === 'power_restored' ? 'ok' : o.ended_by === 'shutdown' ? 'critical' : o.ended_by === 'device_lost' ? 'paused' : 'unknown'} word={tDynamic(`power.end.${o.ended_by ?? ''}`, o.ended_by ?? '')} />) },
    { id: 'start', title: t('power.began'), value: (o) => toMillis(o.started_at), kind: 'number', width: '150px', cell: (o) => { const ms = toMillis(o.started_at); return ms === null ? '–' : <span className="nowrap">{dayTime(ms)}</span>; } },
    { id: 'duration', title: t('power.duration'), value: (o) => o.duration_seconds, kind: 'number', cell: (o) => <span className="nowrap">{span(o.duration_seconds)}</span> },
    { id: 'battery', title: t('power.battery'), value: (o) => o.battery_start, kind: 'number', cell: (o) => (o.battery_start === null ? <Value of={null} /> : <span className="nowrap">{showNumber(o.battery_start)} → {o.battery_end === null ? '…' : showNumber(o.battery_end)} %</span>) },
    { id: 'runtime', title: t('power.leastRuntime'), value: (o) => o.min_runtime_seconds, kind: 'number', cell: (o) => (o.min_runtime_seconds === null ? <Value of={null} /> : <span className="nowrap">{span(o.min_runtime_seconds)}</span>) },
    { id: 'load', title: t('power.mostLoad'), value: (o) => o.max_load, kind: 'number', cell: (o) => <Value of={o.max_load === null ? null : { figure: showNumber(o.max_load), unit: '%' }} /> },
  ], [t]);
  return (
    <>
      <PageHead title={t('nav.outages')} sub={outages.data ? t('power.outageCount', { n: outages.data.total }) : ' '} />
      <section className="card"><Loaded from={outages} lines={6}>{(page) => <DataTable name="outages" label={t('nav.outages')} rows={page.items} columns={columns} keyOf={keyOf} initialSort="-start" liveSort onOpen={(o) => navigate(`/power/${encodeURIComponent(o.device_id)}`)} empty={<Empty icon="bolt" title={t('power.noOutages')} text={t('power.noOutagesText')} />} />}</Loaded></section>
    </>
  );
}
