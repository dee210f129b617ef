// What every kind of key has in common: the text that is shown once, its end, and being replaced.
import { useState } from 'react';
import { asApiError } from '../../api/client';
import { dayTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { CopyBlock, Select } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';

/** A key that was just made. */
export interface MadeText { name: string; key: string }

const warnMs = 7 * 86_400_000;

/** When a key stops working: by itself, or because another took its place. */
export function KeyEnd({ endsAt, expiresAt }: { endsAt: number | string | null | undefined; expiresAt: number | string | null | undefined }) {
  const t = useT();
  const end = toMillis(endsAt ?? null) ?? toMillis(expiresAt ?? null);
  if (end === null) return <span className="faint">{t('apikeys.never')}</span>;
  if (endsAt !== null && endsAt !== undefined) return <StatusMark status="paused" word={t('keys.replaced', { when: dayTime(end) })} />;
  if (end <= Date.now()) return <StatusMark status="paused" word={t('keys.expired')} />;
  return end - Date.now() < warnMs ? <StatusMark status="warning" word={dayTime(end)} /> : <Age at={expiresAt ?? null} />;
}

const graces = ['0', '600', '3600', '86400'] as const;

/** Asks how long the old key goes on; `rotate` answers with the new one. */
export function RotateKey({ name, path, rotate, onClose }: { name: string; /** Of the change, to say who uses the key. */ path: string; rotate: (graceSeconds: number) => Promise<MadeText>; onClose: () => void }) {
  const t = useT();
  const [grace, setGrace] = useState<(typeof graces)[number]>('3600');
  const [made, setMade] = useState<MadeText | null>(null);
  const [error, setError] = useState<string | null>(null);
  const go = async () => {
    setError(null);
    try { setMade(await rotate(Number(grace))); } catch (e) { setError(asApiError(e).message); }
  };
  if (made) return <MadeKey made={made} onClose={onClose} />;
  return (
    <Layer title={t('keys.rotateTitle', { name })} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void go(); }}>
        <p>{t('keys.rotateText')}</p>
        <ChangePreview method="POST" path={path} />
        <Select label={t('keys.grace')} value={grace} onChange={setGrace} options={graces.map((g) => ({ id: g, text: g === '0' ? t('keys.grace0') : t('keys.graceMinutes', { n: Number(g) / 60 }) }))} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <Button type="submit" kind="primary">{t('keys.rotate')}</Button>
      </form>
    </Layer>
  );
}

export function MadeKey({ made, onClose }: { made: MadeText; onClose: () => void }) {
  const t = useT();
  return <Layer title={t('apikeys.made', { name: made.name })} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>{t('core.close')}</Button>}><div className="stack"><p className="banner banner-warning">{t('apikeys.once')}</p><CopyBlock label={t('apikeys.title')} text={made.key} /></div></Layer>;
}
