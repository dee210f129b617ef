// The bans that last now: searched on the server, because there may be half a million.
import { useMemo, useState } from 'react';
import type { Decision, Place, Unbanned } from '../../../api/protection';
import { asApiError, send } from '../../../api/client';
import { paths, urls } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useQueryParam } from '../../../app/router';
import { countryName } from '../../../format/country';
import { useT } from '../../../i18n';
import { Age } from '../../../ui/Age';
import { Button } from '../../../ui/Button';
import { Country } from '../../../ui/Country';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Select, TextField } from '../../../ui/Form';
import { GeoNote } from '../../../ui/GeoNote';
import { Layer } from '../../../ui/Overlay';
import { Empty, Loaded } from '../../../ui/StateBlock';
import { toast } from '../../../ui/toasts';
import { bansChanged, originWord } from './bans';

const PAGE = 200;

export function BanList({ mayLift }: { mayLift: string | undefined }) {
  const t = useT();
  const [text, setText] = useQueryParam('find');
  const [scope, setScope] = useQueryParam('scope');
  const [origin, setOrigin] = useQueryParam('origin');
  const [more, setMore] = useState(1);
  const [lifting, setLifting] = useState<Decision | null>(null);
  const query = { limit: Math.min(PAGE * more, 1_000), ...(text === '' ? {} : { q: text }), ...(scope === '' ? {} : { scope }), ...(origin === '' ? {} : { origin }) };
  const bans = useResource(paths.decisions(query), { everyMs: 5_000 });
  const stats = useResource(paths.securityStats, { everyMs: 15_000 });
  const origins = Object.keys(stats.data?.bans_by_origin ?? {}).sort();
  const columns = useMemo((): Column<Decision>[] => [
    { id: 'value', title: t('protect.who'), value: (d) => d.value, kind: 'main', cell: (d) => <bdi className="mono">{d.value}</bdi> },
    { id: 'where', title: t('protect.where'), value: (d) => (d.geo?.country_code ? countryName(d.geo.country_code) : ''), width: '190px', cell: (d) => (d.geo?.country_code ? <Country code={d.geo.country_code} asn={d.geo.asn} org={d.geo.asn_org} /> : <span className="faint">–</span>) },
    { id: 'why', title: t('protect.why'), value: (d) => d.scenario, cell: (d) => <bdi>{d.scenario || '–'}</bdi> },
    { id: 'what', title: t('protect.what'), value: (d) => `${d.type} ${d.scope}`, width: '120px', cell: (d) => (d.type === 'ban' && /^(ip|range)$/i.test(d.scope) ? <span>{t('protect.turnedAway')}</span> : <span className="faint" title={t('protect.notEnforced')}>{d.type} · {d.scope}</span>) },
    { id: 'origin', title: t('protect.by'), value: (d) => originWord(t, d.origin), width: '190px', cell: (d) => <span className="nowrap">{originWord(t, d.origin)}</span> },
    { id: 'until', title: t('protect.until'), value: (d) => d.until, width: '130px', cell: (d) => <Age at={d.until} /> },
    { id: 'act', title: '', value: () => '', kind: 'actions', plain: true, width: '96px', cell: (d) => <Button small kind="quiet" icon="undo" reason={mayLift} writes onClick={() => setLifting(d)}>{t('protect.lift')}</Button> },
  ], [t, mayLift]);
  return (
    <section className="card">
      <header className="card-head"><div><h2>{t('protect.bans')}</h2>{bans.data?.error ? <p className="faint protect-note">{t('protect.stale')} {bans.data.heard_at ? <Age at={bans.data.heard_at} /> : null}</p> : null}</div></header>
      <div className="card-body protect-fields protect-filter">
        <TextField label={t('protect.search')} value={text} onChange={(v) => { setMore(1); setText(v); }} placeholder="203.0.113." autoComplete="off" />
        <Select label={t('protect.scope')} value={scope} onChange={setScope} options={[{ id: '', text: t('protect.all') }, { id: 'Ip', text: t('protect.scope.ip') }, { id: 'Range', text: t('protect.scope.range') }]} />
        <Select label={t('protect.by')} value={origin} onChange={setOrigin} options={[{ id: '', text: t('protect.all') }, ...origins.map((id) => ({ id, text: originWord(t, id) }))]} />
      </div>
      <Loaded from={bans} lines={5}>
        {(page) => (
          <>
            <DataTable name="bans" label={t('protect.bans')} rows={page.decisions} columns={columns} keyOf={(d) => String(d.id)} filterable={false} empty={text || scope || origin ? <Empty compact icon="search" title={t('protect.noMatch')} /> : <Empty icon="shield" title={t('protect.none')} text={t('protect.noneText')} />} />
            {page.total > page.decisions.length ? <p className="card-body faint protect-more">{t('protect.shown', { n: page.decisions.length, total: page.total })} {page.decisions.length < 1_000 ? <Button small onClick={() => setMore(more + 1)}>{t('protect.more')}</Button> : t('protect.narrow')}</p> : null}
          </>
        )}
      </Loaded>
      <GeoNote />
      {lifting ? <LiftDialog ban={lifting} onClose={() => setLifting(null)} /> : null}
    </section>
  );
}

/** What lifting means is said before it is done: an address may be held by ranges too. */
function LiftDialog({ ban, onClose }: { ban: Decision; onClose: () => void }) {
  const t = useT();
  const single = /^ip$/i.test(ban.scope);
  const preview = useResource(paths.banPreview(ban.value));
  const [busy, setBusy] = useState('');
  const [error, setError] = useState<string | null>(null);
  const ranges = (preview.data?.covering ?? []).filter((d) => !/^ip$/i.test(d.scope) && d.id !== ban.id);
  const run = async (how: 'one' | 'ip' | 'all') => {
    setBusy(how);
    try {
      if (how === 'one') await send('DELETE', urls.decision(ban.id));
      else {
        const done = await send<Unbanned>('POST', urls.unbanIp, { ip: ban.value, lift_ranges: how === 'all' });
        toast({ level: 'ok', text: t(done.whitelisted ? 'protect.unbannedAllowed' : 'protect.unbanned', { ip: ban.value }) });
      }
      bansChanged();
      onClose();
    } catch (e) { setError(asApiError(e).message); setBusy(''); }
  };
  const list = (places: readonly (Decision | Place)[]) => <ul className="protect-list">{places.map((p) => <li key={p.id}><bdi className="mono">{p.value}</bdi>{'scenario' in p ? <span className="faint"> {p.scenario}</span> : null}</li>)}</ul>;
  return (
    <Layer
      title={t('protect.liftTitle', { value: ban.value })}
      onClose={onClose}
      footer={<><Button onClick={onClose}>{t('core.cancel')}</Button>{single && ranges.length > 0 ? <Button icon="undo" busy={busy === 'all'} writes onClick={() => void run('all')}>{t('protect.liftAll', { n: ranges.length })}</Button> : null}<Button kind="primary" icon="undo" busy={busy === 'one' || busy === 'ip'} writes onClick={() => void run(single ? 'ip' : 'one')}>{t(single && ranges.length > 0 ? 'protect.liftAllow' : 'protect.lift')}</Button></>}
    >
      <div className="stack">
        <p>{t(single ? 'protect.liftIp' : 'protect.liftRange', { value: ban.value })}</p>
        {single && ranges.length > 0 ? <><p>{t('protect.alsoHeld')}</p>{list(ranges)}</> : null}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
      </div>
    </Layer>
  );
}
