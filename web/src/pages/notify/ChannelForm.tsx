// Adds or edits a channel: pick a type, fill in its fields, see what would be sent. A stored secret is never shown; leaving it untouched keeps it.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Channel } from '../../api/shapes';
import { type PlainKey, useT } from '../../i18n';
import { useDraft } from '../../state/draft';
import { Button } from '../../ui/Button';
import { DraftNote } from '../../ui/DraftNote';
import { Field, Select, Switch, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { type ChannelType, type FieldSpec, helpOf, inOrder, labelOf, shown, typed, typeOf } from './kinds';
import { type Quiet, QuietFields, quietBody, quietOf } from './QuietFields';

export function ChannelForm({ channel, onClose }: { channel: Channel | null; onClose: () => void }) {
  const t = useT();
  const types = useResource(paths.channelTypes);
  const [type, setType] = useState(channel?.type ?? '');
  const title = typeOf(type)?.title;
  return (
    <Layer title={channel ? t('channels.edit') : title ? `${t('notify.new')}: ${t(title)}` : t('notify.new')} onClose={onClose} wide={type === ''}>
      <Loaded from={types} lines={6}>
        {(all) => {
          const spec = all.find((x) => x.type === type);
          return spec ? <Body key={type} spec={spec} channel={channel} onClose={onClose} back={channel ? null : () => setType('')} /> : <Picker types={inOrder(all)} pick={setType} />;
        }}
      </Loaded>
    </Layer>
  );
}

function Picker({ types, pick }: { types: readonly ChannelType[]; pick: (type: string) => void }) {
  const t = useT();
  return (
    <div className="stack">
      <p className="muted">{t('notify.pick')}</p>
      <div className="kindgrid">
        {types.map((x) => {
          const known = typeOf(x.type);
          return <button key={x.type} type="button" className="kind" onClick={() => pick(x.type)}><Icon name={known?.icon ?? 'send'} size={18} /><span><strong>{known ? t(known.title) : x.type}</strong>{known ? <small>{t(known.about)}</small> : null}</span></button>;
        })}
      </div>
    </div>
  );
}

interface Limits extends Quiet { minute: string; hour: string; retry: string }
const retries: readonly { id: string; text: PlainKey }[] = [{ id: 'fast', text: 'notify.retry.fast' }, { id: 'minutes', text: 'notify.retry.minutes' }, { id: 'persistent', text: 'notify.retry.persistent' }];

function Body({ spec, channel, onClose, back }: { spec: ChannelType; channel: Channel | null; onClose: () => void; back: (() => void) | null }) {
  const t = useT();
  const known = typeOf(spec.type);
  const [name, setName] = useState(channel?.name ?? (known ? t(known.title) : ''));
  const [values, setValues] = useState<Record<string, string>>(() => Object.fromEntries(spec.fields.map((f) => [f.name, shown(f, channel?.config[f.name])])));
  const [template, setTemplate] = useState(channel?.template ?? '');
  const [broadcast, setBroadcast] = useState(channel?.broadcast ?? true);
  const [limits, setLimits] = useState<Limits>({ minute: String(channel?.rate_limit_per_minute ?? 30), hour: String(channel?.rate_limit_per_hour ?? 0), retry: channel?.retry ?? 'fast', ...quietOf(channel?.quiet_hours) });
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // What is secret is not kept: it would stand in clear.
  const open = Object.fromEntries(spec.fields.filter((f) => !f.secret).map((f) => [f.name, values[f.name] ?? '']));
  const draft = useDraft(`channel/${channel?.id ?? `new-${spec.type}`}`, { name, open, template, broadcast, limits }, (d) => { setName(d.name); setValues((all) => ({ ...all, ...d.open })); setTemplate(d.template); setBroadcast(d.broadcast); setLimits(d.limits); });
  const config = () => Object.fromEntries(spec.fields.map((f) => [f.name, typed(f, values[f.name] ?? '', !isSet(channel, f))]).filter(([, v]) => v !== undefined));
  const go = async () => {
    setBusy(true);
    setError(null);
    const body = {
      name: name.trim(), type: spec.type, enabled: channel?.enabled ?? true, broadcast, config: config(), template, retry: limits.retry,
      rate_limit_per_minute: whole(limits.minute), rate_limit_per_hour: whole(limits.hour),
      quiet_hours: quietBody(limits),
    };
    try {
      if (channel) await send('PUT', urls.channel(channel.id), body); else await send('POST', urls.channels, body);
      draft.forget();
      invalidate(urls.channels, '/api/ui/setup');
      toast({ level: 'ok', text: t('channels.saved') });
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
      <DraftNote draft={draft} />
      <TextField label={t('channels.name')} value={name} onChange={setName} required maxLength={100} autoComplete="off" />
      {spec.fields.map((f) => <SpecField key={f.name} field={f} isSet={isSet(channel, f)} value={values[f.name] ?? ''} set={(v) => setValues((all) => ({ ...all, [f.name]: v }))} />)}
      {spec.type === 'browser_push' ? <p className="muted">{t('notify.about.browser_push')}</p> : null}
      <TemplateField spec={spec} channel={channel} config={config} template={template} setTemplate={setTemplate} />
      <details className="more"><summary>{t('notify.more')}</summary><LimitFields limits={limits} set={(part) => setLimits((all) => ({ ...all, ...part }))} /></details>
      <Switch label={t('channels.broadcast')} checked={broadcast} onChange={setBroadcast} />
      {error ? <p className="field-error" role="alert">{error}</p> : null}
      <div className="form-actions"><Button type="submit" kind="primary" busy={busy} writes>{t('notify.save')}</Button>{back ? <Button kind="quiet" icon="chevron-left" onClick={back}>{t('notify.pickBack')}</Button> : null}</div>
    </form>
  );
}

const whole = (text: string) => Math.max(0, Math.floor(Number(text) || 0));
const isSet = (channel: Channel | null, f: FieldSpec) => f.secret && channel !== null && channel.config[f.name] !== '' && channel.config[f.name] !== undefined;

function SpecField({ field, isSet, value, set }: { field: FieldSpec; isSet: boolean; value: string; set: (value: string) => void }) {
  const t = useT();
  const key = labelOf(field.name);
  const help = helpOf(field);
  const label = key ? t(key) : field.name;
  if (field.kind === 'bool') return <Switch label={label} checked={value === 'true'} onChange={(on) => set(String(on))} />;
  if (field.kind === 'enum') return <Select label={label} value={value} options={field.options.map((o) => ({ id: o, text: o === '' ? (field.name === 'priority' ? t('notify.anyChoice') : t('notify.ruleAny')) : o }))} onChange={set} />;
  const more = { ...(field.required ? (isSet ? {} : { required: true }) : { optional: true }), ...(help ? { help: t(help) } : field.kind === 'list' ? { help: t('notify.listHelp') } : {}) };
  if (field.secret) return <TextField label={label} type="password" value={value} onChange={set} autoComplete="new-password" {...more} {...(isSet ? { placeholder: t('notify.secretSet') } : {})} />;
  return <TextField label={label} type={field.kind === 'url' ? 'url' : 'text'} value={value} onChange={set} autoComplete="off" {...more} {...(field.kind === 'url' ? { mono: true, placeholder: 'https://' } : {})} {...(field.kind === 'int' ? { inputMode: 'numeric' as const } : {})} />;
}

function LimitFields({ limits, set }: { limits: Limits; set: (part: Partial<Limits>) => void }) {
  const t = useT();
  return (
    <div className="stack">
      <div className="fieldpair">
        <TextField label={t('notify.perMinute')} value={limits.minute} onChange={(minute) => set({ minute })} inputMode="numeric" help={t('notify.zero')} />
        <TextField label={t('notify.perHour')} value={limits.hour} onChange={(hour) => set({ hour })} inputMode="numeric" help={t('notify.zero')} />
      </div>
      <Select label={t('notify.retry')} value={limits.retry} options={retries.map((r) => ({ id: r.id, text: t(r.text) }))} onChange={(retry) => set({ retry })} />
      <QuietFields value={limits} set={set} />
    </div>
  );
}

function TemplateField({ spec, channel, config, template, setTemplate }: { spec: ChannelType; channel: Channel | null; config: () => Record<string, unknown>; template: string; setTemplate: (text: string) => void }) {
  const t = useT();
  const [preview, setPreview] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const look = async () => {
    setError(null);
    try {
      const body = { ...(channel ? { channel_id: channel.id } : { type: spec.type }), config: config(), template };
      setPreview((await send<{ rendered: string }>('POST', urls.notifyPreview, body)).rendered);
    } catch (e) { setPreview(null); setError(asApiError(e).message); }
  };
  return (
    <div className="stack-tight">
      <Field label={t('notify.template')} optional help={t('notify.templateHelp')} error={error}>
        {({ id, describedBy, invalid }) => <textarea id={id} className="input mono" rows={3} value={template} onChange={(e) => setTemplate(e.target.value)} aria-describedby={describedBy} aria-invalid={invalid || undefined} spellCheck={false} />}
      </Field>
      <div className="form-actions"><Button small icon="eye" onClick={() => void look()}>{t('notify.preview')}</Button></div>
      {preview !== null ? <div role="status"><p className="field-help">{t('notify.previewTitle')}</p><pre className="payload" tabIndex={0}>{pretty(preview)}</pre></div> : null}
    </div>
  );
}

/** JSON is easier to read with line ends; anything else stays as it is. */
export function pretty(text: string): string {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}
