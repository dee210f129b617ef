// Words to flows: a proposal is shown with what the node would be told, and sent only by a person. Questions about the
// fleet and about what went wrong are answered in words.
import { useState } from 'react';
import { asApiError, type ApiError, send } from '../../api/client';
import type { Proposal } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import { Link } from '../../app/Link';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button, Segmented } from '../../ui/Button';
import { Field, Select } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Skeleton } from '../../ui/StateBlock';
import { ProposalCard } from './ProposalCard';
import './media.css';
import './canvas.css';

type Way = 'build' | 'ask' | 'cause';
type Answer = { way: Way; text: string; failed: boolean } | { way: 'build'; proposal: Proposal };
const LONGEST = 10_000;

export default function AssistantPage() {
  const t = useT();
  const mayBuild = useCan('ai:use');
  const mayAsk = useCan('ai:query');
  const nodes = useResource(paths.mediaNodes);
  const [param, setWay] = useQueryParam('way');
  const way: Way = param === 'ask' || param === 'cause' ? param : mayBuild ? 'build' : 'ask';
  const [node, setNode] = useQueryParam('node');
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const edges = (nodes.data ?? []).filter((n) => way !== 'build' || n.device_type === 'edge');
  const chosen = nodes.data?.find((n) => n.id === node);
  const allowed = way === 'build' ? mayBuild : mayAsk;
  const run = async () => {
    setBusy(true);
    setError(null);
    setAnswer(null);
    const about = node === '' ? {} : { node_id: node };
    try {
      if (way === 'build') {
        const proposal = await send<Proposal>('POST', urls.aiGenerate, { prompt: text, ...about });
        setAnswer(proposal.success ? { way, proposal } : { way, text: proposal.error ?? '', failed: true });
      } else {
        const said = await send<{ success: boolean; response?: string; error?: string }>('POST', way === 'ask' ? urls.aiQuery : urls.aiAnalyze, way === 'ask' ? { query: text } : { description: text, ...about });
        setAnswer({ way, text: said.response ?? said.error ?? '', failed: !said.success });
      }
    } catch (e) { setError(asApiError(e)); }
    setBusy(false);
  };
  const examples: readonly string[] = way === 'build' ? [t('media.exampleBuild1'), t('media.exampleBuild2')] : way === 'ask' ? [t('media.exampleAsk')] : [t('media.exampleCause')];
  return (
    <>
      <PageHead title={t('nav.mediaAssistant')} sub={t('media.assistantSub')} />
      <div className="grid">
        <section className="card span-5 assistant-ask">
          <form className="stack" onSubmit={(e) => { e.preventDefault(); if (text.trim() !== '' && !busy) void run(); }}>
            <Segmented label={t('media.assistantWay')} value={way} options={[{ id: 'build', text: t('media.way.build') }, { id: 'ask', text: t('media.way.ask') }, { id: 'cause', text: t('media.way.cause') }]} onChange={(next) => { setWay(next); setAnswer(null); setError(null); }} />
            {way === 'ask' ? null : <Select label={t('media.forNode')} value={chosen ? node : ''} options={[{ id: '', text: t('media.noNode') }, ...edges.map((n) => ({ id: n.id, text: n.name }))]} onChange={setNode} help={way === 'build' && node === '' ? t('media.noNodeHelp') : undefined} />}
            <Field label={t(way === 'build' ? 'media.promptBuild' : way === 'ask' ? 'media.promptAsk' : 'media.promptCause')} help={t('media.promptHelp')}>{({ id, describedBy }) => <textarea id={id} className="input assistant-text" value={text} maxLength={LONGEST} onChange={(e) => setText(e.target.value)} aria-describedby={describedBy} />}</Field>
            <ul className="assistant-examples" aria-label={t('media.examples')}>{examples.map((x) => <li key={x}><button type="button" className="linkish" onClick={() => setText(x)}><bdi>{x}</bdi></button></li>)}</ul>
            <span className="row"><Button type="submit" kind="primary" icon="send" busy={busy} disabled={text.trim() === ''} reason={allowed ? undefined : t('core.needsPermission', { permission: way === 'build' ? 'ai:use' : 'ai:query' })}>{t(way === 'build' ? 'media.propose' : 'media.answer')}</Button></span>
          </form>
        </section>
        <section className="card span-7 assistant-answer" aria-live="polite" aria-busy={busy}>
          {busy ? <Skeleton lines={6} /> : error ? <Refused text={error.message} /> : answer === null ? <p className="faint assistant-hint"><Icon name="workflow" size={28} /><span>{t(way === 'build' ? 'media.hintBuild' : 'media.hintAsk')}</span></p> : 'proposal' in answer ? <ProposalCard key={JSON.stringify(answer.proposal)} proposal={answer.proposal} node={chosen} /> : answer.failed ? <Refused text={answer.text} /> : <div className="assistant-words"><bdi>{answer.text}</bdi></div>}
        </section>
      </div>
    </>
  );
}

function Refused({ text }: { text: string }) {
  const t = useT();
  return <div className="stack"><p className="field-error" role="alert"><Icon name="siren" size={14} /><bdi>{text}</bdi></p><p><Link to="/settings/models">{t('media.toModels')}</Link></p></div>;
}
