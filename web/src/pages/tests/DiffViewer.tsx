// Two pictures of the same page: behind a slider, side by side, one over the other, in turn, or what differs; places are marked.
import { useEffect, useId, useRef, useState } from 'react';
import type { Box } from '../../api/visual';
import { useT } from '../../i18n';
import { Segmented } from '../../ui/Button';
import { Switch } from '../../ui/Form';

export type Mode = 'slider' | 'side' | 'onion' | 'blink' | 'diff' | 'heat';
/** How long each picture shows when they come in turn. */
const TURN_MS = 700;
export interface Marked { id: string; box: Box; severity: string; text: string }

/** Boxes over a picture; the picture has `width` × `height` device pixels, `scale` of them for one CSS pixel. */
export function Boxes({ places, width, height, scale, active, onPick }: { places: readonly Marked[]; width: number; height: number; scale: number; active: string | null; onPick: (id: string) => void }) {
  const share = (n: number, all: number) => `${all > 0 ? ((n * scale) / all) * 100 : 0}%`;
  return <>{places.map((p) => <button key={p.id} type="button" tabIndex={-1} className={`vis-box vis-box-${p.severity}`} aria-label={p.text} aria-pressed={p.id === active} title={p.text} onClick={() => onPick(p.id)} style={{ insetInlineStart: share(p.box.x, width), insetBlockStart: share(p.box.y, height), inlineSize: share(p.box.width, width), blockSize: share(p.box.height, height) }} />)}</>;
}

/** The picture before, over the one after, every other moment. Who wants little motion presses to change them. */
function Blinking({ src, alt, words }: { src: string; alt: string; words: { before: string; after: string } }) {
  const [seen, setSeen] = useState(true);
  useEffect(() => {
    if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const turn = setInterval(() => setSeen((now) => !now), TURN_MS);
    return () => clearInterval(turn);
  }, []);
  return (
    <>
      <img src={src} alt={alt} draggable={false} style={{ visibility: seen ? 'visible' : 'hidden' }} />
      <button type="button" className="vis-turn" onClick={() => setSeen((now) => !now)}>{seen ? words.before : words.after}</button>
    </>
  );
}

export interface Sides { before: string | null; after: string; difference: string | null; /** How much each pixel differs. */ heat?: string | null; /** Both pictures in one, to keep or to send. */ both?: string | null; width: number; height: number; scale: number; name: string; /** What the pictures are, where it is not the approved one and the one of now. */ words?: { before: string; after: string } }

export function DiffViewer({ sides, places, active, onPick, mode, onMode, at, onAt }: { sides: Sides; places: readonly Marked[]; active: string | null; onPick: (id: string) => void; mode: Mode; onMode: (mode: Mode) => void; at: number; onAt: (at: number) => void }) {
  const t = useT();
  const id = useId();
  const [marks, setMarks] = useState(true);
  const frame = useRef<HTMLDivElement>(null);
  const { before, after, difference, width, height } = sides;
  const heat = sides.heat ?? null;
  const lacks = (m: Mode) => (m === 'diff' && difference === null) || (m === 'heat' && heat === null);
  const words = sides.words ?? { before: t('visual.before'), after: t('visual.after') };
  const shown: Mode | 'only' = before === null ? 'only' : lacks(mode) ? 'side' : mode;
  const boxes = marks ? <Boxes places={places} width={width} height={height} scale={sides.scale} active={active} onPick={onPick} /> : null;
  const drag = (e: React.PointerEvent) => {
    if (shown !== 'slider' || (e.type === 'pointermove' && e.buttons !== 1)) return;
    const box = frame.current?.getBoundingClientRect();
    if (box) onAt(Math.round(Math.min(100, Math.max(0, ((e.clientX - box.left) / box.width) * 100))));
  };
  const image = (src: string, word: string, style?: React.CSSProperties) => <img src={src} alt={`${sides.name}: ${word}`} style={style} draggable={false} />;
  return (
    <div className="vis-viewer">
      <div className="vis-tools">
        {before === null ? null : <Segmented label={t('visual.mode')} value={mode} onChange={onMode} options={(['slider', 'side', 'onion', 'blink', 'diff', 'heat'] as const).filter((m) => !lacks(m)).map((m) => ({ id: m, text: t(`visual.mode.${m}`) }))} />}
        {sides.both ? <a className="vis-both" href={sides.both} download={`${sides.name}.png`} title={t('visual.bothHint')}>{t('visual.both')}</a> : null}
        {shown === 'heat' ? <span className="vis-heat faint"><span>{t('visual.heatLittle')}</span><i aria-hidden="true" /><span>{t('visual.heatMuch')}</span></span> : null}
        {places.length > 0 ? <Switch label={t('visual.boxes')} checked={marks} onChange={setMarks} /> : null}
        {shown === 'slider' || shown === 'onion' ? <label className="vis-range" htmlFor={id}><span>{words.before}</span><input id={id} type="range" min={0} max={100} value={at} aria-label={t(shown === 'slider' ? 'visual.position' : 'visual.opacity')} onChange={(e) => onAt(Number(e.target.value))} /><span>{words.after}</span></label> : null}
      </div>
      {shown === 'side' && before !== null ? (
        <div className="vis-two">
          <figure><figcaption>{words.before}</figcaption><div className="vis-frame">{image(before, words.before)}</div></figure>
          <figure><figcaption>{words.after}</figcaption><div className="vis-frame">{image(after, words.after)}{boxes}</div></figure>
        </div>
      ) : (
        <div className={`vis-frame vis-frame-${shown}`} ref={frame} onPointerDown={drag} onPointerMove={drag}>
          {shown === 'diff' ? image(difference ?? after, t('visual.difference')) : shown === 'heat' ? image(heat ?? after, t('visual.mode.heat')) : image(after, words.after)}
          {shown === 'slider' && before !== null ? <>{image(before, words.before, { clipPath: `inset(0 ${100 - at}% 0 0)` })}<span className="vis-edge" style={{ insetInlineStart: `${at}%` }} aria-hidden="true" /></> : null}
          {shown === 'onion' && before !== null ? image(before, words.before, { opacity: 1 - at / 100 }) : null}
          {shown === 'blink' && before !== null ? <Blinking src={before} alt={`${sides.name}: ${words.before}`} words={words} /> : null}
          {boxes}
        </div>
      )}
    </div>
  );
}
