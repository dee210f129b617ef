// What a box says: kind, name, address, and what runs through it now.
import type { LiveNode } from '../../api/media';
import { useT } from '../../i18n';
import { StatusMark } from '../../ui/Icon';
import type { List } from './canvas-model';
import { type EndDraft, type FlowDraft, flowOf } from './flow-draft';
import { addressOf, bitrate, flowState } from './states';

export function BoxFace({ end, list, flow, live, bad }: { end?: EndDraft; list?: List; flow?: FlowDraft; live: LiveNode | undefined; bad: boolean }) {
  const t = useT();
  if (flow) {
    const stats = live?.stats?.flows?.find((f) => f.flow_id === flow.id);
    const state = flowState(stats?.health, stats?.state, flow.rest.enabled !== false);
    return (
      <>
        <span className="cbox-line"><b><bdi>{flow.name || t('media.newFlow')}</bdi></b>{flow.id === '' ? <span className="cbox-word">{t('media.isNew')}</span> : <span className="num faint">{stats ? bitrate(stats.input?.bitrate_bps) : ''}</span>}</span>
        <span className="cbox-line cbox-sub">{bad ? <StatusMark status="warning" word={t('media.incomplete')} /> : flow.id === '' ? <span className="faint">{t('media.notSent')}</span> : <StatusMark status={state.status} word={t(state.word)} />}</span>
      </>
    );
  }
  if (!end) return null;
  const shown = flowOf({ id: 'x', name: 'x', inputs: list === 'inputs' ? [end] : [], outputs: list === 'outputs' ? [end] : [], rest: {} });
  const address = addressOf((list === 'inputs' ? shown.inputs : shown.outputs)[0]);
  const sub = [end.text.mode?.replace('_', ' '), address].filter(Boolean).join(' ');
  return (
    <>
      <span className="cbox-line"><span className="cbox-kind">{end.kind.toUpperCase().replace('_', ' ')}</span><b><bdi>{end.name || end.rest.id || t('media.unnamed')}</bdi></b></span>
      <span className="cbox-line cbox-sub">{bad ? <StatusMark status="warning" word={t('media.incomplete')} /> : <bdi className="mono faint">{sub || '–'}</bdi>}</span>
    </>
  );
}
