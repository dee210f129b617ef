// "When [CPU] is [above] [90 %] for [5 min] tell [ops] as [warning]", with the last seven days beneath it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { AlertRule, Channel } from '../../api/shapes';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import { severityWord } from '../../i18n/words';
import { useDraft } from '../../state/draft';
import { Button } from '../../ui/Button';
import { DraftNote } from '../../ui/DraftNote';
import { Field, Select, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { ActionField, deedBody, deedOf } from './ActionField';
import { ConditionBuilder } from './ConditionBuilder';
import { EscalationTiers, type Tier, tiersBody, tiersOf, Told } from './EscalationTiers';
import { Preview } from './Preview';
import { incidentSeverities } from './severities';
import { readTerms, type Terms, writeTerms } from './terms';

const durations = [0, 60, 300, 900, 1800, 3600];
const cooldowns = [300, 900, 3600, 14400, 86400];

function withChoice(list: readonly number[], value: number): number[] { return list.includes(value) ? [...list] : [...list, value].sort((a, b) => a - b); }

export function RuleEditor({ rule, metric, channels, onClose }: { rule: AlertRule | null; metric: string; channels: readonly Channel[]; onClose: () => void }) {
  const t = useT();
  const [raw, setRaw] = useState(rule?.condition ?? (metric ? `${metric} > 0` : 'cpu_percent > 90'));
  const [terms, setTerms] = useState<Terms | null>(() => readTerms(raw));
  const [forS, setForS] = useState(rule?.for_s ?? 300);
  const [severity, setSeverity] = useState<string>(rule?.severity ?? 'warning');
  const [told, setTold] = useState<readonly string[]>(() => (rule?.channels ?? []).map(String));
  const [name, setName] = useState(rule?.name ?? '');
  const [message, setMessage] = useState(rule && rule.message !== rule.condition && rule.message !== rule.name ? (rule.message ?? '') : '');
  const [cooldown, setCooldown] = useState(rule?.cooldown ?? rule?.cooldown_s ?? 300);
  const [clear, setClear] = useState(rule?.clear_condition ?? '');
  const [group, setGroup] = useState(rule?.group ?? '');
  const [groupBy, setGroupBy] = useState((rule?.group_by ?? []).join(', '));
  const [depends, setDepends] = useState((rule?.depends_on ?? []).join(', '));
  const [tiers, setTiers] = useState<Tier[]>(() => tiersOf(rule?.escalation));
  const [deed, setDeed] = useState(() => deedOf(rule?.action, rule?.autonomy));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const builtin = rule?.builtin ?? false;
  const draft = useDraft(`alert-rule/${rule?.id ?? (metric ? `new/${metric}` : 'new')}`, { raw, forS, severity, told, name, message, cooldown, clear, group, groupBy, depends, tiers, deed: { ...deed, stored: null } }, (d) => {
    setRaw(d.raw); setTerms(readTerms(d.raw)); setForS(d.forS); setSeverity(d.severity); setTold(d.told ?? []); setName(d.name); setMessage(d.message);
    setCooldown(d.cooldown); setClear(d.clear); setGroup(d.group); setGroupBy(d.groupBy); setDepends(d.depends); setTiers(d.tiers); setDeed(d.deed?.autonomy ? { ...d.deed, stored: deed.stored } : deed);
  });
  const change = (next: Terms) => { setTerms(next); setRaw(writeTerms(next)); };
  const words = (text: string) => text.split(',').map((w) => w.trim()).filter((w) => w !== '');
  const save = async () => {
    setBusy(true);
    setError(null);
    const body = { condition: raw.trim(), severity, channels: told.map((id) => channels.find((c) => String(c.id) === id)?.id ?? id), enabled: rule?.enabled ?? true, ...(builtin ? {} : { name: name.trim(), message: message.trim() || name.trim() || raw.trim(), for_s: forS, cooldown, clear_condition: clear.trim() || null, group: group.trim(), group_by: words(groupBy), depends_on: words(depends), escalation: tiersBody(tiers, channels), ...deedBody(deed) }) };
    try {
      if (rule) await send('PUT', urls.alertRule(rule.id), body); else await send('POST', urls.alertRules, body);
      invalidate(urls.alertRules, '/api/ui/attention');
      toast({ level: 'ok', text: t('rules.saved') });
      draft.forget();
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer kind="sheet" title={rule ? t('rules.edit') : t('rules.new')} onClose={onClose} footer={<><Button onClick={() => { draft.forget(); onClose(); }}>{t('core.cancel')}</Button><Button kind="primary" writes busy={busy} onClick={() => void save()}>{t('rules.save')}</Button></>}>
      <form className="stack rule-form" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <DraftNote draft={draft} />
        {builtin ? <p className="banner banner-info">{t('rules.builtinNote')}</p> : null}
        <div className="sentence">
          {terms ? <ConditionBuilder terms={terms} disabled={builtin} onChange={change} /> : <p className="muted">{t('rules.rawOnly')}</p>}
          <div className="builder-row">
            <span>{t('rules.for')}</span>
            <Select hideLabel label={t('rules.duration')} value={String(forS)} disabled={builtin} onChange={(v) => setForS(Number(v))} options={withChoice(durations, forS).map((x) => ({ id: String(x), text: x === 0 ? t('rules.once') : span(x) }))} />
            <span>{t('rules.tell')}</span>
            <Told label={t('rules.channel')} chosen={told} channels={channels} onChange={setTold} />
            <span>{t('rules.as')}</span>
            <Select hideLabel label={t('rules.severity')} value={severity} onChange={setSeverity} options={incidentSeverities.map((x) => ({ id: x as string, text: severityWord(x) }))} />
          </div>
        </div>
        <Preview condition={raw.trim()} clear={clear.trim()} forS={forS} severity={severity} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <details open={!terms} className="rule-more">
          <summary>{t('rules.more')}</summary>
          <div className="stack">
            <TextField label={t('rules.name')} value={name} onChange={setName} optional disabled={builtin} maxLength={120} />
            <TextField label={t('rules.message')} value={message} onChange={setMessage} optional disabled={builtin} help={t('rules.messageHelp')} />
            <Select label={t('rules.cooldown')} value={String(cooldown)} disabled={builtin} onChange={(v) => setCooldown(Number(v))} options={withChoice(cooldowns, cooldown).map((s) => ({ id: String(s), text: span(s) }))} />
            {builtin ? null : (
              <>
                <EscalationTiers tiers={tiers} channels={channels} onChange={setTiers} />
                <ActionField deed={deed} silenceMinutes={rule?.auto_approve_timeout ?? 15} onChange={setDeed} />
                <TextField label={t('cond.clear')} value={clear} onChange={setClear} optional mono help={t('cond.clearHelp')} />
                <div className="form-grid">
                  <TextField label={t('cond.group')} value={group} onChange={setGroup} optional help={t('cond.groupHelp')} />
                  <TextField label={t('cond.groupBy')} value={groupBy} onChange={setGroupBy} optional help={t('cond.groupByHelp')} />
                </div>
                <TextField label={t('cond.depends')} value={depends} onChange={setDepends} optional mono help={t('cond.dependsHelp')} />
              </>
            )}
            <Field label={t('rules.raw')} help={t('rules.rawHelp')}>{({ id, describedBy }) => <textarea id={id} aria-describedby={describedBy} className="input mono" rows={3} value={raw} onChange={(e) => { setRaw(e.target.value); setTerms(readTerms(e.target.value)); }} />}</Field>
          </div>
        </details>
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
