// The stored samples and events as files, and samples from files: CSV with the documented header, or JSON lines.
import { useRef, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import type { PowerImport } from '../../api/power';
import { invalidate } from '../../api/resource';
import { showNumber } from '../../format/numbers';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { Icon, StatusMark } from '../../ui/Icon';
import { toast } from '../../ui/toasts';

/** As many faulty lines as anybody reads. */
const shownMax = 8;

export function HistoryCard() {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [told, setTold] = useState<PowerImport | null>(null);
  const take = async (file: File) => {
    setBusy(true);
    setError(null);
    setTold(null);
    try {
      setTold(await send<PowerImport>('POST', urls.powerImport, file));
      invalidate(urls.powerSnapshots, urls.energy);
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  const recompute = async () => {
    await send('POST', urls.energyRecompute, {});
    invalidate(urls.energy, urls.powerSummary);
    toast({ level: 'ok', text: t('power.recomputed') });
  };
  const file = (what: 'snapshots' | 'events', format: 'csv' | 'json') => <a className="btn btn-secondary btn-small" href={urls.powerExport(what, format)} download><Icon name="download" /><span>{format === 'csv' ? 'CSV' : 'JSON'}</span></a>;
  return (
    <Card title={t('power.history')}>
      <div className="stack">
        <p className="muted">{t('power.historyText')}</p>
        <div className="history-row"><span>{t('power.samples')}</span><span className="row">{file('snapshots', 'csv')}{file('snapshots', 'json')}</span></div>
        <div className="history-row"><span>{t('power.tab.events')}</span><span className="row">{file('events', 'csv')}{file('events', 'json')}</span></div>
        <div className="history-row"><span>{t('power.importFile')}</span><span className="row"><Button small icon="upload" busy={busy} writes onClick={() => input.current?.click()}>{t('power.chooseFile')}</Button></span></div>
        <input ref={input} type="file" accept=".csv,.json,.jsonl,.txt,text/csv" hidden onChange={(e) => { const picked = e.target.files?.[0]; e.target.value = ''; if (picked) void take(picked); }} />
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        {told ? <Told told={told} /> : null}
        {told && told.imported > 0 ? <div className="history-row"><span className="muted">{t('power.recomputeText')}</span><ConfirmInline action={t('power.recompute')} effect={t('power.recomputeEffect')} run={recompute} /></div> : null}
      </div>
    </Card>
  );
}

function Told({ told }: { told: PowerImport }) {
  const t = useT();
  const bad = told.rejected.length + (told.rejected_left ?? 0);
  const left = bad - shownMax;
  return (
    <div className="stack" role="status">
      <StatusMark status={bad > 0 ? 'warning' : 'ok'} word={t('power.importedLine', { n: told.imported, known: showNumber(told.duplicates), bad: showNumber(bad) })} />
      {told.rejected.length > 0 ? <ul className="faint num history-bad">{told.rejected.slice(0, shownMax).map((r) => <li key={r.line}>{t('power.importBad', { line: r.line })} <bdi>{r.error}</bdi></li>)}{left > 0 ? <li>{t('power.importMore', { n: left })}</li> : null}</ul> : null}
    </div>
  );
}
