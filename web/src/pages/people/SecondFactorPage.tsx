// Shown when the installation demands a second factor and the account has none: nothing else is reachable before.
import { useEffect } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Brand } from '../../app/Rail';
import { navigate } from '../../app/router';
import { loadSession, session, signOut } from '../../app/session';
import { useT } from '../../i18n';
import { useStore } from '../../state/store';
import { Button } from '../../ui/Button';
import { SecondFactor } from '../settings/SecondFactor';
import '../entry/entry.css';
import '../settings/settings.css';
import './people.css';

export default function SecondFactorPage() {
  const t = useT();
  const current = useStore(session);
  const enabled = useResource(current.state === 'in' ? paths.totpStatus : null).data?.enabled === true;
  useEffect(() => {
    if (current.state === 'out') navigate('/login?next=%2Fsecond-factor', { replace: true });
    if (current.state === 'in' && !current.user.needsSecondFactor) navigate('/', { replace: true });
  }, [current]);
  // The server lifts the restriction with the first right code; ask it once that happened.
  useEffect(() => { if (enabled) void loadSession(); }, [enabled]);
  return (
    <div className="setup-page">
      <div className="entry-brand"><Brand size={40} /><span>Argos</span></div>
      <section className="setup-card stack">
        <div><h1 tabIndex={-1}>{t('factor.title')}</h1><p className="muted">{t('factor.lead')}</p></div>
        <SecondFactor />
        <div><Button kind="quiet" onClick={() => void signOut()}>{t('factor.signOut')}</Button></div>
      </section>
    </div>
  );
}
