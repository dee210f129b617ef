// What a silence or a window would cover: asked of the server while it is being written.
import { useEffect, useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import type { Coverage } from '../../api/shapes';
import { dayTime, span } from '../../format/time';
import { useT } from '../../i18n';
import { severityOf } from '../../state/status';
import { Icon, StatusMark } from '../../ui/Icon';

const shown = 6;

export function CoverageBox({ url, body, upcoming }: { url: string; body: unknown; /** Also says when it would be active. */ upcoming?: boolean }) {
  const t = useT();
  const [found, setFound] = useState<Coverage | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const text = JSON.stringify(body);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      send<Coverage>('POST', url, JSON.parse(text) as unknown, { signal: stop.signal }).then((c) => { setFound(c); setError(null); }, (e: unknown) => { if (!stop.signal.aborted) { setError(asApiError(e)); setFound(null); } });
    }, 350);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [url, text]);
  const next = found?.upcoming[0];
  return (
    <section className="coverage" aria-label={t('cov.title')} aria-live="polite">
      {error ? <p className="row"><Icon name="info" /> {error.message}</p> : !found ? <p className="faint">{t('core.loading')}</p> : (
        <>
          {upcoming ? <p>{next ? t('cov.next', { when: dayTime(next.start * 1000), time: span(next.end - next.start) }) : t('cov.never')}</p> : null}
          <p>{t('cov.alerts', { n: found.alerts.length })}</p>
          {found.alerts.length > 0 ? <ul>{found.alerts.slice(0, shown).map((a) => <li key={a.firing_id} className="row"><StatusMark status={severityOf(a.severity)} bare />{a.message}</li>)}{found.alerts.length > shown ? <li className="faint">{t('cov.more', { n: found.alerts.length - shown })}</li> : null}</ul> : null}
          <p className="faint">{t('cov.rules', { n: found.rules.length })} {found.rules.slice(0, shown).map((r) => r.name).join(', ')}{found.rules.length > shown ? ` ${t('cov.more', { n: found.rules.length - shown })}` : ''}</p>
        </>
      )}
    </section>
  );
}
