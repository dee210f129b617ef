// Many pictures at once: what is there now becomes what is approved. Each is seen before, and can be left out.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { Comparison } from '../../api/visual';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';

/** What differs, in the same words for pictures that differ alike; nothing where nobody could tell. */
export function likenessOf(c: Comparison): string {
  return c.differences.map((d) => `${d.type} ${d.description}`).sort().join('\n');
}

export function ApproveMany({ rows, onClose }: { rows: readonly Comparison[]; onClose: () => void }) {
  const t = useT();
  const [out, setOut] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const chosen = rows.filter((c) => !out.has(c.id));
  const turn = (id: string) => setOut((old) => { const next = new Set(old); if (!next.delete(id)) next.add(id); return next; });
  const go = async () => {
    setBusy(true);
    try {
      const done = await send<{ approved_count: number; failed: { error: string }[] }>('POST', urls.picturesApprove, { comparison_ids: chosen.map((c) => c.id) });
      toast({ level: 'ok', text: t('visual.approvedMany', { n: done.approved_count }) });
      if (done.failed.length > 0) toast({ level: 'critical', text: t('visual.someFailed', { n: done.failed.length, why: done.failed[0]?.error ?? '' }) });
      onClose();
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); setBusy(false); }
    invalidate('/api/v1/visual');
  };
  return (
    <Layer title={t('visual.approveAll', { n: chosen.length })} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="check" writes busy={busy} disabled={chosen.length === 0} onClick={() => void go()}>{t('visual.approveAll', { n: chosen.length })}</Button></>}>
      <p className="muted">{t('visual.approveAllEffect')}</p>
      <ul className="vis-many">{rows.map((c) => (
        <li key={c.id}><label>
          <input type="checkbox" checked={!out.has(c.id)} onChange={() => turn(c.id)} />
          <span className="vis-line"><bdi>{c.name}</bdi><small className="faint">{c.baseline_url === null ? t('visual.first') : c.diff_percentage === null ? '' : t('visual.differs', { n: showNumber(c.diff_percentage, 4) })} · {t('visual.atSize', { w: c.viewport.width, h: c.viewport.height })}</small><small className="vis-many-why">{c.baseline_url === null ? '' : c.summary}</small></span>
          {c.baseline_url === null ? <span className="vis-many-none faint">{t('visual.first')}</span> : <img src={c.baseline_url} alt={`${c.name}: ${t('visual.before')}`} loading="lazy" />}
          <img src={c.current_url} alt={`${c.name}: ${t('visual.after')}`} loading="lazy" />
        </label></li>
      ))}</ul>
    </Layer>
  );
}
