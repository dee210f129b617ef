// The size of a window: one that has a name, or width and height.
import { useState } from 'react';
import { tDynamic, useT } from '../../i18n';
import { Select } from '../../ui/Form';
import { sizeOf, sizes, sizeText } from './viewport';

/** `value` is `375x667`; empty is what `usual` says. While another size is written, it goes as it was typed, so that it can be judged. */
export function SizeField({ label, value, usual, onChange, error, disabled }: { label: string; value: string; /** What an empty one means; without it a size is always chosen. */ usual?: string; onChange: (value: string) => void; error?: string | null | undefined; disabled?: boolean }) {
  const t = useT();
  const known = sizes.find((s) => sizeText(s) === value);
  const [own, setOwn] = useState(value !== '' && !known);
  const [width = '', height = ''] = value.split('x');
  const put = (w: string, h: string) => onChange(w.trim() === '' && h.trim() === '' ? '' : `${w.trim()}x${h.trim()}`);
  const bad = own && value !== '' && sizeOf(value) === null;
  return (
    <div className="tsize">
      <Select label={label} value={own || (value !== '' && !known) ? 'own' : (known?.id ?? '')} disabled={disabled ?? false} onChange={(id) => { setOwn(id === 'own'); const hit = sizes.find((s) => s.id === id); if (hit) onChange(sizeText(hit)); else if (id === '') onChange(''); }}
        options={[...(usual === undefined ? [] : [{ id: '', text: usual }]), ...sizes.map((s) => ({ id: s.id as string, text: `${tDynamic(`tsize.${s.id}`, s.id)} · ${s.width} × ${s.height}` })), { id: 'own', text: t('tsize.own') }]} />
      {own || (value !== '' && !known) ? (
        <span className="tsize-own">
          <input className="input num" inputMode="numeric" aria-label={t('tsize.width')} placeholder={t('tsize.width')} aria-invalid={bad || undefined} value={width} disabled={disabled} onChange={(e) => put(e.target.value, height)} />
          <span aria-hidden="true">×</span>
          <input className="input num" inputMode="numeric" aria-label={t('tsize.height')} placeholder={t('tsize.height')} aria-invalid={bad || undefined} value={height} disabled={disabled} onChange={(e) => put(width, e.target.value)} />
        </span>
      ) : null}
      {error ?? bad ? <p className="field-error">{error ?? t('tsize.bad', { min: 1, max: 10_000 })}</p> : null}
    </div>
  );
}
