// The backends of a pool with what is known of each; add, switch off, weigh, remove. The settings of the pool beneath.
import { useCallback, useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Pool, Probe, ProbeAnswer, Target, TargetHealth } from '../../api/edge';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Select, Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { ofBackend } from './checks';
import { parseBackend } from './PublishSite';
import { drainOf } from './states';

interface Row { target: Target; health: TargetHealth | undefined }
const marks: Record<TargetHealth['status'], Status> = { healthy: 'ok', unhealthy: 'critical', unknown: 'unknown' };

function addressOf(target: Target): string { return target.host.includes(':') ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`; }

export function poolChanged(): void { invalidate(urls.pools, urls.sites, urls.targetsHealth, urls.engineStatus); }

export function PoolTargets({ id }: { id: number }) {
  const pool = useResource(paths.pool(id), { everyMs: 10_000 });
  return <Loaded from={pool} lines={5}>{(p) => <div className="stack"><Targets pool={p} /><Settings key={p.id} pool={p} /></div>}</Loaded>;
}

function Targets({ pool }: { pool: Pool }) {
  const t = useT();
  const mayWrite = useCan('edge:write');
  const mayOperate = useCan('edge:operate');
  const write = mayWrite ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const operate = mayOperate ? undefined : t('core.needsPermission', { permission: 'edge:operate' });
  const health = useResource(paths.targetsHealth, { everyMs: 5_000 });
  const [text, setText] = useState('');
  const [weight, setWeight] = useState('1');
  const [error, setError] = useState<string | null>(null);
  const [editing, setEditing] = useState<Target | null>(null);
  const [asked, setAsked] = useState<ReadonlyMap<number, ProbeAnswer | 'busy'>>(new Map());
  const rows = useMemo(() => (pool.targets ?? []).map((target): Row => ({ target, health: health.data?.targets.find((h) => h.target_id === target.id) })), [pool.targets, health.data]);
  const backend = parseBackend(text, pool.protocol === 'https');
  const add = () => {
    if (!backend) return;
    send('POST', urls.poolTargets(pool.id), { host: backend.host, port: backend.port, weight: Number(weight) || 1 }).then(() => { setText(''); setError(null); }, (e: unknown) => setError(asApiError(e).message)).finally(poolChanged);
  };
  const probe = useCallback((target: Target) => {
    const set = (answer: ProbeAnswer | 'busy') => setAsked((all) => new Map(all).set(target.id, answer));
    set('busy');
    const backend = { protocol: pool.protocol, host: target.host, port: target.port, path: pool.health_check_path || '/', verify_tls: pool.verify_tls };
    send<Probe>('POST', urls.edgeProbe, { backend }).then((p) => { if (p.backend) set(p.backend); }, (e: unknown) => set({ status: null, millis: 0, error: asApiError(e).message, is_untrusted: false }));
  }, [pool.protocol, pool.verify_tls, pool.health_check_path]);
  const columns = useMemo((): Column<Row>[] => [
    { id: 'address', title: t('sites.target'), value: (r) => addressOf(r.target), kind: 'main', cell: (r) => <bdi className="mono">{addressOf(r.target)}</bdi> },
    { id: 'state', title: t('sites.state'), value: (r) => (r.target.enabled ? (r.health?.status ?? 'unknown') : 'off'), cell: (r) => (<span className="target-state">{r.target.enabled ? <span><StatusMark status={marks[r.health?.status ?? 'unknown']} word={t(`sites.health.${r.health?.status ?? 'unknown'}`)} />{r.health?.last_error ? <small className="faint"> <bdi>{r.health.last_error}</bdi></small> : null}</span> : <Drained health={r.health} />}<Asked answer={asked.get(r.target.id)} /></span>) },
    { id: 'weight', title: t('sites.weight'), value: (r) => r.target.weight, kind: 'number' },
    { id: 'running', title: t('sites.running'), value: (r) => r.health?.num_requests ?? null, kind: 'number' },
    { id: 'failed', title: t('sites.failed'), value: (r) => r.health?.num_fails ?? null, kind: 'number', cell: (r) => <span className="num">{r.health ? showNumber(r.health.num_fails) : '–'}</span> },
    { id: 'checked', title: t('sites.checked'), value: (r) => r.health?.last_checked_at ?? null, cell: (r) => <Age at={r.health?.last_checked_at ?? null} /> },
    { id: 'acts', title: '', value: () => null, kind: 'actions', plain: true, cell: (r) => <span className="target-acts"><Button small kind="quiet" icon="search" label={t('sites.probe')} busy={asked.get(r.target.id) === 'busy'} writes reason={write} onClick={() => probe(r.target)} /><Button small kind="quiet" icon="edit" label={t('sites.edit')} writes reason={write} onClick={() => setEditing(r.target)} /><Button small kind="quiet" icon={r.target.enabled ? 'pause' : 'play'} writes reason={operate} onClick={() => { send('POST', urls.poolTargetToggle(pool.id, r.target.id), {}).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(poolChanged); }}>{r.target.enabled ? t('sites.drain') : t('sites.enable')}</Button><ConfirmInline action={t('sites.remove')} effect={t('sites.removeTarget')} icon="trash" danger reason={write} run={async () => { await send('DELETE', urls.poolTarget(pool.id, r.target.id)); poolChanged(); }} /></span> },
  ], [t, pool.id, operate, write, asked, probe]);
  return (
    <Card flush title={t('sites.targets')} sub={t('sites.targetsSub')}>
      <DataTable name="targets" label={t('sites.targets')} rows={rows} columns={columns} keyOf={(r) => String(r.target.id)} filterable={rows.length > 8} empty={<Empty compact icon="server" title={t('sites.noTargets')} text={t('sites.noTargetsText')} />} />
      <form className="card-body" onSubmit={(e) => { e.preventDefault(); add(); }}>
        <div className="fieldrow"><TextField label={t('sites.backend')} value={text} onChange={(v) => { setText(v); setError(null); }} placeholder="192.168.1.21:8080" mono autoComplete="off" error={error} /><TextField label={t('sites.weight')} value={weight} onChange={setWeight} inputMode="numeric" /><div className="field"><span aria-hidden="true">&nbsp;</span><Button type="submit" icon="plus" disabled={backend === null} writes reason={write}>{t('sites.addTarget')}</Button></div></div>
      </form>
      {editing ? <EditTarget pool={pool} target={editing} onClose={() => setEditing(null)} /> : null}
    </Card>
  );
}

/** A target that gets no new requests: those in progress may end. */
function Drained({ health }: { health: TargetHealth | undefined }) {
  const t = useT();
  const left = drainOf(health);
  return left === 0 ? <StatusMark status="paused" word={t('sites.state.disabled')} /> : <StatusMark status="warning" word={t('sites.draining', { n: left })} />;
}

/** What it answered when it was asked just now. */
function Asked({ answer }: { answer: ProbeAnswer | 'busy' | undefined }) {
  const t = useT();
  if (answer === undefined || answer === 'busy') return null;
  const look = ofBackend(t, answer);
  return <small className="target-asked" role="status"><StatusMark status={look.status} bare word={look.word} size={12} /> {look.word}</small>;
}

/** Another address or share of a target; what it does meanwhile goes on. */
function EditTarget({ pool, target, onClose }: { pool: Pool; target: Target; onClose: () => void }) {
  const t = useT();
  const [text, setText] = useState(addressOf(target));
  const [weight, setWeight] = useState(String(target.weight));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const backend = parseBackend(text, pool.protocol === 'https');
  const save = async () => {
    if (!backend) return;
    setBusy(true);
    try { await send('PUT', urls.poolTarget(pool.id, target.id), { host: backend.host, port: backend.port, weight: Number(weight) || 1, enabled: target.enabled }); poolChanged(); onClose(); } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('sites.editTarget')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="save" busy={busy} disabled={backend === null} writes onClick={() => void save()}>{t('sites.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <TextField label={t('sites.backend')} value={text} onChange={(v) => { setText(v); setError(null); }} mono autoComplete="off" error={error} />
        <TextField label={t('sites.weight')} value={weight} onChange={setWeight} inputMode="numeric" help={t('sites.weightHelp')} />
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

function Settings({ pool }: { pool: Pool }) {
  const t = useT();
  const may = useCan('edge:write');
  const [draft, setDraft] = useState(pool);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const set = (change: Partial<Pool>) => { setDraft({ ...draft, ...change }); setError(null); };
  const save = async () => {
    setBusy(true);
    const { id, targets, targets_count, targets_enabled_count, used_by, ...rest } = draft;
    const { created_at, updated_at, ...body } = rest as typeof rest & { created_at?: string; updated_at?: string };
    try { await send('PUT', urls.pool(pool.id), body); toast({ level: 'ok', text: t('sites.saved') }); poolChanged(); } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <Card title={t('sites.poolSettings')}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <div className="fieldrow"><TextField label={t('sites.poolName')} value={draft.name} onChange={(name) => set({ name })} required /><Select label={t('sites.protocol')} value={draft.protocol} onChange={(protocol) => set({ protocol })} options={[{ id: 'http', text: 'HTTP' }, { id: 'https', text: 'HTTPS' }]} /><Select label={t('sites.algorithm')} value={draft.algorithm} onChange={(algorithm) => set({ algorithm })} options={(['round_robin', 'least_conn', 'ip_hash', 'random'] as const).map((id) => ({ id, text: t(`sites.algorithm.${id}`) }))} /><TextField label={t('sites.slowStart')} value={draft.slow_start_seconds === 0 ? '' : String(draft.slow_start_seconds)} onChange={(v) => set({ slow_start_seconds: Number(v) || 0 })} inputMode="numeric" placeholder={t('sites.off')} optional /></div>
        {draft.protocol === 'https' ? <Switch label={t('sites.verifyTls')} checked={draft.verify_tls} onChange={(verify_tls) => set({ verify_tls })} /> : null}
        <Switch label={t('sites.preserveHost')} checked={draft.preserve_host} onChange={(preserve_host) => set({ preserve_host })} />
        <Switch label={t('sites.http2')} checked={draft.http2} onChange={(http2) => set({ http2 })} />
        <Switch label={t('sites.sticky')} checked={draft.sticky} onChange={(sticky) => set({ sticky })} />
        <Switch label={t('sites.healthCheck')} checked={draft.health_check_enabled} onChange={(health_check_enabled) => set({ health_check_enabled })} />
        {draft.health_check_enabled ? <div className="fieldrow"><Select label={t('sites.method')} value={draft.health_check_method} onChange={(health_check_method) => set({ health_check_method })} options={(['GET', 'HEAD', 'POST'] as const).map((id) => ({ id, text: id }))} /><TextField label={t('sites.checkPath')} value={draft.health_check_path} onChange={(health_check_path) => set({ health_check_path })} mono /><TextField label={t('sites.checkExpect')} value={draft.health_check_expect_status} onChange={(health_check_expect_status) => set({ health_check_expect_status })} mono /><TextField label={t('sites.checkEvery')} value={String(draft.health_check_interval_seconds)} onChange={(v) => set({ health_check_interval_seconds: Number(v) || 0 })} inputMode="numeric" /><TextField label={t('sites.checkTimeout')} value={String(draft.health_check_timeout_seconds)} onChange={(v) => set({ health_check_timeout_seconds: Number(v) || 0 })} inputMode="numeric" /><TextField label={t('sites.checkFails')} value={String(draft.health_check_fails_to_unhealthy)} onChange={(v) => set({ health_check_fails_to_unhealthy: Number(v) || 0 })} inputMode="numeric" /><TextField label={t('sites.checkPasses')} value={String(draft.health_check_passes_to_healthy)} onChange={(v) => set({ health_check_passes_to_healthy: Number(v) || 0 })} inputMode="numeric" /></div> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <div className="row"><Button type="submit" kind="primary" icon="save" busy={busy} writes reason={may ? undefined : t('core.needsPermission', { permission: 'edge:write' })}>{t('sites.save')}</Button></div>
      </form>
    </Card>
  );
}
