// The accessibility of an address, judged now: by level, with every finding boxed on the picture of the page.
import { useEffect, useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { ProjectRow } from '../../api/shapes';
import type { Audit } from '../../api/visual';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, Switch } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Findings } from './CheckView';
import { OnAddress } from './OnAddress';
import { behind } from './sign-in';
import { AddressField, ScreenChoice, type ScreenName, SignInChoice, sizes, useAddress } from './VisualTabs';
import './visual.css';

export default function AuditPage() {
  const t = useT();
  return <OnAddress active="accessibility" sub={t('visual.auditSub')} icon="eye">{(project) => <Judge key={project.id} project={project} />}</OnAddress>;
}

type Level = 'A' | 'AA' | 'AAA';

function Judge({ project }: { project: ProjectRow }) {
  const t = useT();
  const { url, setUrl } = useAddress(project);
  const [level, setLevel] = useState<Level>('AA');
  const [screen, setScreen] = useState<ScreenName>('desktop');
  const [best, setBest] = useState(true);
  const [keyboard, setKeyboard] = useState(true);
  const [signIn, setSignIn] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<ApiError | null>(null);
  const [found, setFound] = useState<{ url: string; audit: Audit; scale: number } | null>(null);
  const runs = useCan('test:execute');
  const errorOf = (name: string) => fault?.fields.find((f) => f.field === name)?.message ?? null;
  const go = async () => {
    setBusy(true); setFault(null);
    try {
      const audit = await behind(project.id, signIn, t('visual.signInFailed'), (more) => send<Audit>('POST', urls.audit, { url: url.trim(), project_id: project.id, wcag_level: level, viewport: sizes[screen], include_best_practices: best, test_keyboard: keyboard, ...more }));
      setFound({ url: url.trim(), audit, scale: sizes[screen].device_scale_factor });
    } catch (e) { setFault(asApiError(e)); }
    setBusy(false);
  };
  return (
    <div className="stack">
      <Card>
        <form className="vis-form" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
          <AddressField url={url} onChange={setUrl} error={errorOf('url')} />
          <Select label={t('visual.opt.level')} value={level} onChange={setLevel} options={(['A', 'AA', 'AAA'] as const).map((l) => ({ id: l, text: `WCAG ${l}` }))} />
          <ScreenChoice value={screen} onChange={setScreen} />
          <SignInChoice project={project.id} value={signIn} onChange={setSignIn} />
          <div className="vis-form-foot">
            <Switch label={t('visual.opt.best')} checked={best} onChange={setBest} />
            <Switch label={t('visual.keyboard')} checked={keyboard} onChange={setKeyboard} />
            <Button type="submit" kind="primary" icon="eye" writes busy={busy} reason={runs ? undefined : t('core.needsPermission', { permission: 'test:execute' })}>{t('visual.judge')}</Button>
          </div>
          {fault && fault.fields.length === 0 ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{fault.message}</p> : null}
          {busy ? <p className="faint" role="status">{t('visual.judging')}</p> : null}
        </form>
      </Card>
      {found ? <Card title={found.url} sub={found.audit.accessibility.summary}><Judged key={found.audit.snapshot_id} audit={found.audit} scale={found.scale} /></Card> : null}
    </div>
  );
}

/** Boxes are CSS pixels; the picture's own size is known when it has come. */
function Judged({ audit, scale }: { audit: Audit; /** Device pixels of the picture for one CSS pixel. */ scale: number }) {
  const t = useT();
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  useEffect(() => {
    const image = new Image();
    image.onload = () => setSize({ width: image.naturalWidth / scale, height: image.naturalHeight / scale });
    // Without the picture the findings are still told.
    image.onerror = () => setSize({ width: 0, height: 0 });
    image.src = audit.screenshot_url;
  }, [audit.screenshot_url, scale]);
  const a = audit.accessibility;
  if (!size) return null;
  return (
    <>
      <Findings check={{ kind: 'accessibility', wcag_level: audit.wcag_level, score: a.overall_score, level_compliance: a.level_compliance, summary: a.summary, issue_count: a.issues.length, incomplete_count: a.incomplete.length, issues: a.issues, width: size.width, height: size.height, ...(size.width > 0 ? { picture_url: audit.screenshot_url } : {}) }} />
      <p className="vis-said faint">{t('visual.passed', { n: a.passed_criteria.length })}{a.frames_skipped > 0 ? ` ${t('visual.framesSkipped', { n: a.frames_skipped })}` : ''}</p>
    </>
  );
}
