// Countries: banned as lists of ranges, ordered as jobs; where the places come from.
import { useRef, useState } from 'react';
import type { CountryBan, CountryJob, GeoStatus } from '../../../api/protection';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { invalidate, useResource } from '../../../api/resource';
import { useCan } from '../../../app/session';
import { countryName } from '../../../format/country';
import { useT } from '../../../i18n';
import { Age } from '../../../ui/Age';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { ConfirmInline } from '../../../ui/Confirm';
import { Select, TextField } from '../../../ui/Form';
import { Layer } from '../../../ui/Overlay';
import { Empty, Loaded } from '../../../ui/StateBlock';
import { Meter } from '../../../ui/Value';
import { toast } from '../../../ui/toasts';
import { bansChanged } from './bans';
import { Told } from './Told';

const HOURS = ['24', '168', '720', '8760'] as const;

/** The kind stands in the name, as the source names its files. */
function bring(file: File): Promise<unknown> {
  const form = new FormData();
  form.append('file', file);
  return send('POST', `${urls.geoUpload}?kind=${/asn|isp/i.test(file.name) ? 'asn' : 'country'}`, form);
}

function changed() { bansChanged(); invalidate(urls.countries, urls.countryJobs); }

export function Countries({ reason }: { reason: string | undefined }) {
  const t = useT();
  const bans = useResource(paths.countries, { everyMs: 10_000 });
  const jobs = useResource(paths.countryJobs, { everyMs: 3_000 });
  const geo = useResource(paths.geoStatus, { everyMs: 30_000 });
  const may = useCan('edge:security');
  const why = may ? reason : t('core.needsPermission', { permission: 'edge:security' });
  const [adding, setAdding] = useState(false);
  const missing = geo.data !== undefined && geo.data.country_db_version === null;
  const open = (jobs.data ?? []).filter((j) => j.state === 'pending' || j.state === 'running');
  const failed = (jobs.data ?? []).find((j) => j.state === 'failed');
  const newest = (jobs.data ?? [])[0];
  return (
    <Card flush title={t('protect.countries')} sub={t('protect.countriesSub')} actions={<Button icon="plus" reason={missing ? t('protect.geoMissing') : why} writes onClick={() => setAdding(true)}>{t('protect.banCountry')}</Button>}>
      <Loaded from={bans} lines={2}>
        {(all) => (all.length === 0 && open.length === 0 ? <Empty compact icon="globe" title={t('protect.countriesNone')} /> : (
          <ul className="protect-rows">
            {open.map((j) => <Running key={j.id} job={j} />)}
            {all.map((c) => <Banned key={c.id} ban={c} reason={why} />)}
          </ul>
        ))}
      </Loaded>
      {failed && failed === newest ? <div className="card-body"><Told status="critical" text={t('protect.jobFailed', { country: countryName(failed.country_code), why: failed.error_message ?? '' })} /></div> : null}
      {geo.data ? <Source geo={geo.data} /> : null}
      {adding ? <CountryDialog onClose={() => setAdding(false)} /> : null}
    </Card>
  );
}

function Running({ job }: { job: CountryJob }) {
  const t = useT();
  const share = job.chunks_total > 0 ? (100 * (job.chunks_done + job.chunks_failed)) / job.chunks_total : null;
  return <li><span><b>{countryName(job.country_code)}</b><small className="faint">{t(job.state === 'running' ? 'protect.jobRunning' : 'protect.jobWaiting', { n: job.cidr_committed, total: job.requested_count })}</small></span><Meter value={share} label={t('protect.progress')} thin /></li>;
}

function Banned({ ban, reason }: { ban: CountryBan; reason: string | undefined }) {
  const t = useT();
  const revoke = async () => { await send('DELETE', urls.country(ban.country_code)); changed(); };
  const again = async () => { await send('POST', urls.countryExpand(ban.country_code), { duration: ban.duration, reason: ban.reason }); changed(); };
  const off = ban.state !== 'active';
  return (
    <li>
      <span><b>{countryName(ban.country_code)}</b><small className="faint">{t('protect.ranges', { n: ban.cidr_count })} · {ban.state === 'expired' ? t('protect.expired') : t('protect.until')} {ban.state === 'expired' ? null : <Age at={ban.until} />}{ban.reason ? <> · <bdi>{ban.reason}</bdi></> : null}</small>{ban.state === 'drifted' ? <Told status="warning" text={t('protect.drifted')} /> : null}</span>
      <span className="protect-acts">{off ? <Button small icon="refresh" reason={reason} writes onClick={() => void again()}>{t('protect.again')}</Button> : null}<ConfirmInline action={t('protect.lift')} effect={t('protect.liftRange', { value: countryName(ban.country_code) })} icon="undo" reason={reason} run={revoke} /></span>
    </li>
  );
}

function CountryDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const [code, setCode] = useState('');
  const [hours, setHours] = useState<(typeof HOURS)[number]>('168');
  const [why, setWhy] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const fits = /^[A-Za-z]{2}$/.test(code.trim());
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await send('POST', urls.countryExpand(code.trim().toUpperCase()), { duration: `${hours}h`, reason: why.trim() });
      toast({ level: 'ok', text: t('protect.countryOrdered', { country: countryName(code.trim().toUpperCase()) }) });
      changed();
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(false); }
  };
  return (
    <Layer title={t('protect.banCountry')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" icon="globe" busy={busy} disabled={!fits} writes onClick={() => void save()}>{t('protect.banNow')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy && fits) void save(); }}>
        <TextField label={t('protect.countryCode')} value={code} onChange={setCode} placeholder="BR" maxLength={2} help={fits ? countryName(code.trim().toUpperCase()) : t('protect.countryHelp')} mono autoComplete="off" required />
        <div className="protect-fields">
          <Select label={t('protect.howLong')} value={hours} onChange={setHours} options={HOURS.map((n) => ({ id: n, text: t(`protect.hours.${n}`) }))} />
          <TextField label={t('protect.reason')} value={why} onChange={setWhy} optional />
        </div>
        {error ? <p className="field-error" role="alert">{error}</p> : null}
        <button type="submit" hidden />
      </form>
    </Layer>
  );
}

function Source({ geo }: { geo: GeoStatus }) {
  const t = useT();
  const may = useCan('edge:operate') ? undefined : t('core.needsPermission', { permission: 'edge:operate' });
  const file = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    try { await work(); toast({ level: 'ok', text: t('protect.geoLoaded') }); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
    invalidate(urls.geoStatus, urls.decisions);
  };
  return (
    <div className="card-body protect-source">
      <p className="faint">{geo.country_db_version ? t('protect.geoVersion', { country: geo.country_db_version, asn: geo.asn_db_version ?? '–' }) : t('protect.geoMissing')} {geo.attribution}</p>
      {geo.last_refresh_error ? <Told status="warning" text={t('protect.geoFailed', { why: geo.last_refresh_error })} /> : null}
      <div className="row"><Button small icon="refresh" busy={busy} reason={may} writes onClick={() => void run(() => send('POST', urls.geoRefresh, {}))}>{t('protect.geoFetch')}</Button><Button small icon="upload" reason={may} writes onClick={() => file.current?.click()}>{t('protect.geoUpload')}</Button><input ref={file} type="file" hidden accept=".mmdb,.gz" onChange={(e) => { const chosen = e.target.files?.[0]; e.target.value = ''; if (chosen) void run(() => bring(chosen)); }} /></div>
    </div>
  );
}
