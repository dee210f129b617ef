// The fields of one input or output.
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, TextField } from '../../ui/Form';
import type { List } from './canvas-model';
import { type EndDraft, fieldsOf, inputFields, newEnd, outputFields } from './flow-draft';

/** `bare`: without a frame and a button to remove it. */
export function EndFields({ list, end, bare = false, onChange, errorAt }: { list: List; end: EndDraft; bare?: boolean; onChange: (end: EndDraft | null) => void; errorAt: (member: string) => string | undefined }) {
  const t = useT();
  const fields = fieldsOf(list, end.kind);
  const kinds = Object.keys(list === 'inputs' ? inputFields : outputFields);
  const options = (kinds.includes(end.kind) ? kinds : [end.kind, ...kinds]).map((id) => ({ id, text: id.toUpperCase().replace('_', ' ') }));
  const set = (member: string, value: string) => onChange({ ...end, text: { ...end.text, [member]: value } });
  return (
    <div className={bare ? 'stack' : 'endcard'}>
      <div className={bare ? undefined : 'endcard-head'}><div className="fieldrow">
        <Select label={t('media.type')} value={end.kind} options={options} onChange={(kind) => onChange({ ...newEnd(list, kind), key: end.key, name: end.name, rest: { ...(end.rest.id ? { id: end.rest.id } : {}) } })} />
        <TextField label={t('core.name')} value={end.name} onChange={(name) => onChange({ ...end, name })} optional maxLength={256} />
      </div>{bare ? null : <span className="endcard-remove"><Button small kind="quiet" icon="trash" label={t('media.removeEnd')} onClick={() => onChange(null)}>{''}</Button></span>}</div>
      {fields ? (
        <div className="fieldrow">
          {fields.filter((f) => !f.modes || f.modes.includes(end.text.mode ?? '')).map((f) => (f.choices
            ? <Select key={f.member} label={t(`media.field.${f.member}` as 'media.field.mode')} value={end.text[f.member] ?? f.choices[0] ?? ''} options={f.choices.map((id) => ({ id, text: id.replace('_', ' ') }))} onChange={(v) => set(f.member, v)} />
            : <TextField key={f.member} label={t(`media.field.${f.member}` as 'media.field.mode')} value={end.text[f.member] ?? ''} onChange={(v) => set(f.member, v)} mono={!f.secret} {...(f.secret ? { type: 'password' as const, autoComplete: 'off' } : {})} {...(f.optional ? { optional: true } : {})} {...(f.placeholder ? { placeholder: f.placeholder } : {})} {...(f.number ? { inputMode: 'numeric' as const } : {})} error={errorAt(f.member)} />))}
        </div>
      ) : <p className="faint">{t('media.otherType')}</p>}
    </div>
  );
}
