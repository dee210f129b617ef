// A trace of one test, looked at beside its steps: the page before and after each, what it asked of the network, what it said,
// and the film. Parts are fetched as they are looked at; the archive stays where it is.
import { useEffect, useRef, useState } from 'react';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { StepShown, TestResult, TraceStep } from '../../api/testing';
import { useKeys } from '../../app/keys';
import { useQueryParam } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { tDynamic, useT } from '../../i18n';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { originOf } from './green';
import { type TimeSpan, TraceAxis, useRecords } from './TraceAxis';
import { BesideGreen, type Green, GreenNote, useGreen } from './TraceGreen';
import { type Scope, TraceConsole, TraceNetwork } from './TraceLists';
import { type Face, faces, TracePage } from './TracePage';
import { StepSight } from './StepSight';
import { look, seconds } from './words';
import './tests.css';
import './trace.css';

const stepsOfPage = 200;

export default function TraceView({ params }: PageProps) {
  const t = useT();
  const id = params.id ?? '';
  const results = useResource(paths.testRunResults(id));
  const [test] = useQueryParam('test');
  return (
    <Loaded from={results} lines={8}>{(page) => {
      const traced = page.results.filter((r) => r.trace_artifact_id !== null);
      const result = traced.find((r) => r.test_id === test) ?? traced[0];
      if (!result?.trace_artifact_id) return <section className="card"><Empty icon="layers" title={t('trace.none')} text={t('trace.noneText')} action={<ButtonLink to={`/runs/${id}`}>{t('trace.toRun')}</ButtonLink>} /></section>;
      return <Trace key={result.id} run={id} result={result} trace={result.trace_artifact_id} />;
    }}</Loaded>
  );
}

function Trace({ run, result, trace }: { run: string; result: TestResult; trace: string }) {
  const t = useT();
  const [from, setFrom] = useState(0);
  const page = useResource(paths.trace(trace, from));
  // The clocks are told by the first steps, whichever are looked at.
  const begin = useResource(paths.trace(trace, 0));
  const green = useGreen(result, page.data?.steps, from);
  return (
    <>
      <PageHead title={result.test_name} sub={[t('trace.title'), seconds(result.duration_ms)].join(' · ')} mark={<StatusMark status={look(result.status)} word={t(`testing.result.${result.status}`)} />} actions={<>
        <ButtonLink to={`/runs/${run}?test=${result.test_id}`} icon="chevron-left" kind="quiet">{t('trace.toRun')}</ButtonLink>
        {result.trace_url ? <a className="btn btn-quiet" href={result.trace_url} download><Icon name="download" /><span>{t('testing.trace')}</span></a> : null}
      </>} />
      <Loaded from={page} lines={10}>{(shown) => (shown.steps.length === 0
        ? <section className="card"><Empty icon="list" title={t('trace.noSteps')} /></section>
        : <Viewer key={from} shown={result.step_results} trace={trace} steps={shown.steps} whole={begin.data?.steps ?? []} green={green} first={from} total={shown.total} truncated={shown.truncated} film={result.recording_url} why={result.error_message ? <p className="tsum-error" role="alert"><Icon name="siren" /><span><b>{tDynamic(`testing.code.${result.error_code ?? ''}`, (result.error_code ?? '').replaceAll('_', ' '))}</b> {result.error_message}</span></p> : null} onPage={setFrom} />)}</Loaded>
    </>
  );
}

type Panel = 'network' | 'console';

interface ViewerProps { shown: readonly StepShown[]; trace: string; steps: readonly TraceStep[]; whole: readonly TraceStep[]; green: Green | null; first: number; total: number; truncated: boolean; film: string | null; why: React.ReactNode; onPage: (from: number) => void }

function Viewer({ shown: results, trace, steps, whole, green, first, total, truncated, film, why, onPage }: ViewerProps) {
  const t = useT();
  const [picked, setPicked] = useQueryParam('step');
  const [panelParam, setPanel] = useQueryParam('panel', 'network');
  const [face, setFace] = useState<Face>('screenshot');
  const [wide, setWide] = useState<'step' | 'span' | 'all'>('step');
  const [span, setSpan] = useState<TimeSpan | null>(null);
  const records = useRecords(trace);
  const origin = records ? originOf(whole, records.requests) : null;
  const panel: Panel = panelParam === 'console' ? 'console' : 'network';
  const bad = steps.findIndex((s) => s.result.status === 'failed');
  const wanted = Number(picked) - 1 - first;
  const at = picked !== '' && Number.isInteger(wanted) && wanted >= 0 && wanted < steps.length ? wanted : Math.max(0, bad);
  const step = steps[at] as TraceStep;
  // Its pictures are kept beside the trace.
  const ofResult = results.find((r) => r.phase === step.result.phase && r.step_index === step.result.step_index);
  const pick = (n: number) => setPicked(String(first + Math.max(0, Math.min(steps.length - 1, n)) + 1));
  const toStep = (n: number) => { if (n >= first && n < first + steps.length) pick(n - first); };
  const offered: Face[] = [...faces.filter((f) => step[f] !== undefined), ...(film ? ['film' as const] : []), ...(green ? ['green' as const] : [])];
  const shown = offered.includes(face) ? face : (offered[0] ?? 'screenshot');
  useKeys([
    { keys: 'j', label: 'trace.next', run: () => pick(at + 1) }, { keys: 'k', label: 'trace.previous', run: () => pick(at - 1) },
    { keys: '1', label: 'trace.face.screenshot', run: () => setFace('screenshot') }, { keys: '2', label: 'trace.face.before', run: () => setFace('before') }, { keys: '3', label: 'trace.face.after', run: () => setFace('after') }, { keys: '4', label: 'trace.face.accessibility', run: () => setFace('accessibility') }, { keys: '5', label: 'trace.face.film', run: () => setFace('film') }, { keys: '6', label: 'trace.face.green', run: () => setFace('green') },
    { keys: 'd', label: 'trace.toDifference', run: () => { if (green?.first) toDifference(green.first.at); } },
  ]);
  const toDifference = (n: number) => { pick(n); setFace('green'); };
  const choose = (next: TimeSpan | null) => { setSpan(next); setWide(next ? 'span' : 'step'); };
  const widen = (to: 'step' | 'span' | 'all') => { if (to === 'span' && span === null) setSpan({ from: step.result.started_ms, to: step.result.started_ms + step.result.duration_ms }); if (to === 'step') setSpan(null); setWide(to); };
  const scope: Scope = wide === 'step' ? { step: first + at } : wide === 'span' && span && origin !== null ? { from_ms: Math.floor(origin + span.from), to_ms: Math.ceil(origin + span.to) } : {};
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const [box, now] = [list.current, list.current?.querySelector<HTMLElement>('[aria-current]')];
    // The chosen step must not hide beyond the edge; the page itself stays where it is.
    if (box && now && (now.offsetTop < box.scrollTop || now.offsetTop + now.offsetHeight > box.scrollTop + box.clientHeight)) box.scrollTop = now.offsetTop - box.clientHeight / 2;
  });
  return (
    <div className="stack">
      {why}
      {truncated ? <p className="card tests-problem" role="status"><Icon name="info" />{t('trace.truncated')}</p> : null}
      {green ? <GreenNote green={green} offset={first} onGo={toDifference} /> : null}
      <TraceAxis trace={trace} steps={steps} whole={whole} first={first} at={at} records={records} span={span} onPick={pick} onSpan={choose} />
      <div className="trace">
        <section className="card trace-steps">
          <ol ref={list}>{steps.map((s, n) => <li key={`${s.result.phase}:${first + n}`}><button type="button" className={`tline tline-${s.result.status}`} aria-current={n === at ? 'true' : undefined} onClick={() => pick(n)}><Line step={s} parts={green?.first?.at === n} /></button></li>)}</ol>
          {total > stepsOfPage ? <p className="trace-pages"><Button small icon="chevron-left" label={t('trace.earlier')} disabled={first === 0} onClick={() => { setPicked(''); onPage(Math.max(0, first - stepsOfPage)); }} /><span className="num faint">{t('trace.range', { from: first + 1, to: first + steps.length, all: total })}</span><Button small icon="chevron-right" label={t('trace.later')} disabled={first + steps.length >= total} onClick={() => { setPicked(''); onPage(first + stepsOfPage); }} /></p> : null}
        </section>
        <section className="card trace-stage">
          <div className="trace-tools">
            <Segmented label={t('trace.face')} value={shown} onChange={setFace} options={offered.map((f) => ({ id: f, text: t(`trace.face.${f}`) }))} />
            <Facts step={step} />
          </div>
          {shown === 'green' ? <BesideGreen before={green?.picture(at) ?? null} after={step.screenshot === undefined ? null : urls.tracePart(trace, step.screenshot)} n={first + at + 1} /> : <TracePage trace={trace} step={step} face={shown} film={film} />}
          {ofResult?.vision ? <StepSight key={at} step={ofResult} /> : null}
        </section>
      </div>
      <section className="card trace-panel">
        <div className="trace-tools">
          <Segmented label={t('trace.panel')} value={panel} onChange={(p) => setPanel(p)} options={[{ id: 'network', text: t('trace.network') }, { id: 'console', text: t('trace.console') }]} />
          <Segmented label={t('trace.scope')} value={wide} onChange={widen} options={[{ id: 'step', text: t('trace.ofStep', { n: first + at + 1 }) }, ...(origin === null ? [] : [{ id: 'span' as const, text: t('trace.ofSpan') }]), { id: 'all', text: t('trace.ofAll') }]} />
        </div>
        {panel === 'network' ? <TraceNetwork trace={trace} scope={scope} onStep={toStep} /> : <TraceConsole trace={trace} scope={scope} onStep={toStep} />}
      </section>
    </div>
  );
}

function Line({ step, parts }: { step: TraceStep; parts: boolean }) {
  const t = useT();
  const r = step.result;
  return (
    <>
      <StatusMark status={r.status === 'failed' ? 'critical' : r.status === 'skipped' ? 'paused' : r.status === 'healed' ? 'info' : 'ok'} word={tDynamic(`testing.step.${r.status}`, r.status)} bare />
      <span className="tline-what"><b>{tDynamic(`testing.act.${r.action}`, r.action.replaceAll('_', ' '))}</b> <span className="mono">{r.description ?? r.target ?? ''}</span>{parts ? <span className="pill pill-warning">{t('trace.firstDifference')}</span> : null}{r.phase === 'steps' ? null : <span className="chip">{t(r.phase === 'setup' ? 'testing.list.setup' : 'testing.list.teardown')}</span>}</span>
      <span className="num faint">{r.status === 'skipped' ? '' : seconds(r.duration_ms)}</span>
    </>
  );
}

function Facts({ step }: { step: TraceStep }) {
  const r = step.result;
  return (
    <div className="trace-facts">
      {r.error ? <span className="tline-error">{r.error}</span> : null}
      {r.url ? <span className="mono faint">{r.url}</span> : null}
      {r.warnings.map((w) => <span key={w} className="faint">{w}</span>)}
    </div>
  );
}
