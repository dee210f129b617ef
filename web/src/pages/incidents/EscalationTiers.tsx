// Who is told when an alert stays open: any number of tiers, each once, by age.
import type { Channel } from '../../api/shapes';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Form';

export interface Tier { key: number; minutes: string; channels: readonly string[] }
const steps = [1, 5, 10, 15, 30, 60, 120, 240, 480, 1440];
const TIERS_MAX = 10;

export function tiersOf(stored: readonly { delay_minutes: number; channels: readonly (string | number)[] }[] | undefined): Tier[] {
  return (stored ?? []).map((tier, key) => ({ key, minutes: String(tier.delay_minutes), channels: tier.channels.map(String) }));
}
/** As the server stores them, by age; a channel is its number where one is known. */
export function tiersBody(tiers: readonly Tier[], channels: readonly Channel[]): { delay_minutes: number; channels: (string | number)[] }[] {
  return tiers.map((tier) => ({ delay_minutes: Number(tier.minutes), channels: tier.channels.map((id) => channels.find((c) => String(c.id) === id)?.id ?? id) })).sort((a, b) => a.delay_minutes - b.delay_minutes);
}

/** Who is told: any number of channels, each taken away by a click on it. */
export function Told({ label, chosen, channels, onChange }: { label: string; chosen: readonly string[]; channels: readonly Channel[]; onChange: (chosen: string[]) => void }) {
  const t = useT();
  const open = channels.filter((c) => !chosen.includes(String(c.id)));
  return (
    <span className="tier-to">
      {chosen.map((id) => <button type="button" key={id} className="tier-channel" title={t('cond.tierDrop')} onClick={() => onChange(chosen.filter((c) => c !== id))}>{channels.find((c) => String(c.id) === id)?.name ?? id}<span aria-hidden="true"> ×</span></button>)}
      {chosen.length === 0 || open.length > 0 ? <Select hideLabel label={label} value="" onChange={(id) => { if (id !== '') onChange([...chosen, id]); }} options={[{ id: '', text: chosen.length === 0 ? t('rules.broadcast') : t('cond.tierAlso') }, ...open.map((c) => ({ id: String(c.id), text: c.name }))]} /> : null}
    </span>
  );
}

export function EscalationTiers({ tiers, channels, onChange }: { tiers: readonly Tier[]; channels: readonly Channel[]; onChange: (tiers: Tier[]) => void }) {
  const t = useT();
  const set = (key: number, part: Partial<Tier>) => onChange(tiers.map((tier) => (tier.key === key ? { ...tier, ...part } : tier)));
  const last = tiers.reduce((most, tier) => Math.max(most, Number(tier.minutes)), 0);
  const next = steps.find((n) => n > last) ?? last + 60;
  return (
    <fieldset className="tiers">
      <legend>{t('cond.escalation')}</legend>
      {tiers.length === 0 ? <p className="muted">{t('cond.escalationNone')}</p> : (
        <ol>
          {tiers.map((tier, at) => (
            <li key={tier.key} className="tier">
              <span className="tier-at num" aria-hidden="true">{at + 1}</span>
              <Select hideLabel label={t('cond.tierAfter', { n: at + 1 })} value={tier.minutes} onChange={(minutes) => set(tier.key, { minutes })} options={(steps.includes(Number(tier.minutes)) ? steps : [...steps, Number(tier.minutes)].sort((a, b) => a - b)).map((n) => ({ id: String(n), text: t('cond.minutes', { n }) }))} />
              <Told label={t('cond.escalationTo')} chosen={tier.channels} channels={channels} onChange={(told) => set(tier.key, { channels: told })} />
              <Button kind="quiet" small icon="close" label={t('cond.tierRemove', { n: at + 1 })} onClick={() => onChange(tiers.filter((x) => x.key !== tier.key))} />
            </li>
          ))}
        </ol>
      )}
      {tiers.length < TIERS_MAX ? <Button small icon="plus" onClick={() => onChange([...tiers, { key: Math.max(-1, ...tiers.map((x) => x.key)) + 1, minutes: String(next), channels: [] }])}>{t('cond.tierAdd')}</Button> : null}
    </fieldset>
  );
}
