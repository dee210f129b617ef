// Availability of machines, services and rules over a period, with what was planned and what nobody saw beside it.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { SlaFigures, SlaSummary } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { showNumber } from '../../format/numbers';
import { span } from '../../format/time';
import { useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import './incident.css';

type Source = SlaSummary['sla'][number];
type Rule = SlaSummary['rules'][number];
const periods = ['24', '168', '720', '2160'] as const;

/** By the worse of both figures: unseen time must not colour a bad hour green. */
function markOf({ uptime_pct, observed_pct }: SlaFigures): Status {
  if (uptime_pct === null || observed_pct === null) return 'unknown';
  const percent = Math.min(uptime_pct, observed_pct);
  return percent >= 99.9 ? 'ok' : percent >= 99 ? 'warning' : 'critical';
}

export default function SlaPage() {
  const t = useT();
  const [chosen, setChosen] = useQueryParam('hours', '720');
  const hours = periods.find((p) => p === chosen) ?? '720';
  const report = useResource(paths.slaSummary(Number(hours)));
  const figures = useMemo(<T extends SlaFigures>(): Column<T>[] => {
    const percent = (v: number | null) => (v === null ? <span className="faint">–</span> : `${showNumber(v, 2)} %`);
    const time = (v: number) => (v === 0 ? <span className="faint">–</span> : span(v));
    return [
      { id: 'uptime', title: t('sla.uptime'), value: (r) => r.uptime_pct, kind: 'number', width: '110px', cell: (r) => percent(r.uptime_pct) },
      { id: 'observed', title: t('sla.observed'), value: (r) => r.observed_pct, kind: 'number', width: '130px', cell: (r) => percent(r.observed_pct) },
      { id: 'down', title: t('sla.down'), value: (r) => r.downtime_s, kind: 'number', width: '100px', cell: (r) => time(r.downtime_s) },
      { id: 'planned', title: t('sla.planned'), value: (r) => r.maintenance_s, kind: 'number', width: '100px', cell: (r) => time(r.maintenance_s) },
      { id: 'unknown', title: t('sla.unknown'), value: (r) => r.unknown_s, kind: 'number', width: '100px', cell: (r) => time(r.unknown_s) },
    ];
  }, [t]);
  const sources = useMemo((): Column<Source>[] => [
    { id: 'name', title: t('sla.name'), value: (r) => r.name, kind: 'main', cell: (r) => <span className="row"><StatusMark status={markOf(r)} bare />{r.name}<span className="tag">{r.type}</span></span> },
    ...(figures as Column<Source>[]),
    { id: 'outages', title: t('sla.outages'), value: (r) => r.incidents, kind: 'number', width: '90px' },
  ], [t, figures]);
  const rules = useMemo((): Column<Rule>[] => [
    { id: 'name', title: t('sla.name'), value: (r) => r.name, kind: 'main', cell: (r) => <span className="row"><StatusMark status={markOf(r)} bare /><Link to={`/incidents/rules?q=${encodeURIComponent(r.id)}`}>{r.name}</Link></span> },
    ...(figures as Column<Rule>[]),
    { id: 'outages', title: t('sla.outages'), value: (r) => r.firings, kind: 'number', width: '90px' },
  ], [t, figures]);
  return (
    <>
      <PageHead title={t('sla.title')} sub={t('sla.sub')} actions={<Segmented label={t('sla.period')} value={hours} options={[{ id: '24', text: t('sla.d1') }, { id: '168', text: t('sla.d7') }, { id: '720', text: t('sla.d30') }, { id: '2160', text: t('sla.d90') }]} onChange={(v) => setChosen(v)} />} />
      <Loaded from={report} lines={8}>{(r) => (
        <div className="stack">
          {r.unknown_s > 120 ? <p className="banner banner-info">{t('sla.notSeen', { time: span(r.unknown_s) })}</p> : null}
          <Card title={t('sla.sources')} flush><DataTable name="sla-sources" label={t('sla.sources')} rows={r.sla} columns={sources} keyOf={(x) => `${x.type}:${x.name}`} initialSort="uptime" filterable={false} empty={<Empty compact icon="check" title={t('sla.none')} text={t('sla.noneText')} />} /></Card>
          <Card title={t('sla.rules')} flush><DataTable name="sla-rules" label={t('sla.rules')} rows={r.rules} columns={rules} keyOf={(x) => x.id} initialSort="uptime" filterable={false} empty={<Empty compact icon="bell" title={t('sla.none')} />} /></Card>
        </div>
      )}</Loaded>
    </>
  );
}
