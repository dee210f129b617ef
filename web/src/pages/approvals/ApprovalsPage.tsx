// What waits for a decision, and what was decided: one card at a time, by button or key.
import { useState } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { ApprovalRow } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { tDynamic, useT } from '../../i18n';
import { jobName } from '../../i18n/words';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Segmented } from '../../ui/Button';
import { InboxTabs } from '../inbox/InboxTabs';
import { ApprovalCard } from './ApprovalCard';
import './approvals.css';

const marks: Readonly<Record<string, Status>> = { pending: 'pending', approved: 'ok', auto_approved: 'ok', denied: 'critical', expired: 'warning', cancelled: 'paused' };
const keyOf = (a: ApprovalRow) => a.uid;

export default function ApprovalsPage() {
  const t = useT();
  const [view, setView] = useQueryParam('view', 'open');
  const history = view === 'history';
  return (
    <>
      <PageHead title={t('inbox.title')} sub={t('approvals.sub')} actions={<Segmented label={t('approvals.view')} value={history ? 'history' : 'open'} options={[{ id: 'open', text: t('approvals.open') }, { id: 'history', text: t('approvals.history') }]} onChange={setView} />} />
      <InboxTabs active="approvals" />
      {history ? <History /> : <Open />}
    </>
  );
}

function Open() {
  const t = useT();
  const open = useResource(paths.approvals('pending'), { everyMs: 10_000 });
  const [named] = useQueryParam('id', '');
  const [picked, setPicked] = useState<number | null>(null);
  return (
    <Loaded from={open} lines={6}>
      {(rows) => {
        if (rows.length === 0) return <section className="card"><Empty icon="check" title={t('approvals.none')} text={t('approvals.noneText')} /></section>;
        const oldest = [...rows].sort((a, b) => a.id - b.id);
        const current = oldest.find((a) => a.id === picked) ?? oldest.find((a) => String(a.id) === named) ?? oldest[0];
        return (
          <div className="approvals">
            {oldest.length > 1 ? (
              <ul className="approvals-list card">
                {oldest.map((a) => <li key={a.uid}><button type="button" aria-current={a === current ? 'true' : undefined} onClick={() => setPicked(a.id)}><span>{a.description}</span><small className="faint">{a.requested_by} · <Age at={a.requested_at} /></small></button></li>)}
              </ul>
            ) : null}
            {current ? <ApprovalCard key={current.uid} approval={current} /> : null}
          </div>
        );
      }}
    </Loaded>
  );
}

function History() {
  const t = useT();
  const all = useResource(paths.approvals('all'), { everyMs: 30_000 });
  const columns: Column<ApprovalRow>[] = [
    { id: 'what', title: t('approvals.what'), value: (a) => a.description, kind: 'main', cell: (a) => <span className="approvals-what">{a.description}<small className="faint">{jobName(a.action_type)}{a.modified_keys.length > 0 ? ` · ${t('approvals.changedKeys', { keys: a.modified_keys.join(', ') })}` : ''}</small></span> },
    { id: 'status', title: t('approvals.status'), value: (a) => a.status, width: '150px', cell: (a) => <StatusMark status={marks[a.status] ?? 'unknown'} word={tDynamic(`approvals.status.${a.status}`, a.status)} /> },
    { id: 'asked', title: t('approvals.askedBy'), value: (a) => a.requested_by, width: '120px' },
    { id: 'by', title: t('approvals.decidedBy'), value: (a) => a.decided_by ?? '', width: '150px', cell: (a) => (a.decided_by ? <>{a.decided_by}{a.self_approved ? <span className="faint"> {t('approvals.self')}</span> : null}</> : <span className="faint">{t('approvals.nobody')}</span>) },
    { id: 'when', title: t('approvals.when'), value: (a) => a.decided_at ?? a.requested_at, kind: 'number', width: '110px', cell: (a) => <Age at={a.decided_at ?? a.requested_at} /> },
    { id: 'comment', title: t('approvals.reason'), value: (a) => a.comment ?? '' },
    { id: 'run', title: t('approvals.run'), value: (a) => a.run_state ?? '', width: '120px', cell: (a) => (a.run_state ? tDynamic(`approvals.run.${a.run_state}`, a.run_state) : '–') },
  ];
  return <section className="card"><Loaded from={all} lines={8}>{(rows) => <DataTable name="approvals" label={t('approvals.history')} rows={rows.filter((a) => a.status !== 'pending')} columns={columns} keyOf={keyOf} initialSort="-when" empty={<Empty icon="check" title={t('approvals.historyNone')} />} />}</Loaded></section>;
}
