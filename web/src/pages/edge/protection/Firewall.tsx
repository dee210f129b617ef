// The firewall of CrowdSec (AppSec): its mode, what it found, and the scores from which it acts.
import { useState } from 'react';
import type { AppSecStatus, Tuning } from '../../../api/protection';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { invalidate, useResource } from '../../../api/resource';
import { useCan } from '../../../app/session';
import { showNumber } from '../../../format/numbers';
import { useT } from '../../../i18n';
import { Age } from '../../../ui/Age';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { TextField } from '../../../ui/Form';
import { Loaded } from '../../../ui/StateBlock';
import { toast } from '../../../ui/toasts';
import { Told } from './Told';

const MODES = ['disabled', 'detect', 'block'] as const;

export function Firewall() {
  const t = useT();
  const status = useResource(paths.appsecStatus, { everyMs: 15_000 });
  return <Card title={t('protect.appsec')} sub={t('protect.appsecSub')}><Loaded from={status} lines={4}>{(s) => <Mode status={s} />}</Loaded></Card>;
}

function Mode({ status: s }: { status: AppSecStatus }) {
  const t = useT();
  const metrics = useResource(paths.appsecMetrics('24h'), { everyMs: 30_000 });
  const may = useCan('edge:security') ? undefined : t('core.needsPermission', { permission: 'edge:security' });
  const [busy, setBusy] = useState('');
  const mode = MODES.find((m) => m === s.mode);
  const set = async (wanted: (typeof MODES)[number]) => {
    setBusy(wanted);
    try { await send('PATCH', urls.appsecMode, { mode: wanted }); toast({ level: 'ok', text: t('protect.modeSet') }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy('');
    invalidate(urls.appsecStatus, '/api/appsec/metrics');
  };
  if (!mode) return <div className="stack"><Told status="unknown" text={t('protect.noAppsec')} /><p className="faint protect-note">{t('protect.noAppsecText')}</p></div>;
  const away = s.reachable === false;
  const found = metrics.data;
  // Cut: what is counted is right, but there is more.
  const figures = found && (!found.degraded || found.degraded.code === 'cut') ? found : null;
  const atLeast = found?.degraded?.code === 'cut' ? '≥ ' : '';
  return (
    <div className="stack">
      <div className="protect-modes" role="group" aria-label={t('protect.mode')}>
        {MODES.map((m) => <button key={m} type="button" aria-pressed={m === mode} disabled={may !== undefined || busy !== ''} title={may} onClick={() => { if (m !== mode) void set(m); }}><b>{t(`protect.mode.${m}`)}</b><small>{t(`protect.modeText.${m}`)}</small></button>)}
      </div>
      {away ? <div className="stack"><Told status="warning" text={t(s.fail_open ? 'protect.appsecAwayOpen' : 'protect.appsecAwayShut')} />{s.error ? <p className="faint protect-note">{s.error}</p> : null}</div> : null}
      <dl className="protect-facts">
        <div><dt>{t('protect.hits24h')}</dt><dd className="num">{figures ? atLeast + showNumber(figures.total_hits) : '–'}</dd></div>
        <div><dt>{t('protect.blocked24h')}</dt><dd className="num">{figures ? atLeast + showNumber(figures.blocked) : '–'}</dd></div>
        <div><dt>{t('protect.ruleSets')}</dt><dd>{s.collections_installed.length === 0 ? '–' : s.collections_installed.map((c) => <bdi key={c} className="mono protect-set">{c}</bdi>)}</dd></div>
        {s.last_mode_change_at ? <div><dt>{t('protect.modeSince')}</dt><dd><Age at={s.last_mode_change_at} />{s.last_mode_change_by ? <> · <bdi>{s.last_mode_change_by}</bdi></> : null}</dd></div> : null}
      </dl>
      {figures && figures.top_rules.length > 0 ? <table className="protect-drift"><thead><tr><th scope="col">{t('protect.topRules')}</th><th scope="col">{t('protect.topRulesCount')}</th></tr></thead><tbody>{figures.top_rules.slice(0, 5).map((r) => <tr key={r.rule}><th scope="row"><bdi className="mono">{r.rule}</bdi></th><td className="num">{showNumber(r.count)}</td></tr>)}</tbody></table> : null}
      {metrics.data?.degraded ? <Told status="warning" text={metrics.data.degraded.message} /> : null}
    </div>
  );
}

export function TuningCard() {
  const t = useT();
  const tuning = useResource(paths.appsecTuning);
  return <Card title={t('protect.tuning')} sub={t('protect.tuningSub')}><Loaded from={tuning} lines={3}>{(now) => <TuningForm key={`${now.inbound_threshold}/${now.outbound_threshold}`} now={now} />}</Loaded></Card>;
}

function TuningForm({ now }: { now: Tuning }) {
  const t = useT();
  const may = useCan('edge:security') ? undefined : t('core.needsPermission', { permission: 'edge:security' });
  const [inbound, setInbound] = useState(String(now.inbound_threshold));
  const [outbound, setOutbound] = useState(String(now.outbound_threshold));
  const [busy, setBusy] = useState(false);
  const wrong = (text: string) => (/^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 100 ? null : t('protect.tuningRange'));
  const isSame = Number(inbound) === now.inbound_threshold && Number(outbound) === now.outbound_threshold;
  const save = async () => {
    setBusy(true);
    try {
      await send('PATCH', urls.appsecTuning, { inbound_threshold: Number(inbound), outbound_threshold: Number(outbound) });
      toast({ level: 'ok', text: t('protect.tuned') });
      invalidate(urls.appsecTuning, urls.securityDrift);
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && !isSame && !wrong(inbound) && !wrong(outbound)) void save(); }}>
      <div className="protect-scores">
        <TextField label={t('protect.inbound')} value={inbound} onChange={setInbound} inputMode="numeric" maxLength={3} error={wrong(inbound)} help={t('protect.inboundHelp')} />
        <TextField label={t('protect.outbound')} value={outbound} onChange={setOutbound} inputMode="numeric" maxLength={3} error={wrong(outbound)} help={t('protect.outboundHelp')} />
      </div>
      <div className="row"><Button type="submit" kind="primary" icon="save" busy={busy} disabled={isSame || wrong(inbound) !== null || wrong(outbound) !== null} writes reason={may}>{t('protect.saveScores')}</Button>{now.last_modified_at ? <span className="faint protect-note">{t('protect.changedAt')} <Age at={now.last_modified_at} /></span> : null}</div>
    </form>
  );
}
