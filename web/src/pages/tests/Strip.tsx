// The last results of a test as a row of marks, oldest first. The marks are too small to hit; the row leads to the page of the test,
// where each run is a line.
import type { TestMark } from '../../api/testing';
import { Link } from '../../app/Link';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { seconds } from './words';

export function Strip({ test, marks }: { test: string; marks: readonly TestMark[] }) {
  const t = useT();
  if (marks.length === 0) return <span className="faint">{t('testing.neverRan')}</span>;
  const passed = marks.filter((m) => m.status === 'passed').length;
  return (
    <Link to={`/tests/${test}`} className="tstrip" aria-label={t('running.strip', { n: passed, all: marks.length })}>
      {[...marks].reverse().map((m) => {
        const at = toMillis(m.completed_at);
        const what = `${t(`testing.result.${m.status}`)}${m.flaky ? `, ${t('testing.flaky')}` : ''} · ${seconds(m.duration_ms)}${at === null ? '' : ` · ${dayTime(at)}`}`;
        return <span key={m.run_id} className={`tmark tmark-${m.flaky ? 'flaky' : m.status}`} title={what} />;
      })}
    </Link>
  );
}
