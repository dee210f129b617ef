// First run, one screen: own password and language; then Home, which is alive already.
import { useEffect } from 'react';
import { navigate } from '../../app/router';
import { loadSession, session } from '../../app/session';
import { languages, useT } from '../../i18n';
import { preferences, setPreferences } from '../../state/preferences';
import { useStore } from '../../state/store';
import { Segmented } from '../../ui/Button';
import { toast } from '../../ui/toasts';
import { EntryCard } from './LoginPage';
import { PasswordForm } from './PasswordForm';
import './entry.css';

export default function WelcomePage() {
  const t = useT();
  const current = useStore(session);
  const language = useStore(preferences, (p) => p.language);
  useEffect(() => {
    if (current.state === 'out') navigate('/login?next=%2Fwelcome', { replace: true });
    if (current.state === 'in' && !current.user.mustChangePassword) navigate('/', { replace: true });
  }, [current]);
  return (
    <EntryCard title={t('welcome.title')} lead={t('welcome.lead')} foot={t('welcome.zone', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}>
      <div className="stack entry-form">
        <div className="row row-between"><span className="muted">{t('welcome.language')}</span><Segmented label={t('welcome.language')} value={language} options={languages.map((l) => ({ id: l.id, text: l.name }))} onChange={(id) => setPreferences({ language: id })} /></div>
        <PasswordForm submitLabel={t('welcome.submit')} onDone={async () => { await loadSession(); toast({ level: 'ok', text: t('welcome.done') }); }} />
      </div>
    </EntryCard>
  );
}
