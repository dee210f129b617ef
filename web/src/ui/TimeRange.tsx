// Chooses the time span of a page; lives in the address as `t`, so it survives reloads and follows links.
import { useMemo } from 'react';
import { useQueryParam } from '../app/router';
import { parseRange, type Range } from '../format/time';
import { useT } from '../i18n';
import { Button, Segmented } from './Button';
import { useNow } from './Age';

export const rangeChoices = ['-1h', '-6h', '-24h', '-7d', '-30d'] as const;

/** The span of the page. A live span moves with the clock in steps of 15 s. */
export function useTimeRange(initial: string): { range: Range; text: string; set: (text: string) => void } {
  const [text, set] = useQueryParam('t', initial);
  const step = Math.floor(useNow() / 15_000) * 15_000;
  const range = useMemo(() => parseRange(text, step) ?? parseRange(initial, step) ?? { from: step - 3_600_000, to: step, live: true, label: '1 h' }, [text, initial, step]);
  return { range, text, set };
}

export function TimeRange({ text, set, range, initial }: { text: string; set: (text: string) => void; range: Range; initial: string }) {
  const t = useT();
  return (
    <div className="timerange">
      <Segmented label={t('chart.range')} value={text} options={rangeChoices.map((id) => ({ id, text: id.slice(1).replace(/(\d)([a-z])/, '$1 $2') }))} onChange={set} />
      {range.live ? null : <Button small icon="close" onClick={() => set(initial)}>{range.label}</Button>}
    </div>
  );
}
