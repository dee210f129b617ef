// A test as code for another tool: choose the tool, read, copy or save it.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ExportFormat, ExportedCode, TestDocument } from '../../api/testing';
import { useT } from '../../i18n';
import { saveFile } from '../../ui/download';
import { Button } from '../../ui/Button';
import { CopyBlock, Select } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Loaded } from '../../ui/StateBlock';

export function ExportCode({ test, onClose }: { test: TestDocument; onClose: () => void }) {
  const t = useT();
  const formats = useResource(paths.exportFormats);
  return <Layer title={t('testing.export')} onClose={onClose} wide><Loaded from={formats} lines={6}>{(f) => <Code test={test} formats={f.formats} />}</Loaded></Layer>;
}

function Code({ test, formats }: { test: TestDocument; formats: readonly ExportFormat[] }) {
  const t = useT();
  const choices = formats.flatMap((f) => f.languages.map((l) => ({ id: `${f.id}/${l.id}`, text: `${f.name} · ${l.id}`, framework: f.id, language: l.id })));
  const [choice, setChoice] = useState(choices[0]?.id ?? '');
  const [done, setDone] = useState<ExportedCode | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [framework = '', language = ''] = choice.split('/');
  useEffect(() => {
    const stop = new AbortController();
    setFault(null);
    send<ExportedCode>('POST', urls.exportTo(framework), { test_id: test.id, language }, { signal: stop.signal })
      .then(setDone)
      .catch((e: unknown) => { if (!stop.signal.aborted) setFault(asApiError(e).message); });
    return () => stop.abort();
  }, [test.id, framework, language]);
  return (
    <div className="stack">
      <div className="row"><Select label={t('testing.tool')} hideLabel value={choice} onChange={setChoice} options={choices} />{done ? <Button icon="download" onClick={() => saveFile(done.filename, 'text/plain', done.code)}>{done.filename}</Button> : null}</div>
      {fault ? <p className="field-error">{fault}</p> : null}
      {done ? <>
        {done.warnings.map((w) => <p key={w} className="tests-problem"><Icon name="info" />{w}</p>)}
        <CopyBlock text={done.setup_instructions} label={t('testing.setup')} />
        <pre className="tcode"><code>{done.code}</code></pre>
      </> : null}
    </div>
  );
}
