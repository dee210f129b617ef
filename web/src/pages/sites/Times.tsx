// How long each side of a site's requests is waited for, how many targets are tried, and how long a head may be. An empty
// field is what every site does.
import type { SiteDelivery } from '../../api/edge';
import { useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { TextField } from '../../ui/Form';

const kibi = 1024;
const shown = (n: number) => (n === 0 ? '' : String(n));
/** What was typed, or the usual. What is no number is for the server to judge. */
const typed = (text: string) => (text.trim() === '' ? 0 : Math.round(Number(text.replace(',', '.'))) || 0);

export function Times({ draft, set, errors }: { draft: SiteDelivery; set: (change: Partial<SiteDelivery>) => void; errors: Record<string, string> }) {
  const t = useT();
  const usual = (n: number) => t('sites.usually', { n });
  const common = { inputMode: 'numeric' } as const;
  return (
    <Card title={t('sites.times')} sub={t('sites.timesSub')}>
      <div className="stack">
        <div className="fieldrow">
          <TextField {...common} label={t('sites.connectTime')} value={shown(draft.connect_timeout_seconds)} onChange={(v) => set({ connect_timeout_seconds: typed(v) })} placeholder={usual(5)} help={t('sites.connectTimeHelp')} error={errors.connect_timeout_seconds} />
          <TextField {...common} label={t('sites.answerTime')} value={shown(draft.response_timeout_seconds)} onChange={(v) => set({ response_timeout_seconds: typed(v) })} placeholder={usual(60)} help={t('sites.answerTimeHelp')} error={errors.response_timeout_seconds} />
        </div>
        <div className="fieldrow">
          <TextField {...common} label={t('sites.idleTime')} value={shown(draft.idle_timeout_seconds)} onChange={(v) => set({ idle_timeout_seconds: typed(v) })} placeholder={usual(60)} help={t('sites.idleTimeHelp')} error={errors.idle_timeout_seconds} />
          <TextField {...common} label={t('sites.headMax')} value={shown(draft.request_header_bytes_max / kibi)} onChange={(v) => set({ request_header_bytes_max: typed(v) * kibi })} placeholder={usual(32)} help={t('sites.headMaxHelp')} error={errors.request_header_bytes_max} />
        </div>
        <div className="fieldrow">
          <TextField {...common} label={t('sites.tries')} value={shown(draft.tries_max)} onChange={(v) => set({ tries_max: typed(v) })} placeholder={usual(3)} help={t('sites.triesHelp')} error={errors.tries_max} />
        </div>
      </div>
    </Card>
  );
}
