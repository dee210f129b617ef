// A part this server does not offer: says so and what it would do; nothing here pretends to work.
import { sectionOf } from '../../app/sections';
import { usePlace } from '../../app/router';
import { useT, type PlainKey } from '../../i18n';
import { ButtonLink } from '../../ui/Button';
import { PageHead } from '../../ui/PageHead';
import { Empty } from '../../ui/StateBlock';

const texts: Readonly<Record<string, PlainKey>> = { sites: 'add.sites', power: 'add.power', media: 'add.media', tests: 'add.tests', automate: 'add.automate' };

export default function SectionPage() {
  const t = useT();
  const section = sectionOf(usePlace().pathname);
  if (!section) return null;
  const text = texts[section.id];
  return (
    <>
      <PageHead title={t(section.label)} {...(text ? { sub: t(text) } : {})} />
      <section className="card"><Empty icon={section.icon} title={t('section.empty')} text={t('section.notHere')} action={<ButtonLink to="/add" icon="plus">{t('nav.add')}</ButtonLink>} /></section>
    </>
  );
}
