// One certificate: what it says, what its newest order went through, what can be done.
import { send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { invalidate } from '../../../api/resource';
import type { OrderStep, SiteCertificate } from '../../../api/certificates';
import { useCan } from '../../../app/session';
import { clockSeconds, exactTime, toMillis } from '../../../format/time';
import { type PlainKey, useT } from '../../../i18n';
import { Button } from '../../../ui/Button';
import { ConfirmInline } from '../../../ui/Confirm';
import { Icon, StatusMark } from '../../../ui/Icon';
import { Layer } from '../../../ui/Overlay';
import { Life, RenewButton } from './CertificatesPage';
import { type CertRow, hintOf, stateOf } from './standing';

export function CertificateSheet({ row, onClose, onReplace }: { row: CertRow; onClose: () => void; onReplace: () => void }) {
  const t = useT();
  const may = useCan('edge:write');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const state = stateOf(row);
  const time = (text: string | null) => { const ms = toMillis(text); return ms === null ? '–' : exactTime(ms); };
  const facts: [PlainKey, string][] = [
    ['certs.issuer', row.issuer || '–'], ['certs.names', row.manual ? row.manual.sans.join(', ') : row.domain], ['certs.validFrom', time(row.from)], ['certs.validUntil', time(row.until)],
    ...(row.auto ? [['certs.renews', time(row.renews)], ['certs.authority', row.auto.authority]] as [PlainKey, string][] : []),
    ...(row.manual ? [['certs.uploadedBy', `${row.manual.uploaded_by}, ${time(row.manual.uploaded_at)}`]] as [PlainKey, string][] : []),
    ['certs.fingerprint', row.auto?.fingerprint_sha256 ?? row.manual?.fingerprint_sha256 ?? '–'],
  ];
  const remove = async () => { await send('DELETE', urls.manualCertificate(row.host)); invalidate(paths.manualCertificates.url, paths.certificates.url, urls.sites); onClose(); };
  return (
    <Layer kind="sheet" title={row.domain} onClose={onClose} footer={<Button onClick={onClose}>{t('certs.close')}</Button>}>
      <div className="stack">
        <p className="cert-head"><StatusMark status={state.status} word={t(state.word)} /><Life row={row} /></p>
        <dl className="cert-facts">{facts.filter(([, text]) => text !== '–').map(([key, text]) => <div key={key}><dt>{t(key)}</dt><dd><bdi>{text}</bdi></dd></div>)}</dl>
        {row.auto ? <Progress of={row.auto} /> : null}
        <div className="cert-acts">
          {row.auto ? <RenewButton of={row.auto} demanded /> : null}
          <Button icon="upload" reason={reason} writes onClick={onReplace}>{row.manual ? t('certs.replace') : t('certs.upload')}</Button>
          {row.manual ? <a className="btn btn-secondary" href={urls.manualCertificateFile(row.host)} download><Icon name="download" />{t('certs.download')}</a> : null}
          {row.manual ? <ConfirmInline action={t('certs.removeManual')} effect={t('certs.removeEffect', { domain: row.domain })} icon="trash" danger small={false} reason={reason} run={remove} /> : null}
        </div>
      </div>
    </Layer>
  );
}

const words: Record<string, PlainKey> = { order: 'certs.step.order', proof: 'certs.step.proof', proven: 'certs.step.proven', finalize: 'certs.step.finalize' };

/** The newest order, step by step, while it runs and after it. */
function Progress({ of }: { of: SiteCertificate }) {
  const t = useT();
  const last = of.last_renewal_event;
  const began = of.steps[0]?.at;
  const ended = last && began !== undefined && last.timestamp >= began && !(of.ordering && of.failures === 0);
  if (of.steps.length === 0 && !last) return null;
  const line = (key: string, mark: 'ok' | 'critical' | 'running', title: string, step: Pick<OrderStep, 'at' | 'detail'> | null) => {
    const ms = toMillis(step?.at ?? null);
    return <li key={key} data-mark={mark}><Icon name={mark === 'ok' ? 'check' : mark === 'critical' ? 'close' : 'clock'} size={14} /><span><b>{title}</b>{step?.detail ? <bdi className="faint"> {step.detail}</bdi> : null}</span><time className="num faint">{ms === null ? '' : clockSeconds(ms)}</time></li>;
  };
  const hint = last && !last.success ? hintOf(of.error_code) : null;
  return (
    <section>
      <h3 className="cert-sub">{t('certs.progress')}</h3>
      <ol className="cert-steps" aria-live="polite">
        {of.steps.map((s, n) => line(`${n}`, 'ok', t(words[s.step] ?? 'certs.step.order'), s))}
        {ended || of.steps.length === 0 ? last ? line('end', last.success ? 'ok' : 'critical', t(last.success ? 'certs.step.issued' : 'certs.step.failed'), { at: last.timestamp, detail: last.message }) : null : of.ordering ? line('wait', 'running', t('certs.step.waiting'), null) : null}
      </ol>
      {hint ? <p className="cert-hint">{t(hint)}</p> : null}
    </section>
  );
}
