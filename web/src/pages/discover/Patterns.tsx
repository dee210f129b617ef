// What comes again on the pages of a site: how they are built, their navigation, forms, lists and dialogs, and where else it is met.
import type { PatternShown } from '../../api/discover';
import { showNumber } from '../../format/numbers';
import { tDynamic, useT } from '../../i18n';
import { Card } from '../../ui/Card';
import { Empty } from '../../ui/StateBlock';
import { pathOf } from './words';

/** Pages that are named of each. */
const named = 6;

export function Patterns({ patterns, over }: { patterns: readonly PatternShown[]; over: boolean }) {
  const t = useT();
  if (patterns.length === 0) return <section className="card"><Empty icon="layers" title={t(over ? 'discover.noPatterns' : 'discover.noPatternsYet')} compact /></section>;
  const kinds = [...new Set(patterns.map((p) => p.pattern_type))];
  const parts = (p: PatternShown) => p.pattern_data.fields ?? p.pattern_data.links ?? p.pattern_data.controls ?? [];
  const seen = (p: PatternShown) => [
    t('discover.onPages', { n: showNumber(p.pattern_data.pages_count ?? 0) }),
    p.times_seen > 1 ? t('discover.timesSeen', { n: showNumber(p.times_seen) }) : null,
    p.other_projects ? t('discover.elsewhere', { n: showNumber(p.other_projects) }) : null,
    p.test_success_rate === null ? null : t('discover.testsPass', { n: showNumber(Math.round(p.test_success_rate * 100)) }),
  ].filter(Boolean).join(' · ');
  return (
    <div className="tests-two">
      {kinds.map((kind) => {
        const own = patterns.filter((p) => p.pattern_type === kind);
        return (
          <Card key={kind} title={tDynamic(`discover.pattern.${kind}`, kind.replaceAll('_', ' '))} sub={String(own.length)} flush>
            <ul className="dfinds">
              {own.map((p) => {
                const pages = p.pattern_data.pages ?? [];
                const more = (p.pattern_data.pages_count ?? 0) - named;
                return (
                  <li key={p.pattern_signature}>
                    <span>
                      <b><bdi>{p.pattern_name}</bdi></b>
                      <small>{seen(p)}</small>
                      {parts(p).length > 0 ? <small className="faint">{parts(p).map((part) => part.replace(':', ' ')).join(', ')}</small> : null}
                      {pages.length > 0 ? <small className="mono">{pages.slice(0, named).map(pathOf).join('  ')}{more > 0 ? ` +${showNumber(more)}` : ''}</small> : null}
                    </span>
                  </li>
                );
              })}
            </ul>
          </Card>
        );
      })}
    </div>
  );
}
