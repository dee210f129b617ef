// What a rule has done besides telling: an address called, a schedule or a kind of work run; at once or after consent.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Select, TextField } from '../../ui/Form';

export interface Deed { type: string; url: string; schedule: string; kind: string; autonomy: string; stored: unknown }
const own: readonly string[] = ['webhook', 'schedule', 'job'];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where an action keeps its parameters: in `params`, else beside its type. */
function partsOf(action: unknown): { type: string; inside: boolean; params: Record<string, unknown> } {
  const { type, ...beside } = isObject(action) ? action : {};
  const inside = isObject(beside.params);
  return { type: typeof type === 'string' ? type : '', inside, params: isObject(beside.params) ? beside.params : beside };
}

export function deedOf(action: unknown, autonomy: string | undefined): Deed {
  const { type, params } = partsOf(action);
  const text = (name: string) => (typeof params[name] === 'string' || typeof params[name] === 'number' ? String(params[name]) : '');
  return { type, url: text('url'), schedule: text('schedule_id'), kind: text('kind'), autonomy: autonomy ?? 'notify', stored: action ?? null };
}

/** As the server stores it. What this form does not show of a stored action stays where it is, and so does how far the rule may go. */
export function deedBody(deed: Deed): { action: unknown; autonomy: string } {
  const { autonomy } = deed;
  const before = partsOf(deed.stored);
  if (deed.type === '') return { action: before.type === '' ? deed.stored : null, autonomy };
  const params = { webhook: { url: deed.url.trim() }, schedule: { schedule_id: Number(deed.schedule) }, job: { kind: deed.kind } }[deed.type];
  if (!params) return { action: deed.stored, autonomy };
  const kept = before.type === deed.type ? before : { inside: true, params: {} };
  const all = { ...kept.params, ...params };
  const beside = before.type === deed.type && isObject(deed.stored) ? deed.stored : {};
  return { action: kept.inside ? { ...beside, type: deed.type, params: all } : { type: deed.type, ...all }, autonomy };
}

/** `silenceMinutes`: so long nobody may answer until that is a yes; 0 = it becomes a no. */
export function ActionField({ deed, silenceMinutes, onChange }: { deed: Deed; silenceMinutes: number; onChange: (deed: Deed) => void }) {
  const t = useT();
  const schedules = useResource(paths.schedules);
  const kinds = useResource(paths.scheduleKinds);
  const set = (part: Partial<Deed>) => onChange({ ...deed, ...part });
  const types = deed.type === '' || own.includes(deed.type) ? own : [...own, deed.type];
  const words: Record<string, string> = { webhook: t('deed.webhook'), schedule: t('deed.schedule'), job: t('deed.job') };
  const rows = schedules.data?.items ?? [];
  const work = kinds.data ?? [];
  const none = { id: '', text: t('deed.choose') };
  // Choosing what is done is what arms a rule that only told.
  const choose = (type: string) => set({ type, autonomy: deed.type === '' && type !== '' && deed.autonomy === 'notify' ? 'execute' : deed.autonomy });
  const whens = [{ id: 'execute', text: t('deed.atOnce') }, { id: 'approve', text: t('deed.consent') }, { id: 'notify', text: t('deed.only') }, ...(deed.autonomy === 'disabled' ? [{ id: 'disabled', text: t('deed.off') }] : [])];
  return (
    <div>
      <div className="form-grid">
        <Select label={t('deed.what')} value={deed.type} onChange={choose} options={[{ id: '', text: t('deed.none') }, ...types.map((id) => ({ id, text: words[id] ?? id }))]} />
        {deed.type === 'webhook' ? <TextField label={t('deed.url')} value={deed.url} onChange={(url) => set({ url })} mono placeholder="https://" help={t('deed.urlHelp')} /> : null}
        {deed.type === 'schedule' ? <Select label={t('deed.which')} value={deed.schedule} onChange={(schedule) => set({ schedule })} options={[none, ...rows.map((s) => ({ id: String(s.id), text: s.name }))]} /> : null}
        {deed.type === 'job' ? <Select label={t('deed.which')} value={deed.kind} onChange={(kind) => set({ kind })} options={[none, ...work.map((k) => ({ id: k.kind, text: k.description }))]} /> : null}
        {deed.type !== '' ? <Select label={t('deed.when')} value={deed.autonomy} onChange={(autonomy) => set({ autonomy })} options={whens} {...(deed.autonomy === 'approve' ? { help: silenceMinutes > 0 ? t('deed.silence', { n: silenceMinutes }) : t('deed.noAnswer') } : {})} /> : null}
      </div>
      {deed.type !== '' ? <p className="field-help">{t('deed.told')}</p> : null}
    </div>
  );
}
