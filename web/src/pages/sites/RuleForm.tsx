// One rule: conditions that must all hold, and what then happens.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { Pool, Rule, RuleAction, RuleMatcher, Site } from '../../api/edge';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, Switch, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { TryRequest } from './TryRequest';

type MatcherType = RuleMatcher['type'];
type ActionType = RuleAction['type'];
interface Condition { type: MatcherType; name: string; text: string; regex: boolean; negate: boolean }
interface Draft { name: string; conditions: Condition[]; action: ActionType; pool: string; status: string; target: string; keepQuery: boolean; body: string; contentType: string; path: string; prefix: string; query: string; atOnce: string }

const matcherTypes: readonly MatcherType[] = ['path', 'path_exact', 'method', 'header', 'query', 'remote_ip', 'host_header'];
const actionTypes: readonly ActionType[] = ['forward', 'redirect', 'fixed_response', 'block', 'rewrite'];

export function listOf(text: string): string[] { return text.split(/[\s,]+/).filter((x) => x !== ''); }

function conditionOf(m: RuleMatcher): Condition {
  const base = { type: m.type, name: '', text: '', regex: false, negate: false };
  switch (m.type) {
    case 'path': return { ...base, text: m.config.patterns.join(', ') };
    case 'path_exact': case 'host_header': return { ...base, text: m.config.values.join(', ') };
    case 'method': return { ...base, text: m.config.methods.join(', ') };
    case 'header': return { ...base, name: m.config.name, text: m.config.value, regex: m.config.mode === 'regex' };
    case 'query': return { ...base, name: m.config.name, text: m.config.value };
    case 'remote_ip': return { ...base, text: m.config.ranges.join(', '), negate: m.config.negate };
  }
}

export function matcherOf(c: Condition): RuleMatcher {
  switch (c.type) {
    case 'path': return { type: 'path', config: { patterns: listOf(c.text) } };
    case 'path_exact': return { type: 'path_exact', config: { values: listOf(c.text) } };
    case 'host_header': return { type: 'host_header', config: { values: listOf(c.text) } };
    case 'method': return { type: 'method', config: { methods: listOf(c.text) } };
    case 'header': return { type: 'header', config: { name: c.name.trim(), value: c.text, mode: c.regex ? 'regex' : 'exact' } };
    case 'query': return { type: 'query', config: { name: c.name.trim(), value: c.text } };
    case 'remote_ip': return { type: 'remote_ip', config: { ranges: listOf(c.text), negate: c.negate } };
  }
}

function draftOf(rule: Rule | null, pools: readonly Pool[]): Draft {
  const empty: Draft = { name: rule?.name ?? '', conditions: rule ? rule.matchers.map(conditionOf) : [{ type: 'path', name: '', text: '/', regex: false, negate: false }], action: rule?.action.type ?? 'forward', pool: String(pools[0]?.id ?? ''), status: '301', target: '', keepQuery: true, body: '', contentType: '', path: '', prefix: '', query: '', atOnce: rule && rule.requests_at_once_max > 0 ? String(rule.requests_at_once_max) : '' };
  const a = rule?.action;
  if (!a) return empty;
  switch (a.type) {
    case 'forward': return { ...empty, pool: String(a.config.target_group_id) };
    case 'redirect': return { ...empty, status: String(a.config.status_code), target: a.config.target, keepQuery: !a.config.strip_query };
    case 'fixed_response': return { ...empty, status: String(a.config.status_code), body: a.config.body, contentType: a.config.content_type };
    case 'rewrite': return { ...empty, path: a.config.path, prefix: a.config.strip_prefix, query: a.config.query };
    case 'block': return empty;
  }
}

function actionOf(d: Draft): RuleAction {
  switch (d.action) {
    case 'forward': return { type: 'forward', config: { target_group_id: Number(d.pool) } };
    case 'redirect': return { type: 'redirect', config: { status_code: Number(d.status), target: d.target.trim(), strip_query: !d.keepQuery } };
    case 'fixed_response': return { type: 'fixed_response', config: { status_code: Number(d.status), body: d.body, content_type: d.contentType.trim() } };
    case 'block': return { type: 'block', config: {} };
    case 'rewrite': return { type: 'rewrite', config: { path: d.path.trim(), strip_prefix: d.prefix.trim(), query: d.query.trim() } };
  }
}

export function RuleForm({ site, rule, pools, onClose, onSaved }: { site: Site; rule: Rule | null; pools: readonly Pool[]; onClose: () => void; onSaved: () => void }) {
  const t = useT();
  const [draft, setDraft] = useState(() => draftOf(rule, pools));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const set = (change: Partial<Draft>) => { setDraft({ ...draft, ...change }); setError(null); };
  const setCondition = (at: number, change: Partial<Condition>) => set({ conditions: draft.conditions.map((c, n) => (n === at ? { ...c, ...change } : c)) });
  const body = { name: draft.name.trim(), action: actionOf(draft), matchers: draft.conditions.map(matcherOf), requests_at_once_max: Number(draft.atOnce) || 0 };
  const save = async () => {
    setBusy(true);
    try {
      if (rule) await send('PUT', urls.siteRule(site.id, rule.id), { ...body, priority: rule.priority, enabled: rule.enabled });
      else await send('POST', urls.siteRules(site.id), body);
      onSaved();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={rule ? t('sites.editRule') : t('sites.addRule')} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" busy={busy} writes onClick={() => void save()}>{t('sites.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <TextField label={t('sites.ruleName')} value={draft.name} onChange={(name) => set({ name })} optional autoComplete="off" />
        <div className="conditions">
          <h3>{t('sites.whenTitle')}</h3>
          {draft.conditions.map((c, n) => (
            <div key={n} className="condition">
              <Select label={t('sites.condition')} value={c.type} onChange={(type) => setCondition(n, { type, name: '', text: type === 'path' || type === 'path_exact' ? '/' : type === 'host_header' ? site.domain : '' })} options={matcherTypes.map((id) => ({ id, text: t(`sites.match.${id}`) }))} />
              <div className="fieldrow">
                {c.type === 'header' || c.type === 'query' ? <TextField label={t('sites.name')} value={c.name} onChange={(name) => setCondition(n, { name })} mono autoComplete="off" /> : null}
                <TextField label={t(`sites.matchValue.${c.type}`)} value={c.text} onChange={(text) => setCondition(n, { text })} mono autoComplete="off" />
                {c.type === 'header' ? <Switch label={t('sites.regex')} checked={c.regex} onChange={(regex) => setCondition(n, { regex })} /> : null}
                {c.type === 'remote_ip' ? <Switch label={t('sites.negate')} checked={c.negate} onChange={(negate) => setCondition(n, { negate })} /> : null}
              </div>
              <Button kind="quiet" icon="trash" label={t('sites.removeCondition')} disabled={draft.conditions.length === 1} onClick={() => set({ conditions: draft.conditions.filter((_, m) => m !== n) })} />
            </div>
          ))}
          <div className="row"><Button small icon="plus" onClick={() => set({ conditions: [...draft.conditions, { type: 'method', name: '', text: 'GET', regex: false, negate: false }] })}>{t('sites.addCondition')}</Button></div>
        </div>
        <Select label={t('sites.thenTitle')} value={draft.action} onChange={(action) => set({ action, status: action === 'fixed_response' ? '200' : '301' })} options={actionTypes.map((id) => ({ id, text: t(`sites.action.${id}`) }))} />
        {draft.action === 'forward' ? <Select label={t('sites.pool')} value={draft.pool} onChange={(pool) => set({ pool })} options={pools.map((p) => ({ id: String(p.id), text: p.name }))} /> : null}
        {draft.action === 'redirect' ? <><div className="fieldrow"><Select label={t('sites.status')} value={draft.status} onChange={(status) => set({ status })} options={['301', '302', '307', '308'].map((id) => ({ id, text: id }))} /><TextField label={t('sites.redirectTo')} value={draft.target} onChange={(target) => set({ target })} placeholder="https://new.example.org{http.request.uri}" mono required /></div><Switch label={t('sites.keepQuery')} checked={draft.keepQuery} onChange={(keepQuery) => set({ keepQuery })} /></> : null}
        {draft.action === 'fixed_response' ? <><div className="fieldrow"><TextField label={t('sites.status')} value={draft.status} onChange={(status) => set({ status })} inputMode="numeric" /><TextField label={t('sites.contentType')} value={draft.contentType} onChange={(contentType) => set({ contentType })} optional placeholder="text/plain; charset=utf-8" mono /></div><div className="field"><label htmlFor="rule-body">{t('sites.body')}</label><textarea id="rule-body" className="input mono" rows={4} value={draft.body} onChange={(e) => set({ body: e.target.value })} /></div></> : null}
        {draft.action === 'rewrite' ? <div className="fieldrow"><TextField label={t('sites.stripPrefix')} value={draft.prefix} onChange={(prefix) => set({ prefix })} optional placeholder="/api" mono /><TextField label={t('sites.newPath')} value={draft.path} onChange={(path) => set({ path })} optional mono /><TextField label={t('sites.newQuery')} value={draft.query} onChange={(query) => set({ query })} optional mono /></div> : null}
        <TextField label={t('sites.atOnce')} value={draft.atOnce} onChange={(atOnce) => set({ atOnce })} inputMode="numeric" placeholder={t('sites.noLimit')} optional help={t('sites.atOnceRule')} />
        <section className="try"><h3>{t('sites.tryTitle')}</h3><TryRequest site={site} draft={{ ...body, ...(rule ? { priority: rule.priority } : {}) }} {...(rule ? { replaces: rule.id } : {})} /></section>
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}
