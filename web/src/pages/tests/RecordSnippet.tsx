// What is put into a page so that it records: made anew whenever the choice changes, good for a day.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { Snippet } from '../../api/testing';
import { tDynamic, useT } from '../../i18n';
import { Segmented } from '../../ui/Button';
import { CopyBlock } from '../../ui/Form';
import { Skeleton } from '../../ui/StateBlock';

const formats = [{ id: 'inline', text: 'HTML' }, { id: 'npm', text: 'JavaScript' }, { id: 'react', text: 'React' }, { id: 'gtm', text: 'Tag Manager' }] as const;
type Format = (typeof formats)[number]['id'];

export function RecordSnippet({ project }: { project: string }) {
  const t = useT();
  const [format, setFormat] = useState<Format>('inline');
  const [made, setMade] = useState<Snippet | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    setMade(null);
    send<Snippet>('POST', urls.recordingSnippet, { project_id: project, format }, { signal: stop.signal }).then((x) => { setMade(x); setFault(null); }).catch((e: unknown) => { if (!stop.signal.aborted) setFault(asApiError(e).message); });
    return () => stop.abort();
  }, [project, format]);
  return (
    <>
      <p className="muted">{t('healing.rec.how')}</p>
      <Segmented label={t('healing.rec.format')} value={format} onChange={setFormat} options={[...formats]} />
      {fault ? <p className="field-error">{fault}</p> : made ? <><CopyBlock text={made.snippet} label={t('healing.rec.snippet')} /><p className="muted">{tDynamic(`healing.rec.format.${format}`, made.instructions)} {t('healing.rec.day')}</p></> : <Skeleton lines={4} />}
    </>
  );
}
