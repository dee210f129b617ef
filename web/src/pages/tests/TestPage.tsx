// One test: how it stands, how long its runs took, what it does, and every saved state of it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { HistoryRun, Json, TestDocument, TestHistory } from '../../api/testing';
import { Link } from '../../app/Link';
import { navigate } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { joined, percent } from '../../format/numbers';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { useRestore } from './EditHistory';
import { ExportCode } from './ExportCode';
import { RunDialog } from './RunDialog';
import { TestClock } from './TestClock';
import { NoBrowser } from './TestsPage';
import { claimOf, look, seconds, sentence, text } from './words';
import { asFile, fileName } from './carried';
import { configOf } from './test-config';
import { saveFile } from '../../ui/download';
import './tests.css';
import './running.css';

export default function TestPage({ params }: PageProps) {
  const test = useResource(paths.test(params.id ?? ''));
  return <Loaded from={test} lines={8}>{(x) => <One test={x} />}</Loaded>;
}

function One({ test }: { test: TestDocument }) {
  const t = useT();
  const history = useResource(paths.testHistory(test.id), { everyMs: 10_000 });
  const writes = useCan('test:write');
  const runs = useCan('test:execute');
  const deletes = useCan('test:delete');
  const exports = useCan('results:export');
  const [removing, setRemoving] = useState(false);
  const [exporting, setExporting] = useState(false);
  const [running, setRunning] = useState(false);
  const needs = (ok: boolean, permission: string) => (ok ? undefined : t('core.needsPermission', { permission }));
  const duplicate = async () => {
    try { const copy = await send<TestDocument>('POST', urls.testDuplicate(test.id), {}); invalidate('/api/v1/tests'); navigate(`/tests/${copy.id}/edit`); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  const last = history.data?.runs[0];
  return (
    <>
      <PageHead title={test.name} sub={[test.description, tDynamic(`testing.priority.${test.priority}`, test.priority), test.tags.join(', '), t('testing.versionN', { n: test.version })].filter(Boolean).join(' · ')} mark={!test.is_active ? <StatusMark status="paused" word={t('testing.off')} /> : last ? <StatusMark status={look(last.status)} word={t(`testing.result.${last.status}`)} /> : null} actions={<>
        <Button icon="play" kind="primary" writes reason={test.is_active ? needs(runs, 'test:execute') : t('testing.off')} onClick={() => setRunning(true)}>{t('testing.run')}</Button>
        <Button icon="edit" reason={needs(writes, 'test:write')} onClick={() => navigate(`/tests/${test.id}/edit`)}>{t('testing.edit')}</Button>
        <Menu label={t('testing.more')} items={[
          { id: 'copy', text: t('testing.duplicate'), icon: 'copy', reason: needs(writes, 'test:write'), run: () => void duplicate() },
          { id: 'export', text: t('testing.export'), icon: 'terminal', reason: needs(exports, 'results:export'), run: () => setExporting(true) },
          { id: 'file', text: t('timport.save'), icon: 'download', run: () => saveFile(`${fileName(test.name)}.json`, 'application/json', asFile([test])) },
          { id: 'remove', text: t('testing.remove'), icon: 'trash', danger: true, reason: needs(deletes, 'test:delete'), run: () => setRemoving(true) },
        ]} />
      </>} />
      <NoBrowser />
      <div className="stack">
        <Loaded from={history} lines={5}>{(h) => <History history={h} />}</Loaded>
        <div className="tests-two">
          <Steps test={test} />
          <div className="stack">
            <TestClock test={test} />
            <Manner config={test.config} />
            <Versions test={test} reason={needs(writes, 'test:write')} />
          </div>
        </div>
      </div>
      {running ? <RunDialog asked={{ project: test.project_id, picked: [{ id: test.id, name: test.name }] }} onClose={() => setRunning(false)} /> : null}
      {exporting ? <ExportCode tests={[test]} onClose={() => setExporting(false)} /> : null}
      {removing ? <ConfirmDialog title={t('testing.removeTitle', { name: test.name })} name={test.name} action={t('testing.remove')} onClose={() => setRemoving(false)} run={async () => { await send('DELETE', urls.test(test.id)); invalidate('/api/v1/tests'); toast({ level: 'ok', text: t('testing.removed', { name: test.name }) }); navigate('/tests'); }}><p>{t('testing.removeText')}</p><ChangePreview path={urls.test(test.id)} /></ConfirmDialog> : null}
    </>
  );
}

function History({ history }: { history: TestHistory }) {
  const t = useT();
  const [whole, setWhole] = useState(false);
  if (history.runs.length === 0) return <section className="card"><Empty icon="history" title={t('testing.neverRan')} text={t('testing.neverRanText')} /></section>;
  const s = history.stats;
  const rate = (x: number | null) => (x === null ? '–' : joined(percent(x * 100, 0)));
  return (
    <Card title={t('testing.history')} sub={t('testing.nRuns', { n: history.total })}>
      <dl className="tfigures">
        <div><dt>{t('testing.passRate')}</dt><dd className="num">{rate(s.pass_rate)}</dd></div>
        <div><dt>{t('testing.flakiness')}</dt><dd className="num">{rate(s.flaky_rate)}</dd></div>
        <div><dt>{t('testing.average')}</dt><dd className="num">{seconds(s.avg_duration_ms)}</dd></div>
        <div><dt>{t('testing.p95')}</dt><dd className="num">{seconds(s.p95_duration_ms)}</dd></div>
      </dl>
      <Chart runs={history.runs} />
      <ul className="truns">{history.runs.slice(0, whole ? undefined : 8).map((r) => <li key={r.run_id}><StatusMark status={look(r.status)} word={t(`testing.result.${r.status}`)} /><Link to={`/runs/${r.run_id}`}><Age at={r.completed_at} /></Link><span className="num">{seconds(r.duration_ms)}</span>{r.flaky ? <span className="chip">{t('testing.flaky')}</span> : null}{r.healed ? <span className="chip">{t('testing.healed')}</span> : null}<span className="muted truns-why">{r.error_message ?? tDynamic(`testing.trigger.${r.trigger}`, r.trigger)}</span></li>)}</ul>
      {history.runs.length > 8 ? <p className="row"><Button small kind="quiet" expanded={whole} onClick={() => setWhole(!whole)}>{t(whole ? 'running.fewer' : 'running.everyRun', { n: history.runs.length })}</Button></p> : null}
    </Card>
  );
}

/** One bar a run, oldest first: height is how long it took, colour how it ended. The list below says the same, and leads there. */
function Chart({ runs }: { runs: readonly HistoryRun[] }) {
  const t = useT();
  const most = Math.max(1, ...runs.map((r) => r.duration_ms));
  return (
    <div className="tchart">
      <span className="tchart-top faint num">{seconds(most)}</span>
      <div className="tchart-bars" aria-hidden="true">
        {[...runs].reverse().map((r) => {
          const at = toMillis(r.completed_at);
          const what = `${t(`testing.result.${r.status}`)} · ${seconds(r.duration_ms)}${at === null ? '' : ` · ${dayTime(at)}`}`;
          return <span key={r.run_id} className={`tbar tmark-${r.flaky ? 'flaky' : r.status}`} style={{ '--h': `${Math.max(4, (r.duration_ms / most) * 100)}%` } as React.CSSProperties} title={what} />;
        })}
      </div>
    </div>
  );
}

/** What the test itself says of how it runs; nothing where its project says all. */
function Manner({ config }: { config: Json }) {
  const t = useT();
  const c = configOf(config);
  const yes = (on: string) => t(on === 'true' ? 'tproject.yes' : 'tproject.no');
  const facts = ([['tconfig.viewport', c.viewport.replace('x', ' × ')], ['tconfig.timeout', c.timeout_ms === '' ? '' : seconds(Number(c.timeout_ms))], ['tconfig.retries', c.retries], ['tconfig.self_heal', c.self_heal === '' ? '' : yes(c.self_heal)], ['tconfig.strict', c.strict_selectors === '' ? '' : tDynamic(`tconfig.strict.${c.strict_selectors}`, c.strict_selectors)]] as const).filter(([, value]) => value !== '');
  if (facts.length === 0) return null;
  return <Card title={t('tconfig.title')}><dl className="running-facts">{facts.map(([name, value]) => <div key={name}><dt>{t(name)}</dt><dd>{value}</dd></div>)}</dl></Card>;
}

function Steps({ test }: { test: TestDocument }) {
  const t = useT();
  const parts = (['setup', 'steps', 'assertions', 'teardown'] as const).filter((list) => test[list].length > 0);
  return (
    <Card title={t('testing.list.steps')} flush>
      {parts.length === 0 ? <Empty icon="list" title={t('testing.noSteps')} compact /> : parts.map((list) => (
        <div key={list}>
          {parts.length > 1 ? <h3 className="tsteps-title">{t(`testing.list.${list}`)}</h3> : null}
          <ol className="tread">{test[list].map((step: Json, n) => <li key={`${n} ${JSON.stringify(step)}`}><span className="num faint">{n + 1}</span><b>{tDynamic(`testing.act.${text(step, 'action') || 'assert'}`, text(step, 'action').replaceAll('_', ' '))}{claimOf(step) ? ` ${tDynamic(`testing.claim.${claimOf(step)}`, claimOf(step).replaceAll('_', ' '))}` : ''}</b><span className="mono">{text(step, 'description') || sentence(step)}</span></li>)}</ol>
        </div>
      ))}
    </Card>
  );
}

function Versions({ test, reason }: { test: TestDocument; reason: string | undefined }) {
  const t = useT();
  const versions = useResource(paths.testVersions(test.id));
  const restore = useRestore(test);
  return (
    <Card title={t('testing.versions')} flush>
      <Loaded from={versions} lines={3}>{(rows) => <ul className="tversions">{rows.map((v) => <li key={v.version}><b className="num">{v.version}</b><span><Link to={`/tests/${test.id}/edit?view=history&version=${v.version}`}>{v.summary}</Link><small className="faint">{v.created_by} · <Age at={v.created_at} /></small></span>{v.is_current ? <span className="chip">{t('testing.current')}</span> : <Button small kind="quiet" icon="undo" writes reason={reason} onClick={() => void restore(v.version)}>{t('testing.restore')}</Button>}</li>)}</ul>}</Loaded>
    </Card>
  );
}
