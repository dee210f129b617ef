// The delivery log: what was sent, failed or held back and why; the event and the message of each; sending again.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Delivery } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, Segmented } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import '../settings/settings.css';
import { pretty } from './ChannelForm';
import { Frame } from './Frame';

const keyOf = (d: Delivery) => String(d.id);
const isHeld = (d: Delivery) => d.status === 'throttled' || d.status === 'rate_limited';

export default function DeliveriesPage() {
  const t = useT();
  const may = useCan('notifications:inspect');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'notifications:inspect' });
  const [status, setStatus] = useQueryParam('status');
  const [channel, setChannel] = useQueryParam('channel');
  const [open, setOpen] = useState<Delivery | null>(null);
  const channels = useResource(paths.channels);
  const deliveries = useResource(paths.deliveries(status, channel), { everyMs: 15_000 });
  const columns = useMemo((): Column<Delivery>[] => [
    { id: 'event', title: t('channels.event'), value: (d) => d.event_type, kind: 'main', width: '190px', cell: (d) => <bdi className="mono nowrap">{d.event_type}</bdi> },
    { id: 'channel', title: t('channels.channel'), value: (d) => d.channel_name || (d.channel_id === null ? null : `#${d.channel_id}`) },
    { id: 'state', title: t('channels.state'), value: (d) => d.status, cell: (d) => <DeliveryState d={d} />, width: '150px' },
    { id: 'why', title: t('channels.why'), value: whyOf },
    { id: 'attempts', title: t('channels.attempts'), value: (d) => d.attempts, kind: 'number', width: '100px' },
    { id: 'when', title: t('channels.when'), value: (d) => toMillis(d.created_at), kind: 'number', cell: (d) => <Age at={d.created_at} />, width: '120px' },
    { id: 'retry', title: t('channels.retry'), value: () => null, kind: 'actions', plain: true, cell: (d) => (d.status === 'failed' ? <Retry d={d} reason={reason} /> : null) },
  ], [t, reason]);
  const states = [{ id: '', text: t('notify.allStates') }, { id: 'sent', text: t('notify.sent') }, { id: 'failed', text: t('notify.failed') }, { id: 'pending', text: t('notify.pending') }, { id: 'throttled', text: t('notify.held') }];
  return (
    <Frame active="deliveries">
      <div className="delivery-filters">
        <Segmented label={t('notify.state')} value={status} options={states} onChange={(v) => setStatus(v)} />
        <Select hideLabel label={t('notify.filterChannel')} value={channel} options={[{ id: '', text: t('notify.everyChannel') }, ...(channels.data ?? []).map((c) => ({ id: String(c.id), text: c.name }))]} onChange={setChannel} />
      </div>
      <section className="card"><Loaded from={deliveries} lines={8}>{(d) => <DataTable name="deliveries" label={t('channels.deliveries')} rows={d.deliveries} columns={columns} keyOf={keyOf} initialSort="-when" onOpen={setOpen} empty={<Empty compact icon="send" title={t('channels.noDeliveries')} />} />}</Loaded></section>
      {open ? <Layer kind="sheet" title={`${t('notify.delivery')} ${open.id}`} onClose={() => setOpen(null)}><Details d={open} reason={reason} /></Layer> : null}
    </Frame>
  );
}

/** What the receiver or the network said, else why it was held back. */
function whyOf(d: Delivery): string | null { return d.error_message ?? (d.reason ? tDynamic(`held.${d.reason}`, d.reason) : null); }

function DeliveryState({ d }: { d: Delivery }) {
  const t = useT();
  const word = d.status === 'sent' ? t('notify.sent') : d.status === 'failed' ? t('notify.failed') : d.status === 'pending' ? t('notify.pending') : t('notify.held');
  return <StatusMark status={isHeld(d) ? 'paused' : statusOf(d.status)} word={word} />;
}

function Retry({ d, reason }: { d: Delivery; reason: string | undefined }) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      const after = await send<Delivery>('POST', urls.deliveryRetry(d.id));
      toast(after.status === 'sent' ? { level: 'ok', text: t('channels.retried') } : { level: 'critical', text: after.error_message ?? t('notify.failed') });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
    invalidate('/api/notifications/deliveries');
  };
  return <Button small icon="refresh" busy={busy} reason={reason} writes onClick={() => void go()}>{t('channels.retry')}</Button>;
}

function Details({ d, reason }: { d: Delivery; reason: string | undefined }) {
  const t = useT();
  return (
    <div className="stack">
      <dl className="facts2">
        <dt>{t('channels.state')}</dt><dd><DeliveryState d={d} /></dd>
        <dt>{t('channels.event')}</dt><dd className="mono">{d.event_type}</dd>
        <dt>{t('channels.channel')}</dt><dd>{d.channel_name}</dd>
        <dt>{t('channels.attempts')}</dt><dd className="num">{d.attempts}</dd>
        {whyOf(d) ? <><dt>{t('channels.why')}</dt><dd>{whyOf(d)}</dd></> : null}
        {d.http_status ? <><dt>HTTP</dt><dd className="num">{d.http_status}</dd></> : null}
        <dt>{t('notify.created')}</dt><dd><Age at={d.created_at} /></dd>
        {d.sent_at ? <><dt>{t('notify.sentAt')}</dt><dd><Age at={d.sent_at} /></dd></> : null}
        <dt>ID</dt><dd className="mono">{d.uid}</dd>
      </dl>
      {d.status === 'failed' ? <div className="form-actions"><Retry d={d} reason={reason} /></div> : null}
      <section><h3>{t('notify.deliverySent')}</h3>{d.rendered_payload === '' ? <p className="muted">{t('notify.deliveryNothing')}</p> : <pre className="payload" tabIndex={0}>{pretty(d.rendered_payload)}</pre>}</section>
      <section><h3>{t('notify.deliveryEvent')}</h3><pre className="payload" tabIndex={0}>{pretty(d.event_payload)}</pre></section>
    </div>
  );
}
