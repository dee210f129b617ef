// The inbox: what waits for this person, whatever part it comes from, and every message he was sent.
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, patchResource, useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useT } from '../../i18n';
import { severityOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, Segmented } from '../../ui/Button';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { InboxTabs } from './InboxTabs';
import { inboxChanged, WaitingList } from './WaitingList';
import './inbox.css';

export default function InboxPage() {
  const t = useT();
  const [tab] = useQueryParam('tab');
  return tab === 'messages' ? <Messages /> : (
    <>
      <PageHead title={t('inbox.title')} sub={t('inbox.waitingSub')} />
      <InboxTabs active="waiting" />
      <WaitingList />
    </>
  );
}

function Messages() {
  const t = useT();
  const inbox = useResource(paths.inbox, { everyMs: 60_000 });
  const [view, setView] = useQueryParam('view', 'all');
  const mark = async (id: number | null) => {
    patchResource(paths.inbox, (b) => ({ notifications: b.notifications.map((n) => (id === null || n.id === id ? { ...n, read: true } : n)), unread_count: id === null ? 0 : Math.max(0, b.unread_count - 1) }));
    try { await send('POST', id === null ? urls.readAllNotifications : urls.readNotification(id)); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); invalidate('/api/notifications?'); }
    inboxChanged();
  };
  const unread = inbox.data?.unread_count ?? 0;
  return (
    <>
      <PageHead title={t('inbox.title')} sub={t('inbox.sub')} actions={<>
        <Segmented label={t('inbox.view')} value={view === 'unread' ? 'unread' : 'all'} options={[{ id: 'all', text: t('inbox.all') }, { id: 'unread', text: `${t('inbox.unread')} ${unread}` }]} onChange={(v) => setView(v)} />
        <Button icon="check" disabled={unread === 0} writes onClick={() => void mark(null)}>{t('inbox.readAll')}</Button></>} />
      <InboxTabs active="messages" />
      <section className="card">
        <Loaded from={inbox} lines={6}>
          {(data) => {
            const list = view === 'unread' ? data.notifications.filter((n) => !n.read) : data.notifications;
            if (list.length === 0) return <Empty icon="inbox" title={view === 'unread' && data.notifications.length > 0 ? t('inbox.unreadNone') : t('inbox.none')} text={t('inbox.noneText')} />;
            return (
              <ul>
                {list.map((n) => (
                  <li key={n.id} className={n.read ? 'inbox-row' : 'inbox-row inbox-unread'}>
                    <StatusMark status={severityOf(n.level)} bare size={16} />
                    <div><p className="inbox-title">{n.action_url?.startsWith('/') ? <Link to={n.action_url}>{n.title}</Link> : n.title}</p>{n.message && n.message !== n.title ? <p className="muted">{n.message}</p> : null}</div>
                    <span className="inbox-end"><Age at={n.timestamp} />{n.read ? null : <Button small kind="quiet" icon="check" label={`${t('inbox.read')}: ${n.title}`} writes onClick={() => void mark(n.id)} />}</span>
                  </li>
                ))}
              </ul>
            );
          }}
        </Loaded>
      </section>
    </>
  );
}
