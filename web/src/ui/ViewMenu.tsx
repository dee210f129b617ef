// Saved views of a page: what its address says, kept under a name, for oneself or for everybody.
import { useState } from 'react';
import { asApiError, send } from '../api/client';
import { paths, urls } from '../api/paths';
import { invalidate, useResource } from '../api/resource';
import type { SavedView } from '../api/shapes';
import { navigate, usePlace } from '../app/router';
import { useT } from '../i18n';
import { useCan } from '../app/session';
import { Button } from './Button';
import { Switch, TextField } from './Form';
import { Layer, Menu, type MenuItem } from './Overlay';
import { toast } from './toasts';

/** The query without what is no part of a view. */
function queryOf(search: string): string {
  const query = new URLSearchParams(search);
  query.delete('peek');
  return query.toString();
}

export function ViewMenu({ page }: { page: string }) {
  const t = useT();
  const query = queryOf(usePlace().search);
  const views = useResource(paths.views(page));
  const [saving, setSaving] = useState(false);
  const all = views.data ?? [];
  const current = all.find((v) => v.query === query);
  const told = (work: Promise<unknown>) => work.then(() => { invalidate('/api/ui/views'); return true; }, (e: unknown) => { toast({ level: 'critical', text: asApiError(e).message }); return false; });
  const forget = async (v: SavedView) => {
    if (await told(send('DELETE', urls.view(v.id)))) toast({ level: 'ok', text: t('views.forgotten', { name: v.name }) });
  };
  const items: MenuItem[] = all.map((v) => ({ id: v.id, text: v.own ? v.name : t('views.of', { name: v.name, by: v.by }), icon: v === current ? 'check' : v.shared ? 'users' : 'eye', run: () => navigate(`${page}${v.query ? `?${v.query}` : ''}`, { keepScroll: true }) }));
  items.push({ id: 'save', text: t('views.save'), icon: 'plus', separator: all.length > 0, run: () => setSaving(true) });
  if (current?.own) items.push({ id: 'forget', text: t('views.forget', { name: current.name }), icon: 'trash', danger: true, run: () => void forget(current) });
  return (
    <>
      <Menu label={t('views.title')} icon="eye" text={current?.name ?? t('views.title')} kind="secondary" items={items} />
      {saving ? <SaveView page={page} query={query} onClose={() => setSaving(false)} /> : null}
    </>
  );
}

function SaveView({ page, query, onClose }: { page: string; query: string; onClose: () => void }) {
  const t = useT();
  const mayShare = useCan('dashboards:write');
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    try {
      await send('POST', urls.views, { page, name: name.trim(), query, shared });
      invalidate('/api/ui/views');
      onClose();
    } catch (e) { setProblem(asApiError(e).message); }
  };
  return (
    <Layer title={t('views.save')} onClose={onClose} footer={<><Button onClick={onClose}>{t('core.cancel')}</Button><Button kind="primary" writes disabled={name.trim() === ''} onClick={() => void save()}>{t('core.save')}</Button></>}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); if (name.trim() !== '') void save(); }}>
        <TextField label={t('views.name')} value={name} onChange={setName} error={problem} maxLength={80} autoFocus help={t('views.help')} />
        {mayShare ? <Switch label={t('views.share')} checked={shared} onChange={setShared} /> : null}
      </form>
    </Layer>
  );
}
