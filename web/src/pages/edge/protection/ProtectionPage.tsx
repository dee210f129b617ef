// Protection: who is turned away and why, who never is, and whether CrowdSec is heard.
import { paths } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useQueryParam } from '../../../app/router';
import { useCan } from '../../../app/session';
import { useT } from '../../../i18n';
import { Button } from '../../../ui/Button';
import { PageHead } from '../../../ui/PageHead';
import { Loaded } from '../../../ui/StateBlock';
import { AllowList } from './AllowList';
import { BanDialog } from './BanDialog';
import { BanList } from './BanList';
import { ConnectionCard, ConnectionDialog } from './Connection';
import { Countries } from './Countries';
import { Breakdown } from './Breakdown';
import { SelfBan } from './SelfBan';
import './protection.css';

export default function ProtectionPage() {
  const t = useT();
  const status = useResource(paths.crowdsecStatus, { everyMs: 5_000 });
  const [dialog, setDialog] = useQueryParam('do');
  const may = useCan('edge:operate');
  const noAccount = status.data?.machine_password === '' || status.data?.machine_user === '';
  const reason = !may ? t('core.needsPermission', { permission: 'edge:operate' }) : noAccount ? t('protect.needsAccount') : undefined;
  const isSetUp = status.data !== undefined && status.data.bouncer_api_key !== '';
  return (
    <>
      <PageHead title={t('nav.protection')} sub={status.data ? t('protect.count', { n: status.data.decisions }) : ' '} actions={<Button kind={isSetUp ? 'primary' : 'secondary'} icon="shield" reason={reason} writes onClick={() => setDialog('ban')}>{t('protect.ban')}</Button>} />
      <div className="stack">
        <SelfBan />
        <Loaded from={status} lines={3}>{(s) => <ConnectionCard status={s} onSetUp={() => setDialog('connect')} />}</Loaded>
        <BanList mayLift={reason} />
        <div className="protect-pair"><Breakdown /><AllowList /></div>
        <Countries reason={noAccount ? t('protect.needsAccount') : undefined} />
      </div>
      {dialog === 'ban' ? <BanDialog onClose={() => setDialog('')} /> : null}
      {dialog === 'connect' && status.data ? <ConnectionDialog status={status.data} onClose={() => setDialog('')} /> : null}
    </>
  );
}
