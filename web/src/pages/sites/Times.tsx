// How long each side of a site's requests is waited for, how many targets are tried, and how long a head may be. An empty
// field is what every site does.
import { useState } from 'react';
import type { SiteDelivery } from '../../api/edge';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { TextField, type TextFieldProps } from '../../ui/Form';

const kibi = 1024;
const shown = (n: number) => (n === 0 ? '' : String(n));
/** What was typed, or the usual. What is no number is sent as none, for the server to judge. */
const typed = (text: string) => (text.trim() === '' ? 0 : Math.round(Number(text.replace(',', '.'))));

/** Keeps the text as it is typed. */
function NumberField({ value, set, ...rest }: Omit<TextFieldProps, 'value' | 'onChange'> & { value: number; set: (n: number) => void }) {
  const [text, setText] = useState(shown(value));
  return <TextField {...rest} inputMode="numeric" value={text} onChange={(v) => { setText(v); set(typed(v)); }} />;
}

export function Times({ draft, set, errors }: { draft: SiteDelivery; set: (change: Partial<SiteDelivery>) => void; errors: Record<string, string> }) {
  const t = useT();
  const isCaddy = useResource(paths.engineStatus).data?.engine === 'caddy';
  // An external Caddy has no such time or limit by itself.
  const usual = (n: number, everywhere = false) => (isCaddy && !everywhere ? {} : { placeholder: t('sites.usually', { n }) });
  return (
    <Card title={t('sites.times')} sub={t('sites.timesSub')}>
      <div className="stack">
        <div className="fieldrow">
          <NumberField label={t('sites.connectTime')} value={draft.connect_timeout_seconds} set={(n) => set({ connect_timeout_seconds: n })} {...usual(5, true)} help={t('sites.connectTimeHelp')} error={errors.connect_timeout_seconds} />
          <NumberField label={t('sites.answerTime')} value={draft.response_timeout_seconds} set={(n) => set({ response_timeout_seconds: n })} {...usual(60)} help={t('sites.answerTimeHelp')} error={errors.response_timeout_seconds} />
        </div>
        <div className="fieldrow">
          <NumberField label={t('sites.idleTime')} value={draft.idle_timeout_seconds} set={(n) => set({ idle_timeout_seconds: n })} {...usual(60)} help={t('sites.idleTimeHelp')} error={errors.idle_timeout_seconds} />
          <NumberField label={t('sites.headMax')} value={draft.request_header_bytes_max / kibi} set={(n) => set({ request_header_bytes_max: n * kibi })} {...usual(32)} help={t('sites.headMaxHelp')} error={errors.request_header_bytes_max} />
        </div>
        <div className="fieldrow">
          <NumberField label={t('sites.tries')} value={draft.tries_max} set={(n) => set({ tries_max: n })} {...usual(3, true)} help={t('sites.triesHelp')} error={errors.tries_max} />
        </div>
      </div>
    </Card>
  );
}
