// The web application firewall of a site, where the engine has one, and the rules of the core set by name.
import { useId, useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { CoreRule, Site, SiteSecurity } from '../../api/edge';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Field, Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { toast } from '../../ui/toasts';
import { Replay } from './Findings';
import { runsWaf, wafModule } from './states';

const levels = ['1', '2', '3', '4'] as const;

export type Known = ReadonlyMap<number, CoreRule>;

/** The rules of the core set by number; empty until they are there. */
export function useCoreRules(): Known {
  const rules = useResource(paths.coreRules).data;
  return useMemo(() => new Map((rules ?? []).map((r) => [r.id, r])), [rules]);
}

/** A rule by its number, found by what it finds. */
export function RulePicker({ value, onChange, known }: { value: string; onChange: (value: string) => void; known: Known }) {
  const t = useT();
  const list = useId();
  const rule = known.get(Number(value));
  return (
    <Field label={t('sites.crsRule')} help={rule ? <bdi>{rule.description}</bdi> : undefined}>
      {({ id, describedBy }) => (
        <>
          <input id={id} className="input mono" list={list} value={value} onChange={(e) => onChange(e.target.value)} placeholder="942100" autoComplete="off" spellCheck={false} aria-describedby={describedBy} />
          <datalist id={list}>{[...known.values()].map((r) => <option key={r.id} value={r.id} label={t('sites.ruleOption', { text: r.description, level: r.paranoia })} />)}</datalist>
        </>
      )}
    </Field>
  );
}

export function Waf({ site, security, onSaved }: { site: Site; security: SiteSecurity; onSaved: () => void }) {
  const t = useT();
  const engine = useResource(paths.engineStatus).data;
  if (engine && runsWaf(engine)) return <WafForm site={site} security={security} onSaved={onSaved} />;
  return (
    <Card title={t('sites.firewall')}>
      <p><StatusMark status="unknown" word={engine?.engine === 'caddy' ? t('sites.firewallNoModule', { module: wafModule }) : t('sites.firewallMissing')} /></p>
      <p className="faint site-note">{t('sites.firewallText')}</p>
    </Card>
  );
}

const stances = ['off', 'detect', 'block'] as const;
type Stance = (typeof stances)[number];
function stanceOf(security: Pick<SiteSecurity, 'waf_enabled' | 'waf_mode'>): Stance { return security.waf_enabled ? security.waf_mode : 'off'; }

function WafForm({ site, security, onSaved }: { site: Site; security: SiteSecurity; onSaved: () => void }) {
  const t = useT();
  const may = useCan('edge:security');
  const [stance, setStance] = useState<Stance>(stanceOf(security));
  const [level, setLevel] = useState<(typeof levels)[number]>(levels.find((l) => l === String(security.waf_paranoia)) ?? '1');
  const [status, setStatus] = useState(String(security.waf_block_status));
  const [body, setBody] = useState(security.waf_block_body);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    setBusy(true);
    setError(null);
    const { host_id, updated_at, exclusions, custom_rules, ...rest } = security;
    try {
      await send('PUT', urls.siteSecurity(site.id), { ...rest, waf_enabled: stance !== 'off', waf_mode: stance === 'off' ? security.waf_mode : stance, waf_paranoia: Number(level), waf_block_status: Number(status) || 0, waf_block_body: body });
      toast({ level: 'ok', text: t('sites.saved') });
      onSaved();
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <Card title={t('sites.firewall')} sub={t('sites.firewallSub')}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <fieldset className="choice" aria-label={t('sites.wafMode')}>{stances.map((id) => <button key={id} type="button" aria-pressed={stance === id} onClick={() => setStance(id)}><b>{t(`sites.stance.${id}`)}</b><small>{t(`sites.stanceText.${id}`)}</small></button>)}</fieldset>
        {stance === 'block' && stanceOf(security) !== 'block' ? <Replay site={site} level={level === String(security.waf_paranoia) ? null : String(security.waf_paranoia)} /> : null}
        {stance === 'off' ? null : (
          <div className="fieldrow">
            <Select label={t('sites.wafParanoia')} value={level} onChange={setLevel} options={levels.map((id) => ({ id, text: t(`sites.paranoia.${id}`) }))} />
            {stance === 'block' ? <TextField label={t('sites.limitStatus')} value={status} onChange={setStatus} inputMode="numeric" /> : null}
            {stance === 'block' ? <TextField label={t('sites.wafBody')} value={body} onChange={setBody} optional /> : null}
          </div>
        )}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <div className="row"><Button type="submit" kind="primary" icon="save" busy={busy} writes reason={may ? undefined : t('core.needsPermission', { permission: 'edge:security' })}>{t('sites.save')}</Button></div>
      </form>
    </Card>
  );
}
