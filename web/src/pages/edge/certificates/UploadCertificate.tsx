// A certificate of one's own: files dropped or pasted, checked by the server before anything is kept.
import { useEffect, useRef, useState } from 'react';
import type { CertificateCheck } from '../../../api/certificates';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { invalidate, useResource } from '../../../api/resource';
import { exactTime, toMillis } from '../../../format/time';
import { useT } from '../../../i18n';
import { Button } from '../../../ui/Button';
import { Field, Select } from '../../../ui/Form';
import { Icon } from '../../../ui/Icon';
import { Layer } from '../../../ui/Overlay';
import { toast } from '../../../ui/toasts';
import { covers, hasBlock, type PemParts, partsOf } from './standing';

const none: PemParts = { cert_pem: '', key_pem: '', chain_pem: '' };
const names = ['cert_pem', 'key_pem', 'chain_pem'] as const;

function formOf(parts: PemParts): FormData {
  const form = new FormData();
  for (const name of names) if (parts[name] !== '') form.set(name, parts[name]);
  return form;
}

export function UploadCertificate({ host, onClose }: { host: string; onClose: () => void }) {
  const t = useT();
  const sites = useResource(paths.sites);
  const [site, setSite] = useState(host);
  const [parts, setParts] = useState(none);
  const [over, setOver] = useState(false);
  const [check, setCheck] = useState<CertificateCheck | null>(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const [pasting, setPasting] = useState(false);
  const [also, setAlso] = useState<ReadonlySet<number>>(new Set());
  const files = useRef<HTMLInputElement>(null);
  const chosen = sites.data?.find((s) => String(s.id) === site);
  const others = (sites.data ?? []).filter((s) => s.id !== chosen?.id && check?.cert?.sans.some((name) => covers(name, s.domain)));
  const flip = (id: number) => setAlso((now) => { const next = new Set(now); if (!next.delete(id)) next.add(id); return next; });
  const complete = parts.cert_pem !== '' && parts.key_pem !== '' && chosen !== undefined;

  useEffect(() => {
    setCheck(null);
    setError('');
    if (!complete || !chosen) return;
    const stop = new AbortController();
    send<CertificateCheck>('POST', urls.manualCertificateCheck(chosen.id), formOf(parts), { signal: stop.signal })
      .then(setCheck, (e: unknown) => { if (!stop.signal.aborted) setError(asApiError(e).message); });
    return () => stop.abort();
  }, [complete, chosen, parts]);

  // An array: the list of an input or a drop is emptied while the first file is read.
  const take = async (list: readonly File[]) => {
    setError('');
    let next = none;
    for (const file of list) {
      const text = await file.text();
      if (!hasBlock(text)) { setError(t('certs.unknownFile', { name: file.name })); continue; }
      next = partsOf(text, next);
    }
    // What was dropped takes the place of what was there, part by part.
    setParts((now) => ({ cert_pem: next.cert_pem || now.cert_pem, key_pem: next.key_pem || now.key_pem, chain_pem: next.cert_pem ? next.chain_pem : now.chain_pem }));
  };
  const save = async () => {
    if (!chosen) return;
    setBusy(true);
    // One after the other: what was saved stays saved, and what failed is named.
    const failed: string[] = [];
    const all = [chosen, ...others.filter((s) => also.has(s.id))];
    for (const one of all) {
      try { await send('POST', urls.manualCertificate(one.id), formOf(parts)); } catch (e) { failed.push(`${one.domain}: ${asApiError(e).message}`); }
    }
    invalidate(urls.manualCertificates, urls.certificates, urls.sites);
    setBusy(false);
    if (failed.length > 0) { setError(failed.join(' · ')); return; }
    toast({ level: 'ok', text: all.length > 1 ? t('certs.savedMany', { n: all.length }) : t('certs.saved', { domain: chosen.domain }) });
    onClose();
  };
  const options = [{ id: '', text: t('certs.choose') }, ...(sites.data ?? []).map((s) => ({ id: String(s.id), text: s.domain }))];
  return (
    <Layer title={t('certs.upload')} onClose={onClose} wide footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="check" writes busy={busy} disabled={!check?.ok} onClick={() => void save()}>{t('certs.save')}</Button></>}>
      <div className="stack">
        <Select label={t('certs.uploadFor')} value={site} options={options} onChange={setSite} {...(sites.data?.length === 0 ? { help: t('certs.noSites') } : {})} />
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a place to drop files on; the button inside does the same. */}
        <div className="cert-drop" data-over={over || undefined} onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={(e) => { e.preventDefault(); setOver(false); void take([...e.dataTransfer.files]); }}>
          <Icon name="upload" size={22} />
          <b>{t('certs.drop')}</b>
          <span className="faint">{t('certs.dropHelp')}</span>
          <span className="cert-acts"><Button small icon="plus" onClick={() => files.current?.click()}>{t('certs.chooseFiles')}</Button><Button small kind="quiet" icon="edit" pressed={pasting} onClick={() => setPasting(!pasting)}>{t('certs.paste')}</Button></span>
          <input ref={files} type="file" multiple hidden accept=".pem,.crt,.cer,.key,.txt" onChange={(e) => { const chosenFiles = [...(e.target.files ?? [])]; e.target.value = ''; void take(chosenFiles); }} />
        </div>
        {pasting ? <Field label={t('certs.paste')}>{(p) => <textarea {...p} className="input mono cert-text" spellCheck={false} placeholder="-----BEGIN CERTIFICATE-----" onChange={(e) => setParts(partsOf(e.target.value, none))} />}</Field> : null}
        <ul className="cert-parts">{names.map((name) => <li key={name} data-there={parts[name] !== '' || undefined}><Icon name={parts[name] === '' ? 'more' : 'check'} size={14} /><span>{t(`certs.part.${name}`)}</span><span className="faint">{t(parts[name] !== '' ? 'certs.partThere' : name === 'chain_pem' ? 'certs.partOptional' : 'certs.partMissing')}</span></li>)}</ul>
        {error ? <p className="cert-verdict" data-mark="critical" role="alert"><Icon name="close" /><bdi>{error}</bdi></p> : null}
        {complete && !check && !error ? <p className="cert-note" role="status">{t('certs.checking')}…</p> : null}
        {check ? <Verdict check={check} domain={chosen?.domain ?? ''} /> : null}
        {check?.ok && others.length > 0 ? (
          <fieldset className="cert-also">
            <legend>{t('certs.also')}</legend>
            <p className="cert-note">{t('certs.alsoText')} <Button small kind="quiet" onClick={() => setAlso(also.size === others.length ? new Set() : new Set(others.map((s) => s.id)))}>{t(also.size === others.length ? 'certs.alsoNone' : 'certs.alsoAll', { n: others.length })}</Button></p>
            <ul>{others.map((s) => <li key={s.id}><label><input type="checkbox" checked={also.has(s.id)} onChange={() => flip(s.id)} /><bdi>{s.domain}</bdi>{s.tls_mode === 'manual' ? <span className="faint">{t('certs.alsoReplaces')}</span> : null}</label></li>)}</ul>
          </fieldset>
        ) : null}
      </div>
    </Layer>
  );
}

function Verdict({ check, domain }: { check: CertificateCheck; domain: string }) {
  const t = useT();
  if (!check.ok || !check.cert) return <p className="cert-verdict" data-mark="critical" role="alert"><Icon name="close" /><bdi>{check.error}</bdi></p>;
  const time = (text: string) => { const ms = toMillis(text); return ms === null ? '–' : exactTime(ms); };
  return (
    <div role="status" className="stack">
      <p className="cert-verdict" data-mark="ok"><Icon name="check" /><span>{t('certs.checkOk', { domain })}</span></p>
      {check.warnings.map((w) => <p key={w} className="cert-verdict" data-mark="warning"><Icon name="info" /><bdi>{w}</bdi></p>)}
      <dl className="cert-facts">
        <div><dt>{t('certs.issuer')}</dt><dd><bdi>{check.cert.issuer}</bdi></dd></div>
        <div><dt>{t('certs.names')}</dt><dd><bdi>{check.cert.sans.join(', ')}</bdi></dd></div>
        <div><dt>{t('certs.validUntil')}</dt><dd>{time(check.cert.not_after)} · {t('certs.days', { n: check.cert.days_left })}</dd></div>
      </dl>
      <p className="cert-note">{t('certs.willBeManual')}</p>
    </div>
  );
}
