// The parts a thing is shown with, on its page and in the side sheet.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { Thing, ThingDetail, ThingFact, ThingLink, ThingMoment, ThingUndo } from '../../api/shapes';
import { Link } from '../../app/Link';
import { bytes, joined } from '../../format/numbers';
import { clock, day, exactTime, toMillis } from '../../format/time';
import { useT } from '../../i18n';
import { severityOf, statusOf } from '../../state/status';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, TextField } from '../../ui/Form';
import { Icon, StatusMark } from '../../ui/Icon';
import { Layer, Menu } from '../../ui/Overlay';
import { Empty, Loaded } from '../../ui/StateBlock';
import { endsWell } from '../../ui/TimelineList';
import { toast } from '../../ui/toasts';
import { offerUndo } from '../../ui/undo';
import { factName, kindIcon, kindName, linkName, linkTypes, thingPage } from './kinds';

/** What it depends on that is in trouble. */
export function Causes({ thing }: { thing: ThingDetail }) {
  const t = useT();
  if (thing.causes.length === 0) return null;
  return <p className="thing-cause" role="status"><Icon name="siren" size={16} /><span>{t('thing.causedBy')}</span>{thing.causes.map((c) => <ThingChip key={c.ref} thing={c} />)}</p>;
}

function ThingChip({ thing }: { thing: Thing }) {
  const t = useT();
  return <Link to={thingPage(thing.ref)} className="thing-chip"><StatusMark status={statusOf(thing.status)} bare size={13} word={t(`status.${statusOf(thing.status)}`)} /><Icon name={kindIcon(thing.kind)} size={14} /><bdi>{thing.name}</bdi></Link>;
}

function factText(f: ThingFact): string {
  const n = Number(f.text);
  if (f.unit === 'bytes' && Number.isFinite(n) && n >= 100_000) return joined(bytes(n));
  return f.unit ? `${f.text} ${f.unit === 'bytes' ? 'B' : f.unit}` : f.text;
}

export function Facts({ thing }: { thing: ThingDetail }) {
  const t = useT();
  return (
    <Card title={t('thing.facts')}>
      <dl className="facts">
        {thing.facts.map((f) => <div className="fact" key={f.name}><dt>{factName(f.name)}</dt><dd><bdi>{factText(f)}</bdi></dd></div>)}
        <div className="fact"><dt>{t('thing.reportedBy')}</dt><dd>{thing.source}</dd></div>
        <div className="fact"><dt>{t('thing.firstSeen')}</dt><dd><Age at={thing.first_seen} /></dd></div>
        <div className="fact"><dt>{t('inventory.ref')}</dt><dd><bdi className="mono">{thing.ref}</bdi></dd></div>
      </dl>
    </Card>
  );
}

const touched = ['/api/ui/things', '/api/ui/inventory'];

export function Related({ thing }: { thing: ThingDetail }) {
  const t = useT();
  const [adding, setAdding] = useState(false);
  const [all, setAll] = useState(false);
  const may = thing.actions.includes('link');
  const shown = thing.links.filter((l) => l.hidden_by === null);
  const hidden = thing.links.filter((l) => l.hidden_by !== null);
  const listed = all ? [...shown, ...hidden] : shown.slice(0, 12);
  const hide = async (l: ThingLink) => {
    try {
      const done = await send<ThingUndo>('PATCH', urls.thingLink(l.id), { hidden: l.hidden_by === null });
      offerUndo(l.hidden_by === null ? t('thing.linkHidden') : t('thing.linkShown'), done.undo, t('thing.undo'), touched);
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };
  return (
    <Card title={t('thing.related')} {...(thing.dependents > 0 ? { sub: t('thing.dependents', { n: thing.dependents }) } : {})} flush actions={may ? <Button small icon="plus" writes onClick={() => setAdding(true)}>{t('thing.addLink')}</Button> : null}>
      {thing.links.length === 0 ? <Empty compact icon="workflow" title={t('thing.noLinks')} /> : (
        <ul className="thing-links">
          {listed.map((l) => {
            const outward = l.from === thing.ref;
            const other = outward ? l.to : l.from;
            return (
              <li key={l.id} className={`${l.guess ? 'thing-guess' : ''}${l.hidden_by ? ' thing-hidden' : ''}`}>
                <span className="thing-link-name">{linkName(l.link, outward)}</span>
                {l.other ? <ThingChip thing={l.other} /> : <bdi className="mono faint">{other}</bdi>}
                <span className="thing-evidence faint">{l.guess ? `${t('thing.guess')}: ` : ''}{l.evidence}{l.hidden_by ? ` · ${t('thing.hiddenBy', { name: l.hidden_by })}` : ''}</span>
                {may ? <Menu label={t('thing.linkMenu')} items={[{ id: 'hide', text: l.hidden_by ? t('thing.show') : l.origin === 'person' ? t('thing.remove') : t('thing.hide'), icon: l.hidden_by ? 'eye' : 'eye-off', run: () => void hide(l) }]} /> : null}
              </li>
            );
          })}
        </ul>
      )}
      {!all && (hidden.length > 0 || shown.length > listed.length) ? <div className="inventory-more"><Button small kind="quiet" onClick={() => setAll(true)}>{t('thing.allLinks', { n: thing.links.length })}</Button></div> : null}
      {adding ? <AddLink thing={thing} onClose={() => setAdding(false)} /> : null}
    </Card>
  );
}

function AddLink({ thing, onClose }: { thing: ThingDetail; onClose: () => void }) {
  const t = useT();
  const [link, setLink] = useState<(typeof linkTypes)[number]>('depends_on');
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<Thing | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const found = useResource(text.trim().length > 0 && chosen === null ? paths.search(text.trim()) : null);
  const hits = (found.data?.groups ?? []).flatMap((g) => g.items).filter((x) => x.ref !== thing.ref).slice(0, 8);
  const save = async () => {
    if (!chosen) return;
    try {
      const made = await send<ThingUndo>('POST', urls.thingLinks, { from: thing.ref, link, to: chosen.ref });
      onClose();
      offerUndo(t('thing.linkAdded'), made.undo, t('thing.undo'), touched);
    } catch (e) { setProblem(asApiError(e).message); }
  };
  return (
    <Layer title={t('thing.addLinkTitle', { name: thing.name })} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" writes disabled={!chosen} onClick={() => void save()}>{t('thing.addLink')}</Button></>}>
      <div className="stack">
        <Select label={t('thing.linkType')} value={link} onChange={setLink} options={linkTypes.map((id) => ({ id, text: `${thing.name} ${linkName(id, true)} …` }))} />
        <TextField label={t('thing.linkTo')} type="search" value={chosen ? chosen.name : text} onChange={(v) => { setChosen(null); setText(v); }} error={problem} autoFocus placeholder={t('thing.linkToHint')} />
        {hits.length > 0 ? <ul className="thing-hits">{hits.map((x) => <li key={x.ref}><button type="button" onClick={() => setChosen(x)}><Icon name={kindIcon(x.kind)} size={14} /><bdi>{x.name}</bdi><span className="faint">{kindName(x.kind)}</span></button></li>)}</ul> : null}
      </div>
    </Layer>
  );
}

export function Annotations({ thing }: { thing: ThingDetail }) {
  const t = useT();
  const may = thing.actions.includes('annotate');
  const [editing, setEditing] = useState(false);
  const [tags, setTags] = useState('');
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const begin = () => { setTags(thing.own_tags.join(', ')); setNote(thing.note ?? ''); setProblem(null); setEditing(true); };
  const save = async () => {
    try {
      const done = await send<ThingUndo>('PATCH', urls.thing(thing.ref), { tags: tags.split(/[,\s]+/).filter((x) => x !== ''), note });
      setEditing(false);
      offerUndo(t('thing.saved'), done.undo, t('thing.undo'), touched);
    } catch (e) { setProblem(asApiError(e).message); }
  };
  return (
    <Card title={t('thing.notes')} actions={may && !editing ? <Button small icon="edit" writes onClick={begin}>{t('thing.edit')}</Button> : null}>
      {editing ? (
        <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
          <TextField label={t('thing.tags')} value={tags} onChange={setTags} help={t('thing.tagsHelp')} error={problem} autoFocus />
          <TextField label={t('thing.note')} value={note} onChange={setNote} maxLength={4000} />
          <span className="row"><Button type="submit" kind="primary" writes>{t('core.save')}</Button><Button onClick={() => setEditing(false)}>{t('core.cancel')}</Button></span>
        </form>
      ) : thing.tags.length === 0 && !thing.note ? <p className="faint thing-evidence">{t('thing.noNotes')}</p> : (
        <div className="stack">
          {thing.tags.length > 0 ? <p className="row">{thing.tags.map((tag) => <Link key={tag} to={`/inventory?q=${encodeURIComponent(`tag:${tag}`)}`} className="tag">{tag}</Link>)}</p> : null}
          {thing.note ? <p className="thing-note"><bdi>{thing.note}</bdi></p> : null}
        </div>
      )}
    </Card>
  );
}

export function Happened({ refName }: { refName: string }) {
  const t = useT();
  const timeline = useResource(paths.thingTimeline(refName), { everyMs: 10_000 });
  return (
    <Card title={t('thing.timeline')} flush>
      <Loaded from={timeline} lines={4} compact>
        {(items) => (items.length === 0 ? <Empty compact icon="history" title={t('thing.noTimeline')} /> : <div className="timeline thing-timeline"><ol>{items.map((m, i) => <Moment key={`${m.at}${i}`} moment={m} />)}</ol></div>)}
      </Loaded>
    </Card>
  );
}

function Moment({ moment: m }: { moment: ThingMoment }) {
  const t = useT();
  const ms = toMillis(m.at) ?? 0;
  const status = m.event ? (endsWell(m.event.kind) ? 'ok' : severityOf(m.event.severity)) : m.what === 'gone' ? 'unknown' : statusOf(m.after);
  const word = (s: string | null) => t(`status.${statusOf(s)}`);
  const text = m.event ? m.event.message : m.what === 'gone' ? t('thing.momentGone') : m.what === 'appeared' ? t('thing.momentAppeared', { state: m.word ?? word(m.after) }) : t('thing.momentStatus', { before: word(m.before), after: m.word ?? word(m.after) });
  return (
    <li className="timeline-row">
      <time className="num faint" dateTime={new Date(ms).toISOString()} title={exactTime(ms)}>{day(ms)} {clock(ms)}</time>
      <StatusMark status={status} bare />
      <span className="timeline-text"><span className="timeline-message">{text}</span></span>
    </li>
  );
}
