// What feeds what: the mains, every UPS, and beneath each the PDUs, machines and other things it carries. A broken line
// is where the mains fail; what hangs behind it stands beside it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { PowerDevice, PowerSnapshot } from '../../api/power';
import { invalidate } from '../../api/resource';
import { Link } from '../../app/Link';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { stateOf, supplyOf, wordOf } from './states';
import './power.css';

interface Site { devices: readonly PowerDevice[]; latest: readonly PowerSnapshot[] }

/** Devices nothing else feeds, which feed something or are UPSes: the roots of the picture. */
export function roots(devices: readonly PowerDevice[]): PowerDevice[] {
  const fed = new Set(devices.flatMap((d) => d.feeds));
  return devices.filter((d) => !fed.has(d.id) && (d.type === 'ups' || d.feeds.length > 0));
}

export function FeedMap(site: Site) {
  const t = useT();
  const tops = roots(site.devices);
  if (!site.devices.some((d) => d.feeds.length > 0)) return null;
  return (
    <Card title={t('power.feeds')}>
      <div className="feedmap">
        <span className="feedmap-mains"><Icon name="bolt" size={18} />{t('power.mains')}</span>
        <ul>{tops.map((d) => <Branch key={d.id} device={d} site={site} seen={[]} />)}</ul>
      </div>
    </Card>
  );
}

function Branch({ device, site, seen }: { device: PowerDevice; site: Site; seen: readonly string[] }) {
  const snapshot = site.latest.find((s) => s.device_id === device.id);
  const supply = device.type === 'ups' ? (device.status === 'offline' ? 'unknown' : supplyOf(snapshot)) : 'through';
  const watts = snapshot?.power_watts;
  // A circle of feeds is drawn once.
  const children = seen.includes(device.id) ? [] : device.feeds;
  return (
    <li className={`branch branch-${supply}`}>
      <Link to={`/power/${encodeURIComponent(device.id)}`} className="branch-node"><b className="truncate"><bdi>{device.name}</bdi></b><StatusMark status={stateOf(device, snapshot)} word={wordOf(device, snapshot)} />{watts === null || watts === undefined ? null : <small className="muted num">{showNumber(watts)} W</small>}</Link>
      {children.length > 0 ? <ul>{children.map((id) => { const below = site.devices.find((d) => d.id === id); return below ? <Branch key={id} device={below} site={site} seen={[...seen, device.id]} /> : <li key={id} className="branch branch-leaf"><span className="branch-node"><Icon name="server" size={14} /><bdi className="truncate">{id}</bdi></span></li>; })}</ul> : null}
    </li>
  );
}

/** On the page of a device: what it feeds, and the way to say so. */
export function FeedsCard({ device, devices }: { device: PowerDevice; devices: readonly PowerDevice[] }) {
  const t = useT();
  const may = useCan('power:manage');
  const [editing, setEditing] = useState(false);
  const nameOf = (id: string) => devices.find((d) => d.id === id)?.name ?? id;
  return (
    <Card title={t('power.feedsTitle')} actions={<Button small icon="edit" writes reason={may ? undefined : t('core.needsPermission', { permission: 'power:manage' })} onClick={() => setEditing(true)}>{t('power.change')}</Button>}>
      {device.feeds.length === 0 ? <p className="field-help">{t('power.feedsText')}</p> : <ul className="feed-chips">{device.feeds.map((id) => <li key={id}><bdi>{nameOf(id)}</bdi></li>)}</ul>}
      {editing ? <EditFeeds device={device} devices={devices} onClose={() => setEditing(false)} /> : null}
    </Card>
  );
}

function EditFeeds({ device, devices, onClose }: { device: PowerDevice; devices: readonly PowerDevice[]; onClose: () => void }) {
  const t = useT();
  const others = devices.filter((d) => d.id !== device.id && d.type !== 'ups');
  const [chosen, setChosen] = useState<readonly string[]>(device.feeds.filter((id) => others.some((d) => d.id === id)));
  const [text, setText] = useState(device.feeds.filter((id) => !others.some((d) => d.id === id)).join(', '));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await send('PUT', urls.powerDevice(device.id), { feeds: [...chosen, ...text.split(',').map((x) => x.trim()).filter(Boolean)] });
      invalidate(urls.powerDevices);
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('power.feedsTitle')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} writes onClick={() => void save()}>{t('core.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        {others.length > 0 ? <div className="daypicks" role="group" aria-label={t('power.feedsTitle')}>{others.map((d) => { const on = chosen.includes(d.id); return <Button key={d.id} small pressed={on} icon={on ? 'check' : 'plus'} onClick={() => setChosen(on ? chosen.filter((x) => x !== d.id) : [...chosen, d.id])}>{d.name}</Button>; })}</div> : null}
        <TextField label={t('power.feedsNames')} value={text} onChange={setText} placeholder="nas, web-1" help={t('power.feedsHelp')} autoFocus error={error} />
      </form>
    </Layer>
  );
}
