// What changed since yesterday, with what arrives meanwhile.
import { useMemo, useState } from 'react';
import { paths } from '../../api/home-paths';
import { useResource } from '../../api/resource';
import type { EventItem } from '../../api/shapes';
import { Link } from '../../app/Link';
import { useT } from '../../i18n';
import { newEvents } from '../../state/live';
import { useStore } from '../../state/store';
import { useNow } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Empty, Loaded } from '../../ui/StateBlock';
import { TimelineList } from '../../ui/TimelineList';

export default function Changed() {
  const t = useT();
  const since = Math.floor((useNow() - 86_400_000) / 600_000) * 600;
  const timeline = useResource(paths.timeline({ from: since, limit: 30 }));
  const arrived = useStore(newEvents);
  // What arrives waits behind a button, so that no row moves while somebody reads.
  const [shown, setShown] = useState<readonly EventItem[]>(arrived);
  const known = timeline.data?.items ?? [];
  const ids = new Set([...known, ...shown].map((e) => e.id));
  const fresh = arrived.filter((e) => !ids.has(e.id)).length;
  const items = useMemo(() => {
    const listed = timeline.data?.items ?? [];
    const have = new Set(listed.map((e) => e.id));
    return [...shown.filter((e) => !have.has(e.id)), ...listed].slice(0, 12);
  }, [timeline.data, shown]);
  return (
    <Card title={t('home.changed')} flush actions={<>{fresh > 0 ? <Button small icon="arrow-up" onClick={() => setShown(arrived)}>{t('core.newItems', { n: fresh })}</Button> : null}<Link to="/explore/timeline">{t('home.allEvents')}</Link></>}>
      <Loaded from={timeline} lines={5} compact>
        {() => (items.length === 0 ? <Empty compact icon="history" title={t('home.changedNone')} text={t('home.changedNoneText')} /> : <TimelineList items={items} days={false} compact />)}
      </Loaded>
    </Card>
  );
}
