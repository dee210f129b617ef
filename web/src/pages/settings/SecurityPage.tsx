// What guards the secrets of this server: the master key, the data keys, and sealing everything again with a new one.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { VaultRekey, VaultState } from '../../api/shapes';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import './settings.css';

const runs = (r: VaultRekey | null) => r !== null && (r.state === 'queued' || r.state === 'running');

export default function SecurityPage() {
  const t = useT();
  const may = useCan('instance:restore');
  const vault = useResource(may ? paths.vault : null, { everyMs: 3_000 });
  return (
    <>
      <PageHead title={t('vault.page')} sub={t('vault.pageSub')} />
      {may ? <div className="grid"><div className="span-6"><Loaded from={vault} lines={6}>{(v) => <VaultCard vault={v} />}</Loaded></div></div> : <section className="card"><Forbidden permission="instance:restore" /></section>}
    </>
  );
}

function VaultCard({ vault }: { vault: VaultState }) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const rekey = vault.rekey;
  const unfinished = vault.retired_keys.length > 0 && !runs(rekey);
  const start = async () => {
    setBusy(true);
    try { await send('POST', urls.vaultRekey, {}); toast({ level: 'ok', text: t('vault.started') }); } catch (cause) { toast({ level: 'critical', text: asApiError(cause).message }); }
    invalidate('/api/system/vault');
    setBusy(false);
  };
  return (
    <Card title={t('vault.title')} sub={t('vault.sub')} actions={<StatusMark status={vault.unreadable > 0 ? 'critical' : unfinished ? 'warning' : 'ok'} word={vault.unreadable > 0 ? t('vault.unreadable', { n: vault.unreadable }) : unfinished ? t('vault.unfinished') : t('vault.fine')} />}>
      <div className="stack vault">
        <dl className="prefs">
          <div><dt>{t('vault.master')}</dt><dd className="mono">{vault.fingerprint}</dd></div>
          <div><dt>{t('vault.active')}</dt><dd className="mono">{vault.active_key}</dd></div>
          {vault.retired_keys.length > 0 ? <div><dt>{t('vault.retired')}</dt><dd className="mono">{vault.retired_keys.join(', ')}</dd></div> : null}
        </dl>
        {rekey ? <Progress rekey={rekey} /> : <p className="muted">{t('vault.never')}</p>}
        <div className="form-actions"><Button kind={unfinished ? 'primary' : 'secondary'} writes busy={busy} reason={runs(rekey) ? t('vault.underWay') : undefined} onClick={() => void start()}>{unfinished ? t('vault.continue') : t('vault.rekey')}</Button></div>
        <p className="muted">{t('vault.text')}</p>
      </div>
    </Card>
  );
}

function Progress({ rekey }: { rekey: VaultRekey }) {
  const t = useT();
  const p = rekey.progress;
  if (runs(rekey)) {
    return (
      <div className="stack" role="status">
        <progress max={p?.of ?? 1} {...(p ? { value: p.done } : {})} aria-label={t('vault.underWay')} />
        <p className="muted">{p ? t('vault.progress', { done: p.done, of: p.of, column: p.owner, n: p.resealed }) : t('vault.waiting')}</p>
      </div>
    );
  }
  const n = Object.values(rekey.result?.resealed ?? {}).reduce((sum, x) => sum + x, 0);
  return rekey.state === 'succeeded'
    ? <p className="row"><StatusMark status="ok" word={t('vault.done', { n })} /> {rekey.finished_at ? <Age at={rekey.finished_at} /> : null}</p>
    : <p role="alert"><StatusMark status="critical" word={t('vault.failed', { why: rekey.error ?? rekey.state })} /></p>;
}
