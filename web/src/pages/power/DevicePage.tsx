// One UPS: the sentence, live figures, charts over a band of its supply, events, variables and commands.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { PowerDevice, PowerSnapshot } from '../../api/power';
import { invalidate, useResource } from '../../api/resource';
import { navigate, useQueryParam } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { type Quantity, percent, showNumber } from '../../format/numbers';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import { levelOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { Tabs } from '../../ui/Tabs';
import { toast } from '../../ui/toasts';
import { Meter, Value } from '../../ui/Value';
import { Commands, Variables } from './Controls';
import { DeviceCharts } from './DeviceCharts';
import { EditDevice } from './EditDevice';
import { EventTable } from './EventTable';
import { FeedsCard } from './FeedMap';
import { Outlets, Phases } from './Outlets';
import { EventsOrNone } from './PowerPage';
import { sentenceOf, stateOf, wordOf } from './states';
import { BatteryCard, QualityCard } from './StandingCards';
import { batteryState, FeedLine } from './UpsCard';
import './power.css';

const tabIds = ['overview', 'outlets', 'events', 'variables', 'commands'] as const;
type TabId = (typeof tabIds)[number];

export default function DevicePage({ params }: PageProps) {
  const t = useT();
  const id = params.id ?? '';
  const device = useResource(paths.powerDevice(id), { everyMs: 3_000 });
  const latest = useResource(paths.powerLatest, { everyMs: 3_000 });
  const [tab] = useQueryParam('tab', 'overview');
  const active: TabId = tabIds.find((x) => x === tab) ?? 'overview';
  const snapshot = latest.data?.find((s) => s.device_id === id);
  const to = (x: TabId) => (x === 'overview' ? `/power/${encodeURIComponent(id)}` : `/power/${encodeURIComponent(id)}?tab=${x}`);
  return (
    <Loaded from={device} lines={8}>
      {(d) => (
        <>
          <PageHead icon="bolt" title={<bdi>{d.name}</bdi>} mark={<StatusMark status={stateOf(d, snapshot)} word={wordOf(d, snapshot)} />} sub={<>{sentenceOf(d, snapshot)} · <Age at={d.last_seen} /></>} actions={<DeviceMenu device={d} />} />
          {d.last_error ? <p className="power-banner power-banner-bad" role="status"><bdi>{d.last_error}</bdi></p> : null}
          <Tabs label={t('power.parts')} active={active} items={tabIds.filter((x) => x !== 'outlets' || active === 'outlets' || d.type === 'pdu' || (snapshot?.outlet_count ?? 0) > 0).map((x) => ({ id: x, text: t(`power.tab.${x}`), to: to(x) }))} />
          {active === 'overview' ? <Overview device={d} snapshot={snapshot} /> : active === 'outlets' ? <Outlets device={d} /> : active === 'events' ? <Events id={id} /> : active === 'variables' ? <Variables id={id} /> : <Commands device={d} />}
        </>
      )}
    </Loaded>
  );
}

function DeviceMenu({ device }: { device: PowerDevice }) {
  const t = useT();
  const may = useCan('power:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'power:manage' });
  const [removing, setRemoving] = useState(false);
  const [editing, setEditing] = useState(false);
  const toggle = () => { send('PUT', urls.powerDevice(device.id), { enabled: !device.enabled }).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(() => invalidate(urls.powerDevices)); };
  return (
    <>
      <Button icon="edit" reason={reason} writes onClick={() => setEditing(true)}>{t('power.edit')}</Button>
      <Menu label={t('power.more')} items={[{ id: 'toggle', text: device.enabled ? t('power.disable') : t('power.enable'), icon: device.enabled ? 'pause' : 'play', reason, run: toggle }, { id: 'remove', text: t('power.remove'), icon: 'trash', danger: true, separator: true, reason, run: () => setRemoving(true) }]} />
      {editing ? <EditDevice device={device} onClose={() => setEditing(false)} /> : null}
      {removing ? <ConfirmDialog title={t('power.removeTitle', { name: device.name })} name={device.name} action={t('power.remove')} run={async () => { await send('DELETE', urls.powerDevice(device.id)); invalidate(urls.powerDevices, urls.powerSummary); navigate('/power'); }} onClose={() => setRemoving(false)}><p>{t('power.removeText')}</p><ChangePreview path={urls.powerDevice(device.id)} /></ConfirmDialog> : null}
    </>
  );
}

function unit(v: number | null | undefined, word: string, digits = 0): Quantity | null { return v === null || v === undefined ? null : { figure: showNumber(v, digits), unit: word }; }

function Overview({ device, snapshot: s }: { device: PowerDevice; snapshot: PowerSnapshot | undefined }) {
  const t = useT();
  const facts = useMemo(() => [
    [t('power.fact.model'), [device.manufacturer, device.model].filter(Boolean).join(' ')], [t('power.fact.serial'), device.serial], [t('power.fact.firmware'), device.firmware],
    [t('power.fact.address'), `${device.host}:${device.port}`], [t('power.fact.poller'), [device.poller.toUpperCase(), device.profile].filter(Boolean).join(' · ')], [t('power.fact.location'), device.location],
  ].filter(([, v]) => Boolean(v)), [device, t]);
  const ups = device.type === 'ups';
  const devices = useResource(paths.powerDevices);
  // What many UPSes do not measure is left out rather than shown as a row of dashes.
  const more: readonly (readonly [string, Quantity | null])[] = [[t('power.output'), unit(s?.output_voltage, 'V', 1)], [t('power.frequency'), unit(s?.frequency_hz, 'Hz', 1)], [t('power.current'), unit(s?.current_amps, 'A', 2)], [t('power.temperature'), unit(s?.temperature_c, '°C', 1)], [t('power.meter'), unit(s?.energy_kwh, 'kWh', 1)], ...(ups ? [] : [[t('power.input'), unit(s?.input_voltage, 'V', 1)] as const])];
  const approx = s?.power_source === 'estimated' ? t('power.estimated') : '';
  return (
    <div className="grid">
      <div className="span-8 stack home-column">
        <section className={device.status === 'online' ? 'card power-now' : 'card power-now upscard-old'}>
          {ups ? <FeedLine device={device} snapshot={s} /> : null}
          <div className="power-figures">
            {ups ? <Figure label={t('power.battery')} of={unit(s?.battery_percent, '%')} meter={<Meter thin value={s?.battery_percent ?? null} status={batteryState(s)} ticks={[20]} label={t('power.battery')} />} /> : null}
            {ups ? <Figure label={t('power.runtime')} of={s?.runtime_seconds === null || s === undefined ? null : { figure: span(Math.floor(s.runtime_seconds / 60) * 60), unit: '' }} /> : null}
            {ups || s?.load_percent != null ? <Figure label={t('power.load')} of={s?.load_percent === null || s === undefined ? null : percent(s.load_percent, 1)} meter={<Meter thin value={s?.load_percent ?? null} status={levelOf(s?.load_percent ?? null, 80, 100)} ticks={[80]} label={t('power.load')} />} /> : null}
            <Figure label={approx ? `${t('power.watts')} ≈` : t('power.watts')} of={unit(s?.power_watts, 'W')} {...(approx ? { foot: approx } : {})} />
            {more.map(([label, of]) => (of === null ? null : <Figure key={label} label={label} of={of} />))}
          </div>
        </section>
        <Phases id={device.id} />
        <DeviceCharts id={device.id} ups={ups} />
      </div>
      <div className="span-4 stack home-column">
        <Card title={t('power.facts')}><dl className="facts">{facts.map(([label, value]) => <div className="fact" key={label}><dt>{label}</dt><dd><bdi>{value}</bdi></dd></div>)}<div className="fact"><dt>{t('power.fact.flags')}</dt><dd><bdi className="mono">{s?.ups_status ?? '–'}</bdi></dd></div></dl></Card>
        {device.type === 'ups' ? <BatteryCard id={device.id} /> : null}
        {device.type === 'ups' || device.type === 'pdu' ? <FeedsCard device={device} devices={devices.data ?? []} /> : null}
        <QualityCard id={device.id} />
        <Card title={t('power.recent')} flush><Events id={device.id} size={10} bare /></Card>
      </div>
    </div>
  );
}

function Figure({ label, of, meter, foot }: { label: string; of: Quantity | null; meter?: React.ReactNode; foot?: string }) {
  return <span className="power-figure"><small>{label}</small><Value big of={of} />{meter}{foot ? <span className="upscard-foot">{foot}</span> : null}</span>;
}

function Events({ id, size = 100, bare }: { id: string; size?: number; bare?: boolean }) {
  const t = useT();
  const events = useResource(paths.powerEvents({ device_id: id, page_size: size }), { everyMs: 5_000 });
  return bare
    ? <Loaded from={events} lines={4} compact>{(page) => <EventsOrNone items={page.items} />}</Loaded>
    : <Card title={t('power.tab.events')} flush><Loaded from={events} lines={4} compact>{(page) => <EventTable items={page.items} />}</Loaded></Card>;
}
