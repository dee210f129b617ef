// How large the archives became over time: a bar for each, coloured by its proof.
import type { BackupRow } from '../../api/shapes';
import { bytes, joined } from '../../format/numbers';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Card } from '../../ui/Card';

const shown = 60;

export function BackupSizes({ list }: { list: readonly BackupRow[] }) {
  const t = useT();
  const all = [...list].sort((a, b) => (toMillis(a.created_at) ?? 0) - (toMillis(b.created_at) ?? 0)).slice(-shown);
  const sizes = all.map((b) => b.size_bytes);
  const top = Math.max(1, ...sizes);
  const text = t('backups.sizesText', { n: all.length, from: joined(bytes(Math.min(...sizes))), to: joined(bytes(top)) });
  const colour = (b: BackupRow) => (b.verify_state === 'ok' ? 'bar-ok' : b.verify_state === 'failed' ? 'bar-critical' : 'bar-unknown');
  return (
    <Card title={t('backups.sizes')} sub={text}>
      <div className="backups-sizes" role="img" aria-label={text}>{all.map((b) => <span key={b.uid} title={`${dayTime(toMillis(b.created_at) ?? 0)} · ${joined(bytes(b.size_bytes))} · ${tDynamic(`backups.proof.${b.verify_state ?? 'unknown'}`, '')}`}><i className={colour(b)} style={{ blockSize: `${Math.max(2, (b.size_bytes / top) * 100)}%` }} /></span>)}</div>
    </Card>
  );
}
