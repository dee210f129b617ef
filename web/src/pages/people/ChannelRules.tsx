// What one channel of an organization is told: its rules, and a form for another one.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { OrganizationChannel, OrganizationRow, OrganizationRule } from '../../api/shapes';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select, TextField } from '../../ui/Form';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { QuietFields, quietBody, quietOf } from '../notify/QuietFields';

const priorities = ['low', 'normal', 'high', 'urgent'] as const;
const changed = () => invalidate('/api/v1/notifications/rules');

export function ChannelRules({ org, channel }: { org: OrganizationRow; channel: OrganizationChannel }) {
  const t = useT();
  const rules = useResource(paths.organizationRules(org.id));
  const remove = async (rule: OrganizationRule) => {
    try { await send('DELETE', urls.organizationRule(org.id, rule.id)); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    changed();
  };
  return (
    <div className="stack">
      <h3>{t('orgchannels.rules')}</h3>
      <Loaded from={rules} lines={3}>{(all) => {
        const own = all.filter((r) => r.channel_id === channel.id);
        return own.length === 0 ? <p className="muted">{t('orgchannels.noRules')}</p> : (
          <ul className="stack-tight">{own.map((r) => (
            <li key={r.id} className="row row-between">
              <span><bdi className="mono">{r.event_type}</bdi> <span className="faint">{tDynamic(`orgchannels.priority.${r.priority}`, r.priority)}{r.cooldown_minutes > 0 ? ` · ${t('orgchannels.cooldownOf', { n: r.cooldown_minutes })}` : ''}</span></span>
              <Button small kind="quiet" icon="trash" writes onClick={() => void remove(r)}>{t('hooks.remove')}</Button>
            </li>
          ))}</ul>
        );
      }}</Loaded>
      <NewRule org={org} channel={channel} />
      <QuietHours org={org} channel={channel} />
    </div>
  );
}

function QuietHours({ org, channel }: { org: OrganizationRow; channel: OrganizationChannel }) {
  const t = useT();
  const [quiet, setQuiet] = useState(() => quietOf(channel.quiet_hours));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setError(null);
    try {
      await send('PATCH', urls.organizationChannel(org.id, channel.id), { quiet_hours: quietBody(quiet) });
      invalidate('/api/v1/notifications/channels');
      toast({ level: 'ok', text: t('channels.saved') });
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
      <h3>{t('orgchannels.when')}</h3>
      <QuietFields value={quiet} set={(part) => setQuiet((all) => ({ ...all, ...part }))} />
      {error ? <p className="field-error" role="alert">{error}</p> : null}
      <Button type="submit" busy={busy} writes>{t('core.save')}</Button>
    </form>
  );
}

function NewRule({ org, channel }: { org: OrganizationRow; channel: OrganizationChannel }) {
  const t = useT();
  const events = useResource(paths.organizationEvents);
  const [event, setEvent] = useState('test.run.failed');
  const [priority, setPriority] = useState<(typeof priorities)[number]>('normal');
  const [cooldown, setCooldown] = useState('0');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    setError(null);
    try {
      await send('POST', urls.organizationRules(org.id), { channel_id: channel.id, event_type: event, priority, cooldown_minutes: Math.floor(Number(cooldown) || 0) });
      changed();
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
      <h3>{t('orgchannels.tell')}</h3>
      <Loaded from={events} lines={1}>{({ event_types }) => <Select label={t('orgchannels.event')} value={event} options={event_types.map((k) => ({ id: k.type, text: `${k.type}: ${k.description}` }))} onChange={setEvent} />}</Loaded>
      <Select label={t('orgchannels.priority')} value={priority} options={priorities.map((id) => ({ id, text: t(`orgchannels.priority.${id}`) }))} onChange={(id) => setPriority(priorities.find((p) => p === id) ?? 'normal')} help={t('orgchannels.priorityHelp')} />
      <TextField label={t('orgchannels.cooldown')} value={cooldown} onChange={setCooldown} inputMode="numeric" help={t('orgchannels.cooldownHelp')} error={error} />
      <Button type="submit" busy={busy} writes>{t('orgchannels.addRule')}</Button>
    </form>
  );
}
