// The secret of a webhook, shown once, with the address and a call to try.
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { CopyBlock } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';

export const sources = ['generic', 'github', 'gitlab', 'sentry', 'fullstory', 'slack', 'pagerduty', 'circleci', 'vercel', 'launchdarkly', 'jira', 'datadog', 'logrocket', 'newrelic', 'bugsnag', 'rollbar'];

export interface Shown { rotated: boolean; name: string; url: string; secret: string; source: string; mode: string }

function sample({ url, source, mode }: Shown): string {
  if (mode === 'none') return `curl -X POST ${url} -d '{}'`;
  if (mode === 'token') return `curl -X POST ${url} -H "X-Webhook-Token: $SECRET" -d '{}'`;
  if (source === 'gitlab') return `curl -X POST ${url} -H "X-Gitlab-Token: $SECRET" -H "X-Gitlab-Event: Push Hook" -d '{}'`;
  const event = source === 'github' ? ' -H "X-GitHub-Event: ping"' : '';
  return `BODY='{}'\nSIG=$(printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)\ncurl -X POST ${url}${event} -H "X-Hub-Signature-256: sha256=$SIG" -d "$BODY"`;
}

export function SecretLayer({ shown, onClose }: { shown: Shown; onClose: () => void }) {
  const t = useT();
  return (
    <Layer title={t('hooks.made', { name: shown.name })} onClose={onClose} wide>
      <div className="stack">
        <p className="muted">{t('hooks.once')}{shown.rotated ? ` ${t('hooks.old')}` : ''}</p>
        <div><h3>{t('hooks.address')}</h3><CopyBlock label={t('hooks.address')} text={shown.url} /></div>
        <div><h3>{t('hooks.secret')}</h3><CopyBlock label={t('hooks.secret')} text={shown.secret} secret /></div>
        {['generic', 'github', 'gitlab'].includes(shown.source) || shown.mode !== 'native' ? <div><h3>{t('hooks.sample')}</h3><CopyBlock label={t('hooks.sample')} text={sample(shown)} /></div> : null}
        <Button kind="primary" onClick={onClose}>{t('hooks.done')}</Button>
      </div>
    </Layer>
  );
}
