// Schedule, retention and encryption. Every field is a setting; nothing is kept here.
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
import { TargetForm } from './TargetForm';

type Values = Readonly<Record<string, SettingRow | undefined>>;
const text = (v: Values, key: string) => v[key]?.value ?? '';

export function BackupSettings() {
  const t = useT();
  const reason = useWrites();
  const settings = useResource(paths.settings);
  return (
    <Loaded from={settings} lines={6}>
      {(rows) => {
        const values: Values = Object.fromEntries(rows.filter((r) => r.key.startsWith('backup.')).map((r) => [r.key, r]));
        const stamp = rows.filter((r) => r.key.startsWith('backup.')).map((r) => r.version ?? 0).join('.');
        return <div className="backups-settings"><Card title={t('backups.settings')}><Plan key={stamp} values={values} /></Card><Card title={t('backups.target')}><TargetForm key={stamp} stored={text(values, 'backup.target')} reason={reason} onSaved={refresh} /></Card></div>;
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
      <Switch label={t('backups.artifacts')} checked={text(values, 'backup.include_artifacts') === 'true'} reason={reason} onChange={(on) => void save([['backup.include_artifacts', String(on)]])} />
      <div className="backups-pair">
        <TextField mono label={t('backups.schedule')} help={t('backups.scheduleHelp')} value={schedule} onChange={setSchedule} error={of('backup.schedule')} disabled={reason !== undefined} />
        <TextField label={t('backups.retention')} help={t('backups.retentionHelp')} value={days} onChange={setDays} inputMode="numeric" error={of('backup.retention_days')} disabled={reason !== undefined} />
      </div>
      <TextField type="password" label={t('backups.passphrase')} help={encrypted ? t('backups.passphraseSet') : t('backups.passphraseHelp')} value={passphrase} onChange={setPassphrase} autoComplete="new-password" error={of('backup.passphrase')} disabled={reason !== undefined} />
      <div className="row"><Button kind="primary" type="submit" busy={busy} reason={reason} writes disabled={changed.length === 0}>{t('core.save')}</Button>{encrypted ? <Button kind="quiet" reason={reason} writes onClick={() => void save([['backup.passphrase', null]])}>{t('backups.passphraseClear')}</Button> : null}</div>
    </form>
  );
}
