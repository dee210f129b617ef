// Lists of names with values: a row each, one empty row to go on with. Secrets show that they are there, never what they are.
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import type { Pair, SecretRow } from './project-settings';
import './project.css';

interface PairsProps { label: string; /** Shown above the rows. */ legend?: boolean; add: string; /** Values are not shown while they are written. */ secret?: boolean; keyLabel: string; valueLabel: string; keyExample?: string; valueExample?: string; rows: readonly Pair[]; onChange: (rows: Pair[]) => void; reason?: string | undefined; error?: string | null }

export function Pairs({ label, legend, add, secret, keyLabel, valueLabel, keyExample, valueExample, rows, onChange, reason, error }: PairsProps) {
  const t = useT();
  const put = (n: number, change: Partial<Pair>) => onChange(rows.map((r, i) => (i === n ? { ...r, ...change } : r)));
  return (
    <fieldset className="pairs" aria-label={label}>
      {legend ? <span className="pairs-legend">{label}</span> : null}
      {/* Rows have no identity but their place: their names are being written. */}
      {rows.map((row, n) => (
        <div key={n} className="pairs-row">
          <input className="input mono" aria-label={keyLabel} placeholder={keyExample} value={row.key} disabled={reason !== undefined} onChange={(e) => put(n, { key: e.target.value })} spellCheck={false} autoCapitalize="none" />
          <input className="input" type={secret ? 'password' : 'text'} autoComplete={secret ? 'new-password' : 'off'} aria-label={valueLabel} placeholder={valueExample} value={row.value} disabled={reason !== undefined} onChange={(e) => put(n, { value: e.target.value })} spellCheck={false} autoCapitalize="none" />
          <Button small kind="quiet" icon="trash" reason={reason} label={t('tproject.remove', { name: row.key || keyLabel })} onClick={() => onChange(rows.filter((_, i) => i !== n))} />
        </div>
      ))}
      {error ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{error}</p> : null}
      <div><Button small icon="plus" reason={reason} onClick={() => onChange([...rows, { key: '', value: '' }])}>{add}</Button></div>
    </fieldset>
  );
}

export function SecretRows({ rows, onChange, reason, error }: { rows: readonly SecretRow[]; onChange: (rows: SecretRow[]) => void; reason: string | undefined; error: string | null }) {
  const t = useT();
  const put = (n: number, change: Partial<SecretRow>) => onChange(rows.map((r, i) => (i === n ? { ...r, ...change } : r)));
  return (
    <fieldset className="pairs" aria-label={t('tproject.secrets')}>
      {rows.map((row, n) => (
        <div key={n} className="pairs-row">
          {row.stored ? <span className="pairs-name mono"><Icon name="lock" size={14} /><bdi>{row.key}</bdi></span> : <input className="input mono" aria-label={t('testing.name')} placeholder="test_password" value={row.key} disabled={reason !== undefined} onChange={(e) => put(n, { key: e.target.value })} spellCheck={false} autoCapitalize="none" />}
          <input className="input" type="password" aria-label={t('tproject.secretOf', { name: row.key || t('tproject.secretNew') })} placeholder={row.stored ? t('tproject.kept') : ''} value={row.value} disabled={reason !== undefined} onChange={(e) => put(n, { value: e.target.value })} autoComplete="new-password" />
          <Button small kind="quiet" icon="trash" reason={reason} label={t('tproject.remove', { name: row.key || t('tproject.secretNew') })} onClick={() => onChange(rows.filter((_, i) => i !== n))} />
        </div>
      ))}
      {error ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{error}</p> : null}
      <div><Button small icon="plus" reason={reason} onClick={() => onChange([...rows, { key: '', value: '', stored: false }])}>{t('tproject.addSecret')}</Button></div>
    </fieldset>
  );
}
