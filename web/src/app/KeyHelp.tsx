// The keyboard of this page and of everywhere, read from what is registered right now.
import { useT } from '../i18n';
import { preferences, setPreferences } from '../state/preferences';
import { useStore } from '../state/store';
import { Switch } from '../ui/Form';
import { Layer } from '../ui/Overlay';
import { keyBindings, type KeyBinding } from './keys';

function Keys({ keys }: { keys: string }) { return <span className="keycombo">{keys.split(/[ +]/).map((k) => <kbd key={k}>{k.length === 1 ? k.toUpperCase() : k}</kbd>)}</span>; }

export default function KeyHelp({ onClose }: { onClose: () => void }) {
  const t = useT();
  const layers = useStore(keyBindings);
  const singleKeys = useStore(preferences, (p) => p.singleKeys);
  const shell = layers.find((l) => l.some((b) => b.keys === 'Ctrl+k')) ?? [];
  const page = layers.filter((l) => l !== shell).flat();
  const text = (b: KeyBinding) => (b.keys.startsWith('g ') ? t('keys.goTo', { name: t(b.label) }) : t(b.label));
  const list = (items: readonly KeyBinding[]) => <dl className="keylist">{items.map((b) => <div key={b.keys}><dt>{text(b)}</dt><dd><Keys keys={b.keys} /></dd></div>)}</dl>;
  return (
    <Layer title={t('keys.title')} onClose={onClose} wide footer={<Switch label={t('keys.singleKeys')} checked={singleKeys} onChange={(on) => setPreferences({ singleKeys: on })} />}>
      <div className="keyhelp">
        <section><h3>{t('keys.global')}</h3>{list(shell)}</section>
        <div className="stack">
        {page.length > 0 ? <section><h3>{t('keys.page')}</h3>{list(page)}</section> : null}
        <section><h3>{t('keys.documentation')}</h3><p className="stack"><a href="/docs" target="_blank" rel="noreferrer">{t('keys.apiDocs')}</a><a href="/openapi.json" target="_blank" rel="noreferrer">{t('keys.apiSpec')}</a></p></section>
        </div>
      </div>
    </Layer>
  );
}
