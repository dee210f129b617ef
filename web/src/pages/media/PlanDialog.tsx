// What the node would be told, step by step, before it is.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { FlowsPlan, MediaFlow, MediaNode } from '../../api/media';
import { urls } from '../../api/paths';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { Skeleton } from '../../ui/StateBlock';

export function PlanDialog({ node, change, plan, names, onDone, onClose }: { node: MediaNode; change: { flows: MediaFlow[]; remove: string[] }; plan: FlowsPlan | string | null; names: ReadonlyMap<string, string>; onDone: () => void; onClose: () => void }) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const apply = async () => {
    setBusy(true);
    setRefused(null);
    try { await send('POST', urls.mediaApply(node.id), change); onDone(); } catch (e) {
      const error = asApiError(e);
      setRefused(error.code === 'port_conflict' || error.code === 'bind_failed' ? t('media.portTaken', { why: error.message }) : error.message);
      setBusy(false);
    }
  };
  const ready = plan !== null && typeof plan !== 'string' && plan.valid && plan.plan.length > 0;
  return (
    <Layer title={t('media.planTitle', { name: node.name })} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="send" busy={busy} writes disabled={!ready} onClick={() => void apply()}>{t('media.apply')}</Button></>}>
      <div className="stack">
        {refused ? <p className="field-error" role="alert"><Icon name="siren" size={14} /><bdi>{refused}</bdi></p> : null}
        {plan === null ? <Skeleton lines={4} /> : typeof plan === 'string' ? <p className="field-error" role="alert">{plan}</p> : <Plan plan={plan} names={names} />}
      </div>
    </Layer>
  );
}

const verbs = { create: 'media.step.create', update: 'media.step.update', delete: 'media.step.delete' } as const;
const nouns = { input: 'media.oneInput', output: 'media.oneOutput', flow: 'media.flow' } as const;

/** Steps in words; one nobody knows keeps its name. `names`: of what is there already, by kind and id. */
export function Plan({ plan, names }: { plan: FlowsPlan; names?: ReadonlyMap<string, string> }) {
  const t = useT();
  const faults = plan.flows.flatMap((f) => f.errors.map((e) => ({ ...e, id: f.id })));
  const warnings = plan.flows.flatMap((f) => f.warnings.map((e) => ({ ...e, id: f.id })));
  const words = (step: FlowsPlan['plan'][number]) => {
    const [verb, noun] = step.type.split('_') as [keyof typeof verbs, keyof typeof nouns];
    const item = step[noun] as { id?: string; name?: string } | undefined;
    const id = String(step[`${noun}_id`] ?? item?.id ?? '');
    return verb in verbs && noun in nouns ? { mark: verb, text: `${t(verbs[verb])} · ${t(nouns[noun])}`, name: item?.name ?? names?.get(`${noun}:${id}`) ?? id, id } : { mark: 'update' as const, text: step.type, name: id, id };
  };
  return (
    <>
      {faults.map((e) => <p key={`${e.id}${e.path}`} className="field-error" role="alert"><bdi>{e.id}</bdi> {e.path}: {e.message}</p>)}
      {warnings.map((e) => <p key={`${e.id}${e.path}${e.message}`} className="media-note"><Icon name="info" size={14} /><bdi>{e.path}: {e.message}</bdi></p>)}
      {faults.length > 0 ? null : plan.plan.length === 0 ? <p className="faint">{t('media.noSteps')}</p> : (
        <ol className="plansteps">
          {plan.plan.map((step, n) => { const w = words(step); return <li key={`${n}${step.type}`} data-verb={w.mark}><span className="plansteps-mark"><Icon name={w.mark === 'create' ? 'plus' : w.mark === 'delete' ? 'trash' : 'edit'} size={14} /></span><span><b><bdi>{w.name}</bdi></b><small className="faint">{w.text}</small></span></li>; })}
        </ol>
      )}
      {faults.length === 0 && plan.plan.length > 0 ? <p className="faint"><StatusMark status="ok" bare word="" /> {t('media.planAll')}</p> : null}
    </>
  );
}
