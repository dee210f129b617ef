// The own account: appearance, password, second factor, sessions, recent sign-ins.
import { useMemo } from 'react';
import { send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { SessionRow } from '../../api/shapes';
import { useUser } from '../../app/session';
import { languages, tDynamic, useT } from '../../i18n';
import { preferences, setPreferences } from '../../state/preferences';
import { toMillis } from '../../format/time';
import { useStore } from '../../state/store';
import { browserName } from './browser';
import { Age } from '../../ui/Age';
import { Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { PasswordForm } from '../entry/PasswordForm';
import { ActivityCard } from './ActivityCard';
import { LinkedAccounts } from './LinkedAccounts';
import { NotificationsCard } from './NotificationsCard';
import { Passkeys } from './Passkeys';
import { PictureCard } from './PictureCard';
import { SecondFactor } from './SecondFactor';
import './settings.css';

export default function AccountPage() {
  const t = useT();
  const user = useUser();
  const prefs = useStore(preferences);
  return (
    <>
      <PageHead title={t('account.title')} sub={user ? t('account.sub', { name: user.username, role: tDynamic(`role.${user.role}`, user.role) }) : ''} />
      <div className="grid">
        <div className="span-6 stack home-column">
          <Card title={t('account.appearance')}>
            <dl className="prefs">
              <div><dt>{t('top.theme')}</dt><dd><Segmented label={t('top.theme')} value={prefs.theme} onChange={(theme) => setPreferences({ theme })} options={[{ id: 'system', text: t('top.themeSystem') }, { id: 'dark', text: t('top.themeDark') }, { id: 'light', text: t('top.themeLight') }, { id: 'contrast', text: t('top.themeContrast') }]} /></dd></div>
              <div><dt>{t('top.density')}</dt><dd><Segmented label={t('top.density')} value={prefs.density} onChange={(density) => setPreferences({ density })} options={[{ id: 'compact', text: t('top.densityCompact') }, { id: 'normal', text: t('top.densityNormal') }, { id: 'relaxed', text: t('top.densityRelaxed') }]} /></dd></div>
              <div><dt>{t('account.language')}</dt><dd><Segmented label={t('account.language')} value={prefs.language} onChange={(language) => setPreferences({ language })} options={languages.map((l) => ({ id: l.id, text: l.name }))} /></dd></div>
            </dl>
          </Card>
          {user ? <PictureCard name={user.username} /> : null}
          <Passkeys />
          <SecondFactor />
          <LinkedAccounts />
          <Logins />
        </div>
        <div className="span-6 stack home-column">
          <Card title={t('account.password')} sub={t('account.passwordHelp')}><PasswordForm submitLabel={t('welcome.change')} onDone={() => { toast({ level: 'ok', text: t('welcome.changed') }); invalidate('/api/profile', '/api/auth/sessions'); }} /></Card>
          <NotificationsCard />
          <Sessions />
          <ActivityCard />
        </div>
      </div>
    </>
  );
}

const keyOf = (s: SessionRow) => s.id;

function Sessions() {
  const t = useT();
  const sessions = useResource(paths.ownSessions);
  const columns = useMemo((): Column<SessionRow>[] => [
    { id: 'session', title: t('account.session'), value: (s) => s.user_agent ?? s.prefix, kind: 'main', cell: (s) => <span className="row"><span className="truncate session-name" title={s.user_agent ?? undefined}>{s.user_agent ? browserName(s.user_agent) : <bdi className="mono">{s.kind} {s.prefix}</bdi>}</span>{s.current ? <span className="tag">{t('account.thisOne')}</span> : null}</span> },
    { id: 'address', title: t('account.address'), value: (s) => s.client_ip, cell: (s) => <bdi className="mono">{s.client_ip ?? '–'}</bdi> },
    { id: 'seen', title: t('account.seen'), value: (s) => toMillis(s.last_seen_at), cell: (s) => <Age at={s.last_seen_at} /> },
    { id: 'expires', title: t('account.expires'), value: (s) => toMillis(s.expires_at), cell: (s) => <Age at={s.expires_at} /> },
    { id: 'actions', title: t('account.end'), value: () => null, kind: 'actions', plain: true, cell: (s) => (s.current ? null : <ConfirmInline danger action={t('account.end')} effect={t('account.endEffect')} run={async () => { await send('DELETE', urls.session(s.id)); toast({ level: 'ok', text: t('account.ended') }); invalidate('/api/auth/sessions'); }} />) },
  ], [t]);
  return <Card title={t('account.sessions')} flush><Loaded from={sessions} lines={3} compact>{(rows) => <DataTable name="own-sessions" label={t('account.sessions')} rows={rows} columns={columns} keyOf={keyOf} filterable={false} />}</Loaded></Card>;
}

function Logins() {
  const t = useT();
  const profile = useResource(paths.profile);
  return (
    <Card title={t('account.logins')} flush>
      <Loaded from={profile} lines={3} compact>
        {(p) => {
          const rows = [...p.recent_logins.slice(0, 5).map((r) => ({ ...r, bad: false })), ...p.failed_logins.slice(0, 5).map((r) => ({ ...r, bad: true }))].sort((a, b) => Number(b.time) - Number(a.time));
          return rows.length === 0 ? <Empty compact icon="user" title={t('account.noLogins')} /> : <ul className="linelist">{rows.map((r, i) => <li key={i}><StatusMark status={r.bad ? 'warning' : 'ok'} word={r.bad ? t('account.failed') : t('status.ok')} bare /><span className="truncate"><bdi className="mono">{r.ip || '–'}</bdi> <span className="faint">{r.details}</span></span><span className="faint"><Age at={r.time} /></span></li>)}</ul>;
        }}
      </Loaded>
    </Card>
  );
}
