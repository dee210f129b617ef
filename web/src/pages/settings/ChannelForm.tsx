// Adds or edits a webhook channel. A stored secret is never shown; leaving it untouched keeps it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { Channel } from '../../api/shapes';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Switch, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';

const unchanged = '__UNCHANGED__';

export function ChannelForm({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const t = useT();
  const storedSecret = typeof channel?.config.secret === 'string' && channel.config.secret !== '';
  const webhook = !channel || channel.type === 'webhook';
  const [name, setName] = useState(channel?.name ?? '');
  const [url, setUrl] = useState(typeof channel?.config.url === 'string' ? channel.config.url : '');
  const [secret, setSecret] = useState('');
  const [rate, setRate] = useState(String(channel?.rate_limit_per_minute ?? 30));
  const [broadcast, setBroadcast] = useState(channel?.broadcast ?? true);
  const [error, setError] = useState<string | null>(null);
  const [urlError, setUrlError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const urlOk = () => { try { return ['http:', 'https:'].includes(new URL(url).protocol); } catch { return false; } };
  const go = async () => {
    if (webhook && !urlOk()) { setUrlError(t('channels.urlBad')); return; }
    setBusy(true);
    setError(null);
    const config = webhook ? { ...channel?.config, url: url.trim(), ...(secret !== '' ? { secret } : storedSecret ? { secret: unchanged } : {}) } : channel?.config;
    const body = { name: name.trim(), type: channel?.type ?? 'webhook', enabled: channel?.enabled ?? true, broadcast, config, rate_limit_per_minute: Math.max(0, Math.floor(Number(rate) || 0)), ...(channel?.template ? { template: channel.template } : {}) };
    try {
      if (channel) await send('PUT', urls.channel(channel.id), body); else await send('POST', urls.channels, body);
      invalidate(urls.channels, '/api/ui/setup');
      toast({ level: 'ok', text: t('channels.saved') });
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={channel ? t('channels.edit') : t('channels.add')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <TextField label={t('channels.name')} value={name} onChange={setName} autoFocus required maxLength={100} autoComplete="off" />
        {webhook ? <>
          <TextField label={t('channels.url')} type="url" value={url} onChange={(v) => { setUrl(v); setUrlError(null); }} required mono placeholder="https://" error={urlError} onBlur={() => { if (url !== '' && !urlOk()) setUrlError(t('channels.urlBad')); }} />
          <TextField label={t('channels.secret')} type="password" value={secret} onChange={setSecret} optional autoComplete="new-password" help={t('channels.secretHelp')} {...(storedSecret ? { placeholder: t('channels.secretSet') } : {})} />
        </> : null}
        <TextField label={t('channels.rate')} value={rate} onChange={setRate} inputMode="numeric" />
        <Switch label={t('channels.broadcast')} checked={broadcast} onChange={setBroadcast} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <Button type="submit" kind="primary" busy={busy} writes>{t('channels.save')}</Button>
      </form>
    </Layer>
  );
}
