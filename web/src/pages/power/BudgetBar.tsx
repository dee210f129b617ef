// The time a plan needs against what its triggers leave: one stretch per phase, the limit as a mark.
import type { PlanBudget } from '../../api/shutdown';
import { useT } from '../../i18n';
import { StatusMark } from '../../ui/Icon';

export function BudgetBar({ budget, used }: { budget: PlanBudget; /** Seconds a running plan has taken. */ used?: number }) {
  const t = useT();
  const scale = Math.max(budget.needed_seconds, budget.left_seconds ?? 0, 1);
  const width = (seconds: number) => `${(seconds / scale) * 100}%`;
  const parts = [
    ...(budget.grace_seconds > 0 ? [{ id: 'grace', seconds: budget.grace_seconds, look: 'grace', text: `${t('shutdown.grace')}: ${budget.grace_seconds} s` }] : []),
    ...budget.phases.map((p) => ({ id: `p${p.order}`, seconds: p.seconds, look: 'phase', text: t('shutdown.phaseSeconds', { order: p.order, n: p.seconds }) })),
    { id: 'margin', seconds: budget.margin_seconds, look: 'margin', text: `${t('shutdown.margin')}: ${budget.margin_seconds} s` },
  ];
  const status = budget.fits === null ? 'unknown' : budget.fits ? 'ok' : 'critical';
  const left = budget.left_seconds === null ? t('shutdown.leavesUnknown') : t('shutdown.leaves', { n: budget.left_seconds });
  return (
    <div className="budget">
      <div className="budget-text"><span className="num">{t('shutdown.needs', { n: budget.needed_seconds })} · {left}</span><StatusMark status={status} word={budget.fits === null ? '' : t(budget.fits ? 'shutdown.fits' : 'shutdown.tooLong')} /></div>
      <div className={`budget-bar budget-${status}`} role="img" aria-label={`${t('shutdown.budget')}: ${parts.map((p) => p.text).join(', ')}; ${left}`}>
        {parts.map((p) => <span key={p.id} className={`budget-${p.look}`} style={{ inlineSize: width(p.seconds) }} title={p.text} />)}
        {budget.left_seconds === null ? null : <i className="budget-limit" style={{ insetInlineStart: `min(calc(100% - 3px), ${width(budget.left_seconds)})` }} title={left} />}
        {used === undefined ? null : <i className="budget-used" style={{ inlineSize: width(Math.min(used, scale)) }} />}
      </div>
    </div>
  );
}
