// What a UPS says about itself and what it can be told; a command that can cut power asks for the typed name.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { PowerDevice, UpsCommand } from '../../api/power';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmDialog, ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { TextField } from '../../ui/Form';
import { Pill } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

interface Row { name: string; value: string; writable: boolean }
const keyOf = (r: Row) => r.name;
const commandKey = (c: UpsCommand) => c.name;

export function Variables({ id }: { id: string }) {
  const t = useT();
  const may = useCan('power:control');
  const variables = useResource(paths.powerVariables(id), { everyMs: 10_000 });
  const [editing, setEditing] = useState<Row | null>(null);
  const rows = useMemo(() => Object.entries(variables.data ?? {}).map(([name, v]) => ({ name, ...v })), [variables.data]);
  const columns = useMemo((): Column<Row>[] => [
    { id: 'name', title: t('power.variable'), value: (r) => r.name, kind: 'main', cell: (r) => <bdi className="mono">{r.name}</bdi> },
    { id: 'value', title: t('power.value'), value: (r) => r.value, cell: (r) => <bdi>{r.value}</bdi> },
    { id: 'edit', title: t('power.change'), value: () => null, kind: 'actions', plain: true, cell: (r) => (r.writable ? <Button small icon="edit" writes reason={may ? undefined : t('core.needsPermission', { permission: 'power:control' })} onClick={() => setEditing(r)}>{t('power.change')}</Button> : null) },
  ], [t, may]);
  return (
    <Card title={t('power.tab.variables')} flush>
      <Loaded from={variables} lines={8} compact>{() => <DataTable name="variables" label={t('power.tab.variables')} rows={rows} columns={columns} keyOf={keyOf} initialSort="name" empty={<Empty compact icon="list" title={t('power.noVariables')} />} />}</Loaded>
      {editing ? <EditVariable id={id} row={editing} onClose={() => setEditing(null)} /> : null}
    </Card>
  );
}

function EditVariable({ id, row, onClose }: { id: string; row: Row; onClose: () => void }) {
  const t = useT();
  const [value, setValue] = useState(row.value);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await send('PUT', urls.powerVariable(id, row.name), { value });
      invalidate(urls.powerDevice(id));
      toast({ level: 'ok', text: t('power.changed', { name: row.name }) });
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={row.name} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <TextField label={t('power.value')} value={value} onChange={setValue} autoFocus error={error} mono />
        <Button type="submit" kind="primary" busy={busy} writes>{t('power.save')}</Button>
      </form>
    </Layer>
  );
}

export function Commands({ device }: { device: PowerDevice }) {
  const t = useT();
  const may = useCan('power:control');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'power:control' });
  const commands = useResource(paths.powerCommands(device.id));
  const [asking, setAsking] = useState<UpsCommand | null>(null);
  const columns = useMemo((): Column<UpsCommand>[] => {
    const run = async (c: UpsCommand) => { await send('POST', urls.powerCommand(device.id), { command: c.name }); toast({ level: 'ok', text: t('power.done', { name: c.name }) }); };
    return [
      { id: 'name', title: t('power.command'), value: (c) => c.name, kind: 'main', cell: (c) => <span className="row"><bdi className="mono">{c.name}</bdi>{c.dangerous ? <Pill status="critical">{t('power.cuts')}</Pill> : null}</span> },
      { id: 'text', title: t('power.meaning'), value: (c) => c.description },
      { id: 'run', title: t('power.run'), value: () => null, kind: 'actions', plain: true, cell: (c) => (c.dangerous ? <Button small kind="danger" writes reason={reason} onClick={() => setAsking(c)}>{t('power.run')}</Button> : <ConfirmInline action={t('power.run')} effect={t('power.runEffect', { name: c.name })} reason={reason} run={() => run(c)} />) },
    ];
  }, [t, reason, device.id]);
  return (
    <Card title={t('power.tab.commands')} flush>
      <Loaded from={commands} lines={4} compact>{(list) => <DataTable name="commands" label={t('power.tab.commands')} rows={list} columns={columns} keyOf={commandKey} initialSort="name" empty={<Empty compact icon="terminal" title={t('power.noCommands')} text={t('power.noCommandsText')} />} />}</Loaded>
      {asking ? (
        <ConfirmDialog title={asking.name} name={device.name} action={t('power.run')} onClose={() => setAsking(null)} run={async () => { await send('POST', urls.powerCommand(device.id), { command: asking.name, confirm: device.id }); toast({ level: 'ok', text: t('power.done', { name: asking.name }) }); }}>
          <p>{asking.description || asking.name}</p><p><b>{t('power.cutsText', { name: device.name })}</b></p>
        </ConfirmDialog>
      ) : null}
    </Card>
  );
}
