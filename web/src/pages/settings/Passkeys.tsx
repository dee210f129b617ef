// One's own passkeys: add, rename, remove. Removing wants a fresh proof of identity.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { isCancelled, passkeysWork, registerPasskey } from '../../api/passkey';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { PasskeyRow } from '../../api/shapes';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { browserName } from './browser';

const refresh = () => invalidate('/api/auth/passkeys', '/api/profile', '/api/ui');

export function Passkeys() {
  const t = useT();
  const passkeys = useResource(paths.passkeys);
  const [naming, setNaming] = useState<PasskeyRow | 'new' | null>(null);
  const reason = passkeysWork() ? undefined : t('passkey.needsName');
  return (
    <Card title={t('passkey.title')} sub={t('passkey.sub')} flush actions={<Button small icon="plus" writes reason={reason} onClick={() => setNaming('new')}>{t('passkey.add')}</Button>}>
      <Loaded from={passkeys} lines={2} compact>
        {(rows) => (rows.length === 0 ? <Empty compact icon="key" title={t('passkey.none')} text={reason ?? t('passkey.noneText')} /> : (
          <ul className="linelist passkeys">
            {rows.map((p) => (
              <li key={p.id}>
                <Icon name="key" />
                <span className="passkey-text"><button type="button" className="linkish truncate" onClick={() => setNaming(p)} title={t('passkey.rename')}><bdi>{p.name}</bdi></button><span className="faint">{p.last_used_at ? <>{t('passkey.used')} <Age at={p.last_used_at} /></> : t('passkey.unused')}{p.backed_up ? ` · ${t('passkey.synced')}` : ''}</span></span>
                <ConfirmInline danger action={t('passkey.remove')} effect={t('passkey.removeEffect')} run={async () => { await send('DELETE', urls.passkey(p.id)); toast({ level: 'ok', text: t('passkey.removed') }); refresh(); }} />
              </li>
            ))}
          </ul>
        ))}
      </Loaded>
      {naming ? <NamePasskey passkey={naming === 'new' ? null : naming} onClose={() => { setNaming(null); refresh(); }} /> : null}
    </Card>
  );
}

function NamePasskey({ passkey, onClose }: { passkey: PasskeyRow | null; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(passkey?.name ?? browserName(navigator.userAgent));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true); setError(null);
    try {
      if (passkey) await send('PATCH', urls.passkey(passkey.id), { name: name.trim() });
      else { await registerPasskey(name.trim()); toast({ level: 'ok', text: t('passkey.added') }); }
      onClose();
    } catch (cause) { setError(isCancelled(cause) ? t('passkey.cancelled') : asApiError(cause).message); setBusy(false); }
  };
  return (
    <Layer title={passkey ? t('passkey.rename') : t('passkey.add')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        {passkey ? null : <p className="muted">{t('passkey.addText')}</p>}
        <TextField label={t('passkey.name')} value={name} onChange={setName} maxLength={64} required autoFocus error={error} />
        <Button type="submit" kind="primary" busy={busy} disabled={name.trim() === ''}>{passkey ? t('signon.save') : t('passkey.create')}</Button>
      </form>
    </Layer>
  );
}
