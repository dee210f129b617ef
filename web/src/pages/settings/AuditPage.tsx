// The audit log: newest rows, filter in the address, the change behind a row in a sheet.
import { useMemo, useState } from 'react';
import { load, asApiError } from '../../api/client';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { AuditRow } from '../../api/shapes';
import { useCan } from '../../app/session';
import { clockSeconds, date, exactTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { statusOf } from '../../state/status';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import './settings.css';

const shown = 1000;
const keyOf = (r: AuditRow) => String(r.id ?? `${r.time}/${r.username}/${r.action}/${r.details}`);

export default function AuditPage() {
  const t = useT();
  const may = useCan('audit:read');
  const audit = useResource(may ? paths.audit({ limit: shown }) : null);
  const [open, setOpen] = useState<AuditRow | null>(null);
  const columns = useMemo((): Column<AuditRow>[] => [
    { id: 'time', title: t('audit.time'), value: (r) => toMillis(r.time), width: '190px', cell: (r) => { const ms = toMillis(r.time); return ms === null ? '–' : <time className="num nowrap" title={exactTime(ms)}>{date(ms)} {clockSeconds(ms)}</time>; } },
    { id: 'user', title: t('audit.user'), value: (r) => r.username, cell: (r) => <bdi>{r.username}</bdi>, width: '160px' },
    { id: 'action', title: t('audit.action'), value: (r) => r.action, kind: 'main', cell: (r) => <span className="row">{r.status && r.status !== 'success' ? <StatusMark status={statusOf(r.status)} bare /> : null}<bdi>{r.action}</bdi></span>, width: '220px' },
    { id: 'details', title: t('audit.details'), value: (r) => r.details },
    { id: 'category', title: t('audit.category'), value: (r) => r.category ?? null, extra: true },
    { id: 'ip', title: t('audit.ip'), value: (r) => r.ip, cell: (r) => <bdi className="mono">{r.ip}</bdi>, width: '150px' },
  ], [t]);
  const verify = async () => {
    try {
      const r = await load(paths.auditVerify);
      toast(r.ok ? { level: 'ok', text: t('audit.chainOk', { n: r.rows }) } : { level: 'critical', text: t('audit.chainBroken', { row: r.broken_at ?? r.rows }) });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  return (
    <>
      <PageHead title={t('audit.title')} sub={t('audit.sub')} actions={may ? <Button icon="shield" onClick={() => void verify()}>{t('audit.verify')}</Button> : null} />
      <section className="card">{may ? <Loaded from={audit} lines={10}>{(rows) => <DataTable name="audit" label={t('audit.title')} rows={rows} columns={columns} keyOf={keyOf} maxHeight={680} onOpen={setOpen} empty={<Empty icon="shield" title={t('audit.none')} />} />}</Loaded> : <Forbidden permission="audit:read" />}</section>
      {open ? <AuditSheet row={open} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

function AuditSheet({ row, onClose }: { row: AuditRow; onClose: () => void }) {
  const t = useT();
  const ms = toMillis(row.time);
  const facts: (readonly [string, string | null | undefined])[] = [[t('audit.time'), ms === null ? null : exactTime(ms)], [t('audit.user'), row.role ? `${row.username} (${row.role})` : row.username], [t('audit.action'), row.canonical && row.canonical !== row.action ? `${row.action} (${row.canonical})` : row.action], [t('audit.details'), row.details], [t('audit.result'), row.status], [t('audit.category'), row.category], [t('audit.ip'), row.ip], [t('audit.request'), row.request_id]];
  const json = (v: unknown) => (v === null || v === undefined ? null : JSON.stringify(v, null, 2));
  const before = json(row.before);
  const after = json(row.after);
  return (
    <Layer kind="sheet" title={row.action} onClose={onClose}>
      <div className="stack">
        <dl className="facts">{facts.filter(([, v]) => v).map(([k, v]) => <div key={k} className="fact"><dt>{k}</dt><dd><bdi>{v}</bdi></dd></div>)}</dl>
        {before ? <div><h3>{t('audit.before')}</h3><pre className="payload" tabIndex={0}>{before}</pre></div> : null}
        {after ? <div><h3>{t('audit.after')}</h3><pre className="payload" tabIndex={0}>{after}</pre></div> : null}
      </div>
    </Layer>
  );
}
