// The element of a step that a model looked for in a picture of the page: what it was shown, where it pointed, what that cost.
import { useState } from 'react';
import type { StepShown } from '../../api/testing';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { StatusMark } from '../../ui/Icon';

const share = (part: number, whole: number) => `${Math.max(0, Math.min(100, whole > 0 ? (part / whole) * 100 : 0))}%`;

export function StepSight({ step }: { step: StepShown }) {
  const t = useT();
  const [gone, setGone] = useState(false);
  const sight = step.vision;
  if (!sight) return null;
  const { view, at, area } = sight;
  const picture = step.vision_picture_url;
  // A hundredth of a cent is what one picture costs the cheapest of them.
  const cost = sight.cost_usd === null ? t('testing.sight.noPrice') : sight.cost_usd === 0 ? t('testing.sight.free') : t('testing.sight.cost', { cost: showNumber(sight.cost_usd, 4) });
  return (
    <section className="tsight" aria-label={t('testing.sight')}>
      <p className="tsight-what">
        <StatusMark status={sight.used ? 'info' : 'warning'} bare />
        <span>{t(sight.used ? 'testing.sight.used' : 'testing.sight.not')}{sight.selector ? <> <span className="mono">{sight.selector}</span></> : null}</span>
        <span className="faint num">{[sight.confidence === null ? null : t('testing.sight.sure', { n: Math.round(sight.confidence * 100) }), cost].filter(Boolean).join(' · ')}</span>
      </p>
      {sight.why_not ? <p className="muted">{sight.why_not}</p> : null}
      {picture && !gone ? (
        <a className="tsight-picture" href={picture} target="_blank" rel="noreferrer">
          <img src={picture} alt={t('testing.sight.shown')} onError={() => setGone(true)} />
          {view && area && area[2] > 0 ? <span className="tsight-area" style={{ left: share(area[0], view[0]), top: share(area[1], view[1]), width: share(area[2], view[0]), height: share(area[3], view[1]) }} /> : null}
          {view && at ? <span className="tsight-at" style={{ left: share(at[0], view[0]), top: share(at[1], view[1]) }} /> : null}
        </a>
      ) : null}
    </section>
  );
}
