// What of an approved picture is never compared: areas drawn on it, and selectors or texts. Each can be taken back.
import { useRef, useState } from 'react';
import { asApiError } from '../../api/client';
import type { Baseline, Box, IgnoredRegion } from '../../api/visual';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { toast } from '../../ui/toasts';

const isBox = (r: IgnoredRegion): r is Box => typeof r === 'object' && 'width' in r;
const nameOf = (r: IgnoredRegion): string => (typeof r === 'string' ? r : isBox(r) ? `${Math.round(r.x)}, ${Math.round(r.y)} · ${Math.round(r.width)} × ${Math.round(r.height)}` : r.selector);

export function Regions({ baseline: b, reason, put }: { baseline: Baseline; reason: string | undefined; put: (body: object, done: string) => Promise<void> }) {
  const t = useT();
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [drawing, setDrawing] = useState(false);
  const [drawn, setDrawn] = useState<Box | null>(null);
  const [from, setFrom] = useState<{ x: number; y: number } | null>(null);
  const [selector, setSelector] = useState('');
  const [active, setActive] = useState<number | null>(null);
  const save = async (regions: readonly IgnoredRegion[]) => {
    try { await put({ ignore_regions: regions }, t('visual.regionsSaved')); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  /** Where on the page a pointer is, in CSS pixels. */
  const at = (e: React.PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (!box || !size) return null;
    const scale = size.width / b.viewport.device_scale_factor / box.width;
    const inside = (n: number, max: number) => Math.max(0, Math.min(max, n));
    return { x: inside(e.clientX - box.left, box.width) * scale, y: inside(e.clientY - box.top, box.height) * scale };
  };
  const begin = (e: React.PointerEvent) => { if (!drawing) return; e.preventDefault(); e.currentTarget.setPointerCapture(e.pointerId); setFrom(at(e)); setDrawn(null); };
  const move = (e: React.PointerEvent) => { const to = from ? at(e) : null; if (from && to) setDrawn({ x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) }); };
  const end = () => {
    setFrom(null);
    if (!drawn || drawn.width < 4 || drawn.height < 4) { setDrawn(null); return; }
    setDrawing(false);
    const round = (n: number) => Math.round(n);
    void save([...b.ignore_regions, { x: round(drawn.x), y: round(drawn.y), width: round(drawn.width), height: round(drawn.height) }]);
  };
  const share = (n: number, all: number) => `${(n * b.viewport.device_scale_factor * 100) / Math.max(1, all)}%`;
  const place = (r: Box) => (size ? { insetInlineStart: share(r.x, size.width), insetBlockStart: share(r.y, size.height), inlineSize: share(r.width, size.width), blockSize: share(r.height, size.height) } : undefined);
  return (
    <section className="stack" aria-label={t('visual.regions')}>
      <header className="vis-head"><h3 className="vis-title">{t('visual.regions')}</h3>{b.screenshot_url ? <Button small icon={drawing ? 'close' : 'plus'} reason={reason} pressed={drawing} onClick={() => { setDrawing(!drawing); setDrawn(null); }}>{t(drawing ? 'visual.drawStop' : 'visual.draw')}</Button> : null}</header>
      {b.ignore_regions.length === 0 ? <p className="vis-said faint">{t('visual.noRegions')}</p> : (
        <ul className="vis-regions">{b.ignore_regions.map((r, n) => <li key={n} onPointerEnter={() => setActive(n)} onPointerLeave={() => setActive(null)}><span className="mono">{nameOf(r)}</span><Button small kind="quiet" icon="trash" writes reason={reason} label={t('visual.regionRemove', { name: nameOf(r) })} onClick={() => void save(b.ignore_regions.filter((_, i) => i !== n))} /></li>)}</ul>
      )}
      <form className="vis-rename" onSubmit={(e) => { e.preventDefault(); if (selector.trim() !== '' && reason === undefined) void save([...b.ignore_regions, { selector: selector.trim() }]); }}>
        <input className="input mono" value={selector} onChange={(e) => setSelector(e.target.value)} placeholder=".clock" aria-label={t('visual.regionSelector')} maxLength={200} disabled={reason !== undefined} spellCheck={false} autoCapitalize="none" />
        <Button type="submit" icon="eye-off" writes reason={reason} disabled={selector.trim() === ''}>{t('visual.leaveOut')}</Button>
      </form>
      {drawing && size ? <ByHand width={size.width / b.viewport.device_scale_factor} height={size.height / b.viewport.device_scale_factor} onShow={setDrawn} onAdd={(box) => { setDrawing(false); setDrawn(null); void save([...b.ignore_regions, box]); }} /> : null}
      {b.screenshot_url ? (
        <div className={drawing ? 'vis-frame vis-frame-tall vis-drawing' : 'vis-frame vis-frame-tall'}>
          <div className="vis-canvas" ref={frame} onPointerDown={begin} onPointerMove={move} onPointerUp={end} onPointerCancel={() => { setFrom(null); setDrawn(null); }}>
            <img src={b.screenshot_url} alt={b.name} draggable={false} onLoad={(e) => setSize({ width: e.currentTarget.naturalWidth, height: e.currentTarget.naturalHeight })} />
            {size ? b.ignore_regions.map((r, n) => (isBox(r) ? <span key={n} className="vis-region" data-active={n === active || undefined} style={place(r)} /> : null)) : null}
            {drawn ? <span className="vis-region" data-active style={place(drawn)} /> : null}
          </div>
        </div>
      ) : <p className="vis-said faint">{t('visual.unapproved')}</p>}
    </section>
  );
}

/** The same without a pointer: where the area begins and how large it is, in CSS pixels. */
function ByHand({ width, height, onShow, onAdd }: { width: number; height: number; onShow: (box: Box) => void; onAdd: (box: Box) => void }) {
  const t = useT();
  const [box, setBox] = useState<Box>({ x: 0, y: 0, width: Math.round(width / 4), height: Math.round(height / 8) });
  const most = { x: width, y: height, width, height };
  const set = (name: keyof Box, text: string) => { const next = { ...box, [name]: Math.max(0, Math.min(Math.round(most[name]), Math.round(Number(text) || 0))) }; setBox(next); onShow(next); };
  return (
    <form className="vis-by-hand" onSubmit={(e) => { e.preventDefault(); if (box.width > 0 && box.height > 0) onAdd(box); }}>
      {(['x', 'y', 'width', 'height'] as const).map((name) => <TextField key={name} label={t(`visual.area.${name}`)} type="number" inputMode="numeric" value={String(box[name])} onChange={(text) => set(name, text)} />)}
      <Button type="submit" icon="plus">{t('visual.areaAdd')}</Button>
    </form>
  );
}
