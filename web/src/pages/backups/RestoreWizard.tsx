// Restoring: first what would change, row counts then and now; then the typed word, the proof of identity, the restart.
import { useCallback, useEffect, useState } from 'react';
import { type ApiError, asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { BackupPreview, BackupRow, TableChange } from '../../api/shapes';
import { showNumber } from '../../format/numbers';
import { exactTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { ErrorBlock, Skeleton } from '../../ui/StateBlock';

export function RestoreWizard({ backup, onClose }: { backup: BackupRow; onClose: () => void }) {
  const t = useT();
  const [preview, setPreview] = useState<BackupPreview | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [passphrase, setPassphrase] = useState('');
  const [archiveKey, setArchiveKey] = useState('');
  const [without, setWithout] = useState(false);
  const [typed, setTyped] = useState('');
  const [restarting, setRestarting] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const look = useCallback(async (word: string) => {
    setError(null);
    setBusy(true);
    try { setPreview(await send<BackupPreview>('POST', urls.backupPreview(backup.id), word ? { passphrase: word } : {})); } catch (e) { setError(asApiError(e)); }
    setBusy(false);
  }, [backup.id]);
  useEffect(() => { void look(''); }, [look]);
  const restore = async () => {
    setBusy(true);
    setRefused(null);
    try {
      await send('POST', urls.backupRestore(backup.id), { confirm: true, ...(passphrase ? { passphrase } : {}), ...(archiveKey ? { archive_key: archiveKey } : {}), ...(without ? { without_secrets: true } : {}) });
      setRestarting(true);
      await untilBack();
      // The session may be another one now: everything is loaded anew.
      location.assign('/settings/backups');
    } catch (e) { setRefused(asApiError(e).message); }
    setBusy(false);
  };
  const word = t('backups.word');
  const locked = preview !== null && !preview.same_master_key && archiveKey === '' && !without;
  const made = toMillis(preview?.created_at ?? backup.created_at);
  if (restarting) return <Layer title={t('backups.restoreTitle', { name: backup.filename })} onClose={() => undefined}><p role="status" className="backups-restarting"><span className="spinner" aria-hidden="true" />{t('backups.restarting')}</p></Layer>;
  return (
    <Layer wide title={t('backups.restoreTitle', { name: backup.filename })} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="danger" busy={busy && preview !== null} writes disabled={preview === null || locked || typed.trim().toLowerCase() !== word} onClick={() => void restore()}>{t('backups.restoreNow')}</Button></>}>
      {error?.code === 'passphrase_needed' || (error && passphrase !== '') ? (
        <form className="stack" onSubmit={(e) => { e.preventDefault(); void look(passphrase); }}>
          <p>{t('backups.needPassphrase')}</p>
          <TextField type="password" label={t('backups.passphrase')} value={passphrase} onChange={setPassphrase} autoComplete="off" error={error.code === 'passphrase_needed' ? null : error.message} autoFocus />
          <div><Button kind="primary" type="submit" busy={busy}>{t('backups.open')}</Button></div>
        </form>
      ) : error ? <ErrorBlock error={error} retry={() => void look(passphrase)} /> : preview === null ? <div className="stack"><p className="muted" role="status">{t('backups.looking')}</p><Skeleton lines={5} /></div> : (
        <div className="stack">
          <ChangePreview method="POST" path={urls.backupRestore(backup.id)} />
          <dl className="backups-facts">
            <div><dt>{t('backups.made')}</dt><dd>{made === null ? '–' : exactTime(made)}</dd></div>
            <div><dt>{t('backups.version')}</dt><dd>{preview.version}</dd></div>
            <div><dt>{t('backups.engine')}</dt><dd>{preview.engine === 'postgres' ? 'PostgreSQL' : preview.engine === 'sqlite' ? 'SQLite' : preview.engine}</dd></div>
            <div><dt>{t('backups.key')}</dt><dd>{preview.same_master_key ? t('backups.keySame') : t('backups.keyOther')}</dd></div>
          </dl>
          {preview.warnings.map((w) => <p key={w} className="banner banner-warning"><Icon name="info" size={14} /> {w}</p>)}
          <Changes tables={preview.tables} />
          {preview.same_master_key ? null : (
            <fieldset className="stack backups-foreign">
              <legend>{t('backups.foreign')}</legend>
              <TextField type="password" label={t('backups.archiveKey')} help={t('backups.archiveKeyHelp')} value={archiveKey} onChange={setArchiveKey} autoComplete="off" mono disabled={without} />
              <Switch label={t('backups.without')} checked={without} onChange={setWithout} />
              <p className="faint">{t('backups.withoutText')}</p>
            </fieldset>
          )}
          <p>{t('backups.lost', { when: made === null ? '–' : exactTime(made) })}</p>
          <TextField label={t('backups.typeRestore', { word })} value={typed} onChange={setTyped} autoComplete="off" error={refused} />
        </div>
      )}
    </Layer>
  );
}

function Changes({ tables }: { tables: readonly TableChange[] }) {
  const t = useT();
  const changed = tables.filter((x) => x.changed);
  const equal = tables.length - changed.length;
  if (changed.length === 0) return <p>{t('backups.nothing')}</p>;
  const show = (n: number | null) => (n === null ? <span className="faint">{t('backups.absent')}</span> : showNumber(n));
  const difference = (x: TableChange) => {
    const d = (x.backup_rows ?? 0) - (x.current_rows ?? 0);
    return d === 0 ? t('backups.rowsDiffer') : `${d > 0 ? '+' : '−'}${showNumber(Math.abs(d))}`;
  };
  return (
    <section aria-label={t('backups.will')}>
      <h3 className="backups-h3">{t('backups.will')}</h3>
      <div className="backups-changes">
        <table>
          <thead><tr><th>{t('backups.table')}</th><th className="num">{t('backups.rowsThen')}</th><th className="num">{t('backups.rowsNow')}</th><th className="num">{t('backups.difference')}</th></tr></thead>
          {['state', 'telemetry'].map((part) => {
            const list = changed.filter((x) => x.part === part);
            return list.length === 0 ? null : (
              <tbody key={part}>
                <tr className="backups-part"><th colSpan={4} scope="rowgroup">{tDynamic(`backups.part.${part}`, part)}</th></tr>
                {list.map((x) => <tr key={x.table}><td><bdi className="mono">{x.table}</bdi></td><td className="num">{show(x.backup_rows)}</td><td className="num">{show(x.current_rows)}</td><td className="num">{difference(x)}</td></tr>)}
              </tbody>
            );
          })}
        </table>
      </div>
      {equal > 0 ? <p className="faint">{t('backups.same', { n: equal })}</p> : null}
    </section>
  );
}

/** Waits until the server went away and is ready again; gives up waiting for the going after ten seconds. */
async function untilBack(): Promise<void> {
  const ready = async () => { try { return (await load(paths.ready)).ready === true; } catch { return false; } };
  const pause = (ms: number) => new Promise((done) => { setTimeout(done, ms); });
  for (let i = 0; i < 40 && await ready(); i += 1) await pause(250);
  for (let i = 0; i < 480 && !(await ready()); i += 1) await pause(250);
}
