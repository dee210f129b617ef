// Every saved state of a test with what it changed, in words; each can be made the newest one again.
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { TestDocument, TestVersion } from '../../api/testing';
import { useQueryParam } from '../../app/router';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button, Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { type Changes, type Content, changesBetween, type StepChange } from './version-diff';
import { claimOf, sentence, text } from './words';

/** Makes a version the newest one; the way back is to do the same with the one that was. */
export function useRestore(test: TestDocument): (version: number) => Promise<void> {
  const t = useT();
  const make = async (version: number) => { const made = await send<TestDocument>('POST', urls.testRestore(test.id, version), {}); invalidate('/api/v1/tests'); return made; };
  return async (version) => {
    try {
      await make(version);
      toast({ level: 'ok', text: t('testing.restored', { n: version }), action: { text: t('core.undo'), run: () => { make(test.version).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })); } } });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
}

export function EditHistory({ test, draft, dirty, reason }: { test: TestDocument; draft: Content; dirty: boolean; reason: string | undefined }) {
  const t = useT();
  const versions = useResource(paths.testVersions(test.id));
  return <Loaded from={versions} lines={6}>{(rows) => (rows.length === 0 ? <section className="card"><Empty icon="history" title={t('tedit.noVersions')} /></section> : <Versions rows={rows} test={test} draft={draft} dirty={dirty} reason={reason} />)}</Loaded>;
}

function Versions({ rows, test, draft, dirty, reason }: { rows: readonly TestVersion[]; test: TestDocument; draft: Content; dirty: boolean; reason: string | undefined }) {
  const t = useT();
  const [picked, setPicked] = useQueryParam('version');
  const [against, setAgainst] = useQueryParam('against', 'before');
  const restore = useRestore(test);
  const at = Math.max(0, rows.findIndex((v) => String(v.version) === picked));
  const version = rows[at] as TestVersion;
  const before = rows[at + 1];
  const mine = useResource(paths.testVersion(test.id, version.version));
  const other = useResource(against === 'now' || !before ? null : paths.testVersion(test.id, before.version));
  return (
    <div className="tedit-history">
      <Card title={t('testing.versions')} sub={String(rows.length)} flush>
        <ul className="tedit-versions">{rows.map((v) => (
          <li key={v.version}><button type="button" aria-current={v === version ? 'true' : undefined} onClick={() => setPicked(String(v.version))}>
            <b className="num">{v.version}</b><span><span>{v.summary}</span><small className="faint">{v.created_by} · <Age at={v.created_at} /></small></span>{v.is_current ? <span className="chip">{t('testing.current')}</span> : null}
          </button></li>
        ))}</ul>
      </Card>
      <Card title={t('testing.versionN', { n: version.version })} sub={version.created_by} actions={<>
        <Segmented label={t('tedit.against')} value={against === 'now' ? 'now' : 'before'} onChange={setAgainst} options={[{ id: 'before', text: t('tedit.againstBefore') }, { id: 'now', text: t(dirty ? 'tedit.againstDraft' : 'tedit.againstNow') }]} />
        {version.is_current ? null : <Button small icon="undo" writes reason={reason ?? (dirty ? t('tedit.saveFirst') : undefined)} onClick={() => void restore(version.version)}>{t('testing.restore')}</Button>}
      </>}>
        <Loaded from={mine} lines={5}>{(now) => {
          if (against === 'now') return <ChangeList changes={changesBetween(now, draft)} none={t('tedit.asNow')} />;
          if (!before) return <p className="muted">{t('tedit.firstVersion', { n: now.steps.length })}</p>;
          return <Loaded from={other} lines={5}>{(then) => <ChangeList changes={changesBetween(then, now)} none={t('tedit.nothingChanged')} />}</Loaded>;
        }}</Loaded>
      </Card>
    </div>
  );
}

function ChangeList({ changes, none }: { changes: Changes; none: string }) {
  const t = useT();
  if (changes.members.length === 0 && changes.steps.length === 0) return <p className="muted">{none}</p>;
  return (
    <div className="stack">
      {changes.members.length > 0 ? <Members rows={changes.members} /> : null}
      {changes.steps.length > 0 ? <ol className="tedit-changes">{changes.steps.map((c) => <li key={`${c.list} ${c.kind} ${c.was} ${c.now}`} className={`tedit-${c.kind}`}><StepLine change={c} /></li>)}</ol> : null}
      <p className="faint">{t('tedit.counted', { n: changes.members.length + changes.steps.length })}</p>
    </div>
  );
}

function StepLine({ change: c }: { change: StepChange }) {
  const t = useT();
  const claim = claimOf(c.step);
  const action = text(c.step, 'action') || 'assert';
  const place = (n: number | null) => (n === null ? '' : String(n + 1));
  return (
    <>
      <span className="tedit-kind">{t(`tedit.${c.kind}`)}</span>
      <span className="tedit-what">
        <span className="faint num">{c.list === 'steps' ? '' : `${t(`testing.list.${c.list}`)} `}{c.was !== null && c.now !== null && c.was !== c.now ? `${place(c.was)} → ${place(c.now)}` : place(c.now ?? c.was)}</span>{' '}
        <b>{tDynamic(`testing.act.${action}`, action.replaceAll('_', ' '))}{claim ? ` ${tDynamic(`testing.claim.${claim}`, claim.replaceAll('_', ' '))}` : ''}</b> <bdi className="mono">{text(c.step, 'description') || sentence(c.step)}</bdi>
        {c.members.length > 0 ? <Members rows={c.members} /> : null}
      </span>
    </>
  );
}

function Members({ rows }: { rows: Changes['members'] }) {
  const t = useT();
  return <dl className="tedit-members">{rows.map((m) => <div key={m.name}><dt className="mono">{m.name}</dt><dd>{m.before === undefined ? <span className="faint">{t('tedit.absent')}</span> : <del><bdi>{m.before}</bdi></del>} → {m.after === undefined ? <span className="faint">{t('tedit.absent')}</span> : <ins><bdi>{m.after}</bdi></ins>}</dd></div>)}</dl>;
}
