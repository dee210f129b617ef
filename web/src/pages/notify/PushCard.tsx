// Whether this very browser receives messages, and switching it. Needs a service worker, which needs https or localhost.
import { useEffect, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { toast } from '../../ui/toasts';

const isPossible = () => 'serviceWorker' in navigator && 'PushManager' in window && window.isSecureContext;

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/').padEnd(Math.ceil(text.length / 4) * 4, '='));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}
function textOf(key: ArrayBuffer | null): string {
  return btoa(String.fromCharCode(...new Uint8Array(key ?? new ArrayBuffer(0)))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

export function PushCard() {
  const t = useT();
  const [on, setOn] = useState<boolean | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!isPossible()) return;
    navigator.serviceWorker.getRegistration().then((r) => r?.pushManager.getSubscription()).then((s) => setOn(Boolean(s)), () => setOn(false));
  }, []);
  const subscribe = async () => {
    const { public_key } = await load(paths.pushKey);
    const registration = await navigator.serviceWorker.register('/push-sw.js');
    await navigator.serviceWorker.ready;
    const s = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(public_key) });
    await send('POST', urls.pushSubscribe, { endpoint: s.endpoint, p256dh_key: textOf(s.getKey('p256dh')), auth_key: textOf(s.getKey('auth')), user_agent: navigator.userAgent.slice(0, 256) });
    setOn(true);
  };
  const stop = async () => {
    const s = await (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription();
    if (s) { await send('DELETE', urls.pushSubscribe, { endpoint: s.endpoint }); await s.unsubscribe(); }
    setOn(false);
  };
  const run = async (what: () => Promise<void>) => {
    setBusy(true);
    try { await what(); } catch (e) { toast({ level: 'critical', text: e instanceof DOMException ? t('notify.pushDenied') : asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <section className="card pushcard" aria-label={t('notify.push')}>
      <Icon name="globe" size={18} />
      <p>{!isPossible() ? t('notify.pushNo') : on ? t('notify.pushOn') : t('notify.pushOff')}</p>
      {isPossible() ? <Button small busy={busy} disabled={on === null} writes onClick={() => void run(on ? stop : subscribe)}>{on ? t('notify.pushStop') : t('notify.pushSubscribe')}</Button> : null}
    </section>
  );
}
