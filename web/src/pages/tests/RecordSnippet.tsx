// What is put into a page so that it records: made anew whenever the choice changes, good for a day.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { ProjectRow } from '../../api/shapes';
import type { Snippet } from '../../api/testing';
import { tDynamic, useT } from '../../i18n';
import { Segmented } from '../../ui/Button';
import { CopyBlock, Select } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { Skeleton } from '../../ui/StateBlock';

const formats = [{ id: 'inline', text: 'HTML' }, { id: 'npm', text: 'JavaScript' }, { id: 'react', text: 'React' }, { id: 'gtm', text: 'Tag Manager' }] as const;
type Format = (typeof formats)[number]['id'];

export function RecordSnippet({ projects, chosen, onClose }: { projects: readonly ProjectRow[]; chosen: string; onClose: () => void }) {
  const t = useT();
  const [project, setProject] = useState(chosen || (projects[0]?.id ?? ''));
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
    <Layer title={t('healing.rec.record')} onClose={onClose} wide>
      <div className="rec-snippet">
        <p className="muted">{t('healing.rec.how')}</p>
        {projects.length > 1 ? <Select label={t('testing.project')} value={project} onChange={setProject} options={projects.map((p) => ({ id: p.id, text: p.name }))} /> : null}
        <Segmented label={t('healing.rec.format')} value={format} onChange={setFormat} options={[...formats]} />
        {fault ? <p className="field-error">{fault}</p> : made ? <><CopyBlock text={made.snippet} label={t('healing.rec.snippet')} /><p className="muted">{tDynamic(`healing.rec.format.${format}`, made.instructions)} {t('healing.rec.day')}</p></> : <Skeleton lines={4} />}
      </div>
    </Layer>
  );
}
