// Alert rules: list with state and availability, and the sentence editor in a side sheet.
import { useMemo, useState } from 'react';
import { send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, patchResource, useResource } from '../../api/resource';
import type { AlertRule } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { severityOf } from '../../state/status';
import { Button } from '../../ui/Button';
import { ChangePreview } from '../../ui/ChangePreview';
import { ConfirmDialog } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Switch } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { Menu } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { offerUndo } from '../../ui/undo';
import { asApiError } from '../../api/client';
import { silence } from './Preview';
import { RuleEditor } from './RuleEditor';
import './incidents.css';

const keyOf = (r: AlertRule) => r.id;

export default function RulesPage() {
  const t = useT();
  const may = useCan('alerts:manage');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'alerts:manage' });
  const rules = useResource(paths.alertRules);
  const seesChannels = useCan('notifications:inspect');
  const channels = useResource(seesChannels ? paths.channels : null);
  const attention = useResource(paths.attention);
  const [isNew, setNew] = useQueryParam('new');
  const [metric, setMetric] = useQueryParam('metric');
  const [editing, setEditing] = useState<AlertRule | null>(null);
  const [deleting, setDeleting] = useState<AlertRule | null>(null);
  const firing = useMemo(() => new Set((attention.data?.problems ?? []).flatMap((p) => [p.rule_id, ...p.children.map((c) => c.rule_id)])), [attention.data]);
  const columns = useMemo((): Column<AlertRule>[] => {
    const channelName = (c: string | number) => channels.data?.find((x) => String(x.id) === String(c))?.name ?? String(c);
    const toggle = async (rule: AlertRule, enabled: boolean) => {
      patchResource(paths.alertRules, (all) => all.map((r) => (r.id === rule.id ? { ...r, enabled } : r)));
      try { await send('PUT', urls.alertRule(rule.id), { enabled }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
      invalidate(urls.alertRules);
    };
    return [
      { id: 'name', title: t('rules.rule'), value: (r) => r.name || r.message || r.id, kind: 'main', width: '290px', cell: (r) => <span className="row"><StatusMark status={severityOf(r.severity)} bare /><span>{r.name || r.message || r.id}</span>{r.builtin ? <span className="tag">{t('rules.builtin')}</span> : null}</span> },
      { id: 'id', title: 'ID', value: (r) => r.id, extra: true },
      { id: 'condition', title: t('rules.condition'), value: (r) => r.condition, cell: (r) => <span className="rule-condition"><code className="condition-code">{r.condition}</code>{r.enabled && r.state === 'no_data' ? (r.no_data ?? []).map((n) => <span key={n.metric} className="rule-why">{silence(t, n)}</span>) : null}</span> },
      { id: 'severity', title: t('rules.severity'), value: (r) => r.severity, extra: true },
      { id: 'tells', title: t('rules.tells'), value: (r) => (r.channels ?? []).map(channelName).join(', ') || t('rules.broadcast'), width: '180px' },
      { id: 'state', title: t('rules.now'), value: (r) => (!r.enabled ? 'paused' : firing.has(r.id) || r.state === 'firing' ? 'firing' : r.state === 'no_data' ? 'no data' : 'quiet'), width: '120px', cell: (r) => (!r.enabled ? <StatusMark status="paused" /> : firing.has(r.id) || r.state === 'firing' ? <StatusMark status={severityOf(r.severity)} word={t('rules.firing')} /> : r.state === 'no_data' ? <span title={(r.no_data ?? []).map((n) => silence(t, n)).join(' ')}><StatusMark status="unknown" word={t('rules.noData')} /></span> : <StatusMark status="ok" word={t('rules.quiet')} />) },
      { id: 'availability', title: t('rules.availability'), value: () => null, kind: 'number', plain: true, width: '130px', cell: (r) => <Availability id={r.id} /> },
      { id: 'enabled', title: t('rules.enabled'), value: (r) => r.enabled, width: '70px', cell: (r) => <Switch hideLabel label={`${t('rules.enabled')}: ${r.name || r.id}`} checked={r.enabled} reason={reason} onChange={(on) => void toggle(r, on)} /> },
      { id: 'actions', title: t('rules.actions'), value: () => null, kind: 'actions', plain: true, cell: (r) => <Menu label={`${t('rules.actions')}: ${r.name || r.id}`} items={[{ id: 'edit', text: t('core.edit'), icon: 'edit', reason, run: () => setEditing(r) }, { id: 'delete', text: t('core.delete'), icon: 'trash', danger: true, reason: r.builtin ? t('rules.builtin') : reason, run: () => setDeleting(r) }]} /> },
    ];
  }, [t, channels.data, firing, reason]);
  const close = () => { setEditing(null); setMetric(''); setNew(''); };
  return (
    <>
      <PageHead title={t('rules.title')} sub={t('rules.sub')} actions={<Button kind="primary" icon="plus" reason={reason} writes onClick={() => setNew('1')}>{t('rules.new')}</Button>} />
      <section className="card"><Loaded from={rules} lines={6}>{(rows) => <DataTable name="alert-rules" label={t('rules.title')} rows={rows} columns={columns} keyOf={keyOf} {...(may ? { onOpen: setEditing } : {})} empty={<Empty icon="bell" title={t('rules.none')} text={t('rules.sub')} action={<Button kind="primary" icon="plus" reason={reason} onClick={() => setNew('1')}>{t('rules.new')}</Button>} />} />}</Loaded></section>
      {editing || (isNew === '1' && may) ? <RuleEditor rule={editing} metric={metric} channels={channels.data ?? []} onClose={close} /> : null}
      {deleting ? <ConfirmDialog title={t('rules.deleteTitle', { name: deleting.name || deleting.id })} name={deleting.id} action={t('rules.delete')} onClose={() => setDeleting(null)} run={async () => { const done = await send<{ undo?: string }>('DELETE', urls.alertRule(deleting.id)); offerUndo(t('rules.deleted', { name: deleting.name || deleting.id }), done.undo, t('core.undo'), [urls.alertRules, '/api/ui/attention']); }}><p>{t('rules.deleteText')}</p><ChangePreview path={urls.alertRule(deleting.id)} /></ConfirmDialog> : null}
    </>
  );
}

function Availability({ id }: { id: string }) {
  const sla = useResource(paths.sla(id, 720));
  return typeof sla.data === 'number' ? <span>{showNumber(sla.data, 3)} %</span> : <span className="faint">–</span>;
}
