// How requests and answers of a site are delivered: compression, https for browsers, limits, times, pages in place of the
// proxy's own errors.
import { useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { CompressionCoding, ErrorPage, Site, SiteDelivery } from '../../api/edge';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Select, Switch, TextField } from '../../ui/Form';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { Times } from './Times';

const mebi = 1_048_576;
const offered = ['', 'gzip', 'br', 'zstd'] as const;
/** Members whose errors stand beside their fields; the others stand at the end. */
const byField = ['request_body_bytes_max', 'requests_at_once_max', 'request_header_bytes_max', 'connect_timeout_seconds', 'response_timeout_seconds', 'idle_timeout_seconds', 'tries_max'];
const spans = [0, 300, 86_400, 2_592_000, 31_536_000, 63_072_000] as const;

export function Delivery({ site }: { site: Site }) {
  const delivery = useResource(paths.siteDelivery(site.id));
  return <Loaded from={delivery} lines={6}>{(d) => <Form key={String(d.updated_at)} site={site} delivery={d} />}</Loaded>;
}

function Form({ site, delivery }: { site: Site; delivery: SiteDelivery }) {
  const t = useT();
  const may = useCan('edge:write');
  const [draft, setDraft] = useState(delivery);
  const [mebis, setMebis] = useState(delivery.request_body_bytes_max === 0 ? '' : String(delivery.request_body_bytes_max / mebi));
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const set = (change: Partial<SiteDelivery>) => { setDraft({ ...draft, ...change }); setErrors({}); };
  const page = (at: number, change: Partial<ErrorPage>) => set({ error_pages: draft.error_pages.map((p, n) => (n === at ? { ...p, ...change } : p)) });
  const save = async () => {
    setBusy(true);
    const { host_id, updated_at, ...body } = draft;
    try {
      await send('PUT', urls.siteDelivery(site.id), { ...body, request_body_bytes_max: Math.round((Number(mebis.replace(',', '.')) || 0) * mebi) });
      toast({ level: 'ok', text: t('sites.saved') });
      invalidate(urls.siteDelivery(site.id), urls.engineStatus);
    } catch (e) {
      const found = asApiError(e);
      const beside = found.fields.filter((f) => byField.includes(f.field));
      const others = found.fields.filter((f) => !byField.includes(f.field)).map((f) => f.message).join(' ');
      setErrors({ ...Object.fromEntries(beside.map((f) => [f.field, f.message])), '': beside.length > 0 ? others : found.message });
    }
    setBusy(false);
  };
  const codings = offered.find((o) => o === draft.compression_codings.join(',')) ?? '';
  const choices = [...new Set<number>([...spans, draft.hsts_max_age_seconds])].sort((a, b) => a - b);
  const span = (seconds: number) => { const known = spans.find((s) => s === seconds); return known === undefined ? `${seconds} s` : t(`sites.hsts.${known}`); };
  return (
    <form className="stack" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(); }}>
      <Card title={t('sites.delivery')} sub={t('sites.deliverySub')}>
        <div className="stack">
          <Switch label={t('sites.compression')} checked={draft.compression} onChange={(compression) => set({ compression })} />
          {draft.compression ? <div className="fieldrow"><Select label={t('sites.codings')} value={codings} onChange={(v) => set({ compression_codings: v === '' ? [] : (v.split(',') as CompressionCoding[]) })} options={offered.map((id) => ({ id, text: t(`sites.codings.${id === '' ? 'all' : id}`) }))} help={t('sites.codingsHelp')} /></div> : null}
          {site.tls_mode === 'none' ? null : <div className="fieldrow"><Select label={t('sites.hsts')} value={String(draft.hsts_max_age_seconds)} onChange={(v) => set({ hsts_max_age_seconds: Number(v) })} options={choices.map((s) => ({ id: String(s), text: span(s) }))} help={t('sites.hstsHelp')} /></div>}
          {site.tls_mode === 'none' || draft.hsts_max_age_seconds === 0 ? null : <Switch label={t('sites.hstsBelow')} checked={draft.hsts_include_subdomains} onChange={(hsts_include_subdomains) => set({ hsts_include_subdomains })} />}
          <div className="fieldrow"><TextField label={t('sites.bodyMax')} value={mebis} onChange={(v) => { setMebis(v); setErrors({}); }} inputMode="decimal" placeholder={t('sites.noLimit')} error={errors.request_body_bytes_max} optional /><TextField label={t('sites.atOnce')} value={draft.requests_at_once_max === 0 ? '' : String(draft.requests_at_once_max)} onChange={(v) => set({ requests_at_once_max: Number(v) || 0 })} inputMode="numeric" placeholder={t('sites.noLimit')} error={errors.requests_at_once_max} optional /></div>
        </div>
      </Card>
      <Times draft={draft} set={set} errors={errors} />
      <Card title={t('sites.errorPages')} sub={t('sites.errorPagesSub')} actions={<Button small icon="plus" disabled={draft.error_pages.length >= 16} onClick={() => set({ error_pages: [...draft.error_pages, { status: [502, 503, 404, 403, 429].find((s) => !draft.error_pages.some((p) => p.status === s)) ?? 500, content_type: '', body: '' }] })}>{t('sites.addErrorPage')}</Button>}>
        {draft.error_pages.length === 0 ? <Empty compact icon="globe" title={t('sites.noErrorPages')} /> : (
          <div className="stack">
            {draft.error_pages.map((p, at) => (
              <fieldset key={at} className="error-page">
                <div className="fieldrow"><TextField label={t('sites.status')} value={String(p.status)} onChange={(v) => page(at, { status: Number(v) || 0 })} inputMode="numeric" /><TextField label={t('sites.contentType')} value={p.content_type} onChange={(content_type) => page(at, { content_type })} placeholder="text/html; charset=utf-8" mono optional /></div>
                <textarea className="input mono secrule" aria-label={t('sites.body')} value={p.body} placeholder="<h1>Back in a minute</h1>" onChange={(e) => page(at, { body: e.target.value })} />
                <div className="row"><Button small icon="trash" kind="quiet" onClick={() => set({ error_pages: draft.error_pages.filter((_, n) => n !== at) })}>{t('sites.removePage')}</Button></div>
              </fieldset>
            ))}
          </div>
        )}
      </Card>
      {errors[''] ? <p className="field-error" role="alert">{errors['']}</p> : null}
      <div className="row"><Button type="submit" kind="primary" icon="save" busy={busy} writes reason={may ? undefined : t('core.needsPermission', { permission: 'edge:write' })}>{t('sites.save')}</Button></div>
    </form>
  );
}
