// Channels: each with switch, state, quiet hours and a test that shows the receiver's answer.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Channel, ChannelTest } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { ago, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { Switch } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import '../settings/settings.css';
import { ChannelForm, pretty } from './ChannelForm';
import { Frame } from './Frame';
import { typeOf } from './kinds';
import { PushCard } from './PushCard';

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
      <Frame active="channels" actions={<Button kind="primary" icon="plus" reason={reason} writes onClick={() => setNew('1')}>{t('notify.new')}</Button>}>
      <div className="stack home-column">
        <Loaded from={channels} lines={3}>
          {(list) => (list.length === 0
            ? <section className="card"><Empty icon="bell" title={t('channels.none')} text={t('channels.noneText')} action={<Button kind="primary" icon="plus" reason={reason} onClick={() => setNew('1')}>{t('notify.new')}</Button>} /></section>
            : <div className="channelgrid">{list.map((c) => <ChannelCard key={c.id} channel={c} reason={reason} edit={() => setEditing(c)} remove={() => setDeleting(c)} />)}</div>)}
        </Loaded>
        <PushCard />
      </div>
      </Frame>
      {editing || (isNew === '1' && may) ? <ChannelForm channel={editing} onClose={() => { setEditing(null); setNew(''); }} /> : null}
      {deleting ? <ConfirmDialog title={t('channels.removeTitle', { name: deleting.name })} name={deleting.name} action={t('channels.remove')} onClose={() => setDeleting(null)} run={async () => { await send('DELETE', urls.channel(deleting.id)); invalidate(urls.channels, '/api/ui/setup'); }}><p>{t('channels.removeText')}</p><ChangePreview path={urls.channel(deleting.id)} /></ConfirmDialog> : null}
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
  const known = typeOf(channel.type);
  const kind = known ? t(known.title) : t('channels.kindOther', { type: channel.type });
  const target = [channel.config.url, channel.config.chat_id, channel.config.topic, channel.config.channel, channel.config.to].find((v) => (Array.isArray(v) ? v.length > 0 : typeof v === 'string' && v !== ''));
  const failing = channel.failures > 0;
  const lastSent = toMillis(channel.last_sent_at);
  return (
    <article className="card channel">
      <header className="channel-head">
        <Icon name={known?.icon ?? 'send'} size={18} />
        <h2 className="truncate">{channel.name}</h2>
        <Switch hideLabel label={`${t('channels.enabled')}: ${channel.name}`} checked={channel.enabled} reason={reason} onChange={() => void toggle()} />
        <Menu label={`${t('channels.actions')}: ${channel.name}`} items={[{ id: 'edit', text: t('core.edit'), icon: 'edit', reason, run: edit }, { id: 'remove', text: t('channels.remove'), icon: 'trash', danger: true, reason, run: remove }]} />
      </header>
      <p className="truncate faint">{kind}{target ? <>: <bdi className="mono">{Array.isArray(target) ? target.join(', ') : String(target)}</bdi></> : null}</p>
      <p className="row"><StatusMark status={!channel.enabled ? 'paused' : failing ? 'warning' : 'ok'} {...(failing ? { word: t('channels.failures', { n: channel.failures }) } : {})} />{channel.quiet_hours ? <span className="tag">{t('notify.quietNow', { from: channel.quiet_hours.start, to: channel.quiet_hours.end })}</span> : null}{lastSent === null ? null : <span className="faint">{t('channels.lastSent', { when: ago(lastSent, Date.now()) })}</span>}</p>
      <div className="form-actions"><Button small icon="send" busy={busy} reason={reason} writes onClick={() => void test()}>{t('channels.test')}</Button></div>
      {result ? (
        <div className="channel-result" role="status">
          <StatusMark status={result.success ? 'ok' : 'critical'} word={result.success ? t('channels.testOk') : t('channels.testFailed', { why: result.error_message ?? '' })} />
          {result.answer ? <p className="field-help">{t('notify.answer', { text: result.answer })}</p> : result.http_status ? <p className="field-help">{t('notify.status', { n: result.http_status })}</p> : null}
          {result.sent_payload ? <details><summary>{t('channels.testShow')}</summary><pre className="payload" tabIndex={0}>{pretty(result.sent_payload)}</pre></details> : null}
        </div>
      ) : null}
    </article>
  );
}
