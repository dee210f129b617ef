// The page at a step: its picture, its document before or after, what a screen reader has of it, or the film at that moment. Documents are shown in a frame that
// runs nothing and loads nothing; the server says so too.
import { useEffect, useRef, useState } from 'react';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { TraceStep } from '../../api/testing';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Loaded } from '../../ui/StateBlock';

export type Face = 'screenshot' | 'before' | 'after' | 'accessibility' | 'film' | 'green';
export const faces = ['screenshot', 'before', 'after', 'accessibility'] as const;

export function TracePage({ trace, step, face, film }: { trace: string; step: TraceStep; face: Exclude<Face, 'green'>; film: string | null }) {
  const t = useT();
  const r = step.result;
  if (face === 'film' && film) return <Film src={film} from={r.started_ms} to={r.started_ms + r.duration_ms} />;
  const name = face === 'film' ? undefined : step[face];
  if (name === undefined) return <p className="trace-missing faint">{t('trace.notKept')}</p>;
  if (face === 'screenshot') return <a className="trace-picture" href={urls.tracePart(trace, name)} target="_blank" rel="noreferrer"><img src={urls.tracePart(trace, name)} alt={t('trace.pictureOf', { n: r.step_index + 1 })} /></a>;
  if (face === 'accessibility') return <Tree key={name} trace={trace} name={name} />;
  return <Document key={name} src={urls.tracePart(trace, name)} title={t(`trace.face.${face === 'before' ? 'before' : 'after'}`)} />;
}

/** How far a line goes in: deeper ones stand no further. */
const inset = (level: number) => `${Math.min(level, 12) * 16 + 8}px`;

/** What a screen reader has of the page, line by line. */
function Tree({ trace, name }: { trace: string; name: string }) {
  const t = useT();
  const tree = useResource(paths.traceTree(trace, name));
  return (
    <Loaded from={tree} lines={8}>{(told) => (
      <>
        <ol className="trace-tree" aria-label={t('trace.face.accessibility')}>{told.nodes.map((node, n) => (
          <li key={n} style={{ paddingInlineStart: inset(node.level) }}>
            <span className="trace-role mono">{node.role}</span>
            {node.name === '' ? null : <bdi>{node.name}</bdi>}
            {node.value === undefined ? null : <bdi className="mono faint">{String(node.value)}</bdi>}
            {Object.entries(node.states ?? {}).map(([state, value]) => <span key={state} className="chip">{value === true || value === 'true' ? state : `${state} ${String(value)}`}</span>)}
          </li>
        ))}</ol>
        <p className="trace-note faint">{told.truncated ? t('trace.treeCut') : t('trace.treeNote')}</p>
      </>
    )}</Loaded>
  );
}

/** What a document was laid out for: it is shown whole, as small as the place is. */
const paper = { width: 1280, height: 800 };

function Document({ src, title }: { src: string; title: string }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState(1);
  useEffect(() => {
    if (!box.current) return;
    const seen = new ResizeObserver(([entry]) => setScale(Math.min(1, (entry?.contentRect.width ?? paper.width) / paper.width)));
    seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  return (
    <>
      <div className="trace-paper" ref={box} style={{ blockSize: `${paper.height * scale}px` }}>
        <iframe src={src} title={title} sandbox="" referrerPolicy="no-referrer" loading="lazy" style={{ inlineSize: `${paper.width}px`, blockSize: `${paper.height}px`, transform: `scale(${scale})` }} />
      </div>
      <p className="trace-note faint">{t('trace.documentNote')}</p>
    </>
  );
}

/** The film, held at the moment of the step; it plays the step alone or goes on. */
function Film({ src, from, to }: { src: string; from: number; to: number }) {
  const t = useT();
  const video = useRef<HTMLVideoElement>(null);
  const until = useRef<number | null>(null);
  useEffect(() => {
    const v = video.current;
    if (!v) return;
    until.current = null;
    v.pause();
    const seek = () => { v.currentTime = Math.min(to / 1_000, Number.isFinite(v.duration) ? v.duration : to / 1_000); };
    if (v.readyState >= 1) seek(); else v.addEventListener('loadedmetadata', seek, { once: true });
    return () => v.removeEventListener('loadedmetadata', seek);
  }, [to]);
  const playStep = () => { const v = video.current; if (!v) return; until.current = to / 1_000; v.currentTime = from / 1_000; void v.play(); };
  return (
    <>
      <video ref={video} className="trace-film" src={src} controls muted playsInline preload="auto" onTimeUpdate={(e) => { if (until.current !== null && e.currentTarget.currentTime >= until.current) { e.currentTarget.pause(); until.current = null; } }} />
      <p className="trace-note"><Button small icon="play" onClick={playStep}>{t('trace.playStep')}</Button></p>
    </>
  );
}
