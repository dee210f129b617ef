// Power: every UPS as a card, worst first; sums above; what happened last beneath. Refreshed every three seconds.
import { useMemo } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { PowerDevice, PowerEvent, PowerSnapshot, PowerSummary } from '../../api/power';
import { invalidate, useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import { rank } from '../../state/status';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { DemoLink } from '../../ui/DemoLink';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { AddUps } from './AddUps';
import { EventList } from './EventList';
import { FeedMap } from './FeedMap';
import { stateOf } from './states';
import { UpsCard } from './UpsCard';
import './power.css';

export default function PowerPage() {
  const t = useT();
  const may = useCan('power:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'power:manage' });
  const mayPoll = useCan('power:operate');
  const devices = useResource(paths.powerDevices, { everyMs: 3_000 });
  const latest = useResource(paths.powerLatest, { everyMs: 3_000 });
  const summary = useResource(paths.powerSummary, { everyMs: 10_000 });
  const [adding, setAdding] = useQueryParam('new');
  const add = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => setAdding('1')}>{t('power.add')}</Button>;
  const poll = () => { send('POST', urls.powerTrigger, {}).then(() => toast({ level: 'ok', text: t('power.polled') }), (e: unknown) => toast({ level: 'warning', text: asApiError(e).message })).finally(() => invalidate(urls.powerSnapshots)); };
  return (
    <>
      <PageHead title={t('power.title')} sub={summary.data ? <SummaryLine s={summary.data} /> : ' '} actions={<><Button icon="refresh" writes reason={mayPoll ? undefined : t('core.needsPermission', { permission: 'power:operate' })} onClick={poll}>{t('power.poll')}</Button>{add}</>} />
      {summary.data?.scanning_disabled ? <p className="power-banner" role="status"><Icon name="pause" />{t('power.notMonitoring')}</p> : null}
      <div className="stack home-column">
        <Loaded from={devices} lines={6}>
          {(list) => (list.length === 0
            ? <section className="card"><Empty icon="bolt" title={t('power.none')} text={t('power.noneText')} action={<>{add}<DemoLink /></>} /></section>
            : <Cards devices={list} latest={latest.data ?? []} />)}
        </Loaded>
        {devices.data ? <FeedMap devices={devices.data} latest={latest.data ?? []} /> : null}
        {devices.data && devices.data.length > 0 ? <Recent /> : null}
      </div>
      {adding === '' ? null : <AddUps onClose={() => setAdding('')} />}
    </>
  );
}

function SummaryLine({ s }: { s: PowerSummary }) {
  const t = useT();
  const parts = [t('power.devices', { n: s.devices.total })];
  if (s.devices.on_battery > 0) parts.push(t('power.nOnBattery', { n: s.devices.on_battery }));
  if (s.devices.offline > 0) parts.push(t('power.nOffline', { n: s.devices.offline }));
  if (s.total_watts !== null) parts.push(`${showNumber(s.total_watts)} W`);
  if (s.total_kwh_today !== null) parts.push(t('power.today', { kwh: showNumber(s.total_kwh_today, 2) }));
  if (s.cost_today !== null && s.cost_today > 0) parts.push(`${showNumber(s.cost_today, 2)} ${s.currency}`);
  if (s.min_runtime_seconds !== null) parts.push(t('power.shortest', { time: span(Math.floor(s.min_runtime_seconds / 60) * 60) }));
  return <>{parts.join(' · ')}</>;
}

function Cards({ devices, latest }: { devices: readonly PowerDevice[]; latest: readonly PowerSnapshot[] }) {
  const sorted = useMemo(() => {
    const of = (d: PowerDevice) => latest.find((s) => s.device_id === d.id);
    return devices.map((device) => ({ device, snapshot: of(device) })).sort((a, b) => Number(b.device.enabled) - Number(a.device.enabled) || rank(stateOf(a.device, a.snapshot)) - rank(stateOf(b.device, b.snapshot)) || a.device.name.localeCompare(b.device.name));
  }, [devices, latest]);
  return <div className="upsgrid">{sorted.map(({ device, snapshot }) => <UpsCard key={device.id} device={device} snapshot={snapshot} />)}</div>;
}

function Recent() {
  const t = useT();
  const events = useResource(paths.powerEvents({ page_size: 12 }), { everyMs: 5_000 });
  return (
    <Card title={t('power.recent')} flush actions={<Link to="/power/outages">{t('nav.outages')}</Link>}>
      <Loaded from={events} lines={4} compact>{(page) => <EventsOrNone items={page.items} />}</Loaded>
    </Card>
  );
}

export function EventsOrNone({ items }: { items: readonly PowerEvent[] }) {
  const t = useT();
  if (items.length === 0) return <Empty compact icon="history" title={t('power.noEvents')} text={t('power.noEventsText')} />;
  return <EventList items={items} />;
}

/** The way back to all devices, for the pages beneath. */
export function BackToPower() { const t = useT(); return <ButtonLink to="/power" icon="chevron-left" kind="quiet">{t('nav.power')}</ButtonLink>; }
