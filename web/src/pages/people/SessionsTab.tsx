// Everybody's sessions: where somebody is signed in, and ending one.
import { useMemo } from 'react';
import { send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { SessionRow } from '../../api/shapes';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { ConfirmInline } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { browserName } from '../settings/browser';

const keyOf = (s: SessionRow) => s.id;

export function SessionsTab() {
  const t = useT();
  const sessions = useResource(paths.allSessions);
  const columns = useMemo((): Column<SessionRow>[] => [
    { id: 'who', title: t('sess.who'), value: (s) => s.username, kind: 'main', cell: (s) => <span className="row"><bdi>{s.username}</bdi>{s.current ? <span className="tag">{t('sess.current')}</span> : null}</span> },
    { id: 'address', title: t('sess.address'), value: (s) => s.client_ip },
    { id: 'browser', title: t('sess.browser'), value: (s) => browserName(s.user_agent ?? '') },
    { id: 'kind', title: t('sess.kind'), value: (s) => s.kind, extra: true },
    { id: 'seen', title: t('sess.seen'), value: (s) => toMillis(s.last_seen_at), cell: (s) => <Age at={s.last_seen_at} /> },
    { id: 'since', title: t('sess.since'), value: (s) => toMillis(s.created_at), cell: (s) => <Age at={s.created_at} /> },
    { id: 'ends', title: t('sess.ends'), value: (s) => toMillis(s.expires_at), extra: true, cell: (s) => dayTime(toMillis(s.expires_at) ?? 0) },
    { id: 'actions', title: t('people.actions'), value: () => null, kind: 'actions', plain: true, cell: (s) => <ConfirmInline danger action={t('sess.end')} effect={t('sess.endEffect', { name: s.username })} run={async () => { await send('DELETE', urls.session(s.id)); invalidate('/api/auth/sessions'); toast({ level: 'ok', text: t('sess.ended') }); }} /> },
  ], [t]);
  return <section className="card"><Loaded from={sessions} lines={5}>{(rows) => <DataTable name="all-sessions" label={t('sess.title')} rows={rows} columns={columns} keyOf={keyOf} initialSort="-seen" />}</Loaded></section>;
}
