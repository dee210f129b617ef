// Webhooks from outside: endpoints, their secret shown once with a sample call, and the calls received.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Webhook } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { CopyBlock, Select, Switch, TextField } from '../../ui/Form';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import '../settings/settings.css';
import { pretty } from './ChannelForm';
import { SecretLayer, type Shown, sources } from './WebhookSecret';
import './notify.css';

const keyOf = (w: Webhook) => String(w.id);
const addressOf = (hook: string) => `${location.origin}/hooks/${hook}`;

export default function WebhooksPage() {
  const t = useT();
  const may = useCan('webhooks:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'webhooks:manage' });
  const hooks = useResource(paths.webhooks);
  const [isNew, setNew] = useQueryParam('new');
  const [shown, setShown] = useState<Shown | null>(null);
  const [deleting, setDeleting] = useState<Webhook | null>(null);
  const [open, setOpen] = useState<Webhook | null>(null);
  const columns = useMemo((): Column<Webhook>[] => {
    const run = async (what: () => Promise<unknown>) => { try { await what(); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); } invalidate(urls.webhooks); };
    const rotate = (w: Webhook) => run(async () => { const { secret } = await send<{ secret: string }>('POST', urls.webhookRotate(w.id)); setShown({ rotated: true, name: w.name, url: addressOf(w.hook_id), secret, source: w.source, mode: w.verify_mode }); });
    return [
      { id: 'name', title: t('hooks.name'), value: (w) => w.name, kind: 'main' },
      { id: 'source', title: t('hooks.source'), value: (w) => w.source },
      { id: 'calls', title: t('hooks.calls'), value: (w) => w.trigger_count, kind: 'number', width: '90px' },
      { id: 'rejected', title: t('hooks.rejected'), value: (w) => w.rejected, kind: 'number', width: '100px' },
      { id: 'last', title: t('hooks.last'), value: (w) => w.last_triggered, kind: 'number', width: '140px', cell: (w) => (w.last_triggered === null ? <span className="faint">–</span> : <Age at={w.last_triggered} />) },
      { id: 'on', title: t('hooks.on'), value: (w) => w.enabled, width: '80px', cell: (w) => <Switch hideLabel label={`${t('hooks.on')}: ${w.name}`} checked={w.enabled} reason={reason} onChange={(enabled) => void run(() => send('PUT', urls.webhook(w.id), { enabled }))} /> },
      { id: 'actions', title: t('hooks.actions'), value: () => null, kind: 'actions', plain: true, cell: (w) => <Menu label={`${t('hooks.actions')}: ${w.name}`} items={[{ id: 'rotate', text: t('hooks.rotate'), icon: 'refresh', reason, run: () => void rotate(w) }, { id: 'remove', text: t('hooks.remove'), icon: 'trash', danger: true, reason, run: () => setDeleting(w) }]} /> },
    ];
  }, [t, reason]);
  const add = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => setNew('1')}>{t('hooks.new')}</Button>;
  return (
    <>
      <PageHead title={t('hooks.title')} sub={t('hooks.sub')} actions={add} />
      <section className="card"><Loaded from={hooks} lines={4}>{(rows) => <DataTable name="webhooks" label={t('hooks.title')} rows={rows} columns={columns} keyOf={keyOf} onOpen={setOpen} empty={<Empty icon="link" title={t('hooks.none')} text={t('hooks.noneText')} action={add} />} />}</Loaded></section>
      {isNew === '1' && may && !shown ? <CreateForm onClose={() => setNew('')} done={(s) => { setNew(''); setShown(s); }} /> : null}
      {shown ? <SecretLayer shown={shown} onClose={() => setShown(null)} /> : null}
      {open ? <Layer kind="sheet" title={open.name} onClose={() => setOpen(null)}><Calls hook={open} /></Layer> : null}
      {deleting ? <ConfirmDialog title={t('hooks.removeTitle', { name: deleting.name })} name={deleting.name} action={t('hooks.remove')} onClose={() => setDeleting(null)} run={async () => { await send('DELETE', urls.webhook(deleting.id)); invalidate(urls.webhooks); }}><p>{t('hooks.removeText')}</p><ChangePreview path={urls.webhook(deleting.id)} /></ConfirmDialog> : null}
    </>
  );
}

function CreateForm({ onClose, done }: { onClose: () => void; done: (shown: Shown) => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [source, setSource] = useState('generic');
  const [mode, setMode] = useState('native');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setError(null);
    try {
      const made = await send<{ hook_id: string; secret: string }>('POST', urls.webhooks, { name: name.trim(), source, verify_mode: mode });
      invalidate(urls.webhooks);
      done({ rotated: false, name: name.trim(), url: addressOf(made.hook_id), secret: made.secret, source, mode });
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('hooks.new')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <TextField label={t('hooks.name')} value={name} onChange={setName} required maxLength={128} autoComplete="off" />
        <Select label={t('hooks.source')} value={source} options={sources.map((id) => ({ id, text: id }))} onChange={setSource} />
        <Select label={t('hooks.mode')} value={mode} options={[{ id: 'native', text: t('hooks.mode.native') }, { id: 'token', text: t('hooks.mode.token') }, { id: 'none', text: t('hooks.mode.none') }]} onChange={setMode} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <Button type="submit" kind="primary" busy={busy} writes>{t('hooks.create')}</Button>
      </form>
    </Layer>
  );
}

function Calls({ hook }: { hook: Webhook }) {
  const t = useT();
  const calls = useResource(paths.webhookDeliveries(hook.id), { everyMs: 15_000 });
  return (
    <div className="stack">
      <div><h3>{t('hooks.address')}</h3><CopyBlock label={t('hooks.address')} text={addressOf(hook.hook_id)} /></div>
      <h3>{t('hooks.log')}</h3>
      <Loaded from={calls} lines={4}>
        {(all) => (all.length === 0 ? <Empty compact icon="link" title={t('hooks.logNone')} /> : (
          <div className="stack">{all.map((c) => <details key={c.id} className="more"><summary><span className="mono">{c.event_type || c.delivery_id.slice(0, 24)}</span> <Age at={c.created_at} />{c.duplicates > 0 ? <span className="tag">{t('hooks.again', { n: c.duplicates })}</span> : null}</summary><pre className="payload" tabIndex={0}>{pretty(c.body)}</pre></details>)}</div>
        ))}
      </Loaded>
    </div>
  );
}
