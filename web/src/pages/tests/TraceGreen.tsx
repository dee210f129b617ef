// A run beside the last one of the same test that passed: where they part, and both pictures of a step.
import { useMemo, useState } from 'react';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { TestResult, TraceStep } from '../../api/testing';
import { Link } from '../../app/Link';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { DiffViewer, type Mode } from './DiffViewer';
import { type Divergence, firstDifference, type Looked, lookedOf } from './green';
import './visual.css';

export interface Green { run: string; test: string; at: TestResult['started_at']; traced: boolean; first: Divergence | null; picture: (n: number) => string | null }

/** The last run before this one that passed; nothing while it is sought, and when there is none. */
export function useGreen(result: TestResult, steps: readonly TraceStep[] | undefined, offset: number): Green | null {
  const history = useResource(paths.testGreen(result.test_id, result.started_at));
  const run = history.data?.runs.find((r) => r.run_id !== result.run_id);
  const results = useResource(run ? paths.testRunResults(run.run_id) : null);
  const green = results.data?.results.find((r) => r.test_id === result.test_id && r.status === 'passed');
  const traceId = green?.trace_artifact_id ?? null;
  const trace = useResource(traceId === null ? null : paths.trace(traceId, offset));
  return useMemo(() => {
    if (!green || !steps || (traceId !== null && !trace.data)) return null;
    const shown = green.step_results.slice(offset);
    const traced = trace.data?.steps;
    const then: Looked[] = traced ? traced.map(lookedOf) : shown;
    const pictures = traced && traceId !== null ? traced.map((s) => (s.screenshot === undefined ? null : urls.tracePart(traceId, s.screenshot))) : shown.map((s) => s.screenshot_url ?? null);
    return { run: green.run_id, test: green.test_id, at: green.started_at, traced: traced !== undefined, first: firstDifference(steps.map(lookedOf), then), picture: (n) => pictures[n] ?? null };
  }, [green, steps, traceId, trace.data, offset]);
}

/** Says where the runs part. */
export function GreenNote({ green, offset, onGo }: { green: Green; offset: number; onGo: (n: number) => void }) {
  const t = useT();
  const { first } = green;
  return (
    <p className="card trace-green" role="status">
      <Icon name={first ? 'history' : 'check'} />
      <span>
        <Link to={green.traced ? `/runs/${green.run}/trace?test=${green.test}` : `/runs/${green.run}?test=${green.test}`}>{t('trace.green')}</Link> <Age at={green.at} />{' · '}
        {first ? t('trace.greenParts', { n: offset + first.at + 1, how: first.how.map((how) => t(`trace.differs.${how}`)).join(', ') }) : t('trace.greenSame')}
      </span>
      {first ? <Button small icon="columns" onClick={() => onGo(first.at)}>{t('trace.compareStep', { n: offset + first.at + 1 })}</Button> : null}
    </p>
  );
}

/** Both pictures of a step. */
export function BesideGreen({ before, after, n }: { before: string | null; after: string | null; n: number }) {
  const t = useT();
  const [mode, setMode] = useState<Mode>('side');
  const [at, setAt] = useState(50);
  if (after === null) return <p className="trace-missing faint">{t('trace.notKept')}</p>;
  return (
    <>
      <DiffViewer sides={{ before, after, difference: null, width: 0, height: 0, scale: 1, name: t('trace.pictureOf', { n }), words: { before: t('trace.green'), after: t('trace.thisRun') } }} places={[]} active={null} onPick={() => undefined} mode={mode} onMode={setMode} at={at} onAt={setAt} />
      {before === null ? <p className="trace-note faint">{t('trace.greenNoPicture')}</p> : null}
    </>
  );
}
