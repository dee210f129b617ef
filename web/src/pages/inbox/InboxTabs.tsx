// The two halves of the inbox: messages, and what waits for a decision.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Tabs } from '../../ui/Tabs';

export function InboxTabs({ active }: { active: 'messages' | 'approvals' }) {
  const t = useT();
  const may = useCan('approvals:read');
  const open = useResource(may ? paths.approvalCount : null, { everyMs: 30_000 });
  const inbox = useResource(paths.inbox, { everyMs: 60_000 });
  if (!may) return null;
  return <Tabs label={t('inbox.title')} active={active} items={[{ id: 'messages', text: t('inbox.messages'), to: '/inbox', count: inbox.data?.unread_count }, { id: 'approvals', text: t('inbox.approvals'), to: '/inbox/approvals', count: open.data?.count }]} />;
}
