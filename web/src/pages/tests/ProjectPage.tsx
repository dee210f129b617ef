// How the tests of a project are run: where the site is, what steps may use, how long they wait and what they leave. What the
// project does not say is inherited, and shown as such.
import { useMemo, useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { Json, RunSettings } from '../../api/testing';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Field, Select, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { ModelCard } from './ModelCard';
import { Pairs, SecretRows } from './Pairs';
import { SourcesCard } from './SourcesCard';
import { draftOf, hasLogin, inheritedOf, isHalfPlace, numbers, patchOf, permissions, places, type ProjectDraft, switches, words } from './project-settings';
import './tests.css';
import './healing.css';
import './running.css';
import './project.css';

export default function ProjectPage() {
  const t = useT();
  const projects = useResource(paths.allProjects);
  const [chosen, setChosen] = useQueryParam('project');
  return (
    <Loaded from={projects} lines={8}>{(rows) => {
      const project = rows.find((p) => p.id === chosen) ?? rows[0];
      if (!project) return <section className="card"><Empty icon="gear" title={t('tproject.none')} text={t('tproject.noneText')} action={<ButtonLink to="/tests" icon="flask">{t('nav.tests')}</ButtonLink>} /></section>;
      return (
        <>
          <PageHead title={t('tproject.title')} sub={t('tproject.sub')} actions={<>
            {rows.length > 1 ? <Select label={t('testing.project')} hideLabel value={project.id} onChange={setChosen} options={rows.map((p) => ({ id: p.id, text: p.name }))} /> : null}
            <ButtonLink to={`/tests?project=${project.id}`} icon="flask">{t('nav.tests')}</ButtonLink>
          </>} />
          <Stored key={project.id} project={project} />
        </>
      );
    }}</Loaded>
  );
}

/** The form begins anew whenever one of the two answers says something else: what it holds comes from both. */
function Stored({ project }: { project: ProjectRow }) {
  const stored = useResource(paths.projectSettings(project.id));
  const runs = useResource(paths.runSettings(project.id));
  return <Loaded from={stored} lines={10}>{(found) => <Loaded from={runs} lines={10}>{(of) => <Form key={`${found.updated_at} ${of.app_url} ${of.own.join()}`} project={project} settings={found.settings} runs={of} />}</Loaded>}</Loaded>;
}

function Form({ project, settings, runs }: { project: ProjectRow; settings: Json; runs: RunSettings }) {
  const t = useT();
  const sets = useCan('project:manage_settings');
  const reason = sets ? undefined : t('core.needsPermission', { permission: 'project:manage_settings' });
  const before = useMemo(() => draftOf(settings, runs.own, runs.app_url), [settings, runs]);
  const [draft, setDraft] = useState(before);
  const [fault, setFault] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<ProjectDraft>) => setDraft((now) => ({ ...now, ...change }));
  const plain = (name: string, value: string) => set({ plain: { ...draft.plain, [name]: value } });
  const patch = patchOf(settings, before, draft);
  const movesSite = draft.app_url.trim() !== before.app_url;
  const environments = [...new Set([...draft.base_url.map((p) => p.key.trim()), ...Object.keys(draft.environments)])].filter(Boolean).sort();
  const count = Object.keys(patch).length + (movesSite ? 1 : 0);
  const errorOf = (name: string) => fault?.fields.find((f) => f.field === name || f.field.endsWith(`.${name}`))?.message ?? null;
  const save = async () => {
    setBusy(true); setFault(null);
    try {
      if (movesSite) await send('PUT', urls.project(project.id), { app_url: draft.app_url.trim() });
      if (Object.keys(patch).length > 0) await send('PUT', urls.projectSettings(project.id), { settings: patch });
      toast({ level: 'ok', text: t('tproject.saved') });
      invalidate('/api/v1/projects');
    } catch (e) { setFault(asApiError(e)); }
    setBusy(false);
  };
  const from = (name: string) => t(runs.of_installation.includes(name) ? 'tproject.ofInstallation' : 'tproject.usual');
  const worded = (name: string, value: string | number | boolean | null) => (value === null ? '–' : typeof value === 'boolean' ? t(value ? 'tproject.yes' : 'tproject.no') : typeof value === 'string' ? tDynamic(`tproject.${name}.${value}`, value) : String(value));
  const inherits = (name: string) => { const value = inheritedOf(runs.inherited, name); return value === null ? t('tproject.inheritsBare') : t('tproject.inherits', { value: worded(name, value), from: from(name) }); };
  const number = (name: string) => (
    <TextField key={name} label={tDynamic(`tproject.${name}`, name)} type="number" inputMode="numeric" value={draft.plain[name] ?? ''} onChange={(x) => plain(name, x)} disabled={!sets} placeholder={worded(name, inheritedOf(runs.inherited, name))}
      help={(draft.plain[name] ?? '') === '' ? inherits(name) : t('tproject.own')} error={errorOf(name === 'width' || name === 'height' ? 'viewport' : name)} />
  );
  const choice = (name: string, options: readonly string[], group: 'plain' | 'visual' = 'plain') => (
    <Select key={name} label={tDynamic(`tproject.${name}`, name)} value={draft[group][name] ?? ''} disabled={!sets} onChange={(x) => set({ [group]: { ...draft[group], [name]: x } })} options={[{ id: '', text: inherits(name) }, ...options.map((o) => ({ id: o, text: o === 'true' || o === 'false' ? t(o === 'true' ? 'tproject.yes' : 'tproject.no') : tDynamic(`tproject.${name}.${o}`, o) }))]} />
  );
  const free = (name: string, example: string) => <TextField key={name} label={tDynamic(`tproject.${name}`, name)} value={draft.plain[name] ?? ''} onChange={(x) => plain(name, x)} disabled={!sets} placeholder={example} optional error={errorOf(name)} />;
  const picture = (name: string, help: string) => <TextField key={name} label={tDynamic(`tproject.${name}`, name)} value={draft.visual[name] ?? ''} onChange={(x) => set({ visual: { ...draft.visual, [name]: x } })} disabled={!sets} optional help={help} error={errorOf('visual')} />;
  return (
    <form className="tproject" onSubmit={(e) => { e.preventDefault(); if (count > 0 && !busy && !isHalfPlace(draft)) void save(); }}>
      <div className="stack">
        <Card title={t('tproject.where')} sub={t('tproject.whereSub')}>
          <div className="stack">
            <TextField label={t('tproject.appUrl')} type="url" value={draft.app_url} onChange={(x) => set({ app_url: x })} placeholder="https://" maxLength={500} disabled={!sets} error={errorOf('app_url')} />
            <Pairs legend add={t('tproject.addEnvironment')} label={t('tproject.environments')} keyLabel={t('tproject.environment')} valueLabel={t('tproject.address')} keyExample="staging" valueExample="https://staging.example.com" rows={draft.base_url} onChange={(rows) => set({ base_url: rows })} reason={reason} error={errorOf('base_url')} />
          </div>
        </Card>
        <Card title={t('tproject.variables')} sub={t('tproject.variablesSub')}>
          <Pairs add={t('tproject.addVariable')} label={t('tproject.variables')} keyLabel={t('testing.name')} valueLabel={t('testing.value')} keyExample="test_email" valueExample="ada@example.com" rows={draft.variables} onChange={(rows) => set({ variables: rows })} reason={reason} error={errorOf('variables')} />
          {environments.map((name) => <details key={name} className="tproject-env" open={(draft.environments[name] ?? []).length > 0}>
            <summary>{t('tproject.onlyIn', { name })}</summary>
            <Pairs add={t('tproject.addVariable')} label={t('tproject.onlyIn', { name })} keyLabel={t('testing.name')} valueLabel={t('testing.value')} keyExample="test_email" valueExample="ada@example.com" rows={draft.environments[name] ?? []} onChange={(rows) => set({ environments: { ...draft.environments, [name]: rows } })} reason={reason} error={null} />
          </details>)}
        </Card>
        <Card title={t('tproject.secrets')} sub={t('tproject.secretsSub')}>
          <div className="stack">
            <SecretRows rows={draft.secrets} onChange={(rows) => set({ secrets: rows })} reason={reason} error={errorOf('secrets')} />
            <Credentials settings={settings} draft={draft} set={set} reason={reason} error={errorOf('http_credentials')} />
          </div>
        </Card>
        <Card title={t('tproject.reach')} sub={t('tproject.reachSub')}>
          <div className="stack">
            <Field label={t('tproject.hosts')} help={t('tproject.hostsHelp')} error={errorOf('allowed_hosts')} optional>{({ id, describedBy, invalid }) => <textarea id={id} className="input mono tests-lines" rows={3} value={draft.hosts} onChange={(e) => set({ hosts: e.target.value })} aria-describedby={describedBy} aria-invalid={invalid || undefined} spellCheck={false} disabled={!sets} placeholder={'10.0.0.4\nshop.internal'} />}</Field>
            <Pairs legend add={t('tproject.addHeader')} label={t('tproject.headers')} keyLabel={t('testing.name')} valueLabel={t('testing.value')} keyExample="x-stage" valueExample="blue" rows={draft.headers} onChange={(rows) => set({ headers: rows })} reason={reason} error={errorOf('extra_headers')} />
          </div>
        </Card>
        <SourcesCard project={project.id} />
        <ModelCard project={project.id} />
      </div>
      <div className="stack">
        <Card title={t('tproject.runs')} sub={t('tproject.runsSub')}><div className="form-grid">{numbers.map(number)}{choice('self_heal', ['true', 'false'])}{choice('strict_selectors', ['true', 'false'])}</div></Card>
        <Card title={t('tproject.evidence')} sub={t('tproject.evidenceSub')}><div className="form-grid">{choice('screenshot_mode', words.screenshot_mode)}{choice('trace', words.trace)}{choice(switches[2], ['true', 'false'])}</div></Card>
        <Card title={t('tproject.browser')}><div className="form-grid">{number('width')}{number('height')}{free('locale', 'en-US')}{free('timezone', 'UTC')}{choice('color_scheme', words.color_scheme)}{choice('reduced_motion', words.reduced_motion)}</div><Permitted draft={draft} set={set} plain={plain} disabled={!sets} error={errorOf('geolocation') ?? errorOf('permissions')} /></Card>
        <Card title={t('tproject.pictures')} sub={t('tproject.picturesSub')}><div className="form-grid">{choice('sensitivity', ['low', 'medium', 'high'], 'visual')}{choice('auto_approve', ['off', 'dynamic', 'no_regressions'], 'visual')}{picture('threshold', t('tproject.thresholdHelp'))}{picture('threshold_percentage', t('tproject.percentHelp'))}{picture('ignore_selectors', t('tproject.ignoreHelp'))}</div></Card>
      </div>
      <div className="tproject-foot">
        {fault && fault.fields.length === 0 ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{fault.message}</p> : null}
        {fault && fault.fields.length > 0 ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{t('tproject.faults', { n: fault.fields.length })}</p> : null}
        <div className="form-actions">
          <Button type="submit" kind="primary" writes busy={busy} reason={reason} disabled={count === 0 || isHalfPlace(draft)}>{t('core.save')}</Button>
          <Button kind="quiet" disabled={count === 0} onClick={() => { setDraft(before); setFault(null); }}>{t('tproject.discard')}</Button>
          <span className="faint" role="status">{count > 0 ? t('tproject.changed', { n: count }) : ''}</span>
        </div>
      </div>
    </form>
  );
}

/** Where the browser says it is, and what pages may without asking. */
function Permitted({ draft, set, plain, disabled, error }: { draft: ProjectDraft; set: (change: Partial<ProjectDraft>) => void; plain: (name: string, value: string) => void; disabled: boolean; error: string | null }) {
  const t = useT();
  const half = isHalfPlace(draft);
  const names = [...new Set([...permissions, ...draft.permissions])];
  const turn = (name: string) => set({ permissions: draft.permissions.includes(name) ? draft.permissions.filter((x) => x !== name) : [...draft.permissions, name] });
  return (
    <div className="tproject-permitted">
      <fieldset className="tproject-place" aria-describedby="tproject-place-help">
        <legend>{t('tproject.geolocation')}</legend>
        {places.map((name) => <input key={name} className="input num" inputMode="decimal" aria-label={tDynamic(`tproject.${name}`, name)} placeholder={tDynamic(`tproject.${name}`, name)} value={draft.plain[name] ?? ''} disabled={disabled} onChange={(e) => plain(name, e.target.value)} />)}
      </fieldset>
      <p id="tproject-place-help" className={half ? 'field-error' : 'field-help'}>{t(half ? 'tproject.placeHalf' : 'tproject.placeHelp')}</p>
      <fieldset className="running-tags"><legend>{t('tproject.permissions')}</legend>{names.map((name) => <button key={name} type="button" className="running-tag" disabled={disabled} aria-pressed={draft.permissions.includes(name)} onClick={() => turn(name)}>{tDynamic(`tproject.may.${name}`, name)}</button>)}</fieldset>
      {error ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{error}</p> : null}
    </div>
  );
}

/** The login a site asks for by itself (basic authentication). What is stored is never shown. */
function Credentials({ settings, draft, set, reason, error }: { settings: Json; draft: ProjectDraft; set: (change: Partial<ProjectDraft>) => void; reason: string | undefined; error: string | null }) {
  const t = useT();
  const login = draft.login;
  if (login === null) {
    const there = hasLogin(settings) && !draft.forgetLogin;
    return (
      <div className="tproject-login">
        <span><b>{t('tproject.login')}</b><small className="faint">{t(there ? 'tproject.loginStored' : 'tproject.loginNone')}</small></span>
        <Button small icon={there ? 'refresh' : 'plus'} reason={reason} onClick={() => set({ login: { username: '', password: '', origin: '' }, forgetLogin: false })}>{t(there ? 'tproject.replace' : 'tproject.loginAdd')}</Button>
        {there ? <Button small kind="quiet" icon="trash" reason={reason} label={t('tproject.loginForget')} onClick={() => set({ forgetLogin: true })} /> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
      </div>
    );
  }
  const put = (change: Partial<typeof login>) => set({ login: { ...login, ...change } });
  return (
    <div className="tproject-login tproject-login-open">
      <b>{t('tproject.login')}</b>
      <div className="form-grid">
        <TextField label={t('tproject.user')} value={login.username} onChange={(x) => put({ username: x })} required autoComplete="off" />
        <TextField label={t('tproject.password')} type="password" value={login.password} onChange={(x) => put({ password: x })} required autoComplete="new-password" />
        <TextField label={t('tproject.origin')} type="url" value={login.origin} onChange={(x) => put({ origin: x })} optional placeholder="https://" help={t('tproject.originHelp')} error={error} />
      </div>
      <Button small kind="quiet" onClick={() => set({ login: null })}>{t('core.cancel')}</Button>
    </div>
  );
}
