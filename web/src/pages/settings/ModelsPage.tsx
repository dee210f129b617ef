// Language models: which one answers, the person's own keys, what was asked and what it cost. Off until somebody says so.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ModelKey, ModelStatus, ModelUsage, SettingRow } from '../../api/shapes';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { tDynamic, useT } from '../../i18n';
import { levelOf, type Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmDialog } from '../../ui/Confirm';
import { Select, Switch, TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Meter } from '../../ui/Value';
import { ModelChoices, OrganizationBudget } from './ModelChoices';
import { type Provider, providerName, providers } from './providers';
import './models.css';
import './settings.css';

export default function ModelsPage() {
  const t = useT();
  const mayRead = useCan('settings:read');
  const mayReport = useCan('ai:manage');
  const status = useResource(paths.modelStatus);
  const settings = useResource(mayRead ? paths.settings : null);
  return (
    <>
      <PageHead title={t('models.title')} sub={t('models.sub')} {...(status.data ? { mark: <StatusMark status={stateOf(status.data)} word={wordOf(t, status.data)} /> } : {})} />
      <div className="grid">
        <div className="span-8 stack home-column">
          {mayRead ? <Card title={t('models.model')}><Loaded from={settings} lines={6}>{(rows) => <ModelForm rows={rows} status={status.data} />}</Loaded></Card> : <Card title={t('models.model')}><p className="muted">{status.data?.reason ?? t('models.askAdmin')}</p></Card>}
          <OrganizationBudget />
          {mayReport ? <Usage /> : null}
        </div>
        <div className="span-4 stack home-column"><ModelChoices /><Keys /><Card title={t('models.privacy')}><p className="muted models-text">{t('models.privacyText')}</p></Card></div>
      </div>
    </>
  );
}

function stateOf(s: ModelStatus): Status { return !s.enabled ? 'paused' : s.configured ? 'ok' : 'warning'; }
function wordOf(t: ReturnType<typeof useT>, s: ModelStatus): string { return !s.enabled ? t('models.off') : s.configured ? t('models.ready') : t('models.incomplete'); }

function ModelForm({ rows, status }: { rows: readonly SettingRow[]; status: ModelStatus | undefined }) {
  const t = useT();
  const may = useCan('settings:write');
  const mayTest = useCan('ai:manage');
  const rowOf = (key: string) => rows.find((r) => r.key === key);
  const value = (key: string) => rowOf(key)?.value ?? '';
  const known = (text: string, placeholder: string) => (text === placeholder ? '' : text);
  const [form, setForm] = useState({
    enabled: value('llm.enabled') === 'true', provider: providers.find((p) => p === value('llm.provider')) ?? 'anthropic' as Provider, model: known(value('llm.model'), 'per provider'), base: known(value('llm.base_url'), 'per provider'), key: '',
    timeout: value('llm.timeout_s'), tokens: value('llm.max_tokens'), daily: value('llm.budget.daily_tokens'), monthly: value('llm.budget.monthly_usd'), input: value('llm.price.input'), output: value('llm.price.output'),
  });
  const [fault, setFault] = useState<{ field: string; text: string } | null>(null);
  const [busy, setBusy] = useState<'save' | 'test' | null>(null);
  const [tested, setTested] = useState<{ ok: boolean; text: string } | null>(null);
  const put = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const local = form.provider === 'ollama';
  const save = async () => {
    setBusy('save'); setFault(null); setTested(null);
    const wanted: readonly (readonly [field: string, key: string, value: string])[] = [
      ['provider', 'llm.provider', form.provider], ['model', 'llm.model', form.model.trim()], ['base', 'llm.base_url', form.base.trim()], ...(form.key === '' ? [] : [['key', 'llm.api_key', form.key] as const]),
      ['timeout', 'llm.timeout_s', form.timeout], ['tokens', 'llm.max_tokens', form.tokens], ['daily', 'llm.budget.daily_tokens', form.daily || '0'], ['monthly', 'llm.budget.monthly_usd', form.monthly || '0'], ['input', 'llm.price.input', form.input], ['output', 'llm.price.output', form.output], ['enabled', 'llm.enabled', String(form.enabled)],
    ];
    let at = '';
    try {
      for (const [field, key, next] of wanted) {
        at = field;
        if (rowOf(key)?.secret || next !== known(value(key), 'per provider')) await send('PUT', urls.setting(key), { value: next });
      }
      put({ key: '' });
      toast({ level: 'ok', text: t('models.saved') });
    } catch (e) { setFault({ field: at, text: asApiError(e).message }); }
    invalidate('/api/settings', '/api/ai/status');
    setBusy(null);
  };
  const test = async () => {
    setBusy('test'); setTested(null);
    try { const said = await send<{ response: string }>('POST', urls.modelTest); setTested({ ok: true, text: said.response }); } catch (e) { const fault = asApiError(e); setTested({ ok: false, text: fault.reason ?? fault.message }); }
    invalidate('/api/ui/ai');
    setBusy(null);
  };
  const errorOf = (field: string) => (fault?.field === field ? fault.text : null);
  const reason = may ? undefined : t('core.needsPermission', { permission: 'settings:write' });
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <Switch label={t('models.enabled')} checked={form.enabled} onChange={(enabled) => put({ enabled })} disabled={!may} reason={reason} />
      <div className="models-fields">
        <Select label={t('models.providerLabel')} value={form.provider} onChange={(provider) => put({ provider })} options={providers.map((id) => ({ id, text: providerName(id) }))} disabled={!may} />
        <TextField label={t('models.modelLabel')} value={form.model} onChange={(model) => put({ model })} error={errorOf('model')} optional placeholder={status?.provider === form.provider ? (status.model ?? '') : ''} mono disabled={!may} />
        <TextField label={t('models.baseLabel')} value={form.base} onChange={(base) => put({ base })} error={errorOf('base')} optional={form.provider !== 'openai_compatible'} type="url" placeholder={local ? 'http://localhost:11434' : ''} disabled={!may} />
        {local ? <p className="muted models-text">{t('models.localText')}</p> : <TextField label={t('models.keyLabel')} value={form.key} onChange={(key) => put({ key })} error={errorOf('key')} type="password" autoComplete="off" placeholder={rowOf('llm.api_key')?.set ? t('models.keySet') : ''} help={t('models.keyHelp')} disabled={!may} />}
      </div>
      <details>
        <summary>{t('models.limits')}</summary>
        <div className="models-fields">
          <TextField label={t('models.timeout')} type="number" value={form.timeout} onChange={(timeout) => put({ timeout })} error={errorOf('timeout')} disabled={!may} />
          <TextField label={t('models.tokens')} type="number" value={form.tokens} onChange={(tokens) => put({ tokens })} error={errorOf('tokens')} disabled={!may} />
          <TextField label={t('models.daily')} type="number" value={form.daily} onChange={(daily) => put({ daily })} error={errorOf('daily')} help={t('models.zero')} disabled={!may} />
          <TextField label={t('models.monthly')} type="number" value={form.monthly} onChange={(monthly) => put({ monthly })} error={errorOf('monthly')} help={t('models.monthlyHelp')} disabled={!may} />
          <TextField label={t('models.priceIn')} type="number" value={form.input} onChange={(input) => put({ input })} error={errorOf('input')} optional disabled={!may} />
          <TextField label={t('models.priceOut')} type="number" value={form.output} onChange={(output) => put({ output })} error={errorOf('output')} optional disabled={!may} />
        </div>
      </details>
      {fault && (fault.field === 'enabled' || fault.field === 'provider') ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{fault.text}</p> : null}
      <div className="row">
        <Button type="submit" kind="primary" writes busy={busy === 'save'} disabled={!may} {...(reason ? { reason } : {})}>{t('core.save')}</Button>
        {mayTest ? <Button onClick={() => void test()} busy={busy === 'test'} writes>{t('models.test')}</Button> : null}
        {tested ? <span role="status"><StatusMark status={tested.ok ? 'ok' : 'critical'} word={tested.ok ? t('models.answered', { text: tested.text }) : tested.text} /></span> : null}
      </div>
    </form>
  );
}

function Keys() {
  const t = useT();
  const keys = useResource(paths.modelKeys);
  const [adding, setAdding] = useState(false);
  const [provider, setProvider] = useState<Provider>('anthropic');
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    try { await send('POST', urls.modelKeys, { provider, api_key: key }); setKey(''); setAdding(false); setProblem(null); } catch (e) { setProblem(asApiError(e).message); }
    invalidate(urls.modelKeys, '/api/ai/status');
  };
  const [removing, setRemoving] = useState<ModelKey | null>(null);
  const validate = async (url: string) => {
    try {
      const done = await send<{ is_valid?: boolean | null; error?: string | null }>('POST', url);
      toast({ level: done.is_valid ? 'ok' : 'warning', text: done.is_valid ? t('models.keyGood') : (done.error ?? t('models.keyUnknown')) });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    invalidate(urls.modelKeys, '/api/ai/status');
  };
  const mark = (k: ModelKey) => (k.is_valid === null ? <StatusMark status="unknown" word={t('models.untried')} /> : k.is_valid ? <StatusMark status="ok" word={t('models.accepted')} /> : <StatusMark status="critical" word={k.validation_error ?? t('models.refused')} />);
  return (
    <Card title={t('models.ownKeys')} flush actions={adding ? null : <Button small icon="plus" writes onClick={() => setAdding(true)}>{t('models.addKey')}</Button>}>
      {adding ? (
        <form className="stack models-add" onSubmit={(e) => { e.preventDefault(); void save(); }}>
          <Select label={t('models.providerLabel')} value={provider} onChange={setProvider} options={providers.filter((p) => p !== 'ollama').map((id) => ({ id, text: providerName(id) }))} />
          <TextField label={t('models.keyLabel')} type="password" value={key} onChange={setKey} error={problem} autoComplete="off" autoFocus />
          <span className="row"><Button type="submit" kind="primary" writes disabled={key.trim().length < 10}>{t('core.save')}</Button><Button onClick={() => setAdding(false)}>{t('core.cancel')}</Button></span>
        </form>
      ) : null}
      <Loaded from={keys} lines={2} compact>
        {(list) => (list.length === 0 ? (adding ? null : <Empty compact icon="key" title={t('models.noKeys')} text={t('models.noKeysText')} />) : (
          <ul className="models-keys">
            {list.map((k) => (
              <li key={k.id}>
                <span className="models-key"><b>{providerName(k.provider)}</b><bdi className="mono faint">{k.key_display}</bdi><span>{mark(k)}</span><small className="faint"><Age at={k.created_at} /></small></span>
                <Menu label={t('models.keyMenu', { provider: providerName(k.provider) })} items={[{ id: 'try', text: t('models.tryKey'), icon: 'play', run: () => void validate(urls.modelKeyValidate(k.provider)) }, { id: 'remove', text: t('models.removeKey'), icon: 'trash', danger: true, separator: true, run: () => setRemoving(k) }]} />
              </li>
            ))}
          </ul>
        ))}
      </Loaded>
      {removing ? <ConfirmDialog title={t('models.removeTitle', { provider: providerName(removing.provider) })} name={providerName(removing.provider)} action={t('models.removeKey')} onClose={() => setRemoving(null)} run={async () => { await send('DELETE', urls.modelKey(removing.provider)); invalidate(urls.modelKeys, '/api/ai/status'); }}><p>{t('models.removeText')}</p></ConfirmDialog> : null}
    </Card>
  );
}

function Usage() {
  const t = useT();
  const usage = useResource(paths.modelUsage(30), { everyMs: 60_000 });
  return (
    <Card title={t('models.usage')} sub={t('models.usageSub')}>
      <Loaded from={usage} lines={5}>{(u) => (u.days.length === 0 ? <Empty compact icon="chart" title={t('models.noUsage')} text={t('models.noUsageText')} /> : <UsageBody usage={u} />)}</Loaded>
    </Card>
  );
}

const dayMs = 86_400_000;

function UsageBody({ usage }: { usage: ModelUsage }) {
  const t = useT();
  const days = useMemo(() => {
    const today = Math.floor(Date.now() / dayMs) * dayMs;
    const of = new Map<number, { good: number; bad: number; calls: number }>();
    for (const d of usage.days) {
      const at = Date.parse(d.day);
      const sum = of.get(at) ?? { good: 0, bad: 0, calls: 0 };
      sum.calls += d.calls;
      if (d.outcome === 'ok') sum.good += d.calls; else sum.bad += d.calls;
      of.set(at, sum);
    }
    return Array.from({ length: 30 }, (_, i) => { const at = today - (29 - i) * dayMs; return { at, ...(of.get(at) ?? { good: 0, bad: 0, calls: 0 }) }; });
  }, [usage]);
  const top = Math.max(1, ...days.map((d) => d.calls));
  const total = usage.days.reduce((a, d) => ({ calls: a.calls + d.calls, tokens: a.tokens + d.input_tokens + d.output_tokens, cost: d.cost_usd === null ? a.cost : (a.cost ?? 0) + d.cost_usd, bad: a.bad + (d.outcome === 'ok' ? 0 : d.calls) }), { calls: 0, tokens: 0, cost: null as number | null, bad: 0 });
  const label = (ms: number) => new Date(ms).toLocaleDateString(document.documentElement.lang || undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return (
    <div className="stack">
      <div className="models-figures">
        <Figure label={t('models.calls')} text={showNumber(total.calls)} />
        <Figure label={t('models.tokensUsed')} text={showNumber(total.tokens)} />
        <Figure label={t('models.cost')} text={total.cost === null ? '–' : `${showNumber(total.cost, 2)} USD`} {...(total.cost === null ? { foot: t('models.noPrice') } : {})} />
        <Figure label={t('models.without')} text={showNumber(total.bad)} />
      </div>
      <figure className="models-chart">
        <svg viewBox={`0 0 ${days.length * 20} 120`} preserveAspectRatio="none" role="img" aria-label={t('models.chart', { calls: total.calls, bad: total.bad })}>
          {days.map((d, i) => {
            const good = (d.good / top) * 116;
            const bad = (d.bad / top) * 116;
            return <g key={d.at}><title>{`${label(d.at)}: ${d.good} + ${d.bad}`}</title><rect className="models-hit" x={i * 20} y={0} width={20} height={120} />{d.good > 0 ? <rect className="models-good" x={i * 20 + 3} y={120 - good} width={14} height={good} /> : null}{d.bad > 0 ? <rect className="models-bad" x={i * 20 + 3} y={120 - good - bad} width={14} height={bad} /> : null}</g>;
          })}
        </svg>
        <figcaption className="faint"><span>{label(days[0]?.at ?? 0)}</span><span><i className="models-good" />{t('models.good')} <i className="models-bad" />{t('models.withoutShort')}</span><span>{label(days.at(-1)?.at ?? 0)}</span></figcaption>
      </figure>
      {usage.budgets.some((b) => b.limit !== null) ? (
        <ul className="models-budgets">{usage.budgets.filter((b) => b.limit !== null).map((b) => { const part = Math.min(100, (b.spent / (b.limit ?? 1)) * 100); return <li key={b.name}><span>{tDynamic(`models.budget.${b.name}`, b.name)}</span><span className="num faint">{showNumber(b.spent, b.name.endsWith('usd') ? 2 : 0)} / {showNumber(b.limit ?? 0)}</span><Meter thin value={part} status={levelOf(part, 80, 100)} ticks={[80]} label={tDynamic(`models.budget.${b.name}`, b.name)} /></li>; })}</ul>
      ) : null}
      <div className="models-tables"><Sums title={t('models.byFeature')} rows={usage.features.map((f) => ({ ...f, name: tDynamic(`models.feature.${f.name}`, f.name.replaceAll('_', ' ')) }))} /><Sums title={t('models.byUser')} rows={usage.users} /></div>
    </div>
  );
}

function Figure({ label, text, foot }: { label: string; text: string; foot?: string }) {
  return <span className="models-figure"><small>{label}</small><b className="num">{text}</b>{foot ? <small className="faint">{foot}</small> : null}</span>;
}

function Sums({ title, rows }: { title: string; rows: ModelUsage['features'] }) {
  const t = useT();
  return (
    <table className="models-sums">
      <caption>{title}</caption>
      <thead><tr><th scope="col">{t('core.name')}</th><th scope="col" className="num">{t('models.calls')}</th><th scope="col" className="num">{t('models.tokensUsed')}</th></tr></thead>
      <tbody>{rows.map((r) => <tr key={r.name}><th scope="row"><bdi>{r.name}</bdi></th><td className="num">{showNumber(r.calls)}</td><td className="num">{showNumber(r.input_tokens + r.output_tokens)}</td></tr>)}</tbody>
    </table>
  );
}
