// The tariff in force and its editor: a base price and periods by weekday and hour, the first that fits wins.
import { useState } from 'react';
import { type ApiError, asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import type { Tariff, TariffPeriod } from '../../api/power';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { showNumber } from '../../format/numbers';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { TariffWeek } from './TariffWeek';

const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const dayName = (id: string) => tDynamic(`power.day.${id}`, id);

export function TariffCard() {
  const t = useT();
  const may = useCan('power:manage');
  const tariff = useResource(paths.energyTariff);
  const [editing, setEditing] = useState(false);
  return (
    <Card title={t('power.tariff')} actions={<Button small icon="edit" writes reason={may ? undefined : t('core.needsPermission', { permission: 'power:manage' })} onClick={() => setEditing(true)}>{t('power.change')}</Button>}>
      <Loaded from={tariff} lines={3} compact>
        {(x) => (
          <>
            {x.base_rate === 0 && x.standing_per_day === 0 && x.periods.length === 0 ? <p className="muted">{t('power.noTariff')}</p> : <dl className="facts">
              <div className="fact"><dt>{t('power.base')}</dt><dd className="num">{showNumber(x.base_rate, 4)} {x.currency} / kWh</dd></div>
              {x.standing_per_day > 0 ? <div className="fact"><dt>{t('power.standing')}</dt><dd className="num">{showNumber(x.standing_per_day, 2)} {x.currency}</dd></div> : null}
              {x.periods.map((p, i) => <div className="fact" key={`${p.name}${i}`}><dt>{p.name || `${p.start}–${p.end}`}</dt><dd className="num">{showNumber(p.rate, 4)} {x.currency}<small className="faint"> {p.start}–{p.end}{p.days.length > 0 ? `, ${p.days.map(dayName).join(' ')}` : ''}</small></dd></div>)}
            </dl>}
            {x.periods.length > 0 ? <TariffWeek tariff={x} /> : null}
            {editing ? <TariffForm tariff={x} onClose={() => setEditing(false)} /> : null}
          </>
        )}
      </Loaded>
    </Card>
  );
}

interface Draft { name: string; rate: string; days: string[]; start: string; end: string; months: number[] }
const draftOf = (p: TariffPeriod): Draft => ({ name: p.name, rate: String(p.rate), days: p.days, start: p.start, end: p.end, months: p.months });
const asNumber = (text: string) => { const n = Number(text.replace(',', '.')); return text.trim() === '' || Number.isNaN(n) ? null : n; };

function TariffForm({ tariff, onClose }: { tariff: Tariff; onClose: () => void }) {
  const t = useT();
  const [currency, setCurrency] = useState(tariff.currency);
  const [base, setBase] = useState(String(tariff.base_rate));
  const [standing, setStanding] = useState(String(tariff.standing_per_day));
  const [periods, setPeriods] = useState<Draft[]>(tariff.periods.map(draftOf));
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const change = (at: number, part: Partial<Draft>) => setPeriods(periods.map((p, i) => (i === at ? { ...p, ...part } : p)));
  const fault = (field: string) => error?.fields.find((f) => f.field === field)?.message;
  const save = async () => {
    setBusy(true);
    setError(null);
    const body = { currency: currency.trim().toUpperCase(), base_rate: asNumber(base) ?? 0, standing_per_day: asNumber(standing) ?? 0, periods: periods.map((p) => ({ ...p, rate: asNumber(p.rate) ?? 0 })) };
    try {
      await send('PUT', urls.energyTariff, body);
      invalidate(urls.energy, urls.powerSummary);
      toast({ level: 'ok', text: t('power.tariffSaved') });
      onClose();
    } catch (e) { setError(asApiError(e)); setBusy(false); }
  };
  return (
    <Layer title={t('power.tariff')} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} writes onClick={() => void save()}>{t('power.saveTariff')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
        <div className="fieldrow"><TextField label={t('power.base')} value={base} onChange={setBase} inputMode="decimal" error={fault('base_rate')} /><TextField label={t('power.currency')} value={currency} onChange={setCurrency} maxLength={3} error={fault('currency')} mono /><TextField label={t('power.standing')} value={standing} onChange={setStanding} inputMode="decimal" error={fault('standing_per_day')} /></div>
        {periods.map((p, i) => (
          <fieldset key={i} className="period">
            <legend>{t('power.period', { n: i + 1 })}</legend>
            <div className="fieldrow"><TextField label={t('power.name')} value={p.name} onChange={(name) => change(i, { name })} optional /><TextField label={t('power.price')} value={p.rate} onChange={(rate) => change(i, { rate })} inputMode="decimal" error={fault(`periods.${i}.rate`)} /><TextField label={t('power.from')} value={p.start} onChange={(start) => change(i, { start })} placeholder="22:00" error={fault(`periods.${i}.start`)} mono /><TextField label={t('power.until')} value={p.end} onChange={(end) => change(i, { end })} placeholder="06:00" error={fault(`periods.${i}.end`)} mono /></div>
            <div className="row row-between"><span className="daypicks" role="group" aria-label={t('power.days')}>{week.map((d) => <Button key={d} small pressed={p.days.length === 0 || p.days.includes(d)} onClick={() => { const now = p.days.length === 0 ? [...week] : p.days; const next = now.includes(d) ? now.filter((x) => x !== d) : week.filter((x) => x === d || now.includes(x)); change(i, { days: next.length === 7 ? [] : next }); }}>{dayName(d)}</Button>)}</span><Button small kind="quiet" icon="trash" onClick={() => setPeriods(periods.filter((_, k) => k !== i))}>{t('power.removePeriod')}</Button></div>
          </fieldset>
        ))}
        {periods.length > 0 ? <TariffWeek tariff={{ currency, base_rate: asNumber(base) ?? 0, periods: periods.map((p) => ({ ...p, rate: asNumber(p.rate) ?? 0 })) }} /> : null}
        <div><Button small icon="plus" onClick={() => setPeriods([...periods, { name: '', rate: base, days: [], start: '22:00', end: '06:00', months: [] }])}>{t('power.addPeriod')}</Button></div>
        <p className="field-help">{t('power.tariffHelp')}</p>
        {error && error.fields.length === 0 ? <p className="field-error" role="alert">{error.message}</p> : null}
      </form>
    </Layer>
  );
}
