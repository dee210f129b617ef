// Every component in its states, for review and for the accessibility check. Developer page: its texts are not translated.
import { useState } from 'react';
import { ApiError } from '../../api/client';
import { statuses } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmDialog, ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { DraftNote } from '../../ui/DraftNote';
import { CopyBlock, Select, Switch, TextField } from '../../ui/Form';
import { Icon, Pill, StatusMark } from '../../ui/Icon';
import { LogView } from '../../ui/LogView';
import { Layer, Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, ErrorBlock, Forbidden, Skeleton } from '../../ui/StateBlock';
import { TimelineList } from '../../ui/TimelineList';
import { TimeSeries } from '../../ui/TimeSeries';
import { toast } from '../../ui/toasts';
import { Meter, Sparkline, Value } from '../../ui/Value';

interface Row { id: number; name: string; load: number | null; state: string }
const rows: readonly Row[] = Array.from({ length: 10_000 }, (_, i) => ({ id: i, name: `machine-${i}`, load: i % 11 === 0 ? null : (i * 37) % 100, state: ['ok', 'warning', 'down', 'paused'][i % 4] ?? 'ok' }));
const columns: readonly Column<Row>[] = [
  { id: 'name', title: 'Name', value: (r) => r.name, kind: 'main' },
  { id: 'load', title: 'Load', value: (r) => r.load, kind: 'number', cell: (r) => <span className="cell-meter"><Meter value={r.load} label={r.name} thin /><Value of={r.load === null ? null : { figure: String(r.load), unit: '%' }} missing="The agent did not report it" /></span> },
  { id: 'state', title: 'State', value: (r) => r.state },
];
const keyOf = (r: Row) => String(r.id);
const end = Date.UTC(2026, 0, 1, 12);
const wave = (seed: number) => Array.from({ length: 200 }, (_, i) => [end - (200 - i) * 18_000, i > 90 && i < 104 ? null : 45 + 30 * Math.sin(i / (9 + seed * 3)) + seed * 4] as const);
const lines = Array.from({ length: 120 }, (_, i) => ({ key: String(i), time: `11-21 02:${String(i % 60).padStart(2, '0')}:00`, source: ['nginx', 'postgres', 'kernel'][i % 3] ?? '', level: i % 9 === 0 ? 'critical' as const : i % 5 === 0 ? 'warning' as const : 'info' as const, text: `line ${i}: request took ${i * 3} ms` }));

export default function ComponentsPage() {
  const [dialog, setDialog] = useState<'dialog' | 'sheet' | 'confirm' | null>(null);
  const [text, setText] = useState('value');
  const [on, setOn] = useState(true);
  const [choice, setChoice] = useState('a');
  const [rtl, setRtl] = useState(false);
  return (
    <div dir={rtl ? 'rtl' : undefined}>
      <PageHead title="Components" sub="Each in all its states" icon="layers" actions={<Switch label="Mirrored" checked={rtl} onChange={setRtl} />} />
      <div className="grid">
        <div className="span-6"><Card title="Buttons"><div className="stack">
          {(['primary', 'secondary', 'quiet', 'danger'] as const).map((kind) => <div key={kind} className="row"><Button kind={kind}>{kind}</Button><Button kind={kind} icon="plus">With icon</Button><Button kind={kind} busy>Busy</Button><Button kind={kind} reason="Needs the permission x">Refused</Button><Button kind={kind} small>Small</Button><Button kind={kind} icon="more" label={`${kind} icon`} /></div>)}
          <div className="row"><ButtonLink to="/dev/components" icon="link">Link</ButtonLink><Segmented label="Choice" value={choice} onChange={setChoice} options={[{ id: 'a', text: 'First' }, { id: 'b', text: 'Second' }, { id: 'c', text: 'Third' }]} /><Menu label="Menu" text="Menu" kind="secondary" icon="chevron-down" items={[{ id: '1', text: 'Edit', icon: 'edit' }, { id: '2', text: 'Chosen', checked: true }, { id: '3', text: 'Not now', reason: 'refused' }, { id: '4', text: 'Delete', icon: 'trash', danger: true, separator: true }]} /></div>
          <div className="row"><ConfirmInline action="Restart" effect="Interrupts nginx for a moment." run={async () => {}} /><Button onClick={() => setDialog('confirm')}>Confirm D2</Button><Button onClick={() => setDialog('dialog')}>Dialog</Button><Button onClick={() => setDialog('sheet')}>Sheet</Button><Button onClick={() => toast({ level: 'ok', text: 'Saved.', action: { text: 'Undo', run: () => {} } })}>Toast</Button></div>
        </div></Card></div>
        <div className="span-6"><Card title="Status"><div className="stack">
          <div className="row">{statuses.map((s) => <StatusMark key={s} status={s} />)}</div>
          <div className="row">{statuses.map((s) => <Pill key={s} status={s}>{s}</Pill>)}</div>
          <div className="row">{statuses.map((s) => <StatusMark key={s} status={s} size={28} bare />)}</div>
          <Meter value={34} label="34" ticks={[80, 90]} /><Meter value={84} status="warning" label="84" ticks={[80, 90]} /><Meter value={96} status="critical" label="96" ticks={[80, 90]} /><Meter value={null} label="none" />
          <div className="row"><Value big of={{ figure: '42.5', unit: '%' }} /><Value big of={null} missing="No sensor" /><Value of={{ figure: '1.2', unit: 'GiB' }} /><Age at={Date.now() - 200_000} /></div>
          <Sparkline points={wave(1)} windowMs={3_600_000} max={100} />
        </div></Card></div>
        <div className="span-6"><Card title="Form"><form className="stack" onSubmit={(e) => e.preventDefault()}>
          <TextField label="Field" value={text} onChange={setText} help="Help below the field" /><TextField label="With error" value={text} onChange={setText} error="The name is taken" /><TextField label="Secret" type="password" value={text} onChange={setText} optional /><TextField label="Disabled" value={text} onChange={setText} disabled />
          <Select label="Select" value={choice} onChange={setChoice} options={[{ id: 'a', text: 'First' }, { id: 'b', text: 'Second' }]} /><div className="row"><Switch label="Switch" checked={on} onChange={setOn} /><Switch label="Locked" checked reason="Set by the environment" onChange={setOn} /></div>
          <CopyBlock label="Secret" text="argus_sk_3f2a91b0c4de77aa91b0c4de" />
        </form></Card></div>
        <div className="span-6 stack"><Card title="States" flush><Skeleton lines={3} /><DraftNote draft={{ restoredAt: new Date(Date.now() - 300_000).toISOString(), kept: false, forget: () => undefined, startOver: () => undefined }} /><DraftNote draft={{ restoredAt: null, kept: true, forget: () => undefined, startOver: () => undefined }} /><Empty compact icon="inbox" title="Nothing waits for you" text="One sentence about what appears here." action={<Button small>Main action</Button>} /><ErrorBlock compact error={new ApiError(503, 'x', 'The store does not answer', { requestId: '0190ab' })} retry={() => {}} /><Forbidden compact permission="audit:read" /></Card></div>
        <div className="span-6"><Card flush className="chart-card"><TimeSeries title="One series" name="one" unit="%" max={100} series={[{ label: 'cpu', points: wave(0) }]} from={end - 3_600_000} to={end} thresholds={[{ value: 75, status: 'warning' }, { value: 90, status: 'critical' }]} /></Card></div>
        <div className="span-6"><Card flush className="chart-card"><TimeSeries title="Eight series" name="eight" unit="" series={Array.from({ length: 8 }, (_, i) => ({ label: `series ${i + 1}`, points: wave(i) }))} from={end - 3_600_000} to={end} /></Card></div>
        <div className="span-6"><Card title="Timeline" flush><TimelineList items={[{ id: 3, source: 'ops', kind: 'alert.firing', severity: 'error', message: 'Disk /srv/data at 91 %', subject_type: 'rule', subject_id: 'disk', subject_name: 'Disk full', created_at: end / 1000 }, { id: 2, source: 'platform', kind: 'auth.login_failed', severity: 'warning', message: 'Failed sign-in for admin', repeat_count: 4, created_at: end / 1000 - 300 }, { id: 1, source: 'edge', kind: 'x', severity: 'info', message: 'Certificate renewed', actor: 'ana', created_at: end / 1000 - 90_000 }]} fresh={2} showFresh={() => {}} /></Card></div>
        <div className="span-6"><section className="card"><LogView lines={lines} name="Log" height={300} match="ms" onSource={() => {}} /></section></div>
        <div><section className="card"><DataTable name="story" label="Ten thousand rows" rows={rows} columns={columns} keyOf={keyOf} onOpen={() => {}} maxHeight={360} caption={<><Icon name="table" /> Ten thousand rows, few elements</>} /></section></div>
      </div>
      {dialog === 'confirm' ? <ConfirmDialog title="Delete machine-1" name="machine-1" action="Delete machine-1" run={async () => {}} onClose={() => setDialog(null)}><p>Its history is lost.</p></ConfirmDialog> : dialog ? <Layer kind={dialog} title="A layer" onClose={() => setDialog(null)} footer={<Button kind="primary" onClick={() => setDialog(null)}>Done</Button>}><p>Focus stays inside and goes back to the opener.</p></Layer> : null}
    </div>
  );
}
