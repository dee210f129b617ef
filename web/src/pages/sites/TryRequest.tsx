// A request that was made up, against the rules as they are or as they would be: which one decides. Nothing is sent.
import { useEffect, useState } from 'react';
import type { RuleTrial, Site } from '../../api/edge';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { useT } from '../../i18n';
import { Select, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { thenOf } from './states';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

/** `Name: value`, more of them behind semicolons. */
export function headersOf(text: string): Record<string, string> {
  const pairs = text.split(';').map((part) => /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(part));
  return Object.fromEntries(pairs.flatMap((m) => (m?.[1] === undefined ? [] : [[m[1], m[2] ?? '']])));
}

export function TryRequest({ site, draft, replaces, asOf }: { site: Site; /** A rule that is being written. */ draft?: Record<string, unknown>; replaces?: number; /** Changes when the stored rules do. */ asOf?: string }) {
  const t = useT();
  const wild = site.domain.startsWith('*.');
  const [method, setMethod] = useState<(typeof methods)[number]>('GET');
  const [path, setPath] = useState('/');
  const [host, setHost] = useState('');
  const [headers, setHeaders] = useState('');
  const [client, setClient] = useState('');
  const [found, setFound] = useState<RuleTrial | null>(null);
  const [error, setError] = useState<string | null>(null);
  const body = JSON.stringify({ method, path: path.trim(), headers: headersOf(headers), client_ip: client.trim(), host: host.trim(), ...(draft ? { rule: draft } : {}), ...(replaces === undefined ? {} : { rule_id: replaces }) });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asOf` asks again.
  useEffect(() => {
    const stop = new AbortController();
    const wait = setTimeout(() => {
      send<RuleTrial>('POST', urls.siteRuleTry(site.id), JSON.parse(body), { signal: stop.signal }).then((x) => { setFound(x); setError(null); }, (e: unknown) => { if (!stop.signal.aborted) { setFound(null); setError(asApiError(e).message); } });
    }, 400);
    return () => { stop.abort(); clearTimeout(wait); };
  }, [site.id, body, asOf]);
  return (
    <div className="stack">
      <div className="fieldrow try-row">
        <Select label={t('sites.match.method')} value={method} onChange={setMethod} options={methods.map((id) => ({ id, text: id }))} />
        <TextField label={t('sites.path')} value={path} onChange={setPath} placeholder="/shop/cart?id=7" mono autoComplete="off" />
        {wild ? <TextField label={t('sites.match.host_header')} value={host} onChange={setHost} placeholder={site.domain.replace('*', 'www')} mono optional autoComplete="off" /> : null}
        <TextField label={t('sites.tryHeaders')} value={headers} onChange={setHeaders} placeholder="X-Beta: yes; Accept: text/html" mono optional autoComplete="off" />
        <TextField label={t('sites.match.remote_ip')} value={client} onChange={setClient} placeholder="198.51.100.1" mono optional autoComplete="off" />
      </div>
      <p className="look" role="status">{error ? <><Icon name="close" size={14} /><bdi>{error}</bdi></> : found ? <Decided of={found} path={path} /> : null}</p>
    </div>
  );
}

function Decided({ of, path }: { of: RuleTrial; path: string }) {
  const t = useT();
  const rule = of.rule_id === null ? t('sites.tryNone') : of.rule_id === 0 ? t('sites.tryDraft') : t('sites.tryRule', { name: of.rule_name || `#${of.rule_id}` });
  // The pool of a rule is told by name; nothing else has to be looked up.
  const then = of.action && of.action.type !== 'forward' ? thenOf(t, { action: of.action }, []) : null;
  const end = of.pool ? t('sites.then.forward', { pool: of.pool }) : of.action && ['redirect', 'fixed_response', 'block'].includes(of.action.type) ? null : t('sites.tryEmpty');
  const seen = of.sent_path === path.trim().split('?')[0] ? null : t('sites.tryPath', { path: of.sent_path });
  return <><Icon name={of.rule_id === null ? 'more' : 'check'} size={14} /><span><b><bdi>{rule}</bdi></b>{[then, end].filter(Boolean).map((x) => <span key={x}> → <bdi>{x}</bdi></span>)}{seen ? <span className="faint"> · <bdi>{seen}</bdi></span> : null}</span></>;
}
