// What a test asked of the network, with times, and what its pages wrote. Both come page by page, as they are asked for.
import { useEffect, useState } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { TraceRequest, TraceRequests } from '../../api/testing';
import { bytes, joined } from '../../format/numbers';
import { clockSeconds } from '../../format/time';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, Switch } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { seconds } from './words';

/** One step, counted over the whole trace, a span of time, or all of it. */
export type Scope = { step: number } | { from_ms: number; to_ms: number } | Record<string, never>;
const page = 100;
const kinds = ['document', 'xhr', 'fetch', 'script', 'stylesheet', 'image', 'font', 'media', 'websocket', 'other'] as const;

export function TraceNetwork({ trace, scope, onStep }: { trace: string; scope: Scope; onStep: (n: number) => void }) {
  const t = useT();
  const [text, setText] = useState('');
  const [q, setQ] = useState('');
  const [kind, setKind] = useState('');
  const [failed, setFailed] = useState(false);
  const [offset, setOffset] = useState(0);
  useEffect(() => { const timer = setTimeout(() => { setQ(text.trim()); setOffset(0); }, 250); return () => clearTimeout(timer); }, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another step begins with its first request.
  useEffect(() => setOffset(0), [JSON.stringify(scope)]);
  const found = useResource(paths.traceRequests(trace, { q, kind, failed: failed ? 'true' : '', ...scope, offset, limit: page }));
  return (
    <>
      <div className="trace-filter">
        <input className="input" type="search" value={text} placeholder={t('trace.filter')} aria-label={t('trace.filter')} onChange={(e) => setText(e.target.value)} spellCheck={false} />
        <Select label={t('trace.kind')} hideLabel value={kind} onChange={(k) => { setKind(k); setOffset(0); }} options={[{ id: '', text: t('trace.anyKind') }, ...kinds.map((k) => ({ id: k as string, text: k }))]} />
        <Switch label={t('trace.failedOnly')} checked={failed} onChange={(on) => { setFailed(on); setOffset(0); }} />
      </div>
      <Loaded from={found} lines={5}>{(list) => <Requests trace={trace} list={list} offset={offset} onOffset={setOffset} onStep={onStep} scoped={Object.keys(scope).length > 0} then={'from_ms' in scope} />}</Loaded>
    </>
  );
}

function Requests({ trace, list, offset, onOffset, onStep, scoped, then }: { then: boolean; trace: string; list: TraceRequests; offset: number; onOffset: (n: number) => void; onStep: (n: number) => void; scoped: boolean }) {
  const t = useT();
  const [open, setOpen] = useState<number | null>(null);
  if (!list.kept) return <Empty compact icon="info" title={t('trace.requestsNotKept')} />;
  if (list.requests.length === 0) return <Empty compact icon="network" title={t(then ? 'trace.nothingThen' : scoped ? 'trace.noRequestsHere' : 'trace.noRequests')} text={t('trace.requestsOf', { n: list.total, all: list.all })} />;
  // The bars stand on the clock of what is seen: of one step, its own.
  const begun = list.requests.flatMap((r) => (r.started_ms === null ? [] : [r.started_ms]));
  const from = scoped ? Math.min(...begun) : (list.from_ms ?? 0);
  const ends = list.requests.map((r) => (r.started_ms ?? 0) + (r.duration_ms ?? 0));
  const all = Math.max(1, (scoped ? Math.max(...ends) : (list.to_ms ?? 0)) - from);
  return (
    <>
      <div className="trace-scroll">
        <table className="trace-table">
          <thead><tr><th>{t('trace.request')}</th><th>{t('trace.answer')}</th><th>{t('trace.kind')}</th><th className="trace-n">{t('trace.size')}</th><th className="trace-n">{t('trace.time')}</th><th className="trace-fall">{t('trace.when')}</th></tr></thead>
          <tbody>{list.requests.map((r) => <Row key={r.n} request={r} from={from} all={all} open={open === r.n} onOpen={() => setOpen(open === r.n ? null : r.n)} trace={trace} onStep={scoped ? null : onStep} />)}</tbody>
        </table>
      </div>
      <p className="trace-pages"><span className="faint num">{t('trace.requestsOf', { n: list.total, all: list.all })}</span>{list.total > page ? <><Button small icon="chevron-left" label={t('trace.earlier')} disabled={offset === 0} onClick={() => onOffset(Math.max(0, offset - page))} /><span className="num faint">{t('trace.range', { from: offset + 1, to: offset + list.requests.length, all: list.total })}</span><Button small icon="chevron-right" label={t('trace.later')} disabled={offset + list.requests.length >= list.total} onClick={() => onOffset(offset + page)} /></> : null}</p>
    </>
  );
}

/** The last part of an address, which tells requests apart, and the host. */
function parts(url: string): { name: string; host: string } {
  if (!URL.canParse(url)) return { name: url, host: '' };
  const u = new URL(url);
  const last = u.pathname.split('/').filter(Boolean).at(-1) ?? '/';
  return { name: `${last}${u.search}`.slice(0, 120), host: u.host };
}

function Row({ request: r, from, all, open, onOpen, trace, onStep }: { request: TraceRequest; from: number; all: number; open: boolean; onOpen: () => void; trace: string; onStep: ((n: number) => void) | null }) {
  const t = useT();
  const { name, host } = parts(r.url);
  const bad = r.error !== null || r.status === null || r.status >= 400;
  const share = (ms: number | null) => `${Math.max(0, ((ms ?? 0) / all) * 100)}%`;
  const step = r.step;
  return (
    <>
      <tr className={bad ? 'trace-bad' : undefined}>
        <td><button type="button" className="trace-name" aria-expanded={open} onClick={onOpen} title={r.url}><b className="mono">{r.method}</b> <bdi>{name}</bdi><small className="faint">{host}</small></button></td>
        <td className="num">{r.status ?? ''}{r.error ? <small className="tline-error">{r.error}</small> : r.status === null ? <small className="faint">{t('trace.noAnswer')}</small> : null}</td>
        <td>{r.kind}</td>
        <td className="trace-n num">{r.bytes === null ? '–' : joined(bytes(r.bytes))}</td>
        <td className="trace-n num">{seconds(r.duration_ms)}</td>
        <td className="trace-fall"><span className="trace-wait" title={r.wait_ms === null ? undefined : t('trace.waited', { time: seconds(r.wait_ms) })} style={{ insetInlineStart: share(r.started_ms === null ? null : r.started_ms - from), inlineSize: share(r.duration_ms) }}><i style={{ inlineSize: `${r.duration_ms ? Math.min(100, ((r.wait_ms ?? 0) / r.duration_ms) * 100) : 0}%` }} /></span>{onStep && step !== null ? <button type="button" className="trace-go" onClick={() => onStep(step)}>{t('trace.stepN', { n: step + 1 })}</button> : null}</td>
      </tr>
      {open ? <tr><td colSpan={6} className="trace-detail"><Detail trace={trace} n={r.n} /></td></tr> : null}
    </>
  );
}

function Detail({ trace, n }: { trace: string; n: number }) {
  const t = useT();
  const entry = useResource(paths.traceRequest(trace, n));
  return (
    <Loaded from={entry} lines={4} compact>{(e) => (
      <div className="trace-entry">
        <p className="mono">{e.request.url}</p>
        <dl className="trace-phases">{(['dns', 'connect', 'ssl', 'send', 'wait', 'receive'] as const).map((phase) => { const ms = e.timings[phase]; return ms !== undefined && ms >= 0 ? <div key={phase}><dt>{t(`trace.phase.${phase}`)}</dt><dd className="num">{seconds(ms)}</dd></div> : null; })}{e.serverIPAddress ? <div><dt>{t('trace.server')}</dt><dd className="num">{e.serverIPAddress}</dd></div> : null}</dl>
        <Headers title={t('trace.asked')} rows={e.request.headers} />
        {e.request.postData?.text ? <pre className="tcode">{e.request.postData.text.slice(0, 20_000)}</pre> : null}
        <Headers title={t('trace.answered')} rows={e.response.headers} />
      </div>
    )}</Loaded>
  );
}

function Headers({ title, rows }: { title: string; rows: readonly { name: string; value: string }[] }) {
  if (rows.length === 0) return null;
  // Headers come several times.
  return <details><summary>{title} <span className="faint num">{rows.length}</span></summary><dl className="trace-headers">{rows.map((h, i) => <div key={i}><dt className="mono">{h.name}</dt><dd className="mono">{h.value}</dd></div>)}</dl></details>;
}

export function TraceConsole({ trace, scope, onStep }: { trace: string; scope: Scope; onStep: (n: number) => void }) {
  const t = useT();
  const [offset, setOffset] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another step begins with its first line.
  useEffect(() => setOffset(0), [JSON.stringify(scope)]);
  const found = useResource(paths.traceConsole(trace, scope, offset));
  return (
    <Loaded from={found} lines={5}>{(list) => (list.total === 0 ? <Empty compact icon="terminal" title={t(list.all === 0 ? 'trace.silent' : 'from_ms' in scope ? 'trace.nothingThen' : 'trace.silentHere')} {...(list.all > 0 ? { text: t('trace.linesOf', { n: 0, all: list.all }) } : {})} /> : (
      <>
        <ol className="trace-said">{list.lines.map((line, n) => <li key={n} className={`trace-said-${line.kind}`}><span className="num faint">{clockSeconds(line.at_ms)}</span>{line.kind === 'error' || line.kind === 'exception' ? <Icon name="siren" size={14} /> : <span />}<span className="mono">{line.text}{line.url ? <small className="faint">{line.url}{line.line === null ? '' : `:${line.line}`}</small> : null}</span>{!('step' in scope) && line.step !== null ? <button type="button" className="trace-at" onClick={() => onStep(line.step ?? 0)}>{t('trace.stepN', { n: line.step + 1 })}</button> : null}</li>)}</ol>
        <p className="trace-pages faint num">{t('trace.linesOf', { n: list.total, all: list.all })}</p>
        {list.total > list.lines.length ? <p className="trace-pages"><Button small icon="chevron-left" label={t('trace.earlier')} disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - 500))} /><span className="num faint">{t('trace.range', { from: offset + 1, to: offset + list.lines.length, all: list.total })}</span><Button small icon="chevron-right" label={t('trace.later')} disabled={offset + list.lines.length >= list.total} onClick={() => setOffset(offset + 500)} /></p> : null}
      </>
    ))}</Loaded>
  );
}
