// A device typed in: how it is read, where, and with what; tried before it is added. Secrets are sent once, never shown.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { DeviceTest } from '../../api/power';
import { joined, percent, showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { configOf, type Connection, ConnectionFields, type Kind, kinds, type Poller, pollerNames, pollers, ports } from './ConnectionFields';

interface Draft { poller: Poller; kind: Kind; name: string; host: string; port: string; fields: Connection }

export function AddByHand({ onAdded }: { onAdded: (name: string) => void }) {
  const t = useT();
  const [draft, setDraft] = useState<Draft>({ poller: 'snmp', kind: 'ups', name: '', host: '', port: ports.snmp, fields: {} });
  const [tested, setTested] = useState<DeviceTest | null>(null);
  const [busy, setBusy] = useState<'test' | 'add' | null>(null);
  const [error, setError] = useState<string | null>(null);
  const set = (change: Partial<Draft>) => { setDraft({ ...draft, ...change }); setTested(null); setError(null); };
  const port = Number(draft.port) || Number(ports[draft.poller]);
  const body = { id: `${draft.poller}:${draft.host.trim()}:${port}`, name: draft.name.trim() || tested?.model || draft.host.trim(), type: draft.kind, poller: draft.poller, host: draft.host.trim(), port, connection_config: configOf(draft.poller, draft.fields) };
  const run = async (what: 'test' | 'add') => {
    setBusy(what);
    setError(null);
    try {
      if (what === 'test') {
        const now = await send<DeviceTest>('POST', urls.powerTest, { ...body, name: body.name || '?' });
        // What answers knows better than the form what it is.
        const kind = kinds.find((k) => k === now.device_type);
        if (kind && now.ok && draft.poller === 'snmp') setDraft({ ...draft, kind });
        setTested(now);
      }
      else { await send('POST', urls.powerDevices, body); onAdded(body.name); }
    } catch (e) { setError(asApiError(e).message); }
    setBusy(null);
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (busy === null) void run('add'); }}>
      <div className="fieldrow">
        <Select label={t('power.fact.poller')} value={draft.poller} onChange={(poller) => set({ poller, port: ports[poller], fields: {}, kind: poller === 'redfish' || poller === 'ipmi' ? 'host' : poller === 'http' ? 'sensor' : 'ups' })} options={pollers.map((id) => ({ id, text: pollerNames[id] }))} />
        <Select label={t('power.kind')} value={draft.kind} onChange={(kind) => set({ kind })} options={kinds.map((id) => ({ id, text: t(`power.kind.${id}`) }))} />
        <TextField label={t('power.name')} value={draft.name} onChange={(name) => set({ name })} optional autoComplete="off" />
      </div>
      <div className="fieldrow"><TextField label={t('power.host')} value={draft.host} onChange={(host) => set({ host })} placeholder="192.168.1.20" autoComplete="off" required mono /><TextField label={t('power.port')} value={draft.port} onChange={(p) => set({ port: p })} inputMode="numeric" mono /></div>
      <ConnectionFields poller={draft.poller} fields={draft.fields} onChange={(fields) => set({ fields })} />
      {error ? <p className="field-error" role="alert">{error}</p> : null}
      {tested ? <TestResult tested={tested} /> : null}
      <div className="row"><Button icon="play" busy={busy === 'test'} disabled={draft.host.trim() === ''} writes onClick={() => void run('test')}>{t('power.try')}</Button><Button type="submit" kind="primary" icon="plus" busy={busy === 'add'} disabled={draft.host.trim() === ''} writes>{t('power.addThis')}</Button></div>
    </form>
  );
}

function TestResult({ tested }: { tested: DeviceTest }) {
  const t = useT();
  if (!tested.ok) return <p role="status"><StatusMark status="critical" word={t('power.tryFailed')} /> <bdi>{tested.error}</bdi></p>;
  const s = tested.snapshot;
  const facts = [tested.profile, s?.ups_status, s?.power_watts === null || s === null ? null : `${showNumber(s.power_watts)} W`, s?.battery_percent === null || s === null ? null : joined(percent(s.battery_percent, 0)), tested.latency_ms === null ? null : `${tested.latency_ms} ms`].filter(Boolean);
  return <p role="status"><StatusMark status="ok" word={t('power.tryWorked')} /> <span className="faint">{facts.join(' · ')}</span></p>;
}
