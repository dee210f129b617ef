// Every secret that is kept, whichever part keeps it: what uses it, how old it is, when it ends, where it is changed. Never a value.
import { useMemo } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { CredentialRow } from '../../api/shapes';
import { Link } from '../../app/Link';
import { toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Age, useNow } from '../../ui/Age';
import { type Column, DataTable } from '../../ui/DataTable';
import { StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';

const soonMs = 14 * 86_400_000;
/** One certificate may stand for several sites: what uses it tells its rows apart. */
const keyOf = (c: CredentialRow) => [c.kind, c.name, c.page, c.created_at ?? '', ...c.used_by].join('/');
/** The age of the value; of the thing, where nobody noted when its value was set. */
const setAt = (c: CredentialRow) => c.changed_at ?? c.created_at;

export function AllCredentials() {
  const t = useT();
  const now = useNow();
  const all = useResource(paths.allCredentials);
  const columns = useMemo((): Column<CredentialRow>[] => [
    { id: 'name', title: t('cred.name'), value: (c) => c.name, kind: 'main', cell: (c) => <Link to={c.page}><bdi>{c.name}</bdi></Link> },
    { id: 'kind', title: t('cred.kind'), value: (c) => tDynamic(`cred.kind.${c.kind}`, c.kind), width: '170px' },
    { id: 'used', title: t('cred.usedBy'), value: (c) => c.used_by.join(', '), cell: (c) => (c.used_by.length === 0 ? <span className="faint">–</span> : <span className="truncate cred-used" title={c.used_by.join(', ')}><bdi>{c.used_by.join(', ')}</bdi></span>) },
    { id: 'set', title: t('cred.set'), value: (c) => toMillis(setAt(c)), kind: 'number', width: '120px', cell: (c) => (setAt(c) === null ? <span className="faint">–</span> : <Age at={setAt(c)} />) },
    { id: 'expires', title: t('cred.ends'), value: (c) => toMillis(c.expires_at), kind: 'number', width: '140px', cell: (c) => { const ms = toMillis(c.expires_at); return ms === null ? <span className="faint">–</span> : <span className="cred-end">{c.renewal !== 'automatic' && ms - now < soonMs ? <StatusMark status={ms < now ? 'critical' : 'warning'} bare /> : null}<Age at={c.expires_at} /></span>; } },
    { id: 'last', title: t('cred.last'), value: (c) => toMillis(c.last_used_at), kind: 'number', width: '120px', cell: (c) => (c.last_used_at === null ? <span className="faint">–</span> : <Age at={c.last_used_at} />) },
    { id: 'renewal', title: t('cred.renewal'), value: (c) => t(`cred.renewal.${c.renewal}`), width: '150px', cell: (c) => (c.renewal === 'automatic' || c.renewal === 'command' ? <span className="faint">{t(`cred.renewal.${c.renewal}`)}</span> : <Link to={c.page}>{t(`cred.renewal.${c.renewal}`)}</Link>) },
  ], [t, now]);
  return (
    <section className="card">
      <Loaded from={all} lines={6}>
        {(page) => (
          <>
            {page.unavailable.length > 0 ? <p className="banner banner-warning" role="status">{t('cred.missing', { parts: page.unavailable.join(', ') })}</p> : null}
            <DataTable name="all-credentials" label={t('cred.title')} rows={page.items} columns={columns} keyOf={keyOf} initialSort="kind" empty={<Empty icon="key" title={t('cred.none')} text={t('cred.noneText')} />} />
          </>
        )}
      </Loaded>
    </section>
  );
}
