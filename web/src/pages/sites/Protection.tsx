// Protection of a site: who may come, how much, and the rules kept for the firewall. What is not there yet says so.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { CustomRule, Site, SiteSecurity } from '../../api/edge';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { Select, Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { SiteSwitch } from './SitePage';
import { RulePicker, useCoreRules, Waf } from './Waf';

export function Protection({ site }: { site: Site }) {
  const t = useT();
  const security = useResource(paths.siteSecurity(site.id));
  return (
    <Loaded from={security} lines={6}>
      {(s) => (
        <div className="stack">
          <Card title={t('sites.whoMayCome')}>
            <div className="stack"><SiteSwitch site={site} member="lan_only" label={t('sites.lanOnly')} /><SiteSwitch site={site} member="auth_required" label={t('sites.signIn')} />{site.auth_required ? <div className="site-under"><SiteSwitch site={site} member="auth_json" label={t('sites.authJson')} /><p className="faint site-note">{t('sites.authJsonText')}</p></div> : null}</div>
          </Card>
          <Limit key={String(s.updated_at)} site={site} security={s} />
          <Inspection site={site} security={s} />
          <Firewall site={site} security={s} />
        </div>
      )}
    </Loaded>
  );
}

function changed(id: number) { invalidate(urls.siteSecurity(id), urls.edgeOverview, urls.engineStatus); }

/** The members a change sends back whole. */
function bodyOf(s: SiteSecurity): Record<string, unknown> {
  const { host_id, updated_at, exclusions, custom_rules, ...body } = s;
  return body;
}

function Limit({ site, security }: { site: Site; security: SiteSecurity }) {
  const t = useT();
  const may = useCan('edge:security');
  const [on, setOn] = useState(security.rate_limit_enabled);
  const [requests, setRequests] = useState(String(security.rate_limit_requests || 100));
  const [seconds, setSeconds] = useState(String(security.rate_limit_window_seconds || 60));
  const [key, setKey] = useState(security.rate_limit_key);
  const [header, setHeader] = useState(security.rate_limit_header_name);
  const [status, setStatus] = useState(String(security.rate_limit_status));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await send('PUT', urls.siteSecurity(site.id), { ...bodyOf(security), rate_limit_enabled: on, rate_limit_requests: Number(requests) || 0, rate_limit_window_seconds: Number(seconds) || 0, rate_limit_key: key, rate_limit_header_name: header.trim(), rate_limit_status: Number(status) || 0 });
      toast({ level: 'ok', text: t('sites.saved') });
      changed(site.id);
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <Card title={t('sites.limitTitle')} sub={t('sites.limitSub')}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <Switch label={t('sites.limit')} checked={on} onChange={setOn} />
        {on ? <div className="fieldrow"><TextField label={t('sites.limitRequests')} value={requests} onChange={setRequests} inputMode="numeric" /><TextField label={t('sites.limitSeconds')} value={seconds} onChange={setSeconds} inputMode="numeric" /><Select label={t('sites.limitKey')} value={key} onChange={setKey} options={(['ip', 'header', 'global'] as const).map((id) => ({ id, text: t(`sites.key.${id}`) }))} />{key === 'header' ? <TextField label={t('sites.name')} value={header} onChange={setHeader} placeholder="X-Api-Key" mono /> : null}<TextField label={t('sites.limitStatus')} value={status} onChange={setStatus} inputMode="numeric" /></div> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <div className="row"><Button type="submit" kind="primary" icon="save" busy={busy} writes reason={may ? undefined : t('core.needsPermission', { permission: 'edge:security' })}>{t('sites.save')}</Button></div>
      </form>
    </Card>
  );
}

/** Whether the firewall of CrowdSec, which looks at every site, looks at this one. */
function Inspection({ site, security }: { site: Site; security: SiteSecurity }) {
  const t = useT();
  const may = useCan('edge:security') ? undefined : t('core.needsPermission', { permission: 'edge:security' });
  const firewall = useResource(paths.appsecStatus).data;
  const [busy, setBusy] = useState(false);
  const set = async (on: boolean) => {
    setBusy(true);
    try { await send('PUT', urls.siteSecurity(site.id), { ...bodyOf(security), appsec_exempt: !on }); toast({ level: 'ok', text: t('sites.saved') }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
    changed(site.id);
  };
  const mode = firewall?.mode === 'block' || firewall?.mode === 'detect' ? firewall.mode : 'off';
  return (
    <Card title={t('sites.appsec')} sub={t('sites.appsecSub')}>
      <div className="stack">
        {firewall ? <p><StatusMark status={mode === 'off' ? 'unknown' : firewall.reachable === false ? 'warning' : 'ok'} word={firewall.reachable === false ? t('sites.appsecAway') : t(`sites.appsecMode.${mode}`)} /></p> : null}
        <Switch label={t('sites.appsecOn')} checked={!security.appsec_exempt} onChange={(on) => void set(on)} disabled={busy} reason={may} />
        <div><SiteSwitch site={site} member="true_detect_mode" label={t('sites.detectOnly')} /><p className="faint site-note">{t('sites.detectOnlyText')}</p></div>
      </div>
    </Card>
  );
}

function Firewall({ site, security }: { site: Site; security: SiteSecurity }) {
  const t = useT();
  const operate = useCan('edge:operate') ? undefined : t('core.needsPermission', { permission: 'edge:operate' });
  const secure = useCan('edge:security') ? undefined : t('core.needsPermission', { permission: 'edge:security' });
  const [rule, setRule] = useState('');
  const [path, setPath] = useState('');
  const [reason, setReason] = useState('');
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [editing, setEditing] = useState<CustomRule | null>(null);
  const [error, setError] = useState<{ at: 'exclusion' | 'own'; text: string } | null>(null);
  const edit = (r: CustomRule | null) => { setEditing(r); setName(r?.name ?? ''); setText(r?.secrule ?? ''); setError(null); };
  const core = useCoreRules();
  const run = (at: 'exclusion' | 'own', work: Promise<unknown>, done: () => void) => { work.then(() => { setError(null); done(); }, (e: unknown) => setError({ at, text: asApiError(e).message })).finally(() => changed(site.id)); };
  const remove = async (url: string) => { await send('DELETE', url); changed(site.id); };
  const toggle = (url: string) => { send('POST', `${url}/toggle`, {}).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(() => changed(site.id)); };
  return (
    <>
      <Waf key={String(security.updated_at)} site={site} security={security} onSaved={() => changed(site.id)} />
      <Card flush title={t('sites.exclusions')} sub={t('sites.exclusionsSub')}>
        {security.exclusions.length === 0 ? <Empty compact icon="shield" title={t('sites.noExclusions')} /> : <ul className="rules">{security.exclusions.map((e) => <li key={e.id} className={e.enabled ? 'rule rule-plain' : 'rule rule-plain rule-off'}><span className="rule-text"><span><b className="num">{e.crs_rule_id}</b> <bdi className="mono">{e.path_pattern || t('sites.everywhere')}</bdi></span>{core.get(e.crs_rule_id) ? <small><bdi>{core.get(e.crs_rule_id)?.description}</bdi></small> : null}{e.reason ? <small className="faint"><bdi>{e.reason}</bdi></small> : null}</span><span className="rule-acts"><Switch hideLabel label={t('sites.ruleOn')} checked={e.enabled} reason={operate} onChange={() => toggle(urls.siteExclusion(site.id, e.id))} /><ConfirmInline action={t('sites.remove')} effect={t('sites.removeExclusion')} icon="trash" danger reason={operate} run={() => remove(urls.siteExclusion(site.id, e.id))} /></span></li>)}</ul>}
        <form className="card-body" onSubmit={(e) => { e.preventDefault(); run('exclusion', send('POST', urls.siteExclusions(site.id), { crs_rule_id: Number(rule) || 0, path_pattern: path.trim(), reason: reason.trim() }), () => { setRule(''); setPath(''); setReason(''); }); }}>
          <div className="fieldrow"><RulePicker value={rule} onChange={setRule} known={core} /><TextField label={t('sites.path')} value={path} onChange={setPath} optional placeholder="/search" mono /><TextField label={t('sites.why')} value={reason} onChange={setReason} optional /><div className="field"><span aria-hidden="true">&nbsp;</span><Button type="submit" icon="plus" disabled={rule.trim() === ''} writes reason={operate}>{t('sites.addExclusion')}</Button></div></div>
          {error?.at === 'exclusion' ? <p className="field-error" role="alert">{error.text}</p> : null}
        </form>
      </Card>
      <Card flush title={t('sites.ownRules')} sub={t('sites.ownRulesSub')}>
        {security.custom_rules.length === 0 ? <Empty compact icon="shield" title={t('sites.noOwnRules')} /> : <ul className="rules">{security.custom_rules.map((r) => <li key={r.id} className={r.enabled ? 'rule rule-plain' : 'rule rule-plain rule-off'}><span className="rule-text"><b><bdi>{r.name}</bdi></b><bdi className="mono faint">{r.secrule}</bdi></span><span className="rule-acts"><Button small kind="quiet" icon="edit" label={t('sites.edit')} writes reason={secure} onClick={() => edit(r)} /><Switch hideLabel label={t('sites.ruleOn')} checked={r.enabled} reason={secure} onChange={() => toggle(urls.siteOwnRule(site.id, r.id))} /><ConfirmInline action={t('sites.remove')} effect={t('sites.removeRule')} icon="trash" danger reason={secure} run={() => remove(urls.siteOwnRule(site.id, r.id))} /></span></li>)}</ul>}
        <form className="card-body stack" onSubmit={(e) => { e.preventDefault(); run('own', editing ? send('PUT', urls.siteOwnRule(site.id, editing.id), { name: name.trim(), secrule: text, enabled: editing.enabled }) : send('POST', urls.siteOwnRules(site.id), { name: name.trim(), secrule: text }), () => edit(null)); }}>
          <TextField label={t('sites.name')} value={name} onChange={setName} />
          <div className="field"><label htmlFor="own-rule">{t('sites.secrule')}</label><textarea id="own-rule" className="input mono secrule" value={text} placeholder={'SecRule REQUEST_URI "@contains /old" "id:100001,phase:1,deny,status:403"'} onChange={(e) => setText(e.target.value)} /></div>
          {error?.at === 'own' ? <p className="field-error" role="alert">{error.text}</p> : null}
          <div className="row"><Button type="submit" icon={editing ? 'save' : 'plus'} disabled={name.trim() === '' || text.trim() === ''} writes reason={secure}>{t(editing ? 'sites.save' : 'sites.addOwnRule')}</Button>{editing ? <Button kind="quiet" onClick={() => edit(null)}>{t('core.cancel')}</Button> : null}</div>
        </form>
      </Card>
    </>
  );
}
