// What one's own account did of late: something in it that one did not do is the first sign of a stolen session.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Card } from '../../ui/Card';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';

const shown = 12;

export function ActivityCard() {
  const t = useT();
  const activity = useResource(paths.ownActivity);
  return (
    <Card title={t('activity.title')} sub={t('activity.sub')} flush>
      <Loaded from={activity} lines={5} compact>{(a) => (a.recent.length === 0 ? <Empty compact icon="clock" title={t('activity.none')} /> : (
        <ul className="linelist">{a.recent.slice(0, shown).map((d) => <li key={`${d.at} ${d.action}`}><StatusMark status={d.status === 'failure' ? 'warning' : 'ok'} bare /><span className="truncate" title={d.description}>{d.description || d.action}</span><span className="faint num">{d.ip ? <bdi className="mono">{d.ip} · </bdi> : null}<Age at={d.at} /></span></li>)}</ul>
      ))}</Loaded>
    </Card>
  );
}
