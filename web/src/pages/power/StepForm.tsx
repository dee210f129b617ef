// The members of one step: its kind decides which are asked for; what most people never touch is folded. A stored secret
// is never shown; empty keeps it.
import { useState } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { HostCheck, PlanStep, PlanWake, StepKind } from '../../api/shutdown';
import { type PlainKey, useT } from '../../i18n';
import { Field, Select, Switch, TextField } from '../../ui/Form';
import { kindName, kinds } from './plan-words';

const starts: Readonly<Record<StepKind, Partial<PlanStep>>> = {
  ssh: { host: '', port: 22, user: 'root', command: 'sudo -n systemctl poweroff' }, guest: { url: 'https://', node: '', token_id: '', vmid: 100, guest: 'qemu', tls_verify: true, force: false }, proxmox: { url: 'https://', node: '', token_id: '', tls_verify: true },
  http: { url: 'https://', method: 'POST', body: '' }, webhook: { url: 'https://' }, redfish: { url: 'https://', user: '', tls_verify: true, force: false }, ipmi: { host: '', port: 623, user: '', cipher_suite: 17, force: false },
  nut_fsd: { hostsync_seconds: 15 }, facade_fsd: { hostsync_seconds: 15 }, ups_off: { delay_seconds: 20, outlets: [] }, local: {},
};
const number = (text: string) => { const n = Number.parseInt(text, 10); return Number.isNaN(n) ? 0 : n; };
type Set = (part: Partial<PlanStep>) => void;
type Fault = (field: string) => string | undefined;

export function StepForm({ step, onChange, fault }: { step: PlanStep; onChange: (step: PlanStep) => void; fault: Fault }) {
  const t = useT();
  const set: Set = (part) => onChange({ ...step, ...part });
  const swap = (kind: StepKind) => onChange({ name: step.name, timeout_seconds: step.timeout_seconds, retries: step.retries, on_failure: step.on_failure, restore: step.restore?.kind === 'wol' || step.restore?.kind === 'outlet' ? step.restore : null, check: step.check ?? null, kind, ...starts[kind] });
  const whole = fault('');
  return (
    <div className="step-box">
      <div className="plan-fields">
        <Select label={t('shutdown.kindLabel')} value={step.kind} onChange={swap} options={kinds.map((k) => ({ id: k, text: t(kindName(k)) }))} />
        <TextField label={t('shutdown.name')} value={step.name} onChange={(name) => set({ name })} optional error={fault('name')} />
        <TextField label={t('shutdown.timeout')} value={String(step.timeout_seconds)} onChange={(v) => set({ timeout_seconds: number(v) })} inputMode="numeric" error={fault('timeout_seconds')} />
      </div>
      <Members step={step} set={set} fault={fault} />
      <Wake step={step} set={set} fault={fault} />
      <details className="fold">
        <summary>{t('shutdown.details')}</summary>
        <div className="stack">
          <Check step={step} set={set} fault={fault} />
          <div className="plan-fields"><TextField label={t('shutdown.retries')} value={String(step.retries)} onChange={(v) => set({ retries: number(v) })} inputMode="numeric" error={fault('retries')} /></div>
          <Switch label={t('shutdown.abort')} checked={step.on_failure === 'abort'} onChange={(on) => set({ on_failure: on ? 'abort' : 'continue' })} />
        </div>
      </details>
      {whole ? <p className="field-error" role="alert">{whole}</p> : null}
    </div>
  );
}

function Members({ step, set, fault }: { step: PlanStep; set: Set; fault: Fault }) {
  const t = useT();
  const kept = (member: string) => (step.secrets_set?.includes(member) ? t('shutdown.stored') : undefined);
  const text = (id: 'host' | 'user' | 'command' | 'url' | 'node' | 'token_id', label: PlainKey, placeholder?: string) => <TextField label={t(label)} value={step[id] ?? ''} onChange={(v) => set({ [id]: v })} error={fault(id)} mono {...(placeholder ? { placeholder } : {})} />;
  const secret = (id: 'password' | 'passphrase' | 'secret' | 'token', label: PlainKey) => <TextField label={t(label)} type="password" autoComplete="new-password" value={step[id] ?? ''} onChange={(v) => set({ [id]: v })} help={kept(id)} error={fault(id)} optional />;
  const trust = <Switch label={t('shutdown.insecure')} checked={step.tls_verify === false} onChange={(on) => set({ tls_verify: !on })} />;
  switch (step.kind) {
    case 'ssh': return (
      <>
        <div className="plan-fields">{text('host', 'shutdown.host', '192.168.1.20')}<TextField label={t('shutdown.port')} value={String(step.port ?? 22)} onChange={(v) => set({ port: number(v) })} inputMode="numeric" error={fault('port')} mono />{text('user', 'shutdown.user')}</div>
        {text('command', 'shutdown.command')}
        <div className="plan-fields plan-fields-2"><Field label={t('shutdown.key')} help={kept('key') ?? ''} error={fault('key')} optional>{({ id, describedBy }) => <textarea id={id} className="input mono" rows={2} spellCheck={false} aria-describedby={describedBy} value={step.key ?? ''} placeholder={kept('key') ? '••••••••' : '-----BEGIN OPENSSH PRIVATE KEY-----'} onChange={(e) => set({ key: e.target.value })} />}</Field><div className="stack">{secret('passphrase', 'shutdown.passphrase')}{secret('password', 'shutdown.password')}</div></div>
        <p className="faint num plan-key">{step.host_key ? t('shutdown.pinned', { key: step.host_key }) : t('shutdown.unpinned')}</p>
      </>
    );
    case 'guest': case 'proxmox': return (
      <>
        <div className="plan-fields">{text('url', 'shutdown.url', 'https://pve.lan:8006')}{text('node', 'shutdown.node', 'pve')}{step.kind === 'guest' ? <><TextField label={t('shutdown.vmid')} value={String(step.vmid ?? 100)} onChange={(v) => set({ vmid: number(v) })} inputMode="numeric" error={fault('vmid')} mono /><Select label={t('shutdown.guestKind')} value={step.guest ?? 'qemu'} onChange={(guest) => set({ guest })} options={(['qemu', 'lxc'] as const).map((g) => ({ id: g, text: t(`shutdown.guest.${g}`) }))} /></> : null}</div>
        <div className="plan-fields">{text('token_id', 'shutdown.tokenId', 'argos@pve!power')}{secret('token', 'shutdown.token')}</div>
        <div className="plan-switches">{trust}{step.kind === 'guest' ? <Switch label={t('shutdown.forceGuest')} checked={step.force ?? false} onChange={(force) => set({ force })} /> : null}</div>
      </>
    );
    case 'http': return <><div className="plan-fields">{text('url', 'shutdown.url')}<Select label={t('shutdown.method')} value={(step.method ?? 'POST') as 'GET' | 'POST' | 'PUT'} onChange={(method) => set({ method })} options={(['GET', 'POST', 'PUT'] as const).map((m) => ({ id: m, text: m }))} /><TextField label={t('shutdown.body')} value={step.body ?? ''} onChange={(body) => set({ body })} mono optional /><TextField label={t('shutdown.expected')} value={step.expected_status ? String(step.expected_status) : ''} onChange={(v) => set({ expected_status: v.trim() === '' ? null : number(v) })} inputMode="numeric" placeholder="2xx" error={fault('expected_status')} mono optional /></div><Headers kept={kept('headers')} set={set} error={fault('headers')} /></>;
    case 'webhook': return <div className="plan-fields">{text('url', 'shutdown.url')}{secret('secret', 'shutdown.secret')}</div>;
    case 'redfish': return <><div className="plan-fields">{text('url', 'shutdown.url')}{text('user', 'shutdown.user')}{secret('password', 'shutdown.password')}</div><div className="plan-switches">{trust}<Switch label={t('shutdown.force')} checked={step.force ?? false} onChange={(force) => set({ force })} /></div></>;
    case 'ipmi': return (
      <>
        <div className="plan-fields">{text('host', 'shutdown.host', '192.168.1.21')}<TextField label={t('shutdown.port')} value={String(step.port ?? 623)} onChange={(v) => set({ port: number(v) })} inputMode="numeric" error={fault('port')} mono />{text('user', 'shutdown.user')}{secret('password', 'shutdown.password')}</div>
        <div className="plan-fields plan-fields-2"><Select label={t('shutdown.suite')} value={String(step.cipher_suite ?? 17)} onChange={(suite) => set({ cipher_suite: number(suite) })} options={(['17', '3'] as const).map((id) => ({ id, text: t(`shutdown.suite.${id}`) }))} /></div>
        <div className="plan-switches"><Switch label={t('shutdown.force')} checked={step.force ?? false} onChange={(force) => set({ force })} /></div>
      </>
    );
    case 'nut_fsd': case 'facade_fsd': return <div className="plan-fields"><TextField label={t('shutdown.hostsync')} value={String(step.hostsync_seconds ?? 15)} onChange={(v) => set({ hostsync_seconds: number(v) })} inputMode="numeric" error={fault('hostsync_seconds')} /></div>;
    case 'ups_off': return <div className="plan-fields">{(step.outlets ?? []).length > 0 ? null : <Select label={t('shutdown.offHow')} value={step.command ?? 'shutdown.return'} onChange={(command) => set({ command })} options={offCommands(step.command).map((id) => ({ id, text: id }))} />}<TextField label={t('shutdown.delay')} value={String(step.delay_seconds ?? 20)} onChange={(v) => set({ delay_seconds: number(v) })} inputMode="numeric" error={fault('delay_seconds')} /><TextField label={t('shutdown.outlets')} help={t('shutdown.outletsHelp')} value={(step.outlets ?? []).join(', ')} onChange={(v) => set({ outlets: v.split(',').map((x) => x.trim()).filter(Boolean) })} error={fault('outlets')} mono optional /></div>;
    case 'local': return <p className="muted">{t('shutdown.localHelp')}</p>;
  }
}

/** The one that comes back by itself first; whatever somebody set over the API stays to be chosen. */
const offCommands = (chosen: string | undefined): string[] => [...new Set(['shutdown.return', 'shutdown.stayoff', 'load.off', chosen ?? 'shutdown.return'])];

/** Headers are stored sealed and never shown, so what is typed here replaces all of them. */
function Headers({ kept, set, error }: { kept: string | undefined; set: Set; error: string | undefined }) {
  const t = useT();
  const [text, setText] = useState('');
  const change = (next: string) => {
    setText(next);
    const pairs = next.split('\n').map((line) => line.split(/:(.*)/s).map((x) => x.trim())).filter((pair) => pair[0] && pair[1]).map(([name, value]) => [name, value] as const);
    set({ headers: Object.fromEntries(pairs) });
  };
  return <Field label={t('shutdown.headers')} help={kept ?? ''} error={error} optional>{({ id, describedBy }) => <textarea id={id} className="input mono" rows={2} spellCheck={false} aria-describedby={describedBy} value={text} placeholder={kept ? '••••••••' : 'Authorization: Bearer …'} onChange={(e) => change(e.target.value)} />}</Field>;
}

type WakeChoice = 'none' | PlanWake['kind'];

function Wake({ step, set, fault }: { step: PlanStep; set: Set; fault: Fault }) {
  const t = useT();
  if (['http', 'webhook', 'nut_fsd', 'facade_fsd', 'local'].includes(step.kind)) return null;
  const choices: WakeChoice[] = ['none', 'wol', ...(step.kind === 'redfish' || step.kind === 'ipmi' ? [step.kind] : []), ...(step.kind === 'guest' ? ['guest' as const] : []), 'outlet'];
  const wake = step.restore;
  const choose = (kind: WakeChoice) => set({ restore: kind === 'none' ? null : kind === 'wol' ? { kind, mac: '', broadcast: '255.255.255.255', port: 9 } : { kind } });
  const change = (part: Partial<PlanWake>) => { if (wake) set({ restore: { ...wake, ...part } }); };
  return (
    <div className="plan-fields">
      <Select label={t('shutdown.wakeLabel')} value={wake?.kind ?? 'none'} onChange={choose} options={choices.map((c) => ({ id: c, text: t(`shutdown.wake.${c}`) }))} />
      {wake?.kind === 'wol' ? <><TextField label={t('shutdown.mac')} value={wake.mac ?? ''} onChange={(mac) => change({ mac })} placeholder="aa:bb:cc:dd:ee:ff" mono error={fault('restore')} /><TextField label={t('shutdown.broadcast')} value={wake.broadcast ?? ''} onChange={(broadcast) => change({ broadcast })} mono /></> : null}
      {wake?.kind === 'outlet' ? <WakeOutlet wake={wake} change={change} error={fault('restore')} /> : null}
    </div>
  );
}

function WakeOutlet({ wake, change, error }: { wake: PlanWake; change: (part: Partial<PlanWake>) => void; error: string | undefined }) {
  const t = useT();
  const devices = useResource(paths.powerDevices);
  const list = (devices.data ?? []).filter((d) => d.type === 'pdu' || d.type === 'ups');
  return <><Select label={t('shutdown.wakeDevice')} value={wake.device_id ?? ''} onChange={(device_id) => change({ device_id })} options={[{ id: '', text: '–' }, ...list.map((d) => ({ id: d.id, text: d.name }))]} /><TextField label={t('shutdown.wakeOutlet')} value={wake.outlet ?? ''} onChange={(outlet) => change({ outlet })} error={error} mono /></>;
}

type CheckChoice = 'own' | HostCheck['kind'];

function Check({ step, set, fault }: { step: PlanStep; set: Set; fault: Fault }) {
  const t = useT();
  const check = step.check ?? null;
  const choose = (kind: CheckChoice) => set({ check: kind === 'own' ? null : { kind, host: '', ...(kind === 'tcp' ? { port: 22 } : {}), ...(kind === 'http' ? { url: 'https://' } : {}) } });
  const change = (part: Partial<HostCheck>) => { if (check) set({ check: { ...check, ...part } }); };
  return (
    <div className="plan-fields">
      <Select label={t('shutdown.checkLabel')} value={check?.kind ?? 'own'} onChange={choose} options={(['own', 'ping', 'tcp', 'http'] as const).map((c) => ({ id: c, text: t(`shutdown.check.${c}`) }))} />
      {check && check.kind !== 'http' ? <TextField label={t('shutdown.checkHost')} value={check.host ?? ''} onChange={(host) => change({ host })} placeholder={step.host ?? ''} mono optional={step.kind === 'ssh'} error={fault('check')} /> : null}
      {check?.kind === 'tcp' ? <TextField label={t('shutdown.checkPort')} value={String(check.port ?? '')} onChange={(v) => change({ port: number(v) })} inputMode="numeric" mono /> : null}
      {check?.kind === 'http' ? <TextField label={t('shutdown.checkUrl')} value={check.url ?? ''} onChange={(url) => change({ url })} mono error={fault('check')} /> : null}
    </div>
  );
}
