// One pool: its backends, its settings, the sites it stands behind.
import { useState } from 'react';
import { send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { navigate } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { Icon, StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { Obstacles } from './Obstacles';
import { PoolTargets, poolChanged } from './PoolTargets';
import { isUnchecked, poolState } from './states';
import './sites.css';

export default function PoolPage({ params }: PageProps) {
  const t = useT();
  const id = Number(params.id);
  const may = useCan('edge:write');
  const pool = useResource(paths.pool(id), { everyMs: 10_000 });
  const health = useResource(paths.targetsHealth, { everyMs: 5_000 });
  const engine = useResource(paths.engineStatus, { everyMs: 10_000 });
  const [removing, setRemoving] = useState(false);
  const users = pool.data?.used_by ?? [];
  const blocked = users.length > 0 ? t('sites.poolUsed') : may ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  return (
    <Loaded from={pool} lines={8}>
      {(p) => {
        const state = poolState(p, health.data?.targets ?? []);
        return (
          <>
            <PageHead icon="layers" title={<bdi>{p.name}</bdi>} mark={<StatusMark status={state.status} word={t(state.word)} />} sub={users.length === 0 ? t('sites.usedByNone') : <>{t('sites.usedBy')} {users.map((u, n) => <span key={u.host_id}>{n > 0 ? ', ' : ''}<Link className="site-sub-link" to={u.is_default ? `/sites/${u.host_id}` : `/sites/${u.host_id}/routing`}>{u.domain}</Link>{u.rules.length > 0 ? ` (${t('sites.byRules', { n: u.rules.length })})` : ''}</span>)}</>} actions={<Menu label={t('sites.more')} items={[{ id: 'related', text: t('sites.related'), icon: 'link', to: `/inventory/${encodeURIComponent(`pool:${id}`)}` }, { id: 'remove', text: t('sites.remove'), icon: 'trash', danger: true, reason: blocked, run: () => setRemoving(true) }]} />} />
            <Obstacles of={(engine.data?.obstacles ?? []).filter((o) => o.kind === 'pool' && o.id === id)} />
            {isUnchecked(p) ? <p className="site-strip site-strip-soft" role="status"><Icon name="lock" /><span>{t('sites.uncheckedText')}</span></p> : null}
            <PoolTargets id={id} />
            {removing ? <ConfirmDialog title={t('sites.removePoolTitle', { name: p.name })} name={p.name} action={t('sites.remove')} run={async () => { await send('DELETE', urls.pool(id)); poolChanged(); navigate('/sites/pools'); }} onClose={() => setRemoving(false)}><p>{t('sites.removePoolText')}</p><ChangePreview path={urls.pool(id)} /></ConfirmDialog> : null}
          </>
        );
      }}
    </Loaded>
  );
}
