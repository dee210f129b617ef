// What the jobs tray holds: the newest jobs, each with its state and age.
import { paths } from '../api/home-paths';
import { useResource } from '../api/resource';
import type { JobRow } from '../api/shapes';
import { useT } from '../i18n';
import { jobName } from '../i18n/words';
import { statusOf } from '../state/status';
import { Age } from '../ui/Age';
import { StatusMark } from '../ui/Icon';
import { Skeleton } from '../ui/StateBlock';
import { Link } from './Link';

/** `/api/jobs` answers an array or a page with `items`. */
export function jobList(data: JobRow[] | { items?: JobRow[]; jobs?: JobRow[] } | undefined): JobRow[] {
  return Array.isArray(data) ? data : (data?.items ?? data?.jobs ?? []);
}

export default function JobsList() {
  const t = useT();
  const jobs = useResource(paths.jobs, { everyMs: 5_000 });
  const list = jobList(jobs.data).slice(0, 8);
  if (jobs.data === undefined && !jobs.error) return <Skeleton lines={3} />;
  return (
    <>
      <h3 className="popover-title">{t('top.jobs')}</h3>
      {jobs.error ? <p className="popover-text muted">{jobs.error.message}</p> : list.length === 0 ? <p className="popover-text muted">{t('top.jobsEmpty')}</p> : (
        <ul className="popover-list">{list.map((j) => <li key={j.uid ?? j.id}><StatusMark status={statusOf(j.state ?? j.status)} bare /><span className="truncate" title={j.kind}>{jobName(j.kind)}</span><span className="faint"><Age at={j.finished_at ?? j.started_at ?? j.created_at ?? null} /></span></li>)}</ul>
      )}
      <Link to="/settings/system/jobs" className="popover-foot">{t('top.jobsAll')}</Link>
    </>
  );
}
