// Bans by who decided and why, as bars.
import { paths } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useT } from '../../../i18n';
import { Card } from '../../../ui/Card';
import { Empty, Loaded } from '../../../ui/StateBlock';
import { originWord } from './bans';

export function Breakdown() {
  const t = useT();
  const stats = useResource(paths.securityStats, { everyMs: 15_000 });
  return (
    <Card title={t('protect.breakdown')}>
      <Loaded from={stats} lines={4}>
        {(s) => {
          if (s.bans_total === 0) return <Empty compact icon="shield" title={t('protect.none')} />;
          const origins = Object.entries(s.bans_by_origin).sort((a, b) => b[1] - a[1]).slice(0, 5);
          return (
            <div className="stack">
              <Bars title={t('protect.byOrigin')} rows={origins.map(([id, n]) => ({ text: originWord(t, id), n }))} />
              <Bars title={t('protect.byReason')} rows={s.bans_by_scenario.slice(0, 6).map((r) => ({ text: r.scenario || '–', n: r.count }))} />
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Bars({ title, rows }: { title: string; rows: readonly { text: string; n: number }[] }) {
  const most = Math.max(1, ...rows.map((r) => r.n));
  return (
    <section>
      <h3 className="protect-sub">{title}</h3>
      <ul className="protect-bars">{rows.map((r) => <li key={r.text}><bdi>{r.text}</bdi><span className="num">{r.n}</span><i aria-hidden="true" style={{ inlineSize: `${Math.max(2, (100 * r.n) / most)}%` }} /></li>)}</ul>
    </section>
  );
}
