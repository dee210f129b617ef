// One proposal: the step, the page when it last passed and now, and the parts the likeness is made of.
import { useState } from 'react';
import type { HealPart, HealSuggestion } from '../../api/testing';
import { Link } from '../../app/Link';
import { useCan } from '../../app/session';
import { joined, percent } from '../../format/numbers';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Icon } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { apply, reject, type Scope } from './healing';

export function HealCard({ suggestion: s }: { suggestion: HealSuggestion }) {
  const t = useT();
  const approves = useCan('healing:approve');
  const [busy, setBusy] = useState<'apply' | 'reject' | null>(null);
  const reason = approves ? undefined : t('core.needsPermission', { permission: 'healing:approve' });
  const take = async (scope: Scope) => { setBusy('apply'); await apply(s, scope); setBusy(null); };
  const refuse = async (isBug: boolean) => { setBusy('reject'); await reject(s, isBug); setBusy(null); };
  const isTime = s.fix_type === 'increase_timeout';
  return (
    <Card className="heal-card" title={<Link to={`/tests/${s.test_id}`}>{s.test_name}</Link>} sub={<>{t('testing.stepN', { n: s.step_index + 1 })} · <Link to={`/runs/${s.run_id}`}><Age at={s.created_at} /></Link>{s.times_seen > 1 ? ` · ${t('healing.seen', { n: s.times_seen })}` : ''}</>}>
      <div className="stack">
        <div className="heal-what">
          <p className="mono heal-change"><del>{isTime ? t('healing.ms', { n: s.old_value }) : s.old_value}</del><Icon name="arrow-right" size={14} /><b>{isTime ? t('healing.ms', { n: s.new_value }) : s.new_value}</b></p>
          <p className="muted">{tDynamic(`healing.why.${s.strategy}`, s.explanation)}{s.times_used > 0 ? ` ${t('healing.used', { n: s.times_used })}` : ''}</p>
          {s.strategy === 'repository' || s.strategy === 'source' ? <p className="faint">{s.explanation}</p> : null}
        </div>
        <Sure suggestion={s} />
        <div className="row">
          <Button kind="primary" icon="check" writes busy={busy === 'apply'} reason={reason} onClick={() => void take('test')}>{t('healing.apply')}</Button>
          <Button icon="close" writes busy={busy === 'reject'} reason={reason} onClick={() => void refuse(false)}>{t('healing.reject')}</Button>
          <Menu label={t('healing.more')} items={[
            { id: 'step', text: t('healing.applyStep'), icon: 'check', reason, run: () => void take('step') },
            { id: 'project', text: t('healing.applyProject'), icon: 'check', reason, run: () => void take('project') },
            { id: 'bug', text: t('healing.bug'), icon: 'siren', reason, run: () => void refuse(true) },
          ]} />
        </div>
        {s.screenshot_url || s.before_screenshot_url ? (
          <div className="heal-pictures">
            <Picture title={t('healing.before')} src={s.before_screenshot_url} missing={t('healing.noBefore')} area={s.area} view={s.view} />
            <Picture title={t('healing.after')} src={s.screenshot_url} missing={t('testing.noPicture')} area={s.area} view={s.view} marked />
          </div>
        ) : null}
        {s.evidence.length > 0 ? <Parts parts={s.evidence} /> : null}
        {s.page_url ? <p className="faint heal-url">{s.page_url}</p> : null}
      </div>
    </Card>
  );
}

function Sure({ suggestion: s }: { suggestion: HealSuggestion }) {
  const t = useT();
  const next = s.runner_up_confidence;
  return (
    <div className="heal-meter">
      <span><b className="num">{joined(percent(s.confidence * 100, 0))}</b> {t('healing.sure')}</span>
      <div className="heal-bar" style={{ '--v': `${s.confidence * 100}%`, '--n': next === null ? '0%' : `${next * 100}%` } as React.CSSProperties}><i /><u /></div>
      {next !== null ? <small className="faint">{t('healing.next', { n: Math.round(next * 100) })}</small> : s.strategy === 'similarity' ? <small className="faint">{t('healing.alone')}</small> : null}
    </div>
  );
}

/** How much nearer a picture is shown, so that the element can be made out. */
function near(area: HealSuggestion['area'], view: HealSuggestion['view']): React.CSSProperties {
  if (!area || !view || area[2] <= 0) return { '--z': 1 } as React.CSSProperties;
  const z = Math.max(1, Math.min(2.4, (view[0] * 0.45) / area[2], (view[1] * 0.6) / Math.max(1, area[3])));
  const at = (start: number, size: number, all: number) => `${Math.max(0, Math.min(100, ((start + size / 2) / all) * 100))}%`;
  return { '--z': z, '--x': at(area[0], area[2], view[0]), '--y': at(area[1], area[3], view[1]) } as React.CSSProperties;
}

/** A picture, with the element outlined where its place is known; the whole of it opens apart. */
function Picture({ title, src, missing, area, view, marked }: { title: string; src: string | null; missing: string; area: HealSuggestion['area']; view: HealSuggestion['view']; marked?: boolean }) {
  const [gone, setGone] = useState(false);
  const place = marked && area && view && area[2] > 0 ? { left: `${(area[0] / view[0]) * 100}%`, top: `${(area[1] / view[1]) * 100}%`, width: `${(area[2] / view[0]) * 100}%`, height: `${(area[3] / view[1]) * 100}%` } : null;
  return (
    <figure className="heal-picture">
      <figcaption>{title}</figcaption>
      {src && !gone ? <a href={src} target="_blank" rel="noreferrer"><span className="heal-zoom" style={near(area, view)}><img src={src} alt={title} onError={() => setGone(true)} />{place ? <span className="heal-area" style={place} /> : null}</span></a> : <p className="faint heal-missing">{missing}</p>}
    </figure>
  );
}

function Parts({ parts }: { parts: readonly HealPart[] }) {
  const t = useT();
  const rows = [...parts].sort((a, b) => b.weight - a.weight || b.score - a.score);
  return (
    <details className="heal-parts" open>
      <summary>{t('healing.parts')}</summary>
      <ul>{rows.map((p) => <li key={p.attribute}><span>{tDynamic(`healing.part.${p.attribute}`, p.attribute.replaceAll('_', ' '))}</span><span className="heal-bar" style={{ '--v': `${p.score * 100}%` } as React.CSSProperties}><i /></span><span className="num">{joined(percent(p.score * 100, 0))}</span><small className="faint num">×{p.weight}</small></li>)}</ul>
    </details>
  );
}
