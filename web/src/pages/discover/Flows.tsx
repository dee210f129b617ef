// The ways through a site: which ran to their end, which were not run and why, and taking them as tests.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { FlowShown } from '../../api/discover';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { StatusMark } from '../../ui/Icon';
import { Empty } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { seconds } from '../tests/words';
import { FlowEditor } from './FlowEditor';

const take = (flow: FlowShown) => send<{ message: string }>('POST', urls.flowTest(flow.id), {});

export function Flows({ flows, over }: { flows: readonly FlowShown[]; over: boolean }) {
  const t = useT();
  const writes = useCan('test:write');
  const [busy, setBusy] = useState(false);
  if (flows.length === 0) return <section className="card"><Empty icon="workflow" title={t(over ? 'discover.flowsNone' : 'discover.flowsLater')} {...(over ? { text: t('discover.flowsNoneText') } : {})} /></section>;
  const ready = flows.filter((f) => f.validated === true && !f.test_generated);
  const all = async () => {
    setBusy(true);
    let n = 0;
    try {
      for (const flow of ready) { await take(flow); n += 1; }
    } catch (e) { toast({ level: 'critical', text: t('discover.failed', { why: asApiError(e).message }) }); }
    invalidate('/api/v1/discovery', '/api/v1/tests');
    if (n > 0) toast({ level: 'ok', text: t('discover.tookAll', { n }) });
    setBusy(false);
  };
  const reason = writes ? undefined : t('core.needsPermission', { permission: 'test:write' });
  return (
    <Card title={t('discover.flows')} flush actions={ready.length > 1 ? <Button small icon="check" busy={busy} writes reason={reason} onClick={() => void all()}>{t('discover.acceptAll')}</Button> : null}>
      <ul className="dflows">{flows.map((f) => <li key={f.id}><Flow flow={f} reason={reason} /></li>)}</ul>
    </Card>
  );
}

function Flow({ flow, reason }: { flow: FlowShown; reason: string | undefined }) {
  const t = useT();
  const executes = useCan('test:execute');
  const [busy, setBusy] = useState(false);
  const [editing, setEditing] = useState(false);
  const accept = async () => {
    setBusy(true);
    try {
      await take(flow);
      invalidate('/api/v1/discovery', '/api/v1/tests');
      toast({ level: 'ok', text: t('discover.accepted', { name: flow.name }) });
    } catch (e) { toast({ level: 'critical', text: t('discover.failed', { why: asApiError(e).message }) }); }
    setBusy(false);
  };
  const attempt = async () => { await send('POST', urls.flowValidate(flow.id), {}); invalidate('/api/v1/discovery'); };
  const why = flow.validation_result?.errors[0];
  const picture = flow.validation_result?.screenshots[0];
  const mark = flow.validated === null ? <StatusMark status="unknown" word={t('discover.notRun')} /> : flow.validated ? <StatusMark status="ok" word={t('discover.works')} /> : <StatusMark status="critical" word={t('discover.breaks')} />;
  return (
    <details className="dflow">
      <summary>
        <span className="dflow-name"><b>{flow.name}</b><small className="faint">{tDynamic(`discover.way.${flow.category}`, flow.category)} · {t('discover.steps', { n: flow.steps.length })} · {flow.validation_result ? seconds(flow.validation_result.duration_ms) : t('discover.seconds', { n: flow.estimated_duration })}</small></span>
        <span className="dflow-state">{mark}</span>
      </summary>
      <div className="dflow-body">
        <p className="muted">{flow.description}</p>
        {flow.validated === null && !flow.harmless ? <p className="faint">{t('discover.notRunWhy')}</p> : null}
        {why ? <p className="dflow-why">{why}{picture ? <> <a href={picture} target="_blank" rel="noreferrer">{t('discover.picture')}</a></> : null}</p> : null}
        <ol className="dsteps">{flow.steps.map((s) => <li key={s.order}><b>{tDynamic(`testing.act.${s.action}`, s.action.replaceAll('_', ' '))}</b> <span className="mono">{s.action === 'assert' ? s.expected_result : [s.target, s.value].filter(Boolean).join(' · ')}</span></li>)}</ol>
        <p className="dflow-acts">
          {flow.generated_test_id ? <ButtonLink small to={`/tests/${flow.generated_test_id}`} icon="flask">{t('discover.toTest')}</ButtonLink> : flow.validated ? <Button small kind="primary" icon="check" busy={busy} writes reason={reason} onClick={() => void accept()}>{t('discover.accept')}</Button> : null}
          {flow.validated === true ? null : flow.harmless ? <Button small icon="play" busy={busy} writes reason={executes ? undefined : t('core.needsPermission', { permission: 'test:execute' })} onClick={() => { setBusy(true); void attempt().catch((e: unknown) => toast({ level: 'critical', text: asApiError(e).message })).finally(() => setBusy(false)); }}>{t('discover.tryIt')}</Button> : <ConfirmInline action={t('discover.tryIt')} effect={t('discover.tryEffect')} icon="play" run={attempt} reason={executes ? undefined : t('core.needsPermission', { permission: 'test:execute' })} />}
          <Button small kind="quiet" icon="edit" reason={reason} onClick={() => setEditing(true)}>{t('discover.flowEditShort')}</Button>
        </p>
        {editing ? <FlowEditor flow={flow} onClose={() => setEditing(false)} /> : null}
      </div>
    </details>
  );
}
