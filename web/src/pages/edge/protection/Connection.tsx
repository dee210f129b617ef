// Whether CrowdSec is heard, and setting that up: address, key of the bouncer, account of the machine.
import { useState } from 'react';
import type { CrowdSecStatus, CrowdSecTest, TestedHalf } from '../../../api/protection';
import { asApiError, send } from '../../../api/client';
import { urls } from '../../../api/paths';
import { useCan } from '../../../app/session';
import { useT } from '../../../i18n';
import type { Status } from '../../../state/status';
import { Age } from '../../../ui/Age';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { CopyBlock, Switch, TextField } from '../../../ui/Form';
import { StatusMark } from '../../../ui/Icon';
import { Layer } from '../../../ui/Overlay';
import { toast } from '../../../ui/toasts';
import { bansChanged } from './bans';
import { Told } from './Told';

const MARK: Record<CrowdSecStatus['state'], Status> = { not_configured: 'unknown', connected: 'ok', degraded: 'warning', disconnected: 'critical' };

export function ConnectionCard({ status: s, onSetUp }: { status: CrowdSecStatus; onSetUp: () => void }) {
  const t = useT();
  const may = useCan('edge:security') ? undefined : t('core.needsPermission', { permission: 'edge:security' });
  const isNew = s.bouncer_api_key === '';
  const half = (ok: boolean | null, isSet: boolean) => (!isSet ? <StatusMark status="unknown" word={t('protect.notSet')} /> : ok === null ? <StatusMark status="unknown" word={t('protect.notTried')} /> : <StatusMark status={ok ? 'ok' : 'critical'} word={t(ok ? 'protect.accepted' : 'protect.refused')} />);
  return (
    <Card title="CrowdSec" sub={t(isNew ? 'protect.whatItIs' : `protect.state.${s.state}`)} actions={<Button kind={isNew ? 'primary' : 'secondary'} icon="gear" reason={may} writes onClick={onSetUp}>{t(isNew ? 'protect.connect' : 'protect.change')}</Button>}>
      {isNew ? <p className="faint protect-note">{t('protect.noCrowdSec')}</p> : (
        <>
          <dl className="protect-facts">
            <div><dt>{t('protect.link')}</dt><dd><StatusMark status={s.enabled ? MARK[s.state] : 'unknown'} word={t(s.enabled ? `protect.short.${s.state}` : 'protect.off')} /></dd></div>
            <div><dt>{t('protect.lapi')}</dt><dd><bdi className="mono">{s.lapi_url}</bdi></dd></div>
            <div><dt>{t('protect.bouncer')}</dt><dd>{half(s.bouncer_ok, true)}</dd></div>
            <div><dt>{t('protect.machine')}</dt><dd>{half(s.machine_ok, s.machine_user !== '')}</dd></div>
            <div><dt>{t('protect.heard')}</dt><dd>{s.last_heartbeat ? <Age at={s.last_heartbeat} /> : '–'}</dd></div>
          </dl>
          {s.error ? <Told status={MARK[s.state]} text={`${s.error}. ${s.decisions > 0 ? t('protect.lastKnown', { n: s.decisions }) : ''}`} /> : null}
          {s.enabled && !s.enforced ? <Told status="warning" text={t('protect.notServing')} /> : null}
        </>
      )}
    </Card>
  );
}

export function ConnectionDialog({ status: s, onClose }: { status: CrowdSecStatus; onClose: () => void }) {
  const t = useT();
  const [enabled, setEnabled] = useState(s.enabled);
  const [url, setUrl] = useState(s.lapi_url);
  const [key, setKey] = useState('');
  const [user, setUser] = useState(s.machine_user);
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [tested, setTested] = useState<CrowdSecTest | null>(null);
  const locked = (name: string) => (s.locked.includes(name) ? t('protect.locked') : undefined);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const body = { enabled, ...(locked('lapi_url') ? {} : { lapi_url: url.trim() }), ...(key === '' ? {} : { bouncer_api_key: key }), ...(locked('machine_user') ? {} : { machine_user: user.trim() }), ...(password === '' ? {} : { machine_password: password }) };
      await send('PUT', urls.crowdsecConnection, body);
      const found = await send<CrowdSecTest>('POST', urls.crowdsecTest, {});
      setTested(found);
      bansChanged();
      if (found.bouncer.state === 'ok' && found.machine.state !== 'failed') { toast({ level: 'ok', text: t('protect.connected') }); onClose(); }
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  const kept = (isSet: boolean) => (isSet ? t('protect.kept') : undefined);
  return (
    <Layer title={t('protect.connectTitle')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="check" busy={busy} writes onClick={() => void save()}>{t('protect.saveAndTest')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <Switch label={t('protect.use')} checked={enabled} onChange={setEnabled} />
        <TextField label={t('protect.lapi')} value={url} onChange={setUrl} placeholder="http://crowdsec:8081" help={locked('lapi_url') ?? t('protect.lapiHelp')} disabled={locked('lapi_url') !== undefined} mono autoComplete="off" />
        <TextField label={t('protect.bouncerKey')} type="password" value={key} onChange={setKey} placeholder={kept(s.bouncer_api_key !== '')} help={locked('bouncer_api_key') ?? t('protect.bouncerHelp')} disabled={locked('bouncer_api_key') !== undefined} autoComplete="off" />
        <CopyBlock label={t('protect.command')} text="cscli bouncers add argos" />
        <div className="protect-fields">
          <TextField label={t('protect.user')} value={user} onChange={setUser} optional help={locked('machine_user')} disabled={locked('machine_user') !== undefined} mono autoComplete="off" />
          <TextField label={t('protect.password')} type="password" value={password} onChange={setPassword} optional placeholder={kept(s.machine_password !== '')} help={locked('machine_password')} disabled={locked('machine_password') !== undefined} autoComplete="new-password" />
        </div>
        <p className="faint protect-note">{t('protect.accountHelp')}</p>
        <CopyBlock label={t('protect.command')} text="cscli machines add argos --password '…' -f /dev/null" />
        {tested ? <ul className="protect-tested"><Half word={t('protect.bouncer')} half={tested.bouncer} /><Half word={t('protect.machine')} half={tested.machine} /></ul> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

function Half({ word, half }: { word: string; half: TestedHalf }) {
  const t = useT();
  const text = half.state === 'ok' ? t('protect.accepted') : half.state === 'missing' ? t('protect.notSet') : half.code === 'credentials_refused' ? t('protect.refused') : half.message ?? '';
  return <li><span>{word}</span><Told status={half.state === 'ok' ? 'ok' : half.state === 'missing' ? 'unknown' : 'critical'} text={text} /></li>;
}
