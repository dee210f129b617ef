// The head and tabs that channels, rules and deliveries share.
import type { ReactNode } from 'react';
import { useT } from '../../i18n';
import { PageHead } from '../../ui/PageHead';
import { Tabs } from '../../ui/Tabs';
import './notify.css';

export function Frame({ active, actions, children }: { active: 'channels' | 'rules' | 'deliveries'; actions?: ReactNode; children: ReactNode }) {
  const t = useT();
  const sub = active === 'rules' ? t('notify.rulesSub') : t('channels.sub');
  return (
    <>
      <PageHead title={active === 'rules' ? t('notify.rules') : active === 'deliveries' ? t('channels.deliveries') : t('channels.title')} sub={sub} actions={actions} />
      <Tabs label={t('notify.tabs')} active={active} items={[{ id: 'channels', text: t('notify.tabChannels'), to: '/settings/channels' }, { id: 'rules', text: t('notify.tabRules'), to: '/settings/channels/rules' }, { id: 'deliveries', text: t('notify.tabDeliveries'), to: '/settings/channels/deliveries' }]} />
      {children}
    </>
  );
}
