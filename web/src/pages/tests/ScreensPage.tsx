// An address on several screens at once: its pictures, and what runs over, overlaps, is cut off or too small to touch.
import { useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { ProjectRow } from '../../api/shapes';
import type { ScreenResult, Screens } from '../../api/visual';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Switch } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Boxes } from './DiffViewer';
import { OnAddress } from './OnAddress';
import { behind } from './sign-in';
import { AddressField, type ScreenName, SignInChoice, sizes, useAddress } from './VisualTabs';
import './visual.css';

const names = Object.keys(sizes) as ScreenName[];
/** 4 is the worst. */
const words = ['info', 'minor', 'minor', 'major', 'critical'] as const;
const wordOf = (severity: number) => words[Math.max(0, Math.min(4, Math.round(severity)))] ?? 'info';

export default function ScreensPage() {
  const t = useT();
  return <OnAddress active="screens" sub={t('visual.screensSub')} icon="phone">{(project) => <Look key={project.id} project={project} />}</OnAddress>;
}

function Look({ project }: { project: ProjectRow }) {
  const t = useT();
  const { url, setUrl } = useAddress(project);
  const [wanted, setWanted] = useState<readonly ScreenName[]>(names);
  const [signIn, setSignIn] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<ApiError | null>(null);
  const [found, setFound] = useState<Screens | null>(null);
  const runs = useCan('test:execute');
  const go = async () => {
    setBusy(true); setFault(null);
    try { setFound(await behind(project.id, signIn, t('visual.signInFailed'), (more) => send<Screens>('POST', urls.screens, { url: url.trim(), project_id: project.id, viewports: names.filter((n) => wanted.includes(n)).map((name) => ({ name, ...sizes[name] })), ...more }))); } catch (e) { setFault(asApiError(e)); }
    setBusy(false);
  };
  const reason = runs ? (wanted.length === 0 ? t('visual.chooseScreen') : undefined) : t('core.needsPermission', { permission: 'test:execute' });
  return (
    <div className="stack">
      <Card>
        <form className="vis-form vis-form-one" onSubmit={(e) => { e.preventDefault(); if (!busy && reason === undefined) void go(); }}>
          <AddressField url={url} onChange={setUrl} error={fault?.fields.find((f) => f.field === 'url')?.message ?? null} />
          <SignInChoice project={project.id} value={signIn} onChange={setSignIn} />
          <div className="vis-form-foot">
            {names.map((name) => <Switch key={name} label={t(`visual.screen.${name}`)} checked={wanted.includes(name)} onChange={(on) => setWanted(on ? [...wanted, name] : wanted.filter((n) => n !== name))} />)}
            <Button type="submit" kind="primary" icon="phone" writes busy={busy} reason={reason}>{t('visual.look')}</Button>
          </div>
          {fault && fault.fields.length === 0 ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{fault.message}</p> : null}
          {busy ? <p className="faint" role="status">{t('visual.looking')}</p> : null}
        </form>
      </Card>
      {found ? <div className="vis-screens">{found.results.map((r, n) => <OneScreen key={r.id ?? `${r.viewport.name} ${n}`} result={r} />)}</div> : null}
    </div>
  );
}

function OneScreen({ result: r }: { result: ScreenResult }) {
  const t = useT();
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [active, setActive] = useState<string | null>(null);
  const worst = Math.max(0, ...r.issues.map((i) => i.severity));
  const pick = (id: string) => setActive(id === active ? null : id);
  const places = r.issues.map((issue, n) => ({ id: String(n), box: issue.bounds, severity: wordOf(issue.severity), text: issue.description }));
  return (
    <Card title={tDynamic(`visual.screen.${r.viewport.name ?? ''}`, r.viewport.name ?? t('visual.screen'))} sub={t('visual.atSize', { w: r.viewport.width, h: r.viewport.height })} actions={r.success ? <StatusMark status={worst >= 3 ? 'critical' : worst > 0 ? 'warning' : 'ok'} word={t('visual.nIssues', { n: r.issues.length })} /> : undefined}>
      <div className="stack">
        {r.error ? <p className="tsum-error" role="alert"><Icon name="siren" />{r.error}</p> : null}
        {r.screenshot_url ? <div className="vis-frame vis-frame-tall"><img src={r.screenshot_url} alt={t('visual.picture')} onLoad={(e) => setSize({ width: e.currentTarget.naturalWidth, height: e.currentTarget.naturalHeight })} />{size ? <Boxes places={places} width={size.width} height={size.height} scale={r.viewport.device_scale_factor} active={active} onPick={pick} /> : null}</div> : null}
        {r.issues.length > 0 ? <ul className="vis-places">{r.issues.map((issue, n) => <li key={`${n} ${issue.selector}`}><button type="button" aria-current={String(n) === active ? 'true' : undefined} onClick={() => pick(String(n))}><span className={`vis-sev vis-sev-${wordOf(issue.severity)}`}>{tDynamic(`visual.issue.${issue.type}`, issue.type)}</span><span>{issue.description}</span></button>{String(n) === active ? <div className="vis-more"><code>{issue.selector}</code></div> : null}</li>)}</ul> : null}
      </div>
    </Card>
  );
}
