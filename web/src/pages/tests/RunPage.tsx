// One run: live while it goes on, afterwards what each test did: pictures in a strip, steps with their times, what the
// page said and what it asked of the network.
import { useEffect, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { HealingShown, StepShown, TestResult, TestRun } from '../../api/testing';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { bytes, joined } from '../../format/numbers';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { CheckView } from './CheckView';
import { type Live, type LiveTest, useLive } from './run-live';
import { RunDialog } from './RunDialog';
import { start } from './starting';
import { StepSight } from './StepSight';
import { isOver, look, seconds } from './words';
import './tests.css';

export default function RunPage({ params }: PageProps) {
  const run = useResource(paths.testRun(params.id ?? ''), { everyMs: 5_000 });
  return <Loaded from={run} lines={8}>{(x) => <Run key={x.id} run={x} />}</Loaded>;
}

function Run({ run }: { run: TestRun }) {
  const t = useT();
  const over = isOver(run.status);
  const live = useLive(run.id, !over);
  // The stream says when there are new ones; where it is refused they are asked for now and then.
  const results = useResource(paths.testRunResults(run.id), over ? {} : { everyMs: 5_000 });
  useEffect(() => { if (over) return; return () => invalidate(`/api/v1/runs/${run.id}/results`); }, [over, run.id]);
  const executes = useCan('test:execute');
  const began = toMillis(run.started_at ?? run.created_at);
  const reason = executes ? undefined : t('core.needsPermission', { permission: 'test:execute' });
  const cancel = async () => {
    try { await send('POST', urls.testRunCancel(run.id), {}); toast({ level: 'ok', text: t('testing.cancelled') }); invalidate('/api/v1/runs'); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  const sub = [run.app_url, tDynamic(`testing.trigger.${run.trigger}`, run.trigger), run.created_by, began === null ? null : dayTime(began)].filter(Boolean).join(' · ');
  // The rows of a data test have no page of their own each.
  const ofData = 'data_test_id' in run.ci_metadata;
  const testId = ofData ? null : run.test_id;
  const [again, setAgain] = useState(false);
  return (
    <>
      <PageHead title={run.name} sub={sub} mark={<StatusMark status={look(run.status)} word={t(`testing.run.${run.status}`)} />} actions={<>
        {over ? <a className="btn btn-quiet" href={urls.testRunJunit(run.id)} download><Icon name="download" /><span>JUnit</span></a> : <Button icon="stop" writes reason={reason} onClick={() => void cancel()}>{t('testing.cancel')}</Button>}
        {testId ? <ButtonLink to={`/tests/${testId}/edit`} icon="edit">{t('testing.edit')}</ButtonLink> : null}
        {over && testId ? <Button kind="primary" icon="play" writes reason={reason} onClick={() => setAgain(true)}>{t('testing.again')}</Button> : null}
        {over && !testId ? <Onward run={run} reason={reason} /> : null}
      </>} />
      {again && testId ? <RunDialog asked={{ project: run.project_id, picked: [{ id: testId, name: run.name }] }} onClose={() => setAgain(false)} /> : null}
      <div className="stack">
        <Sum run={run} live={live} />
        {over ? null : <LivePart run={run} live={live} />}
        <Loaded from={results} lines={6}>{(page) => (page.results.length > 0 ? <Results results={page.results} ofData={ofData} /> : over && !run.error ? <section className="card"><Empty icon="flask" title={t('testing.noResults')} /></section> : null)}</Loaded>
      </div>
    </>
  );
}

/** A run of many that has ended: what it did not get to, what failed, or everything once more, with the wishes of this run. */
function Onward({ run, reason }: { run: TestRun; reason: string | undefined }) {
  const t = useT();
  const left = run.total_tests - run.passed_tests - run.failed_tests;
  const go = (tests: 'rest' | 'failed' | 'all') => () => void start(send<{ run_id: string }>('POST', urls.testRunResume(run.id), { tests }));
  return (
    <>
      {run.failed_tests > 0 ? <Button icon="refresh" writes reason={reason} onClick={go('failed')}>{t('testing.againFailed')}</Button> : null}
      <Button kind={left > 0 ? undefined : 'primary'} icon="play" writes reason={reason} onClick={go('all')}>{t('testing.again')}</Button>
      {left > 0 ? <Button kind="primary" icon="play" writes reason={reason} onClick={go('rest')}>{t('testing.resume', { n: left })}</Button> : null}
    </>
  );
}

function Sum({ run, live }: { run: TestRun; live: Live }) {
  const t = useT();
  const done = run.passed_tests + run.failed_tests + run.skipped_tests;
  const share = (n: number) => `${run.total_tests > 0 ? (n / run.total_tests) * 100 : 0}%`;
  return (
    <section className="card tsum" aria-label={t('testing.outcome')}>
      {run.error ? <p className="tsum-error" role="alert"><Icon name="siren" />{tDynamic(`testing.why.${run.error}`, run.error)}</p> : null}
      <div className="tsum-bar" role="progressbar" aria-valuemin={0} aria-valuemax={run.total_tests} aria-valuenow={done} aria-label={t('testing.ofAll', { n: done, all: run.total_tests })}>
        <i className="tmark-passed" style={{ inlineSize: share(run.passed_tests) }} /><i className="tmark-failed" style={{ inlineSize: share(run.failed_tests) }} /><i className="tmark-skipped" style={{ inlineSize: share(run.skipped_tests) }} />
      </div>
      <dl className="tfigures">
        <div><dt>{t('testing.passed')}</dt><dd className="num">{t('testing.ofAll', { n: run.passed_tests, all: run.total_tests })}</dd></div>
        <div><dt>{t('testing.failed')}</dt><dd className="num">{run.failed_tests}</dd></div>
        <div><dt>{t('testing.flakiness')}</dt><dd className="num">{run.flaky_tests}</dd></div>
        <div><dt>{t('testing.duration')}</dt><dd className="num">{isOver(run.status) ? seconds(run.duration_ms) : t('testing.percent', { n: live.percent })}</dd></div>
      </dl>
    </section>
  );
}

function LivePart({ run, live }: { run: TestRun; live: Live }) {
  const t = useT();
  const active = live.tests.filter((x) => x.done === null);
  const may = useCan('approvals:read');
  const asked = useResource(may && run.status === 'pending' ? paths.approvals('pending') : null, { everyMs: 10_000 });
  const question = asked.data?.find((a) => a.thread_id === run.id);
  if (question) return <section className="card"><Empty icon="users" title={t('testing.waitsForYes')} action={<ButtonLink to={`/inbox/approvals?id=${question.id}`}>{t('core.open')}</ButtonLink>} compact /></section>;
  if (active.length === 0) return <section className="card"><Empty icon="clock" title={t(run.status === 'pending' ? 'testing.waits' : 'testing.starts')} compact /></section>;
  return <>{active.map((x) => <LiveCard key={x.id} test={x} />)}</>;
}

function LiveCard({ test }: { test: LiveTest }) {
  const t = useT();
  return (
    <Card title={test.name} sub={t('testing.ofAll', { n: test.steps.length, all: test.total })}>
      <div className="tview">
        <ol className="tsteplist">
          {test.steps.map((s) => <li key={`${s.phase}${s.step_index}`} className={`tline tline-${s.status}`}><StepLine step={s} /></li>)}
          {test.current ? <li className="tline tline-now"><StatusMark status="info" bare /><span className="tline-what">{test.current}</span></li> : null}
        </ol>
        <Picture url={test.picture} alt={test.name} />
      </div>
    </Card>
  );
}

function Picture({ url, alt }: { url: string | null | undefined; alt: string }) {
  const t = useT();
  return url ? <a className="tpicture" href={url} target="_blank" rel="noreferrer"><img src={url} alt={alt} /></a> : <div className="tpicture tpicture-none faint">{t('testing.noPicture')}</div>;
}

function StepLine({ step }: { step: StepShown }) {
  const t = useT();
  return (
    <>
      <StatusMark status={step.status === 'failed' ? 'critical' : step.status === 'skipped' ? 'paused' : step.status === 'healed' ? 'info' : 'ok'} word={t(`testing.step.${step.status as 'passed' | 'failed' | 'skipped' | 'healed'}`)} bare />
      <span className="tline-what"><b>{tDynamic(`testing.act.${step.action}`, step.action.replaceAll('_', ' '))}</b> <span className="mono">{step.description ?? step.target ?? ''}</span>{step.vision?.used ? <> <span className="chip">{t('testing.sight')}</span></> : null}</span>
      <span className="num faint">{step.status === 'skipped' ? '' : seconds(step.duration_ms)}</span>
    </>
  );
}

function Results({ results, ofData }: { results: readonly TestResult[]; ofData: boolean }) {
  const t = useT();
  const [shown, setShown] = useQueryParam('test');
  const failed = results.find((r) => r.status === 'failed' || r.status === 'error');
  const current = results.find((r) => r.test_id === shown) ?? failed ?? results[0];
  return (
    <>
      {results.length > 1 ? (
        <Card title={t('nav.tests')} flush>
          <ul className="tresults">{results.map((r) => <li key={r.id}><button type="button" aria-current={r === current ? 'true' : undefined} onClick={() => setShown(r.test_id)}><StatusMark status={look(r.status)} word={t(`testing.result.${r.status}`)} /><bdi>{r.test_name}</bdi>{r.flaky ? <span className="chip">{t('testing.flaky')}</span> : null}{r.healed ? <span className="chip">{t('testing.healed')}</span> : null}<span className="muted tresults-why">{r.error_message}</span><span className="num faint">{seconds(r.duration_ms)}</span></button></li>)}</ul>
        </Card>
      ) : null}
      {current ? <ResultView key={current.id} result={current} ofData={ofData} /> : null}
    </>
  );
}

const keyOf = (s: StepShown) => `${s.phase}:${s.step_index}`;

function ResultView({ result, ofData }: { result: TestResult; ofData: boolean }) {
  const t = useT();
  const steps = result.step_results;
  const failed = steps.find((s) => s.status === 'failed');
  const [picked, setPicked] = useState<string | null>(null);
  const current = steps.find((s) => keyOf(s) === picked) ?? failed ?? steps.find((s) => s.status === 'healed' || s.vision?.used) ?? steps.at(-1);
  const strip = steps.filter((s) => s.screenshot_url);
  const picture = current?.screenshot_url ?? (current === failed ? result.failure_screenshot_url : null) ?? result.final_screenshot_url ?? result.failure_screenshot_url;
  return (
    <Card title={ofData ? <bdi>{result.test_name}</bdi> : <Link to={`/tests/${result.test_id}`}><bdi>{result.test_name}</bdi></Link>} sub={[t(`testing.result.${result.status}`), seconds(result.duration_ms), result.attempts > 1 ? t('testing.attempts', { n: result.attempts }) : null, result.flaky ? t('testing.flaky') : null, result.healed ? t('testing.healed') : null].filter(Boolean).join(' · ')} actions={<Evidence result={result} />}>
      <div className="stack">
        {result.error_message ? <p className="tsum-error" role="alert"><Icon name="siren" /><span><b>{tDynamic(`testing.code.${result.error_code ?? ''}`, (result.error_code ?? '').replaceAll('_', ' '))}</b> {result.error_message}</span></p> : null}
        {result.earlier_attempts.length > 0 ? <ul className="tattempts">{result.earlier_attempts.map((a) => <li key={a.attempt}>{t('testing.attemptFailed', { n: a.attempt, why: a.error_message ?? '' })}</li>)}</ul> : null}
        {result.warnings.length > 0 ? <ul className="tattempts">{result.warnings.map((w) => <li key={w}>{w}</li>)}</ul> : null}
        {strip.length > 1 ? <ol className="tfilm">{strip.map((s) => <li key={keyOf(s)}><button type="button" aria-current={s === current ? 'true' : undefined} onClick={() => setPicked(keyOf(s))} title={s.description ?? s.action}><img src={s.screenshot_url ?? ''} alt={t('testing.stepN', { n: s.step_index + 1 })} loading="lazy" /><span className="num">{s.step_index + 1}</span></button></li>)}</ol> : null}
        <div className="tview">
          <ol className="tsteplist">{steps.map((s) => <li key={keyOf(s)}><button type="button" className={`tline tline-${s.status}`} aria-current={s === current ? 'true' : undefined} onClick={() => setPicked(keyOf(s))}><StepLine step={s} /></button>{s === current && (s.error || s.warnings.length > 0 || s.url || s.healing) ? <p className="tline-more">{s.error ? <span className="tline-error">{s.error}</span> : null}{s.warnings.map((w) => <span key={w} className="muted">{w}</span>)}{s.healing?.new_value ? <Healed test={result.test_id} step={s} healing={s.healing} /> : null}{s.url ? <span className="mono faint">{s.url}</span> : null}</p> : null}</li>)}</ol>
          <Picture url={picture} alt={current ? t('testing.stepN', { n: current.step_index + 1 }) : result.test_name} />
        </div>
        {current?.vision ? <StepSight key={`sight ${keyOf(current)}`} step={current} /> : null}
        {current?.check ? <CheckView key={keyOf(current)} check={current.check} /> : null}
        <Claims result={result} />
        <Messages result={result} />
      </div>
    </Card>
  );
}

/** What was taken for the element that changed, and the way to make it the test's own. */
function Healed({ test, step, healing }: { test: string; step: StepShown; healing: HealingShown }) {
  const t = useT();
  const writes = useCan('test:write');
  const [busy, setBusy] = useState(false);
  const take = async () => {
    setBusy(true);
    try {
      const now = await load(paths.test(test));
      const list = step.phase === 'setup' || step.phase === 'teardown' ? step.phase : 'steps';
      const old = now[list][step.step_index];
      if (old?.target !== healing.old_value) toast({ level: 'info', text: t('testing.changedSince') });
      else {
        await send('PUT', urls.test(test), { [list]: now[list].map((s, n) => (n === step.step_index ? { ...s, target: healing.new_value } : s)), expected_version: now.version });
        invalidate('/api/v1/tests');
        toast({ level: 'ok', text: t('testing.taken') });
      }
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <span className="theal">
      <span>{t(healing.used ? 'testing.healedAs' : 'testing.healIdea', { n: Math.round(healing.confidence * 100) })}</span>
      <span className="mono"><del>{healing.old_value}</del> <Icon name="arrow-right" size={12} /> <b>{healing.new_value}</b></span>
      <Button small icon="check" busy={busy} writes reason={writes ? undefined : t('core.needsPermission', { permission: 'test:write' })} onClick={() => void take()}>{t('testing.take')}</Button>
    </span>
  );
}

function Evidence({ result }: { result: TestResult }) {
  const t = useT();
  const links = [[result.trace_url, t('testing.trace')], [result.recording_url, t('testing.video')], [result.har_url, 'HAR'], [result.failure_dom_url, t('testing.dom')]] as const;
  return <>{result.trace_artifact_id ? <ButtonLink small to={`/runs/${result.run_id}/trace?test=${result.test_id}`} icon="layers">{t('trace.open')}</ButtonLink> : null}{result.downloads.map((d) => <a key={d.artifact_id} className="btn btn-quiet btn-small" href={d.url} download={d.name} title={t('testing.downloaded', { size: joined(bytes(d.size_bytes)) })}><Icon name="download" /><bdi>{d.name}</bdi></a>)}{links.map(([url, name]) => (url ? <a key={name} className="btn btn-quiet btn-small" href={url} download><Icon name="download" /><span>{name}</span></a> : null))}</>;
}

function Claims({ result }: { result: TestResult }) {
  const t = useT();
  if (result.assertion_results.length === 0) return null;
  return (
    <section>
      <h3 className="tsteps-title">{t('testing.checked')}</h3>
      <ul className="tclaims">{result.assertion_results.map((c, n) => <li key={`${n} ${c.type}`}><StatusMark status={c.passed ? 'ok' : c.soft ? 'warning' : 'critical'} bare word={t(c.passed ? 'testing.step.passed' : 'testing.step.failed')} /><span><b>{tDynamic(`testing.claim.${c.type}`, c.type.replaceAll('_', ' '))}</b> <span className="mono">{[c.target, c.expected].filter(Boolean).join(' · ')}</span>{c.passed ? c.warnings.map((w) => <small key={w} className="faint">{w}</small>) : <small className="tline-error">{c.error ?? t('testing.actual', { value: c.actual ?? '–' })}</small>}</span></li>)}</ul>
    </section>
  );
}

function Messages({ result }: { result: TestResult }) {
  const t = useT();
  const { console_errors: said, network_failures: asked } = result;
  if (said.length === 0 && asked.length === 0) return null;
  return (
    <div className="tests-two">
      {said.length > 0 ? <section><h3 className="tsteps-title">{t('testing.console', { n: said.length })}</h3><ul className="tmessages">{said.map((m, n) => <li key={`${n} ${m.text}`}><span className="mono">{m.text}</span>{m.url ? <small className="faint">{m.url}{m.line === null ? '' : `:${m.line}`}</small> : null}</li>)}</ul></section> : null}
      {asked.length > 0 ? <section><h3 className="tsteps-title">{t('testing.network', { n: asked.length })}</h3><ul className="tmessages">{asked.map((r, n) => <li key={`${n} ${r.url}`}><span className="mono">{r.method} {r.status ?? ''}</span><small className="faint">{r.url}{r.error ? ` · ${r.error}` : ''}</small></li>)}</ul></section> : null}
    </div>
  );
}
