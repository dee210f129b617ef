// A browser of Argos in the page: the picture takes the mouse and the keys, and what is done appears beside it as steps.
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
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
import { type LiveState, useLiveBrowser } from './live-browser';
import { RecordingTest } from './RecordingTest';
import { sentence, text } from './words';
import './tests.css';
import './healing.css';

export default function LivePage({ params }: PageProps) {
  const session = useResource(paths.browserSession(params.id ?? ''));
  return <Loaded from={session} lines={8}>{(s) => <Live id={s.session_id} recording={s.recording_id} view={s.viewport} />}</Loaded>;
}

interface View { width: number; height: number }

function Live({ id, recording, view }: { id: string; recording: string | null; view: View }) {
  const t = useT();
  const { state, picture, touch, open } = useLiveBrowser(id);
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
  const over = state?.closed === true || !open;
  return (
    <>
      <PageHead title={t('healing.live.title')} sub={t('healing.live.sub')} actions={<Button kind="primary" icon="stop" writes busy={busy} onClick={() => void finish()}>{t('healing.live.finish')}</Button>} />
      <div className="live">
        <section className="card live-browser">
          <Bar state={state} touch={touch} over={over} />
          <Screen picture={picture} view={view} touch={touch} />
          {over && state !== null ? <p className="live-note" role="status">{t('healing.live.over')}</p> : state?.problem ? <p className="live-note" role="status">{state.problem}</p> : null}
        </section>
        <Steps steps={state?.steps ?? []} />
      </div>
      {made ? <RecordingTest recording={made} onClose={() => { setMade(null); navigate('/tests/recordings'); }} /> : null}
    </>
  );
}

function Bar({ state, touch, over }: { state: LiveState | null; touch: (what: Json) => void; over: boolean }) {
  const t = useT();
  const [typed, setTyped] = useState<string | null>(null);
  const go = () => { if (typed) touch({ type: 'goto', url: /^https?:/.test(typed) ? typed : `https://${typed}` }); setTyped(null); };
  return (
    <form className="live-bar" onSubmit={(e) => { e.preventDefault(); go(); }}>
      <Button small kind="quiet" icon="chevron-left" label={t('healing.live.back')} disabled={over} onClick={() => touch({ type: 'back' })}>{''}</Button>
      <Button small kind="quiet" icon="refresh" label={t('healing.live.reload')} disabled={over} onClick={() => touch({ type: 'reload' })}>{''}</Button>
      <input className="input mono" aria-label={t('testing.address')} value={typed ?? state?.url ?? ''} onChange={(e) => setTyped(e.target.value)} onBlur={() => setTyped(null)} disabled={over} spellCheck={false} autoCapitalize="none" />
    </form>
  );
}

const buttons = ['left', 'middle', 'right'] as const;

function Screen({ picture, view, touch }: { picture: string | null; view: View; touch: (what: Json) => void }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const moved = useRef(0);
  const at = (e: { clientX: number; clientY: number }) => {
    const r = box.current?.getBoundingClientRect();
    return r ? { x: Math.round(((e.clientX - r.left) / r.width) * view.width), y: Math.round(((e.clientY - r.top) / r.height) * view.height) } : { x: 0, y: 0 };
  };
  const mouse = (event: 'move' | 'down' | 'up') => (e: PointerEvent) => {
    if (event === 'move') {
      if (e.timeStamp - moved.current < 60) return;
      moved.current = e.timeStamp;
    } else if (event === 'down') { box.current?.focus(); e.preventDefault(); }
    touch({ type: 'mouse', event, ...at(e), button: buttons[event === 'move' ? 0 : e.button] ?? 'left' });
  };
  const key = (e: KeyboardEvent) => {
    // Tab stays the way out for whoever has only keys; Control+Tab goes into the page.
    if (e.nativeEvent.isComposing || e.metaKey || ['Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'Dead', 'Unidentified'].includes(e.key) || (e.key === 'Tab' && !e.ctrlKey)) return;
    e.preventDefault();
    e.stopPropagation();
    if (e.key.length === 1 && !e.ctrlKey && !e.altKey) touch({ type: 'text', text: e.key });
    else if (e.key === 'Tab') touch({ type: 'key', key: 'Tab' });
    else touch({ type: 'key', key: `${e.ctrlKey ? 'Control+' : ''}${e.altKey ? 'Alt+' : ''}${e.shiftKey ? 'Shift+' : ''}${e.key === ' ' ? 'Space' : e.key}` });
  };
  useEffect(() => {
    const screen = box.current;
    // React hears wheels passively, and the page around must not scroll along.
    const wheel = (e: WheelEvent) => { e.preventDefault(); touch({ type: 'wheel', ...at(e), delta_x: e.deltaX, delta_y: e.deltaY }); };
    screen?.addEventListener('wheel', wheel, { passive: false });
    return () => screen?.removeEventListener('wheel', wheel);
  });
  return (
    <div ref={box} role="application" aria-label={t('healing.live.screen')} tabIndex={0} className="live-screen" style={{ aspectRatio: `${view.width} / ${view.height}` }} onPointerDown={mouse('down')} onPointerUp={mouse('up')} onPointerMove={mouse('move')} onContextMenu={(e) => e.preventDefault()} onKeyDown={key} onPaste={(e) => { e.preventDefault(); touch({ type: 'text', text: e.clipboardData.getData('text/plain').slice(0, 2000) }); }}>
      {picture ? <img src={picture} alt="" draggable={false} /> : <p className="faint">{t('healing.live.wait')}</p>}
    </div>
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
