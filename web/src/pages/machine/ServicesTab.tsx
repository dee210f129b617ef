// Watched services with start, stop and restart (D1), and every unit of the machine for those who may inspect it.
import { useMemo } from 'react';
import { send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { JournalUnit, ServiceState } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { served } from '../../api/gen/served';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { useStats } from '../../state/live';
import { rank, statusOf } from '../../state/status';
import { ButtonLink, Segmented } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded, Skeleton } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

const keyOf = (s: { name: string }) => s.name;

export function ServicesTab() {
  const t = useT();
  const services = useStats((s) => s?.services ?? null);
  const ready = useStats((s) => s !== null);
  const [view, setView] = useQueryParam('view', 'watched');
  const may = useCan('services:control');
  const switcher = <Segmented label={t('machine.services')} value={view === 'all' ? 'all' : 'watched'} options={[{ id: 'watched', text: t('machine.watched') }, { id: 'all', text: t('machine.allUnits') }]} onChange={(v) => setView(v)} />;
  const columns = useMemo((): Column<ServiceState>[] => {
    const reason = may ? undefined : t('core.needsPermission', { permission: 'services:control' });
    const control = (s: ServiceState, action: 'start' | 'stop' | 'restart', label: string) => async () => {
      await send('POST', urls.serviceControl, { service: s.name, action, is_user: s.is_user ?? false });
      toast({ level: 'ok', text: t('machine.done', { action: label, name: s.name }) });
    };
    return [
      { id: 'name', title: t('machine.unit'), value: (s) => s.name, kind: 'main', cell: (s) => <bdi>{s.name}</bdi> },
      { id: 'state', title: t('machine.state'), value: (s) => s.status, cell: (s) => <StatusMark status={statusOf(s.status)} word={s.status} />, width: '180px' },
      { id: 'scope', title: t('machine.scope'), value: (s) => (s.is_user ? t('machine.scopeUser') : t('machine.scopeSystem')), width: '110px' },
      {
        id: 'actions', title: t('machine.actions'), value: () => null, kind: 'actions', plain: true,
        cell: (s) => (
          <span className="row row-end">
            <Link to={`/machines/local/logs?unit=${encodeURIComponent(s.name)}`}>{t('machine.openLogs')}</Link>
            {!served.serviceControl ? null : statusOf(s.status) === 'ok'
              ? <><ConfirmInline action={t('machine.restart')} effect={t('machine.restartEffect', { name: s.name })} run={control(s, 'restart', t('machine.restart'))} reason={reason} /><ConfirmInline danger action={t('machine.stop')} effect={t('machine.stopEffect', { name: s.name })} run={control(s, 'stop', t('machine.stop'))} reason={reason} /></>
              : <ConfirmInline action={t('machine.start')} effect={t('machine.startEffect', { name: s.name })} run={control(s, 'start', t('machine.start'))} reason={reason} />}
          </span>
        ),
      },
    ];
  }, [t, may]);
  const rows = useMemo(() => [...(services ?? [])].sort((a, b) => rank(statusOf(a.status)) - rank(statusOf(b.status)) || a.name.localeCompare(b.name)), [services]);
  return (
    <section className="card">
      {view === 'all' ? <AllUnits toolbar={switcher} /> : !ready ? <Skeleton lines={6} /> : (
        <DataTable name="services" label={t('machine.services')} rows={rows} columns={columns} keyOf={keyOf} toolbar={switcher} liveSort
          empty={<Empty icon="gear" title={t('machine.noServices')} text={t('machine.noServicesText')} action={<ButtonLink to="/settings/system/configuration?q=monitoredServices">{t('machine.choose')}</ButtonLink>} />} />
      )}
    </section>
  );
}

function AllUnits({ toolbar }: { toolbar: React.ReactNode }) {
  const t = useT();
  const units = useResource(paths.journalUnits, { everyMs: 30_000 });
  const columns = useMemo((): Column<JournalUnit>[] => [
    { id: 'name', title: t('machine.unit'), value: (u) => u.name, kind: 'main', cell: (u) => <bdi>{u.name}</bdi> },
    { id: 'state', title: t('machine.state'), value: (u) => u.status, cell: (u) => <StatusMark status={statusOf(u.status)} word={u.status} />, width: '200px' },
    { id: 'actions', title: t('machine.actions'), value: () => null, kind: 'actions', plain: true, cell: (u) => <Link to={`/machines/local/logs?unit=${encodeURIComponent(u.name)}`}>{t('machine.openLogs')}</Link> },
  ], [t]);
  return <Loaded from={units} lines={8}>{(rows) => <DataTable name="units" label={t('machine.allUnits')} rows={rows} columns={columns} keyOf={keyOf} toolbar={toolbar} empty={<>{<div className="row state-above">{toolbar}</div>}<Empty icon="gear" title={t('logs.noJournal')} text={t('logs.noJournalText')} /></>} />}</Loaded>;
}
