// The audit log: a page of rows at a time, newest first, of one category or all; the change behind a row in a sheet; all of it as a file.
import { useMemo, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { AuditRow } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { clockSeconds, date, exactTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { statusOf } from '../../state/status';
import { Button } from '../../ui/Button';
import { saveFile } from '../../ui/download';
import { Select } from '../../ui/Form';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import './settings.css';

const shown = 1000;
const categories = ['', 'auth', 'config', 'data', 'action', 'security', 'safety', 'power'] as const;
const keyOf = (r: AuditRow) => String(r.id ?? `${r.time}/${r.username}/${r.action}/${r.details}`);

export default function AuditPage() {
  const t = useT();
  const may = useCan('audit:read');
  const [category, setCategory] = useQueryParam('category');
  const [page, setPage] = useQueryParam('page');
  const [busy, setBusy] = useState(false);
  const place = Math.max(0, Number.parseInt(page, 10) || 0);
  const audit = useResource(may ? paths.audit({ limit: shown, offset: place * shown, ...(category === '' ? {} : { category }) }) : null);
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
  const everything = async () => {
    setBusy(true);
    try { saveFile('argos-audit.csv', 'text/csv', await send<string>('POST', urls.auditExport, { format: 'csv' }, { as: 'text' })); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  const at = (n: number) => setPage(n === 0 ? '' : String(n));
  return (
    <>
      <PageHead title={t('audit.title')} sub={t('audit.sub')} actions={may ? <><Select hideLabel label={t('audit.category')} value={category} options={categories.map((c) => ({ id: c, text: c === '' ? t('audit.everyCategory') : tDynamic(`audit.category.${c}`, c) }))} onChange={(c) => { at(0); setCategory(c); }} /><Button icon="download" busy={busy} onClick={() => void everything()}>{t('audit.export')}</Button><Button icon="shield" onClick={() => void verify()}>{t('audit.verify')}</Button></> : null} />
      <section className="card">{may ? <Loaded from={audit} lines={10}>{(rows) => <><DataTable name="audit" label={t('audit.title')} rows={rows} columns={columns} keyOf={keyOf} maxHeight={680} onOpen={setOpen} empty={<Empty icon="shield" title={place > 0 ? t('audit.noOlder') : t('audit.none')} />} />{place > 0 || rows.length >= shown ? <p className="audit-pages"><Button small disabled={place === 0} onClick={() => at(place - 1)}>{t('audit.newer')}</Button><span className="faint num">{t('audit.rows', { from: place * shown + 1, to: place * shown + rows.length })}</span><Button small disabled={rows.length < shown} onClick={() => at(place + 1)}>{t('audit.older')}</Button></p> : null}</>}</Loaded> : <Forbidden permission="audit:read" />}</section>
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
