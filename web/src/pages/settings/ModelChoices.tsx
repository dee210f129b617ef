// What a person prefers of language models and lets them cost, and what the organization may spend.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ModelBudget, ModelConfig, ModelOffer, OrganizationRow } from '../../api/shapes';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { levelOf } from '../../state/status';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, Switch, TextField } from '../../ui/Form';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Meter } from '../../ui/Value';

const asConfigured = 'server';
const fresh = () => invalidate('/api/v1/users/me/ai-', '/api/v1/users/me/available-models', '/api/ai/status', '/api/v1/organizations');

export function ModelChoices() {
  const t = useT();
  const config = useResource(paths.modelConfig);
  const offer = useResource(paths.modelOffer);
  const budget = useResource(paths.modelBudget, { everyMs: 60_000 });
  return (
    <Card title={t('models.mine')}>
      <Loaded from={config} lines={5} compact>{(c) => <ChoicesForm key={c.default_model ?? ''} config={c} offer={offer.data} budget={budget.data} />}</Loaded>
    </Card>
  );
}

function ChoicesForm({ config, offer, budget }: { config: ModelConfig; offer: ModelOffer | undefined; budget: ModelBudget | undefined }) {
  const t = useT();
  const [model, setModel] = useState(config.default_model || asConfigured);
  const [day, setDay] = useState(String(config.cost_limit_per_day));
  const [message, setMessage] = useState(String(config.cost_limit_per_message));
  const [shared, setShared] = useState(config.use_platform_key_fallback);
  const [fault, setFault] = useState<{ field: string; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const known = (offer?.models ?? []).filter((m) => m.is_available || m.model_id === config.default_model);
  const price = (p: number | null) => (p === null ? '?' : showNumber(p, 2));
  const label = (m: ModelOffer['models'][number]) => (m.input_price === 0 ? t('models.freeModel', { name: m.display_name }) : t('models.pricedModel', { name: m.display_name, input: price(m.input_price), output: price(m.output_price) }));
  const options = [{ id: asConfigured, text: t('models.asConfigured') }, ...known.map((m) => ({ id: m.model_id, text: label(m) })), ...(model !== asConfigured && !known.some((m) => m.model_id === model) ? [{ id: model, text: model }] : [])];
  const save = async () => {
    setBusy(true); setFault(null);
    const chosen = known.find((m) => m.model_id === model);
    const wish = model === asConfigured ? { default_model: '', default_provider: '' } : { default_model: model, ...(chosen ? { default_provider: chosen.provider } : {}) };
    try {
      await send('PUT', urls.modelConfig, { ...wish, cost_limit_per_day: Number(day), cost_limit_per_message: Number(message), use_platform_key_fallback: shared });
      toast({ level: 'ok', text: t('models.mineSaved') });
    } catch (e) { const error = asApiError(e); setFault({ field: error.fields[0]?.field ?? '', text: error.fields[0]?.message ?? error.message }); }
    fresh();
    setBusy(false);
  };
  const errorOf = (field: string) => (fault?.field === field ? fault.text : null);
  const bad = day.trim() === '' || message.trim() === '';
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!bad) void save(); }}>
      <Select label={t('models.preferred')} value={model} onChange={setModel} options={options} help={t('models.preferredHelp')} />
      <div className="models-pair">
        <TextField label={t('models.perDay')} type="number" value={day} onChange={setDay} error={errorOf('cost_limit_per_day')} />
        <TextField label={t('models.perMessage')} type="number" value={message} onChange={setMessage} error={errorOf('cost_limit_per_message')} />
      </div>
      {budget ? <ul className="models-budgets"><Spent label={t('models.spentToday')} spent={budget.daily_spent} limit={budget.daily_limit} /></ul> : null}
      <Switch label={t('models.sharedKey')} checked={shared} onChange={setShared} />
      {fault && errorOf('cost_limit_per_day') === null && errorOf('cost_limit_per_message') === null ? <p className="field-error" role="alert">{fault.text}</p> : null}
      <div className="row"><Button type="submit" writes busy={busy} disabled={bad}>{t('core.save')}</Button></div>
    </form>
  );
}

function Spent({ label, spent, limit }: { label: string; spent: number | null; limit: number }) {
  const t = useT();
  const part = limit > 0 ? Math.min(100, ((spent ?? 0) / limit) * 100) : 100;
  return (
    <li>
      <span>{label}</span>
      <span className="num faint">{spent === null ? t('models.unpriced') : t('models.spentOf', { spent: showNumber(spent, spent > 0 && spent < 0.1 ? 4 : 2), limit: showNumber(limit, 2) })}</span>
      <Meter thin value={part} status={levelOf(part, 80, 100)} ticks={[80]} label={label} />
    </li>
  );
}

/** The budget of the organization that questions are charged to. */
export function OrganizationBudget() {
  const t = useT();
  const all = useResource(paths.organizations);
  const budget = useResource(paths.modelBudget, { everyMs: 60_000 });
  const rows = all.data ?? [];
  const org = rows.find((o) => o.is_default) ?? (rows.length === 1 ? rows[0] : undefined);
  if (!org) return null;
  return (
    <Card title={t('models.orgBudget', { name: org.name })}>
      <Loaded from={budget} lines={3} compact>{(b) => (b.organization ? <BudgetForm key={`${b.organization.daily_limit}/${b.organization.monthly_limit}`} org={org} budget={b.organization} /> : <p className="muted">{t('models.noOrg')}</p>)}</Loaded>
    </Card>
  );
}

function BudgetForm({ org, budget }: { org: OrganizationRow; budget: NonNullable<ModelBudget['organization']> }) {
  const t = useT();
  const may = org.role === 'owner' || org.role === 'admin';
  const [daily, setDaily] = useState(String(budget.daily_limit));
  const [monthly, setMonthly] = useState(String(budget.monthly_limit));
  const [fault, setFault] = useState<{ field: string; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true); setFault(null);
    try {
      await send('PUT', urls.organization(org.id), { ai_budget_daily: Number(daily), ai_budget_monthly: Number(monthly) });
      toast({ level: 'ok', text: t('models.orgSaved') });
    } catch (e) { const error = asApiError(e); setFault({ field: error.fields[0]?.field ?? '', text: error.fields[0]?.message ?? error.message }); }
    fresh();
    setBusy(false);
  };
  const changed = daily !== String(budget.daily_limit) || monthly !== String(budget.monthly_limit);
  return (
    <div className="stack">
      <p className="muted models-text">{t('models.orgBudgetSub')}</p>
      <ul className="models-budgets">
        <Spent label={t('models.spentToday')} spent={budget.daily_spent} limit={budget.daily_limit} />
        <Spent label={t('models.spentMonth')} spent={budget.monthly_spent} limit={budget.monthly_limit} />
      </ul>
      {may ? (
        <form className="stack" onSubmit={(e) => { e.preventDefault(); if (changed) void save(); }}>
          <div className="models-pair">
            <TextField label={t('models.perDay')} type="number" value={daily} onChange={setDaily} error={fault?.field === 'ai_budget_daily' ? fault.text : null} />
            <TextField label={t('models.perMonth')} type="number" value={monthly} onChange={setMonthly} error={fault?.field === 'ai_budget_monthly' ? fault.text : null} />
          </div>
          {fault && !fault.field.startsWith('ai_budget') ? <p className="field-error" role="alert">{fault.text}</p> : null}
          <div className="row"><Button type="submit" writes busy={busy} disabled={!changed || daily.trim() === '' || monthly.trim() === ''}>{t('core.save')}</Button></div>
        </form>
      ) : null}
    </div>
  );
}
