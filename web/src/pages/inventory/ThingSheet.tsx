// A thing at a glance, beside the list: closing it leaves list, filter and scroll as they were.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useThingStream } from '../../api/things';
import { useT } from '../../i18n';
import { statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { ButtonLink } from '../../ui/Button';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Loaded } from '../../ui/StateBlock';
import { kindIcon, kindName, thingPage } from './kinds';
import { Causes, Facts, Happened, Related } from './ThingParts';

export function ThingSheet({ refName, onClose }: { refName: string; onClose: () => void }) {
  const t = useT();
  const streamed = useThingStream();
  const thing = useResource(paths.thing(refName), { everyMs: streamed ? 60_000 : 5_000 });
  const x = thing.data;
  return (
    <Layer kind="sheet" title={x?.name ?? refName} onClose={onClose} footer={<><ButtonLink to={thingPage(refName)} iconEnd="chevron-right">{t('thing.open')}</ButtonLink>{x?.page ? <ButtonLink to={x.page} kind="primary" iconEnd="chevron-right">{t('thing.ownPage')}</ButtonLink> : null}</>}>
      <Loaded from={thing} lines={8}>
        {(d) => (
          <div className="stack thing-sheet">
            <p className="thing-sheet-head"><StatusMark status={statusOf(d.status)} word={d.word || t(`status.${statusOf(d.status)}`)} /><span className="faint"><Icon name={kindIcon(d.kind)} size={14} /><span>{kindName(d.kind)} · {t(d.gone_at ? 'thing.goneSince' : 'thing.since')} <Age at={d.gone_at ?? d.status_since} /></span></span></p>
            {d.detail ? <p className="muted"><bdi>{d.detail}</bdi></p> : null}
            {d.note ? <p className="thing-note"><bdi>{d.note}</bdi></p> : null}
            <Causes thing={d} />
            <Facts thing={d} />
            <Related thing={d} />
            <Happened refName={d.ref} />
          </div>
        )}
      </Loaded>
    </Layer>
  );
}
