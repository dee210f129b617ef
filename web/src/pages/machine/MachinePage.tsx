// One machine: heading with state and age, tabs by address. Today that is the machine Argos runs on.
import type { ReactNode } from 'react';
import type { PageProps } from '../../app/routes';
import { span } from '../../format/time';
import { type PlainKey, useT } from '../../i18n';
import { useLink, useStats } from '../../state/live';
import { severityOf, worst } from '../../state/status';
import { Age } from '../../ui/Age';
import { ButtonLink } from '../../ui/Button';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty } from '../../ui/StateBlock';
import { Tabs } from '../../ui/Tabs';
import { DisksTab } from './DisksTab';
import { LogsTab } from './LogsTab';
import { MetricsTab } from './MetricsTab';
import { NetworkTab } from './NetworkTab';
import { OverviewTab } from './OverviewTab';
import { ProcessesTab } from './ProcessesTab';
import { ServicesTab } from './ServicesTab';
import './machine.css';

const tabs: readonly { id: string; label: PlainKey; view: () => ReactNode }[] = [
  { id: 'overview', label: 'machine.overview', view: () => <OverviewTab /> },
  { id: 'metrics', label: 'machine.metrics', view: () => <MetricsTab /> },
  { id: 'processes', label: 'machine.processes', view: () => <ProcessesTab /> },
  { id: 'services', label: 'machine.services', view: () => <ServicesTab /> },
  { id: 'disks', label: 'machine.disks', view: () => <DisksTab /> },
  { id: 'network', label: 'machine.network', view: () => <NetworkTab /> },
  { id: 'logs', label: 'machine.logs', view: () => <LogsTab /> },
];

export default function MachinePage({ params }: PageProps) {
  const t = useT();
  const { at, link } = useLink();
  const name = useStats((s) => s?.hostname ?? null);
  const os = useStats((s) => s?.osName ?? null);
  const address = useStats((s) => s?.defaultIp ?? null);
  const uptime = useStats((s) => s?.uptime_s ?? null);
  const alerts = useStats((s) => s?.alerts ?? null);
  const services = useStats((s) => s?.services?.length ?? 0);
  const host = params.host ?? 'local';
  if (host !== 'local' && name !== null && host !== name) return <Empty icon="server" title={t('machine.unknown', { name: host })} text={t('machine.unknownText')} action={<ButtonLink to="/machines/local">{t('nav.thisMachine')}</ButtonLink>} />;
  const active = tabs.find((x) => x.id === (params.tab ?? 'overview')) ?? tabs[0];
  const state = link === 'reconnecting' || alerts === null ? 'unknown' : alerts.length === 0 ? 'ok' : worst(alerts.map((a) => severityOf(a.severity ?? a.level)));
  const facts = [os, address, uptime === null ? null : t('machine.up', { time: span(uptime) })].filter((x) => x !== null);
  return (
    <>
      <PageHead icon="server" title={<bdi>{name ?? t('nav.thisMachine')}</bdi>} mark={<StatusMark status={state} />} sub={<>{facts.join(' · ')}{at ? <> · <Age at={at} /></> : null}</>} />
      <Tabs label={t('machine.tabs')} active={active?.id ?? 'overview'} items={tabs.map((x) => ({ id: x.id, text: t(x.label), to: x.id === 'overview' ? `/machines/${encodeURIComponent(host)}` : `/machines/${encodeURIComponent(host)}/${x.id}`, count: x.id === 'services' && services > 0 ? services : undefined }))} />
      {active?.view()}
    </>
  );
}
