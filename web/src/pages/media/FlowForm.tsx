// A flow as a form: inputs, outputs, the check while typing, and the commands that would be sent. A refusal of the node
// lands on its field.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { FlowReport, MediaFlow, MediaNode } from '../../api/media';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { EndFields } from './EndFields';
import { draftOf, fromTemplate, hasField, type EndDraft, type FlowDraft, flowOf, newEnd, takenField } from './flow-draft';

type List = 'inputs' | 'outputs';

/** `start`: what a new flow begins with. */
export function FlowForm({ node, flow, start, onClose }: { node: MediaNode; flow: MediaFlow | null; start?: Record<string, unknown>; onClose: () => void }) {
  const t = useT();
  const [draft, setDraft] = useState<FlowDraft>(() => (start ? fromTemplate(start) : draftOf(flow)));
  const [report, setReport] = useState<FlowReport | null>(null);
  const [touched, setTouched] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const [taken, setTaken] = useState<string | undefined>();
  const text = JSON.stringify(flowOf(draft));
  useEffect(() => {
    let old = false;
    const timer = setTimeout(() => { send<FlowReport>('POST', urls.mediaValidate(node.id), JSON.parse(text)).then((r) => { if (!old) setReport(r); }, () => undefined); }, 300);
    return () => { old = true; clearTimeout(timer); };
  }, [text, node.id]);
  const change = (next: Partial<FlowDraft>) => { setDraft({ ...draft, ...next }); setRefused(null); setTaken(undefined); };
  const put = (list: List, index: number, end: EndDraft | null) => change({ [list]: end ? draft[list].map((e, n) => (n === index ? end : e)) : draft[list].filter((_, n) => n !== index) });
  const errorAt = (path: string) => (path === taken ? t('media.taken') : touched ? report?.errors.find((e) => e.path === path)?.message : undefined);
  const save = async () => {
    setTouched(true);
    if (report && !report.valid) return;
    setBusy(true);
    try {
      const body = flowOf(draft);
      await send(flow ? 'PUT' : 'POST', flow ? urls.mediaFlow(node.id, flow.id) : urls.mediaFlows(node.id), body);
      invalidate(urls.mediaFlows(node.id), urls.mediaConfig(node.id));
      toast({ level: 'ok', text: t('media.flowSaved', { name: body.name }) });
      onClose();
    } catch (e) {
      const error = asApiError(e);
      const isTaken = error.code === 'port_conflict' || error.code === 'bind_failed';
      setRefused(isTaken ? t('media.portTaken', { why: error.message }) : error.message);
      setTaken(isTaken ? takenField(draft, error.message) : undefined);
      setBusy(false);
    }
  };
  const general = touched ? (report?.errors ?? []).filter((e) => !hasField(draft, e.path)) : [];
  return (
    <Layer title={flow ? t('media.editFlow', { name: flow.name }) : t('media.addFlow')} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="send" busy={busy} writes disabled={draft.name.trim() === ''} onClick={() => void save()}>{t('media.apply')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        {refused ? <p className="field-error" role="alert"><Icon name="siren" size={14} /><bdi>{refused}</bdi></p> : null}
        {general.map((e) => <p key={e.path} className="field-error" role="alert">{e.path}: {e.message}</p>)}
        <TextField label={t('core.name')} value={draft.name} onChange={(name) => change({ name })} autoFocus={!flow} maxLength={256} error={errorAt('name')} help={flow ? undefined : t('media.idIs', { id: flowOf(draft).id })} />
        {(['inputs', 'outputs'] as const).map((list) => (
          <fieldset key={list} className="endlist">
            <legend>{t(list === 'inputs' ? 'media.inputs' : 'media.outputs')}{list === 'inputs' && draft.inputs.length > 1 ? <small className="faint"> {t('media.oneActive')}</small> : null}</legend>
            {draft[list].map((end, index) => <EndFields key={end.key} list={list} end={end} onChange={(e) => put(list, index, e)} errorAt={(member) => errorAt(`${list}[${index}].${member}`)} />)}
            <Button small icon="plus" onClick={() => change({ [list]: [...draft[list], newEnd(list, list === 'inputs' ? 'srt' : 'udp')] })}>{t(list === 'inputs' ? 'media.addInput' : 'media.addOutput')}</Button>
          </fieldset>
        ))}
        {(report?.warnings ?? []).map((w) => <p key={`${w.path}${w.message}`} className="media-note"><Icon name="info" size={14} /><bdi>{w.path}: {w.message}</bdi></p>)}
        {report?.valid && report.plan.length > 0 ? <details className="fold"><summary>{t('media.plan', { n: report.plan.length })}</summary><ol className="planlist">{report.plan.map((step, n) => <li key={`${n}${step.type}`}><code>{step.type}</code></li>)}</ol></details> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}
