// Bans by hand: what it would meet is asked while it is typed.
import { useState } from 'react';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useT } from '../../../i18n';
import { Button } from '../../../ui/Button';
import { Select, TextField } from '../../../ui/Form';
import { Layer } from '../../../ui/Overlay';
import { toast } from '../../../ui/toasts';
import { bansChanged, HOURS, looksLikeAddress } from './bans';
import { Told } from './Told';

type Hours = `${(typeof HOURS)[number]}`;

export function BanDialog({ initial, onClose }: { initial: string; onClose: () => void }) {
  const t = useT();
  const [value, setValue] = useState(initial);
  const [hours, setHours] = useState<Hours>('4');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const complete = looksLikeAddress(value);
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await send('POST', urls.decisions, { value: value.trim(), duration_hours: Number(hours), reason: reason.trim() });
      toast({ level: 'ok', text: t('protect.banned', { value: value.trim() }) });
      bansChanged();
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('protect.ban')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="shield" busy={busy} disabled={!complete} writes onClick={() => void save()}>{t('protect.banNow')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && complete) void save(); }}>
        <TextField label={t('protect.address')} value={value} onChange={setValue} placeholder="203.0.113.9" help={t('protect.addressHelp')} mono autoComplete="off" required />
        {complete ? <Verdict value={value.trim()} /> : null}
        <div className="protect-fields">
          <Select label={t('protect.howLong')} value={hours} onChange={setHours} options={HOURS.map((n) => ({ id: `${n}` as Hours, text: t(`protect.hours.${n}`) }))} />
          <TextField label={t('protect.reason')} value={reason} onChange={setReason} optional />
        </div>
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

function Verdict({ value }: { value: string }) {
  const t = useT();
  const { data } = useResource(paths.banPreview(value));
  if (!data) return null;
  if (data.refusal) return <Told status="critical" text={data.refusal.message} />;
  const held = data.covering[0];
  return held ? <Told status="warning" text={t('protect.alreadyBanned', { value: held.value })} /> : <Told status="ok" text={t(data.scope === 'Range' ? 'protect.verdictRange' : 'protect.verdictIp', { value: data.value })} />;
}
