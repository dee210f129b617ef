// The outlets of a device as they sit in a row: lit when on, dark when off, filled by their share of the total.
import type { PowerOutlet } from '../../api/power';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Icon } from '../../ui/Icon';

export function OutletMap({ outlets, onPick }: { outlets: readonly PowerOutlet[]; onPick?: (o: PowerOutlet) => void }) {
  const t = useT();
  const total = outlets.reduce((sum, o) => sum + (o.power_watts ?? 0), 0);
  return (
    <ul className="sockets" aria-label={t('power.outletMap')}>
      {outlets.map((o) => {
        const share = total > 0 && o.power_watts !== null ? o.power_watts / total : null;
        const name = o.label ?? o.name ?? '';
        const text = `${o.outlet} ${name}: ${t(`power.outlet.${o.state}`)}${o.power_watts === null ? '' : `, ${showNumber(o.power_watts)} W`}${share === null ? '' : `, ${t('power.ofLoad', { n: showNumber(share * 100) })}`}`;
        const body = (
          <>
            <span className="socket-hole" aria-hidden="true"><i /><i /><i /></span>
            <span className="socket-text"><b className="num">{o.outlet}</b><bdi className="truncate">{name || t(`power.outlet.${o.state}`)}</bdi>{o.protected ? <Icon name="lock" size={12} /> : null}</span>
            <span className="socket-watts num">{o.power_watts === null ? t(`power.outlet.${o.state}`) : `${showNumber(o.power_watts)} W`}</span>
            <span className="socket-share" aria-hidden="true"><i style={{ inlineSize: `${(share ?? 0) * 100}%` }} /></span>
            <span className="sr">{text}</span>
          </>
        );
        return <li key={o.outlet} className={`socket socket-${o.state}`} title={text}>{onPick && o.switchable && !o.protected ? <button type="button" onClick={() => onPick(o)}>{body}</button> : <span>{body}</span>}</li>;
      })}
    </ul>
  );
}
