// What every sign-in needs: a second factor, an allowed address, a password of some length. A list of addresses is tried first.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { AllowlistPreview, SettingRow } from '../../api/shapes';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Field, Switch } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { listOf } from '../settings/lists';
import './people.css';

const store = async (key: string, value: string) => { await send('PUT', urls.setting(key), { value }); invalidate('/api/settings'); };

export function SignInRules() {
  const t = useT();
  const may = useCan('settings:read');
  const factor = useResource(may ? paths.setting('auth.require_2fa') : null);
  const list = useResource(may ? paths.setting('auth.ip_allowlist') : null);
  if (!may) return <section className="card"><Forbidden permission="settings:read" /></section>;
  return (
    <div className="signin-rules">
      <Card title={t('signin.factor')}><Loaded from={factor} lines={2} compact>{(row) => <RequireFactor row={row} />}</Loaded></Card>
      <Card title={t('signin.list')}><Loaded from={list} lines={4} compact>{(row) => <Allowlist key={row.version} row={row} />}</Loaded></Card>
    </div>
  );
}

function useReason(row: SettingRow): string | undefined {
  const t = useT();
  const writes = useCan('settings:write');
  return row.locked ? t('signin.locked') : writes ? undefined : t('core.needsPermission', { permission: 'settings:write' });
}

function RequireFactor({ row }: { row: SettingRow }) {
  const t = useT();
  const set = async (on: boolean) => {
    try { await store(row.key, String(on)); toast({ level: 'ok', text: on ? t('signin.factorOn') : t('signin.factorOff') }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  return <div className="stack"><p className="muted">{t('signin.factorText')}</p><Switch label={t('signin.factor')} checked={row.value === 'true'} reason={useReason(row)} onChange={(on) => void set(on)} /></div>;
}

function shutOut(effect: AllowlistPreview) { return effect.sessions.filter((s) => s.allowed === false); }

function Allowlist({ row }: { row: SettingRow }) {
  const t = useT();
  const reason = useReason(row);
  const [text, setText] = useState(listOf(row.value).join('\n'));
  const [shown, setShown] = useState<AllowlistPreview | null>(null);
  const [error, setError] = useState<string | null>(null);
  const entries = listOf(text);
  const run = async (work: () => Promise<void>) => { setError(null); try { await work(); } catch (e) { setError(asApiError(e).message); } };
  const look = () => send<AllowlistPreview>('POST', urls.allowlistPreview, { entries });
  const check = () => run(async () => setShown(await look()));
  const out = shown ? shutOut(shown) : [];
  // Nobody is shut out unseen: the first press shows who would be, and oneself never is.
  const save = () => run(async () => {
    const effect = shown ?? await look();
    setShown(effect);
    const locksOneselfOut = entries.length > 0 && !effect.includes_you;
    if (effect.invalid.length > 0 || locksOneselfOut || (shown === null && shutOut(effect).length > 0)) return;
    await store(row.key, entries.join(','));
    setShown(null);
    toast({ level: 'ok', text: t('signin.saved') });
  });
  const ip = shown?.your_ip ?? '';
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <p className="muted">{t('signin.listText')}</p>
      <Field label={t('signin.listLabel')} error={error}>{({ id, describedBy, invalid }) => <textarea id={id} className="input mono" rows={4} value={text} disabled={reason !== undefined} onChange={(e) => { setText(e.target.value); setShown(null); }} aria-describedby={describedBy} aria-invalid={invalid || undefined} spellCheck={false} />}</Field>
      {shown ? (
        <div className="allow-preview" role="status">
          {shown.invalid.length > 0 ? <StatusMark status="critical" word={t('signin.bad', { list: shown.invalid.join(', ') })} /> : null}
          {entries.length === 0 ? <StatusMark status="ok" word={t('signin.everybody')} /> : shown.includes_you ? <StatusMark status="ok" word={t('signin.you', { ip })} /> : <StatusMark status="critical" word={t('signin.notYou', { ip })} />}
          {out.length === 0 ? <StatusMark status="ok" word={t('signin.nobodyOut')} /> : <><StatusMark status="warning" word={t('signin.out')} /><ul>{out.map((s) => <li key={`${s.username} ${s.ip}`}><bdi>{s.username}</bdi> <span className="mono faint">{s.ip}</span></li>)}</ul></>}
        </div>
      ) : null}
      <div className="form-actions"><Button onClick={() => void check()}>{t('signin.check')}</Button><Button type="submit" kind={out.length > 0 ? 'danger' : 'primary'} writes reason={reason ?? (shown && entries.length > 0 && !shown.includes_you ? t('signin.notYou', { ip }) : undefined)}>{out.length > 0 ? t('signin.saveShut', { n: out.length }) : t('signin.save')}</Button></div>
    </form>
  );
}
