// A new test: a name, where, and either a first step to go on from or plain sentences.
import { useId, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { TestDocument } from '../../api/testing';
import { navigate } from '../../app/router';
import { useT } from '../../i18n';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { Select, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';

type How = 'steps' | 'sentences';

export function NewTest({ projects, chosen, onClose }: { projects: readonly ProjectRow[]; chosen: ProjectRow | undefined; onClose: () => void }) {
  const t = useT();
  const id = useId();
  const [project, setProject] = useState(chosen?.id ?? projects[0]?.id ?? '');
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const [how, setHow] = useState<How>('steps');
  const [lines, setLines] = useState('');
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const of = projects.find((p) => p.id === project);
  const needsUrl = !of?.app_url;
  // What is wrong with the steps is wrong with the sentences they were made of.
  const told = faults.description ?? faults.steps;
  const go = async () => {
    setBusy(true);
    setFaults({});
    try {
      let target = project;
      if (!of) {
        const host = URL.canParse(url) ? new URL(url).host : url;
        target = (await send<ProjectRow>('POST', urls.projects, { name: host.slice(0, 100), app_url: url.trim() })).id;
      } else if (needsUrl && url.trim() !== '') await send('PUT', urls.project(project), { app_url: url.trim() });
      let made: TestDocument;
      if (how === 'sentences') {
        const described = await send<{ test: TestDocument; warnings: string[] }>('POST', urls.testDescribed, { project_id: target, name: name.trim(), description: lines });
        made = described.test;
        const said = described.warnings.length > 3 ? [...described.warnings.slice(0, 2), t('testing.moreWarnings', { n: described.warnings.length - 2 })] : described.warnings;
        for (const text of said) toast({ level: 'warning', text });
      } else made = await send<TestDocument>('POST', urls.tests, { project_id: target, name: name.trim(), steps: [{ action: 'goto', target: '/' }], source: 'manual' });
      invalidate('/api/v1/tests', '/api/v1/projects');
      navigate(`/tests/${made.id}/edit`);
    } catch (e) {
      const fault = asApiError(e);
      setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field.split('.')[0] ?? '', f.message])) : { name: fault.message });
      setBusy(false);
    }
  };
  return (
    <Layer title={t('testing.new')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        {projects.length > 1 ? <Select label={t('testing.project')} value={project} onChange={setProject} options={projects.map((p) => ({ id: p.id, text: p.name }))} /> : null}
        {needsUrl ? <TextField label={t('testing.address')} type="url" value={url} onChange={setUrl} required placeholder="https://" maxLength={500} help={t('testing.addressHelp')} error={faults.app_url} /> : <p className="muted">{t('testing.runsAgainst', { url: of.app_url ?? '' })}</p>}
        <TextField label={t('testing.name')} value={name} onChange={setName} required maxLength={255} placeholder={t('testing.nameExample')} error={faults.name} />
        <Segmented label={t('testing.how')} value={how} onChange={setHow} options={[{ id: 'steps', text: t('testing.how.steps') }, { id: 'sentences', text: t('testing.how.sentences') }]} />
        {how === 'sentences' ? (
          <div className="field">
            <label className="field-label" htmlFor={id}>{t('testing.sentences')}</label>
            <textarea id={id} className="input tests-lines" rows={7} value={lines} onChange={(e) => setLines(e.target.value)} placeholder={t('testing.sentencesExample')} required spellCheck={false} aria-describedby={`${id}-help`} />
            <p id={`${id}-help`} className={told ? 'field-error' : 'field-help'}>{told ?? t('testing.sentencesHelp')}</p>
          </div>
        ) : <p className="muted">{t('testing.stepsHelp')}</p>}
        <div className="row"><Button type="submit" kind="primary" busy={busy}>{t('testing.create')}</Button>{of ? <ButtonLink to={`/tests/recordings?record=new&project=${of.id}`} icon="radio">{t('testing.orRecord')}</ButtonLink> : null}</div>
      </form>
    </Layer>
  );
}
