// Problems: open ones worst first with what is folded under them, and what was.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { AlertRow } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { span, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { severityOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { ButtonLink, Segmented } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { ProblemCard } from '../../ui/ProblemCard';
import { Empty, Loaded } from '../../ui/StateBlock';

export default function ProblemsPage() {
  const t = useT();
  const [view, setView] = useQueryParam('view', 'open');
  const attention = useResource(paths.attention, { everyMs: 30_000 });
  const well = attention.data?.well;
  return (
    <>
      <PageHead title={t('problems.title')} sub={typeof well === 'number' ? t('problems.well', { n: well }) : ' '}
        actions={<><Segmented label={t('problems.views')} value={view === 'past' ? 'past' : 'open'} options={[{ id: 'open', text: `${t('problems.open')}${attention.data ? ` ${attention.data.problems.length}` : ''}` }, { id: 'past', text: t('problems.past') }]} onChange={(v) => setView(v)} /><ButtonLink to="/incidents/list" icon="siren">{t('nav.incidentList')}</ButtonLink></>} />
      {view === 'past' ? <Past /> : (
        <section className="card">
          <Loaded from={attention} lines={5}>
            {(data) => (data.problems.length === 0 ? <NoProblem /> : <ul>{data.problems.map((p) => <ProblemCard key={p.firing_id} problem={p} open />)}</ul>)}
          </Loaded>
        </section>
      )}
    </>
  );
}

function NoProblem() {
  const t = useT();
  const past = useResource(paths.alertHistory({ limit: 1 }));
  const ended = past.data?.[0]?.resolved_at ?? null;
  return <Empty icon="check" title={t('problems.none')} text={<>{t('problems.noneText')}{ended ? <><br /><Age at={ended} /></> : null}</>} />;
}

const keyOf = (r: AlertRow) => String(r.id);

function Past() {
  const t = useT();
  const past = useResource(paths.alertHistory({ limit: 500 }));
  const columns = useMemo((): Column<AlertRow>[] => {
    const lasted = (r: AlertRow) => { const a = toMillis(r.timestamp); const b = toMillis(r.resolved_at); return a === null || b === null ? null : (b - a) / 1000; };
    return [
      { id: 'message', title: t('problems.message'), value: (r) => r.message, kind: 'main', cell: (r) => <span className="row"><StatusMark status={severityOf(r.severity)} bare />{r.message}</span> },
      { id: 'severity', title: t('problems.severity'), value: (r) => r.severity, width: '110px' },
      { id: 'rule', title: t('problems.rule'), value: (r) => r.rule_id, cell: (r) => <Link to={`/incidents/rules?q=${encodeURIComponent(r.rule_id)}`}><bdi className="mono">{r.rule_id}</bdi></Link> },
      { id: 'began', title: t('problems.when'), value: (r) => toMillis(r.timestamp), kind: 'number', cell: (r) => <Age at={r.timestamp} /> },
      { id: 'lasted', title: t('problems.lasted'), value: lasted, kind: 'number', cell: (r) => { const s = lasted(r); return s === null ? <StatusMark status="critical" word={t('problems.ongoing')} /> : span(s); } },
    ];
  }, [t]);
  return <section className="card"><Loaded from={past} lines={8}>{(rows) => <DataTable name="past-problems" label={t('problems.past')} rows={rows} columns={columns} keyOf={keyOf} initialSort="-began" empty={<Empty icon="history" title={t('problems.pastNone')} />} />}</Loaded></section>;
}
