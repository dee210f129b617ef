// The menu of whoever is signed in: account, look, language, sign out.
import { languages, useT } from '../i18n';
import { type Density, preferences, setPreferences, type Theme } from '../state/preferences';
import { useStore } from '../state/store';
import { Menu, type MenuItem } from '../ui/Menu';
import { toast } from '../ui/toasts';
import { UserFace } from './TopBar';
import { signOut } from './session';

/** Shown by the press that asked for it, so it starts open. */
export default function UserMenu() {
  const t = useT();
  const prefs = useStore(preferences);
  const themes: readonly (readonly [Theme, string])[] = [['system', t('top.themeSystem')], ['dark', t('top.themeDark')], ['light', t('top.themeLight')], ['contrast', t('top.themeContrast')]];
  const densities: readonly (readonly [Density, string])[] = [['compact', t('top.densityCompact')], ['normal', t('top.densityNormal')], ['relaxed', t('top.densityRelaxed')]];
  const items: MenuItem[] = [
    { id: 'account', text: t('nav.account'), icon: 'user', to: '/settings/account' },
    ...themes.map(([id, text], i) => ({ id: `theme-${id}`, text, checked: prefs.theme === id, run: () => setPreferences({ theme: id }), separator: i === 0 })),
    ...densities.map(([id, text], i) => ({ id: `density-${id}`, text, checked: prefs.density === id, run: () => setPreferences({ density: id }), separator: i === 0 })),
    ...languages.map(({ id, name }, i) => ({ id: `language-${id}`, text: name, checked: prefs.language === id, run: () => setPreferences({ language: id }), separator: i === 0 })),
    { id: 'out', text: t('top.signOut'), icon: 'logout', run: () => { signOut().catch((e: unknown) => toast({ level: 'critical', text: String(e) })); }, separator: true },
  ];
  return <Menu label={t('top.user')} items={items} startsOpen><UserFace /></Menu>;
}
