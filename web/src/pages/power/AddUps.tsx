// Adds a UPS or PDU: searches this machine at once and other places on request, results as they come; or takes an
// address by hand, tries it and adds it.
import { useCallback, useEffect, useRef, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Discovery, FoundUps } from '../../api/power';
import { invalidate } from '../../api/resource';
import { joined, percent } from '../../format/numbers';
import { useT } from '../../i18n';
import { preferences, setPreferences } from '../../state/preferences';
import { Button } from '../../ui/Button';
import { Select, TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Empty, Skeleton } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Meter } from '../../ui/Value';
import { AddByHand } from './AddByHand';

interface Wanted { where: string; user: string; secret: string; community: string; pollers: 'both' | 'nut' | 'snmp'; nutPort: string; snmpPort: string }
const here: Wanted = { where: '', user: '', secret: '', community: '', pollers: 'both', nutPort: '3493', snmpPort: '161' };

function bodyOf(w: Wanted) {
  const words = w.where.split(/[\s,]+/).filter(Boolean);
  const cidr = words.find((x) => x.includes('/'));
  return {
    hosts: words.filter((x) => !x.includes('/')), ...(cidr ? { cidr } : {}), pollers: w.pollers === 'both' ? [] : [w.pollers],
    port: Number(w.nutPort) || 3493, snmp_port: Number(w.snmpPort) || 161, communities: w.community.split(/\s+/).filter(Boolean),
    ...(w.user.trim() ? { username: w.user.trim(), password: w.secret } : {}),
  };
}

export function watched(name: string, t: (key: 'power.added', values: { name: string }) => string) {
  const { pins } = preferences.get();
  if (!pins.includes('power')) setPreferences({ pins: [...pins, 'power'] });
  invalidate(urls.powerDevices, urls.powerSummary, urls.powerSnapshots);
  toast({ level: 'ok', text: t('power.added', { name }) });
}

/** One search at a time; a new one or the end of the dialog ends the one before. */
function useSearch() {
  const [found, setFound] = useState<Discovery | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [asked, setAsked] = useState<Wanted>(here);
  const job = useRef(0);
  const cancel = useCallback(() => {
    const id = job.current;
    job.current = 0;
    if (id > 0) send('DELETE', urls.powerDiscovery(id)).catch(() => undefined);
    setFound((f) => (f && f.state === 'running' ? { ...f, state: 'cancelled' } : f));
  }, []);
  const start = useCallback(async (wanted: Wanted) => {
    cancel();
    setError(null);
    setFound(null);
    setAsked(wanted);
    try {
      const { job_id: id } = await send<{ job_id: number }>('POST', urls.powerDiscover, bodyOf(wanted));
      job.current = id;
      while (job.current === id) {
        const now = await load(paths.powerDiscovery(id));
        if (job.current !== id) return;
        setFound(now);
        if (now.state !== 'running') job.current = 0;
        else await new Promise((resolve) => { setTimeout(resolve, 700); });
      }
    } catch (e) { setError(asApiError(e).message); }
  }, [cancel]);
  useEffect(() => cancel, [cancel]);
  return { found, error, asked, start, cancel };
}

export function AddUps({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [byHand, setByHand] = useState(false);
  const [wanted, setWanted] = useState<Wanted>(here);
  const { found, error, asked, start, cancel } = useSearch();
  useEffect(() => { void start(here); }, [start]);
  const set = (change: Partial<Wanted>) => setWanted({ ...wanted, ...change });
  const running = error === null && (found === null || found.state === 'running');
  return (
    <Layer title={t('power.addTitle')} onClose={onClose} wide>
      <div className="stack">
        <div className="row" role="group" aria-label={t('power.addHow')}>
          <Button kind={byHand ? 'quiet' : 'secondary'} icon="search" pressed={!byHand} onClick={() => setByHand(false)}>{t('power.search')}</Button>
          <Button kind={byHand ? 'secondary' : 'quiet'} icon="edit" pressed={byHand} onClick={() => { cancel(); setByHand(true); }}>{t('power.byHand')}</Button>
        </div>
        {byHand ? <AddByHand onAdded={(name) => { watched(name, t); onClose(); }} /> : (
          <>
            <section className="found" aria-live="polite">
              <h3>{t('power.found')}</h3>
              {running ? <SearchBar found={found} cancel={cancel} /> : null}
              {error ? <p className="field-error" role="alert">{error}</p> : null}
              {found && found.found.length > 0 ? <ul>{found.found.map((f) => <FoundRow key={f.device.id} found={f} asked={asked} />)}</ul> : null}
              {found && !running && found.found.length === 0 ? <Empty compact icon="search" title={t('power.nothingFound', { host: asked.where || 'localhost' })} text={<>{t('power.nothingFoundText')}<WhyNot found={found} /></>} /> : null}
            </section>
            <form className="stack" onSubmit={(e) => { e.preventDefault(); void start(wanted); }}>
              <h3>{t('power.elsewhere')}</h3>
              <div className="search-line"><TextField label={t('power.where')} value={wanted.where} onChange={(where) => set({ where })} placeholder="nas.lan  192.168.1.0/24" autoComplete="off" help={t('power.whereHelp')} mono /><Button type="submit" icon="search" kind="primary" writes>{t('power.look')}</Button></div>
              <details className="fold">
                <summary>{t('power.searchMore')}</summary>
                <div className="stack">
                  <div className="fieldrow"><Select label={t('power.lookFor')} value={wanted.pollers} onChange={(pollers) => set({ pollers })} options={[{ id: 'both', text: 'NUT + SNMP' }, { id: 'nut', text: 'NUT' }, { id: 'snmp', text: 'SNMP' }]} />{wanted.pollers === 'snmp' ? null : <TextField label={t('power.nutPort')} value={wanted.nutPort} onChange={(nutPort) => set({ nutPort })} inputMode="numeric" mono />}{wanted.pollers === 'nut' ? null : <TextField label={t('power.snmpPort')} value={wanted.snmpPort} onChange={(snmpPort) => set({ snmpPort })} inputMode="numeric" mono />}</div>
                  {wanted.pollers === 'snmp' ? null : <div className="fieldrow"><TextField label={t('power.user')} value={wanted.user} onChange={(user) => set({ user })} optional autoComplete="off" help={t('power.userHelp')} /><TextField label={t('power.password')} type="password" value={wanted.secret} onChange={(secret) => set({ secret })} optional autoComplete="new-password" /></div>}
                  {wanted.pollers === 'nut' ? null : <TextField label={t('power.communities')} type="password" value={wanted.community} onChange={(community) => set({ community })} optional autoComplete="off" help={t('power.communitiesHelp')} />}
                </div>
              </details>
            </form>
          </>
        )}
      </div>
    </Layer>
  );
}

/** The words of the machine, beneath the words for people. */
function WhyNot({ found }: { found: Discovery }) {
  const why = found.hosts.find((h) => h.error)?.error;
  return why ? <small className="faint why-not"><bdi>{why}</bdi></small> : null;
}

function SearchBar({ found, cancel }: { found: Discovery | null; cancel: () => void }) {
  const t = useT();
  if (!found || found.total <= 1) return <Skeleton lines={2} />;
  return <div className="search-bar"><Meter thin value={(found.done / found.total) * 100} status="unknown" label={t('power.searching', { done: found.done, total: found.total })} /><span className="faint num">{t('power.searching', { done: found.done, total: found.total })}</span><Button small onClick={cancel}>{t('core.cancel')}</Button></div>;
}

function FoundRow({ found, asked }: { found: FoundUps; asked: Wanted }) {
  const t = useT();
  const [state, setState] = useState<'new' | 'busy' | 'added'>('new');
  const add = async () => {
    setState('busy');
    const config = found.device.connection_config;
    const community = found.community === null ? undefined : asked.community.split(/\s+/).filter(Boolean)[found.community];
    const secrets = found.device.poller === 'snmp' ? (community ? { community } : {}) : (asked.user.trim() && asked.secret ? { username: asked.user.trim(), password: asked.secret } : {});
    try {
      await send('POST', urls.powerDevices, { ...found.device, connection_config: { ...(typeof config === 'object' ? config : {}), ...secrets } });
      watched(found.device.name, t);
      setState('added');
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); setState('new'); }
  };
  const facts = [String(found.device.poller).toUpperCase(), found.model, found.ups_status, found.battery_percent === null ? null : joined(percent(found.battery_percent, 0))].filter(Boolean);
  return (
    <li className="found-row">
      <span className="faint"><Icon name="bolt" size={18} /></span>
      <span className="found-text"><b><bdi>{found.device.name}</bdi></b><small className="faint"><bdi className="mono">{found.device.host}:{found.device.port}</bdi>{` · ${facts.join(' · ')}`}</small></span>
      {state === 'added' || found.known ? <StatusMark status="ok" word={t('power.alreadyThere')} /> : <Button kind="primary" small icon="plus" busy={state === 'busy'} writes onClick={() => void add()}>{t('power.addThis')}</Button>}
    </li>
  );
}
