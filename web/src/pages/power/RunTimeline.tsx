// Every step of a run on one time axis: when it began, how long it took, how it ended. What has not begun is drawn hollow
// behind the present, as long as it may take at most.
import type { RunStep, ShutdownRun } from '../../api/shutdown';
import { clockSeconds, span, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { useNow } from '../../ui/Age';
import { isBusy, stepWord } from './plan-words';

interface Bar { step: RunStep; from: number; to: number; planned: boolean }

export function barsOf(run: ShutdownRun, now: number): Bar[] {
  const busy = isBusy(run);
  const bars: Bar[] = [];
  let next = now;
  for (const phase of run.phases) {
    const steps = run.steps.filter((s) => s.direction === 'shutdown' && s.phase === phase.order);
    const waiting = steps.filter((s) => s.state === 'pending');
    for (const step of steps) {
      const from = toMillis(step.started_at);
      if (from !== null && step.state !== 'skipped') bars.push({ step, from, to: toMillis(step.ended_at) ?? now, planned: false });
      else if (busy && step.state === 'pending') bars.push({ step, from: next, to: next + phase.limit_seconds * 1_000, planned: true });
    }
    if (waiting.length > 0) next += phase.limit_seconds * 1_000;
  }
  for (const step of run.steps.filter((s) => s.direction === 'restore')) {
    const from = toMillis(step.started_at);
    if (from !== null) bars.push({ step, from, to: toMillis(step.ended_at) ?? now, planned: false });
  }
  return bars;
}

export function RunTimeline({ run }: { run: ShutdownRun }) {
  const t = useT();
  const now = useNow();
  const bars = barsOf(run, now);
  const began = toMillis(run.started_at) ?? now;
  const end = Math.max(began + 5_000, ...bars.map((b) => b.to));
  const width = end - began;
  const at = (ms: number) => `${(Math.max(0, ms - began) / width) * 100}%`;
  if (bars.length === 0) return <p className="muted">{t('shutdown.noneBegan')}</p>;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((x) => began + x * width);
  return (
    <div className="gantt">
      <ol>
        {bars.map((b) => {
          const text = `${b.step.name}: ${t(stepWord(b.step.state))}, ${b.planned ? t('shutdown.atMost', { time: span(Math.round((b.to - b.from) / 1_000)) }) : `${clockSeconds(b.from)}, ${span(Math.round((b.to - b.from) / 1_000))}`}`;
          return (
            <li key={`${b.step.direction}${b.step.step_id}`}>
              <span className="gantt-name truncate"><b className="num">{b.step.direction === 'restore' ? '↑' : b.step.phase}</b> <bdi>{b.step.name}</bdi></span>
              <span className="gantt-track" title={text}><span className="sr">{text}</span><i className={`gantt-bar gantt-${b.planned ? 'planned' : b.step.direction === 'restore' && b.step.state === 'done' ? 'back' : b.step.state}`} style={{ insetInlineStart: at(b.from), inlineSize: `max(4px, ${((b.to - b.from) / width) * 100}%)` }} /></span>
            </li>
          );
        })}
      </ol>
      {isBusy(run) ? <span className="gantt-layer" aria-hidden="true"><i className="gantt-now" style={{ insetInlineStart: at(now) }} /></span> : null}
      <div className="gantt-axis faint num" aria-hidden="true">{ticks.map((x) => <span key={x}>{clockSeconds(x)}</span>)}</div>
    </div>
  );
}
