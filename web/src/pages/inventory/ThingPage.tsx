// One thing: what it is, what it hangs on and why that is believed, what happened to it, and what people say about it.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useThingStream } from '../../api/things';
import type { PageProps } from '../../app/routes';
import { useT } from '../../i18n';
import { statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { ButtonLink } from '../../ui/Button';
import { Icon, StatusMark } from '../../ui/Icon';
import { DemoBar } from '../../ui/DemoLink';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { kindIcon, kindName } from './kinds';
import { Annotations, Causes, Facts, Happened, Related } from './ThingParts';
import './inventory.css';

export default function ThingPage({ params }: PageProps) {
  const t = useT();
  const ref = params.ref ?? '';
  const streamed = useThingStream();
  const thing = useResource(paths.thing(ref), { everyMs: streamed ? 60_000 : 5_000 });
  return (
    <Loaded from={thing} lines={8}>
      {(x) => (
        <>
          <PageHead icon={kindIcon(x.kind)} title={<bdi>{x.name}</bdi>} mark={<StatusMark status={statusOf(x.status)} word={x.word || t(`status.${statusOf(x.status)}`)} />} sub={<>{kindName(x.kind)} · {x.gone_at ? <>{t('thing.goneSince')} <Age at={x.gone_at} /></> : <>{t('thing.since')} <Age at={x.status_since} /></>}</>}
            actions={x.page ? <ButtonLink to={x.page} kind="primary" iconEnd="chevron-right">{t('thing.ownPage')}</ButtonLink> : null} />
          <DemoBar on={x.kind === 'demo'} />
          {x.gone_at ? <p className="notice-strip" role="status"><Icon name="info" size={14} />{t('thing.goneText')}</p> : null}
          <Causes thing={x} />
          <div className="grid">
            <div className="span-8 stack home-column"><Related thing={x} /><Happened refName={x.ref} /></div>
            <div className="span-4 stack home-column"><Facts thing={x} /><Annotations thing={x} /></div>
          </div>
        </>
      )}
    </Loaded>
  );
}
