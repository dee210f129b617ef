// A browser of Argos in the page: the picture takes the mouse and the keys, and what is done appears beside it as steps.
import { useEffect, useRef, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Json, RecordingRow } from '../../api/testing';
import { navigate } from '../../app/router';
import type { PageProps } from '../../app/routes';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { useLiveBrowser } from './live-browser';
import { Bar, Screen, TabStrip, type View } from './LiveScreen';
import { RecordingTest } from './RecordingTest';
import { sentence, text } from './words';
import './tests.css';
import './healing.css';

export default function LivePage({ params }: PageProps) {
  const session = useResource(paths.browserSession(params.id ?? ''));
  return <Loaded from={session} lines={8}>{(s) => <Live id={s.session_id} recording={s.recording_id} view={s.viewport} />}</Loaded>;
}

function Live({ id, recording, view }: { id: string; recording: string | null; view: View }) {
  const t = useT();
  const { state, picture, touch, way } = useLiveBrowser(id);
  const [made, setMade] = useState<RecordingRow | null>(null);
  const [busy, setBusy] = useState(false);
  const finish = async () => {
    setBusy(true);
    try {
      // One that has ended by itself is over all the same, and its recording is there.
      await send('DELETE', urls.browserSession(id)).catch((e) => { if (asApiError(e).status !== 404) throw e; });
      invalidate(urls.recordings);
      if (recording) setMade(await load(paths.recording(recording)));
      else navigate('/tests/recordings');
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  const over = state?.closed === true || way === 'over';
  const note = over ? t('healing.live.over') : way === 'lost' ? t('healing.live.lost') : (state?.problem ?? null);
  return (
    <>
      <PageHead title={t('healing.live.title')} sub={t('healing.live.sub')} actions={<Button kind="primary" icon="stop" writes busy={busy} onClick={() => void finish()}>{t('healing.live.finish')}</Button>} />
      <div className="live">
        <section className="card live-browser">
          <TabStrip tabs={state?.tabs ?? []} touch={touch} over={over || way === 'lost'} grows />
          <Bar state={state} touch={touch} over={over || way === 'lost'} />
          <Screen picture={picture} view={view} touch={touch} />
          {note ? <p className="live-note" role="status">{note}</p> : null}
        </section>
        <Steps steps={state?.steps ?? []} />
      </div>
      {made ? <RecordingTest recording={made} onClose={() => { setMade(null); navigate('/tests/recordings'); }} /> : null}
    </>
  );
}

function Steps({ steps }: { steps: readonly Json[] }) {
  const t = useT();
  const list = useRef<HTMLOListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest step comes into view.
  useEffect(() => { list.current?.lastElementChild?.scrollIntoView({ block: 'nearest' }); }, [steps.length]);
  return (
    <Card title={t('testing.list.steps')} flush>
      {steps.length === 0 ? <Empty icon="list" title={t('healing.live.noSteps')} compact /> : <ol className="tread live-steps" ref={list} aria-live="polite">{steps.map((s, n) => <li key={`${n} ${text(s, 'action')}`}><span className="num faint">{n + 1}</span><b>{tDynamic(`testing.act.${text(s, 'action')}`, text(s, 'action').replaceAll('_', ' '))}</b><span className="mono">{sentence(s)}</span></li>)}</ol>}
    </Card>
  );
}
