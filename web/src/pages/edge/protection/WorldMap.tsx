// Counts by country on a map, darker for more. It is a picture: the list beside it says the same in words.
import { useMemo } from 'react';
import { navigate } from '../../../app/router';
import type { CountryCount } from '../../../api/edge';
import { countryName } from '../../../format/country';
import { showNumber } from '../../../format/numbers';
import { dots, outlines, size } from './world';
import { STEPS, stepOf } from './scale';

export default function WorldMap({ counts, label, to }: { counts: readonly CountryCount[]; label: string; to: (code: string) => string }) {
  const known = useMemo(() => new Map(counts.map((c) => [c.country_code, c.count])), [counts]);
  const most = Math.max(0, ...known.values());
  const shape = (code: string) => {
    const count = known.get(code) ?? 0;
    return { 'data-step': count === 0 ? undefined : stepOf(count, most), onClick: count === 0 ? undefined : () => navigate(to(code)), children: <title>{count === 0 ? countryName(code) : `${countryName(code)}: ${showNumber(count)}`}</title> };
  };
  return (
    <figure className="world">
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={label}>
        {Object.entries(outlines).map(([code, path]) => <path key={code} d={path} {...shape(code)} />)}
        {Object.entries(dots).filter(([code]) => known.has(code)).map(([code, [x, y]]) => <circle key={code} cx={x} cy={y} r="5" {...shape(code)} />)}
      </svg>
      {most > 0 ? <figcaption className="world-legend num" aria-hidden="true"><span>1</span>{Array.from({ length: STEPS }, (_x, n) => <i key={n} data-step={n + 1} />)}<span>{showNumber(most)}</span></figcaption> : null}
    </figure>
  );
}
