// Silences: what channels shall not say for a while, by label, with a look at what that covers.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { MaintenanceWindow, Matcher } from '../../api/shapes';
import { useCan } from '../../app/session';
import { dayTime, span } from '../../format/time';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Field, Select, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { offerUndo } from '../../ui/undo';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { CoverageBox } from './CoverageBox';
import './incident.css';

const keyOf = (w: MaintenanceWindow) => String(w.id);
const lengths = [900, 3600, 14_400, 86_400, 604_800] as const;
const first: Matcher = { label: 'rule', op: '=', value: '' };

export default function SilencesPage() {
  const t = useT();
  const may = useCan('alerts:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'alerts:manage' });
  const silences = useResource(paths.silences, { everyMs: 30_000 });
  const [making, setMaking] = useState(false);
  const columns = useMemo((): Column<MaintenanceWindow>[] => [
    { id: 'covers', title: t('sil.covers'), value: (w) => w.name, kind: 'main', cell: (w) => <span className="row"><StatusMark status={w.active ? 'maintenance' : 'paused'} bare /><span className="matchers">{w.matchers.map((m) => <code key={`${m.label}${m.op}${m.value}`}>{m.label} {m.op} {m.value}</code>)}{w.scope.map((s) => <code key={s}>{s}</code>)}</span></span> },
    { id: 'reason', title: t('sil.reason'), value: (w) => w.reason },
    { id: 'by', title: t('sil.by'), value: (w) => w.created_by, width: '120px' },
    { id: 'ends', title: t('sil.ends'), value: (w) => w.one_off_end, kind: 'number', width: '150px', cell: (w) => (w.active && w.one_off_end ? dayTime(w.one_off_end * 1000) : <span className="faint">{t('sil.ended')}</span>) },
    { id: 'actions', title: t('mw.actions'), value: () => null, kind: 'actions', plain: true, cell: (w) => (w.active ? <ConfirmInline action={t('sil.end')} effect={t('sil.endEffect')} reason={reason} run={async () => { const done = await send<{ undo?: string }>('DELETE', urls.silenceRow(w.id)); offerUndo(t('sil.endedNow', { name: w.name }), done.undo, t('core.undo'), [urls.silences, '/api/ui/attention']); }} /> : null) },
  ], [t, reason]);
  const open = <Button kind="primary" icon="plus" reason={reason} writes onClick={() => setMaking(true)}>{t('sil.new')}</Button>;
  return (
    <>
      <PageHead title={t('sil.title')} sub={t('sil.sub')} actions={open} />
      <section className="card"><Loaded from={silences} lines={4}>{(rows) => <DataTable name="silences" label={t('sil.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="-ends" empty={<Empty icon="bell" title={t('sil.none')} text={t('sil.noneText')} />} />}</Loaded></section>
      {making ? <SilenceForm onClose={() => setMaking(false)} /> : null}
    </>
  );
}

function SilenceForm({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [rows, setRows] = useState<readonly (Matcher & { key: number })[]>([{ ...first, key: 0 }]);
  const [length, setLength] = useState('3600');
  const [why, setWhy] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (key: number, part: Partial<Matcher>) => setRows(rows.map((r) => (r.key === key ? { ...r, ...part } : r)));
  const body = { matchers: rows.filter((r) => r.label !== '' && r.value !== '').map(({ label, op, value }) => ({ label, op, value })), duration: `${length}s`, reason: why };
  const ops: readonly { id: Matcher['op']; text: string }[] = [{ id: '=', text: t('sil.is') }, { id: '!=', text: t('sil.isNot') }, { id: '~', text: t('sil.like') }, { id: '!~', text: t('sil.notLike') }];
  const save = async () => {
    setBusy(true);
    try {
      await send('POST', urls.silences, body);
      invalidate(urls.silences, '/api/ui/attention');
      toast({ level: 'ok', text: t('sil.made') });
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer kind="sheet" title={t('sil.new')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" writes busy={busy} onClick={() => void save()}>{t('sil.create')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <Field label={t('sil.covers')} help={t('sil.help')}>{({ describedBy }) => (
          <div className="stack" aria-describedby={describedBy}>
            {rows.map((r) => (
              <div className="matcher-row" key={r.key}>
                <input className="input mono" aria-label={t('sil.label')} value={r.label} onChange={(e) => set(r.key, { label: e.target.value })} list="silence-labels" />
                <Select hideLabel label={t('sil.op')} value={r.op} onChange={(op) => set(r.key, { op })} options={ops} />
                <input className="input mono" aria-label={t('sil.value')} value={r.value} onChange={(e) => set(r.key, { value: e.target.value })} />
                <Button kind="quiet" icon="close" label={t('sil.remove')} disabled={rows.length === 1} onClick={() => setRows(rows.filter((x) => x.key !== r.key))} />
              </div>
            ))}
            <datalist id="silence-labels">{['rule', 'severity', 'group', 'host', 'service', 'mount', 'agent', 'device'].map((l) => <option key={l} value={l} />)}</datalist>
            <div><Button small icon="plus" onClick={() => setRows([...rows, { ...first, label: '', key: Math.max(...rows.map((r) => r.key)) + 1 }])}>{t('sil.add')}</Button></div>
          </div>
        )}</Field>
        <Select label={t('sil.for')} value={length} onChange={setLength} options={lengths.map((s) => ({ id: String(s), text: span(s) }))} />
        <TextField label={t('sil.reason')} value={why} onChange={setWhy} optional maxLength={300} />
        {body.matchers.length > 0 ? <CoverageBox url={urls.silencePreview} body={body} /> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
      </form>
    </Layer>
  );
}
