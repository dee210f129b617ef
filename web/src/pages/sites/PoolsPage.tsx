// Pools: every group of backends with its state and the sites behind which it stands.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Pool } from '../../api/edge';
import { useResource } from '../../api/resource';
import { navigate, useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { rank } from '../../state/status';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { poolChanged } from './PoolTargets';
import { BackendLooks } from './Looks';
import { parseBackend } from './PublishSite';
import { isUnchecked, poolState } from './states';
import './sites.css';

export default function PoolsPage() {
  const t = useT();
  const may = useCan('edge:write');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const pools = useResource(paths.pools, { everyMs: 5_000 });
  const health = useResource(paths.targetsHealth, { everyMs: 5_000 });
  const [adding, setAdding] = useQueryParam('new');
  const add = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => setAdding('1')}>{t('sites.addPool')}</Button>;
  const columns = useMemo((): Column<Pool>[] => {
    const usedBy = (p: Pool) => p.used_by.map((u) => u.domain);
    const state = (p: Pool) => poolState(p, health.data?.targets ?? []);
    return [
      { id: 'name', title: t('sites.poolName'), value: (p) => p.name, kind: 'main', cell: (p) => <span><bdi>{p.name}</bdi>{isUnchecked(p) ? <> <span className="site-tag">{t('sites.tag.unchecked')}</span></> : null}</span> },
      { id: 'state', title: t('sites.state'), value: (p) => `${rank(state(p).status)} ${t(state(p).word)}`, width: '150px', cell: (p) => <StatusMark status={state(p).status} word={t(state(p).word)} /> },
      { id: 'targets', title: t('sites.targets'), value: (p) => p.targets_enabled_count, kind: 'number', cell: (p) => <span className="num">{p.targets_enabled_count}/{p.targets_count}</span> },
      { id: 'algorithm', title: t('sites.algorithm'), value: (p) => t(`sites.algorithm.${p.algorithm}`) },
      { id: 'checked', title: t('sites.healthCheck'), value: (p) => (p.health_check_enabled ? p.health_check_path : ''), cell: (p) => (p.health_check_enabled ? <bdi className="mono">{p.health_check_path}</bdi> : <span className="faint">{t('sites.off')}</span>) },
      { id: 'sites', title: t('nav.sites'), value: (p) => usedBy(p).join(', '), cell: (p) => (usedBy(p).length === 0 ? <span className="faint">–</span> : <bdi>{usedBy(p).slice(0, 3).join(', ')}{usedBy(p).length > 3 ? ` +${usedBy(p).length - 3}` : ''}</bdi>) },
    ];
  }, [t, health.data]);
  return (
    <>
      <PageHead title={t('nav.pools')} sub={pools.data ? t('sites.poolCount', { n: pools.data.length }) : ' '} actions={add} />
      <section className="card"><Loaded from={pools} lines={5}>{(list) => <DataTable name="pools" label={t('nav.pools')} rows={list} columns={columns} keyOf={(p) => String(p.id)} initialSort="state" liveSort onOpen={(p) => navigate(`/sites/pools/${p.id}`)} empty={<Empty icon="layers" title={t('sites.noPools')} text={t('sites.noPoolsText')} />} />}</Loaded></section>
      {adding === '' ? null : <AddPool onClose={() => setAdding('')} />}
    </>
  );
}

function AddPool({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [unchecked, setUnchecked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const backend = parseBackend(text, false);
  const save = async () => {
    if (!backend) return;
    setBusy(true);
    try {
      const pool = await send<Pool>('POST', urls.pools, { name: name.trim(), protocol: backend.https ? 'https' : 'http', verify_tls: !unchecked, preserve_host: true, targets: [{ host: backend.host, port: backend.port }] });
      poolChanged();
      navigate(`/sites/pools/${pool.id}`);
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('sites.addPool')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="plus" busy={busy} disabled={name.trim() === '' || backend === null} writes onClick={() => void save()}>{t('sites.addPool')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <TextField label={t('sites.poolName')} value={name} onChange={setName} required autoComplete="off" />
        <TextField label={t('sites.backend')} value={text} onChange={(v) => { setText(v); setUnchecked(false); }} placeholder="https://192.168.1.20:8443" help={t('sites.backendHelp')} mono autoComplete="off" required />
        <BackendLooks backend={backend} unchecked={unchecked} onUnchecked={setUnchecked} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}
