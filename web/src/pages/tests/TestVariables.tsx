// The variables a test begins with. Those that are no texts are shown in its JSON alone, and stay as they are.
import { useState } from 'react';
import type { Json } from '../../api/testing';
import { useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { Pairs } from './Pairs';
import { rowsOf, variablesOf } from './test-variables';

export function TestVariables({ value, onChange }: { value: Json; onChange: (value: Json) => void }) {
  const t = useT();
  const [rows, setRows] = useState(() => rowsOf(value));
  // Changed from outside: in the JSON, or by a draft that came back. Rows without a name are nobody else's.
  if (JSON.stringify(variablesOf(rows, value)) !== JSON.stringify(variablesOf(rowsOf(value), value))) setRows(rowsOf(value));
  const put = (next: ReturnType<typeof rowsOf>) => { setRows(next); onChange(variablesOf(next, value)); };
  return (
    <Card title={t('tproject.variables')}>
      <div className="stack">
        <p className="field-help">{t('testing.variablesHelp', { open: '{{', close: '}}' })}</p>
        <Pairs add={t('tproject.addVariable')} label={t('tproject.variables')} keyLabel={t('testing.name')} valueLabel={t('testing.value')} keyExample="product" valueExample="Apple" rows={rows} onChange={put} />
      </div>
    </Card>
  );
}
