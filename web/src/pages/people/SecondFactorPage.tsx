// Shown when the installation demands a second factor and the account has none: nothing else is reachable before.
import { useEffect } from 'react';
import { navigate } from '../../app/router';
import { loadSession, session, signOut } from '../../app/session';
import { useT } from '../../i18n';
import { useStore } from '../../state/store';
import { Button } from '../../ui/Button';
import { EntryCard } from '../entry/LoginPage';
import { SecondFactor } from '../settings/SecondFactor';
import '../settings/settings.css';
import './people.css';

export default function SecondFactorPage() {
  const t = useT();
  const current = useStore(session);
  useEffect(() => {
    if (current.state === 'out') navigate('/login?next=%2Fsecond-factor', { replace: true });
    if (current.state === 'in' && !current.user.needsSecondFactor) navigate('/', { replace: true });
  }, [current]);
  return (
    <EntryCard title={t('factor.title')} lead={t('factor.lead')}>
      <div className="stack">
        <SecondFactor />
        <div className="form-actions"><Button kind="quiet" onClick={() => void signOut()}>{t('factor.signOut')}</Button><Button kind="primary" onClick={() => void loadSession()}>{t('factor.done')}</Button></div>
      </div>
    </EntryCard>
  );
}
