// Tests out of a file: what it holds is shown and judged before anything is made of it.
import { useEffect, useRef, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { Json, TestDocument, TestJudgement } from '../../api/testing';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { countOf, most, testsIn } from './carried';
import { patiently } from './patience';
import './editing.css';

/** A test of the file; `fault` is why it cannot be made, `failed` why the last try did not work, `made` what became of it. */
interface Row { test: Json; taken: boolean; fault: string | null; failed: string | null; exists: boolean; made: boolean }
const bytesMax = 20 * 1024 * 1024;
/** The names of all tests of a project, page after page. */
async function everyName(of: string, stop: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const page = await load(paths.tests(of, { offset: names.length, limit: 500 }));
    names.push(...page.tests.map((x) => x.name));
    // The server pages no further.
    if (stop.aborted || page.tests.length === 0 || names.length >= page.total || names.length > 10_000) return names;
  }
}

export function ImportTests({ projects, chosen, onClose }: { projects: readonly ProjectRow[]; chosen: ProjectRow | undefined; onClose: () => void }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const [project, setProject] = useState(chosen?.id ?? projects[0]?.id ?? '');
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [file, setFile] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState<'read' | 'make' | null>(null);
  // Whoever closes it wants no more of it.
  const [stop] = useState(() => new AbortController());
  const open = useRef(0);
  useEffect(() => { open.current += 1; return () => { open.current -= 1; queueMicrotask(() => { if (open.current === 0) stop.abort(); }); }; }, [stop]);
  const [done, setDone] = useState<{ n: number; all: number } | null>(null);
  const judge = async (of: string, tests: readonly Json[]) => {
    setBusy('read'); setFault(null); setRows([]); setDone(null);
    try {
      const there = new Set(await everyName(of, stop.signal));
      const judged: Row[] = [];
      for (const [n, test] of tests.entries()) {
        if (stop.signal.aborted) return;
        setDone({ n, all: tests.length });
        const said = await patiently(() => send<TestJudgement>('POST', urls.testValidate, test, { quiet: true }), stop.signal);
        const first = said.errors[0];
        const exists = there.has(String(test.name));
        // The second of a name in the file is there already when it comes.
        there.add(String(test.name));
        judged.push({ test, failed: null, fault: first ? `${first.loc.slice(1).join('.')}: ${first.msg}` : null, exists, taken: first === undefined && !exists, made: false });
      }
      setRows(judged);
    } catch (e) { setFault(asApiError(e).message); }
    setBusy(null); setDone(null);
  };
  const read = async (picked: File) => {
    setFile(picked.name);
    if (picked.size > bytesMax) { setRows([]); setFault(t('timport.large')); return; }
    const found = testsIn(await picked.text(), picked.name);
    if (!found.ok) { setRows([]); setFault(t(`timport.${found.why}`, { n: most })); return; }
    await judge(project, found.tests);
  };
  const wanted = rows.filter((r) => r.taken && r.fault === null && !r.made);
  const make = async () => {
    setBusy('make');
    const ids: string[] = [];
    let left = 0;
    for (const [n, row] of wanted.entries()) {
      if (stop.signal.aborted) break;
      setDone({ n, all: wanted.length });
      let why: string | null = null;
      try { ids.push((await patiently(() => send<TestDocument>('POST', urls.tests, { ...row.test, project_id: project }, { quiet: true }), stop.signal)).id); } catch (e) { why = asApiError(e).message; left += 1; }
      setRows((now) => now.map((r) => (r.test === row.test ? { ...r, made: why === null, failed: why } : r)));
    }
    invalidate('/api/v1/tests');
    setBusy(null); setDone(null);
    // What was made by mistake goes again as it came.
    const back = async () => { try { for (let at = 0; at < ids.length; at += 100) await send('POST', urls.testsBulkDelete, { test_ids: ids.slice(at, at + 100) }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); } invalidate('/api/v1/tests'); };
    if (ids.length > 0) toast({ level: 'ok', text: t('timport.done', { n: ids.length }), action: { text: t('core.undo'), run: () => void back() } });
    if (left === 0 && !stop.signal.aborted) onClose();
  };
  const put = (at: number, taken: boolean) => setRows((now) => now.map((r, n) => (n === at ? { ...r, taken } : r)));
  return (
    <Layer title={t('timport.title')} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="upload" writes busy={busy === 'make'} disabled={wanted.length === 0 || busy !== null} onClick={() => void make()}>{t('timport.make', { n: wanted.length })}</Button></>}>
      <div className="stack">
        <p className="muted">{t('timport.text')}</p>
        {projects.length > 1 ? <Select label={t('testing.project')} value={project} onChange={(id) => { if (busy !== null) return; setProject(id); if (rows.length > 0) void judge(id, rows.map((r) => r.test)); }} options={projects.map((p) => ({ id: p.id, text: p.name }))} /> : null}
        <div className="row"><Button icon="upload" busy={busy === 'read'} disabled={busy !== null} onClick={() => input.current?.click()}>{t(file === '' ? 'timport.choose' : 'timport.other')}</Button>{file === '' ? null : <bdi className="mono timport-file">{file}</bdi>}{done ? <span className="num faint" role="status">{done.n} / {done.all}</span> : null}</div>
        <input ref={input} type="file" accept=".json,application/json" hidden onChange={(e) => { const picked = e.target.files?.[0]; e.target.value = ''; if (picked) void read(picked); }} />
        {fault ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{fault}</p> : null}
        {rows.length > 0 ? (
          <ul className="timport" aria-label={t('timport.found', { n: rows.length })}>
            {rows.map((r, n) => (
              <li key={`${n} ${String(r.test.name)}`}>
                <label><input type="checkbox" checked={r.made || (r.taken && r.fault === null)} disabled={r.fault !== null || r.made || busy !== null} onChange={(e) => put(n, e.target.checked)} /><span className="tname"><bdi>{String(r.test.name)}</bdi><small className="faint">{t('testing.nSteps', { n: countOf(r.test) })}{r.exists && !r.made ? ` · ${t('timport.exists')}` : ''}</small></span></label>
                {r.made ? <StatusMark status="ok" word={t('timport.made')} /> : (r.fault ?? r.failed) ? <p className="field-error">{r.fault ?? r.failed}</p> : null}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </Layer>
  );
}
