// What a change takes with it, asked from the server before it is made. It informs and never stands in the way: while it
// is unknown the change can be made all the same.
import { useEffect, useState } from 'react';
import { send } from '../api/client';
import { urls } from '../api/paths';
import type { ChangePreview as Preview } from '../api/shapes';
import { useT } from '../i18n';
import { Icon } from './Icon';
import './change-preview.css';

export function ChangePreview({ path, reference }: { path: string; reference?: string }) {
  const t = useT();
  const [found, setFound] = useState<Preview | 'unknown' | null>(null);
  useEffect(() => {
    let gone = false;
    send<Preview>('POST', urls.changePreview, { method: 'DELETE', path, ...(reference ? { ref: reference } : {}) })
      .then((p) => { if (!gone) setFound(p); }, () => { if (!gone) setFound('unknown'); });
    return () => { gone = true; };
  }, [path, reference]);
  if (found === 'unknown') return <p className="faint" role="status">{t('change.unknown')}</p>;
  if (found === null) return <p className="faint" role="status">{t('change.looking')}</p>;
  if (!found.allowed) return <p className="banner banner-warning" role="status"><Icon name="info" size={14} /> {found.refusal}</p>;
  const dependent = found.affected.map((a) => a.name);
  if (found.consequences.length === 0 && dependent.length === 0) return <p className="faint" role="status">{t('change.nothing')}</p>;
  return (
    <section className="change-preview" aria-label={t('change.title')} role="status">
      <h3>{t('change.title')}</h3>
      <ul>
        {found.consequences.map((c) => <li key={c.what}><Icon name="close" size={14} /><span>{t(`change.${c.what}`, { n: c.count })}<Names names={c.names} count={c.count} /></span></li>)}
        {dependent.length > 0 ? <li><Icon name="link" size={14} /><span>{t('change.depends', { n: found.affected_total })}<Names names={dependent.slice(0, 10)} count={found.affected_total} /></span></li> : null}
      </ul>
    </section>
  );
}

function Names({ names, count }: { names: readonly string[]; count: number }) {
  const t = useT();
  if (names.length === 0) return null;
  return <small><bdi>{names.join(', ')}</bdi>{count > names.length ? ` ${t('change.more', { n: count - names.length })}` : ''}</small>;
}
