// What this person is told, where and when: subscriptions, and how their letters come.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { NotifyPreferences, Subscription } from '../../api/shapes';
import { type PlainKey, tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

const topics = ['alert.*', 'incident.*', 'power.*', 'backup.*', 'schedule.*', 'approval.*', 'security.*', 'config_change', 'update.available'] as const;
const frequencies: readonly { id: NotifyPreferences['email_frequency']; text: PlainKey }[] = [{ id: 'instant', text: 'told.instant' }, { id: 'hourly', text: 'told.hourly' }, { id: 'daily', text: 'told.daily' }, { id: 'weekly', text: 'told.weekly' }];
const ways: readonly { id: 'in_app' | 'email' | 'both'; text: PlainKey; channels: readonly string[] }[] = [{ id: 'in_app', text: 'told.inbox', channels: ['in_app'] }, { id: 'email', text: 'told.mail', channels: ['email'] }, { id: 'both', text: 'told.both', channels: ['in_app', 'email'] }];

function topicName(event: string): string { return tDynamic(`told.topic.${event.replace('.*', '').replaceAll('.', '_')}`, event); }
const failed = (e: unknown) => toast({ level: 'critical', text: asApiError(e).message });

export function NotificationsCard() {
  const t = useT();
  const preferences = useResource(paths.notifyPreferences);
  const change = (members: Partial<NotifyPreferences>) => { send('PUT', urls.notifyPreferences, members).then(() => invalidate('/api/v1/notifications/preferences')).catch(failed); };
  return (
    <Card title={t('told.title')} sub={t('told.sub')}>
      <div className="stack">
        <Subscriptions />
        <Loaded from={preferences} lines={3} compact>
          {(p) => (
            <div className="stack">
              <Switch label={t('told.inApp')} checked={p.in_app_enabled} onChange={(v) => change({ in_app_enabled: v })} />
              <Switch label={t('told.byMail')} checked={p.email_enabled} onChange={(v) => change({ email_enabled: v })} />
              {p.email_enabled ? <Select label={t('told.frequency')} value={p.email_frequency} onChange={(v) => change({ email_frequency: v, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone })} options={frequencies.map((f) => ({ id: f.id, text: t(f.text) }))} help={t('told.mailHelp')} /> : null}
              <Quiet value={p} change={change} />
            </div>
          )}
        </Loaded>
      </div>
    </Card>
  );
}

function Quiet({ value, change }: { value: NotifyPreferences; change: (members: Partial<NotifyPreferences>) => void }) {
  const t = useT();
  const start = value.quiet_hours_start ?? '22:00';
  const end = value.quiet_hours_end ?? '07:00';
  const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <>
      <Switch label={t('told.quiet')} checked={value.quiet_hours_enabled} onChange={(on) => change({ quiet_hours_enabled: on, quiet_hours_start: start, quiet_hours_end: end, timezone })} />
      {value.quiet_hours_enabled ? <div className="row told-quiet"><TextField label={t('told.from')} type="time" value={start} onChange={(v) => { if (v) change({ quiet_hours_start: v, timezone }); }} /><TextField label={t('told.to')} type="time" value={end} onChange={(v) => { if (v) change({ quiet_hours_end: v, timezone }); }} /></div> : null}
    </>
  );
}

function Subscriptions() {
  const t = useT();
  const mine = useResource(paths.subscriptions);
  const [topic, setTopic] = useState<(typeof topics)[number]>('alert.*');
  const [way, setWay] = useState<(typeof ways)[number]['id']>('both');
  const changed = () => invalidate('/api/v1/notifications/subscriptions');
  const add = () => { send('POST', urls.subscribe(topic), { channels: ways.find((w) => w.id === way)?.channels }).then(changed).catch(failed); };
  const remove = (s: Subscription) => { send('DELETE', urls.unsubscribe(s.event)).then(changed).catch(failed); };
  const how = (s: Subscription) => s.channels.map((c) => tDynamic(c === 'email' ? 'told.mail' : 'told.inbox', c)).join(', ');
  return (
    <div className="stack">
      <Loaded from={mine} lines={2} compact>
        {(rows) => rows.length === 0 ? <Empty compact icon="bell" title={t('told.none')} /> : (
          <ul className="linelist passkeys">
            {rows.map((s) => <li key={`${s.event} ${s.project_id}`}><Icon name="bell" /><span className="passkey-text"><bdi>{topicName(s.event)}</bdi><span className="faint">{how(s)}</span></span><Button small kind="quiet" icon="close" writes label={t('told.remove', { name: topicName(s.event) })} onClick={() => remove(s)} /></li>)}
          </ul>
        )}
      </Loaded>
      <div className="row told-add">
        <Select label={t('told.topic')} value={topic} onChange={setTopic} options={topics.map((id) => ({ id, text: topicName(id) }))} />
        <Select label={t('told.way')} value={way} onChange={setWay} options={ways.map((w) => ({ id: w.id, text: t(w.text) }))} />
        <Button icon="plus" writes onClick={add}>{t('told.add')}</Button>
      </div>
    </div>
  );
}
