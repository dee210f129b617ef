// The settings list: grouped, searchable, each row edited in place with default, source, rule and last change.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, patchResource, useResource } from '../../api/resource';
import type { SettingRow } from '../../api/shapes';
import { useQueryParam } from '../../app/router';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button, Segmented } from '../../ui/Button';
import { Select, Switch } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { Effective } from './Effective';
import { toast } from '../../ui/toasts';
import './settings.css';

/** Group of a key: its first part; a key without a dot belongs to its owner. */
export function groupOf(row: Pick<SettingRow, 'key' | 'owner'>): string { return row.key.includes('.') ? (row.key.split('.')[0] ?? row.owner) : row.owner; }
/** The parts of the product in the order people meet them. */
const parts = ['platform', 'edge', 'power', 'ops', 'nodes', 'quality'];
function partOf(rows: readonly SettingRow[] | undefined): string { return rows?.[0]?.owner ?? ''; }
function order(rows: readonly SettingRow[]): number { const at = parts.indexOf(partOf(rows)); return at < 0 ? parts.length : at; }
function isChanged(row: SettingRow): boolean { return row.source !== 'default' && (row.secret ? row.set : row.value !== (row.default ?? '')); }

export default function ConfigurationPage() {
  const t = useT();
  const settings = useResource(paths.settings);
  const [q, setQ] = useQueryParam('q');
  const [view, setView] = useQueryParam('view', 'all');
  const [group, setGroup] = useQueryParam('group');
  const rows = useMemo(() => {
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    return (settings.data ?? []).filter((r) => (view !== 'changed' || isChanged(r)) && words.every((w) => r.key.toLowerCase().includes(w) || r.description.toLowerCase().includes(w)));
  }, [settings.data, q, view]);
  const groups = useMemo(() => { const m = new Map<string, SettingRow[]>(); for (const r of rows) { const g = groupOf(r); m.set(g, [...(m.get(g) ?? []), r]); } return [...m].sort((a, b) => (order(a[1]) - order(b[1])) || a[0].localeCompare(b[0])); }, [rows]);
  const searching = q !== '' || view === 'changed';
  const active = [group, 'http'].find((wanted) => groups.some(([g]) => g === wanted)) ?? groups[0]?.[0] ?? '';
  const shown = searching ? groups : groups.filter(([g]) => g === active);
  return (
    <>
      <PageHead title={t('config.title')} sub={t('config.sub')} actions={<Segmented label={t('config.title')} value={view === 'changed' || view === 'text' ? view : 'all'} options={[{ id: 'all', text: t('config.all') }, { id: 'changed', text: t('config.changedOnly') }, { id: 'text', text: t('config.asText') }]} onChange={(v) => setView(v)} />} />
      {view === 'text' ? <Effective /> : <Loaded from={settings} lines={10}>
        {() => (
          <div className="config">
            <aside className="config-side card">
              <div className="config-find"><span className="filter"><Icon name="search" size={14} /><input type="search" value={q} onChange={(e) => setQ(e.target.value)} aria-label={t('config.search')} placeholder={t('config.search')} /></span></div>
              <nav aria-label={t('config.groups')}><ul className="config-groups">{groups.map(([g, list], at) => <li key={g}>{partOf(groups[at - 1]?.[1]) === partOf(list) ? null : <p className="config-part">{tDynamic(`config.part.${partOf(list)}`, partOf(list))}</p>}<button type="button" aria-current={(!searching && g === active) || undefined} onClick={() => { if (searching) { setQ(''); setView('all'); } setGroup(g); }}><span className="truncate">{g}</span><span className="faint num">{list.length}</span></button></li>)}</ul></nav>
            </aside>
            <div className="stack home-column">
              {shown.length === 0 ? <section className="card"><Empty icon="gear" title={t('config.none')} /></section> : shown.map(([g, list]) => (
                <section key={g} className="card"><header className="card-head"><h2>{g}</h2><span className="card-sub">{t('config.count', { n: list.length })}</span></header><ul>{list.map((row) => <Setting key={row.key} row={row} />)}</ul></section>
              ))}
            </div>
          </div>
        )}
      </Loaded>}
    </>
  );
}

function withUnit(row: SettingRow, value: string): string { return row.unit ? `${value} ${row.unit}` : value; }

function Setting({ row }: { row: SettingRow }) {
  const t = useT();
  const may = useCan('settings:write');
  const [draft, setDraft] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const locked = row.locked || row.class === 'B' || row.class === 'RO';
  const why = !may ? t('core.needsPermission', { permission: 'settings:write' }) : row.class === 'RO' ? t('config.readOnly') : row.class === 'B' ? t('config.bootstrap') : row.locked ? t('config.locked') : undefined;
  const value = row.value;
  const save = async (next: string) => {
    setBusy(true);
    setError(null);
    try {
      await send('PUT', urls.setting(row.key), { value: next });
      patchResource(paths.settings, (all) => all.map((r) => (r.key === row.key && !r.secret ? { ...r, value: next } : r)));
      setDraft(null);
      toast({ level: 'ok', text: t('config.saved', { key: row.key }), ...(row.secret || next === value ? {} : { action: { text: t('core.undo'), run: () => void save(value) } }) });
      invalidate('/api/settings', '/api/ui/setup');
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  const boolean = row.type === 'bool' || row.type === 'boolean';
  const choices = row.options;
  const range = row.minimum !== null && row.maximum !== null ? t('config.range', { from: row.minimum, to: row.maximum }) : row.minimum !== null ? t('config.atLeast', { from: row.minimum }) : '';
  const allowed = range || (choices.length > 1 ? choices.join(', ') : row.rule);
  const changed = isChanged(row);
  return (
    <li className="setting">
      <div className="setting-text">
        <p className="setting-key"><bdi className="mono">{row.key}</bdi>{row.unused === null ? null : <span className="pill" title={t('config.unusedText')}>{t('config.unused')}</span>}{row.locked ? <span className="tag"><Icon name="lock" size={12} /> {row.locked_by ?? tDynamic(`config.source.${row.source}`, row.source)}</span> : changed ? <span className="pill pill-info">{tDynamic(`config.source.${row.source}`, row.source)}</span> : null}</p>
        <p className="muted">{row.description}</p>
        <p className="faint setting-meta">
          {row.secret ? null : <span>{t('config.default', { value: row.default ? withUnit(row, row.default) : t('config.empty') })}</span>}
          {allowed ? <span>{t('config.rule', { rule: allowed })}</span> : null}
          {changed && row.updated_at ? <span>{row.updated_by ? t('config.changedBy', { name: row.updated_by }) : null} <Age at={row.updated_at} /></span> : null}
        </p>
      </div>
      <div className="setting-control">
        {boolean ? <Switch label={value === 'true' ? t('config.on') : t('config.off')} checked={value === 'true'} reason={why} onChange={(on) => void save(String(on))} />
          : draft === null ? (
            <>
              <span className={(row.secret ? row.set : value !== '') ? 'setting-value' : 'setting-value faint'}>{row.secret ? (row.set ? t('config.secretSet') : t('config.secretUnset')) : <bdi>{value === '' ? t('config.empty') : withUnit(row, value)}</bdi>}</span>
              <Button small icon={row.secret ? 'key' : 'edit'} label={`${row.secret ? t('config.replace') : t('core.edit')}: ${row.key}`} reason={why} writes onClick={() => { setDraft(row.secret ? '' : value); setError(null); }} />
              {changed && !locked && !row.secret ? <Button small kind="quiet" icon="undo" label={`${t('config.revert')}: ${row.key}`} reason={why} writes onClick={() => void save(row.default ?? '')} /> : null}
            </>
          ) : (
            <form className="setting-edit" onSubmit={(e) => { e.preventDefault(); if (!busy) void save(draft); }} onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); setDraft(null); setError(null); } }}>
              {choices.length > 1 ? <Select hideLabel label={row.key} value={draft} onChange={setDraft} options={choices.map((c) => ({ id: c, text: c }))} />
                : <input className="input mono" type={row.secret ? 'password' : 'text'} autoComplete="off" autoFocus value={draft} aria-label={row.key} aria-invalid={error !== null || undefined} inputMode={row.type === 'int' || row.type === 'num' ? 'decimal' : 'text'} onChange={(e) => setDraft(e.target.value)} />}
              {row.unit ? <span className="faint setting-unit">{row.unit}</span> : null}
              <Button small kind="primary" type="submit" busy={busy} writes>{t('core.save')}</Button>
              <Button small kind="quiet" icon="close" label={t('core.cancel')} onClick={() => { setDraft(null); setError(null); }} />
            </form>
          )}
        {error ? <p className="field-error" role="alert">{error}</p> : null}
      </div>
    </li>
  );
}
