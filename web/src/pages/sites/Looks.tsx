// Live checks as lines: asked while a form is filled in, and of what is published.
import { useEffect, useState } from 'react';
import { send } from '../../api/client';
import type { Probe } from '../../api/edge';
import { urls } from '../../api/paths';
import { useT } from '../../i18n';
import { Switch } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { type Look, ofBackend, ofChallenge, ofListener, ofName } from './checks';

/** Asks the server half a second after the last key; an older answer never wins. */
export function useProbe(body: Record<string, unknown> | null): Probe | 'busy' | null {
  const [found, setFound] = useState<Probe | 'busy' | null>(null);
  const key = body === null ? '' : JSON.stringify(body);
  useEffect(() => {
    if (key === '') { setFound(null); return; }
    let stale = false;
    setFound('busy');
    const timer = setTimeout(() => { send<Probe>('POST', urls.edgeProbe, JSON.parse(key)).then((p) => { if (!stale) setFound(p); }, () => { if (!stale) setFound(null); }); }, 500);
    return () => { stale = true; clearTimeout(timer); };
  }, [key]);
  return found;
}

export function LookLine({ look }: { look: Look }) { return <li className="look"><StatusMark status={look.status} bare word={look.word} /><span>{look.word}</span></li>; }
export function Busy({ text }: { text: string }) { return <li className="look"><span className="spinner" aria-hidden="true" />{text}</li>; }

export const domainPattern = /^(\*\.)?([a-z0-9-]+\.)+[a-z0-9-]{2,}$/;

/** Where a name leads and whether its ports come in here; nothing until it can be a name. */
export function NameLooks({ name }: { name: string }) {
  const t = useT();
  const found = useProbe(domainPattern.test(name) ? { domain: name } : null);
  return (
    <div role="status"><ul className="looks">
      {found === 'busy' ? <Busy text={t('sites.looking')} /> : found?.dns ? <LookLine look={ofName(t, found.dns)} /> : null}
      {found !== 'busy' && found?.listeners ? <><LookLine look={ofListener(t, found.listeners.http, 80)} /><LookLine look={ofListener(t, found.listeners.https, 443)} /></> : null}
    </ul></div>
  );
}

/** Whether an authority would find the proof: it is asked for by the name, from here. */
export function ChallengeLook({ name }: { name: string }) {
  const t = useT();
  const found = useProbe(domainPattern.test(name) && !name.startsWith('*.') ? { domain: name, challenge: true } : null);
  return <div role="status"><ul className="looks">{found === 'busy' ? <Busy text={t('sites.challengeTrying')} /> : found?.challenge ? <LookLine look={ofChallenge(t, found.challenge)} /> : null}</ul></div>;
}

/** What a backend answers. Its certificate is checked unless somebody says that it shall not be. */
export function BackendLooks({ backend, unchecked, onUnchecked }: { backend: { host: string; port: number; https: boolean } | null; unchecked: boolean; onUnchecked: (unchecked: boolean) => void }) {
  const t = useT();
  const https = backend?.https ?? false;
  const ask = backend ? { protocol: https ? 'https' : 'http', host: backend.host, port: backend.port } : null;
  const checked = useProbe(ask ? { backend: { ...ask, verify_tls: true } } : null);
  const isUntrusted = checked !== 'busy' && checked?.backend?.is_untrusted === true;
  const anyhow = useProbe(ask && isUntrusted ? { backend: { ...ask, verify_tls: false } } : null);
  const answer = checked === 'busy' ? null : checked?.backend;
  const second = anyhow === 'busy' ? null : anyhow?.backend;
  return (
    <>
      <div role="status"><ul className="looks">
        {checked === 'busy' ? <Busy text={t('sites.asking')} /> : answer ? <LookLine look={ofBackend(t, answer)} /> : null}
        {isUntrusted && second ? <LookLine look={ofBackend(t, second)} /> : null}
      </ul></div>
      {https && (isUntrusted || unchecked) ? <div><Switch label={t('sites.acceptAny')} checked={unchecked} onChange={onUnchecked} /><p className="faint site-note">{t('sites.acceptAnyText')}</p></div> : null}
    </>
  );
}
