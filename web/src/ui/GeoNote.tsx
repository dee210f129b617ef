// Whose data says where an address is: its licence asks for the name wherever places are shown.
import { paths } from '../api/paths';
import { useResource } from '../api/resource';

export function GeoNote() {
  const geo = useResource(paths.geoStatus).data;
  if (!geo?.country_db_version) return null;
  return <p className="faint geo-note"><a href="https://db-ip.com" target="_blank" rel="noreferrer">{geo.attribution}</a></p>;
}
