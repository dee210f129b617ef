// Processes now; rows hold still while the pointer is on the table.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { Process } from '../../api/shapes';
import { bytes, showNumber } from '../../format/numbers';
import { toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { useLink } from '../../state/live';
import { type Column, DataTable } from '../../ui/DataTable';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Age } from '../../ui/Age';
import { Meter, Value } from '../../ui/Value';

const keyOf = (p: Process) => String(p.pid);

export function ProcessesTab() {
  const t = useT();
  const paused = useLink().link === 'paused';
  const processes = useResource(paths.processes, { everyMs: paused ? 0 : 5_000 });
  const columns = useMemo((): Column<Process>[] => {
    const share = (v: number | null, label: string) => (v === null ? <span className="faint">–</span> : <span className="cell-meter"><Meter value={v} label={label} thin /><span className="num">{showNumber(v, 1)} %</span></span>);
    return [
      { id: 'name', title: t('machine.process'), value: (p) => p.name, kind: 'main', width: '34%', cell: (p) => <span className="process"><bdi>{p.name}</bdi>{p.command && p.command !== p.name ? <bdi className="mono faint truncate" title={p.command}>{p.command}</bdi> : null}</span> },
      { id: 'pid', title: t('machine.pid'), value: (p) => p.pid, kind: 'number', width: '90px', cell: (p) => p.pid },
      { id: 'cpu', title: t('machine.cpuShare'), value: (p) => p.cpu, kind: 'number', width: '180px', cell: (p) => share(p.cpu, `${p.name} ${t('machine.cpuShare')}`) },
      { id: 'mem', title: t('machine.memShare'), value: (p) => p.mem, kind: 'number', width: '180px', cell: (p) => share(p.mem, `${p.name} ${t('machine.memShare')}`) },
      { id: 'bytes', title: t('machine.memBytes'), value: (p) => p.memory_bytes ?? null, kind: 'number', extra: true, cell: (p) => <Value of={typeof p.memory_bytes === 'number' ? bytes(p.memory_bytes) : null} /> },
      { id: 'io', title: t('machine.diskRate'), value: (p) => p.io_bps ?? null, kind: 'number', extra: true, cell: (p) => <Value of={typeof p.io_bps === 'number' ? bytes(p.io_bps, true) : null} missing={t('machine.ioHidden')} /> },
      { id: 'threads', title: t('machine.threads'), value: (p) => p.threads ?? null, kind: 'number', extra: true },
      { id: 'started', title: t('machine.started'), value: (p) => toMillis(p.started), kind: 'number', extra: true, cell: (p) => <Age at={p.started} /> },
      { id: 'user', title: t('machine.user'), value: (p) => p.user, width: '130px' },
      { id: 'status', title: t('machine.state'), value: (p) => p.status, width: '110px' },
      { id: 'command', title: t('machine.command'), value: (p) => p.command ?? null, extra: true, cell: (p) => <bdi className="mono">{p.command}</bdi> },
    ];
  }, [t]);
  return (
    <section className="card">
      <Loaded from={processes} lines={10} height={20}>
        {(rows) => <DataTable name="processes" label={t('machine.processes')} rows={rows} columns={columns} keyOf={keyOf} initialSort="-cpu" liveSort empty={<Empty icon="list" title={t('machine.noProcesses')} />} />}
      </Loaded>
    </section>
  );
}
