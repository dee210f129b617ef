// One thing that can be said of a step, as a field of its form.
import { useId, useState } from 'react';
import type { Json } from '../../api/testing';
import { tDynamic, useT } from '../../i18n';
import { Field as FieldBox, Select, Switch, TextField } from '../../ui/Form';
import { Pairs } from './Pairs';
import { bodyOf, type Field, isSaid, likeBefore, shown } from './step-options';
import { rowsOf, variablesOf } from './test-variables';

/** What a field is called, and a word of it. */
export function optionLabel(at: string): string { return tDynamic(`tstep.o.${at.split('.').at(-1) ?? at}`, at); }
export function optionWord(at: string, word: string): string { return tDynamic(`tstep.w.${at.split('.').at(-1) ?? at}.${word}`, word); }
/** An empty text says nothing; what is no number goes as it was written, so that the server names the field. */
const number = (text: string) => (text.trim() === '' ? undefined : Number.isFinite(Number(text)) ? Number(text) : text);

interface Props { field: Field; value: unknown; onChange: (value: unknown) => void; error?: string | undefined }

export function StepOption({ field, value, onChange, error }: Props) {
  const t = useT();
  const label = optionLabel(field.at);
  if (field.kind === 'switch') return <Switch label={label} checked={value === true} onChange={(x) => onChange(x)} />;
  if (field.kind === 'choice') {
    const words = [...new Set([...(field.words ?? []), ...(isSaid(value) ? [shown(value)] : [])])];
    return <Select label={label} value={shown(value)} onChange={onChange} options={[{ id: '', text: optionWord(field.at, 'usual') }, ...words.map((id) => ({ id, text: optionWord(field.at, id) }))]} />;
  }
  if (field.kind === 'keys') return <Held label={label} field={field} value={value} onChange={onChange} />;
  if (field.kind === 'point') return <Point label={label} value={value} onChange={onChange} />;
  if (field.kind === 'pairs') return <div className="tstep-wide"><PairsField label={label} example={field.example} value={value} onChange={onChange} /></div>;
  if (field.kind === 'body') return <Body label={label} example={field.example} value={value} onChange={onChange} />;
  if (field.kind === 'number' || field.kind === 'ms') {
    return <FieldBox label={label} error={error}>{({ id, describedBy, invalid }) => <span className={field.kind === 'ms' ? 'tstep-unit' : undefined}><input id={id} className="input num" inputMode="numeric" value={shown(value)} placeholder={field.example} onChange={(e) => onChange(number(e.target.value))} aria-describedby={describedBy} aria-invalid={invalid || undefined} />{field.kind === 'ms' ? <small aria-hidden="true">ms</small> : null}</span>}</FieldBox>;
  }
  const mono = field.at !== 'options.message';
  if (field.at === 'description') return <div className="tstep-wide"><TextField label={label} value={shown(value)} onChange={onChange} maxLength={500} error={error} /></div>;
  return typeof value === 'object' && value !== null
    ? <Structured label={label} value={value} onChange={onChange} error={error} />
    : <TextField label={label} mono={mono} value={shown(value)} onChange={onChange} {...(field.example ? { placeholder: field.example } : field.at === 'options.message' ? { placeholder: t('tstep.messageExample') } : {})} maxLength={2000} error={error} />;
}

/** Keys that are held down meanwhile. */
function Held({ label, field, value, onChange }: { label: string; field: Field; value: unknown; onChange: (value: unknown) => void }) {
  const held = Array.isArray(value) ? value.map(String) : isSaid(value) ? [shown(value)] : [];
  const all = [...new Set([...(field.words ?? []), ...held])];
  return (
    <fieldset className="tstep-keys"><legend>{label}</legend>
      {all.map((key) => <button key={key} type="button" className="running-tag" aria-pressed={held.includes(key)} onClick={() => onChange(all.filter((k) => (k === key) !== held.includes(k)))}>{optionWord(field.at, key)}</button>)}
    </fieldset>
  );
}

/** A place in the element; half a place is none yet. */
function Point({ label, value, onChange }: { label: string; value: unknown; onChange: (value: unknown) => void }) {
  const t = useT();
  const of = typeof value === 'object' && value !== null ? (value as Json) : {};
  const put = (name: 'x' | 'y', text: string) => { const next: Json = { ...of, [name]: number(text) }; if (next[name] === undefined) delete next[name]; onChange(next); };
  return (
    <fieldset className="tstep-point"><legend>{label}</legend>
      {(['x', 'y'] as const).map((name) => <input key={name} className="input num" inputMode="numeric" aria-label={`${label}: ${t(name === 'x' ? 'tstep.fromLeft' : 'tstep.fromTop')}`} placeholder={name === 'x' ? '→' : '↓'} value={shown(of[name])} onChange={(e) => put(name, e.target.value)} />)}
    </fieldset>
  );
}

/** Names with values. What is no text there is kept as it is. */
export function PairsField({ label, example, value, onChange }: { label: string; example?: string | undefined; value: unknown; onChange: (value: unknown) => void }) {
  const t = useT();
  const now: Json = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
  const [rows, setRows] = useState(() => rowsOf(now));
  // Changed from outside; rows without a name are nobody else's.
  if (JSON.stringify(variablesOf(rows, now)) !== JSON.stringify(variablesOf(rowsOf(now), now))) setRows(rowsOf(now));
  const put = (next: ReturnType<typeof rowsOf>) => { setRows(next); onChange(variablesOf(next, now)); };
  return <Pairs legend add={t('tstep.addRow')} label={label} keyLabel={t('testing.name')} valueLabel={t('testing.value')} {...(example ? { keyExample: example } : {})} rows={rows} onChange={put} />;
}

/** A text that is written here and read back as what it means: while it is written it stays as it was typed. */
function useTyped(value: unknown, parse: (text: string) => unknown, onChange: (value: unknown) => void, pretty = false) {
  const [typed, setTyped] = useState(() => shown(value, pretty));
  if (JSON.stringify(parse(typed)) !== JSON.stringify(value ?? '')) { const next = shown(value, pretty); if (next !== typed) setTyped(next); }
  return [typed, (text: string) => { setTyped(text); onChange(parse(text)); }] as const;
}

function Body({ label, example, value, onChange }: { label: string; example: string | undefined; value: unknown; onChange: (value: unknown) => void }) {
  const id = useId();
  const [typed, type] = useTyped(value, bodyOf, onChange, true);
  return <div className="field tstep-wide"><label htmlFor={id}>{label}</label><textarea id={id} className="input mono tests-lines" rows={Math.min(12, Math.max(2, typed.split('\n').length))} value={typed} placeholder={example} onChange={(e) => type(e.target.value)} spellCheck={false} autoCapitalize="none" /></div>;
}

function Structured({ label, value, onChange, error }: { label: string; value: unknown; onChange: (value: unknown) => void; error: string | undefined }) {
  const [typed, type] = useTyped(value, (text) => likeBefore(text, true), onChange);
  return <TextField label={label} mono value={typed} onChange={type} error={error} />;
}

/** The value of a step: an object or a list is edited as JSON and stays one. */
export function ValueInput({ value, onChange, label, placeholder, invalid, offered, list }: { value: unknown; onChange: (value: unknown) => void; label: string; placeholder: string; invalid: boolean; offered: readonly string[] | undefined; list: string | undefined }) {
  const id = useId();
  const [structured, setStructured] = useState(false);
  if (!structured && typeof value === 'object' && value !== null) setStructured(true);
  const [typed, type] = useTyped(value, (text) => likeBefore(text, structured), onChange);
  return <><input className="input" aria-label={label} aria-invalid={invalid || undefined} placeholder={placeholder} list={list ?? (offered ? id : undefined)} value={typed} onChange={(e) => type(e.target.value)} spellCheck={false} />{offered ? <datalist id={id}>{offered.map((x) => <option key={x} value={x} />)}</datalist> : null}</>;
}

/** Several values, one a line. */
export function Lines({ value, onChange, label }: { value: readonly unknown[]; onChange: (value: string[]) => void; label: string }) {
  // An empty line is none yet; while it is written it stays as it was typed.
  const parse = (text: string) => text.split('\n').filter((line) => line.trim() !== '');
  const lines = value.map((x) => shown(x));
  const [typed, setTyped] = useState(lines.join('\n'));
  if (JSON.stringify(parse(typed)) !== JSON.stringify(lines.filter((line) => line.trim() !== ''))) setTyped(lines.join('\n'));
  return <textarea className="input tests-lines tstep-lines" aria-label={label} rows={Math.max(2, typed.split('\n').length)} value={typed} onChange={(e) => { setTyped(e.target.value); onChange(parse(e.target.value)); }} spellCheck={false} />;
}
