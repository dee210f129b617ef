// Where samples and events go besides the own record: each receiver with its state, its settings and a trial.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Exporter, ExporterName, ExporterTrial, PowerConfig } from '../../api/power';
import { invalidate, useResource } from '../../api/resource';
import type { SettingRow } from '../../api/shapes';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { type PlainKey, useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { HistoryCard } from './HistoryCard';
import './power.css';

interface SettingField { key: string; label: PlainKey; placeholder?: string; help?: PlainKey }
const receivers: readonly { name: ExporterName; title: string; sub: PlainKey; fields: readonly SettingField[] }[] = [
  { name: 'mqtt', title: 'MQTT, Home Assistant', sub: 'power.mqttText', fields: [{ key: 'mqtt.url', label: 'power.broker', placeholder: 'mqtt://broker.lan:1883' }, { key: 'mqtt.username', label: 'power.user' }, { key: 'mqtt.password', label: 'power.password' }, { key: 'mqtt.base_topic', label: 'power.baseTopic' }, { key: 'mqtt.discovery_prefix', label: 'power.discoveryPrefix', help: 'power.discoveryHelp' }] },
  { name: 'influxdb', title: 'InfluxDB', sub: 'power.influxText', fields: [{ key: 'power.influx.url', label: 'power.address', placeholder: 'https://influx.lan:8086' }, { key: 'power.influx.org', label: 'power.organization' }, { key: 'power.influx.bucket', label: 'power.influxBucket' }, { key: 'power.influx.token', label: 'power.token' }] },
  { name: 'loki', title: 'Grafana Loki', sub: 'power.lokiText', fields: [{ key: 'power.loki.url', label: 'power.address', placeholder: 'https://loki.lan:3100' }, { key: 'power.loki.job_label', label: 'power.jobLabel' }] },
  { name: 'csv', title: 'CSV', sub: 'power.csvText', fields: [{ key: 'power.csv.max_size_mb', label: 'power.fileSize' }, { key: 'power.csv.retention_days', label: 'power.keepDays' }] },
];

export default function ExportersPage() {
  const t = useT();
  const may = useCan('power:manage');
  const list = useResource(may ? paths.powerExporters : null, { everyMs: 5_000 });
  const config = useResource(may ? paths.powerConfig : null);
  const settings = useResource(useCan('settings:read') ? paths.settings : null);
  return (
    <>
      <PageHead title={t('nav.exporters')} sub={t('power.exportersSub')} />
      {may ? (
        <Loaded from={list} lines={8}>
          {(all) => <div className="exporters">{receivers.map((r) => { const state = all.find((e) => e.name === r.name); return state ? <ExporterCard key={r.name} receiver={r} state={state} config={config.data ?? null} rows={settings.data ?? []} /> : null; })}<HistoryCard /></div>}
        </Loaded>
      ) : <section className="card"><Forbidden permission="power:manage" /></section>}
    </>
  );
}

function stateOf(e: Exporter): { status: Status; word: PlainKey } {
  if (!e.enabled) return { status: 'paused', word: 'power.exportOff' };
  if (e.ok === null) return { status: 'unknown', word: 'power.exportWaiting' };
  return e.ok ? { status: 'ok', word: 'power.exportOk' } : { status: 'warning', word: 'power.exportFailing' };
}

function ExporterCard({ receiver, state, config, rows }: { receiver: (typeof receivers)[number]; state: Exporter; config: PowerConfig | null; rows: readonly SettingRow[] }) {
  const t = useT();
  const [busy, setBusy] = useState<'test' | 'switch' | null>(null);
  const [trial, setTrial] = useState<ExporterTrial | null>(null);
  const mark = stateOf(state);
  const toggle = async (on: boolean) => {
    if (!config) return;
    setBusy('switch');
    const others = config.enabled_exporters.filter((n) => n !== receiver.name);
    try {
      await send('PUT', urls.powerConfig, { enabled_exporters: on ? [...others, receiver.name] : others });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    invalidate(urls.powerConfig, urls.powerExporters);
    setBusy(null);
  };
  const test = async () => {
    setBusy('test');
    try { setTrial(await send<ExporterTrial>('POST', urls.powerExporterTest(receiver.name), {})); } catch (e) { setTrial({ ok: false, latency_ms: 0, error: asApiError(e).message }); }
    setBusy(null);
  };
  return (
    <Card title={receiver.title} actions={<StatusMark status={mark.status} word={t(mark.word)} />}>
      <div className="stack">
        <p className="muted">{t(receiver.sub)}</p>
        <div className="row row-between">
          <Switch label={t('power.exportOn')} checked={state.enabled} onChange={(on) => void toggle(on)} disabled={busy !== null || config === null} />
          <Button small busy={busy === 'test'} writes onClick={() => void test()}>{t('power.tryOut')}</Button>
        </div>
        {trial ? <p role="status" className="export-trial"><StatusMark status={trial.ok ? 'ok' : 'critical'} word={trial.ok ? t('power.tryOk', { ms: showNumber(trial.latency_ms) }) : (trial.error ?? '')} /></p> : null}
        {state.enabled ? (
          <dl className="facts">
            <div className="fact"><dt>{t('power.exportLast')}</dt><dd>{state.last_ok_at ? <Age at={state.last_ok_at} /> : '–'}</dd></div>
            <div className="fact"><dt>{t('power.exportQueued')}</dt><dd className="num">{showNumber(state.queued)}<small className="faint"> {t('power.exportBounds', { n: showNumber(state.queue_max), hours: state.queue_hours })}</small></dd></div>
            <div className="fact"><dt>{t('power.exportSent')}</dt><dd className="num">{showNumber(state.sent)}</dd></div>
            {state.dropped > 0 ? <div className="fact"><dt>{t('power.exportDropped')}</dt><dd className="num">{showNumber(state.dropped)}</dd></div> : null}
          </dl>
        ) : null}
        {state.enabled && state.ok === false && state.last_error ? <p className="field-error" role="status"><bdi>{state.last_error}</bdi></p> : null}
        {rows.length > 0 ? <SettingsForm key={receiver.fields.map((f) => rows.find((r) => r.key === f.key)?.version ?? 0).join()} fields={receiver.fields} rows={rows} onSaved={() => setTrial(null)} /> : null}
      </div>
    </Card>
  );
}

function SettingsForm({ fields, rows, onSaved }: { fields: readonly SettingField[]; rows: readonly SettingRow[]; onSaved: () => void }) {
  const t = useT();
  const may = useCan('settings:write');
  const rowOf = (key: string) => rows.find((r) => r.key === key);
  const stored = (key: string) => { const row = rowOf(key); return row === undefined || row.secret ? '' : row.value; };
  const [draft, setDraft] = useState<Readonly<Record<string, string>>>({});
  const [fault, setFault] = useState<{ key: string; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const changed = fields.filter((f) => draft[f.key] !== undefined && draft[f.key] !== stored(f.key));
  const save = async () => {
    setBusy(true);
    setFault(null);
    for (const field of changed) {
      try {
        await send('PUT', urls.setting(field.key), { value: draft[field.key] });
      } catch (e) { setFault({ key: field.key, text: asApiError(e).message }); setBusy(false); return; }
    }
    invalidate('/api/settings', urls.powerExporters);
    toast({ level: 'ok', text: t('power.exportSaved') });
    onSaved();
    setBusy(false);
  };
  return (
    <details className="export-settings">
      <summary>{t('power.exportSettings')}</summary>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && changed.length > 0) void save(); }}>
        {fields.map((f) => {
          const row = rowOf(f.key);
          if (!row) return null;
          const help = row.locked ? t('power.exportLocked', { by: row.locked_by ?? row.source }) : row.secret && row.set ? t('power.secretStored') : f.help ? t(f.help) : undefined;
          return <TextField key={f.key} label={t(f.label)} value={draft[f.key] ?? stored(f.key)} onChange={(v) => setDraft({ ...draft, [f.key]: v })} disabled={row.locked || !may} mono type={row.secret ? 'password' : 'text'} autoComplete="off" error={fault?.key === f.key ? fault.text : null} {...(help ? { help } : {})} {...(f.placeholder ? { placeholder: f.placeholder } : {})} />;
        })}
        <div className="form-actions"><Button type="submit" kind="primary" writes busy={busy} disabled={changed.length === 0} reason={may ? undefined : t('core.needsPermission', { permission: 'settings:write' })}>{t('power.exportSave')}</Button></div>
      </form>
    </details>
  );
}
