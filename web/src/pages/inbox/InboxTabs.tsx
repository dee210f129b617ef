// The parts of the inbox: what waits, what waits for a decision with its history, and every message.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Tabs } from '../../ui/Tabs';

export function InboxTabs({ active }: { active: 'waiting' | 'messages' | 'approvals' }) {
  const t = useT();
  const may = useCan('approvals:read');
  const open = useResource(may ? paths.approvalCount : null, { everyMs: 30_000 });
  const inbox = useResource(paths.inbox, { everyMs: 60_000 });
  const approvals = { id: 'approvals', text: t('inbox.approvals'), to: '/inbox/approvals', count: open.data?.count };
  return <Tabs label={t('inbox.title')} active={active} items={[{ id: 'waiting', text: t('inbox.waiting'), to: '/inbox' }, ...(may ? [approvals] : []), { id: 'messages', text: t('inbox.messages'), to: '/inbox?tab=messages', count: inbox.data?.unread_count }]} />;
}
