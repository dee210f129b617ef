// What a check of a step found: a picture against the approved one, or findings of accessibility boxed on the page.
import { useState } from 'react';
import type { AccessibilityCheck, CheckShown, VisualCheck } from '../../api/visual';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { ButtonLink } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { Boxes, DiffViewer, type Mode } from './DiffViewer';
import './visual.css';

export function CheckView({ check }: { check: CheckShown }) {
  return check.kind === 'visual' ? <PictureCheck check={check} /> : <Findings check={check} />;
}

function PictureCheck({ check }: { check: VisualCheck }) {
  const t = useT();
  const [mode, setMode] = useState<Mode>('slider');
  const [at, setAt] = useState(50);
  return (
    <section className="vis-check stack">
      <header className="vis-head"><h3 className="vis-title">{check.name}</h3><span className="muted">{t(`visual.status.${check.status}`)}{check.match_percentage === null ? '' : ` · ${t('visual.match')} ${showNumber(check.match_percentage, 4)} %`}</span>{check.status === 'pending_review' ? <ButtonLink small to={`/tests/visual?picture=${check.comparison_id}`} icon="eye">{t('visual.review')}</ButtonLink> : null}</header>
      <p className="vis-sum">{check.summary}</p>
      {check.after_url ? <DiffViewer sides={{ before: check.before_url ?? null, after: check.after_url, difference: check.difference_url ?? null, width: check.width, height: check.height, scale: 1, name: check.name }} places={[]} active={null} onPick={() => undefined} mode={mode} onMode={setMode} at={at} onAt={setAt} /> : null}
    </section>
  );
}

export function Findings({ check }: { check: AccessibilityCheck }) {
  const t = useT();
  const [active, setActive] = useState<string | null>(null);
  const named = check.issues.map((issue, n) => ({ issue, id: String(n) }));
  const places = named.flatMap(({ issue, id }) => (issue.bounds ? [{ id, box: issue.bounds, severity: issue.severity, text: issue.description }] : []));
  const pick = (id: string) => setActive(id === active ? null : id);
  return (
    <section className="vis-check stack">
      <header className="vis-head">
        <dl className="vis-figures">
          <div><dt>{t('visual.score')}</dt><dd className="num">{check.score}</dd></div>
          <div><dt>{t('visual.level')}</dt><dd>{check.level_compliance === 'None' ? t('visual.levelNone') : check.level_compliance} <small className="faint">{t('visual.asked')} {check.wcag_level}</small></dd></div>
          <div><dt>{t('visual.nIssues', { n: check.issue_count })}</dt><dd className="muted">{t('visual.byHand', { n: check.incomplete_count })}</dd></div>
        </dl>
        {check.document_url ? <a className="btn btn-quiet btn-small" href={check.document_url} download><Icon name="download" /><span>{t('visual.report')}</span></a> : null}
      </header>
      <div className="vis-findings">
        {named.length === 0 ? <p className="muted">{t('visual.noIssues')}</p> : <ul className="vis-places">{named.map(({ issue, id }) => <li key={id}><button type="button" aria-current={id === active ? 'true' : undefined} onClick={() => pick(id)}><span className={`vis-sev vis-sev-${issue.severity}`}>{t(`visual.severity.${issue.severity}`)}</span><span>{issue.description}{issue.criterion ? <small className="faint"> {t('visual.criterion', { n: issue.criterion })}</small> : null}</span></button>{id === active ? <div className="vis-more"><code>{issue.selector}</code><span>{issue.recommendation}</span><code>{issue.html}</code></div> : null}</li>)}</ul>}
        {check.picture_url ? <div className="vis-frame"><img src={check.picture_url} alt={t('visual.picture')} /><Boxes places={places} width={check.width} height={check.height} scale={1} active={active} onPick={pick} /></div> : null}
      </div>
    </section>
  );
}
