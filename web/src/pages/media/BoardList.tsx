// The same boxes where there is no room for lines: each flow with what comes in and what goes out.
import type { LiveNode } from '../../api/media';
import { useT } from '../../i18n';
import { Icon } from '../../ui/Icon';
import { BoxFace } from './BoxFace';
import type { Board, List } from './canvas-model';
import type { Faults } from './FlowCanvas';

export function BoardList({ board, live, bad, onOpen }: { board: Board; live: LiveNode | undefined; bad: Faults; onOpen: (key: string) => void }) {
  const t = useT();
  const row = (key: string, face: React.ReactNode, kind: string) => <li key={key}><button type="button" className="boardrow" data-kind={kind} data-bad={bad.has(key) ? '' : undefined} onClick={() => onOpen(key)}><span className="boardrow-face">{face}</span><Icon name="chevron-right" size={16} /></button></li>;
  const ends = (list: List, all: Board['loose'][List]) => all.map((end) => row(end.key, <BoxFace end={end} list={list} live={live} bad={bad.has(end.key)} />, list));
  return (
    <div className="boardlist">
      {board.flows.map(({ key, draft }) => (
        <section key={key}>
          <ul>{row(key, <BoxFace flow={draft} live={live} bad={bad.has(key)} />, 'flow')}</ul>
          {draft.inputs.length > 0 ? <><h2>{t('media.inputs')}</h2><ul>{ends('inputs', draft.inputs)}</ul></> : null}
          {draft.outputs.length > 0 ? <><h2>{t('media.outputs')}</h2><ul>{ends('outputs', draft.outputs)}</ul></> : null}
        </section>
      ))}
      {board.loose.inputs.length + board.loose.outputs.length > 0 ? <section><h2>{t('media.loose')}</h2><ul>{ends('inputs', board.loose.inputs)}{ends('outputs', board.loose.outputs)}</ul></section> : null}
    </div>
  );
}
