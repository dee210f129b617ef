// Credentials: every secret that is kept, and API keys of every kind: of the instance, of an organization, for power alone.
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { PageHead } from '../../ui/PageHead';
import { Forbidden } from '../../ui/StateBlock';
import { Tabs } from '../../ui/Tabs';
import { AllCredentials } from './AllCredentials';
import { InstanceKeys } from './InstanceKeys';
import { OrganizationKeys } from './OrganizationKeys';
import { PowerKeys } from './PowerKeys';
import { SshKeys } from './SshKeys';
import './settings.css';

const home = '/settings/credentials';

export default function KeysPage() {
  const t = useT();
  const manages = useCan('api_keys:manage');
  const inOrganization = useCan('api_key:read');
  const sees = useCan('settings:read');
  const ssh = useCan('ssh_keys:manage');
  const [asked] = useQueryParam('tab');
  const [open, setOpen] = useQueryParam('new');
  const tabs = [
    ...(manages ? [{ id: 'instance', text: t('keys.tabInstance'), to: home }] : []),
    ...(inOrganization ? [{ id: 'organization', text: t('keys.tabOrganization'), to: `${home}?tab=organization` }] : []),
    ...(manages ? [{ id: 'power', text: t('keys.tabPower'), to: `${home}?tab=power` }] : []),
    ...(ssh ? [{ id: 'ssh', text: t('ssh.tab'), to: `${home}?tab=ssh` }] : []),
    ...(sees ? [{ id: 'all', text: t('cred.all'), to: `${home}?tab=all` }] : []),
  ];
  const active = tabs.find((tab) => tab.id === asked)?.id ?? tabs[0]?.id;
  const form = { isNew: open === '1', setNew: (on: boolean) => setOpen(on ? '1' : '') };
  return (
    <>
      <PageHead title={active === 'all' ? t('cred.title') : active === 'ssh' ? t('ssh.title') : t('apikeys.title')} sub={active === 'all' ? t('cred.sub') : active === 'ssh' ? t('ssh.sub') : t('apikeys.sub')} actions={active && active !== 'all' ? <Button kind="primary" icon="plus" writes onClick={() => form.setNew(true)}>{t(active === 'ssh' ? 'ssh.add' : 'apikeys.add')}</Button> : null} />
      {active ? <Tabs label={t('apikeys.title')} active={active} items={tabs} /> : <section className="card"><Forbidden permission="api_keys:manage" /></section>}
      {active === 'instance' ? <InstanceKeys {...form} /> : active === 'organization' ? <OrganizationKeys {...form} /> : active === 'power' ? <PowerKeys {...form} /> : active === 'ssh' ? <SshKeys {...form} /> : active === 'all' ? <AllCredentials /> : null}
    </>
  );
}
