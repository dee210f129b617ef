// Any metric over any span: chart, figures, saved charts. The whole question is in the address.
import { useMemo, useState } from 'react';
import { stepFor, useMetric } from '../../api/metrics';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useQueryParam, navigate } from '../../app/router';
import { byUnit, joined } from '../../format/numbers';
import { rangeText, span } from '../../format/time';
import { useT } from '../../i18n';
import { preferences, type SavedChart, setPreferences } from '../../state/preferences';
import { useStore } from '../../state/store';
import { Button, ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, ErrorBlock, Loaded } from '../../ui/StateBlock';
import { summarise, TimeSeries } from '../../ui/TimeSeries';
import { TimeRange, useTimeRange } from '../../ui/TimeRange';
import './explore.css';

const aggs = ['avg', 'min', 'max', 'sum', 'last', 'count', 'rate', 'p95'] as const;
const stepChoices = [5, 60, 300, 3600, 86400];
const drawn = 8;

export default function MetricsPage() {
  const t = useT();
  const list = useResource(paths.metricSeries);
  const [metric, setMetric] = useQueryParam('metric');
  const [labels, setLabels] = useQueryParam('labels');
  const [agg, setAgg] = useQueryParam('agg', 'avg');
  const [step, setStep] = useQueryParam('step');
  const { range, text, set } = useTimeRange('-24h');
  const names = useMemo(() => [...new Set((list.data?.series ?? []).map((s) => s.metric))].sort(), [list.data]);
  return (
    <>
      <PageHead title={t('explore.title')} sub={t('explore.sub')} actions={<TimeRange range={range} text={text} set={set} initial="-24h" />} />
      <div className="explore">
        <aside className="explore-side">
          <Card title={t('explore.metric')} flush>
            <Loaded from={list} lines={8} compact>{() => (names.length === 0 ? <Empty compact icon="chart" title={t('explore.none')} text={t('explore.noneText')} /> : <MetricList names={names} metric={metric} choose={(m) => { setLabels(''); setMetric(m, true); }} />)}</Loaded>
          </Card>
          <Saved />
        </aside>
        <div className="stack home-column">
          <section className="card explore-query">
            <Select label={t('explore.agg')} value={agg} onChange={setAgg} options={aggs.map((a) => ({ id: a as string, text: t(`explore.${a}`) }))} />
            <Select label={t('explore.step')} value={step} onChange={setStep} options={[{ id: '', text: `${t('explore.auto')} (${span(stepFor(range.to - range.from))})` }, ...stepChoices.map((s) => ({ id: String(s), text: span(s) }))]} />
            <TextField key={`${metric}/${labels}`} label={t('explore.labels')} value={labels} onChange={setLabels} placeholder={t('explore.labelsHelp')} mono />
            {metric ? <SaveChart chart={{ metric, labels, agg, range: text }} /> : null}
          </section>
          {metric ? <Chart metric={metric} labels={labels} agg={agg} step={Number(step) || undefined} unit={list.data?.series.find((s) => s.metric === metric)?.unit ?? ''} range={range} setRange={set} />
            : <section className="card"><Empty icon="chart" title={t('explore.pick')} text={t('explore.pickText')} /></section>}
        </div>
      </div>
    </>
  );
}

function MetricList({ names, metric, choose }: { names: readonly string[]; metric: string; choose: (name: string) => void }) {
  const t = useT();
  const [text, setText] = useState('');
  const shown = names.filter((n) => n.includes(text.trim().toLowerCase()));
  return (
    <>
      <div className="explore-find"><span className="filter"><Icon name="search" size={14} /><input type="search" value={text} onChange={(e) => setText(e.target.value)} aria-label={t('explore.search')} placeholder={t('explore.search')} /></span></div>
      <ul className="explore-list">{shown.slice(0, 200).map((n) => <li key={n}><button type="button" aria-current={n === metric || undefined} onClick={() => choose(n)}><bdi className="mono truncate">{n}</bdi></button></li>)}</ul>
    </>
  );
}

function Chart({ metric, labels, agg, step, unit, range, setRange }: { metric: string; labels: string; agg: string; step: number | undefined; unit: string; range: { from: number; to: number; live: boolean; label: string }; setRange: (text: string) => void }) {
  const t = useT();
  // Labels must be complete pairs before they are asked for; a half-typed one would be refused.
  const complete = labels.split(',').every((p) => p.trim() === '' || /^[^=\s]+=[^=]+$/.test(p.trim()));
  const query = useMetric(complete ? metric : null, range, agg, complete ? labels : '', step);
  const shownUnit = agg === 'count' ? '' : agg === 'rate' ? `${unit}/s` : unit;
  const ordered = useMemo(() => [...query.series].sort((a, b) => (summarise(b.points)?.max ?? 0) - (summarise(a.points)?.max ?? 0)), [query.series]);
  const shown = useMemo(() => ordered.slice(0, drawn), [ordered]);
  const show = (v: number) => joined(byUnit(v, shownUnit));
  if (query.error && query.data === undefined) return <section className="card"><ErrorBlock error={query.error} retry={query.reload} /></section>;
  return (
    <>
      <section className="card">
        <TimeSeries title={<bdi className="mono">{metric}</bdi>} name={metric} series={shown} unit={shownUnit} from={range.from} to={range.to} height={340} loading={query.loading} {...(unit === '%' && agg !== 'sum' && agg !== 'count' && agg !== 'rate' ? { max: 100 } : {})} onBrush={(a, b) => setRange(rangeText(a, b))}
          actions={<ButtonLink small kind="quiet" icon="siren" to={`/incidents/rules?new=1&metric=${encodeURIComponent(metric)}`}>{t('explore.alert')}</ButtonLink>} />
        {query.series.length > drawn ? <p className="explore-note faint">{t('explore.shownOf', { shown: drawn, total: query.series.length })}</p> : null}
      </section>
      <Card title={t('explore.table')} sub={t('explore.series', { n: query.series.length })} flush>
        <div className="table-scroll">
          <table className="table">
            <thead><tr><th>{t('explore.seriesName')}</th><th className="cell-number">{t('explore.lastValue')}</th><th className="cell-number">{t('explore.minimum')}</th><th className="cell-number">{t('explore.mean')}</th><th className="cell-number">{t('explore.maximum')}</th></tr></thead>
            <tbody>{ordered.slice(0, 100).map((s, i) => {
              const f = summarise(s.points);
              return <tr key={`${s.label}${i}`}><td className="cell-main"><span className="row">{i < drawn ? <i className="series-dot" style={{ background: `var(--series-${i + 1})` }} /> : null}<bdi>{s.label}</bdi></span></td>{([['lastValue', f?.last], ['minimum', f?.min], ['mean', f?.mean], ['maximum', f?.max]] as const).map(([k, v]) => <td key={k} data-label={t(`explore.${k}`)} className="cell-number num">{v === undefined ? '–' : show(v)}</td>)}</tr>;
            })}</tbody>
          </table>
        </div>
      </Card>
    </>
  );
}

function addressOf(c: Omit<SavedChart, 'id' | 'name'>): string {
  const q = new URLSearchParams({ metric: c.metric, agg: c.agg, t: c.range });
  if (c.labels) q.set('labels', c.labels);
  return `/explore/metrics?${q}`;
}

function SaveChart({ chart }: { chart: Omit<SavedChart, 'id' | 'name'> }) {
  const t = useT();
  const [name, setName] = useState<string | null>(null);
  if (name === null) return <span className="explore-save"><Button icon="star" onClick={() => setName(`${chart.metric} ${chart.labels}`.trim())}>{t('explore.save')}</Button></span>;
  return (
    <form className="explore-save row" onSubmit={(e) => { e.preventDefault(); setPreferences({ charts: [...preferences.get().charts, { id: Date.now().toString(36), name: name.trim() || chart.metric, ...chart }] }); setName(null); }}>
      <input className="input" value={name} onChange={(e) => setName(e.target.value)} aria-label={t('explore.name')} autoFocus maxLength={60} />
      <Button type="submit" kind="primary">{t('core.save')}</Button><Button onClick={() => setName(null)}>{t('core.cancel')}</Button>
    </form>
  );
}

function Saved() {
  const t = useT();
  const charts = useStore(preferences, (p) => p.charts);
  return (
    <Card title={t('explore.saved')} flush>
      {charts.length === 0 ? <p className="explore-none faint">{t('explore.savedNone')}</p> : (
        <ul className="explore-list">{charts.map((c) => <li key={c.id} className="explore-saved"><button type="button" onClick={() => navigate(addressOf(c))}><Icon name="star" size={14} /><span className="truncate">{c.name}</span></button><Button small kind="quiet" icon="close" label={`${t('explore.remove')}: ${c.name}`} onClick={() => setPreferences({ charts: charts.filter((x) => x.id !== c.id) })} /></li>)}</ul>
      )}
    </Card>
  );
}
