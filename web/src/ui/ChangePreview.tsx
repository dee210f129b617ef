// What a change takes with it, asked from the server before it is made. It informs and never stands in the way: while it
// is unknown the change can be made all the same.
import { useEffect, useState } from 'react';
import { send } from '../api/client';
import { urls } from '../api/paths';
import type { ChangePreview as Preview } from '../api/shapes';
import { dayTime, toMillis } from '../format/time';
import { loadMessages, useT } from '../i18n';
import { Icon } from './Icon';
import './change-preview.css';

/** Of these the name is the time of something. */
const timed: ReadonlySet<string> = new Set(['key_used', 'runs_missed']);

export function ChangePreview({ path, reference, method = 'DELETE' }: { path: string; reference?: string; method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE' }) {
  const t = useT();
  const [found, setFound] = useState<Preview | 'unknown' | null>(null);
  useEffect(() => {
    let gone = false;
    Promise.all([send<Preview>('POST', urls.changePreview, { method, path, ...(reference ? { ref: reference } : {}) }), loadMessages('data')])
      .then(([p]) => { if (!gone) setFound(p); }, () => { void loadMessages('data').then(() => { if (!gone) setFound('unknown'); }); });
    return () => { gone = true; };
  }, [path, reference, method]);
  if (found === 'unknown') return <p className="faint" role="status">{t('change.unknown')}</p>;
  if (found === null) return <p className="faint" role="status">{t('core.loading')} …</p>;
  if (!found.allowed) return <p className="banner banner-warning" role="status"><Icon name="info" size={14} /> {found.refusal}</p>;
  const dependent = found.affected.map((a) => a.name);
  const back = found.reversible === null ? null : <p className="faint change-back"><Icon name={found.reversible ? 'undo' : 'lock'} size={14} /> {t(found.reversible ? 'change.undoable' : 'change.final')}</p>;
  if (found.consequences.length === 0 && dependent.length === 0) return <div role="status"><p className="faint">{t('change.nothing')}</p>{back}</div>;
  return (
    <section className="change-preview" aria-label={t('change.title')} role="status">
      <h3>{t('change.title')}</h3>
      <ul>
        {found.consequences.map((c) => <li key={c.what}><Icon name="close" size={14} /><span>{t(`change.${c.what}`, { n: c.count })}<Names names={timed.has(c.what) ? c.names.map(when) : c.names} count={c.count} /></span></li>)}
        {dependent.length > 0 ? <li><Icon name="link" size={14} /><span>{t('change.depends', { n: found.affected_total })}<Names names={dependent.slice(0, 10)} count={found.affected_total} /></span></li> : null}
      </ul>
      {back}
    </section>
  );
}

const when = (at: string) => { const ms = toMillis(at); return ms === null ? at : dayTime(ms); };

function Names({ names, count }: { names: readonly string[]; count: number }) {
  const t = useT();
  if (names.length === 0) return null;
  return <small><bdi>{names.join(', ')}</bdi>{count > names.length ? ` ${t('change.more', { n: count - names.length })}` : ''}</small>;
}
