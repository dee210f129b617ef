// Notification rules: which events go to which channel, from which severity, how often.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { Channel, NotificationRule } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { severityWord } from '../../i18n/words';
import { useDraft } from '../../state/draft';
import { severityOf } from '../../state/status';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { DraftNote } from '../../ui/DraftNote';
import { Select, Switch, TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Frame } from './Frame';

const keyOf = (r: NotificationRule) => String(r.id);

export default function RulesPage() {
  const t = useT();
  const may = useCan('notifications:manage');
  const channels = useResource(paths.channels);
  const noChannel = channels.data !== undefined && channels.data.length === 0;
  const reason = !may ? t('core.needsPermission', { permission: 'notifications:manage' }) : undefined;
  const rules = useResource(paths.notificationRules);
  const [isNew, setNew] = useQueryParam('new');
  const [editing, setEditing] = useState<NotificationRule | null>(null);
  const [deleting, setDeleting] = useState<NotificationRule | null>(null);
  const columns = useMemo((): Column<NotificationRule>[] => {
    const nameOf = (id: number) => channels.data?.find((c) => c.id === id)?.name ?? `#${id}`;
    const toggle = async (r: NotificationRule) => {
      try { await send('POST', urls.notificationRuleToggle(r.id)); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      invalidate(urls.notificationRules);
    };
    return [
      { id: 'name', title: t('notify.ruleName'), value: (r) => r.name, kind: 'main' },
      { id: 'events', title: t('notify.ruleEvents'), value: (r) => r.event_type, cell: (r) => <code className="condition-code">{r.event_type.replaceAll(',', ', ')}</code> },
      { id: 'least', title: t('notify.ruleLeast'), value: (r) => r.min_severity ?? r.filter_severities.join(', '), width: '130px', cell: (r) => (r.min_severity ? <StatusMark status={severityOf(r.min_severity)} word={severityWord(r.min_severity)} /> : <span className="faint">{r.filter_severities.map(severityWord).join(', ') || t('notify.ruleAny')}</span>) },
      { id: 'channel', title: t('notify.ruleTo'), value: (r) => nameOf(r.channel_id) },
      { id: 'throttle', title: t('notify.ruleThrottle'), value: (r) => r.throttle_window_seconds, kind: 'number', width: '150px', cell: (r) => (r.throttle_window_seconds === 0 ? <span className="faint">–</span> : t('notify.seconds', { n: r.throttle_window_seconds })) },
      { id: 'enabled', title: t('notify.ruleOn'), value: (r) => r.enabled, width: '80px', cell: (r) => <Switch hideLabel label={`${t('notify.ruleOn')}: ${r.name}`} checked={r.enabled} reason={reason} onChange={() => void toggle(r)} /> },
      { id: 'actions', title: t('notify.ruleActions'), value: () => null, kind: 'actions', plain: true, cell: (r) => <Menu label={`${t('notify.ruleActions')}: ${r.name}`} items={[{ id: 'edit', text: t('core.edit'), icon: 'edit', reason, run: () => setEditing(r) }, { id: 'delete', text: t('core.delete'), icon: 'trash', danger: true, reason, run: () => setDeleting(r) }]} /> },
    ];
  }, [t, channels.data, reason]);
  const add = <Button kind="primary" icon="plus" reason={reason ?? (noChannel ? t('notify.ruleNeedsChannel') : undefined)} writes onClick={() => setNew('1')}>{t('notify.ruleNew')}</Button>;
  return (
    <>
      <Frame active="rules" actions={add}>
        <section className="card"><Loaded from={rules} lines={5}>{(rows) => <DataTable name="notification-rules" label={t('notify.rules')} rows={rows} columns={columns} keyOf={keyOf} {...(may ? { onOpen: setEditing } : {})} empty={<Empty icon="bell" title={t('notify.ruleNone')} text={t('notify.ruleNoneText')} action={add} />} />}</Loaded></section>
      </Frame>
      {(editing || (isNew === '1' && may)) && channels.data && !noChannel ? <RuleForm rule={editing} channels={channels.data} onClose={() => { setEditing(null); setNew(''); }} /> : null}
      {deleting ? <ConfirmDialog title={t('notify.ruleDeleteTitle', { name: deleting.name })} name={deleting.name} action={t('notify.ruleDelete')} onClose={() => setDeleting(null)} run={async () => { await send('DELETE', urls.notificationRule(deleting.id)); invalidate(urls.notificationRules); }}><p>{t('notify.ruleDeleteText')}</p><ChangePreview path={urls.notificationRule(deleting.id)} /></ConfirmDialog> : null}
    </>
  );
}

function RuleForm({ rule, channels, onClose }: { rule: NotificationRule | null; channels: readonly Channel[]; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(rule?.name ?? '');
  const [events, setEvents] = useState(rule?.event_type ?? '');
  const [channel, setChannel] = useState(String(rule?.channel_id ?? channels[0]?.id ?? ''));
  const [least, setLeast] = useState(rule?.min_severity ?? '');
  const [throttle, setThrottle] = useState(String(rule?.throttle_window_seconds ?? 0));
  const [devices, setDevices] = useState((rule?.filter_device_ids ?? []).join(', '));
  const [template, setTemplate] = useState(rule?.template ?? '');
  const [tags, setTags] = useState((rule?.filter_tags ?? []).join(', '));
  const [key, setKey] = useState(rule?.throttle_key ?? '');
  const [conditions, setConditions] = useState(rule?.conditions ? JSON.stringify(rule.conditions) : '');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const draft = useDraft(`notification-rule/${rule?.id ?? 'new'}`, { name, events, channel, least, throttle, devices, template, tags, key, conditions }, (d) => {
    setName(d.name); setEvents(d.events); setChannel(d.channel); setLeast(d.least); setThrottle(d.throttle); setDevices(d.devices); setTemplate(d.template); setTags(d.tags); setKey(d.key); setConditions(d.conditions);
  });
  const go = async () => {
    setBusy(true);
    setError(null);
    let demands: unknown = [];
    try { demands = conditions.trim() === '' ? [] : JSON.parse(conditions); } catch { setError(t('notify.ruleConditionsBad')); setBusy(false); return; }
    const words = (text: string) => text.split(',').map((w) => w.trim()).filter((w) => w !== '');
    const body = { name: name.trim(), channel_id: Number(channel), event_type: events, min_severity: least, throttle_window_seconds: Math.max(0, Math.floor(Number(throttle) || 0)), filter_device_ids: words(devices), filter_tags: words(tags), throttle_key: key.trim(), conditions: demands, template };
    try {
      if (rule) await send('PUT', urls.notificationRule(rule.id), body); else await send('POST', urls.notificationRules, body);
      invalidate(urls.notificationRules);
      toast({ level: 'ok', text: t('notify.ruleSaved') });
      draft.forget();
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={rule ? t('notify.ruleEdit') : t('notify.ruleNew')} onClose={onClose}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void go(); }}>
        <DraftNote draft={draft} />
        <TextField label={t('notify.ruleName')} value={name} onChange={setName} required maxLength={128} autoComplete="off" />
        <TextField label={t('notify.ruleEvents')} value={events} onChange={setEvents} required mono placeholder="auth.login_failed" help={t('notify.ruleEventsHelp')} />
        <Select label={t('notify.ruleTo')} value={channel} options={channels.map((c) => ({ id: String(c.id), text: c.name }))} onChange={setChannel} />
        <div className="fieldpair">
          <Select label={t('notify.ruleLeast')} value={least} options={['', 'info', 'warning', 'error', 'critical'].map((id) => ({ id, text: id === '' ? t('notify.ruleAny') : severityWord(id) }))} onChange={setLeast} />
          <TextField label={t('notify.ruleThrottle')} value={throttle} onChange={setThrottle} inputMode="numeric" help={t('notify.ruleThrottleHelp')} />
        </div>
        <TextField label={t('notify.ruleDevices')} value={devices} onChange={setDevices} optional help={t('notify.listHelp')} />
        <div className="fieldpair">
          <TextField label={t('notify.ruleTags')} value={tags} onChange={setTags} optional help={t('notify.ruleTagsHelp')} />
          <TextField mono label={t('notify.ruleKey')} value={key} onChange={setKey} optional placeholder="data.host" help={t('notify.ruleKeyHelp')} />
        </div>
        <TextField mono label={t('notify.ruleConditions')} value={conditions} onChange={setConditions} optional placeholder='{"threshold":{"type":"pass_rate","operator":"<","value":80}}' help={t('notify.ruleConditionsHelp')} />
        <TextField label={t('notify.template')} value={template} onChange={setTemplate} optional mono help={t('notify.templateHelp')} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <Button type="submit" kind="primary" busy={busy} writes>{t('notify.ruleSave')}</Button>
      </form>
    </Layer>
  );
}
