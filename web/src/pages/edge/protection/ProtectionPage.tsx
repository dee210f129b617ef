// Protection: who is turned away and why, where they come from, and what CrowdSec does, each under its tab.
import { useCallback, useState } from 'react';
import type { CrowdSecStatus } from '../../../api/protection';
import { paths } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useQueryParam } from '../../../app/router';
import { useCan } from '../../../app/session';
import { useT } from '../../../i18n';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { CopyBlock } from '../../../ui/Form';
import { PageHead } from '../../../ui/PageHead';
import { Loaded } from '../../../ui/StateBlock';
import { Tabs } from '../../../ui/Tabs';
import { AllowList } from './AllowList';
import { AttacksTab } from './AttacksTab';
import { BanDialog } from './BanDialog';
import { BanList } from './BanList';
import { Breakdown } from './Breakdown';
import { ConnectionCard, ConnectionDialog } from './Connection';
import { Countries } from './Countries';
import { DriftCard } from './Drift';
import { Firewall, TuningCard } from './Firewall';
import { Origins } from './Origins';
import { Scenarios } from './Scenarios';
import { SelfBan } from './SelfBan';
import './protection.css';

const TABS = ['bans', 'attacks', 'origins', 'crowdsec'] as const;

export default function ProtectionPage({ params }: { params: Readonly<Record<string, string>> }) {
  const t = useT();
  const status = useResource(paths.crowdsecStatus, { everyMs: 5_000 });
  const [dialog, setDialog] = useQueryParam('do');
  const [address, setAddress] = useState('');
  const tab = TABS.find((x) => x === params.tab) ?? 'bans';
  const may = useCan('edge:operate');
  const noAccount = status.data?.machine_password === '' || status.data?.machine_user === '';
  const reason = !may ? t('core.needsPermission', { permission: 'edge:operate' }) : noAccount ? t('protect.needsAccount') : undefined;
  const isSetUp = status.data !== undefined && status.data.bouncer_api_key !== '';
  const ban = useCallback((whom: string) => { setAddress(whom); setDialog('ban'); }, [setDialog]);
  const connect = () => setDialog('connect');
  return (
    <>
      <PageHead title={t('nav.protection')} sub={status.data ? t('protect.count', { n: status.data.decisions }) : ' '} actions={<Button kind={isSetUp ? 'primary' : 'secondary'} icon="shield" reason={reason} writes onClick={() => ban('')}>{t('protect.ban')}</Button>} />
      <Tabs label={t('protect.parts')} active={tab} items={TABS.map((id) => ({ id, text: t(`protect.tab.${id}`), to: id === 'bans' ? '/sites/protection' : `/sites/protection/${id}` }))} />
      <div className="stack">
        <SelfBan />
        {tab === 'attacks' ? <AttacksTab /> : null}
        {tab === 'origins' ? <><Origins mayBan={reason} onBan={ban} /><Countries reason={noAccount ? t('protect.needsAccount') : undefined} /></> : null}
        {tab === 'bans' ? <><Loaded from={status} lines={3}>{(s) => <ConnectionCard status={s} onSetUp={connect} />}</Loaded><BanList mayLift={reason} /><div className="protect-pair"><Breakdown /><AllowList /></div></> : null}
        {tab === 'crowdsec' ? <Loaded from={status} lines={3}>{(s) => <CrowdSec status={s} onSetUp={connect} />}</Loaded> : null}
      </div>
      {dialog === 'ban' ? <BanDialog initial={address} onClose={() => setDialog('')} /> : null}
      {dialog === 'connect' && status.data ? <ConnectionDialog status={status.data} onClose={() => setDialog('')} /> : null}
    </>
  );
}

function CrowdSec({ status, onSetUp }: { status: CrowdSecStatus; onSetUp: () => void }) {
  const t = useT();
  const may = useCan('edge:security') ? undefined : t('core.needsPermission', { permission: 'edge:security' });
  if (status.bouncer_api_key === '') {
    return (
      <Card title={t('protect.howTitle')} sub={t('protect.whatItIs')} actions={<Button kind="primary" icon="gear" reason={may} writes onClick={onSetUp}>{t('protect.connect')}</Button>}>
        <p className="faint protect-note">{t('protect.noCrowdSec')}</p>
        <ol className="protect-how">
          <li><span>{t('protect.how.install')}</span></li>
          <li><span>{t('protect.how.bouncer')}</span><CopyBlock label={t('protect.command')} text="cscli bouncers add argos" /></li>
          <li><span>{t('protect.how.machine')}</span><CopyBlock label={t('protect.command')} text="cscli machines add argos --password '…' -f /dev/null" /></li>
          <li><span>{t('protect.how.enter')}</span></li>
        </ol>
      </Card>
    );
  }
  return <><ConnectionCard status={status} onSetUp={onSetUp} /><DriftCard /><div className="protect-halves"><Firewall /><TuningCard /></div><Scenarios /></>;
}
