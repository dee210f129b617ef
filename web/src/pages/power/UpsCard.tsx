// One UPS: state, charge and load with their limits, and the line mains - UPS - load, which breaks where the power does.
import type { PowerDevice, PowerSnapshot } from '../../api/power';
import { Link } from '../../app/Link';
import { percent, showNumber } from '../../format/numbers';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import { levelOf, type Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Icon, StatusMark } from '../../ui/Icon';
import { Meter, Value } from '../../ui/Value';
import { flagsOf, stateOf, supplyOf, wordOf } from './states';

const volts = (v: number | null | undefined) => (v === null || v === undefined ? null : { figure: showNumber(v), unit: 'V' });
const watts = (v: number | null | undefined) => (v === null || v === undefined ? null : { figure: showNumber(v), unit: 'W' });

export function batteryState(s: PowerSnapshot | undefined): Status {
  if (!s || s.battery_percent === null) return 'unknown';
  const flags = flagsOf(s);
  if (flags.includes('LB') || s.battery_percent <= 20) return flags.includes('OL') ? 'warning' : 'critical';
  return s.battery_percent <= 50 ? 'warning' : 'ok';
}

/** Mains, UPS and load as a line; which part of it carries is said in words as well. */
export function FeedLine({ device, snapshot }: { device: PowerDevice; snapshot: PowerSnapshot | undefined }) {
  const t = useT();
  const supply = device.status === 'offline' ? 'unknown' : supplyOf(snapshot);
  const label = supply === 'battery' ? t('power.feedBattery') : supply === 'mains' ? t('power.feedMains') : t('power.feedUnknown');
  const approx = snapshot?.power_source === 'estimated' ? '≈ ' : '';
  return (
    <div className={`feed feed-${supply}`} role="img" aria-label={label}>
      <span className="feed-node"><small>{t('power.mains')}</small><b className="num"><Value of={volts(snapshot?.input_voltage)} /></b></span>
      <span className="feed-wire feed-in" />
      <span className="feed-node feed-ups"><Icon name="bolt" size={16} /></span>
      <span className="feed-wire feed-out" />
      <span className="feed-node"><small>{t('power.load')}</small><b className="num">{approx}<Value of={watts(snapshot?.power_watts)} missing={t('power.noWatts')} /></b></span>
    </div>
  );
}

export function UpsCard({ device, snapshot }: { device: PowerDevice; snapshot: PowerSnapshot | undefined }) {
  const t = useT();
  const state = stateOf(device, snapshot);
  const alarming = state === 'warning' || state === 'critical';
  const old = device.status !== 'online';
  const load = snapshot?.load_percent ?? null;
  return (
    <Link to={`/power/${encodeURIComponent(device.id)}`} className={`upscard${alarming ? ` upscard-${state}` : ''}`}>
      <span className="upscard-head">
        <span className="upscard-name"><b><bdi>{device.name}</bdi></b><small className="faint truncate"><bdi>{[device.manufacturer, device.model].filter(Boolean).join(' ') || device.host}</bdi></small></span>
        <StatusMark status={state} word={wordOf(device, snapshot)} />
      </span>
      <span className={old ? 'upscard-body upscard-old' : 'upscard-body'}>
        {device.type === 'ups' ? <span className="upscard-pair">
          <span className="upscard-figure"><small>{t('power.battery')}</small><Value big of={snapshot && snapshot.battery_percent !== null ? percent(snapshot.battery_percent, 0) : null} /><Meter thin value={snapshot?.battery_percent ?? null} status={batteryState(snapshot)} ticks={[20]} label={t('power.battery')} /><span className="upscard-foot">{snapshot?.runtime_seconds !== null && snapshot?.runtime_seconds !== undefined ? t('power.lasts', { time: span(Math.floor(snapshot.runtime_seconds / 60) * 60) }) : t('power.noRuntime')}</span></span>
          <span className="upscard-figure"><small>{t('power.load')}</small><Value big of={load === null ? null : percent(load, load < 10 ? 1 : 0)} /><Meter thin value={load} status={levelOf(load, 80, 100)} ticks={[80]} label={t('power.load')} /><span className="upscard-foot">{snapshot?.temperature_c !== null && snapshot?.temperature_c !== undefined ? `${showNumber(snapshot.temperature_c, 1)} °C` : ' '}</span></span>
        </span> : <MeterPair snapshot={snapshot} />}
        {device.type === 'ups' ? <FeedLine device={device} snapshot={snapshot} /> : null}
      </span>
      <span className="upscard-age faint">{device.last_error ? <bdi className="truncate">{device.last_error}</bdi> : <span />}<span className="nowrap">{t('power.seen')} <Age at={device.last_seen} /></span></span>
    </Link>
  );
}

/** A PDU, sensor or host has no battery: what it draws and carries. */
function MeterPair({ snapshot: s }: { snapshot: PowerSnapshot | undefined }) {
  const t = useT();
  const amps = s?.current_amps === null || s?.current_amps === undefined ? null : { figure: showNumber(s.current_amps, 1), unit: 'A' };
  const outlets = s?.outlet_count ? t('power.outletCount', { n: s.outlet_count }) : s?.temperature_c !== null && s?.temperature_c !== undefined ? `${showNumber(s.temperature_c, 1)} °C` : ' ';
  return (
    <span className="upscard-pair">
      <span className="upscard-figure"><small>{t('power.watts')}</small><Value big of={watts(s?.power_watts)} /><span className="upscard-foot">{s?.energy_kwh === null || s?.energy_kwh === undefined ? ' ' : `${showNumber(s.energy_kwh, 1)} kWh`}</span></span>
      <span className="upscard-figure"><small>{t('power.current')}</small><Value big of={amps} /><span className="upscard-foot">{outlets}</span></span>
    </span>
  );
}
