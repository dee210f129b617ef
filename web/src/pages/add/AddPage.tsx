// Everything that can be added: what works right away, and the parts with their pins.
import { Link } from '../../app/Link';
import { sections } from '../../app/sections';
import { useT, type PlainKey } from '../../i18n';
import { preferences, setPreferences } from '../../state/preferences';
import { useStore } from '../../state/store';
import { Button } from '../../ui/Button';
import { Icon, type IconName } from '../../ui/Icon';
import { PageHead } from '../../ui/PageHead';
import '../home/home.css';

const ready: readonly { to: string; icon: IconName; title: PlainKey; text: PlainKey }[] = [
  { to: '/power?new=1', icon: 'bolt', title: 'add.ups', text: 'add.upsText' },
  { to: '/settings/channels?new=1', icon: 'bell', title: 'add.channel', text: 'add.channelText' },
  { to: '/incidents/rules?new=1', icon: 'siren', title: 'add.rule', text: 'add.ruleText' },
  { to: '/settings/people?new=1', icon: 'users', title: 'add.user', text: 'add.userText' },
  { to: '/settings/credentials?new=1', icon: 'key', title: 'add.key', text: 'add.keyText' },
];
const partText: Readonly<Record<string, PlainKey>> = { sites: 'add.sites', power: 'add.power', media: 'add.media', tests: 'add.tests' };

export default function AddPage() {
  const t = useT();
  const pins = useStore(preferences, (p) => p.pins);
  return (
    <>
      <PageHead title={t('add.title')} sub={t('add.lead')} />
      <h2 className="addsection">{t('add.now')}</h2>
      <div className="addgrid">{ready.map((r) => <Link key={r.to} to={r.to} className="addcard"><Icon name={r.icon} size={20} /><span><h3>{t(r.title)}</h3><p>{t(r.text)}</p></span></Link>)}</div>
      <h2 className="addsection">{t('add.parts')}</h2>
      <div className="addgrid">
        {sections.filter((s) => s.fold).map((s) => {
          const pinned = pins.includes(s.id);
          const text = partText[s.id];
          return (
            <div key={s.id} className="addcard">
              <Icon name={s.icon} size={20} />
              <div><h3><Link to={s.to}>{t(s.label)}</Link></h3>{text ? <p>{t(text)}</p> : null}
                <Button small icon="pin" pressed={pinned} onClick={() => setPreferences({ pins: pinned ? pins.filter((p) => p !== s.id) : [...pins, s.id] })}>{pinned ? t('add.unpin') : t('add.pin')}</Button></div>
            </div>
          );
        })}
      </div>
    </>
  );
}
