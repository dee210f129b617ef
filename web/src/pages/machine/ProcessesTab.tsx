// Processes now; rows hold still while the pointer is on the table.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { Process } from '../../api/shapes';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { useLink } from '../../state/live';
import { type Column, DataTable } from '../../ui/DataTable';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Meter } from '../../ui/Value';

const keyOf = (p: Process) => String(p.pid);

export function ProcessesTab() {
  const t = useT();
  const paused = useLink().link === 'paused';
  const processes = useResource(paths.processes, { everyMs: paused ? 0 : 5_000 });
  const columns = useMemo((): Column<Process>[] => {
    const share = (v: number | null, label: string) => (v === null ? <span className="faint">–</span> : <span className="cell-meter"><Meter value={v} label={label} thin /><span className="num">{showNumber(v, 1)} %</span></span>);
    return [
      { id: 'name', title: t('machine.process'), value: (p) => p.name, kind: 'main', cell: (p) => <bdi>{p.name}</bdi> },
      { id: 'pid', title: t('machine.pid'), value: (p) => p.pid, kind: 'number', width: '90px', cell: (p) => p.pid },
      { id: 'cpu', title: t('machine.cpuShare'), value: (p) => p.cpu, kind: 'number', width: '210px', cell: (p) => share(p.cpu, `${p.name} ${t('machine.cpuShare')}`) },
      { id: 'mem', title: t('machine.memShare'), value: (p) => p.mem, kind: 'number', width: '210px', cell: (p) => share(p.mem, `${p.name} ${t('machine.memShare')}`) },
      { id: 'user', title: t('machine.user'), value: (p) => p.user, width: '130px' },
      { id: 'status', title: t('machine.state'), value: (p) => p.status, width: '110px' },
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
