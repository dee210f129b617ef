// Asking for a run: of one test, of those that were picked, or of what a selection means. Says what it will run before it does,
// and remembers the choice for the project.
import { useEffect, useId, useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { RunPreview, RunSettings } from '../../api/testing';
import { navigate } from '../../app/router';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Field, Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { Pairs } from './Pairs';
import type { Pair } from './project-settings';
import { fromDefaults, many, manner, one, remember, remembered, type RunChoice, toDefaults, usual } from './run-choice';
import { SizeField } from './SizeField';
import { FindMode, ModelSees, useModelSees } from './StepVision';
import { seconds } from './words';
import './tests.css';
import './running.css';

/** What is to be run; no picked test = the whole project, narrowed down by tags and priority. */
export interface Asked { project: string; picked: readonly { id: string; name: string }[]; tags?: readonly string[] }

export function RunDialog({ asked, before, onClose }: { asked: Asked; /** Done first; what it throws is told and nothing is run. */ before?: () => Promise<void>; onClose: () => void }) {
  const t = useT();
  const { project, picked } = asked;
  const [choice, setChoice] = useState<RunChoice>(() => remembered(project) ?? usual);
  const own = useResource(paths.ownProfile);
  // Own defaults are the start where nothing was chosen for this project, and never overwrite what is being chosen.
  const [begun, setBegun] = useState(() => remembered(project) !== null);
  const defaults = own.data?.test_defaults;
  useEffect(() => { if (!begun && defaults) { setBegun(true); setChoice(fromDefaults(defaults)); } }, [begun, defaults]);
  const [variables, setVariables] = useState<readonly Pair[]>([]);
  const [fault, setFault] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const settings = useResource(paths.runSettings(project));
  const sees = useModelSees(project);
  const single = picked.length === 1 ? picked[0] : undefined;
  const body = single ? one(project, single.id, choice, variables) : many(project, picked.map((p) => p.id), choice, variables);
  const preview = usePreview(JSON.stringify(body));
  const set = (change: Partial<RunChoice>) => { setBegun(true); setFault(null); setChoice((now) => ({ ...now, ...change })); };
  const errorOf = (name: string) => [fault, preview.fault].flatMap((f) => f?.fields ?? []).find((f) => f.field === name)?.message ?? null;
  const go = async () => {
    setBusy(true); setFault(null);
    try {
      await before?.();
      const run = single ? await send<{ run_id: string }>('POST', urls.testRunOne(single.id), manner(choice, variables)) : await send<{ run_id: string }>('POST', urls.testRunMany, body);
      remember(project, choice);
      invalidate('/api/v1/runs', '/api/v1/tests');
      navigate(`/runs/${run.run_id}`);
      return;
    } catch (e) { setFault(asApiError(e)); }
    setBusy(false);
  };
  const keep = async () => {
    setFault(null);
    try { await send('PUT', urls.ownTestDefaults, toDefaults(choice)); invalidate(paths.ownProfile.url); toast({ level: 'ok', text: t('running.keptDefaults') }); } catch (e) { setFault(asApiError(e)); }
  };
  const title = single ? t('running.titleOne', { name: single.name }) : picked.length > 0 ? t('running.titleMany', { n: picked.length }) : t('running.titleAll');
  const foreign = [fault, preview.fault].find((f) => f?.fields.every((x) => !shownFields.has(x.field)));
  return (
    <Layer title={title} wide onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="play" writes busy={busy} reason={preview.data ? undefined : t('running.notYet')} onClick={() => void go()}>{preview.data && !single ? t('running.runN', { n: preview.data.total }) : t('testing.run')}</Button></>}>
      <form className="running" onSubmit={(e) => { e.preventDefault(); if (preview.data && !busy) void go(); }}>
        <div className="stack">
          {picked.length === 0 ? <Which choice={choice} tags={asked.tags ?? []} set={set} /> : null}
          <Where choice={choice} settings={settings.data} preview={preview.data} set={set} errorOf={errorOf} />
          <ModelSees value={sees}><How choice={choice} settings={settings.data} set={set} errorOf={errorOf} several={!single} /></ModelSees>
          <details className="running-more" open={variables.length > 0 || undefined}>
            <summary>{t('running.variables')}</summary>
            <Pairs add={t('tproject.addVariable')} label={t('running.variables')} keyLabel={t('testing.name')} valueLabel={t('testing.value')} keyExample="test_email" rows={variables} onChange={setVariables} error={errorOf('variables')} />
            <p className="field-help">{t('running.variablesHelp')}</p>
          </details>
          <p><Button small kind="quiet" icon="save" writes onClick={() => void keep()}>{t('running.keepDefaults')}</Button></p>
          <button type="submit" hidden tabIndex={-1} />
        </div>
        <section className="running-will" aria-label={t('running.will')} aria-live="polite">
          <h3>{t('running.will')}</h3>
          {foreign ? <p className="tsum-error" role="alert"><Icon name="siren" />{foreign.message}</p> : null}
          {preview.data ? <Will of={preview.data} /> : preview.fault || foreign ? null : <p className="faint">…</p>}
        </section>
      </form>
    </Layer>
  );
}

/** Faults that stand beside their field. */
const shownFields = new Set(['app_url', 'environment', 'retries', 'viewport', 'timeout_ms', 'parallel', 'shard', 'variables']);

/** What the server says the run would be; asked when typing pauses. The answer to an earlier wish is none. */
function usePreview(body: string): { data: RunPreview | null; fault: ApiError | null } {
  const [state, setState] = useState<{ of: string; data: RunPreview | null; fault: ApiError | null }>({ of: '', data: null, fault: null });
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      send<RunPreview>('POST', urls.testRunPreview, JSON.parse(body), { signal: stop.signal, quiet: true })
        .then((data) => setState({ of: body, data, fault: null }), (e: unknown) => { if (!stop.signal.aborted) setState({ of: body, data: null, fault: asApiError(e) }); });
    }, 250);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [body]);
  return state.of === body ? state : { data: null, fault: null };
}

function Which({ choice, tags, set }: { choice: RunChoice; tags: readonly string[]; set: (change: Partial<RunChoice>) => void }) {
  const t = useT();
  const all = [...new Set([...tags, ...choice.tags])];
  const turn = (tag: string) => set({ tags: choice.tags.includes(tag) ? choice.tags.filter((x) => x !== tag) : [...choice.tags, tag] });
  return (
    <>
      {all.length > 0 ? <fieldset className="running-tags"><legend>{t('testing.tags')}</legend>{all.map((tag) => <button key={tag} type="button" className="running-tag" aria-pressed={choice.tags.includes(tag)} onClick={() => turn(tag)}>{tag}</button>)}</fieldset> : null}
      <Select label={t('testing.priority')} value={choice.priority} onChange={(priority) => set({ priority })} options={[{ id: '', text: t('running.anyPriority') }, ...['critical', 'high', 'medium', 'low'].map((p) => ({ id: p, text: tDynamic(`testing.priority.${p}`, p) }))]} />
    </>
  );
}

interface PartProps { choice: RunChoice; settings: RunSettings | undefined; set: (change: Partial<RunChoice>) => void; errorOf: (name: string) => string | null }

function Where({ choice, settings, preview, set, errorOf }: PartProps & { preview: RunPreview | null }) {
  const t = useT();
  const list = useId();
  const names = [...new Set(['production', ...Object.keys(settings?.base_url ?? {})])];
  return (
    <div className="form-grid">
      <Field label={t('running.environment')} error={errorOf('environment')}>{({ id, describedBy, invalid }) => <><input id={id} className="input" list={list} value={choice.environment} placeholder="production" onChange={(e) => set({ environment: e.target.value })} aria-describedby={describedBy} aria-invalid={invalid || undefined} spellCheck={false} autoCapitalize="none" autoComplete="off" /><datalist id={list}>{names.map((n) => <option key={n} value={n} />)}</datalist></>}</Field>
      <TextField label={t('running.address')} type="url" value={choice.app_url} onChange={(app_url) => set({ app_url })} placeholder={preview?.app_url ?? settings?.app_url ?? 'https://'} optional error={errorOf('app_url')} />
    </div>
  );
}

function How({ choice, settings, set, errorOf, several }: PartProps & { several: boolean }) {
  const t = useT();
  const now = settings?.effective;
  const inherits = (word: string | null) => (word === null ? t('running.asProject') : t('running.asProjectIs', { value: word }));
  const select = (name: 'trace' | 'screenshot_mode', options: readonly string[]) => <Select label={t(`tproject.${name}`)} value={choice[name]} onChange={(x) => set({ [name]: x })} options={[{ id: '', text: inherits(now ? tDynamic(`tproject.${name}.${now[name]}`, now[name]) : null) }, ...options.map((o) => ({ id: o, text: tDynamic(`tproject.${name}.${o}`, o) }))]} />;
  return (
    <div className="form-grid">
      {select('screenshot_mode', ['on', 'only-on-failure', 'off'])}
      {select('trace', ['on', 'retain-on-failure', 'off'])}
      <Select label={t('tproject.record_video')} value={choice.record_video} onChange={(record_video) => set({ record_video })} options={[{ id: '', text: inherits(now ? t(now.record_video ? 'tproject.yes' : 'tproject.no') : null) }, { id: 'true', text: t('tproject.yes') }, { id: 'false', text: t('tproject.no') }]} />
      <TextField label={t('tproject.retries')} type="number" inputMode="numeric" value={choice.retries} onChange={(retries) => set({ retries })} placeholder={now ? String(now.retries) : ''} optional error={errorOf('retries')} />
      <SizeField label={t('tconfig.viewport')} value={choice.viewport} usual={t('tconfig.asTest')} onChange={(viewport) => set({ viewport })} error={errorOf('viewport')} />
      <Select label={t('tconfig.self_heal')} value={choice.self_heal} onChange={(self_heal) => set({ self_heal })} options={[{ id: '', text: t('tconfig.asTest') }, { id: 'true', text: t('tproject.yes') }, { id: 'false', text: t('tproject.no') }]} />
      <TextField label={t(several ? 'tconfig.timeoutEach' : 'tconfig.timeout')} inputMode="numeric" value={choice.timeout_ms} onChange={(timeout_ms) => set({ timeout_ms })} placeholder={now ? `${now.test_timeout_ms} ms` : 'ms'} error={errorOf('timeout_ms')} />
      <FindMode value={choice.execution_mode} usual={t('tconfig.asTest')} onChange={(execution_mode) => set({ execution_mode })} />
      {several ? <>
        <TextField label={t('tproject.parallel_tests')} type="number" inputMode="numeric" value={choice.parallel} onChange={(parallel) => set({ parallel })} placeholder={now ? String(now.parallel_tests) : ''} optional error={errorOf('parallel')} />
        <div className="running-shard">
          <TextField label={t('running.shard')} type="number" inputMode="numeric" value={choice.shard} onChange={(shard) => set({ shard })} optional error={errorOf('shard')} placeholder="1" />
          <TextField label={t('running.shards')} type="number" inputMode="numeric" value={choice.shards} onChange={(shards) => set({ shards })} placeholder="1" />
        </div>
        <Switch label={t('running.failFast')} checked={choice.fail_fast} onChange={(fail_fast) => set({ fail_fast })} />
      </> : null}
    </div>
  );
}

function Will({ of }: { of: RunPreview }) {
  const t = useT();
  const m = of.manner;
  const rest = of.total - of.tests.length;
  const kept = [t('running.pictures', { what: tDynamic(`tproject.screenshot_mode.${m.screenshot_mode}`, m.screenshot_mode).toLowerCase() }), m.trace === 'off' ? null : t('running.trace', { what: tDynamic(`tproject.trace.${m.trace}`, m.trace).toLowerCase() }), m.record_video ? t('running.film') : null].filter(Boolean).join(' · ');
  return (
    <>
      <p><b>{t('running.nTests', { n: of.total })}</b> {t('running.against')} <span className="mono running-url">{of.app_url}</span></p>
      <dl className="running-facts">
        <div><dt>{t('running.environment')}</dt><dd>{of.environment}</dd></div>
        <div><dt>{t('running.tries')}</dt><dd>{t('running.triesText', { n: m.retries })}</dd></div>
        {of.total > 1 ? <div><dt>{t('tproject.parallel_tests')}</dt><dd className="num">{m.parallel_tests}</dd></div> : null}
        <div><dt>{t('running.longest')}</dt><dd className="num">{seconds(m.test_timeout_ms)}</dd></div>
        <div><dt>{t('running.leaves')}</dt><dd>{kept}</dd></div>
      </dl>
      {of.total > 1 ? <ol className="running-list">{of.tests.map((x) => <li key={x.id}><bdi>{x.name}</bdi><small className="faint">{tDynamic(`testing.priority.${x.priority}`, x.priority)}</small></li>)}{rest > 0 ? <li className="faint">{t('running.more', { n: rest })}</li> : null}</ol> : null}
    </>
  );
}
