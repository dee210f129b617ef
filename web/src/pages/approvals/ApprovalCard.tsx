// One decision: what will be done, to what, who asks, until when; approve, change and approve, deny, put off.
import { useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { ApprovalRow } from '../../api/shapes';
import { useKeys } from '../../app/keys';
import { useCan } from '../../app/session';
import { dayTime, span, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { jobName, severityWord, triggerWord } from '../../i18n/words';
import { Age, useNow } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { StatusMark } from '../../ui/Icon';
import { toast } from '../../ui/toasts';

type Word = 'approved' | 'denied' | 'deferred';

export function ApprovalCard({ approval: a }: { approval: ApprovalRow }) {
  const t = useT();
  const now = useNow();
  const mayAny = useCan('approvals:decide');
  // What an organization asks is decided by those who may there, whatever they may elsewhere.
  const inThread = !mayAny && a.thread_id !== null && a.kind.startsWith('test_') && a.decidable;
  const mayDecide = mayAny || inThread;
  const [comment, setComment] = useState('');
  const [changes, setChanges] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState<Word | null>(null);
  const [error, setError] = useState<string | null>(null);
  const named = a.approvers.length > 0 ? t('approvals.onlyThese', { names: a.approvers.join(', ') }) : undefined;
  const reason = !mayDecide ? t('core.needsPermission', { permission: 'approvals:decide' }) : a.decidable ? undefined : (named ?? t('core.needsPermission', { permission: a.required_permission }));
  const denyReason = mayDecide ? undefined : reason;
  const ends = toMillis(a.expires_at);
  // The organization's way knows yes and no only.
  const mayDefer = !inThread && a.defers < 3 && ends !== null;
  const edited = Object.entries(changes).filter(([key, text]) => text !== shown(a.action_params[key]));
  const decide = async (decision: Word) => {
    setBusy(decision);
    setError(null);
    try {
      const modifications = decision === 'approved' && edited.length > 0 ? Object.fromEntries(edited.map(([key, text]) => [key, parsed(text)])) : undefined;
      const consents = a.votes.length + 1;
      const done = inThread
        ? await send('POST', urls.decideThread(a.thread_id ?? '', decision === 'approved' ? 'approve' : 'reject'), { reason: comment || null, ...(modifications ? { modifications } : {}) })
          .then(() => ({ approval_status: decision === 'approved' && consents < a.quorum ? 'pending' : decision, consents, quorum: a.quorum }))
        : await send<{ approval_status: string; consents: number; quorum: number }>('POST', urls.decide(a.id), { decision, ...(comment === '' ? {} : { comment }), ...(modifications ? { modifications } : {}) });
      toast({ level: decision === 'denied' ? 'info' : 'ok', text: done?.approval_status === 'pending' && decision === 'approved' ? t('approvals.recorded', { n: done.consents, quorum: done.quorum }) : tDynamic(`approvals.did.${decision}`, decision) });
      invalidate('/api/approvals', '/api/jobs', '/api/notifications', '/api/ui/inbox');
    } catch (e) {
      const why = asApiError(e);
      if (why.message.startsWith('Approval already')) {
        const now = await load(paths.approval(a.id)).catch(() => null);
        toast({ level: 'info', text: t('approvals.decidedElsewhere', { status: tDynamic(`approvals.status.${now?.status ?? ''}`, now?.status ?? ''), name: now?.decided_by ?? t('approvals.nobody') }) });
        invalidate('/api/approvals', '/api/ui/inbox');
      } else setError(why.message);
    }
    setBusy(null);
  };
  useKeys([
    { keys: 'a', label: 'keys.approve', run: () => { if (!reason) void decide('approved'); } },
    { keys: 'd', label: 'keys.deny', run: () => { if (!denyReason) void decide('denied'); } },
    { keys: 'z', label: 'keys.defer', run: () => { if (!denyReason && mayDefer) void decide('deferred'); } },
  ]);
  const params = Object.entries(a.action_params).filter(([key]) => !a.modifiable.includes(key));
  return (
    <section className="card approval" aria-label={a.description}>
      <header className="approval-head">
        <StatusMark status={a.stage === 'admin' ? 'critical' : 'pending'} bare size={18} />
        <h2>{a.description}</h2>
        {ends === null ? <span className="faint">{t('approvals.noEnd')}</span> : <span className={ends - now < 600_000 ? 'approval-soon num' : 'muted num'} title={dayTime(ends)}>{ends > now ? t(a.on_timeout === 'approve' ? 'approvals.ends.approve' : 'approvals.ends.deny', { time: span((ends - now) / 1000) }) : t('approvals.over')}</span>}
      </header>
      <dl className="approval-facts">
        <div><dt>{t('approvals.action')}</dt><dd title={a.action_type}>{jobName(a.action_type)}</dd></div>
        {a.target ? <div><dt>{t('approvals.target')}</dt><dd>{a.target}</dd></div> : null}
        <div><dt>{t('approvals.askedBy')}</dt><dd>{a.requested_by} · <Age at={a.requested_at} /></dd></div>
        <div><dt>{t('approvals.trigger')}</dt><dd>{triggerWord(a.trigger)}</dd></div>
        {a.risk ? <div><dt>{t('approvals.risk')}</dt><dd><StatusMark status={a.risk === 'high' ? 'critical' : a.risk === 'medium' ? 'warning' : 'info'} word={severityWord(a.risk)} /></dd></div> : null}
        {a.quorum > 1 ? <div><dt>{t('approvals.quorum')}</dt><dd>{t('approvals.consents', { n: a.votes.length, quorum: a.quorum })}{a.votes.length > 0 ? ` (${a.votes.map((v) => v.username).join(', ')})` : ''}</dd></div> : null}
        {named ? <div><dt>{t('approvals.approvers')}</dt><dd>{a.approvers.join(', ')}</dd></div> : null}
        {params.map(([key, value]) => <div key={key}><dt><bdi className="mono">{key}</bdi></dt><dd><bdi className="mono">{shown(value)}</bdi></dd></div>)}
      </dl>
      {a.defers > 0 || a.stage === 'admin' ? <p className="muted approval-note">{[a.stage === 'admin' ? t('approvals.escalated') : '', a.defers > 0 ? t('approvals.deferred', { n: a.defers }) : ''].filter(Boolean).join(' ')}</p> : null}
      <form className="approval-form" onSubmit={(e) => { e.preventDefault(); }}>
        {a.modifiable.length > 0 ? <div className="approval-edit">{a.modifiable.map((key) => <TextField key={key} mono label={key} help={t('approvals.mayChange')} value={changes[key] ?? shown(a.action_params[key])} onChange={(text) => setChanges({ ...changes, [key]: text })} disabled={reason !== undefined} />)}</div> : null}
        <TextField optional label={t('approvals.reason')} value={comment} onChange={setComment} error={error} maxLength={1000} disabled={denyReason !== undefined} />
        <div className="approval-acts">
          <Button kind="primary" icon="check" busy={busy === 'approved'} reason={reason} writes onClick={() => void decide('approved')}>{edited.length > 0 ? t('approvals.changeAndApprove') : t('approvals.approve')}</Button>
          <Button kind="danger" icon="close" busy={busy === 'denied'} reason={denyReason} writes onClick={() => void decide('denied')}>{t('approvals.deny')}</Button>
          <Button icon="clock" busy={busy === 'deferred'} reason={denyReason} disabled={!mayDefer} writes onClick={() => void decide('deferred')}>{t('approvals.defer')}</Button>
        </div>
      </form>
    </section>
  );
}

function shown(value: unknown): string { return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value); }
/** What was typed, as the type it looks like: numbers and JSON stay what they are. */
function parsed(text: string): unknown { try { return JSON.parse(text) as unknown; } catch { return text; } }
