// The last results of a test as a row of marks, oldest first; each leads to its run.
import type { TestMark } from '../../api/testing';
import { Link } from '../../app/Link';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { seconds } from './words';

export function Strip({ marks }: { marks: readonly TestMark[] }) {
  const t = useT();
  if (marks.length === 0) return <span className="faint">{t('testing.neverRan')}</span>;
  return (
    <span className="tstrip">
      {[...marks].reverse().map((m) => {
        const at = toMillis(m.completed_at);
        const what = `${t(`testing.result.${m.status}`)}${m.flaky ? `, ${t('testing.flaky')}` : ''} · ${seconds(m.duration_ms)}${at === null ? '' : ` · ${dayTime(at)}`}`;
        return <Link key={m.run_id} to={`/runs/${m.run_id}`} className={`tmark tmark-${m.flaky ? 'flaky' : m.status}`} title={what}><span className="sr">{what}</span></Link>;
      })}
    </span>
  );
}
