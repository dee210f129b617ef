// What a node said and what happened to it; warnings and worse can be acknowledged.
import { send } from '../../api/client';
import { eventsShown, type NodeEvent } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { severityOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';

export function EventsTab({ id }: { id: string }) {
  const t = useT();
  const may = useCan('events:ack');
  const events = useResource(paths.mediaEvents({ node_id: id, per_page: eventsShown }), { everyMs: 30_000 });
  const ack = (e: NodeEvent) => { send('POST', urls.mediaEventAck(e.id), {}).finally(() => invalidate(urls.mediaEvents)); };
  const columns: Column<NodeEvent>[] = [
    { id: 'severity', title: t('media.severity'), value: (e) => e.severity, width: '120px', cell: (e) => <StatusMark status={severityOf(e.severity)} word={t(`media.severity.${e.severity}`)} /> },
    { id: 'message', title: t('media.message'), value: (e) => e.message, kind: 'main', cell: (e) => <bdi>{e.message}</bdi> },
    { id: 'category', title: t('media.category'), value: (e) => e.category, cell: (e) => <bdi className="faint">{e.category}{e.error_code ? ` · ${e.error_code}` : ''}</bdi> },
    { id: 'flow', title: t('media.flow'), value: (e) => e.flow_id ?? '', cell: (e) => <bdi className="mono">{e.flow_id ?? ''}</bdi> },
    { id: 'at', title: t('media.when'), value: (e) => e.created_at, width: '110px', cell: (e) => <Age at={e.created_at} /> },
    { id: 'ack', title: t('media.more'), value: () => '', kind: 'actions', plain: true, width: '120px', cell: (e) => (e.acknowledged || e.severity === 'info' ? null : <Button small kind="quiet" icon="check" writes reason={may ? undefined : t('core.needsPermission', { permission: 'events:ack' })} onClick={() => ack(e)}>{t('media.ack')}</Button>) },
  ];
  return <section className="card"><Loaded from={events} lines={6}>{(list) => <DataTable name="nodeEvents" label={t('media.tab.events')} rows={list} columns={columns} keyOf={(e) => String(e.id)} empty={<Empty icon="history" title={t('media.noEvents')} text={t('media.noEventsText')} />} />}</Loaded></section>;
}
