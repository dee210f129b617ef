// Channels: webhooks today; each with switch, test that shows the receiver's answer, and the delivery log.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Channel, ChannelTest, Delivery } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { ago, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Switch } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { ChannelForm } from './ChannelForm';
import './settings.css';

const keyOf = (d: Delivery) => String(d.id);

export default function ChannelsPage() {
  const t = useT();
  const may = useCan('notifications:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'notifications:manage' });
  const channels = useResource(paths.channels);
  const [isNew, setNew] = useQueryParam('new');
  const [editing, setEditing] = useState<Channel | null>(null);
  const [deleting, setDeleting] = useState<Channel | null>(null);
  return (
    <>
      <PageHead title={t('channels.title')} sub={t('channels.sub')} actions={<Button kind="primary" icon="plus" reason={reason} writes onClick={() => setNew('1')}>{t('channels.add')}</Button>} />
      <div className="stack home-column">
        <Loaded from={channels} lines={3}>
          {(list) => (list.length === 0
            ? <section className="card"><Empty icon="bell" title={t('channels.none')} text={t('channels.noneText')} action={<Button kind="primary" icon="plus" reason={reason} onClick={() => setNew('1')}>{t('channels.add')}</Button>} /></section>
            : <div className="channelgrid">{list.map((c) => <ChannelCard key={c.id} channel={c} reason={reason} edit={() => setEditing(c)} remove={() => setDeleting(c)} />)}</div>)}
        </Loaded>
        <Deliveries reason={reason} />
      </div>
      {editing || (isNew === '1' && may) ? <ChannelForm channel={editing} onClose={() => { setEditing(null); setNew(''); }} /> : null}
      {deleting ? <ConfirmDialog title={t('channels.removeTitle', { name: deleting.name })} name={deleting.name} action={t('channels.remove')} onClose={() => setDeleting(null)} run={async () => { await send('DELETE', urls.channel(deleting.id)); invalidate(urls.channels, '/api/ui/setup'); }}><p>{t('channels.removeText')}</p></ConfirmDialog> : null}
    </>
  );
}

function ChannelCard({ channel, reason, edit, remove }: { channel: Channel; reason: string | undefined; edit: () => void; remove: () => void }) {
  const t = useT();
  const [result, setResult] = useState<ChannelTest | null>(null);
  const [busy, setBusy] = useState(false);
  const test = async () => {
    setBusy(true);
    setResult(null);
    try { setResult(await send<ChannelTest>('POST', urls.channelTest(channel.id))); } catch (e) { setResult({ success: false, error_message: asApiError(e).message }); }
    setBusy(false);
    invalidate('/api/notifications/deliveries');
  };
  const toggle = async () => {
    try { await send('POST', urls.channelToggle(channel.id)); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    invalidate(urls.channels);
  };
  const url = typeof channel.config.url === 'string' ? channel.config.url : t('channels.kindOther', { type: channel.type });
  const failing = channel.failures > 0;
  const lastSent = toMillis(channel.last_sent_at);
  return (
    <article className="card channel">
      <header className="channel-head">
        <Icon name={channel.type === 'webhook' ? 'link' : 'send'} size={18} />
        <h2 className="truncate">{channel.name}</h2>
        <Switch hideLabel label={`${t('channels.enabled')}: ${channel.name}`} checked={channel.enabled} reason={reason} onChange={() => void toggle()} />
        <Menu label={`${t('channels.actions')}: ${channel.name}`} items={[{ id: 'edit', text: t('core.edit'), icon: 'edit', reason, run: edit }, { id: 'remove', text: t('channels.remove'), icon: 'trash', danger: true, reason, run: remove }]} />
      </header>
      <p className="truncate faint"><bdi className="mono">{url}</bdi></p>
      <p className="row"><StatusMark status={!channel.enabled ? 'paused' : failing ? 'warning' : 'ok'} {...(failing ? { word: t('channels.failures', { n: channel.failures }) } : {})} />{lastSent === null ? null : <span className="faint">{t('channels.lastSent', { when: ago(lastSent, Date.now()) })}</span>}</p>
      <div className="form-actions"><Button small icon="send" busy={busy} reason={reason} writes onClick={() => void test()}>{t('channels.test')}</Button></div>
      {result ? (
        <div className="channel-result" role="status">
          <StatusMark status={result.success ? 'ok' : 'critical'} word={result.success ? t('channels.testOk') : t('channels.testFailed', { why: result.error_message ?? '' })} />
          {result.sent_payload ? <details><summary>{t('channels.testShow')}</summary><pre className="payload" tabIndex={0}>{typeof result.sent_payload === 'string' ? result.sent_payload : JSON.stringify(result.sent_payload, null, 2)}</pre></details> : null}
        </div>
      ) : null}
    </article>
  );
}

function Deliveries({ reason }: { reason: string | undefined }) {
  const t = useT();
  const deliveries = useResource(paths.deliveries, { everyMs: 30_000 });
  const columns = useMemo((): Column<Delivery>[] => [
    { id: 'event', title: t('channels.event'), value: (d) => d.event_type, kind: 'main', cell: (d) => <bdi className="mono">{d.event_type}</bdi> },
    { id: 'channel', title: t('channels.channel'), value: (d) => d.channel_name || (d.channel_id === null ? null : `#${d.channel_id}`) },
    { id: 'state', title: t('channels.state'), value: (d) => d.status, cell: (d) => <StatusMark status={statusOf(d.status)} word={d.status} />, width: '150px' },
    { id: 'why', title: t('channels.why'), value: (d) => d.error_message ?? d.reason },
    { id: 'attempts', title: t('channels.attempts'), value: (d) => d.attempts, kind: 'number', width: '100px' },
    { id: 'when', title: t('channels.when'), value: (d) => toMillis(d.created_at), kind: 'number', cell: (d) => <Age at={d.created_at} />, width: '120px' },
    { id: 'retry', title: t('channels.retry'), value: () => null, kind: 'actions', plain: true, cell: (d) => (d.status === 'failed' ? <Button small icon="refresh" reason={reason} writes onClick={() => { send('POST', urls.deliveryRetry(d.id)).then(() => toast({ level: 'ok', text: t('channels.retried') }), (e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(() => invalidate('/api/notifications/deliveries')); }}>{t('channels.retry')}</Button> : null) },
  ], [t, reason]);
  return <Card title={t('channels.deliveries')} flush><Loaded from={deliveries} lines={5} compact>{(d) => <DataTable name="deliveries" label={t('channels.deliveries')} rows={d.deliveries} columns={columns} keyOf={keyOf} initialSort="-when" empty={<Empty compact icon="send" title={t('channels.noDeliveries')} />} />}</Loaded></Card>;
}
