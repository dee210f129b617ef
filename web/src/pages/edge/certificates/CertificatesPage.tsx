// Certificates: every site's, from authorities and uploaded, worst first; what failed and why stands on top.
import { useMemo, useState } from 'react';
import type { SiteCertificate } from '../../../api/certificates';
import { send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { invalidate, useResource } from '../../../api/resource';
import { useQueryParam } from '../../../app/router';
import { useCan } from '../../../app/session';
import { date, toMillis } from '../../../format/time';
import { useT } from '../../../i18n';
import { rank } from '../../../state/status';
import { Age, useNow } from '../../../ui/Age';
import { Button, ButtonLink } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Icon, StatusMark } from '../../../ui/Icon';
import { PageHead } from '../../../ui/PageHead';
import { Empty, Loaded } from '../../../ui/StateBlock';
import { toast } from '../../../ui/toasts';
import { Meter } from '../../../ui/Value';
import { CertificateSheet } from './CertificateSheet';
import { DnsProviders } from './DnsProviders';
import { Ninety } from './Ninety';
import { type CertRow, hintOf, lifeLeft, rowsOf, stateOf } from './standing';
import { UploadCertificate } from './UploadCertificate';
import './certificates.css';

const keyOf = (r: CertRow) => String(r.host);

export default function CertificatesPage() {
  const t = useT();
  const auto = useResource(paths.certificates, { everyMs: 3_000 });
  const manual = useResource(paths.manualCertificates, { everyMs: 15_000 });
  const may = useCan('edge:write');
  const reason = may ? undefined : t('core.needsPermission', { permission: 'edge:write' });
  const [upload, setUpload] = useQueryParam('upload');
  const [peek, setPeek] = useQueryParam('peek');
  const rows = useMemo(() => rowsOf(auto.data ?? [], manual.data ?? []), [auto.data, manual.data]);
  const open = rows.find((r) => keyOf(r) === peek);
  const both = { ...auto, data: auto.data && manual.data ? rows : undefined, error: auto.error ?? manual.error };
  return (
    <>
      <PageHead title={t('nav.certificates')} sub={both.data ? t('certs.count', { n: rows.length }) : ' '} actions={<Button kind="primary" icon="upload" reason={reason} writes onClick={() => setUpload('1')}>{t('certs.upload')}</Button>} />
      <div className="stack">
        <Problems rows={rows} />
        <Ninety rows={rows} />
        <section className="card">
          <Loaded from={both} lines={6}>{(all) => (all.length === 0 ? <Empty icon="lock" title={t('certs.none')} text={t('certs.noneText')} action={<ButtonLink to="/sites" icon="globe">{t('certs.toSites')}</ButtonLink>} /> : <CertificateTable rows={all} onOpen={setPeek} />)}</Loaded>
        </section>
        <DnsProviders />
      </div>
      {upload === '' ? null : <UploadCertificate host={Number(upload) > 1 || rows.some((r) => keyOf(r) === upload) ? upload : ''} onClose={() => setUpload('')} />}
      {open ? <CertificateSheet row={open} onClose={() => setPeek('')} onReplace={() => { setPeek(''); setUpload(String(open.host)); }} /> : null}
    </>
  );
}

/** Asks for a certificate now; errors stay where the button is. */
export function RenewButton({ of, demanded, small }: { of: SiteCertificate; demanded: boolean; small?: boolean }) {
  const t = useT();
  const may = useCan('edge:operate');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const run = async () => {
    setBusy(true);
    setError('');
    try {
      await send('POST', `${urls.certificateRenew(of.host_id)}${demanded ? '?force=true' : ''}`, {});
      invalidate(urls.certificates);
      toast({ level: 'ok', text: t('certs.queued', { domain: of.domain }) });
    } catch (e) { setError(e instanceof Error ? e.message : String(e)); }
    setBusy(false);
  };
  return <><Button small={small ?? false} icon="refresh" busy={busy} writes title={t('certs.renewEffect', { domain: of.domain })} reason={may ? undefined : t('core.needsPermission', { permission: 'edge:operate' })} onClick={() => void run()}>{of.failures > 0 || of.days_left === null ? t('certs.tryNow') : t('certs.renewNow')}</Button>{error ? <span className="field-error" role="alert">{error}</span> : null}</>;
}

function Problems({ rows }: { rows: readonly CertRow[] }) {
  const t = useT();
  const failed = rows.flatMap((r) => (r.auto && r.auto.failures > 0 ? [r.auto] : []));
  if (failed.length === 0) return null;
  return (
    <Card title={t('certs.problems', { n: failed.length })} flush>
      <ul className="cert-problems">
        {failed.map((c) => {
          const hint = hintOf(c.error_code);
          return (
            <li key={c.host_id}>
              <Icon name="siren" />
              <div>
                <b><bdi>{c.domain}</bdi></b>
                <p><bdi>{c.last_renewal_event?.message}</bdi></p>
                {hint ? <p className="cert-hint">{t(hint)}</p> : null}
                <p className="faint">{t('certs.tries', { n: c.failures })} · {t('certs.nextAttempt')} <Age at={c.next_attempt_at} /> · {t(c.days_left === null ? 'certs.ownMeanwhile' : 'certs.servedMeanwhile')}</p>
              </div>
              <RenewButton of={c} demanded={false} small />
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function CertificateTable({ rows, onOpen }: { rows: readonly CertRow[]; onOpen: (host: string) => void }) {
  const t = useT();
  const columns = useMemo((): Column<CertRow>[] => [
    { id: 'site', title: t('certs.site'), value: (r) => r.domain, kind: 'main', cell: (r) => <bdi>{r.domain}</bdi> },
    { id: 'state', title: t('certs.state'), width: '170px', value: (r) => `${rank(stateOf(r).status)} ${t(stateOf(r).word)}`, cell: (r) => { const s = stateOf(r); return <StatusMark status={s.status} word={t(s.word)} />; } },
    { id: 'life', title: t('certs.life'), width: '200px', value: (r) => r.days, kind: 'number', cell: (r) => <Life row={r} /> },
    { id: 'issuer', title: t('certs.issuer'), value: (r) => r.issuer, cell: (r) => (r.issuer === '' ? <span className="faint">–</span> : <bdi>{r.issuer}</bdi>) },
    { id: 'renews', title: t('certs.renews'), value: (r) => r.renews ?? '', cell: (r) => { const at = toMillis(r.renews); return at === null ? <span className="faint">{r.manual ? t('certs.uploadedWord') : '–'}</span> : <span className="num">{date(at)}</span>; } },
    { id: 'proof', title: t('certs.proof'), value: (r) => proofOf(r), cell: (r) => (r.auto ? <span>{proofOf(r)}{r.auto.dns_provider ? <span className="faint"> {r.auto.dns_provider}</span> : null}</span> : <span className="faint">–</span>) },
  ], [t]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const picked = rows.filter((r) => chosen.has(keyOf(r)));
  return (
    <>
      <DataTable name="certificates" label={t('nav.certificates')} rows={rows} columns={columns} keyOf={keyOf} initialSort="life" liveSort onOpen={(r) => onOpen(keyOf(r))} chosen={chosen} onChoose={setChosen} nameOf={(r) => r.domain} empty={<Empty icon="lock" title={t('certs.noMatch')} />} />
      {picked.length > 0 ? <RenewMany rows={picked} onDone={() => setChosen(new Set())} /> : null}
    </>
  );
}

/** Asks for all that were chosen, one after the other; those that were uploaded cannot be renewed. */
function RenewMany({ rows, onDone }: { rows: readonly CertRow[]; onDone: () => void }) {
  const t = useT();
  const may = useCan('edge:operate');
  const [busy, setBusy] = useState(false);
  const renewable = rows.flatMap((r) => (r.auto ? [r.auto] : []));
  const reason = !may ? t('core.needsPermission', { permission: 'edge:operate' }) : renewable.length === 0 ? t('certs.noneRenewable') : undefined;
  const run = async () => {
    setBusy(true);
    const failed: string[] = [];
    for (const of of renewable) {
      try { await send('POST', urls.certificateRenew(of.host_id), {}); } catch (e) { failed.push(`${of.domain}: ${e instanceof Error ? e.message : String(e)}`); }
    }
    invalidate(urls.certificates);
    setBusy(false);
    toast(failed.length > 0 ? { level: 'critical', text: t('certs.someNotQueued', { n: failed.length, why: failed.join(' · ') }) } : { level: 'ok', text: t('certs.queuedMany', { n: renewable.length }) });
    if (failed.length === 0) onDone();
  };
  return (
    <section className="card cert-chosen" aria-label={t('certs.chosen', { n: rows.length })}>
      <b className="num">{t('certs.chosen', { n: rows.length })}</b>
      <Button icon="refresh" busy={busy} reason={reason} writes title={t('certs.renewManyEffect')} onClick={() => void run()}>{t('certs.renewMany', { n: renewable.length })}</Button>
      <Button small kind="quiet" icon="close" onClick={onDone}>{t('certs.chooseNone')}</Button>
    </section>
  );
}

function proofOf(r: CertRow): string { return r.auto ? ({ http: 'http-01', dns: 'dns-01', 'tls-alpn': 'tls-alpn-01' }[r.auto.challenge] ?? r.auto.challenge) : ''; }

export function Life({ row }: { row: CertRow }) {
  const t = useT();
  const now = useNow();
  if (row.days === null) return <span className="faint">–</span>;
  const status = row.days <= 6 ? 'critical' : row.days <= 30 && (lifeLeft(row, now) ?? 0) < 34 ? 'warning' : 'ok';
  return <span className="cert-life"><Meter thin value={lifeLeft(row, now)} status={status} label={t('certs.life')} /><span className="num">{t('certs.days', { n: row.days })}</span></span>;
}
