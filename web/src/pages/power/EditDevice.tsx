// Changes a device: what it is called and where it stands, how it is reached, how often it is asked and what counts as too much.
import { useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { PowerDevice } from '../../api/power';
import { invalidate } from '../../api/resource';
import { type PlainKey, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { changeOf, ConnectionFields, fieldsOf, type Kind, kinds, pollerNames, pollers } from './ConnectionFields';

const limits = ['load_percent', 'temperature_c', 'battery_percent', 'runtime_seconds'] as const;
const bands = ['tight', 'normal', 'loose'] as const;
const number = (text: string) => Number(text.trim().replace(',', '.'));

export function EditDevice({ device, onClose }: { device: PowerDevice; onClose: () => void }) {
  const t = useT();
  const poller = pollers.find((p) => p === device.poller) ?? 'nut';
  const text = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(value));
  const [draft, setDraft] = useState(() => ({ name: device.name, kind: (kinds.find((k) => k === device.type) ?? 'ups') as Kind, host: device.host, port: String(device.port), location: device.location ?? '', group: device.group ?? '', tags: device.tags.join(', '), rated: text(device.rated_power_watts), factor: text(device.nominal_power_factor), every: text(device.poll_seconds), band: device.thresholds.voltage_band ?? ('normal' as const) }));
  const [above, setAbove] = useState<Record<string, string>>(() => Object.fromEntries(limits.map((l) => [l, text(device.thresholds[l])])));
  const [fields, setFields] = useState(() => fieldsOf(poller, device.connection_config));
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const fault = (name: string) => error?.fields.find((f) => f.field.split('.').pop() === name)?.message;
  const save = async () => {
    setBusy(true);
    setError(null);
    const given = limits.filter((l) => (above[l] ?? '').trim() !== '').map((l) => [l, number(above[l] ?? '')] as const);
    const body = {
      name: draft.name, type: draft.kind, host: draft.host.trim(), port: number(draft.port), location: draft.location, group: draft.group, tags: draft.tags.split(',').map((x) => x.trim()).filter(Boolean),
      rated_power_watts: draft.rated.trim() === '' ? '' : number(draft.rated), poll_seconds: draft.every.trim() === '' ? '' : number(draft.every), nominal_power_factor: draft.factor.trim() === '' ? 0.6 : number(draft.factor),
      thresholds: { ...Object.fromEntries(given), voltage_band: draft.band }, connection_config: changeOf(poller, fields, device.connection_config),
    };
    try {
      await send('PUT', urls.powerDevice(device.id), body);
      invalidate(urls.powerDevices, urls.powerSnapshots);
      toast({ level: 'ok', text: t('power.saved', { name: draft.name }) });
      onClose();
    } catch (e) { setError(asApiError(e)); setBusy(false); }
  };
  return (
    <Layer title={t('power.editTitle', { name: device.name })} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" busy={busy} writes onClick={() => void save()}>{t('core.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <section className="stack">
          <div className="fieldrow"><TextField label={t('power.name')} value={draft.name} onChange={(name) => set({ name })} error={fault('name')} maxLength={128} required /><Select label={t('power.kind')} value={draft.kind} onChange={(kind) => set({ kind })} options={kinds.map((id) => ({ id, text: t(`power.kind.${id}`) }))} /></div>
          <div className="fieldrow"><TextField label={t('power.fact.location')} value={draft.location} onChange={(location) => set({ location })} error={fault('location')} optional /><TextField label={t('power.group')} value={draft.group} onChange={(group) => set({ group })} error={fault('group')} optional /><TextField label={t('power.tags')} value={draft.tags} onChange={(tags) => set({ tags })} error={fault('tags')} help={t('power.tagsHelp')} optional /></div>
        </section>
        <section className="stack">
          <h3>{t('power.reached', { how: pollerNames[poller] })}</h3>
          <div className="fieldrow"><TextField label={t('power.host')} value={draft.host} onChange={(host) => set({ host })} error={fault('host')} autoComplete="off" required mono /><TextField label={t('power.port')} value={draft.port} onChange={(port) => set({ port })} error={fault('port')} inputMode="numeric" mono /><TextField label={t('power.every')} value={draft.every} onChange={(every) => set({ every })} error={fault('poll_seconds')} inputMode="numeric" placeholder={t('power.asSet')} optional /></div>
          <ConnectionFields poller={poller} fields={fields} onChange={setFields} stored={device.secrets_set} />
        </section>
        <section className="stack">
          <h3>{t('power.limits')}</h3>
          <p className="field-help">{t('power.limitsHelp')}</p>
          <div className="fieldrow">{limits.map((l) => <TextField key={l} label={t(`power.limit.${l}` as PlainKey)} value={above[l] ?? ''} onChange={(value) => setAbove({ ...above, [l]: value })} inputMode="decimal" placeholder={l === 'runtime_seconds' ? t('power.limitOff') : t('power.asSet')} />)}</div>
          {fault('thresholds') ? <p className="field-error" role="alert">{fault('thresholds')}</p> : null}
          <div className="fieldrow"><Select label={t('power.band')} value={draft.band} onChange={(band) => set({ band })} options={bands.map((id) => ({ id, text: t(`power.band.${id}`) }))} /><TextField label={t('power.rated')} value={draft.rated} onChange={(rated) => set({ rated })} error={fault('rated_power_watts')} inputMode="decimal" placeholder={t('power.nameplate')} optional /><TextField label={t('power.factor')} value={draft.factor} onChange={(factor) => set({ factor })} error={fault('nominal_power_factor')} inputMode="decimal" help={t('power.factorHelp')} /></div>
        </section>
        {error && error.fields.length === 0 ? <p className="field-error" role="alert">{error.message}</p> : null}
      </form>
    </Layer>
  );
}
