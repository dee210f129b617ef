// Asking for an exploration: where, how deep, with which account, and what it will and will not do.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { DiscoveryPreview, DiscoverySession } from '../../api/discover';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { DiscoveryPreferences, ProjectRow } from '../../api/shapes';
import { navigate } from '../../app/router';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Field, Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { Pairs } from '../tests/Pairs';
import type { Pair } from '../tests/project-settings';
import { seconds } from '../tests/words';
import { accountBody, noAccount, StartAccount } from './StartAccount';

const modes = ['standard_crawl', 'quick_scan', 'deep_analysis', 'focused', 'authenticated', 'api_first', 'autonomous', 'diff'] as const;
type Mode = (typeof modes)[number];
const strategies = ['breadth_first', 'depth_first', 'priority_based', 'smart', 'random'] as const;
type Strategy = (typeof strategies)[number];
/** The words of own preferences and those of explorations, which know more. */
const modeWords: readonly (readonly [string, Mode])[] = [['quick', 'quick_scan'], ['standard', 'standard_crawl'], ['deep', 'deep_analysis'], ['focused', 'focused'], ['autonomous', 'autonomous']];
const strategyWords: readonly (readonly [string, Strategy])[] = [['bfs', 'breadth_first'], ['dfs', 'depth_first'], ['priority', 'priority_based'], ['ai-guided', 'smart']];
const list = (text: string, by: RegExp) => text.split(by).map((w) => w.trim()).filter(Boolean);

export function StartForm({ projects, chosen, onClose }: { projects: readonly ProjectRow[]; chosen: ProjectRow | undefined; onClose: () => void }) {
  const t = useT();
  const [project, setProject] = useState(chosen?.id ?? projects[0]?.id ?? '');
  const of = projects.find((p) => p.id === project);
  const [url, setUrl] = useState(of?.app_url ?? '');
  const [mode, setMode] = useState<Mode>('standard_crawl');
  const [focus, setFocus] = useState('');
  const [pages, setPages] = useState('50');
  const [depth, setDepth] = useState('3');
  const [exclude, setExclude] = useState('');
  const [robots, setRobots] = useState(true);
  const [account, setAccount] = useState(false);
  const [login, setLogin] = useState(noAccount);
  const [strategy, setStrategy] = useState<Strategy>('breadth_first');
  const [include, setInclude] = useState('');
  const [headers, setHeaders] = useState<readonly Pair[]>([]);
  const [wait, setWait] = useState('30');
  const [pictures, setPictures] = useState(true);
  const own = useResource(paths.ownProfile);
  const preferred = own.data?.discovery_preferences;
  const [begun, setBegun] = useState(false);
  // Own preferences are the start; they come once and overwrite nothing that was typed.
  useEffect(() => {
    if (begun || !preferred) return;
    setBegun(true);
    setMode(modeWords.find(([word]) => word === preferred.mode)?.[1] ?? 'standard_crawl');
    setStrategy(strategyWords.find(([word]) => word === preferred.strategy)?.[1] ?? 'breadth_first');
    setPages(String(preferred.maxPages));
    setDepth(String(preferred.maxDepth));
    setInclude(list(preferred.includePatterns, /[,\n]/).join('\n'));
    setExclude(list(preferred.excludePatterns, /[,\n]/).join('\n'));
    setFocus(preferred.focusAreas.join(', '));
    setPictures(preferred.captureScreenshots);
    setAccount(preferred.authRequired);
  }, [begun, preferred]);
  const keep = async () => {
    const wanted: Partial<DiscoveryPreferences> = { maxPages: Number(pages), maxDepth: Number(depth), includePatterns: list(include, /\n/).join(', '), excludePatterns: list(exclude, /\n/).join(', '), focusAreas: list(focus, /,/), captureScreenshots: pictures, authRequired: account };
    const words = { mode: modeWords.find(([, id]) => id === mode)?.[0], strategy: strategyWords.find(([, id]) => id === strategy)?.[0] };
    try { await send('PUT', urls.ownDiscoveryPreferences, { ...wanted, ...words }); invalidate(paths.ownProfile.url); toast({ level: 'ok', text: t('discover.keptDefaults') }); } catch (e) { const fault = asApiError(e); toast({ level: 'critical', text: fault.fields[0]?.message ?? fault.message }); }
  };
  const signsIn = account || mode === 'authenticated';
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [preview, setPreview] = useState<DiscoveryPreview | null>(null);
  const [busy, setBusy] = useState<'check' | 'start' | null>(null);

  const body = (of: string) => ({
    project_id: of, app_url: url.trim(), mode, focus_areas: list(focus, /,/), max_pages: Number(pages), max_depth: Number(depth), exclude_patterns: list(exclude, /\n/), respect_robots: robots,
    strategy, include_patterns: list(include, /\n/), timeout_seconds: Number(wait), capture_screenshots: pictures, custom_headers: Object.fromEntries(headers.filter((h) => h.key.trim() !== '').map((h) => [h.key.trim(), h.value])),
    ...(signsIn ? { auth_config: accountBody(login) } : {}),
  });
  const go = async (what: 'check' | 'start') => {
    setBusy(what);
    setFaults({});
    setPreview(null);
    try {
      let target = project;
      if (!of) {
        const host = URL.canParse(url) ? new URL(url).host : url;
        target = (await send<ProjectRow>('POST', urls.projects, { name: host.slice(0, 100), app_url: url.trim() })).id;
        invalidate('/api/v1/projects');
        setProject(target);
      }
      if (what === 'check') setPreview(await send<DiscoveryPreview>('POST', urls.discoveryPreview, body(target)));
      else {
        const made = await send<DiscoverySession>('POST', urls.discoveries, body(target));
        invalidate('/api/v1/discovery');
        navigate(`/tests/discover/${made.id}`);
        return;
      }
    } catch (e) {
      const fault = asApiError(e);
      setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field, f.message])) : { app_url: fault.message });
    }
    setBusy(null);
  };
  return (
    <Layer title={t('discover.new')} onClose={onClose}>
      <form className="stack" onChange={() => setBegun(true)} onSubmit={(e) => { e.preventDefault(); if (busy === null) void go('start'); }}>
        {projects.length > 1 ? <Select label={t('testing.project')} value={project} onChange={(id) => { setProject(id); setUrl(projects.find((p) => p.id === id)?.app_url ?? url); }} options={projects.map((p) => ({ id: p.id, text: p.name }))} /> : null}
        <TextField label={t('discover.address')} type="url" value={url} onChange={setUrl} required placeholder="https://" maxLength={500} error={faults.app_url} />
        <Select label={t('discover.mode')} value={mode} onChange={setMode} options={modes.map((m) => ({ id: m, text: t(`discover.mode.${m}`) }))} />
        {mode === 'focused' ? <TextField label={t('discover.focus')} value={focus} onChange={setFocus} required help={t('discover.focusHelp')} error={faults.focus_areas} /> : null}
        <div className="dform">
          <TextField label={t('discover.maxPages')} type="number" inputMode="numeric" value={pages} onChange={setPages} error={faults.max_pages} />
          <TextField label={t('discover.maxDepth')} type="number" inputMode="numeric" value={depth} onChange={setDepth} error={faults.max_depth} />
        </div>
        <Field label={t('discover.exclude')} help={t('discover.excludeHelp')} error={faults.exclude_patterns} optional>{({ id, describedBy, invalid }) => <textarea id={id} className="input mono tests-lines" rows={2} value={exclude} onChange={(e) => setExclude(e.target.value)} aria-describedby={describedBy} aria-invalid={invalid || undefined} spellCheck={false} />}</Field>
        <Switch label={t('discover.robots')} checked={robots} onChange={setRobots} />
        <Switch label={t('discover.signIn')} checked={signsIn} onChange={setAccount} reason={mode === 'authenticated' ? t('discover.signInNeeded') : undefined} />
        {signsIn ? <StartAccount account={login} onChange={setLogin} faults={faults} /> : null}
        <details className="dmore" open={['include_patterns', 'custom_headers', 'timeout_seconds', 'strategy'].some((f) => faults[f] !== undefined) || undefined}>
          <summary>{t('discover.more')}</summary>
          <div className="stack">
            <div className="dform">
              <Select label={t('discover.strategy')} value={strategy} onChange={setStrategy} options={strategies.map((id) => ({ id, text: t(`discover.strategy.${id}`) }))} />
              <TextField label={t('discover.pageTimeout')} type="number" inputMode="numeric" value={wait} onChange={setWait} error={faults.timeout_seconds} />
            </div>
            <Field label={t('discover.include')} help={t('discover.includeHelp')} error={faults.include_patterns} optional>{({ id, describedBy, invalid }) => <textarea id={id} className="input mono tests-lines" rows={2} value={include} onChange={(e) => setInclude(e.target.value)} aria-describedby={describedBy} aria-invalid={invalid || undefined} spellCheck={false} />}</Field>
            <Pairs legend add={t('tproject.addHeader')} label={t('discover.headers')} keyLabel={t('discover.pairName')} valueLabel={t('discover.pairValue')} keyExample="x-stage" rows={headers} onChange={setHeaders} error={faults.custom_headers ?? null} />
            <Switch label={t('discover.keepPictures')} checked={pictures} onChange={setPictures} />
          </div>
        </details>
        <p><Button small kind="quiet" icon="save" writes onClick={() => void keep()}>{t('discover.keepDefaults')}</Button></p>
        {preview ? <Preview of={preview} /> : null}
        <p className="dsum-now">
          <Button icon="eye" busy={busy === 'check'} disabled={busy !== null} onClick={() => void go('check')}>{t('discover.check')}</Button>
          <Button type="submit" kind="primary" icon="compass" busy={busy === 'start'} disabled={busy !== null} writes>{t('discover.start')}</Button>
        </p>
      </form>
    </Layer>
  );
}

/** What will be visited, and what never. */
function Preview({ of }: { of: DiscoveryPreview }) {
  const t = useT();
  const r = of.robots;
  return (
    <div className={of.ready ? 'dpreview' : 'dpreview dpreview-bad'} role="status">
      {of.problem ? <p><Icon name="siren" size={14} /> {of.problem}</p> : null}
      <p>{t('discover.willVisit', { pages: of.max_pages, depth: of.max_depth })}</p>
      {of.touches_controls ? <p>{t('discover.willTouch')}</p> : null}
      {r ? <p>{r.found ? t('discover.robotsRules', { n: r.disallow.length }) : t('discover.noRobots')} {r.crawl_delay_ms ? t('discover.robotsDelay', { time: seconds(r.crawl_delay_ms) }) : ''} {t('discover.sitemap', { n: of.sitemap_total })}</p> : null}
      {r?.problem ? <p className="faint">{r.problem}</p> : null}
      <p className="muted">{t('discover.never')}</p>
    </div>
  );
}
