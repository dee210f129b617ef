// One exploration: live while it goes on; its map, the ways through the site, and what is wrong with it.
import { asApiError, send } from '../../api/client';
import type { DiscoverySession } from '../../api/discover';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { navigate } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { ConfirmInline } from '../../ui/Confirm';
import { Icon, StatusMark } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Loaded } from '../../ui/StateBlock';
import { Tabs } from '../../ui/Tabs';
import { toast } from '../../ui/toasts';
import { seconds } from '../tests/words';
import { Changes } from './Changes';
import { Findings } from './Findings';
import { Flows } from './Flows';
import { Patterns } from './Patterns';
import { SiteMap } from './SiteMap';
import { useLive } from './useLive';
import { doing, isOver, look, pathOf } from './words';
import './discover.css';
import '../tests/tests.css';

export default function DiscoveryPage({ params }: PageProps) {
  const session = useResource(paths.discovery(params.id ?? ''), { everyMs: 10_000 });
  return <Loaded from={session} lines={8}>{(s) => <Session key={s.id} session={s} tab={params.tab ?? 'map'} />}</Loaded>;
}

function Session({ session, tab }: { session: DiscoverySession; tab: string }) {
  const t = useT();
  const over = isOver(session.status);
  useLive(session.id, !over);
  const executes = useCan('test:execute');
  const deletes = useCan('test:delete');
  const reason = executes ? undefined : t('core.needsPermission', { permission: 'test:execute' });
  const graph = useResource(paths.discoveryGraph(session.id));
  const flows = useResource(tab === 'flows' ? paths.discoveryFlows(session.id) : null);
  const findings = useResource(tab === 'findings' ? paths.discoveryFindings(session.id) : null);
  const patterns = useResource(tab === 'patterns' ? paths.discoveryPatterns(session.id) : null);
  const changes = useResource(tab === 'changes' && session.compared_with ? paths.discoveryChanges(session.project_id, session.id) : null);
  const move = async (what: 'pause' | 'resume' | 'stop') => {
    try { await send('POST', urls.discoveryMove(session.id, what), {}); } catch (e) { toast({ level: 'critical', text: t('discover.failed', { why: asApiError(e).message }) }); }
    invalidate('/api/v1/discovery');
  };
  const remove = async () => {
    await send('DELETE', urls.discovery(session.id));
    invalidate('/api/v1/discovery');
    toast({ level: 'ok', text: t('discover.removed') });
    navigate('/tests/discover');
  };
  const began = toMillis(session.started_at ?? session.created_at);
  const to = (id: string) => `/tests/discover/${session.id}${id === 'map' ? '' : `/${id}`}`;
  return (
    <>
      <PageHead title={session.app_url.replace(/^https?:\/\//, '')} sub={[session.created_by, began === null ? null : dayTime(began)].filter(Boolean).join(' · ')} mark={<StatusMark status={look(session.status)} word={t(doing(session))} />} actions={<>
        {session.status === 'running' || session.status === 'pending' ? <Button icon="pause" writes reason={reason} onClick={() => void move('pause')}>{t('discover.pause')}</Button> : null}
        {session.status === 'paused' ? <Button kind="primary" icon="play" writes reason={reason} onClick={() => void move('resume')}>{t('discover.resume')}</Button> : null}
        {over ? <ConfirmInline action={t('discover.remove')} effect={t('discover.removeEffect')} icon="trash" danger small={false} run={remove} reason={deletes ? undefined : t('core.needsPermission', { permission: 'test:delete' })} /> : <ConfirmInline action={t('discover.stop')} effect={t('discover.stopEffect')} icon="stop" small={false} run={() => move('stop')} reason={reason} />}
      </>} />
      <div className="stack">
        <Sum session={session} over={over} />
        <Tabs label={t('nav.discover')} active={tab} items={[{ id: 'map', text: t('discover.map'), to: to('map'), count: session.pages_found }, { id: 'flows', text: t('discover.flows'), to: to('flows'), count: session.flows_found }, { id: 'findings', text: t('discover.findings'), to: to('findings'), count: session.errors_count }, { id: 'patterns', text: t('discover.patterns'), to: to('patterns') }, ...(session.compared_with ? [{ id: 'changes', text: t('discover.changes'), to: to('changes') }] : [])]} />
        {tab === 'flows' ? <Loaded from={flows} lines={6}>{(all) => <Flows flows={all} over={over} />}</Loaded>
          : tab === 'findings' ? <Loaded from={findings} lines={6}>{(found) => <Findings found={found} pages={session.pages_found} />}</Loaded>
          : tab === 'patterns' ? <Loaded from={patterns} lines={6}>{(p) => <Patterns patterns={p.patterns} over={over} />}</Loaded>
          : tab === 'changes' && session.compared_with ? <Loaded from={changes} lines={6}>{(c) => <Changes of={c} over={over} />}</Loaded>
          : <Loaded from={graph} lines={8}>{(g) => <SiteMap graph={g} running={!over} />}</Loaded>}
      </div>
    </>
  );
}

function Sum({ session: s, over }: { session: DiscoverySession; over: boolean }) {
  const t = useT();
  return (
    <section className="card dsum" aria-label={t('discover.status')}>
      {s.error ? <p className="tsum-error" role="alert"><Icon name="siren" />{tDynamic(`discover.${s.error}`, s.error)}</p> : null}
      {over ? null : <div className="dsum-bar" role="progressbar" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(s.progress_percentage)} aria-label={t(doing(s))}><i style={{ inlineSize: `${s.progress_percentage}%` }} /></div>}
      {!over && s.current_url ? <p className="dsum-now"><span className="mono">{pathOf(s.current_url)}</span>{s.estimated_time_remaining === null ? null : <span className="faint">{t('discover.left', { time: seconds(s.estimated_time_remaining * 1_000) })}</span>}</p> : null}
      <dl className="dfigures">
        <div><dt>{t('discover.pages')}</dt><dd className="num">{showNumber(s.pages_found)}</dd></div>
        {over ? null : <div><dt>{t('discover.waiting')}</dt><dd className="num">{showNumber(s.queued)}</dd></div>}
        <div><dt>{t('discover.elements')}</dt><dd className="num">{showNumber(s.elements_found)}</dd></div>
        <div><dt>{t('discover.forms')}</dt><dd className="num">{showNumber(s.forms_found)}</dd></div>
        <div><dt>{t('discover.flows')}</dt><dd className="num">{showNumber(s.flows_found)}</dd></div>
        <div title={t('discover.coverageHelp')}><dt>{t('discover.coverage')}</dt><dd className="num">{s.coverage_score === null ? '–' : `${showNumber(s.coverage_score)} %`}</dd></div>
        <div><dt>{t('discover.duration')}</dt><dd className="num">{seconds(s.duration_ms)}</dd></div>
      </dl>
    </section>
  );
}
