// Log lines: windowed, followed until the reader scrolls, "n new" afterwards, level as icon and word, matches marked.
import { useEffect, useMemo, useRef, useState } from 'react';
import { useKeys } from '../app/keys';
import { useT } from '../i18n';
import type { Status } from '../state/status';
import { Button } from './Button';
import { saveFile } from './download';
import { StatusMark } from './Icon';
import { windowOf } from './table-model';

export interface LogLine { key: string; time: string; source: string; level: Status; text: string }
const lineHeight = 20;
const capacity = 10_000;

export function LogView({ lines, name, height = 560, match = '', onSource }: { lines: readonly LogLine[]; name: string; height?: number; match?: string; onSource?: (source: string) => void }) {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const [wrap, setWrap] = useState(false);
  const [seen, setSeen] = useState(lines.length);
  const [view, setView] = useState({ top: 0, height });
  const kept = useMemo(() => lines.slice(-capacity), [lines]);
  const fresh = follow ? 0 : Math.max(0, kept.length - seen);
  const { from, to } = wrap ? { from: Math.max(0, kept.length - 800), to: kept.length } : windowOf(kept.length, view.top, view.height, lineHeight, 20);
  useEffect(() => { if (follow && box.current && kept.length >= 0) box.current.scrollTop = box.current.scrollHeight; }, [kept, follow]);
  const toggle = () => { setSeen(kept.length); setFollow(!follow); };
  useKeys([{ keys: 'p', label: 'keys.pause', run: toggle }]);
  return (
    <div className="log">
      <div className="log-bar">
        <Button small icon={follow ? 'pause' : 'play'} pressed={follow} onClick={toggle}>{follow ? t('log.following') : t('log.follow')}</Button>
        <Button small icon="wrap" pressed={wrap} onClick={() => setWrap(!wrap)}>{t('log.wrap')}</Button>
        <Button small icon="download" onClick={() => saveFile(`${name}.log`, 'text/plain', kept.map((l) => `${l.time} ${l.source} ${l.text}`).join('\n'))}>{t('log.download')}</Button>
        <span className="table-count num">{t('log.lines', { n: kept.length })}</span>
        {fresh > 0 ? <Button small kind="primary" icon="arrow-down" onClick={() => setFollow(true)}>{t('core.newItems', { n: fresh })}</Button> : null}
      </div>
      <div ref={box} className={wrap ? 'log-box log-wrap' : 'log-box'} style={{ blockSize: height }} tabIndex={0} role="log" aria-live="off" aria-label={name}
        onScroll={(e) => {
          const el = e.currentTarget;
          setView({ top: el.scrollTop, height: el.clientHeight });
          const end = el.scrollHeight - el.scrollTop - el.clientHeight < 24;
          if (follow && !end) { setFollow(false); setSeen(kept.length); } else if (!follow && end && fresh === 0) setFollow(true);
        }}>
        <div style={wrap ? undefined : { blockSize: kept.length * lineHeight, paddingBlockStart: from * lineHeight }}>
          {kept.slice(from, to).map((l) => (
            <div key={l.key} className={`log-line log-${l.level}`}>
              <span className="log-time num">{l.time}</span>
              {l.level === 'info' ? <span className="log-mark" /> : <span className="log-mark"><StatusMark status={l.level} size={12} bare /></span>}
              {onSource ? <button type="button" tabIndex={-1} className="log-source" onClick={() => onSource(l.source)}>{l.source}</button> : <span className="log-source">{l.source}</span>}
              <span className="log-text"><Marked text={l.text} match={match} /></span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

function Marked({ text, match }: { text: string; match: string }) {
  if (match === '') return text;
  const at = text.toLowerCase().indexOf(match.toLowerCase());
  if (at < 0) return text;
  return <>{text.slice(0, at)}<mark>{text.slice(at, at + match.length)}</mark>{text.slice(at + match.length)}</>;
}
