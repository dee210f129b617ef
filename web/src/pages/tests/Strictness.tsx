// How strict a picture is compared: what it says itself, or what the project does.
import { useState } from 'react';
import { asApiError } from '../../api/client';
import type { Baseline } from '../../api/visual';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { TextField } from '../../ui/Form';

const shown = (n: number | null) => (n === null ? '' : String(n));

export function Strictness({ baseline: b, reason, put }: { baseline: Baseline; reason: string | undefined; put: (body: object, done: string) => Promise<void> }) {
  const t = useT();
  const [threshold, setThreshold] = useState(shown(b.threshold));
  const [percent, setPercent] = useState(shown(b.threshold_percentage));
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  // There is no way back to what the project says: a value that is stored cannot be emptied.
  const cleared = (b.threshold !== null && threshold.trim() === '') || (b.threshold_percentage !== null && percent.trim() === '');
  const changed = !cleared && (threshold !== shown(b.threshold) || percent !== shown(b.threshold_percentage));
  const number = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : text);
  const go = async () => {
    setFaults({});
    // What is left empty stays as it is.
    const body = { ...(threshold.trim() === '' ? {} : { threshold: number(threshold) }), ...(percent.trim() === '' ? {} : { threshold_percentage: number(percent) }) };
    try { await put(body, t('visual.strictSaved')); } catch (e) { const fault = asApiError(e); setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field, f.message])) : { threshold: fault.message }); }
  };
  return (
    <Card title={t('visual.opt.sensitivity')} sub={b.threshold === null ? t('visual.strictProject') : t('visual.strictOwn')}>
      <form className="form-grid" onSubmit={(e) => { e.preventDefault(); if (changed && reason === undefined) void go(); }}>
        <TextField label={t('visual.threshold')} inputMode="decimal" value={threshold} onChange={setThreshold} disabled={reason !== undefined} placeholder="0.1" help={t('visual.thresholdHelp')} error={faults.threshold} />
        <TextField label={t('visual.opt.percent')} inputMode="decimal" value={percent} onChange={setPercent} disabled={reason !== undefined} placeholder="0.1" help={t('visual.percentHelp')} error={faults.threshold_percentage} />
        <div className="vis-strict"><Button type="submit" icon="save" writes reason={reason ?? (cleared ? t('visual.strictEmpty') : undefined)} disabled={!changed}>{t('core.save')}</Button></div>
      </form>
    </Card>
  );
}
