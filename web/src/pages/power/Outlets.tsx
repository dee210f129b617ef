// The outlets of a PDU: what each carries, switched behind the typed name, protected from being switched; and the phases.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { PowerDevice, PowerOutlet, PowerPhase } from '../../api/power';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { type Quantity, showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Pill, StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Value } from '../../ui/Value';
import { OutletMap } from './OutletMap';

export type SwitchTo = 'on' | 'off' | 'cycle';
const keyOf = (o: PowerOutlet) => o.outlet;
const figure = (v: number | null, unit: string, digits = 0): Quantity | null => (v === null ? null : { figure: showNumber(v, digits), unit });
const nameOf = (o: PowerOutlet) => o.label ?? o.name;

export function Outlets({ device }: { device: PowerDevice }) {
  const t = useT();
  const mayControl = useCan('power:control');
  const mayManage = useCan('power:manage');
  const outlets = useResource(paths.powerOutlets(device.id), { everyMs: 3_000 });
  const [asking, setAsking] = useState<{ outlet: PowerOutlet; to: SwitchTo } | null>(null);
  const columns = useMemo((): Column<PowerOutlet>[] => {
    const denied = mayControl ? undefined : t('core.needsPermission', { permission: 'power:control' });
    const protect = (o: PowerOutlet) => { send('PUT', urls.powerOutlet(device.id, o.outlet), { protected: !o.protected }).catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(() => invalidate(urls.powerDevice(device.id))); };
    const why = (o: PowerOutlet) => denied ?? (o.protected ? t('power.outletProtected') : o.switchable ? undefined : t('power.outletFixed'));
    return [
      { id: 'outlet', title: t('power.outlet'), value: (o) => (/^\d+$/.test(o.outlet) ? Number(o.outlet) : o.outlet), kind: 'main', cell: (o) => <span className="row"><bdi className="mono">{o.outlet}</bdi><bdi>{nameOf(o) ?? ''}</bdi>{o.protected ? <Pill status="unknown">{t('power.protected')}</Pill> : null}</span> },
      { id: 'state', title: t('power.state'), value: (o) => o.state, cell: (o) => <StatusMark status={o.state === 'on' ? 'ok' : o.state === 'off' ? 'paused' : 'unknown'} word={t(`power.outlet.${o.state}`)} /> },
      { id: 'watts', title: t('power.watts'), value: (o) => o.power_watts, kind: 'number', cell: (o) => <Value of={figure(o.power_watts, 'W')} /> },
      { id: 'amps', title: t('power.current'), value: (o) => o.current_amps, kind: 'number', cell: (o) => <Value of={figure(o.current_amps, 'A', 2)} /> },
      { id: 'energy', title: t('power.energy'), value: (o) => o.energy_kwh, kind: 'number', cell: (o) => <Value of={figure(o.energy_kwh, 'kWh', 1)} /> },
      {
        id: 'switch', title: t('power.switch'), value: () => null, kind: 'actions', plain: true,
        cell: (o) => (
          <span className="row">
            <Button small writes reason={why(o)} onClick={() => setAsking({ outlet: o, to: o.state === 'on' ? 'off' : 'on' })}>{o.state === 'on' ? t('power.switchOff') : t('power.switchOn')}</Button>
            <Menu label={t('power.more')} items={[
              { id: 'cycle', text: t('power.switchCycle'), icon: 'refresh', reason: why(o), run: () => setAsking({ outlet: o, to: 'cycle' }) },
              { id: 'protect', text: o.protected ? t('power.unprotect') : t('power.protect'), icon: 'lock', separator: true, reason: mayManage ? undefined : t('core.needsPermission', { permission: 'power:manage' }), run: () => protect(o) },
            ]} />
          </span>
        ),
      },
    ];
  }, [t, mayControl, mayManage, device.id]);
  const mapped = outlets.data ?? [];
  return (
    <div className="stack">
    {mapped.length > 0 ? <section className="card sockets-card"><OutletMap outlets={mapped} {...(mayControl ? { onPick: (o: PowerOutlet) => setAsking({ outlet: o, to: o.state === 'on' ? 'off' : 'on' }) } : {})} /></section> : null}
    <Card title={t('power.tab.outlets')} flush>
      <Loaded from={outlets} lines={6} compact>{(list) => <DataTable name="outlets" label={t('power.tab.outlets')} rows={list} columns={columns} keyOf={keyOf} empty={<Empty compact icon="bolt" title={t('power.noOutlets')} text={t('power.noOutletsText')} />} />}</Loaded>
      {asking ? <SwitchDialog device={device} outlet={asking.outlet} to={asking.to} onClose={() => setAsking(null)} /> : null}
    </Card>
    </div>
  );
}

function SwitchDialog({ device, outlet, to, onClose }: { device: PowerDevice; outlet: PowerOutlet; to: SwitchTo; onClose: () => void }) {
  const t = useT();
  const name = nameOf(outlet) ?? outlet.outlet;
  const action = t(to === 'on' ? 'power.switchOn' : to === 'off' ? 'power.switchOff' : 'power.switchCycle');
  const run = async () => {
    const now = await send<PowerOutlet>('POST', urls.powerOutletToggle(device.id, outlet.outlet), { state: to, confirm: device.id });
    invalidate(urls.powerDevice(device.id));
    toast({ level: 'ok', text: t('power.switched', { name, state: t(`power.outlet.${now.state}`) }) });
  };
  return (
    <ConfirmDialog title={`${action}: ${name}`} name={name} action={action} onClose={onClose} run={run}>
      <p>{to === 'on' ? t('power.switchOnText', { name, device: device.name }) : <b>{t(to === 'off' ? 'power.switchOffText' : 'power.switchCycleText', { name, device: device.name })}</b>}</p>
      {outlet.power_watts ? <p className="muted">{t('power.carries', { watts: showNumber(outlet.power_watts) })}</p> : null}
    </ConfirmDialog>
  );
}

const phaseKey = (p: PowerPhase) => p.id;

/** Shown only where there is more than one. */
export function Phases({ id }: { id: string }) {
  const t = useT();
  const phases = useResource(paths.powerPhases(id), { everyMs: 5_000 });
  const columns = useMemo((): Column<PowerPhase>[] => [
    { id: 'phase', title: t('power.phase'), value: (p) => p.id, kind: 'main', cell: (p) => <bdi>{/^\d+$/.test(p.id) ? `L${p.id}` : p.id}</bdi> },
    { id: 'voltage', title: t('power.voltage'), value: (p) => p.voltage, kind: 'number', cell: (p) => <Value of={figure(p.voltage, 'V', 1)} /> },
    { id: 'current', title: t('power.current'), value: (p) => p.current_amps, kind: 'number', cell: (p) => <Value of={figure(p.current_amps, 'A', 2)} /> },
    { id: 'watts', title: t('power.watts'), value: (p) => p.power_watts, kind: 'number', cell: (p) => <Value of={figure(p.power_watts, 'W')} /> },
    { id: 'load', title: t('power.load'), value: (p) => p.load_percent, kind: 'number', cell: (p) => <Value of={figure(p.load_percent, '%', 1)} /> },
  ], [t]);
  if (!phases.data || phases.data.phases.length < 2) return null;
  return <Card title={t('power.phases')} flush><DataTable name="phases" label={t('power.phases')} rows={phases.data.phases} columns={columns} keyOf={phaseKey} filterable={false} /></Card>;
}
