// What waits for this person, of every kind: the queue beside the one thing that is read or decided.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { WaitingItem, WaitingPage, WaitingWord } from '../../api/shapes';
import { useKeys } from '../../app/keys';
import { useQueryParam } from '../../app/router';
import { dayTime, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import { severityWord } from '../../i18n/words';
import { severityOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button, ButtonLink, Segmented } from '../../ui/Button';
import { TextField } from '../../ui/Form';
import { Icon, type IconName, StatusMark } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { ApprovalCard } from '../approvals/ApprovalCard';
import '../approvals/approvals.css';
import './inbox.css';

const step = 50;
const most = 200;
const icons: Readonly<Record<WaitingWord, IconName>> = { approve: 'check', deny: 'close', defer: 'clock', read: 'check' };
const keys: Readonly<Record<WaitingWord, string>> = { approve: 'a', deny: 'd', defer: 'z', read: 'r' };
const labels = { approve: 'keys.approve', deny: 'keys.deny', defer: 'keys.defer', read: 'inbox.word.read' } as const;

/** Everything that tells how much waits. */
export function inboxChanged(): void { invalidate('/api/ui/inbox', '/api/notifications', '/api/approvals'); }

export function WaitingList() {
  const t = useT();
  const [kind, setKind] = useQueryParam('kind');
  const [limit, setLimit] = useState(step);
  const waiting = useResource(paths.waiting(kind, limit), { everyMs: 15_000 });
  return (
    <Loaded from={waiting} lines={6}>
      {(page) => (
        <>
          {page.unavailable.length > 0 ? <p className="banner banner-warning" role="status">{t('inbox.missing', { kinds: page.unavailable.map((k) => tDynamic(`inbox.kind.${k}`, k)).join(', ') })}</p> : null}
          {kind !== '' || page.counts.length > 1 ? <Kinds page={page} kind={kind} setKind={setKind} /> : null}
          {page.items.length === 0 ? <section className="card"><Empty icon="check" title={t('inbox.none')} text={t('inbox.noneText')} /></section> : <Queue page={page} more={() => setLimit(Math.min(most, limit + step))} mayMore={limit < most} />}
        </>
      )}
    </Loaded>
  );
}

/** The kinds there are; with one chosen only that one is known, so the way back is always there. */
function Kinds({ page, kind, setKind }: { page: WaitingPage; kind: string; setKind: (kind: string) => void }) {
  const t = useT();
  const options = [{ id: '', text: kind === '' ? `${t('inbox.all')} ${page.total}` : t('inbox.all') }, ...page.counts.map((c) => ({ id: c.kind, text: `${tDynamic(`inbox.kind.${c.kind}`, c.kind)} ${c.count}` }))];
  if (kind !== '' && !page.counts.some((c) => c.kind === kind)) options.push({ id: kind, text: `${tDynamic(`inbox.kind.${kind}`, kind)} 0` });
  return <div className="inbox-kinds"><Segmented label={t('inbox.kinds')} value={kind} options={options} onChange={setKind} /></div>;
}

function Queue({ page, more, mayMore }: { page: WaitingPage; more: () => void; mayMore: boolean }) {
  const t = useT();
  const [picked, setPicked] = useQueryParam('item');
  const rows = page.items;
  const place = Math.max(0, rows.findIndex((r) => r.ref === picked));
  const current = rows[place] as WaitingItem;
  const go = (by: number) => { const next = rows[Math.min(rows.length - 1, Math.max(0, place + by))]; if (next) setPicked(next.ref); };
  useKeys([{ keys: 'j', label: 'keys.nextRow', run: () => go(1) }, { keys: 'k', label: 'keys.previousRow', run: () => go(-1) }]);
  // What comes next is shown when this one is gone.
  const after = () => setPicked((rows[place + 1] ?? rows[place - 1])?.ref ?? '');
  return (
    <div className="approvals">
      <section className="card approvals-list" aria-label={t('inbox.queue')}>
        <ul>
          {rows.map((r) => (
            <li key={r.ref}><button type="button" aria-current={r === current ? 'true' : undefined} onClick={() => setPicked(r.ref)}>
              <span className="inbox-line"><StatusMark status={severityOf(r.severity)} bare /><span>{r.title}</span></span>
              <small className="faint">{tDynamic(`inbox.one.${r.kind}`, r.kind)} · <Age at={r.at} /></small>
            </button></li>
          ))}
        </ul>
        {page.total > rows.length && mayMore ? <Button small kind="quiet" onClick={more}>{t('inbox.more')}</Button> : null}
      </section>
      {current.kind === 'approval' ? <Question key={current.ref} item={current} /> : <Item key={current.ref} item={current} done={after} />}
    </div>
  );
}

function Question({ item }: { item: WaitingItem }) {
  const approval = useResource(paths.approval(Number(item.ref.slice(item.kind.length + 1))));
  return <div><Loaded from={approval} lines={6}>{(a) => <ApprovalCard approval={a} />}</Loaded></div>;
}

function Item({ item, done }: { item: WaitingItem; done: () => void }) {
  const t = useT();
  const [comment, setComment] = useState('');
  const [busy, setBusy] = useState<WaitingWord | null>(null);
  const decide = async (word: WaitingWord) => {
    if (busy) return;
    setBusy(word);
    try {
      await send('POST', urls.waitingDecide(item.ref), { word, ...(comment.trim() === '' ? {} : { comment }) });
      toast({ level: word === 'deny' ? 'info' : 'ok', text: t(`inbox.did.${word}`, { title: item.title }) });
      done();
    } catch (e) {
      const why = asApiError(e);
      // Somebody was faster, or it is gone.
      toast(why.status === 404 || why.status === 409 ? { level: 'info', text: t('inbox.elsewhere', { why: why.message }) } : { level: 'critical', text: why.message });
    }
    setBusy(null);
    inboxChanged();
  };
  useKeys(item.words.map((word) => ({ keys: keys[word], label: labels[word], run: () => void decide(word) })));
  const ends = toMillis(item.expires_at);
  const asks = item.words.some((w) => w !== 'read');
  return (
    <section className="card approval" aria-label={item.title}>
      <header className="approval-head"><StatusMark status={severityOf(item.severity)} bare size={18} /><h2>{item.title}</h2><span className="muted">{tDynamic(`inbox.one.${item.kind}`, item.kind)}</span></header>
      {item.detail ? <p className="inbox-detail"><bdi>{item.detail}</bdi></p> : null}
      <dl className="approval-facts">
        <div><dt>{t('inbox.since')}</dt><dd><Age at={item.at} /></dd></div>
        {item.by ? <div><dt>{t('inbox.by')}</dt><dd><bdi>{item.by}</bdi></dd></div> : null}
        {ends === null ? null : <div><dt>{t('inbox.ends')}</dt><dd>{dayTime(ends)}</dd></div>}
        {item.risk ? <div><dt>{t('inbox.risk')}</dt><dd>{severityWord(item.risk)}</dd></div> : null}
      </dl>
      <form className="approval-form" onSubmit={(e) => { e.preventDefault(); }}>
        {asks ? <TextField optional label={t('inbox.reason')} value={comment} onChange={setComment} maxLength={1000} /> : null}
        {item.words.length === 0 ? <p className="muted"><Icon name="lock" size={14} /> {t('inbox.notYours')}</p> : null}
        <div className="approval-acts">
          {item.words.map((word) => <Button key={word} kind={word === 'approve' || word === 'read' ? 'primary' : word === 'deny' ? 'danger' : 'secondary'} icon={icons[word]} busy={busy === word} writes onClick={() => void decide(word)}>{t(`inbox.word.${word}`)}</Button>)}
          <ButtonLink to={item.page} iconEnd="chevron-right">{t('inbox.open')}</ButtonLink>
        </div>
      </form>
    </section>
  );
}
