// The whole of a trace on one clock: what the page looked like, the steps, what was asked of the network and what was said. A span of
// it can be chosen, by drawing over it or with the two sliders.
import { useEffect, useMemo, useRef, useState } from 'react';
import { load } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { TraceConsole, TraceRequest, TraceStep } from '../../api/testing';
import { showNumber } from '../../format/numbers';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { inRows, originOf, stepAt } from './green';
import { seconds } from './words';

/** Requests drawn at most: a trace of more is looked at in the list. */
const mostRequests = 2_000;
const requestsAtOnce = 500;
const rows = 5;
/** A picture of the strip takes about so many pixels. */
const frameWidth = 104;

/** From a moment to another, in milliseconds of the steps' clock. */
export interface TimeSpan { from: number; to: number }
export interface Records { requests: readonly TraceRequest[]; /** Of the whole trace. */ asked: number; said: TraceConsole['lines']; /** Of the whole trace. */ told: number }

/** All requests and lines of a trace, as far as they are drawn. */
export function useRecords(trace: string): Records | null {
  const [found, setFound] = useState<Records | null>(null);
  useEffect(() => {
    let gone = false;
    const get = async () => {
      const requests: TraceRequest[] = [];
      let asked = 0;
      for (let offset = 0; offset < mostRequests; offset += requestsAtOnce) {
        const page = await load(paths.traceRequests(trace, { offset, limit: requestsAtOnce }));
        requests.push(...page.requests);
        asked = page.total;
        if (requests.length >= page.total) break;
      }
      const said = await load(paths.traceConsole(trace, {}, 0));
      if (!gone) setFound({ requests, asked, said: said.lines, told: said.total });
    };
    // The axis shows the steps alone then; the lists below say why.
    get().catch(() => undefined);
    return () => { gone = true; };
  }, [trace]);
  return found;
}

interface AxisProps {
  trace: string; steps: readonly TraceStep[]; /** Those of the first page, by which the clocks are told. */ whole: readonly TraceStep[];
  first: number; at: number; records: Records | null; span: TimeSpan | null; onPick: (n: number) => void; onSpan: (span: TimeSpan | null) => void;
}

export function TraceAxis({ trace, steps, whole, first, at, records, span, onPick, onSpan }: AxisProps) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [drawn, setDrawn] = useState<TimeSpan | null>(null);
  const begun = useRef<number | null>(null);
  useEffect(() => {
    if (!box.current) return;
    const seen = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  const from = steps[0]?.result.started_ms ?? 0;
  const all = useMemo(() => Math.max(1, ...steps.map((s) => s.result.started_ms + s.result.duration_ms - from)), [steps, from]);
  const origin = useMemo(() => (records ? originOf(whole, records.requests) : null), [whole, records]);
  const share = (ms: number) => Math.min(100, Math.max(0, ((ms - from) / all) * 100));
  const place = (began: number, lasted: number) => ({ insetInlineStart: `${share(began)}%`, inlineSize: `${share(began + lasted) - share(began)}%` });
  const msAt = (e: React.PointerEvent) => { const b = box.current?.getBoundingClientRect(); return b ? from + Math.min(1, Math.max(0, (e.clientX - b.left) / b.width)) * all : from; };
  const down = (e: React.PointerEvent) => { if (e.button !== 0) return; begun.current = msAt(e); e.currentTarget.setPointerCapture(e.pointerId); };
  const between = (a: number, b: number): TimeSpan => ({ from: Math.min(a, b), to: Math.max(a, b) });
  const move = (e: React.PointerEvent) => { if (begun.current !== null && origin !== null) { const now = between(begun.current, msAt(e)); if ((now.to - now.from) / all > 0.01) setDrawn(now); } };
  const up = (e: React.PointerEvent) => {
    if (begun.current === null) return;
    if (drawn) onSpan(drawn); else onPick(stepAt(steps, msAt(e)));
    begun.current = null;
    setDrawn(null);
  };
  const now = steps[at]?.result;
  const shown = drawn ?? span;
  return (
    <section className="card trace-time" aria-label={t('trace.timeline')}>
      <div className="trace-lanes">
        <div className="trace-words faint" aria-hidden="true"><span>{t('trace.lane.pictures')}</span><span>{t('trace.lane.steps')}</span><span>{t('trace.network')}</span><span>{t('trace.console')}</span></div>
        <div className="trace-axis" ref={box} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={() => { begun.current = null; setDrawn(null); }}>
          <Frames trace={trace} steps={steps} first={first} at={at} width={width} from={from} all={all} onPick={onPick} />
          <div className="trace-bars">
            {steps.map((s, n) => {
              const word = `${first + n + 1} · ${tDynamic(`testing.act.${s.result.action}`, s.result.action)} · ${seconds(s.result.duration_ms)}`;
              return <button key={`${s.result.phase}:${s.result.started_ms}:${s.result.step_index}`} type="button" tabIndex={-1} className={`trace-bar tmark-${s.result.status === 'healed' ? 'passed' : s.result.status}`} aria-current={n === at ? 'true' : undefined} title={word} aria-label={word} onClick={() => onPick(n)} style={place(s.result.started_ms, s.result.duration_ms)} />;
            })}
          </div>
          <Requests requests={records?.requests ?? []} asked={records?.asked ?? 0} origin={origin} from={from} all={all} />
          <div className="trace-ticks">{origin === null ? null : records?.said.map((line, n) => { const ms = line.at_ms - origin; return ms < from || ms > from + all ? null : <i key={n} className={`trace-tick trace-tick-${line.kind === 'error' || line.kind === 'exception' ? 'bad' : line.kind === 'warning' ? 'warn' : 'log'}`} style={{ insetInlineStart: `${share(ms)}%` }} title={line.text.slice(0, 200)} />; })}</div>
          {now ? <span className="trace-now" aria-hidden="true" style={place(now.started_ms, now.duration_ms)} /> : null}
          {shown ? <span className="trace-span" aria-hidden="true" style={place(shown.from, shown.to - shown.from)} /> : null}
        </div>
      </div>
      <div className="trace-scale faint num">{[0, 0.25, 0.5, 0.75, 1].map((part) => <span key={part}>{part === 0 ? '0' : showNumber((all * part) / 1_000, all < 4_000 ? 2 : 1)} s</span>)}</div>
      {records && (records.requests.length < records.asked || records.said.length < records.told) ? <p className="faint trace-cut">{t('trace.cut', { requests: records.requests.length, asked: records.asked, lines: records.said.length, told: records.told })}</p> : null}
      {span ? (
        <p className="trace-range">
          <label>{t('trace.spanFrom')}<input type="range" min={0} max={all} step={all / 200} value={span.from - from} aria-valuetext={seconds(span.from - from)} onChange={(e) => onSpan(between(from + Number(e.target.value), Math.max(span.to, from + Number(e.target.value))))} /></label>
          <label>{t('trace.spanTo')}<input type="range" min={0} max={all} step={all / 200} value={span.to - from} aria-valuetext={seconds(span.to - from)} onChange={(e) => onSpan(between(Math.min(span.from, from + Number(e.target.value)), from + Number(e.target.value)))} /></label>
          <span className="num">{seconds(Math.round(span.from - from))} – {seconds(Math.round(span.to - from))}</span>
          <Button small kind="quiet" icon="close" onClick={() => onSpan(null)}>{t('trace.spanOff')}</Button>
        </p>
      ) : null}
    </section>
  );
}

/** What the page looked like, at as many moments as there is place for. */
function Frames({ trace, steps, first, at, width, from, all, onPick }: { trace: string; steps: readonly TraceStep[]; first: number; at: number; width: number; from: number; all: number; onPick: (n: number) => void }) {
  const t = useT();
  const places = Math.max(1, Math.floor(width / frameWidth));
  const pictured = steps.flatMap((s, n) => (s.screenshot === undefined ? [] : [n]));
  if (width === 0 || pictured.length === 0) return null;
  const frames = Array.from({ length: places }, (_, place) => {
    const wanted = stepAt(steps, from + ((place + 0.5) / places) * all);
    return pictured.findLast((n) => n <= wanted) ?? pictured[0] ?? 0;
  });
  return (
    <ol className="trace-strip" aria-label={t('trace.strip')}>{frames.map((n, place) => (
      <li key={place}><button type="button" tabIndex={-1} className={steps[n]?.result.status === 'failed' ? 'trace-strip-bad' : undefined} aria-current={n === at ? 'true' : undefined} onPointerDown={(e) => e.stopPropagation()} onClick={() => onPick(n)}><img src={urls.tracePart(trace, steps[n]?.screenshot ?? '')} alt={t('trace.pictureOf', { n: first + n + 1 })} loading="lazy" draggable={false} /><span className="num">{first + n + 1}</span></button></li>
    ))}</ol>
  );
}

/** One drawing for all of them: there may be two thousand. */
function Requests({ requests, asked, origin, from, all }: { requests: readonly TraceRequest[]; asked: number; origin: number | null; from: number; all: number }) {
  const t = useT();
  const drawn = useMemo(() => {
    const bars = origin === null ? [] : requests.flatMap((r) => (r.started_ms === null ? [] : [{ from: r.started_ms - origin, to: r.started_ms - origin + (r.duration_ms ?? 0), bad: r.error !== null || r.status === null || r.status >= 400 }])).filter((b) => b.to >= from && b.from <= from + all);
    const row = inRows(bars, rows);
    const path = (bad: boolean) => bars.flatMap((b, n) => {
      if (b.bad !== bad) return [];
      const [x, end] = [Math.max(0, ((b.from - from) / all) * 1_000), Math.min(1_000, ((b.to - from) / all) * 1_000)];
      return [`M${x.toFixed(1)} ${(row[n] ?? 0) * 6 + 1}h${Math.max(2, end - x).toFixed(1)}v4h-${Math.max(2, end - x).toFixed(1)}z`];
    }).join('');
    return { count: bars.length, good: path(false), bad: path(true) };
  }, [requests, origin, from, all]);
  return <svg className="trace-net" viewBox={`0 0 1000 ${rows * 6}`} preserveAspectRatio="none" role="img" aria-label={t('trace.requestsOf', { n: drawn.count, all: asked })}><path className="trace-net-good" d={drawn.good} /><path className="trace-net-bad" d={drawn.bad} /></svg>;
}
