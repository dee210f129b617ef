// The fields of one box, and what it is joined to: everything the lines do can be done here as well.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { MediaNode, RevealedSecret } from '../../api/media';
import { urls } from '../../api/paths';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { CopyBlock, Select, Switch, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { toast } from '../../ui/toasts';
import { addEnd, type Board, dropFlow, type FlowBox, join, type List, putEnd, putFlow } from './canvas-model';
import type { Faults } from './FlowCanvas';
import { EndFields } from './EndFields';

interface Props { node: MediaNode; board: Board; open: string; setBoard: (board: Board) => void; faults: Faults; onOpen: (key: string) => void; onClose: () => void }

export function BoxSheet(props: Props) {
  const { board, open } = props;
  const flow = board.flows.find((f) => f.key === open);
  if (flow) return <FlowSheet {...props} flow={flow} />;
  const list = (['inputs', 'outputs'] as const).find((l) => [...board.flows.flatMap((f) => f.draft[l]), ...board.loose[l]].some((e) => e.key === open));
  return list ? <EndSheet {...props} list={list} /> : null;
}

function EndSheet({ board, open, list, setBoard, faults, onClose }: Props & { list: List }) {
  const t = useT();
  const owner = board.flows.find((f) => f.draft[list].some((e) => e.key === open));
  const end = [...board.flows.flatMap((f) => f.draft[list]), ...board.loose[list]].find((e) => e.key === open);
  if (!end) return null;
  const mine = faults.get(open);
  const general = [...(mine ?? [])].filter(([member]) => !(member in end.text));
  return (
    <Layer kind="sheet" title={end.name || t(list === 'inputs' ? 'media.oneInput' : 'media.oneOutput')} onClose={onClose} footer={<><Button icon="trash" onClick={() => { setBoard(putEnd(board, list, null, open)); onClose(); }}>{t('media.removeEnd')}</Button><Button kind="primary" onClick={onClose}>{t('media.done')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); onClose(); }}>
        <Select label={t('media.flow')} value={owner?.key ?? ''} options={[{ id: '', text: t('media.joinedToNone') }, ...board.flows.map((f) => ({ id: f.key, text: f.draft.name || t('media.newFlow') }))]} onChange={(key) => setBoard(join(board, list, open, key === '' ? null : key))} help={owner ? undefined : t(end.rest.id === undefined ? 'media.looseNew' : 'media.looseOld')} />
        <EndFields list={list} end={end} bare onChange={(next) => { if (next) setBoard(putEnd(board, list, next, open)); }} errorAt={(member) => mine?.get(member)} />
        {general.map(([member, text]) => <p key={member} className="field-error">{text}</p>)}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

function FlowSheet({ node, board, open, flow, setBoard, faults, onOpen, onClose }: Props & { flow: FlowBox }) {
  const t = useT();
  const { draft } = flow;
  const mine = faults.get(open);
  const grow = (list: List) => { const [next, key] = addEnd(board, list, open); setBoard(next); onOpen(key); };
  return (
    <Layer kind="sheet" title={draft.name || t('media.newFlow')} onClose={onClose} footer={<><Button icon="trash" onClick={() => { setBoard(dropFlow(board, open)); onClose(); }}>{t('media.removeEnd')}</Button><Button kind="primary" onClick={onClose}>{t('media.done')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); onClose(); }}>
        <TextField label={t('core.name')} value={draft.name} onChange={(name) => setBoard(putFlow(board, open, { ...draft, name }))} maxLength={256} error={mine?.get('name') ?? mine?.get('id')} />
        <Switch label={t('media.runs')} checked={draft.rest.enabled !== false} onChange={(enabled) => setBoard(putFlow(board, open, { ...draft, rest: { ...draft.rest, enabled } }))} />
        {(['inputs', 'outputs'] as const).map((list) => (
          <section key={list} className="sheet-ends">
            <h3>{t(list === 'inputs' ? 'media.inputs' : 'media.outputs')}</h3>
            {draft[list].map((end) => <div key={end.key} className="sheet-end"><button type="button" className="linkish" onClick={() => onOpen(end.key)}><bdi>{end.name || end.rest.id || end.kind.toUpperCase()}</bdi></button><Button small kind="quiet" icon="close" label={t('media.cut', { end: end.name || end.kind, flow: draft.name })} onClick={() => setBoard(join(board, list, end.key, null))}>{''}</Button></div>)}
            <Button small icon="plus" onClick={() => grow(list)}>{t(list === 'inputs' ? 'media.addInput' : 'media.addOutput')}</Button>
          </section>
        ))}
        {[...(mine ?? [])].filter(([member]) => member !== 'name' && member !== 'id').map(([member, text]) => <p key={member} className="field-error">{member}: {text}</p>)}
        {draft.id === '' ? null : <Secrets node={node} flow={draft.id} />}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

/** Keys of the flow: asked for with a fresh proof of identity, and gone when the sheet is closed. */
function Secrets({ node, flow }: { node: MediaNode; flow: string }) {
  const t = useT();
  const [shown, setShown] = useState<RevealedSecret[] | null>(null);
  const [busy, setBusy] = useState(false);
  const show = async () => {
    setBusy(true);
    try { setShown((await send<{ secrets: RevealedSecret[] }>('POST', urls.mediaReveal(node.id, flow), {})).secrets); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <section className="sheet-ends">
      <h3>{t('media.secrets')}</h3>
      {shown === null ? <><p className="faint">{t('media.secretsText')}</p><Button small icon="key" busy={busy} onClick={() => void show()}>{t('media.reveal')}</Button></> : shown.length === 0 ? <p className="faint">{t('media.noSecrets')}</p> : shown.map((s) => <div key={s.path} className="enrol-copy"><h3 className="mono">{s.path}</h3><CopyBlock label={s.path} text={s.value} secret /></div>)}
    </section>
  );
}
