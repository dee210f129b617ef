// The allow list: addresses that no ban turns away.
import { useState } from 'react';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useCan } from '../../../app/session';
import { useT } from '../../../i18n';
import { Age } from '../../../ui/Age';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { ConfirmInline } from '../../../ui/Confirm';
import { TextField } from '../../../ui/Form';
import { Empty, Loaded } from '../../../ui/StateBlock';
import { bansChanged, looksLikeAddress } from './bans';

export function AllowList() {
  const t = useT();
  const list = useResource(paths.whitelist, { everyMs: 15_000 });
  const check = useResource(paths.checkSelf);
  const may = useCan('edge:operate') ? undefined : t('core.needsPermission', { permission: 'edge:operate' });
  const [value, setValue] = useState('');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const add = async (what: string, why: string) => {
    setBusy(true);
    setError(null);
    try {
      await send('POST', urls.whitelist, { scope: what.includes('/') ? 'range' : 'ip', value: what, reason: why });
      setValue('');
      setReason('');
      bansChanged();
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  const remove = async (id: number) => { await send('DELETE', urls.whitelistEntry(id)); bansChanged(); };
  const own = check.data?.client_ip ?? null;
  return (
    <Card flush title={t('protect.allowList')} sub={t('protect.allowListSub')}>
      <Loaded from={list} lines={2}>
        {(all) => (all.entries.length === 0 ? <Empty compact icon="check" title={t('protect.allowNone')} action={own ? <Button small icon="plus" reason={may} writes onClick={() => void add(own, t('protect.ownReason'))}>{t('protect.allowMe', { ip: own })}</Button> : undefined} /> : (
          <ul className="protect-rows">{all.entries.map((e) => <li key={e.id}><span><bdi className="mono">{e.value}</bdi><small className="faint"><bdi>{e.reason || '–'}</bdi> · <bdi>{e.created_by}</bdi> · <Age at={e.created_at} /></small></span><ConfirmInline action={t('protect.remove')} effect={t('protect.removeEffect', { value: e.value })} icon="trash" danger reason={may} run={() => remove(e.id)} /></li>)}</ul>
        ))}
      </Loaded>
      <form className="card-body" onSubmit={(e) => { e.preventDefault(); if (!busy && looksLikeAddress(value)) void add(value.trim(), reason.trim()); }}>
        <div className="protect-fields"><TextField label={t('protect.address')} value={value} onChange={setValue} placeholder="198.51.100.0/24" mono autoComplete="off" /><TextField label={t('protect.reason')} value={reason} onChange={setReason} optional /><div className="field"><span aria-hidden="true">&nbsp;</span><Button type="submit" icon="plus" busy={busy} disabled={!looksLikeAddress(value)} writes reason={may}>{t('protect.allow')}</Button></div></div>
        {error ? <p className="field-error" role="alert">{error}</p> : null}
      </form>
    </Card>
  );
}
