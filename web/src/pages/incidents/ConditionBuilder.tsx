// The rows of a condition: what, which question about it, compared with what; joined by and/or.
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Form';
import { MetricField, unitOf, useRuleSeries } from './MetricField';
import { type Operator, subjects } from './sentence';
import { type Kind, kinds, newTerm, overs, type Term, type Terms } from './terms';

export function ConditionBuilder({ terms, disabled, onChange }: { terms: Terms; /** Built-in rules: only numbers may change. */ disabled: boolean; onChange: (terms: Terms) => void }) {
  const t = useT();
  const set = (key: number, part: Partial<Term>) => onChange({ ...terms, list: terms.list.map((x) => (x.key === key ? { ...x, ...part } : x)) });
  const add = () => onChange({ ...terms, list: [...terms.list, newTerm(Math.max(...terms.list.map((x) => x.key)) + 1, 'mem_percent')] });
  return (
    <div className="builder">
      {terms.list.map((term, n) => (
        <div className="builder-row" key={term.key}>
          {n === 0 ? <span>{t('rules.when')}</span> : n === 1 && !disabled ? <Select hideLabel label={t('cond.join')} value={terms.join} onChange={(join) => onChange({ ...terms, join })} options={[{ id: 'AND', text: t('cond.and') }, { id: 'OR', text: t('cond.or') }]} /> : <span>{terms.join === 'AND' ? t('cond.and') : t('cond.or')}</span>}
          <Row term={term} disabled={disabled} onChange={(part) => set(term.key, part)} />
          {terms.list.length > 1 && !disabled ? <Button kind="quiet" icon="close" label={t('cond.remove')} onClick={() => onChange({ ...terms, list: terms.list.filter((x) => x.key !== term.key) })} /> : null}
        </div>
      ))}
      {disabled ? null : <div><Button small icon="plus" onClick={add}>{t('cond.add')}</Button></div>}
    </div>
  );
}

function Row({ term, disabled, onChange }: { term: Term; disabled: boolean; onChange: (part: Partial<Term>) => void }) {
  const t = useT();
  const known = subjects.find((s) => s.metric === term.metric);
  const unit = unitOf(useRuleSeries(), term.metric);
  const textual = known?.label === 'service';
  const operators: readonly { id: Operator; text: string }[] = [{ id: '>', text: t('rules.above') }, { id: '>=', text: t('rules.atLeast') }, { id: '<', text: t('rules.below') }, { id: '<=', text: t('rules.atMost') }, { id: '==', text: t('rules.equals') }, { id: '!=', text: t('rules.differs') }];
  const chooseSubject = (id: string) => {
    const s = subjects.find((x) => x.id === id);
    if (!s) onChange({ metric: '', value: '0' });
    else onChange({ metric: s.metric, operator: s.operator, value: s.value, ...(s.label === 'service' ? { kind: 'value' as Kind } : {}) });
  };
  const compares = term.kind !== 'absent' && term.kind !== 'anomaly';
  const windowed = term.kind !== 'value' && term.kind !== 'anomaly';
  return (
    <>
      {term.not ? <span className="tag">{t('cond.not')}</span> : null}
      <Select hideLabel label={t('rules.subject')} value={known?.id ?? 'metric'} disabled={disabled} onChange={chooseSubject} options={[...subjects.map((s) => ({ id: s.id, text: t(`rules.subject.${s.label}`) })), { id: 'metric', text: t('rules.subject.metric') }]} />
      {known ? null : <MetricField value={term.metric} disabled={disabled} onChange={(metric) => onChange({ metric })} />}
      <Select hideLabel label={t('cond.kind')} value={term.kind} disabled={disabled} onChange={(kind) => onChange({ kind })} options={(textual ? kinds.slice(0, 1) : kinds).map((k) => ({ id: k, text: t(`cond.${k}`) }))} />
      {windowed ? <Select hideLabel label={t('cond.over')} value={term.over} disabled={disabled} onChange={(over) => onChange({ over })} options={[...new Set([...overs, term.over])].map((o) => ({ id: o as string, text: o }))} /> : null}
      {compares ? (
        <>
          <Select hideLabel label={t('rules.operator')} value={term.operator} disabled={disabled} onChange={(operator) => onChange({ operator })} options={textual ? operators.slice(4) : operators} />
          <span className="sentence-value"><input className="input num" inputMode={textual ? 'text' : 'decimal'} aria-label={t('rules.value')} value={term.value} onChange={(e) => onChange({ value: e.target.value })} />{term.kind !== 'rate' && (known?.unit || unit) ? <span className="faint">{known?.unit || unit}</span> : null}</span>
        </>
      ) : null}
    </>
  );
}
