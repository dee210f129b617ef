// What can be done with the tests that were chosen in the list: run them, change them alike, remove them.
import { useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { TestDocument, TestLine } from '../../api/testing';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ConfirmDialog } from '../../ui/Confirm';
import { TextField } from '../../ui/Form';
import { Layer, Menu } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { changed, type Change, type Kept, laidOver, wayBack } from './bulk';
import { asFile, most } from './carried';
import { saveFile } from '../../ui/download';
import { patiently } from './patience';
import { ExportCode } from './ExportCode';

/** Tests of one request. */
const atOnce = 100;
interface Outcome { updated_count?: number; deleted_count?: number; failed: { id: string; error: string }[]; before?: Kept[] }

/** Asks for all of them, a part after the other; says how many it were and what kept the others. */
async function inParts(url: string, ids: readonly string[], body: object): Promise<{ done: number; failed: Outcome['failed']; /** What was changed, as the server had it. */ before: Kept[] }> {
  let done = 0;
  const before: Kept[] = [];
  const failed: Outcome['failed'] = [];
  for (let at = 0; at < ids.length; at += atOnce) {
    const part = await send<Outcome>('POST', url, { ...body, test_ids: ids.slice(at, at + atOnce) });
    done += part.updated_count ?? part.deleted_count ?? 0;
    failed.push(...part.failed);
    before.push(...(part.before ?? []));
  }
  return { done, failed, before };
}

/** Where more tests match than the page shows: how many, and what chooses them all. */
export interface Matching { total: number; choose: () => Promise<void> }

export function Chosen({ tests, matching, onRun, onChanged, onDone }: { tests: readonly TestLine[]; matching: Matching | null; onRun: () => void; /** The tests as they are now. */ onChanged: (tests: readonly TestLine[]) => void; onDone: () => void }) {
  const t = useT();
  const writes = useCan('test:write');
  const deletes = useCan('test:delete');
  const runs = useCan('test:execute');
  const exports = useCan('results:export');
  const [exporting, setExporting] = useState(false);
  const [tagging, setTagging] = useState<'tags_add' | 'tags_remove' | null>(null);
  const [removing, setRemoving] = useState(false);
  const needs = (ok: boolean, permission: string) => (ok ? undefined : t('core.needsPermission', { permission }));
  const ids = tests.map((x) => x.id);
  const projects = new Set(tests.map((x) => x.project_id));
  const off = tests.some((x) => !x.is_active);
  const told = ({ done, failed }: { done: number; failed: Outcome['failed'] }, word: 'running.changed' | 'running.removed') => {
    if (done > 0) toast({ level: 'ok', text: t(word, { n: done }) });
    if (failed.length > 0) toast({ level: 'critical', text: t('running.someFailed', { n: failed.length, why: failed[0]?.error ?? '' }) });
    invalidate('/api/v1/tests');
  };
  /** Changes all alike; the way back gives each what it had. */
  const change = async (body: Change) => {
    try {
      const { done, failed, before } = await inParts(urls.testsBulkUpdate, ids, body);
      // The lines may be old: what each had is what the server says it had.
      const hit = laidOver(tests, before);
      const parts = wayBack(hit, body);
      onChanged(hit.map((x) => changed(x, body)));
      const back = async () => {
        const lost: Outcome['failed'] = [];
        try {
          for (const part of parts) lost.push(...(await inParts(urls.testsBulkUpdate, part.ids, part.body)).failed);
          onChanged(hit.filter((x) => !lost.some((f) => f.id === x.id)));
          if (lost.length > 0) told({ done: 0, failed: lost }, 'running.changed');
        } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
        invalidate('/api/v1/tests');
      };
      if (done > 0) toast({ level: 'ok', text: t('running.changed', { n: done }), ...(parts.length > 0 ? { action: { text: t('core.undo'), run: () => void back() } } : {}) });
      if (failed.length > 0) told({ done: 0, failed }, 'running.changed');
      invalidate('/api/v1/tests');
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  const [loading, setLoading] = useState(false);
  const all = async (of: Matching) => { setLoading(true); try { await of.choose(); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); } setLoading(false); };
  const [saving, setSaving] = useState(false);
  const saveAll = async () => {
    setSaving(true);
    try {
      const documents: TestDocument[] = [];
      for (const id of ids) documents.push(await patiently(() => load(paths.test(id))));
      saveFile('argos-tests.json', 'application/json', asFile(documents));
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setSaving(false);
  };
  const writeReason = needs(writes, 'test:write');
  const runReason = needs(runs, 'test:execute') ?? (projects.size > 1 ? t('running.oneProject') : off ? t('running.someOff') : undefined);
  return (
    <section className="card tests-chosen" aria-label={t('running.chosen', { n: tests.length })}>
      <b className="num">{t('running.chosen', { n: tests.length })}</b>
      {matching ? <Button small kind="quiet" busy={loading} onClick={() => void all(matching)}>{t('running.chooseMatching', { n: matching.total })}</Button> : null}
      <Button small kind="primary" icon="play" writes reason={runReason} onClick={onRun}>{t('testing.run')}</Button>
      <Menu label={t('running.change')} text={t('running.change')} icon="edit" kind="secondary" align="start" items={[
        { id: 'on', text: t('running.turnOn'), reason: writeReason, run: () => void change({ is_active: true }) },
        { id: 'off', text: t('running.turnOff'), reason: writeReason, run: () => void change({ is_active: false }) },
        ...(['critical', 'high', 'medium', 'low'] as const).map((p) => ({ id: p, text: t('running.setPriority', { what: tDynamic(`testing.priority.${p}`, p) }), reason: writeReason, run: () => void change({ priority: p }) })),
        { id: 'tag', text: t('running.addTags'), reason: writeReason, run: () => setTagging('tags_add') },
        { id: 'untag', text: t('running.removeTags'), reason: writeReason, run: () => setTagging('tags_remove') },
      ]} />
      <Button small icon="terminal" reason={needs(exports, 'results:export')} onClick={() => setExporting(true)}>{t('testing.export')}</Button>
      <Button small icon="download" busy={saving} reason={ids.length > most ? t('timport.many', { n: most }) : undefined} onClick={() => void saveAll()}>{t('timport.save')}</Button>
      <Button small kind="quiet" icon="trash" writes className="btn-danger-text" reason={needs(deletes, 'test:delete')} onClick={() => setRemoving(true)}>{t('testing.remove')}</Button>
      <Button small kind="quiet" icon="close" onClick={onDone}>{t('running.none')}</Button>
      {exporting ? <ExportCode tests={tests} onClose={() => setExporting(false)} /> : null}
      {tagging ? <Tags title={t(tagging === 'tags_add' ? 'running.addTags' : 'running.removeTags')} onClose={() => setTagging(null)} run={(tags) => change({ [tagging]: tags })} /> : null}
      {removing ? <ConfirmDialog title={t('running.removeTitle', { n: tests.length })} name={String(tests.length)} action={t('testing.remove')} onClose={() => setRemoving(false)} run={async () => { told(await inParts(urls.testsBulkDelete, ids, {}), 'running.removed'); onDone(); }}><p>{t('testing.removeText')}</p><ul className="running-list">{tests.slice(0, 20).map((x) => <li key={x.id}><bdi>{x.name}</bdi></li>)}{tests.length > 20 ? <li className="faint">{t('running.more', { n: tests.length - 20 })}</li> : null}</ul></ConfirmDialog> : null}
    </section>
  );
}

function Tags({ title, run, onClose }: { title: string; run: (tags: string[]) => Promise<void>; onClose: () => void }) {
  const t = useT();
  const [text, setText] = useState('');
  const tags = text.split(',').map((x) => x.trim()).filter(Boolean);
  const go = async () => { await run(tags); onClose(); };
  return (
    <Layer title={title} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" writes disabled={tags.length === 0} onClick={() => void go()}>{title}</Button></>}>
      <form onSubmit={(e) => { e.preventDefault(); if (tags.length > 0) void go(); }}><TextField label={t('testing.tags')} value={text} onChange={setText} help={t('testing.tagsHelp')} autoFocus /></form>
    </Layer>
  );
}
