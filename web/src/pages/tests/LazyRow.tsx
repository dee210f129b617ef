// A step of a long test: far from what is seen it is one line of text, and as high as it was; near it is edited. So a test of five
// hundred steps is no heavier than what of it is on the screen.
import { useEffect, useRef, useState } from 'react';
import { tDynamic } from '../../i18n';
import { StepRow, type RowProps } from './StepRow';
import { claimOf, sentence, text } from './words';

/** Beyond this many, those that are far away are lines of text. */
export const lazyFrom = 40;
const near = '900px 0px';

export function LazyRow(props: RowProps) {
  const mark = useRef<HTMLLIElement>(null);
  const [seen, setSeen] = useState(false);
  const [height, setHeight] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of the two looks is an element of its own.
  useEffect(() => {
    const li = mark.current;
    if (!li) return;
    const watch = new IntersectionObserver(([entry]) => {
      if (!entry) return;
      // What somebody writes in stays; and a line must not be lower than the row it stands for, or the page would jump.
      if (!entry.isIntersecting && (entry.target.contains(document.activeElement) || entry.boundingClientRect.height === 0)) return;
      if (!entry.isIntersecting) setHeight(entry.boundingClientRect.height);
      setSeen(entry.isIntersecting);
    }, { rootMargin: near });
    watch.observe(li);
    return () => watch.disconnect();
  }, [seen]);
  if (seen) return <StepRow {...props} row={mark} />;
  const { step, n, claimOnly, faults } = props;
  const action = claimOnly ? 'assert' : text(step, 'action');
  const claim = claimOf(step);
  return (
    <li ref={mark} className={Object.keys(faults).length > 0 ? 'tstep tstep-far tstep-bad' : 'tstep tstep-far'} style={height === null ? undefined : { blockSize: height }}>
      <span className="tstep-n num">{n + 1}</span>
      <span className="tstep-line"><b>{tDynamic(`testing.act.${action}`, action.replaceAll('_', ' '))}{claim ? ` ${tDynamic(`testing.claim.${claim}`, claim.replaceAll('_', ' '))}` : ''}</b> <bdi className="mono">{text(step, 'description') || sentence(step)}</bdi></span>
    </li>
  );
}
