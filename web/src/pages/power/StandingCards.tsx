// What can be said of a UPS over time: its battery, the quality of what it is fed, and how long it was on mains.
import { paths } from '../../api/paths';
import type { BatteryHealth, SupplyQuality } from '../../api/power';
import { useResource } from '../../api/resource';
import { percent, showNumber } from '../../format/numbers';
import { date, span, toMillis } from '../../format/time';
import { tDynamic, useT } from '../../i18n';
import type { Status } from '../../state/status';
import { Card } from '../../ui/Card';
import { StatusMark } from '../../ui/Icon';
import { Loaded } from '../../ui/StateBlock';
import { Meter, Value } from '../../ui/Value';
import './power.css';

const batteryStatus = (ratio: number | null): Status => (ratio === null ? 'unknown' : ratio < 0.4 ? 'critical' : ratio < 0.7 ? 'warning' : 'ok');
const scoreStatus = (score: number | null): Status => (score === null ? 'unknown' : score < 50 ? 'critical' : score < 80 ? 'warning' : 'ok');
const day = (text: string) => { const ms = toMillis(text); return ms === null ? text : date(ms); };

export function BatteryCard({ id }: { id: string }) {
  const t = useT();
  const health = useResource(paths.powerBatteryHealth(id), { everyMs: 60_000 });
  return <Card title={t('power.batteryHealth')}><Loaded from={health} lines={3} compact>{(h) => <Battery h={h} />}</Loaded></Card>;
}

function Battery({ h }: { h: BatteryHealth }) {
  const t = useT();
  const status = batteryStatus(h.health_ratio);
  return (
    <div className="stack">
      <span className="power-figure"><Value big of={h.health_ratio === null ? null : percent(h.health_ratio * 100)} />{h.health_ratio === null ? <small className="faint">{t('power.healthUnknown')}</small> : <Meter thin value={h.health_ratio * 100} status={status} label={t('power.batteryHealth')} />}</span>
      {h.replace_flag ? <p><StatusMark status="critical" word={t('power.wantsBattery')} /></p> : null}
      <dl className="facts">
        <div className="fact"><dt>{t('power.restsOn')}</dt><dd>{h.observations > 0 ? t('power.observations', { n: h.observations }) : t('power.noObservations')}</dd></div>
        {h.estimated_full_runtime_seconds === null ? null : <div className="fact"><dt>{t('power.fullRuntime')}</dt><dd className="num">{span(Math.round(h.estimated_full_runtime_seconds / 60) * 60)}</dd></div>}
        {h.age_days === null ? null : <div className="fact"><dt>{t('power.batteryAge')}</dt><dd className="num">{t('power.ageYears', { n: showNumber(h.age_days / 365, 1) })}</dd></div>}
        {h.last_test ? <div className="fact"><dt>{t('power.lastTest')}</dt><dd><bdi>{h.last_test.result}</bdi>{h.last_test.at ? <small className="faint"> {day(h.last_test.at)}</small> : null}</dd></div> : null}
      </dl>
    </div>
  );
}

export function QualityCard({ id }: { id: string }) {
  const t = useT();
  const quality = useResource(paths.powerQuality(id), { everyMs: 30_000 });
  return <Card title={t('power.quality')}><Loaded from={quality} lines={4} compact>{(q) => <Quality q={q} />}</Loaded></Card>;
}

function Quality({ q }: { q: SupplyQuality }) {
  const t = useT();
  return (
    <div className="stack">
      <span className="power-figure"><Value big of={q.score === null ? null : { figure: showNumber(q.score), unit: '/ 100' }} />{q.score === null ? <small className="faint">{t('power.qualityUnknown')}</small> : <Meter thin value={q.score} status={scoreStatus(q.score)} label={t('power.quality')} />}</span>
      <p className="field-help">{t('power.qualitySub')}</p>
      {q.parts.length > 0 ? <ul className="quality-parts">{q.parts.map((p) => <li key={p.name}><span>{tDynamic(`power.part.${p.name}`, p.name)}</span><Meter thin value={p.share * 100} status={scoreStatus(p.share * 100)} label={tDynamic(`power.part.${p.name}`, p.name)} /><span className="num">{showNumber(p.share * 100)} %</span></li>)}</ul> : null}
      {Object.values(q.availability).every((v) => v === null) ? null : <dl className="facts">
        {(['24h', '7d', '30d'] as const).map((w) => <div className="fact" key={w}><dt>{t(`power.available.${w}`)}</dt><dd className="num">{q.availability[w] === null || q.availability[w] === undefined ? '–' : `${showNumber(q.availability[w], 2)} %`}</dd></div>)}
      </dl>}
      {q.sla_ok === null ? null : <p><StatusMark status={q.sla_ok ? 'ok' : 'warning'} word={q.sla_ok ? t('power.slaKept', { n: showNumber(q.sla_target, 1) }) : t('power.slaMissed', { n: showNumber(q.sla_target, 1) })} /></p>}
    </div>
  );
}
