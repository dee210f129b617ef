// Tests as code for another tool: choose the tool and how it is written, read, copy or save it. Several come as files of their own.
import { useEffect, useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ExportedCode, ExportFormat, Json } from '../../api/testing';
import { useT } from '../../i18n';
import { saveBlob, saveFile } from '../../ui/download';
import { Button } from '../../ui/Button';
import { CopyBlock, Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Loaded, Skeleton } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

/** Tests of one request. */
const atOnce = 100;
/** As each language writes its own name. */
const languages: Readonly<Record<string, string>> = { typescript: 'TypeScript', javascript: 'JavaScript', python: 'Python', java: 'Java' };
/** What was chosen the last time the dialog was open. */
let last = { choice: '', pageObject: false, comments: true };

export function ExportCode({ tests, onClose }: { tests: readonly { id: string; name: string }[]; onClose: () => void }) {
  const t = useT();
  const formats = useResource(paths.exportFormats);
  const title = tests.length > 1 ? t('testing.exportMany', { n: tests.length }) : t('testing.export');
  return (
    <Layer title={title} onClose={onClose} wide>
      {tests.length > atOnce ? <p className="tests-problem"><Icon name="info" />{t('testing.exportMost', { n: atOnce })}</p> : <Loaded from={formats} lines={6}>{(f) => <CodeOf asked={{ test_ids: tests.map((x) => x.id) }} formats={f.formats} />}</Loaded>}
    </Layer>
  );
}

/** What was typed, when typing pauses. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => { const timer = setTimeout(() => setPaused(text.trim()), 400); return () => clearTimeout(timer); }, [text]);
  return paused;
}

/** `asked` names tests that are kept, or is one as it stands. */
export function CodeOf({ asked, formats }: { asked: { test_ids: readonly string[] } | { test: Json }; formats: readonly ExportFormat[] }) {
  const t = useT();
  const choices = formats.flatMap((f) => f.languages.map((l) => ({ id: `${f.id}/${l.id}`, text: `${f.name} · ${languages[l.id] ?? l.id}` })));
  const [choice, setChoice] = useState(choices.some((c) => c.id === last.choice) ? last.choice : (choices[0]?.id ?? ''));
  const [pageObject, setPageObject] = useState(last.pageObject);
  const [comments, setComments] = useState(last.comments);
  const [typed, setTyped] = useState('');
  const base = usePaused(typed);
  const [done, setDone] = useState<{ of: string; code: ExportedCode } | null>(null);
  const [fault, setFault] = useState<{ field: boolean; text: string } | null>(null);
  const [shown, setShown] = useState('');
  const [busy, setBusy] = useState(false);
  const [framework = '', language = ''] = choice.split('/');
  const key = usePaused(JSON.stringify(asked));
  const body = useMemo(() => ({ ...JSON.parse(key) as Json, language, page_object: pageObject, include_comments: comments, ...(base === '' ? {} : { base_url: base }) }), [key, language, pageObject, comments, base]);
  useEffect(() => { last = { choice, pageObject, comments }; }, [choice, pageObject, comments]);
  useEffect(() => {
    const stop = new AbortController();
    setFault(null);
    send<ExportedCode>('POST', urls.exportTo(framework), body, { signal: stop.signal })
      .then((code) => setDone({ of: framework, code }))
      .catch((e: unknown) => {
        if (stop.signal.aborted) return;
        const error = asApiError(e);
        const own = error.fields.find((f) => f.field === 'base_url');
        setFault({ field: own !== undefined, text: own?.message ?? error.message });
      });
    return () => stop.abort();
  }, [framework, body]);
  const all = async () => {
    setBusy(true);
    try { saveBlob(`${framework}-tests.zip`, await send<Blob>('POST', urls.exportTo(framework), { ...body, output_format: 'zip' }, { as: 'blob' })); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  const code = done?.code ?? null;
  const files = code ? (code.files ?? [code]) : [];
  const file = files.find((f) => f.filename === shown) ?? files[0];
  return (
    <div className="stack">
      <div className="texport">
        <Select label={t('testing.tool')} value={choice} onChange={setChoice} options={choices} />
        <TextField label={t('testing.exportBase')} type="url" value={typed} onChange={setTyped} optional placeholder="https://" maxLength={500} error={fault?.field ? fault.text : undefined} />
        <div className="texport-how"><Switch label={t('testing.exportPageObject')} checked={pageObject} onChange={setPageObject} /><Switch label={t('testing.exportComments')} checked={comments} onChange={setComments} /></div>
      </div>
      {fault && !fault.field ? <p className="field-error" role="alert">{fault.text}</p> : null}
      {code && file ? <>
        {[...new Set(code.warnings)].map((w) => <p key={w} className="tests-problem texport-warning"><Icon name="info" />{w}</p>)}
        <CopyBlock text={code.setup_instructions} label={t('testing.setup')} />
        <div className="row texport-files">
          {files.length > 1 ? <Select label={t('testing.exportFile')} hideLabel value={file.filename} onChange={setShown} options={files.map((f) => ({ id: f.filename, text: f.filename }))} /> : null}
          <Button icon="download" onClick={() => saveFile(file.filename, 'text/plain', file.code)}>{file.filename}</Button>
          <Button icon="package" kind={files.length > 1 ? 'primary' : 'quiet'} busy={busy} onClick={() => void all()}>{t('testing.exportZip')}</Button>
        </div>
        <pre className="tcode texport-code"><code>{file.code}</code></pre>
      </> : fault ? null : <Skeleton lines={10} />}
    </div>
  );
}
