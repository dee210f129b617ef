// Who can write records of the DNS for us. Credentials are typed once and never shown.
import { useState } from 'react';
import type { DnsProvider } from '../../../api/certificates';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { invalidate, useResource } from '../../../api/resource';
import { useCan } from '../../../app/session';
import { useT } from '../../../i18n';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { Switch, TextField } from '../../../ui/Form';
import { StatusMark } from '../../../ui/Icon';
import { Layer } from '../../../ui/Overlay';
import { Loaded } from '../../../ui/StateBlock';
import { toast } from '../../../ui/toasts';

export function DnsProviders() {
  const t = useT();
  const may = useCan('edge:write');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const providers = useResource(paths.dnsProviders);
  const [open, setOpen] = useState<DnsProvider | null>(null);
  return (
    <Card title={t('certs.dns')} sub={t('certs.dnsSub')} flush>
      <Loaded from={providers} lines={4}>{(all) => (
        <ul className="cert-dns">
          {all.map((p) => (
            <li key={p.name}>
              <b>{p.display_name}</b>
              <StatusMark status={p.enabled ? 'ok' : p.configured ? 'paused' : 'unknown'} word={t(p.enabled ? 'certs.dnsReady' : p.configured ? 'certs.dnsOff' : 'certs.dnsNone')} />
              <Button small icon={p.configured ? 'edit' : 'plus'} reason={reason} writes onClick={() => setOpen(p)}>{t(p.configured ? 'certs.dnsChange' : 'certs.dnsSetUp')}</Button>
            </li>
          ))}
        </ul>
      )}</Loaded>
      {open ? <ProviderForm of={open} onClose={() => setOpen(null)} /> : null}
    </Card>
  );
}

function ProviderForm({ of, onClose }: { of: DnsProvider; onClose: () => void }) {
  const t = useT();
  const [enabled, setEnabled] = useState(true);
  const [values, setValues] = useState<Record<string, string>>({});
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    setErrors({});
    const typed = Object.values(values).some((v) => v !== '');
    const credentials = Object.fromEntries(of.fields.map((f) => [f.key, values[f.key] ? values[f.key] : of.configured ? '__UNCHANGED__' : '']));
    try {
      const told = await send<{ reconcile_error?: string }>('PUT', urls.dnsProvider(of.name), { enabled, ...(typed || !of.configured ? { credentials } : {}) });
      // It is stored, and the engine refused it.
      if (told.reconcile_error) toast({ level: 'critical', text: told.reconcile_error });
      invalidate(urls.dnsProviders);
      onClose();
    } catch (e) {
      const error = asApiError(e);
      setErrors(error.fields.length > 0 ? Object.fromEntries(error.fields.map((f) => [f.field.replace('credentials.', ''), f.message])) : { '': error.message });
      setBusy(false);
    }
  };
  return (
    <Layer title={t('certs.dnsTitle', { name: of.display_name })} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="check" busy={busy} writes onClick={() => void save()}>{t('certs.dnsSave')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        {of.fields.map((f) => <TextField key={f.key} label={f.label} optional={!f.required} type={f.secret ? 'password' : 'text'} mono autoComplete="off" value={values[f.key] ?? ''} onChange={(v) => setValues({ ...values, [f.key]: v })} placeholder={of.configured ? t('certs.dnsKept') : f.placeholder ?? ''} {...(errors[f.key] ? { error: errors[f.key] } : {})} />)}
        <Switch label={t('certs.dnsEnabled')} checked={enabled} onChange={setEnabled} />
        {errors[''] ?? errors.enabled ? <p className="field-error" role="alert">{errors[''] ?? errors.enabled}</p> : null}
        {of.docs_url ? <a href={of.docs_url} target="_blank" rel="noreferrer noopener">{t('certs.dnsDocs')}</a> : null}
      </form>
    </Layer>
  );
}
