// Where copies of backups go: a bucket, or a directory of another machine whose host key somebody vouched for.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Field, Select, TextField } from '../../ui/Form';
import { toast } from '../../ui/toasts';

const members = ['endpoint', 'region', 'bucket', 'prefix', 'access_key_id', 'secret_access_key', 'host', 'port', 'user', 'path', 'password', 'private_key', 'passphrase', 'fingerprint'] as const;
type Member = (typeof members)[number];
type Kind = 's3' | 'sftp';
const ofKind: Record<Kind, readonly Member[]> = { s3: members.slice(0, 6), sftp: members.slice(6) };

function parse(value: string): { kind: Kind; form: Record<Member, string> } {
  let stored: unknown = null;
  try { stored = JSON.parse(value); } catch { stored = null; }
  const member = (name: string) => { const v = typeof stored === 'object' && stored !== null ? Reflect.get(stored, name) : ''; return typeof v === 'string' ? v : typeof v === 'number' ? String(v) : ''; };
  const form = Object.fromEntries(members.map((m) => [m, member(m)])) as Record<Member, string>;
  return { kind: member('type') === 'sftp' ? 'sftp' : 's3', form };
}

/** A key that a host showed and nobody vouched for yet. */
interface Shown { key: string; changed: boolean }

export function TargetForm({ stored, reason, onSaved }: { stored: string; reason: string | undefined; onSaved: () => void }) {
  const t = useT();
  const first = parse(stored);
  const [kind, setKind] = useState<Kind>(first.kind);
  const [form, setForm] = useState(first.form);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const exists = stored !== '' && stored !== '{}' && stored !== 'null';
  const field = (name: Member, label: string, more: { help?: string; type?: 'password'; optional?: boolean; inputMode?: 'numeric' } = {}) => <TextField mono={name !== 'region' && name !== 'user'} label={label} value={form[name]} onChange={(v) => setForm({ ...form, [name]: v })} autoComplete="off" disabled={reason !== undefined} {...more} />;
  const save = async (wanted: Record<Member, string>) => {
    setBusy(true);
    setError(null);
    setShown(null);
    try {
      const filled = Object.fromEntries(ofKind[kind].filter((m) => wanted[m] !== '').map((m) => [m, wanted[m]]));
      await send('PUT', urls.setting('backup.target'), { value: JSON.stringify({ type: kind, ...filled }) });
      const done = await send<{ target: string }>('POST', urls.backupTargetTest);
      toast({ level: 'ok', text: t('backups.targetOk', { target: done.target }) });
      onSaved();
    } catch (e) {
      const why = asApiError(e);
      // The answer names the pinned key first and the one that is shown last.
      const key = why.code.startsWith('host_key_') ? [...why.message.matchAll(/SHA256:[A-Za-z0-9+/]+=*/g)].at(-1)?.[0] : undefined;
      if (key !== undefined) setShown({ key, changed: why.code === 'host_key_changed' }); else setError(why.message);
    }
    setBusy(false);
  };
  const trust = (key: string) => { const next = { ...form, fingerprint: key }; setForm(next); void save(next); };
  const remove = async () => {
    try { await send('PUT', urls.setting('backup.target'), { value: null }); onSaved(); } catch (e) { setError(asApiError(e).message); }
  };
  const keep = exists ? { help: t('backups.keepSecret') } : {};
  const ready = kind === 's3' ? form.endpoint !== '' && form.bucket !== '' : form.host !== '' && form.user !== '' && form.path !== '';
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(form); }}>
      <Select<Kind> label={t('backups.targetKind')} value={kind} onChange={setKind} disabled={reason !== undefined} options={[{ id: 's3', text: t('backups.targetS3') }, { id: 'sftp', text: t('backups.targetSftp') }]} />
      {kind === 's3' ? (
        <>
          {field('endpoint', t('backups.endpoint'), { help: t('backups.endpointHelp') })}
          <div className="backups-pair">{field('bucket', t('backups.bucket'))}{field('region', t('backups.region'), { optional: true })}</div>
          {field('prefix', t('backups.prefix'), { optional: true })}
          <div className="backups-pair">{field('access_key_id', t('backups.keyId'), keep)}{field('secret_access_key', t('backups.keySecret'), { type: 'password' })}</div>
        </>
      ) : (
        <>
          <div className="backups-pair">{field('host', t('backups.host'))}{field('port', t('backups.port'), { optional: true, inputMode: 'numeric' })}</div>
          <div className="backups-pair">{field('user', t('backups.user'))}{field('path', t('backups.path'), { help: t('backups.pathHelp') })}</div>
          <Field label={t('backups.privateKey')} help={exists ? t('backups.keepSecret') : t('backups.privateKeyHelp')}>{({ id, describedBy }) => <textarea id={id} className="input mono backups-key" rows={3} value={form.private_key} onChange={(e) => setForm({ ...form, private_key: e.target.value })} aria-describedby={describedBy} disabled={reason !== undefined} spellCheck={false} />}</Field>
          <div className="backups-pair">{field('passphrase', t('backups.keyPassphrase'), { type: 'password', optional: true })}{field('password', t('backups.password'), { type: 'password', optional: true })}</div>
          {field('fingerprint', t('backups.fingerprint'), { help: t('backups.fingerprintHelp'), optional: true })}
        </>
      )}
      {shown ? <div className="backups-trust" role="alert"><p><b>{t('backups.trustTitle')}</b></p><p>{shown.changed ? t('backups.trustChanged') : t('backups.trustText', { key: shown.key })}</p>{shown.changed ? <p><bdi className="mono">{shown.key}</bdi></p> : null}<div className="row"><Button busy={busy} reason={reason} writes onClick={() => trust(shown.key)}>{t('backups.trust')}</Button></div></div> : null}
      {error ? <p className="field-error" role="alert">{error}</p> : null}
      <div className="row"><Button kind="primary" type="submit" busy={busy} reason={reason} writes disabled={!ready}>{t('backups.testTarget')}</Button>{exists ? <Button kind="quiet" reason={reason} writes onClick={() => void remove()}>{t('backups.targetRemove')}</Button> : null}</div>
    </form>
  );
}
