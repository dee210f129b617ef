// What can be done with a step in the browser beside the editor, and what came of it there.
import { useState } from 'react';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Icon, StatusMark } from '../../ui/Icon';
import type { StepMark } from './live-steps';
import { seconds } from './words';

/** The browser as one step sees it. */
export interface StepLiveProps {
  /** What the element that was picked is called as well, the steadiest first. */
  names: readonly { selector: string; strategy: string; confidence: number }[];
  busy: boolean; mark: StepMark | undefined; picking: boolean; onPick: () => void; onRun: () => void;
  /** Nothing for claims of the end. */
  onRunTo?: (() => void) | undefined; onRunFrom?: (() => void) | undefined;
}
const marks = { running: 'info', passed: 'ok', healed: 'ok', failed: 'critical', skipped: 'paused' } as const;

export function StepLive({ live, target, onUse }: { live: StepLiveProps; target: string; onUse: (selector: string) => void }) {
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
      <Names of={live.names} target={target} onUse={onUse} />
      {told?.error ? <p className="field-error" role="status">{told.error}</p> : null}
      {told && told.candidates.length > 0 ? <ul className="tstep-candidates mono">{told.candidates.slice(0, 5).map((c) => <li key={c}>{c}</li>)}</ul> : null}
    </div>
  );
}

/** The other names of the element that was picked; nothing once somebody wrote another one. */
function Names({ of, target, onUse }: { of: StepLiveProps['names']; target: string; onUse: (selector: string) => void }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const now = of.find((x) => x.selector === target);
  const others = of.filter((x) => x !== now);
  if (!now) return null;
  const steady = (x: { confidence: number }) => t('tstep.sure', { n: Math.round(x.confidence * 100) });
  return (
    <div className="tstep-names">
      <button type="button" className="tstep-names-more" aria-expanded={open} disabled={others.length === 0} onClick={() => setOpen(!open)}><span className="num">{steady(now)}</span> · {t('tstep.alternatives', { n: others.length })}{others.length > 0 ? <Icon name={open ? 'chevron-up' : 'chevron-down'} size={14} /> : null}</button>
      {open ? <ul>{others.map((x) => <li key={x.selector}><code>{x.selector}</code><small className="faint num">{steady(x)}</small><Button small label={t('tstep.use', { name: x.selector })} onClick={() => onUse(x.selector)}>{t('tstep.take')}</Button></li>)}</ul> : null}
    </div>
  );
}
