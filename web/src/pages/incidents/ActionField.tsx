// What a rule has done besides telling: an address called, a schedule or a kind of work run; at once or after consent.
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Select, TextField } from '../../ui/Form';

export interface Deed { type: string; url: string; schedule: string; kind: string; consent: boolean; stored: unknown }
interface Stored { type?: unknown; params?: Record<string, unknown> }
const own: readonly string[] = ['webhook', 'schedule', 'job'];

export function deedOf(action: unknown, autonomy: string | undefined): Deed {
  const stored = (action ?? {}) as Stored;
  const params = stored.params ?? (stored as Record<string, unknown>);
  const text = (name: string) => (typeof params[name] === 'string' || typeof params[name] === 'number' ? String(params[name]) : '');
  return { type: typeof stored.type === 'string' ? stored.type : '', url: text('url'), schedule: text('schedule_id'), kind: text('kind'), consent: autonomy === 'approve', stored: action ?? null };
}

/** As the server stores it. What this form does not show of a stored action stays. */
export function deedBody(deed: Deed): { action: unknown; autonomy?: string } {
  if (deed.type === '') return { action: null, autonomy: 'notify' };
  const before = deed.stored as Stored | null;
  const kept = before?.type === deed.type ? (before.params ?? {}) : {};
  const params = { webhook: { url: deed.url.trim() }, schedule: { schedule_id: Number(deed.schedule) }, job: { kind: deed.kind } }[deed.type];
  return { action: params ? { type: deed.type, params: { ...kept, ...params } } : deed.stored, autonomy: deed.consent ? 'approve' : 'execute' };
}

export function ActionField({ deed, onChange }: { deed: Deed; onChange: (deed: Deed) => void }) {
  const t = useT();
  const schedules = useResource(paths.schedules);
  const kinds = useResource(paths.scheduleKinds);
  const set = (part: Partial<Deed>) => onChange({ ...deed, ...part });
  const types = deed.type === '' || own.includes(deed.type) ? own : [...own, deed.type];
  const words: Record<string, string> = { webhook: t('deed.webhook'), schedule: t('deed.schedule'), job: t('deed.job') };
  const rows = schedules.data?.items ?? [];
  const work = kinds.data ?? [];
  const none = { id: '', text: t('deed.choose') };
  return (
    <div>
      <div className="form-grid">
        <Select label={t('deed.what')} value={deed.type} onChange={(type) => set({ type })} options={[{ id: '', text: t('deed.none') }, ...types.map((id) => ({ id, text: words[id] ?? id }))]} />
        {deed.type === 'webhook' ? <TextField label={t('deed.url')} value={deed.url} onChange={(url) => set({ url })} mono placeholder="https://" help={t('deed.urlHelp')} /> : null}
        {deed.type === 'schedule' ? <Select label={t('deed.which')} value={deed.schedule} onChange={(schedule) => set({ schedule })} options={[none, ...rows.map((s) => ({ id: String(s.id), text: s.name }))]} /> : null}
        {deed.type === 'job' ? <Select label={t('deed.which')} value={deed.kind} onChange={(kind) => set({ kind })} options={[none, ...work.map((k) => ({ id: k.kind, text: k.description }))]} /> : null}
        {deed.type !== '' ? <Select label={t('deed.when')} value={deed.consent ? 'approve' : 'execute'} onChange={(v) => set({ consent: v === 'approve' })} options={[{ id: 'execute', text: t('deed.atOnce') }, { id: 'approve', text: t('deed.consent') }]} /> : null}
      </div>
      {deed.type !== '' ? <p className="field-help">{t('deed.told')}</p> : null}
    </div>
  );
}
