// Adds a UPS: looks at this machine at once, at another address on request; what is found is added with one click.
import { useCallback, useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { Discovery, FoundUps } from '../../api/power';
import { invalidate } from '../../api/resource';
import { percent, joined } from '../../format/numbers';
import { useT } from '../../i18n';
import { preferences, setPreferences } from '../../state/preferences';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Empty, Skeleton } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

export function AddUps({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [host, setHost] = useState('');
  const [port, setPort] = useState('3493');
  const [user, setUser] = useState('');
  const [secret, setSecret] = useState('');
  const [found, setFound] = useState<Discovery | null>(null);
  const [busy, setBusy] = useState(true);
  const [error, setError] = useState<string | null>(null);
  const look = useCallback(async (hosts: string[], at: number, username: string, password: string) => {
    setBusy(true);
    setError(null);
    try { setFound(await send<Discovery>('POST', urls.powerDiscover, { hosts, port: at, ...(username ? { username, password } : {}) })); } catch (e) { setError(asApiError(e).message); setFound(null); }
    setBusy(false);
  }, []);
  useEffect(() => { void look(['localhost'], 3493, '', ''); }, [look]);
  const refused = found?.hosts.filter((h) => !h.ok) ?? [];
  return (
    <Layer title={t('power.addTitle')} onClose={onClose} wide>
      <div className="stack">
        <section className="found" aria-live="polite">
          <h3>{t('power.found')}</h3>
          {busy ? <Skeleton lines={2} /> : error ? <p className="field-error" role="alert">{error}</p> : found && found.found.length > 0
            ? <ul>{found.found.map((f) => <FoundRow key={f.device.id} found={f} user={user} secret={secret} />)}</ul>
            : <Empty compact icon="search" title={t('power.nothingFound', { host: refused[0]?.host ?? (host || 'localhost') })} text={refused[0]?.error ?? t('power.nothingFoundText')} />}
        </section>
        <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void look([host.trim() || 'localhost'], Number(port) || 3493, user.trim(), secret); }}>
          <p className="muted">{t('power.elsewhere')}</p>
          <div className="fieldrow"><TextField label={t('power.host')} value={host} onChange={setHost} placeholder="nas.lan" autoComplete="off" mono /><TextField label={t('power.port')} value={port} onChange={setPort} inputMode="numeric" mono /></div>
          <div className="fieldrow"><TextField label={t('power.user')} value={user} onChange={setUser} optional autoComplete="off" /><TextField label={t('power.password')} type="password" value={secret} onChange={setSecret} optional autoComplete="new-password" /></div>
          <p className="field-help">{t('power.userHelp')}</p>
          <div><Button type="submit" icon="search" busy={busy} writes>{t('power.look')}</Button></div>
        </form>
      </div>
    </Layer>
  );
}

function FoundRow({ found, user, secret }: { found: FoundUps; user: string; secret: string }) {
  const t = useT();
  const [state, setState] = useState<'new' | 'busy' | 'added'>(found.known ? 'added' : 'new');
  const add = async () => {
    setState('busy');
    const config = found.device.connection_config;
    const body = { ...found.device, connection_config: { ...(typeof config === 'object' ? config : {}), ...(user.trim() && secret ? { username: user.trim(), password: secret } : {}) } };
    try {
      await send('POST', urls.powerDevices, body);
      const { pins } = preferences.get();
      if (!pins.includes('power')) setPreferences({ pins: [...pins, 'power'] });
      invalidate(urls.powerDevices, urls.powerSummary, urls.powerSnapshots);
      toast({ level: 'ok', text: t('power.added', { name: found.device.name }) });
      setState('added');
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); setState('new'); }
  };
  const facts = [found.model, found.ups_status, found.battery_percent === null ? null : joined(percent(found.battery_percent, 0))].filter(Boolean);
  return (
    <li className="found-row">
      <span className="faint"><Icon name="bolt" size={18} /></span>
      <span className="found-text"><b><bdi>{found.device.name}</bdi></b><small className="faint"><bdi className="mono">{found.device.host}:{found.device.port}</bdi>{facts.length > 0 ? ` · ${facts.join(' · ')}` : ''}</small></span>
      {state === 'added' ? <StatusMark status="ok" word={t('power.alreadyThere')} /> : <Button kind="primary" small icon="plus" busy={state === 'busy'} writes onClick={() => void add()}>{t('power.addThis')}</Button>}
    </li>
  );
}
