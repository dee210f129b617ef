// Schedule, retention, encryption and the copy in object storage. Every field is a setting; nothing is kept here.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { SettingRow } from '../../api/shapes';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Switch, TextField } from '../../ui/Form';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

type Values = Readonly<Record<string, SettingRow | undefined>>;
const text = (v: Values, key: string) => v[key]?.value ?? '';

export function BackupSettings() {
  const t = useT();
  const settings = useResource(paths.settings);
  return (
    <Loaded from={settings} lines={6}>
      {(rows) => {
        const values: Values = Object.fromEntries(rows.filter((r) => r.key.startsWith('backup.')).map((r) => [r.key, r]));
        const stamp = rows.filter((r) => r.key.startsWith('backup.')).map((r) => r.version ?? 0).join('.');
        return <div className="backups-settings"><Card title={t('backups.settings')}><Plan key={stamp} values={values} /></Card><Card title={t('backups.target')}><Target key={stamp} values={values} /></Card></div>;
      }}
    </Loaded>
  );
}

function useWrites() {
  const t = useT();
  const may = useCan('settings:write');
  return may ? undefined : t('core.needsPermission', { permission: 'settings:write' });
}
async function write(key: string, value: string | null) { await send('PUT', urls.setting(key), { value }); }
function refresh() { invalidate('/api/settings', '/api/backups/status', '/api/ui/setup'); }

function Plan({ values }: { values: Values }) {
  const t = useT();
  const reason = useWrites();
  const [schedule, setSchedule] = useState(text(values, 'backup.schedule'));
  const [days, setDays] = useState(text(values, 'backup.retention_days'));
  const [passphrase, setPassphrase] = useState('');
  const [error, setError] = useState<{ field: string; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const encrypted = values['backup.passphrase']?.set ?? false;
  const save = async (work: readonly (readonly [string, string | null])[]) => {
    setBusy(true);
    setError(null);
    for (const [key, value] of work) {
      try { await write(key, value); } catch (e) { setError({ field: key, text: asApiError(e).message }); setBusy(false); return; }
    }
    setBusy(false);
    refresh();
    toast({ level: 'ok', text: t('backups.saved') });
  };
  const changed: (readonly [string, string | null])[] = [];
  if (schedule !== text(values, 'backup.schedule')) changed.push(['backup.schedule', schedule]);
  if (days !== text(values, 'backup.retention_days')) changed.push(['backup.retention_days', days]);
  if (passphrase !== '') changed.push(['backup.passphrase', passphrase]);
  const of = (key: string) => (error?.field === key ? error.text : null);
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (changed.length > 0) void save(changed); }}>
      <Switch label={t('backups.enabled')} checked={text(values, 'backup.enabled') === 'true'} reason={reason} onChange={(on) => void save([['backup.enabled', String(on)]])} />
      <Switch label={t('backups.telemetry')} checked={text(values, 'backup.include_telemetry') === 'true'} reason={reason} onChange={(on) => void save([['backup.include_telemetry', String(on)]])} />
      <div className="backups-pair">
        <TextField mono label={t('backups.schedule')} help={t('backups.scheduleHelp')} value={schedule} onChange={setSchedule} error={of('backup.schedule')} disabled={reason !== undefined} />
        <TextField label={t('backups.retention')} help={t('backups.retentionHelp')} value={days} onChange={setDays} inputMode="numeric" error={of('backup.retention_days')} disabled={reason !== undefined} />
      </div>
      <TextField type="password" label={t('backups.passphrase')} help={encrypted ? t('backups.passphraseSet') : t('backups.passphraseHelp')} value={passphrase} onChange={setPassphrase} autoComplete="new-password" error={of('backup.passphrase')} disabled={reason !== undefined} />
      <div className="row"><Button kind="primary" type="submit" busy={busy} reason={reason} writes disabled={changed.length === 0}>{t('core.save')}</Button>{encrypted ? <Button kind="quiet" reason={reason} writes onClick={() => void save([['backup.passphrase', null]])}>{t('backups.passphraseClear')}</Button> : null}</div>
    </form>
  );
}

const members = ['endpoint', 'region', 'bucket', 'prefix', 'access_key_id', 'secret_access_key'] as const;
type Member = (typeof members)[number];

function parse(value: string): Record<Member, string> {
  let stored: unknown = null;
  try { stored = JSON.parse(value); } catch { stored = null; }
  const member = (name: Member) => { const v = typeof stored === 'object' && stored !== null ? Reflect.get(stored, name) : ''; return typeof v === 'string' ? v : ''; };
  return { endpoint: member('endpoint'), region: member('region'), bucket: member('bucket'), prefix: member('prefix'), access_key_id: member('access_key_id'), secret_access_key: member('secret_access_key') };
}

function Target({ values }: { values: Values }) {
  const t = useT();
  const reason = useWrites();
  const stored = text(values, 'backup.target');
  const [form, setForm] = useState(() => parse(stored));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const field = (name: Member, label: string, more: { help?: string; type?: 'password'; optional?: boolean } = {}) => <TextField mono={name !== 'region'} label={label} value={form[name]} onChange={(v) => setForm({ ...form, [name]: v })} autoComplete="off" disabled={reason !== undefined} {...more} />;
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await write('backup.target', JSON.stringify({ type: 's3', ...form }));
      const done = await send<{ target: string }>('POST', urls.backupTargetTest);
      toast({ level: 'ok', text: t('backups.targetOk', { target: done.target }) });
      refresh();
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  const remove = async () => {
    try { await write('backup.target', null); refresh(); } catch (e) { setError(asApiError(e).message); }
  };
  const exists = stored !== '' && stored !== '{}' && stored !== 'null';
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
      {field('endpoint', t('backups.endpoint'), { help: t('backups.endpointHelp') })}
      <div className="backups-pair">{field('bucket', t('backups.bucket'))}{field('region', t('backups.region'), { optional: true })}</div>
      {field('prefix', t('backups.prefix'), { optional: true })}
      <div className="backups-pair">{field('access_key_id', t('backups.keyId'), exists ? { help: t('backups.keepSecret') } : {})}{field('secret_access_key', t('backups.keySecret'), { type: 'password' })}</div>
      {error ? <p className="field-error" role="alert">{error}</p> : null}
      <div className="row"><Button kind="primary" type="submit" busy={busy} reason={reason} writes disabled={form.endpoint === '' || form.bucket === ''}>{t('backups.testTarget')}</Button>{exists ? <Button kind="quiet" reason={reason} writes onClick={() => void remove()}>{t('backups.targetRemove')}</Button> : null}</div>
    </form>
  );
}
