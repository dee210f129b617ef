// Beside the builder: whether the plan fits into the time, what deserves a look, what saving would change.
import type { ApiError } from '../../api/client';
import type { PlanBudget, PlanChange } from '../../api/shutdown';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { BudgetBar } from './BudgetBar';
import type { Draft } from './PlanPage';
import { beyondBudget, triggerWords } from './plan-words';

export interface Seen { budget: PlanBudget; warnings: readonly string[]; changes: readonly PlanChange[] }

const shown = (value: unknown): string => (value === null || value === undefined || value === '' ? '–' : typeof value === 'string' ? value : JSON.stringify(value));

export function PlanSide({ seen, missing, draft, isNew, error, busy }: { seen: Seen | null; missing: readonly string[]; draft: Draft; isNew: boolean; error: ApiError | null; busy: boolean }) {
  const t = useT();
  const steps = draft.phases.reduce((n, p) => n + p.actions.length, 0);
  return (
    <aside className="card plan-side">
      <p className="plan-sentence"><b>{t('shutdown.inPhases', { steps, phases: draft.phases.length })}.</b> {t('shutdown.starts')} {triggerWords(t, draft.triggers).join(', ') || '–'}.</p>
      {seen ? <><BudgetBar budget={seen.budget} /><p className="field-help">{t('shutdown.budgetHelp')}</p></> : null}
      {draft.sources.length === 0 ? <ul className="plan-warnings"><li><Icon name="info" />{t('shutdown.chooseUps')}</li></ul> : null}
      {seen && beyondBudget(seen).length > 0 ? <ul className="plan-warnings">{beyondBudget(seen).map((w) => <li key={w}><Icon name="info" />{w}</li>)}</ul> : null}
      {missing.length > 0 ? <section className="plan-changes"><h3>{t('shutdown.missing')}</h3><ul className="plan-warnings">{missing.map((m) => <li key={m}><Icon name="info" />{m}</li>)}</ul></section> : null}
      {isNew || missing.length > 0 ? null : (
        <section className="plan-changes" aria-label={t('shutdown.changes')}>
          <h3>{t('shutdown.changes')}</h3>
          {seen && seen.changes.length > 0
            ? <ul>{seen.changes.map((c) => <li key={c.path}><span className="plan-change-path">{c.step ? <bdi>{c.step} · </bdi> : null}{c.path.replace(/^steps\.[^.]+\.?/, '') || c.path}</span><span className="plan-change-values"><s>{shown(c.before)}</s> <Icon name="arrow-right" size={12} /> <b>{shown(c.after)}</b></span></li>)}</ul>
            : <p className="muted">{t('shutdown.noChanges')}</p>}
        </section>
      )}
      {error ? <p className="field-error" role="alert">{error.message}</p> : null}
      <Button kind="primary" type="submit" icon="save" busy={busy} writes>{t('shutdown.save')}</Button>
    </aside>
  );
}
