// The batteries behind a plan: charge as a ring, minutes left, what they run on.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { showNumber } from '../../format/numbers';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import type { Status } from '../../state/status';
import { StatusMark } from '../../ui/Icon';
import { stateOf, supplyOf, wordOf } from './states';
import { batteryState } from './UpsCard';
import './power.css';

const radius = 26;
const round = 2 * Math.PI * radius;

export function ChargeRing({ percent, status, label }: { percent: number | null; status: Status; label: string }) {
  const share = percent === null ? 0 : Math.max(0, Math.min(100, percent)) / 100;
  return (
    <svg className={`ring ring-${status}`} viewBox="0 0 64 64" width="64" height="64" role="img" aria-label={`${label}: ${percent === null ? '–' : `${showNumber(percent)} %`}`}>
      <circle className="ring-back" cx="32" cy="32" r={radius} />
      <circle className="ring-fill" cx="32" cy="32" r={radius} strokeDasharray={`${share * round} ${round}`} />
      <text x="32" y="37" textAnchor="middle">{percent === null ? '–' : showNumber(percent)}</text>
    </svg>
  );
}

export function SourceGauges({ ids }: { ids: readonly string[] }) {
  const t = useT();
  const devices = useResource(paths.powerDevices, { everyMs: 2_000 });
  const latest = useResource(paths.powerLatest, { everyMs: 2_000 });
  return (
    <ul className="gauges">
      {ids.map((id) => {
        const device = devices.data?.find((d) => d.id === id);
        const snapshot = latest.data?.find((s) => s.device_id === id);
        if (!device) return <li key={id} className="muted"><bdi>{id}</bdi></li>;
        const battery = supplyOf(snapshot) === 'battery';
        return (
          <li key={id}>
            <ChargeRing percent={snapshot?.battery_percent ?? null} status={batteryState(snapshot)} label={t('power.battery')} />
            <span className="gauge-text"><b className="truncate"><Link to={`/power/${encodeURIComponent(id)}`}><bdi>{device.name}</bdi></Link></b><StatusMark status={stateOf(device, snapshot)} word={wordOf(device, snapshot)} /><small className="muted num">{snapshot?.runtime_seconds == null ? t('power.noRuntime') : battery ? t('shutdown.left', { time: span(Math.floor(snapshot.runtime_seconds / 60) * 60) }) : t('power.lasts', { time: span(Math.floor(snapshot.runtime_seconds / 60) * 60) })}</small></span>
          </li>
        );
      })}
    </ul>
  );
}
