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
  // What is its own is one: given back it is both.
  const own = b.threshold !== null || b.threshold_percentage !== null;
  const emptied = own && threshold.trim() === '' && percent.trim() === '';
  const half = !emptied && ((b.threshold !== null && threshold.trim() === '') || (b.threshold_percentage !== null && percent.trim() === ''));
  const changed = !half && (threshold !== shown(b.threshold) || percent !== shown(b.threshold_percentage));
  const number = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : text);
  const go = async () => {
    setFaults({});
    // What is left empty stays as it is.
    const body = emptied ? { inherit: ['threshold', 'threshold_percentage'] } : { ...(threshold.trim() === '' ? {} : { threshold: number(threshold) }), ...(percent.trim() === '' ? {} : { threshold_percentage: number(percent) }) };
    try { await put(body, t('visual.strictSaved')); } catch (e) { const fault = asApiError(e); setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field, f.message])) : { threshold: fault.message }); }
  };
  const back = async () => { try { await put({ inherit: ['threshold', 'threshold_percentage'] }, t('visual.strictSaved')); } catch (e) { setFaults({ threshold: asApiError(e).message }); } };
  return (
    <Card title={t('visual.opt.sensitivity')} sub={!own ? t('visual.strictProject') : t('visual.strictOwn')}>
      <form className="form-grid" onSubmit={(e) => { e.preventDefault(); if (changed && reason === undefined) void go(); }}>
        <TextField label={t('visual.threshold')} inputMode="decimal" value={threshold} onChange={setThreshold} disabled={reason !== undefined} placeholder="0.1" help={t('visual.thresholdHelp')} error={faults.threshold} />
        <TextField label={t('visual.opt.percent')} inputMode="decimal" value={percent} onChange={setPercent} disabled={reason !== undefined} placeholder="0.1" help={t('visual.percentHelp')} error={faults.threshold_percentage} />
        <div className="vis-strict"><Button type="submit" icon="save" writes reason={reason ?? (half ? t('visual.strictEmpty') : undefined)} disabled={!changed}>{t('core.save')}</Button>{own ? <Button kind="quiet" icon="undo" writes reason={reason} onClick={() => void back()}>{t('visual.strictBack')}</Button> : null}</div>
      </form>
    </Card>
  );
}
