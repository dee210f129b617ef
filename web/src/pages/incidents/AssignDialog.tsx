// Who takes care of incidents: a person by name, or nobody. Those who may see the accounts get them offered.
import { useId, useState } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useCan, useUser } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';

export function AssignDialog({ count, now = '', assign, onClose }: { count: number; /** Who has it now. */ now?: string; assign: (name: string) => Promise<unknown>; onClose: () => void }) {
  const t = useT();
  const known = useResource(useCan('users:manage') ? paths.users : null);
  const me = useUser()?.username;
  const [name, setName] = useState(now);
  const [busy, setBusy] = useState(false);
  const list = useId();
  const names = [...new Set([...(me ? [me] : []), ...(known.data ?? []).map((u) => u.username)])];
  const go = async (to: string) => {
    setBusy(true);
    await assign(to);
    setBusy(false);
    onClose();
  };
  return (
    <Layer title={t('inc.assignTitle', { n: count })} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button busy={busy} writes onClick={() => void go('')}>{t('inc.assignNobody')}</Button><Button kind="primary" icon="user" busy={busy} writes disabled={name.trim() === ''} onClick={() => void go(name.trim())}>{t('inc.assign')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (name.trim() !== '' && !busy) void go(name.trim()); }}>
        <Field label={t('inc.assignTo')} help={t('inc.assignHelp')}>{({ id, describedBy }) => <><input id={id} className="input" list={list} value={name} onChange={(e) => setName(e.target.value)} aria-describedby={describedBy} autoComplete="off" autoCapitalize="none" spellCheck={false} /><datalist id={list}>{names.map((n) => <option key={n} value={n} />)}</datalist></>}</Field>
      </form>
    </Layer>
  );
}
