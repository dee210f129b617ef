// What a page of sites says while the store takes no lines.
import { useT } from '../../i18n';
import { Icon } from '../../ui/Icon';

/** Requests are served, and nobody will know of them. */
export function Unrecorded({ why }: { why: string }) {
  const t = useT();
  return <p className="site-strip" role="alert"><Icon name="siren" /><span><b>{t('edge.unrecorded')}</b> <bdi>{why}</bdi></span></p>;
}
