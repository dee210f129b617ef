// A country: its letters as a mark, its name, and the network the address belongs to where that is known.
import { countryName } from '../format/country';

export function Country({ code, asn, org }: { code: string; asn?: number | undefined; org?: string | undefined }) {
  return <span className="country" title={org}><small className="mono" aria-hidden="true">{code}</small><bdi>{countryName(code)}</bdi>{asn === undefined ? null : <span className="faint num">AS{asn}</span>}</span>;
}
