// Accounts one has at other tools: connected, to be connected anew, or not yet. Coming back from a tool lands here.
import { useEffect, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ToolAccount } from '../../api/shapes';
import { navigate, useQueryParam } from '../../app/router';
import { date, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import './integrations.css';

const names: Readonly<Record<string, string>> = { github: 'GitHub', slack: 'Slack', jira: 'Jira', linear: 'Linear' };
const nameOf = (platform: string) => names[platform] ?? platform;

export default function IntegrationsPage() {
  const t = useT();
  const tools = useResource(paths.toolAccounts);
  useReturn();
  return (
    <>
      <PageHead title={t('tools.title')} sub={t('tools.sub')} />
      <Loaded from={tools} lines={6}>{(all) => {
        // What needs somebody stands first.
        const order = (a: ToolAccount) => (a.needs_reconnect ? 0 : a.connected ? 1 : a.configured ? 2 : 3);
        return <ul className="toolgrid">{[...all].sort((a, b) => order(a) - order(b)).map((a) => <Tool key={a.platform} account={a} />)}</ul>;
      }}</Loaded>
    </>
  );
}

/** Says once what came of the way to the tool, and takes it out of the address. */
function useReturn() {
  const t = useT();
  const [success] = useQueryParam('success');
  const [error] = useQueryParam('error');
  const [platform] = useQueryParam('platform');
  useEffect(() => {
    if (success === '' && error === '') return;
    const name = nameOf(platform);
    if (success === 'true') toast({ level: 'ok', text: t('tools.done', { name }) });
    else toast({ level: 'critical', text: t('tools.failed', { name, why: tDynamic(`tools.error.${error}`, error) }) });
    invalidate('/api/v1/oauth/status');
    navigate('/settings/integrations', { replace: true });
  }, [t, success, error, platform]);
}

function Tool({ account: a }: { account: ToolAccount }) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const connect = async () => {
    setBusy(true);
    setError(null);
    try { location.assign((await load(paths.toolAuthorize(a.platform))).authorize_url); } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  const since = toMillis(a.connected_at ?? null);
  const name = nameOf(a.platform);
  const mark = a.needs_reconnect ? <StatusMark status="warning" word={t('tools.expired')} /> : a.connected ? <StatusMark status="ok" word={t('tools.connected')} /> : <StatusMark status="paused" word={t(a.configured ? 'tools.not' : 'tools.notSetUp')} />;
  return (
    <li className="card tool">
      <header><h2>{name}</h2>{mark}</header>
      <p className="muted">{t(`tools.about.${a.platform}`)}</p>
      {a.connected ? <p className="tool-account"><bdi>{a.account_name ?? a.account_id ?? t('tools.unnamed')}</bdi>{since === null ? null : <span className="faint">{t('tools.since', { when: date(since) })}</span>}</p> : null}
      {a.needs_reconnect ? <p className="tool-needs">{t('tools.expiredText', { name })}</p> : null}
      {a.connected && a.scopes.length > 0 ? <p className="tool-scopes" aria-label={t('tools.scopes', { n: a.scopes.length })}>{a.scopes.map((s) => <span key={s} className="tag mono">{s}</span>)}</p> : null}
      {a.configured || a.connected ? null : <p className="muted">{t('tools.notSetUpText', { name })} <code>oauth.{a.platform}.client_id</code>, <code>oauth.{a.platform}.client_secret</code></p>}
      {error ? <p className="field-error" role="alert">{error}</p> : null}
      <footer>
        {!a.configured || (a.connected && !a.needs_reconnect) ? null : <Button small kind={a.needs_reconnect ? 'primary' : 'secondary'} icon={a.needs_reconnect ? 'refresh' : 'link'} busy={busy} onClick={() => void connect()}>{a.needs_reconnect ? t('tools.reconnect') : t('tools.connect')}</Button>}
        {a.connected ? <ConfirmInline danger action={t('tools.disconnect')} effect={t('tools.disconnectEffect')} run={async () => { await send('DELETE', urls.toolDisconnect(a.platform)); invalidate('/api/v1/oauth/status'); toast({ level: 'ok', text: t('tools.disconnected', { name }) }); }} /> : null}
      </footer>
    </li>
  );
}
