// One's own picture. The browser cuts it to a small square first: nothing else of the photo leaves this device.
import { useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

const side = 256;

/** The middle square as a small picture; null when the browser cannot read the file. */
async function cut(file: File): Promise<Blob | null> {
  try {
    const image = await createImageBitmap(file);
    const from = Math.min(image.width, image.height);
    const canvas = document.createElement('canvas');
    canvas.width = side; canvas.height = side;
    canvas.getContext('2d')?.drawImage(image, (image.width - from) / 2, (image.height - from) / 2, from, from, 0, 0, side, side);
    return await new Promise((done) => { canvas.toBlob(done, 'image/png'); });
  } catch { return null; }
}

export function PictureCard({ name }: { name: string }) {
  const t = useT();
  const profile = useResource(paths.ownProfile);
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const refresh = () => invalidate('/api/v1/users/me');
  const put = async (file: File) => {
    setBusy(true); setError(null);
    const small = await cut(file);
    if (small === null) setError(t('picture.unreadable'));
    else {
      const form = new FormData();
      form.append('file', small, 'picture.png');
      try { await send('POST', urls.avatar, form); toast({ level: 'ok', text: t('picture.saved') }); refresh(); } catch (cause) { setError(asApiError(cause).message); }
    }
    setBusy(false);
  };
  const remove = async () => {
    setBusy(true);
    try { await send('DELETE', urls.avatar); refresh(); } catch (cause) { setError(asApiError(cause).message); }
    setBusy(false);
  };
  return (
    <Card title={t('picture.title')}>
      <Loaded from={profile} lines={2} compact>{(p) => (
        <div className="picture">
          {p.avatar_url ? <img src={p.avatar_url} alt={t('picture.of', { name })} width={72} height={72} /> : <span className="avatar" aria-hidden="true">{name.slice(0, 2).toUpperCase()}</span>}
          <div className="form-actions">
            <input ref={input} type="file" accept="image/png,image/jpeg,image/webp,image/gif" hidden onChange={(e) => { const file = e.target.files?.[0]; e.target.value = ''; if (file) void put(file); }} />
            <Button small writes busy={busy} onClick={() => input.current?.click()}>{p.avatar_url ? t('picture.change') : t('picture.choose')}</Button>
            {p.avatar_url ? <Button small kind="quiet" writes onClick={() => void remove()}>{t('picture.remove')}</Button> : null}
          </div>
          {error ? <p className="field-error" role="alert">{error}</p> : null}
        </div>
      )}</Loaded>
    </Card>
  );
}
