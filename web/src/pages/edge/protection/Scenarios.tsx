// What CrowdSec looks for: each scenario with its switch. A switch is a wish that the script beside CrowdSec carries out.
import { useMemo, useState } from 'react';
import type { Scenario } from '../../../api/protection';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { invalidate, useResource } from '../../../api/resource';
import { useCan } from '../../../app/session';
import { useT } from '../../../i18n';
import { Card } from '../../../ui/Card';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Switch } from '../../../ui/Form';
import { Empty, Loaded } from '../../../ui/StateBlock';
import { toast } from '../../../ui/toasts';

export function Scenarios() {
  const t = useT();
  const all = useResource(paths.scenarios, { everyMs: 30_000 });
  const may = useCan('edge:security') ? undefined : t('core.needsPermission', { permission: 'edge:security' });
  const [busy, setBusy] = useState('');
  const columns = useMemo((): Column<Scenario>[] => {
    const flip = async (s: Scenario, on: boolean) => {
      setBusy(s.canonical_name);
      try { await send('PATCH', urls.scenario(s.canonical_name), { disabled: !on }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      setBusy('');
      invalidate(urls.scenarios, urls.securityDrift);
    };
    return [
      { id: 'name', title: t('protect.scenario'), value: (s) => s.canonical_name, kind: 'main', cell: (s) => <bdi className="mono">{s.canonical_name}</bdi> },
      { id: 'about', title: t('protect.about'), value: (s) => s.description ?? '', cell: (s) => (s.description ? <span>{s.description}</span> : <span className="faint">–</span>) },
      { id: 'on', title: t('protect.inUse'), value: (s) => (s.disabled ? t('protect.switchedOff') : t('protect.inUse')), width: '96px', cell: (s) => <Switch hideLabel label={s.canonical_name} checked={!s.disabled} disabled={busy === s.canonical_name} reason={may} onChange={(on) => void flip(s, on)} /> },
    ];
  }, [t, may, busy]);
  return (
    <Card flush title={t('protect.scenarios')} sub={all.data && all.data.scenarios.length > 0 ? t('protect.scenariosSub', { n: all.data.scenarios.length, off: all.data.disabled_count }) : t('protect.scenariosAbout')}>
      <Loaded from={all} lines={6}>
        {(s) => (s.scenarios.length === 0
          ? <Empty icon="shield" title={t(s.is_available ? 'protect.scenariosNone' : 'protect.notMounted')} text={s.is_available ? undefined : t('protect.notMountedText', { path: s.mount_path })} />
          : <DataTable name="scenarios" label={t('protect.scenarios')} rows={s.scenarios} columns={columns} keyOf={(x) => x.canonical_name} maxHeight={480} />)}
      </Loaded>
    </Card>
  );
}
