// What was changed of a site, its rules and its protection, and by whom.
import { useMemo } from 'react';
import type { Site } from '../../api/edge';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { AuditRow } from '../../api/shapes';
import { useCan } from '../../app/session';
import { dayTime, exactTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { type Column, DataTable } from '../../ui/DataTable';
import { Empty, Forbidden, Loaded } from '../../ui/StateBlock';

/** Whether a row speaks of this name, and not of one that only holds it. */
export function isAbout(row: Pick<AuditRow, 'details' | 'target_type' | 'target_id'>, site: Pick<Site, 'id' | 'domain'>): boolean {
  if (row.target_type === 'host' && row.target_id === String(site.id)) return true;
  return row.details.split(/[^a-z0-9.*-]+/i).some((word) => word.replace(/\.$/, '') === site.domain);
}

export function History({ site }: { site: Site }) {
  const t = useT();
  const may = useCan('audit:read');
  const rows = useResource(may ? paths.audit({ q: site.domain, category: 'config', limit: 500 }) : null, { everyMs: 15_000 });
  const columns = useMemo((): Column<AuditRow>[] => [
    { id: 'time', title: t('sites.time'), value: (r) => toMillis(r.time), kind: 'number', width: '150px', cell: (r) => { const ms = toMillis(r.time) ?? 0; return <time className="num nowrap" title={exactTime(ms)}>{dayTime(ms)}</time>; } },
    { id: 'what', title: t('sites.whatChanged'), value: (r) => r.details, kind: 'main' },
    { id: 'who', title: t('sites.changedBy'), value: (r) => r.username, width: '160px', cell: (r) => <bdi>{r.username}</bdi> },
    { id: 'from', title: t('sites.client'), value: (r) => r.ip, width: '150px', cell: (r) => <bdi className="mono">{r.ip || '–'}</bdi> },
  ], [t]);
  if (!may) return <section className="card"><Forbidden permission="audit:read" /></section>;
  return (
    <Card flush title={t('sites.tab.history')} sub={t('sites.historySub')} actions={<ButtonLink small to={`/settings/audit?q=${encodeURIComponent(`"${site.domain}"`)}`} icon="shield">{t('sites.toAudit')}</ButtonLink>}>
      <Loaded from={rows} lines={6}>{(all) => <DataTable name="site-history" label={t('sites.tab.history')} rows={all.filter((r) => isAbout(r, site))} columns={columns} keyOf={(r) => String(r.id ?? `${r.time}/${r.details}`)} initialSort="-time" filterable={false} empty={<Empty compact icon="history" title={t('sites.noHistory')} />} />}</Loaded>
    </Card>
  );
}
