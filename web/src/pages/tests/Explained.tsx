// What differs, in words: asked for by a person, because a model may write it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { Comparison, Explained as Said } from '../../api/visual';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/toasts';

const colors = { critical: 'critical', high: 'major', medium: 'minor', low: 'info' } as const;

export function Explained({ c }: { c: Comparison }) {
  const t = useT();
  const [said, setSaid] = useState<Said | null>(null);
  const [busy, setBusy] = useState(false);
  const asks = useCan('test:execute');
  const ask = async () => {
    setBusy(true);
    try { setSaid(await send<Said>('POST', urls.pictureExplain(c.id))); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  if (said === null) return <div><Button small icon="info" busy={busy} reason={asks ? undefined : t('core.needsPermission', { permission: 'test:execute' })} onClick={() => void ask()}>{t('visual.explain')}</Button></div>;
  const { explanation: e } = said;
  return (
    <section aria-live="polite">
      <h3 className="vis-title">{t('visual.inWords')}</h3>
      <div className="stack">
        <p className="vis-sum"><b>{e.overall_assessment}</b></p>
        {said.source === 'model' ? <p className="vis-sum">{e.summary}</p> : null}
        {e.changes_explained.length === 0 ? null : <ul className="vis-causes">{e.changes_explained.map((x, n) => <li key={`${n} ${x.change}`}><span className={`vis-sev vis-sev-${colors[x.risk_level]}`}>{t(`visual.risk.${x.risk_level}`)}</span><span>{x.change}<small className="muted">{x.likely_cause} · {t('visual.meant', { n: showNumber(x.intentional_likelihood * 100, 0) })}</small></span></li>)}</ul>}
        {e.recommendations.length === 0 ? null : <ul className="vis-advice">{e.recommendations.map((x) => <li key={x}>{x}</li>)}</ul>}
        <p className="faint vis-keys">{said.source === 'model' ? t('visual.byModel') : t('visual.byRules', { why: said.reason ?? '' })}</p>
      </div>
    </section>
  );
}
