// Accounts of other providers that open this one. Shown only where a provider is configured or linked.
import { asApiError, send, withQuery } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { date, toMillis } from '../../format/time';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { Icon } from '../../ui/Icon';
import { toast } from '../../ui/toasts';

export function LinkedAccounts() {
  const t = useT();
  const providers = useResource(paths.providers);
  const linked = useResource(paths.linkedProviders);
  const social = (providers.data ?? []).filter((p) => p.id !== 'oidc');
  const rows = linked.data ?? [];
  const open = social.filter((p) => !rows.some((r) => r.provider === p.id));
  if (linked.error) return <Card title={t('linked.title')}><p className="field-error" role="alert">{asApiError(linked.error).message}</p></Card>;
  if (rows.length === 0 && open.length === 0) return null;
  const nameOf = (id: string) => (providers.data ?? []).find((p) => p.id === id)?.name ?? id;
  return (
    <Card title={t('linked.title')} sub={t('linked.sub')} flush>
      <ul className="linelist passkeys">
        {rows.map((r) => {
          const since = toMillis(r.linked_at);
          return <li key={r.provider}><Icon name="check" /><span className="passkey-text"><bdi>{nameOf(r.provider)}</bdi><span className="faint truncate">{[r.email ?? r.name, since === null ? null : t('linked.since', { when: date(since) })].filter(Boolean).join(' · ')}</span></span><ConfirmInline danger action={t('linked.unlink')} effect={t('linked.unlinkEffect')} run={async () => { await send('DELETE', urls.linkedProvider(r.provider)); toast({ level: 'ok', text: t('linked.unlinked') }); invalidate('/api/auth/linked-providers'); }} /></li>;
        })}
        {open.map((p) => <li key={p.id}><Icon name="plus" /><span className="passkey-text"><bdi>{p.name}</bdi></span><a className="btn btn-secondary btn-small" href={withQuery(`/api/auth/social/${p.id}/link`, { rd: '/settings/account' })}>{t('linked.link')}</a></li>)}
      </ul>
    </Card>
  );
}
