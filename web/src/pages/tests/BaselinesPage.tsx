// The approved pictures of a project: what they are called, every picture that was approved before, how strict they are compared,
// what of them is left out, and making one of an address.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { Baseline } from '../../api/visual';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmDialog, ConfirmInline } from '../../ui/Confirm';
import { Switch, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Regions } from './Regions';
import { Strictness } from './Strictness';
import { behind } from './sign-in';
import { AddressField, ProjectChoice, ScreenChoice, type ScreenName, SignInChoice, sizes, useAddress, VisualTabs } from './VisualTabs';
import './visual.css';
import './tests.css';

const pageOf = 100;

export default function BaselinesPage() {
  const t = useT();
  const projects = useResource(paths.allProjects);
  const [chosen, setChosen] = useQueryParam('project');
  const [making, setMaking] = useState(false);
  const writes = useCan('test:write');
  const reason = writes ? undefined : t('core.needsPermission', { permission: 'test:write' });
  return (
    <Loaded from={projects} lines={6}>{(rows) => {
      const project = rows.find((p) => p.id === chosen) ?? rows[0];
      const make = <Button kind="primary" icon="plus" writes reason={reason} onClick={() => setMaking(true)}>{t('visual.make')}</Button>;
      return (
        <>
          <PageHead title={t('nav.testVisual')} sub={t('visual.baselinesSub')} actions={project ? <><ProjectChoice projects={rows} value={project.id} onChange={setChosen} />{make}</> : undefined} />
          <VisualTabs active="baselines" project={chosen} />
          {project ? <Baselines key={project.id} project={project} make={make} /> : <section className="card"><Empty icon="eye" title={t('visual.noProject')} action={<ButtonLink to="/tests" icon="flask">{t('visual.toTests')}</ButtonLink>} /></section>}
          {making && project ? <Make project={project} onClose={() => setMaking(false)} /> : null}
        </>
      );
    }}</Loaded>
  );
}

function Baselines({ project, make }: { project: ProjectRow; make: React.ReactNode }) {
  const t = useT();
  const [picked, setPicked] = useQueryParam('baseline');
  const [from, setFrom] = useState(0);
  const list = useResource(paths.baselines(project.id, from));
  return (
    <Loaded from={list} lines={8}>{(page) => {
      const current = page.baselines.find((b) => b.id === picked) ?? page.baselines[0];
      if (!current) return <section className="card"><Empty icon="eye" title={t('visual.noBaselines')} text={t('visual.noBaselinesText')} action={make} /></section>;
      return (
        <div className="vis-page">
          <Card title={t('visual.baselines')} sub={String(page.total)} flush className="vis-queue">
            <ul>{page.baselines.map((b) => <li key={b.id}><button type="button" aria-current={b === current ? 'true' : undefined} onClick={() => setPicked(b.id)}>{b.screenshot_url ? <img src={b.screenshot_url} alt="" loading="lazy" /> : <span />}<span className="vis-line"><bdi>{b.name}</bdi><small className="faint">{b.viewport.width} × {b.viewport.height}{b.branch === 'main' ? '' : ` · ${t('visual.branch', { name: b.branch })}`}</small></span><small className="faint num">{b.version === 0 ? '' : `v${b.version}`}</small></button></li>)}</ul>
            {page.total > pageOf ? <p className="vis-foot row"><Button small disabled={from === 0} onClick={() => setFrom(Math.max(0, from - pageOf))}>{t('visual.previous')}</Button><Button small disabled={from + page.baselines.length >= page.total} onClick={() => setFrom(from + pageOf)}>{t('visual.next')}</Button></p> : null}
          </Card>
          <One key={current.id} baseline={current} onGone={() => setPicked('')} />
        </div>
      );
    }}</Loaded>
  );
}

function One({ baseline: b, onGone }: { baseline: Baseline; onGone: () => void }) {
  const t = useT();
  const writes = useCan('test:write');
  const deletes = useCan('test:delete');
  const [removing, setRemoving] = useState(false);
  const [signIn, setSignIn] = useState('');
  const reason = writes ? undefined : t('core.needsPermission', { permission: 'test:write' });
  const put = async (body: object, done: string) => { await send('PUT', urls.baseline(b.id), body); invalidate('/api/v1/visual'); toast({ level: 'ok', text: done }); };
  return (
    <div className="stack">
      <Card title={<bdi>{b.name}</bdi>} sub={[b.version === 0 ? t('visual.unapproved') : t('visual.versionN', { n: b.version }), b.branch === 'main' ? null : t('visual.branch', { name: b.branch })].filter(Boolean).join(' · ')} actions={<>
        {b.test_id ? <ButtonLink small kind="quiet" icon="flask" to={`/tests/${b.test_id}`}>{t('visual.toTest')}</ButtonLink> : <ConfirmInline action={t('visual.recapture')} effect={t('visual.recaptureEffect')} icon="refresh" reason={reason} run={() => behind(b.project_id, signIn, t('visual.signInFailed'), (more) => put({ recapture: true, ...more }, t('visual.recaptured')))} />}
        <Button small kind="quiet" icon="trash" writes label={t('visual.remove')} reason={deletes ? undefined : t('core.needsPermission', { permission: 'test:delete' })} onClick={() => setRemoving(true)} />
      </>}>
        <div className="stack">
          <p className="vis-said"><span className="mono">{b.url}</span> <span className="faint">{t('visual.atSize', { w: b.viewport.width, h: b.viewport.height })}{b.taken.full_page ? ` · ${t('visual.wholePage')}` : ''}</span></p>
          {b.test_id ? null : <SignInChoice project={b.project_id} value={signIn} onChange={setSignIn} />}
          <Rename baseline={b} reason={reason} put={put} />
          <Regions key={`${b.id} ${b.updated_at}`} baseline={b} reason={reason} put={put} />
        </div>
      </Card>
      <Strictness key={b.updated_at} baseline={b} reason={reason} put={put} />
      <Versions baseline={b} reason={reason} put={put} />
      {removing ? <ConfirmDialog title={t('visual.removeTitle', { name: b.name })} name={b.name} action={t('visual.remove')} onClose={() => setRemoving(false)} run={async () => { await send('DELETE', urls.baseline(b.id)); onGone(); invalidate('/api/v1/visual'); toast({ level: 'ok', text: t('visual.removed', { name: b.name }) }); }}><p>{t('visual.removeText')}</p></ConfirmDialog> : null}
    </div>
  );
}

interface PartProps { baseline: Baseline; reason: string | undefined; put: (body: object, done: string) => Promise<void> }

function Rename({ baseline, reason, put }: PartProps) {
  const t = useT();
  const [name, setName] = useState(baseline.name);
  const [error, setError] = useState<string | null>(null);
  const changed = name.trim() !== baseline.name && name.trim() !== '';
  const go = async () => { setError(null); try { await put({ name: name.trim() }, t('visual.renamed')); } catch (e) { setError(asApiError(e).message); } };
  return <form className="vis-rename" onSubmit={(e) => { e.preventDefault(); if (changed && reason === undefined) void go(); }}><TextField label={t('visual.opt.name')} value={name} onChange={setName} maxLength={200} disabled={reason !== undefined} error={error} /><Button type="submit" icon="save" writes reason={reason} disabled={!changed}>{t('core.save')}</Button></form>;
}

function Versions({ baseline, reason, put }: PartProps) {
  const t = useT();
  const history = useResource(paths.baselineHistory(baseline.id));
  return (
    <Card title={t('visual.versions')} flush>
      <Loaded from={history} lines={3}>{(h) => (h.history.length === 0 ? <Empty compact icon="history" title={t('visual.unapproved')} /> : (
        <ul className="vis-versions">{h.history.map((v) => (
          <li key={v.version}>
            <a href={v.screenshot_url} target="_blank" rel="noreferrer"><img src={v.screenshot_url} alt={t('visual.versionN', { n: v.version })} loading="lazy" /></a>
            <span className="vis-line"><b className="num">{t('visual.versionN', { n: v.version })}</b><small className="faint">{v.created_by} · <Age at={v.created_at} /></small>{v.note ? <small>{v.note}</small> : null}</span>
            {v.version === h.baseline.version ? <span className="chip">{t('visual.current')}</span> : <ConfirmInline action={t('visual.restore')} effect={t('visual.restoreEffect')} icon="undo" reason={reason} run={() => put({ restore_version: v.version }, t('visual.restored', { n: v.version }))} />}
          </li>
        ))}</ul>
      ))}</Loaded>
    </Card>
  );
}

function Make({ project, onClose }: { project: ProjectRow; onClose: () => void }) {
  const t = useT();
  const { url, setUrl } = useAddress(project);
  const [name, setName] = useState('');
  const [branch, setBranch] = useState('');
  const [masks, setMasks] = useState('');
  const [screen, setScreen] = useState<ScreenName>('desktop');
  const [full, setFull] = useState(true);
  const [signIn, setSignIn] = useState('');
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const go = async () => {
    setBusy(true); setFaults({});
    try {
      const selectors = masks.split(',').map((x) => x.trim()).filter(Boolean);
      await behind(project.id, signIn, t('visual.signInFailed'), (more) => send('POST', urls.baselines, { project_id: project.id, url: url.trim(), name: name.trim(), viewport: sizes[screen], full_page: full, ...(branch.trim() === '' ? {} : { branch: branch.trim() }), ...(selectors.length > 0 ? { mask_selectors: selectors } : {}), ...more }));
      invalidate('/api/v1/visual');
      toast({ level: 'ok', text: t('visual.made', { name: name.trim() }) });
      onClose();
    } catch (e) { const fault = asApiError(e); setFaults(fault.fields.length > 0 ? Object.fromEntries(fault.fields.map((f) => [f.field, f.message])) : { url: fault.message }); }
    setBusy(false);
  };
  return (
    <Layer title={t('visual.make')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="eye" writes busy={busy} disabled={name.trim() === '' || url.trim() === ''} onClick={() => void go()}>{t('visual.makeNow')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && name.trim() !== '') void go(); }}>
        <AddressField url={url} onChange={setUrl} error={faults.url ?? null} />
        <TextField label={t('visual.opt.name')} value={name} onChange={setName} required maxLength={200} error={faults.name} help={t('visual.makeHelp')} />
        <ScreenChoice value={screen} onChange={setScreen} />
        <SignInChoice project={project.id} value={signIn} onChange={setSignIn} />
        <Switch label={t('visual.opt.full')} checked={full} onChange={setFull} />
        <TextField label={t('visual.mask')} value={masks} onChange={setMasks} optional help={t('visual.maskHelp')} error={faults.mask_selectors} />
        <TextField label={t('visual.branchName')} value={branch} onChange={setBranch} optional placeholder="main" error={faults.branch} />
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Layer>
  );
}
