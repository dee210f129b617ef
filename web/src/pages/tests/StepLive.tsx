// What can be done with a step in the browser beside the editor, and what came of it there.
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { StatusMark } from '../../ui/Icon';
import type { StepMark } from './live-steps';
import { seconds } from './words';

/** The browser as one step sees it. */
export interface StepLiveProps {
  busy: boolean; mark: StepMark | undefined; picking: boolean; onPick: () => void; onRun: () => void;
  /** Nothing for claims of the end. */
  onRunTo?: (() => void) | undefined; onRunFrom?: (() => void) | undefined;
}
const marks = { running: 'info', passed: 'ok', healed: 'ok', failed: 'critical', skipped: 'paused' } as const;

export function StepLive({ live }: { live: StepLiveProps }) {
  const t = useT();
  const m = live.mark;
  const told = m !== undefined && m.status !== 'running' ? m : null;
  return (
    <div className="tstep-live">
      <span className="row">
        <Button small kind="quiet" icon="play" disabled={live.busy} onClick={live.onRun}>{t('healing.step.run')}</Button>
        {live.onRunTo ? <Button small kind="quiet" disabled={live.busy} onClick={live.onRunTo}>{t('healing.step.runTo')}</Button> : null}
        {live.onRunFrom ? <Button small kind="quiet" disabled={live.busy} onClick={live.onRunFrom}>{t('tedit.runFrom')}</Button> : null}
        {m ? <StatusMark status={marks[m.status]} word={t(`healing.step.${m.status}`)} /> : null}
        {told ? <span className="faint num">{seconds(told.duration_ms)}</span> : null}
      </span>
      {told?.error ? <p className="field-error" role="status">{told.error}</p> : null}
      {told && told.candidates.length > 0 ? <ul className="tstep-candidates mono">{told.candidates.slice(0, 5).map((c) => <li key={c}>{c}</li>)}</ul> : null}
    </div>
  );
}
