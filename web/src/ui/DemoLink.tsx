// Made-up things for whoever has none yet: put in from any empty page, looked at in the inventory, taken out in one click.
import { useState } from 'react';
import { asApiError, send } from '../api/client';
import { urls } from '../api/paths';
import { invalidate } from '../api/resource';
import type { Demo } from '../api/shapes';
import { navigate } from '../app/router';
import { useCan } from '../app/session';
import { useT } from '../i18n';
import { Button } from './Button';
import { toast } from './toasts';

async function switchDemo(on: boolean): Promise<void> {
  await send<Demo>('PUT', urls.demo, { on });
  invalidate(urls.demo, '/api/ui/inventory', '/api/ui/search', '/api/ui/graph');
}

/** Beside the main action of an empty page. */
export function DemoLink() {
  const t = useT();
  const may = useCan('inventory:manage');
  const [busy, setBusy] = useState(false);
  const look = async () => {
    setBusy(true);
    try { await switchDemo(true); navigate('/inventory?q=kind:demo'); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); setBusy(false); }
  };
  return <Button kind="quiet" icon="eye" busy={busy} writes reason={may ? undefined : t('core.needsPermission', { permission: 'inventory:manage' })} onClick={() => void look()}>{t('demo.look')}</Button>;
}

/** Says above made-up things what they are, and takes all of them out. */
export function DemoBar({ on }: { on: boolean }) {
  const t = useT();
  const may = useCan('inventory:manage');
  const [busy, setBusy] = useState(false);
  const out = async () => {
    setBusy(true);
    try { await switchDemo(false); navigate('/inventory'); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  if (!on) return null;
  return (
    <p className="banner banner-info demo-bar" role="status">
      <span className="tag">{t('demo.badge')}</span>
      <span>{t('demo.text')}</span>
      <Button small icon="trash" busy={busy} writes reason={may ? undefined : t('core.needsPermission', { permission: 'inventory:manage' })} onClick={() => void out()}>{t('demo.remove')}</Button>
    </p>
  );
}
