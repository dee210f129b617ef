// The name of a measurement, with what there is offered while typing: its unit, its things and what they read now.
import { useId, useMemo, useState } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import type { RuleSeries } from '../../api/shapes';
import { byUnit, joined } from '../../format/numbers';
import { useT } from '../../i18n';

interface Choice { name: string; unit: string; source: string; /** How many things it means. */ things: number; value: number | null }
const shown = 40;

/** Metrics first; the things of one as soon as its name stands there. */
export function choicesFor(all: RuleSeries['metrics'], text: string): Choice[] {
  const typed = text.trim().toLowerCase();
  const bare = typed.split('[')[0] ?? '';
  const exact = all.filter((m) => m.metric.toLowerCase() === bare && m.source !== 'machine');
  const things = exact.flatMap((m) => (m.subjects.length > 1 || typed.includes('[') ? m.subjects.filter((s) => s.metric.toLowerCase().includes(typed)).map((s) => ({ name: s.metric, unit: m.unit, source: m.source, things: 1, value: s.value })) : []));
  const words = bare.split(/[\s_]+/).filter((w) => w !== '');
  const metrics = typed.includes('[') && exact.length > 0 ? exact : all.filter((m) => words.every((w) => m.metric.toLowerCase().includes(w)));
  return [...metrics.map((m) => ({ name: m.metric, unit: m.unit, source: m.source, things: m.total, value: m.total === 1 ? (m.subjects[0]?.value ?? null) : null })), ...things].slice(0, shown);
}

/** The unit of what a condition names; empty where nobody knows it. */
export function unitOf(all: RuleSeries['metrics'] | undefined, metric: string): string {
  const bare = metric.split('[')[0] ?? '';
  return all?.find((m) => m.metric === bare)?.unit ?? '';
}

export function useRuleSeries(): RuleSeries['metrics'] | undefined { return useResource(paths.ruleSeries).data?.metrics; }

export function MetricField({ value, disabled, onChange }: { value: string; disabled: boolean; onChange: (value: string) => void }) {
  const t = useT();
  const id = useId();
  const all = useRuleSeries();
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const choices = useMemo(() => choicesFor(all ?? [], value), [all, value]);
  const take = (c: Choice) => { onChange(c.name); setAt(-1); setOpen(c.things > 1); };
  const key = (e: React.KeyboardEvent) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setOpen(true);
      setAt((n) => (choices.length === 0 ? -1 : (n + (e.key === 'ArrowDown' ? 1 : -1) + choices.length + (n < 0 && e.key === 'ArrowUp' ? 1 : 0)) % choices.length));
    } else if (e.key === 'Enter' && open && choices[at]) {
      e.preventDefault();
      take(choices[at]);
    } else if (e.key === 'Escape' && open) {
      // Only the list is closed, not the form around it.
      e.preventDefault();
      e.nativeEvent.stopImmediatePropagation();
      setOpen(false);
    }
  };
  const isOpen = open && !disabled && choices.length > 0;
  return (
    <span className="metric-field">
      <input className="input mono" role="combobox" aria-label={t('rules.metric')} aria-expanded={isOpen} aria-controls={`${id}-list`} aria-activedescendant={isOpen && at >= 0 ? `${id}-${at}` : undefined} aria-autocomplete="list" spellCheck={false} autoComplete="off" value={value} disabled={disabled} placeholder={t('rules.metricHint')}
        onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} onKeyDown={key} onChange={(e) => { onChange(e.target.value); setOpen(true); setAt(-1); }} />
      {isOpen ? (
        <div className="metric-list" id={`${id}-list`} role="listbox" aria-label={t('rules.metric')}>
          {choices.map((c, n) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox input handles the keys.
            <div key={`${c.source} ${c.name}`} id={`${id}-${n}`} role="option" tabIndex={-1} aria-selected={n === at} className={n === at ? 'metric-choice metric-chosen' : 'metric-choice'} onMouseDown={(e) => e.preventDefault()} onClick={() => take(c)} ref={n === at ? (el) => el?.scrollIntoView({ block: 'nearest' }) : undefined}>
              <span className="mono metric-name">{c.name}</span>
              <span className="metric-value num">{c.things > 1 ? t('rules.things', { n: c.things }) : c.value === null ? (c.unit || t('rules.noValueNow')) : joined(byUnit(c.value, c.unit))}</span>
              <span className="metric-source">{t(`rules.source.${sourceWord(c.source)}`)}</span>
            </div>
          ))}
        </div>
      ) : null}
    </span>
  );
}

const sources = ['machine', 'power', 'edge', 'nodes', 'quality', 'platform'] as const;
function sourceWord(source: string): (typeof sources)[number] { return sources.find((s) => s === source) ?? 'machine'; }
