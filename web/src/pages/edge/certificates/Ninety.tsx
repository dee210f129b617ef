// The next 90 days: when certificates end and when they are renewed, one mark each, so that a crowded week is seen in time.
import { useMemo } from 'react';
import { dayMonth as day } from '../../../format/time';
import { useT } from '../../../i18n';
import { useNow } from '../../../ui/Age';
import { Card } from '../../../ui/Card';
import { type CertRow, type Mark, marksOf } from './standing';

export function Ninety({ rows }: { rows: readonly CertRow[] }) {
  const t = useT();
  const now = useNow();
  // To the minute is enough, and the strip stays still between.
  const minute = Math.floor(now / 60_000) * 60_000;
  const marks = useMemo(() => marksOf(rows, minute), [rows, minute]);
  if (marks.length === 0) return null;
  const count = (kind: 'ends' | 'renews') => marks.filter((m) => m.kind === kind).reduce((n, m) => n + m.rows.length, 0);
  const told = (m: Mark) => t(m.kind === 'ends' ? 'certs.endsOn' : 'certs.renewsOn', { list: m.rows.map((r) => r.domain).join(', '), date: day(m.at) });
  return (
    <Card title={t('certs.ninety')} sub={t('certs.ninetySub', { ends: count('ends'), renews: count('renews') })}>
      <div className="cert-strip">
        <div className="cert-strip-line" role="img" aria-label={marks.slice(0, 12).map(told).join('; ')}>
          {marks.map((m) => <span key={`${m.kind}${m.day}`} className={`cert-mark cert-mark-${m.kind}`} data-near={m.kind === 'ends' && m.day <= 14 ? '' : undefined} style={{ insetInlineStart: `${(100 * m.day) / 90}%` }} title={told(m)}>{m.rows.length > 1 ? m.rows.length : null}</span>)}
        </div>
        <div className="cert-strip-scale" aria-hidden="true">{[0, 30, 60, 90].map((d) => <span key={d} style={{ insetInlineStart: `${(100 * d) / 90}%` }}>{d === 0 ? t('certs.today') : day(minute + d * 86_400_000)}</span>)}</div>
        <p className="cert-strip-key" aria-hidden="true"><i className="cert-mark-renews" />{t('certs.keyRenews')}<i className="cert-mark-ends" />{t('certs.keyEnds')}</p>
      </div>
    </Card>
  );
}
