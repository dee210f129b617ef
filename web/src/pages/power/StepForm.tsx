// One step of a plan: its kind decides which members are asked for. A stored secret is never shown; empty keeps it.
import type { PlanStep, StepKind } from '../../api/shutdown';
import { type PlainKey, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Field, Select, Switch, TextField } from '../../ui/Form';
import { kindName, kinds } from './plan-words';

const starts: Readonly<Record<StepKind, Partial<PlanStep>>> = {
  ssh: { host: '', port: 22, user: 'root', command: 'systemctl poweroff' }, http: { url: 'https://', method: 'POST', body: '' }, webhook: { url: 'https://' }, redfish: { url: 'https://', user: '', tls_verify: true, force: false },
  nut_fsd: { hostsync_seconds: 15 }, facade_fsd: { hostsync_seconds: 15 }, ups_off: { delay_seconds: 20 }, local: {},
};
const number = (text: string) => { const n = Number.parseInt(text, 10); return Number.isNaN(n) ? 0 : n; };

interface Props { step: PlanStep; onChange: (step: PlanStep) => void; onRemove: () => void; fault: (field: string) => string | undefined }

export function StepForm({ step, onChange, onRemove, fault }: Props) {
  const t = useT();
  const set = (part: Partial<PlanStep>) => onChange({ ...step, ...part });
  const swap = (kind: StepKind) => onChange({ name: step.name, timeout_seconds: step.timeout_seconds, retries: step.retries, on_failure: step.on_failure, restore: kind === 'ssh' ? step.restore : null, kind, ...starts[kind] });
  const whole = fault('');
  return (
    <div className="step-box">
      <div className="plan-fields">
        <Select label={t('shutdown.kindLabel')} value={step.kind} onChange={swap} options={kinds.map((k) => ({ id: k, text: t(kindName(k)) }))} />
        <TextField label={t('shutdown.name')} value={step.name} onChange={(name) => set({ name })} optional error={fault('name')} />
        <TextField label={t('shutdown.timeout')} value={String(step.timeout_seconds)} onChange={(v) => set({ timeout_seconds: number(v) })} inputMode="numeric" error={fault('timeout_seconds')} />
      </div>
      <Members step={step} set={set} fault={fault} />
      {step.kind === 'ssh' ? (
        <div className="plan-fields">
          <TextField label={t('shutdown.mac')} help={t('shutdown.macHelp')} value={step.restore?.mac ?? ''} onChange={(mac) => set({ restore: mac.trim() === '' ? null : { kind: 'wol', mac, broadcast: step.restore?.broadcast ?? '255.255.255.255', port: step.restore?.port ?? 9 } })} placeholder="aa:bb:cc:dd:ee:ff" mono optional error={fault('restore')} />
          {step.restore ? <TextField label={t('shutdown.broadcast')} value={step.restore.broadcast} onChange={(broadcast) => set({ restore: step.restore ? { ...step.restore, broadcast } : null })} mono /> : null}
        </div>
      ) : null}
      {whole ? <p className="field-error" role="alert">{whole}</p> : null}
      <div className="step-tools"><Switch label={t('shutdown.abort')} checked={step.on_failure === 'abort'} onChange={(on) => set({ on_failure: on ? 'abort' : 'continue' })} /><Button small kind="quiet" icon="trash" onClick={onRemove}>{t('shutdown.removeStep')}</Button></div>
    </div>
  );
}

function Members({ step, set, fault }: { step: PlanStep; set: (part: Partial<PlanStep>) => void; fault: (field: string) => string | undefined }) {
  const t = useT();
  const kept = (member: string) => (step.secrets_set?.includes(member) ? t('shutdown.stored') : undefined);
  const text = (id: 'host' | 'user' | 'command' | 'url', label: PlainKey, mono = false) => <TextField label={t(label)} value={step[id] ?? ''} onChange={(v) => set({ [id]: v })} error={fault(id)} mono={mono} />;
  const secret = (id: 'password' | 'passphrase' | 'secret', label: PlainKey) => <TextField label={t(label)} type="password" autoComplete="new-password" value={step[id] ?? ''} onChange={(v) => set({ [id]: v })} help={kept(id)} error={fault(id)} optional />;
  switch (step.kind) {
    case 'ssh': return (
      <>
        <div className="plan-fields">{text('host', 'shutdown.host', true)}<TextField label={t('shutdown.port')} value={String(step.port ?? 22)} onChange={(v) => set({ port: number(v) })} inputMode="numeric" error={fault('port')} />{text('user', 'shutdown.user', true)}{secret('password', 'shutdown.password')}</div>
        <div className="plan-fields">{text('command', 'shutdown.command', true)}{secret('passphrase', 'shutdown.passphrase')}</div>
        <Field label={t('shutdown.key')} help={kept('key') ?? ''} error={fault('key')} optional>{({ id, describedBy }) => <textarea id={id} className="input mono" rows={3} spellCheck={false} aria-describedby={describedBy} value={step.key ?? ''} placeholder="-----BEGIN OPENSSH PRIVATE KEY-----" onChange={(e) => set({ key: e.target.value })} />}</Field>
        <p className="faint num plan-key">{step.host_key ? t('shutdown.pinned', { key: step.host_key }) : t('shutdown.unpinned')}</p>
      </>
    );
    case 'http': return <div className="plan-fields">{text('url', 'shutdown.url', true)}<Select label={t('shutdown.method')} value={(step.method ?? 'POST') as 'GET' | 'POST' | 'PUT'} onChange={(method) => set({ method })} options={(['GET', 'POST', 'PUT'] as const).map((m) => ({ id: m, text: m }))} /><TextField label={t('shutdown.body')} value={step.body ?? ''} onChange={(body) => set({ body })} mono optional /></div>;
    case 'webhook': return <div className="plan-fields">{text('url', 'shutdown.url', true)}{secret('secret', 'shutdown.secret')}</div>;
    case 'redfish': return <><div className="plan-fields">{text('url', 'shutdown.url', true)}{text('user', 'shutdown.user', true)}{secret('password', 'shutdown.password')}</div><Switch label={t('shutdown.force')} checked={step.force ?? false} onChange={(force) => set({ force })} /></>;
    case 'nut_fsd': case 'facade_fsd': return <div className="plan-fields"><TextField label={t('shutdown.hostsync')} value={String(step.hostsync_seconds ?? 15)} onChange={(v) => set({ hostsync_seconds: number(v) })} inputMode="numeric" error={fault('hostsync_seconds')} /></div>;
    case 'ups_off': return <div className="plan-fields"><TextField label={t('shutdown.delay')} value={String(step.delay_seconds ?? 20)} onChange={(v) => set({ delay_seconds: number(v) })} inputMode="numeric" error={fault('delay_seconds')} /></div>;
    case 'local': return <p className="muted">{t('shutdown.localHelp')}</p>;
  }
}
