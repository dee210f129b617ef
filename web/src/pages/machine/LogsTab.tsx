// The journal of the machine: unit, level, time and text in the address; followed by refreshing while at the end.
import { useMemo, useState } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useQueryParam } from '../../app/router';
import { useT } from '../../i18n';
import { useLink } from '../../state/live';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { LogView } from '../../ui/LogView';
import { Empty, Loaded } from '../../ui/StateBlock';
import { parseJournal } from './journal';

export function LogsTab() {
  const t = useT();
  const paused = useLink().link === 'paused';
  const units = useResource(paths.journalUnits);
  const [unit, setUnit] = useQueryParam('unit');
  const [priority, setPriority] = useQueryParam('priority');
  const [since, setSince] = useQueryParam('since', '60');
  const [grep, setGrep] = useQueryParam('q');
  const [text, setText] = useState(grep);
  const sinceText = Number(since) >= 1440 ? `${Math.round(Number(since) / 1440)} day ago` : `${Number(since) || 60} min ago`;
  const journal = useResource(paths.journal({ unit, priority, since: sinceText, grep, lines: 500 }), { everyMs: paused ? 0 : 5_000 });
  const names = useMemo(() => { const all = (units.data ?? []).map((u) => u.name); return unit && !all.includes(unit) ? [unit, ...all] : all; }, [units.data, unit]);
  const lines = useMemo(() => parseJournal(journal.data ?? ''), [journal.data]);
  const missing = (journal.data ?? '').startsWith('journalctl not available');
  const none = (journal.data ?? '').startsWith('No entries');
  return (
    <section className="card">
      <form className="logfilter" onSubmit={(e) => { e.preventDefault(); setGrep(text); }}>
        <Select label={t('logs.unit')} hideLabel value={unit} onChange={(v) => setUnit(v)} options={[{ id: '', text: t('logs.allUnits') }, ...names.map((n) => ({ id: n, text: n }))]} />
        <Select label={t('logs.priority')} hideLabel value={priority} onChange={(v) => setPriority(v)} options={[{ id: '', text: t('logs.all') }, { id: '4', text: t('logs.warning') }, { id: '3', text: t('logs.error') }, { id: '2', text: t('logs.critical') }]} />
        <Select label={t('logs.since')} hideLabel value={since} onChange={(v) => setSince(v)} options={[{ id: '15', text: t('logs.since15') }, { id: '60', text: t('logs.since60') }, { id: '360', text: t('logs.since360') }, { id: '1440', text: t('logs.since1440') }, { id: '10080', text: t('logs.since10080') }]} />
        <span className="filter"><Icon name="search" size={14} /><input type="search" value={text} maxLength={100} aria-label={t('logs.search')} placeholder={t('logs.search')} onChange={(e) => setText(e.target.value)} onBlur={() => setGrep(text)} /></span>
        <Button type="submit">{t('logs.apply')}</Button>
      </form>
      <Loaded from={journal} lines={14}>
        {() => (missing ? <Empty icon="terminal" title={t('logs.noJournal')} text={t('logs.noJournalText')} /> : none || lines.length === 0 ? <Empty icon="terminal" title={t('logs.none')} text={t('logs.noneText')} /> : <LogView lines={lines} name={t('logs.title')} match={grep} onSource={(s) => setUnit(s.includes('.') ? s : `${s}.service`)} />)}
      </Loaded>
    </section>
  );
}
