// Every stored line that matches, as a file that the server writes. What it would refuse is said on the button.
import { urls } from '../api/paths';
import { useCan } from '../app/session';
import { showNumber } from '../format/numbers';
import { useT } from '../i18n';
import { Button } from './Button';

/** Rows the server puts into one file. */
const linesMax = 100_000;

export function LogExport({ query, total, small }: { query: Record<string, string | number>; /** Lines that match; null while nobody knows. */ total: number | null; small?: boolean }) {
  const t = useT();
  const may = useCan('logs:export');
  const reason = !may ? t('core.needsPermission', { permission: 'logs:export' }) : total === null || total === 0 ? t('log.csvNone') : total > linesMax ? t('log.csvMany', { n: showNumber(linesMax) }) : undefined;
  return <Button small={small === true} icon="download" reason={reason} onClick={() => location.assign(urls.logExport(query))}>{t('log.csv')}</Button>;
}
