// Issuers whose access tokens programs may sign in with, and whom such a token has to be meant for.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { SettingRow } from '../../api/shapes';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Field } from '../../ui/Form';
import { Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { listOf } from './lists';

const linesOf = (value: string) => listOf(value).join('\n');

export function IssuersCard() {
  const issuers = useResource(paths.setting('auth.jwt_issuers'));
  const audiences = useResource(paths.setting('auth.jwt_audiences'));
  return <Loaded from={issuers} lines={4}>{(i) => <Loaded from={audiences} lines={2}>{(a) => <Issuers key={`${i.version} ${a.version}`} issuers={i} audiences={a} />}</Loaded>}</Loaded>;
}

function Issuers({ issuers, audiences }: { issuers: SettingRow; audiences: SettingRow }) {
  const t = useT();
  const [list, setList] = useState(linesOf(issuers.value));
  const [meant, setMeant] = useState(linesOf(audiences.value));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true); setError(null);
    try {
      await send('PUT', urls.setting('auth.jwt_audiences'), { value: listOf(meant) });
      await send('PUT', urls.setting('auth.jwt_issuers'), { value: listOf(list) });
      toast({ level: 'ok', text: t('issuers.saved') });
    } catch (cause) { setError(asApiError(cause).message); }
    invalidate('/api/settings');
    setBusy(false);
  };
  return (
    <Card title={t('issuers.title')} sub={t('issuers.sub')}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <Field label={t('issuers.list')} help={t('issuers.listHelp')} error={error}>{({ id, describedBy, invalid }) => <textarea id={id} className="input mono" rows={2} aria-describedby={describedBy} aria-invalid={invalid || undefined} value={list} placeholder="https://id.example.org" spellCheck={false} onChange={(e) => setList(e.target.value)} />}</Field>
        <Field label={t('issuers.audiences')} help={t('issuers.audiencesHelp')} optional>{({ id, describedBy }) => <textarea id={id} className="input mono" rows={2} aria-describedby={describedBy} value={meant} spellCheck={false} onChange={(e) => setMeant(e.target.value)} />}</Field>
        <div className="form-actions"><Button type="submit" kind="primary" writes busy={busy}>{t('signon.save')}</Button></div>
      </form>
    </Card>
  );
}
