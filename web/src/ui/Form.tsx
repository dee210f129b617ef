// Form parts: label above, help below, error beside its field. Nothing here knows what is being edited.
import { useId, useState, type ReactNode } from 'react';
import { useT } from '../i18n';
import { Button } from './Button';
import { Icon } from './Icon';

interface FieldProps { label: ReactNode; help?: ReactNode; error?: string | null | undefined; optional?: boolean; children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ReactNode }
export function Field({ label, help, error, optional, children }: FieldProps) {
  const t = useT();
  const id = useId();
  const describedBy = [help ? `${id}-h` : null, error ? `${id}-e` : null].filter(Boolean).join(' ') || undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}{optional ? <span className="faint"> {t('core.optional')}</span> : null}</label>
      {children({ id, describedBy, invalid: Boolean(error) })}
      {error ? <p className="field-error" id={`${id}-e`}><Icon name="siren" size={14} />{error}</p> : null}
      {help ? <p className="field-help" id={`${id}-h`}>{help}</p> : null}
    </div>
  );
}

export interface TextFieldProps {
  label: ReactNode; value: string; onChange: (value: string) => void; help?: ReactNode; error?: string | null | undefined; optional?: boolean; type?: 'text' | 'password' | 'email' | 'url' | 'number' | 'search' | 'time';
  autoComplete?: string; autoFocus?: boolean; inputMode?: 'numeric' | 'text' | 'decimal'; placeholder?: string; disabled?: boolean; required?: boolean; maxLength?: number; mono?: boolean; name?: string; onBlur?: () => void;
}
export function TextField({ label, help, error, optional, value, onChange, type = 'text', mono, ...rest }: TextFieldProps) {
  const t = useT();
  const [shown, setShown] = useState(false);
  const secret = type === 'password';
  return (
    <Field label={label} help={help} error={error} {...(optional ? { optional } : {})}>
      {({ id, describedBy, invalid }) => (
        <span className={secret ? 'input-wrap' : undefined}>
          <input id={id} className={mono ? 'input mono' : 'input'} type={secret && shown ? 'text' : type} value={value} onChange={(e) => onChange(e.target.value)} aria-describedby={describedBy} aria-invalid={invalid || undefined} spellCheck={false} autoCapitalize="none" {...rest} />
          {secret ? <button type="button" className="input-eye" onClick={() => setShown(!shown)} aria-label={shown ? t('core.hidePassword') : t('core.showPassword')} aria-pressed={shown}><Icon name={shown ? 'eye-off' : 'eye'} /></button> : null}
        </span>
      )}
    </Field>
  );
}

export function Select<T extends string>({ label, value, options, onChange, help, hideLabel, disabled }: { label: string; value: T; options: readonly { id: T; text: string; /** Those of one group follow each other. */ group?: string }[]; onChange: (value: T) => void; help?: ReactNode; hideLabel?: boolean; disabled?: boolean }) {
  const control = (id: string, describedBy?: string) => (
    <span className="select">
      <select id={id} value={value} disabled={disabled} aria-label={hideLabel ? label : undefined} aria-describedby={describedBy} onChange={(e) => { const hit = options.find((o) => o.id === e.target.value); if (hit) onChange(hit.id); }}>
        {options.filter((o) => !o.group).map((o) => <option key={o.id} value={o.id}>{o.text}</option>)}
        {[...new Set(options.map((o) => o.group))].filter(Boolean).map((group) => <optgroup key={group} label={group}>{options.filter((o) => o.group === group).map((o) => <option key={o.id} value={o.id}>{o.text}</option>)}</optgroup>)}
      </select>
      <Icon name="chevron-down" size={14} />
    </span>
  );
  const id = useId();
  if (hideLabel) return control(id);
  return <Field label={label} help={help}>{(ids) => control(ids.id, ids.describedBy)}</Field>;
}

export function Switch({ label, checked, onChange, disabled, reason, hideLabel }: { label: string; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean; reason?: string | undefined; hideLabel?: boolean }) {
  const off = disabled || reason !== undefined;
  return (
    <button type="button" role="switch" aria-checked={checked} aria-disabled={off || undefined} aria-label={hideLabel ? label : undefined} className="switch" title={reason} onClick={() => { if (!off) onChange(!checked); }}>
      <span className="switch-track" aria-hidden="true"><span /></span>
      {hideLabel ? null : <span>{label}</span>}
    </button>
  );
}

export function CopyBlock({ text, label, secret }: { text: string; label: string; secret?: boolean }) {
  const t = useT();
  const [done, setDone] = useState(false);
  const copy = async () => {
    // The clipboard API exists only on secure origins; the text stays selectable for the others.
    try { await navigator.clipboard.writeText(text); } catch { fallbackCopy(text); }
    setDone(true);
    setTimeout(() => setDone(false), 2_000);
  };
  return (
    <div className="copy">
      <pre className={secret ? 'copy-text copy-secret' : 'copy-text'} tabIndex={0} role="group" aria-label={label}>{text}</pre>
      <Button small icon={done ? 'check' : 'copy'} onClick={() => void copy()}>{done ? t('core.copied') : t('core.copy')}</Button>
    </div>
  );
}
function fallbackCopy(text: string) {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'sr';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
