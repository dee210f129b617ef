// A device typed in: how it is read, where, and with what; tried before it is added. Secrets are sent once, never shown.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { DeviceTest } from '../../api/power';
import { joined, percent, showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';

const pollers = ['snmp', 'apcupsd', 'modbus', 'http', 'redfish', 'nut'] as const;
type Poller = (typeof pollers)[number];
const ports: Record<Poller, string> = { nut: '3493', snmp: '161', apcupsd: '3551', modbus: '502', http: '443', redfish: '443' };
const names: Record<Poller, string> = { nut: 'NUT', snmp: 'SNMP', apcupsd: 'apcupsd', modbus: 'Modbus/TCP', http: 'HTTP (JSON)', redfish: 'Redfish' };
const kinds = ['ups', 'pdu', 'sensor', 'host'] as const;
type Kind = (typeof kinds)[number];
const versions = [{ id: '', text: '–' }, { id: '1', text: '1' }, { id: '2c', text: '2c' }, { id: '3', text: '3' }] as const;
const auths = ['', 'none', 'MD5', 'SHA', 'SHA224', 'SHA256', 'SHA384', 'SHA512'] as const;
const privs = ['', 'none', 'DES', 'AES', 'AES192', 'AES256'] as const;
const registers = [{ id: 'apc_ups', text: 'APC Smart-UPS' }, { id: 'sdm230', text: 'Eastron SDM230' }] as const;

interface Draft { poller: Poller; kind: Kind; name: string; host: string; port: string; config: Record<string, string>; insecure: boolean }

/** The members a poller knows, without the empty ones. */
function configOf(d: Draft): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(d.config)) if (value.trim() !== '' && key !== 'json') out[key] = key === 'unit_id' ? Number(value) : value.trim();
  if (d.poller === 'http') out.json = Object.fromEntries((d.config.json ?? '').split('\n').map((line) => line.split('=').map((x) => x.trim())).filter((pair): pair is [string, string] => pair.length === 2 && pair[0] !== ''));
  if (d.insecure && (d.poller === 'http' || d.poller === 'redfish')) out.tls_verify = false;
  return out;
}

export function AddByHand({ onAdded }: { onAdded: (name: string) => void }) {
  const t = useT();
  const [draft, setDraft] = useState<Draft>({ poller: 'snmp', kind: 'ups', name: '', host: '', port: ports.snmp, config: {}, insecure: false });
  const [tested, setTested] = useState<DeviceTest | null>(null);
  const [busy, setBusy] = useState<'test' | 'add' | null>(null);
  const [error, setError] = useState<string | null>(null);
  const set = (change: Partial<Draft>) => { setDraft({ ...draft, ...change }); setTested(null); setError(null); };
  const field = (key: string) => ({ value: draft.config[key] ?? '', onChange: (value: string) => set({ config: { ...draft.config, [key]: value } }) });
  const port = Number(draft.port) || Number(ports[draft.poller]);
  const body = { id: `${draft.poller}:${draft.host.trim()}:${port}`, name: draft.name.trim() || tested?.model || draft.host.trim(), type: draft.kind, poller: draft.poller, host: draft.host.trim(), port, connection_config: configOf(draft) };
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
  const v3 = draft.config.version === '3';
  const web = draft.poller === 'http' || draft.poller === 'redfish';
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (busy === null) void run('add'); }}>
      <div className="fieldrow">
        <Select label={t('power.fact.poller')} value={draft.poller} onChange={(poller) => set({ poller, port: ports[poller], config: {}, kind: poller === 'redfish' ? 'host' : poller === 'http' ? 'sensor' : 'ups' })} options={pollers.map((id) => ({ id, text: names[id] }))} />
        <Select label={t('power.kind')} value={draft.kind} onChange={(kind) => set({ kind })} options={kinds.map((id) => ({ id, text: t(`power.kind.${id}`) }))} />
        <TextField label={t('power.name')} value={draft.name} onChange={(name) => set({ name })} optional autoComplete="off" />
      </div>
      <div className="fieldrow"><TextField label={t('power.host')} value={draft.host} onChange={(host) => set({ host })} placeholder="192.168.1.20" autoComplete="off" required mono /><TextField label={t('power.port')} value={draft.port} onChange={(p) => set({ port: p })} inputMode="numeric" mono /></div>
      {draft.poller === 'snmp' ? (
        <>
          <div className="fieldrow"><Select label={t('power.snmpVersion')} {...field('version')} options={versions} help={t('power.defaultHelp')} />{v3 ? <TextField label={t('power.user')} {...field('v3_username')} autoComplete="off" /> : <><TextField label={t('power.community')} type="password" {...field('community')} optional autoComplete="off" /><TextField label={t('power.writeCommunity')} type="password" {...field('write_community')} optional autoComplete="off" help={t('power.writeHelp')} /></>}</div>
          {v3 ? <><div className="fieldrow"><Select label={t('power.authProtocol')} value={draft.config.v3_auth_protocol ?? ''} onChange={field('v3_auth_protocol').onChange} options={auths.map((id) => ({ id: id as string, text: id || '–' }))} /><TextField label={t('power.authKey')} type="password" {...field('v3_auth_key')} autoComplete="new-password" /></div><div className="fieldrow"><Select label={t('power.privProtocol')} value={draft.config.v3_priv_protocol ?? ''} onChange={field('v3_priv_protocol').onChange} options={privs.map((id) => ({ id: id as string, text: id || '–' }))} /><TextField label={t('power.privKey')} type="password" {...field('v3_priv_key')} autoComplete="new-password" /></div></> : null}
        </>
      ) : null}
      {draft.poller === 'nut' ? <div className="fieldrow"><TextField label={t('power.upsName')} {...field('ups_name')} placeholder="ups" mono /><TextField label={t('power.user')} {...field('username')} optional autoComplete="off" /><TextField label={t('power.password')} type="password" {...field('password')} optional autoComplete="new-password" /></div> : null}
      {draft.poller === 'modbus' ? <div className="fieldrow"><Select label={t('power.registers')} value={draft.config.profile ?? 'apc_ups'} onChange={field('profile').onChange} options={registers.map((r) => ({ id: r.id as string, text: r.text }))} /><TextField label={t('power.unit')} {...field('unit_id')} placeholder="1" inputMode="numeric" mono /></div> : null}
      {draft.poller === 'http' ? <><TextField label={t('power.url')} {...field('url')} placeholder="/status.json" mono /><div className="field"><label htmlFor="power-pointers">{t('power.pointers')}</label><textarea id="power-pointers" className="input mono" rows={3} value={draft.config.json ?? ''} placeholder={'power_watts = /emeter/power\nvoltage = /emeter/voltage'} onChange={(e) => field('json').onChange(e.target.value)} /><p className="field-help">{t('power.pointersHelp')}</p></div></> : null}
      {web ? <><div className="fieldrow"><TextField label={t('power.user')} {...field('username')} optional autoComplete="off" /><TextField label={t('power.password')} type="password" {...field('password')} optional autoComplete="new-password" /></div><Switch label={t('power.insecure')} checked={draft.insecure} onChange={(insecure) => set({ insecure })} /></> : null}
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
