// A proposal: what it says, each action with its plan, and the button that sends it. Several are sent in order and stop at
// the first that fails.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { Envelope, FlowsPlan, MediaFlow, MediaNode, Proposal } from '../../api/media';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Icon, StatusMark } from '../../ui/Icon';
import { toast } from '../../ui/toasts';
import { Plan } from './PlanDialog';
import { actionsOf, batchOf } from './proposal';

export function ProposalCard({ proposal, node }: { proposal: Proposal; node: MediaNode | undefined }) {
  const t = useT();
  const actions = actionsOf(proposal.config);
  const [done, setDone] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const errors = proposal.validation?.errors ?? [];
  const away = node !== undefined && node.connected_at === null;
  const apply = async () => {
    if (!node) return;
    setBusy(true);
    setError(null);
    let at = done;
    try {
      for (const action of actions.slice(done)) { await run(node, action); at += 1; setDone(at); }
      toast({ level: 'ok', text: t('media.proposalSent', { name: node.name }) });
    } catch (e) { setError(asApiError(e).message); }
    invalidate(urls.mediaFlows(node.id), urls.mediaConfig(node.id), urls.mediaTunnels);
    setBusy(false);
  };
  const reason = node === undefined ? t('media.noNodeHelp') : away ? t('media.awayReason') : errors.length > 0 ? t('media.proposalBad') : undefined;
  return (
    <div className="stack">
      <header className="row row-between"><h2 className="assistant-title">{t('media.proposal')}</h2><span className="faint">{t(proposal.source === 'builder' ? 'media.fromBuilder' : 'media.fromModel')}</span></header>
      {proposal.config?.message && proposal.source !== 'builder' ? <p className="assistant-words"><bdi>{proposal.config.message}</bdi></p> : null}
      {errors.map((e) => <p key={e} className="field-error" role="alert"><Icon name="siren" size={14} /><bdi>{e}</bdi></p>)}
      {actions.map((action, index) => <Action key={`${index}${action.action}`} action={action} node={away ? undefined : node} done={index < done} alone={actions.length === 1} />)}
      {error ? <p className="field-error" role="alert"><bdi>{error}</bdi></p> : null}
      {actions.length > 0 && done < actions.length ? <span className="row"><Button kind="primary" icon="send" busy={busy} writes reason={reason} onClick={() => void apply()}>{t(actions.length > 1 ? 'media.applyAll' : 'media.apply')}</Button></span> : null}
      {actions.length > 0 && done === actions.length ? <StatusMark status="ok" word={t('media.proposalDone')} /> : null}
    </div>
  );
}

function Action({ action, node, done, alone }: { action: Envelope; node: MediaNode | undefined; done: boolean; alone: boolean }) {
  const t = useT();
  const [plan, setPlan] = useState<FlowsPlan | null>(null);
  const text = JSON.stringify(batchOf(action));
  useEffect(() => {
    if (!node || text === 'null' || done) return;
    let old = false;
    send<FlowsPlan>('POST', urls.mediaPlan(node.id), JSON.parse(text)).then((p) => { if (!old) setPlan(p); }, () => undefined);
    return () => { old = true; };
  }, [node, text, done]);
  const flow = action.flow as MediaFlow | undefined;
  return (
    <section className="assistant-action" data-done={done ? '' : undefined}>
      <h3><code>{action.action}</code> <bdi>{flow?.name ?? action.flow_id ?? ''}</bdi>{done ? <Icon name="check" size={16} /> : null}</h3>
      {!alone && action.message ? <p className="faint"><bdi>{action.message}</bdi></p> : null}
      {plan ? <Plan plan={plan} /> : null}
      <details className="fold"><summary>{t('media.json')}</summary><pre className="media-json" tabIndex={0}>{JSON.stringify(action.flow ?? action.output ?? action.tunnel ?? action, null, 2)}</pre></details>
    </section>
  );
}

async function run(node: MediaNode, action: Envelope): Promise<void> {
  const batch = batchOf(action);
  if (batch) await send('POST', urls.mediaApply(node.id), batch);
  else if (action.action === 'create_tunnel') await send('POST', urls.mediaTunnels, action.tunnel);
  else if (action.action === 'delete_tunnel') await send('DELETE', urls.mediaTunnel(String(action.tunnel_id)));
  else { const { message: _m, action: type, ...rest } = action; await send('POST', urls.mediaCommand(node.id), { action: { type, ...rest } }); }
}
