// The queue of pictures that look different: what was approved, what is there now, and a decision for each by one key.
import { useMemo, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ProjectRow } from '../../api/shapes';
import type { Comparison, Difference } from '../../api/visual';
import { useKeys } from '../../app/keys';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { ApproveMany, likenessOf } from './ApproveMany';
import { DiffViewer, type Marked, type Mode } from './DiffViewer';
import { Explained } from './Explained';
import { VisualTabs } from './VisualTabs';
import './visual.css';

const looks: Readonly<Record<Comparison['status'], Status>> = { passed: 'ok', pending_review: 'warning', approved: 'ok', auto_approved: 'ok', rejected: 'critical', error: 'unknown' };
const isOpen = (c: Comparison) => (c.status === 'pending_review' || c.status === 'auto_approved') && !c.superseded;

export default function VisualPage() {
  const projects = useResource(paths.allProjects);
  return <Loaded from={projects} lines={8}>{(rows) => <Pictures projects={rows} />}</Loaded>;
}

function Pictures({ projects }: { projects: readonly ProjectRow[] }) {
  const t = useT();
  const [project, setProject] = useQueryParam('project');
  const [all, setAll] = useQueryParam('all');
  const list = useResource(paths.pictures(project, all === '1'), { everyMs: 10_000 });
  return (
    <>
      <PageHead title={t('nav.testVisual')} sub={t('visual.sub')} actions={<>
        {projects.length > 1 ? <Select label={t('visual.project')} hideLabel value={project} onChange={setProject} options={[{ id: '', text: t('visual.allProjects') }, ...projects.map((p) => ({ id: p.id, text: p.name }))]} /> : null}
        <Segmented label={t('visual.show')} value={all === '1' ? 'all' : 'queue'} onChange={(x) => setAll(x === 'all' ? '1' : '')} options={[{ id: 'queue', text: t('visual.queue') }, { id: 'all', text: t('visual.everything') }]} />
      </>} />
      <VisualTabs active="queue" project={project} />
      <Loaded from={list} lines={8}>{(page) => (page.comparisons.length > 0 ? <Queue rows={page.comparisons} total={page.total} /> : <section className="card"><Empty icon="eye" title={t(all === '1' ? 'visual.noneYet' : 'visual.none')} text={t('visual.noneText')} action={<ButtonLink to="/tests" icon="flask">{t('visual.toTests')}</ButtonLink>} /></section>)}</Loaded>
    </>
  );
}

function Queue({ rows, total }: { rows: readonly Comparison[]; total: number }) {
  const t = useT();
  const [picked, setPicked] = useQueryParam('picture');
  const [busy, setBusy] = useState(false);
  const [note, setNote] = useState('');
  const [mode, setMode] = useState<Mode>('slider');
  const [at, setAt] = useState(50);
  const decides = useCan('test:approve');
  const reason = decides ? undefined : t('core.needsPermission', { permission: 'test:approve' });
  const place = Math.max(0, rows.findIndex((r) => r.id === picked));
  const current = rows[place] as Comparison;
  const open = rows.filter(isOpen);
  const go = (by: number) => { const next = rows[Math.min(rows.length - 1, Math.max(0, place + by))]; if (next) { setPicked(next.id); setNote(''); } };
  const decide = async (yes: boolean) => {
    if (busy || reason !== undefined || !isOpen(current)) return;
    const next = rows[place + 1] ?? rows[place - 1];
    setBusy(true);
    try {
      if (yes) {
        const done = await send<{ baseline_updated: boolean }>('POST', urls.pictureApprove(current.id), { notes: note });
        toast({ level: 'ok', text: done.baseline_updated ? t('visual.approved', { name: current.name, n: current.baseline_version + 1 }) : t('visual.approvedOnly', { name: current.name }) });
      } else {
        await send('POST', urls.pictureReject(current.id), { notes: note.trim() || t('visual.rejectedNote') });
        toast({ level: 'info', text: t('visual.rejected', { name: current.name }) });
      }
      setPicked(next?.id ?? '');
      setNote('');
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    invalidate('/api/v1/visual');
    setBusy(false);
  };
  const [many, setMany] = useState<readonly Comparison[] | null>(null);
  // Pictures that changed in the same places in the same way are one decision.
  const likeness = likenessOf(current);
  const alike = likeness === '' || !isOpen(current) ? [] : open.filter((c) => likenessOf(c) === likeness);
  const slide = (by: number) => setAt((now) => Math.min(100, Math.max(0, now + by)));
  useKeys([
    { keys: 'a', label: 'visual.approve', run: () => void decide(true) }, { keys: 'x', label: 'visual.reject', run: () => void decide(false) },
    { keys: 'j', label: 'visual.next', run: () => go(1) }, { keys: 'k', label: 'visual.previous', run: () => go(-1) },
    { keys: 'ArrowRight', label: 'visual.position', run: () => slide(5) }, { keys: 'ArrowLeft', label: 'visual.position', run: () => slide(-5) },
    { keys: '1', label: 'visual.mode.slider', run: () => setMode('slider') }, { keys: '2', label: 'visual.mode.side', run: () => setMode('side') }, { keys: '3', label: 'visual.mode.onion', run: () => setMode('onion') }, { keys: '4', label: 'visual.mode.blink', run: () => setMode('blink') }, { keys: '5', label: 'visual.mode.diff', run: () => setMode('diff') }, { keys: '6', label: 'visual.mode.heat', run: () => setMode('heat') },
  ]);
  return (
    <div className="vis-page">
      <Card title={t('visual.queue')} sub={String(total)} flush className="vis-queue">
        <ul>{rows.map((c) => <li key={c.id}><button type="button" aria-current={c === current ? 'true' : undefined} onClick={() => { setPicked(c.id); setNote(''); }}>
          <img src={c.current_url} alt="" loading="lazy" />
          <span className="vis-line"><bdi>{c.name}</bdi><small className="faint">{c.baseline_url === null ? t('visual.first') : c.diff_percentage === null ? '' : c.diff_percentage === 0 ? t('visual.same') : t('visual.differs', { n: showNumber(c.diff_percentage, c.diff_percentage < 1 ? 4 : 1) })} · {t('visual.atSize', { w: c.viewport.width, h: c.viewport.height })}</small></span>
          <StatusMark status={looks[c.status]} bare word={t(`visual.status.${c.status}`)} />
        </button></li>)}</ul>
        {open.length > 1 ? <div className="vis-foot row"><Button small icon="check" writes reason={reason} haspopup="dialog" onClick={() => setMany(open)}>{t('visual.approveAll', { n: open.length })}</Button>{alike.length > 1 ? <Button small kind="quiet" writes reason={reason} haspopup="dialog" onClick={() => setMany(alike)}>{t('visual.approveAlike', { n: alike.length })}</Button> : null}</div> : null}
      </Card>
      {many ? <ApproveMany rows={many} onClose={() => setMany(null)} /> : null}
      <Detail key={current.id} c={current} mode={mode} onMode={setMode} at={at} onAt={setAt}>
        {isOpen(current) ? (
          <div className="vis-decide">
            <input className="input" aria-label={t('visual.note')} value={note} onChange={(e) => setNote(e.target.value)} placeholder={t('visual.noteExample')} maxLength={500} />
            <Button icon="close" writes busy={busy} reason={reason} onClick={() => void decide(false)}>{t('visual.reject')}</Button>
            <Button kind="primary" icon="check" writes busy={busy} reason={reason} onClick={() => void decide(true)}>{t('visual.approve')}</Button>
          </div>
        ) : <p className="muted vis-said">{current.superseded ? t('visual.superseded') : current.reviewed_by ? t('visual.decided', { who: current.reviewed_by, what: t(`visual.status.${current.status}`) }) : t(`visual.status.${current.status}`)}{current.notes ? ` – ${current.notes}` : ''}</p>}
      </Detail>
    </div>
  );
}

function Detail({ c, mode, onMode, at, onAt, children }: { c: Comparison; mode: Mode; onMode: (mode: Mode) => void; at: number; onAt: (at: number) => void; children: React.ReactNode }) {
  const t = useT();
  const [active, setActive] = useState<string | null>(null);
  const places: Marked[] = useMemo(() => c.differences.flatMap((d) => (d.bounds_current ?? d.bounds_baseline ? [{ id: d.id, box: (d.bounds_current ?? d.bounds_baseline) as Marked['box'], severity: d.severity, text: d.description }] : [])), [c]);
  const writes = useCan('test:write');
  const next = () => { const at = places.findIndex((p) => p.id === active); setActive(places[(at + 1) % Math.max(1, places.length)]?.id ?? null); };
  useKeys([
    { keys: 'n', label: 'visual.nextPlace', run: next },
    { keys: 'i', label: 'visual.ignore', run: () => { const d = c.differences.find((x) => x.id === active); if (d && writes) void ignorePlace(c, d, t('visual.ignored')); } },
  ]);
  const facts = [c.diff_pixel_count === null ? null : t('visual.pixels', { n: showNumber(c.diff_pixel_count) }), c.ssim === null ? null : t('visual.structure', { n: showNumber(c.ssim, 4) }), c.baseline_version > 0 ? t('visual.version', { n: c.baseline_version }) : null, t('visual.atSize', { w: c.viewport.width, h: c.viewport.height }), c.branch === 'main' ? null : t('visual.branch', { name: c.branch })].filter(Boolean).join(' · ');
  return (
    <Card title={<bdi>{c.name}</bdi>} sub={facts} className="vis-detail" actions={<>{c.baseline_id ? <ButtonLink small kind="quiet" to={`/tests/visual/baselines?project=${c.project_id}&baseline=${c.baseline_id}`} icon="eye-off">{t('visual.areas')}</ButtonLink> : null}{c.run_id ? <ButtonLink small kind="quiet" to={`/runs/${c.run_id}`} icon="play">{t('visual.openRun')}</ButtonLink> : null}<Age at={c.compared_at} /></>}>
      <div className="stack">
        {children}
        <p className={c.baseline_url === null ? 'vis-first' : 'vis-sum'}>{c.baseline_url === null ? <><Icon name="info" />{t('visual.firstText')}</> : c.summary}</p>
        {c.warnings.map((w) => <p key={w} className="vis-first"><Icon name="info" />{w}</p>)}
        <DiffViewer sides={{ before: c.baseline_url, after: c.current_url, difference: c.diff_image_url, heat: c.heatmap_url, both: c.side_by_side_url, width: c.width, height: c.height, scale: c.scale, name: c.name }} places={places} active={active} onPick={(id) => setActive(id === active ? null : id)} mode={mode} onMode={onMode} at={at} onAt={onAt} />
        <p className="faint vis-keys">{t('visual.keys')}</p>
        {c.baseline_url === null || (c.match === true && c.differences.length === 0) ? null : <Explained c={c} />}
        {c.baseline_url === null ? null : <Places c={c} active={active} onPick={(id) => setActive(id === active ? null : id)} />}
      </div>
    </Card>
  );
}

function Places({ c, active, onPick }: { c: Comparison; active: string | null; onPick: (id: string) => void }) {
  const t = useT();
  if (c.match === true && c.differences.length === 0) return null;
  return (
    <section>
      <h3 className="vis-title">{t('visual.places')}</h3>
      {c.differences.length === 0 ? <p className="muted">{t('visual.noPlaces')}</p> : <ul className="vis-places">{c.differences.map((d) => <li key={d.id}><button type="button" aria-current={d.id === active ? 'true' : undefined} onClick={() => onPick(d.id)}><span className={`vis-sev vis-sev-${d.severity}`}>{t(`visual.severity.${d.severity}`)}</span><span>{d.description}</span></button>{d.id === active ? <More c={c} d={d} /> : null}</li>)}</ul>}
    </section>
  );
}

/** Leaves a place out of every picture to come. */
async function ignorePlace(c: Comparison, d: Difference, done: string): Promise<void> {
  const baseline = c.baseline_id;
  const box = d.bounds_current ?? d.bounds_baseline;
  if (baseline === null || box === null) return;
  try {
    const now = await load(paths.baseline(baseline));
    await send('PUT', urls.baseline(baseline), { ignore_regions: [...now.baseline.ignore_regions, d.element ? { selector: d.element } : box] });
    toast({ level: 'ok', text: done });
  } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
}

function More({ c, d }: { c: Comparison; d: Difference }) {
  const t = useT();
  const writes = useCan('test:write');
  const ignore = () => ignorePlace(c, d, t('visual.ignored'));
  return (
    <div className="vis-more">
      {d.element ? <code>{d.element}</code> : null}
      {d.expected ? <span><small>{t('visual.was')}</small> {d.expected}</span> : null}
      {d.actual ? <span><small>{t('visual.is')}</small> {d.actual}</span> : null}
      {c.baseline_id ? <Button small icon="eye-off" writes reason={writes ? undefined : t('core.needsPermission', { permission: 'test:write' })} onClick={() => void ignore()}>{t('visual.ignore')}</Button> : null}
    </div>
  );
}
