// "When [CPU] is [above] [90 %] for [5 min] tell [ops] as [warning]", with the last seven days beneath it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { AlertRule, Channel } from '../../api/shapes';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Field, Select, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { Preview } from './Preview';
import { type Operator, readSentence, type Sentence, subjects, writeCondition } from './sentence';

const durations = [0, 60, 300, 900, 1800, 3600];
const cooldowns = [300, 900, 3600, 14400, 86400];
const severities = ['info', 'warning', 'danger', 'critical'] as const;
const firstSentence: Sentence = { subject: 'cpu', metric: 'cpu_percent', operator: '>', value: '90' };

function withChoice(list: readonly number[], value: number): number[] { return list.includes(value) ? [...list] : [...list, value].sort((a, b) => a - b); }

export function RuleEditor({ rule, metric, channels, onClose }: { rule: AlertRule | null; metric: string; channels: readonly Channel[]; onClose: () => void }) {
  const t = useT();
  const start = rule ? readSentence(rule.condition) : metric ? { subject: 'metric', metric, operator: '>' as const, value: '0' } : firstSentence;
  const [sentence, setSentence] = useState<Sentence | null>(start);
  const [raw, setRaw] = useState(rule?.condition ?? writeCondition(start ?? firstSentence));
  const [forS, setForS] = useState(rule?.for_s ?? 300);
  const [severity, setSeverity] = useState<string>(rule?.severity ?? 'warning');
  const [channel, setChannel] = useState(rule?.channels?.[0] === undefined ? '' : String(rule.channels[0]));
  const [name, setName] = useState(rule?.name ?? '');
  const [message, setMessage] = useState(rule && rule.message !== rule.condition ? (rule.message ?? '') : '');
  const [cooldown, setCooldown] = useState(rule?.cooldown ?? rule?.cooldown_s ?? 300);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const builtin = rule?.builtin ?? false;
  const subject = subjects.find((s) => s.id === sentence?.subject);

  const change = (part: Partial<Sentence>) => {
    const next = { ...(sentence ?? firstSentence), ...part };
    setSentence(next);
    setRaw(writeCondition(next));
  };
  const chooseSubject = (id: string) => {
    const s = subjects.find((x) => x.id === id);
    change(s ? { subject: id, metric: s.metric, operator: s.operator, value: s.value } : { subject: 'metric', metric: metric || 'host_load1', operator: '>', value: '0' });
  };
  const save = async () => {
    setBusy(true);
    setError(null);
    const chosen = channels.find((c) => String(c.id) === channel);
    const body = { condition: raw.trim(), severity, channels: channel === '' ? [] : [chosen?.id ?? channel], enabled: rule?.enabled ?? true, ...(builtin ? {} : { name: name.trim(), message: message.trim() || raw.trim(), for_s: forS, cooldown }) };
    try {
      if (rule) await send('PUT', urls.alertRule(rule.id), body); else await send('POST', urls.alertRules, { ...body, autonomy: 'notify' });
      invalidate(urls.alertRules, '/api/ui/attention');
      toast({ level: 'ok', text: t('rules.saved') });
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  const operators: readonly { id: Operator; text: string }[] = [{ id: '>', text: t('rules.above') }, { id: '>=', text: t('rules.atLeast') }, { id: '<', text: t('rules.below') }, { id: '<=', text: t('rules.atMost') }, { id: '==', text: t('rules.equals') }, { id: '!=', text: t('rules.differs') }];
  const textual = subject?.label === 'service';
  return (
    <Layer kind="sheet" title={rule ? t('rules.edit') : t('rules.new')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" writes busy={busy} onClick={() => void save()}>{t('rules.save')}</Button></>}>
      <form className="stack rule-form" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        {builtin ? <p className="banner banner-info">{t('rules.builtinNote')}</p> : null}
        {sentence ? (
          <div className="sentence">
            <span>{t('rules.when')}</span>
            <Select hideLabel label={t('rules.subject')} value={sentence.subject} disabled={builtin} onChange={chooseSubject} options={[...subjects.map((s) => ({ id: s.id, text: t(`rules.subject.${s.label}`) })), { id: 'metric', text: t('rules.subject.metric') }]} />
            {sentence.subject === 'metric' ? <input className="input mono" aria-label={t('rules.metric')} value={sentence.metric} onChange={(e) => change({ metric: e.target.value })} /> : null}
            <span>{t('rules.is')}</span>
            <Select hideLabel label={t('rules.operator')} value={sentence.operator} onChange={(operator) => change({ operator })} options={textual ? operators.slice(4) : operators} />
            <span className="sentence-value"><input className="input num" inputMode={textual ? 'text' : 'decimal'} aria-label={t('rules.value')} value={sentence.value} onChange={(e) => change({ value: e.target.value })} />{subject?.unit ? <span className="faint">{subject.unit}</span> : null}</span>
            <span>{t('rules.for')}</span>
            <Select hideLabel label={t('rules.duration')} value={String(forS)} disabled={builtin} onChange={(v) => setForS(Number(v))} options={withChoice(durations, forS).map((s) => ({ id: String(s), text: s === 0 ? t('rules.once') : span(s) }))} />
            <span>{t('rules.tell')}</span>
            <Select hideLabel label={t('rules.channel')} value={channel} onChange={setChannel} options={[{ id: '', text: t('rules.broadcast') }, ...channels.map((c) => ({ id: String(c.id), text: c.name }))]} />
            <span>{t('rules.as')}</span>
            <Select hideLabel label={t('rules.severity')} value={severity} onChange={setSeverity} options={severities.map((s) => ({ id: s as string, text: s }))} />
          </div>
        ) : <p className="banner banner-info">{t('rules.rawOnly')}</p>}
        <Preview condition={raw.trim()} forS={forS} severity={severity} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <details open={!sentence} className="rule-more">
          <summary>{t('rules.more')}</summary>
          <div className="stack">
            <TextField label={t('rules.name')} value={name} onChange={setName} optional disabled={builtin} maxLength={120} />
            <TextField label={t('rules.message')} value={message} onChange={setMessage} optional disabled={builtin} help={t('rules.messageHelp')} />
            <Select label={t('rules.cooldown')} value={String(cooldown)} disabled={builtin} onChange={(v) => setCooldown(Number(v))} options={withChoice(cooldowns, cooldown).map((s) => ({ id: String(s), text: span(s) }))} />
            <Field label={t('rules.raw')} help={t('rules.rawHelp')}>{({ id, describedBy }) => <textarea id={id} aria-describedby={describedBy} className="input mono" rows={3} value={raw} onChange={(e) => { setRaw(e.target.value); setSentence(readSentence(e.target.value)); }} />}</Field>
          </div>
        </details>
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
