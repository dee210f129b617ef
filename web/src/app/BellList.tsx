// What the bell holds: the newest that waits, read or opened from here.
import { send } from '../api/client';
import { paths, urls } from '../api/paths';
import { invalidate, useResource } from '../api/resource';
import { useT } from '../i18n';
import { severityOf } from '../state/status';
import { Age } from '../ui/Age';
import { Button } from '../ui/Button';
import { StatusMark } from '../ui/Icon';
import { Skeleton } from '../ui/StateBlock';
import { toast } from '../ui/toasts';
import { asApiError } from '../api/client';
import { Link } from './Link';

export default function BellList() {
  const t = useT();
  const waiting = useResource(paths.waiting('', 8), { everyMs: 15_000 });
  const read = async (ref: string) => {
    try { await send('POST', urls.waitingDecide(ref), { word: 'read' }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    invalidate('/api/ui/inbox', '/api/notifications');
  };
  if (waiting.data === undefined && !waiting.error) return <Skeleton lines={3} />;
  const items = waiting.data?.items ?? [];
  return (
    <>
      <h3 className="popover-title">{t('inbox.waiting')}</h3>
      {waiting.data === undefined ? <p className="popover-text muted">{waiting.error?.message}</p> : items.length === 0 ? <p className="popover-text muted">{t('inbox.none')}</p> : (
        <ul className="popover-list">{items.map((i) => <li key={i.ref}><StatusMark status={severityOf(i.severity)} bare /><Link to={i.kind === 'message' ? i.page : `/inbox?item=${encodeURIComponent(i.ref)}`} className="truncate" title={i.title}>{i.title}</Link><span className="faint"><Age at={i.at} /></span>{i.words.includes('read') ? <Button small kind="quiet" icon="check" label={`${t('inbox.read')}: ${i.title}`} writes onClick={() => void read(i.ref)} /> : <span />}</li>)}</ul>
      )}
      <Link to="/inbox" className="popover-foot">{t('inbox.allOf')}</Link>
    </>
  );
}
