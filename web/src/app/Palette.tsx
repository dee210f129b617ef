// Search and commands: pages, settings and actions are matched in the browser and answer at once; things come from the server's search.
import { useEffect, useMemo, useRef, useState } from 'react';
import { paths } from '../api/paths';
import { useResource } from '../api/resource';
import { useT } from '../i18n';
import { togglePause, useStats } from '../state/live';
import { preferences, setPreferences } from '../state/preferences';
import { useStore } from '../state/store';
import { Icon, type IconName } from '../ui/Icon';
import { Layer } from '../ui/Overlay';
import { score } from './fuzzy';
import { navigate } from './router';
import { sections } from './sections';
import { can, signOut, useUser } from './session';

interface Entry { id: string; group: 'recent' | 'pages' | 'things' | 'settings' | 'actions'; text: string; hint?: string; icon: IconName; run: () => void }
/** Of equally good matches the page comes before the thing, and the five hundred settings come last. */
const weight: Readonly<Record<Entry['group'], number>> = { recent: 0, pages: 100, things: 90, actions: 60, settings: 0 };
const machineTabs = ['metrics', 'processes', 'services', 'disks', 'network', 'logs'] as const;

function useEntries(): Entry[] {
  const t = useT();
  const user = useUser();
  const stats = useStats((s) => s);
  const recent = useStore(preferences, (p) => p.recent);
  const indexed = can(user, 'inventory:read');
  const settings = useResource(can(user, 'settings:read') ? paths.settings : null);
  return useMemo(() => {
    const list: Entry[] = [];
    const go = (to: string) => () => navigate(to);
    for (const s of sections) {
      const pages = s.pages.length > 1 ? s.pages : [{ to: s.to, label: s.label }];
      for (const p of pages) {
        if ('permission' in p && p.permission && !can(user, p.permission)) continue;
        const own = p.label === s.label || p.label === 'core.all';
        list.push({ id: p.to, group: 'pages', text: own ? t(s.label) : `${t(s.label)}: ${t(p.label)}`, icon: s.icon, hint: own ? `g ${s.key}` : '', run: go(p.to) });
      }
    }
    const host = stats?.hostname ?? 'local';
    list.push({ id: 'machine', group: 'things', text: host, hint: t('nav.thisMachine'), icon: 'server', run: go('/machines/local') });
    for (const tab of machineTabs) list.push({ id: `machine/${tab}`, group: 'things', text: `${host} ${tab}`, icon: 'server', run: go(`/machines/local/${tab}`) });
    for (const s of indexed ? [] : (stats?.services ?? [])) list.push({ id: `service/${s.name}`, group: 'things', text: s.name, hint: s.status, icon: 'gear', run: go(`/machines/local/services?q=${encodeURIComponent(s.name)}`) });
    for (const d of indexed ? [] : (stats?.disks ?? [])) list.push({ id: `disk/${d.mount}`, group: 'things', text: d.mount, hint: `${d.percent} %`, icon: 'disk', run: go('/machines/local/disks') });
    for (const n of indexed ? [] : (stats?.netInterfaces ?? [])) list.push({ id: `if/${n.name}`, group: 'things', text: n.name, icon: 'network', run: go('/machines/local/network') });
    for (const c of indexed ? [] : (stats?.containers ?? [])) list.push({ id: `container/${c.id}`, group: 'things', text: c.name, hint: c.image, icon: 'package', run: go(`/inventory?q=${encodeURIComponent(c.name)}`) });
    for (const s of settings.data ?? []) list.push({ id: `setting/${s.key}`, group: 'settings', text: s.key, ...(s.description || s.rule ? { hint: s.description || s.rule } : {}), icon: 'gear', run: go(`/settings/system/configuration?q=${encodeURIComponent(s.key)}`) });
    const dark = document.documentElement.dataset.theme !== 'light';
    list.push({ id: 'theme', group: 'actions', text: t('keys.theme'), icon: dark ? 'sun' : 'moon', hint: 'Alt T', run: () => setPreferences({ theme: dark ? 'light' : 'dark' }) });
    list.push({ id: 'pause', group: 'actions', text: t('keys.pauseLive'), icon: 'pause', hint: 'L', run: togglePause });
    list.push({ id: 'out', group: 'actions', text: t('top.signOut'), icon: 'logout', run: () => void signOut() });
    return [...recent.slice(1, 4).flatMap((to): Entry[] => { const known = list.find((e) => e.id === to); return known ? [{ ...known, id: `recent${to}`, group: 'recent' }] : []; }), ...list];
  }, [t, user, stats, settings.data, recent, indexed]);
}

/** Things the server finds, a moment after the last key. */
function useThings(text: string): readonly Entry[] {
  const user = useUser();
  const [asked, setAsked] = useState('');
  useEffect(() => { const timer = setTimeout(() => setAsked(text.trim()), 60); return () => clearTimeout(timer); }, [text]);
  const found = useResource(asked !== '' && can(user, 'inventory:read') ? paths.search(asked) : null);
  const [last, setLast] = useState<readonly Entry[]>([]);
  useEffect(() => {
    if (asked === '') setLast([]);
    else if (found.data) setLast(found.data.groups.flatMap((g) => g.items).slice(0, 20).map((x): Entry => ({ id: `thing/${x.ref}`, group: 'things', text: x.name, hint: [x.ref.split(':')[0], x.word].filter(Boolean).join(', '), icon: thingIcon(x.kind), run: () => navigate(`/inventory/${encodeURIComponent(x.ref)}`) })));
  }, [asked, found.data]);
  return last;
}
function thingIcon(kind: string): IconName {
  switch (kind) { case 'machine': return 'server'; case 'ups': case 'pdu': return 'bolt'; case 'disk': case 'filesystem': return 'disk'; case 'interface': return 'network'; case 'service': return 'gear'; case 'container': return 'package'; default: return 'boxes'; }
}

export default function Palette({ onClose }: { onClose: () => void }) {
  const t = useT();
  const entries = useEntries();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const things = useThings(text);
  const hits = useMemo(() => {
    if (text.trim() === '') return entries.filter((e) => e.group !== 'settings' && !e.id.startsWith('service/')).slice(0, 24);
    const own = entries.filter((e) => e.group !== 'recent').map((e) => ({ e, s: Math.max(score(text, e.text), e.hint ? score(text, e.hint) - 40 : 0) })).filter((x) => x.s > 0).map((x) => ({ e: x.e, s: x.s + weight[x.e.group] })).sort((a, b) => b.s - a.s).slice(0, 50);
    // The server ranks things; the best of them stands beside pages of the same match.
    const found = things.map((e, i) => ({ e, s: Math.max(score(text, e.text), 60) + weight.things - i * 0.01 }));
    return [...found, ...own].sort((a, b) => b.s - a.s).slice(0, 50).map((x) => x.e);
  }, [entries, text, things]);
  const chosen = Math.min(at, hits.length - 1);
  useEffect(() => { list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }); });
  const take = (e: Entry | undefined) => { if (!e) return; onClose(); e.run(); };
  const groups = { recent: t('palette.recent'), pages: t('palette.pages'), things: t('palette.things'), settings: t('palette.settings'), actions: t('palette.actions') };
  return (
    <Layer kind="palette" title={t('palette.title')} hideTitle onClose={onClose}>
      <div className="palette-input">
        <Icon name="search" />
        <input autoFocus value={text} role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={hits[chosen] ? `palette-${chosen}` : undefined} aria-label={t('palette.placeholder')} placeholder={t('palette.placeholder')} spellCheck={false} autoComplete="off"
          onChange={(e) => { setText(e.target.value); setAt(0); }}
          onKeyDown={(e) => {
            if (e.key === 'ArrowDown') { e.preventDefault(); setAt(Math.min(chosen + 1, hits.length - 1)); }
            if (e.key === 'ArrowUp') { e.preventDefault(); setAt(Math.max(chosen - 1, 0)); }
            if (e.key === 'Enter') { e.preventDefault(); take(hits[chosen]); }
          }} />
        <kbd>Esc</kbd>
      </div>
      {hits.length === 0 ? <p className="palette-empty">{t('palette.empty', { text })}</p> : null}
      <div className="palette-list" id="palette-list" role="listbox" aria-label={t('palette.title')} ref={list}>
        {hits.map((e, i) => (
          <div key={e.id}>
            {i === 0 || hits[i - 1]?.group !== e.group ? <div className="palette-group" role="presentation">{groups[e.group]}</div> : null}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the combobox input handles the keys. */}
            <div id={`palette-${i}`} role="option" tabIndex={-1} aria-selected={i === chosen} className="palette-item" onPointerMove={() => { if (i !== chosen) setAt(i); }} onClick={() => take(e)}>
              <Icon name={e.icon} /><span className="truncate">{e.text}</span>{e.hint ? <span className="palette-hint truncate">{e.hint}</span> : null}
            </div>
          </div>
        ))}
      </div>
      <p className="palette-foot faint">{t('palette.hint')}</p>
    </Layer>
  );
}
