// What is wanted of CrowdSec beside what it runs, and the command that brings them together.
import type { Drift } from '../../../api/protection';
import { paths, urls } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useT } from '../../../i18n';
import { Age } from '../../../ui/Age';
import { Card } from '../../../ui/Card';
import { CopyBlock } from '../../../ui/Form';
import { Icon } from '../../../ui/Icon';
import { Loaded } from '../../../ui/StateBlock';
import { Told } from './Told';

/** Starts the script that carries wishes out, now and whenever they change, once it stands in the container. */
const APPLY = 'docker compose exec -d crowdsec /setup-appsec.sh --watch';

export function DriftCard() {
  const t = useT();
  const drift = useResource(paths.securityDrift, { everyMs: 15_000 });
  const scenarios = useResource(paths.scenarios);
  return <Card title={t('protect.drift')} sub={t('protect.driftSub')} actions={<a className="btn btn-secondary btn-small" href={urls.applyScript} download><Icon name="download" /><span>{t('protect.script')}</span></a>}><Loaded from={drift} lines={2}>{(d) => <Compared drift={d} canRead={scenarios.data?.is_available ?? true} />}</Loaded></Card>;
}

/** What the script did last, and whether it looks by itself. */
function Applied({ applied: a }: { applied: Drift['applied'] }) {
  const t = useT();
  if (!a) return null;
  return <p className="faint protect-note">{t(a.current ? 'protect.applied' : 'protect.appliedOld')} <Age at={a.at} />{a.complete ? null : <> · {t('protect.appliedPartly')}</>}{a.watching ? <> · {t('protect.watching')}</> : null}</p>;
}

function Names({ all }: { all: string[] }) {
  return all.length === 0 ? '–' : all.map((name) => <bdi key={name} className="mono protect-set">{name}</bdi>);
}

function Compared({ drift: { scenarios, appsec_tuning: tuning, whitelist, profiles, applied }, canRead }: { drift: Drift; canRead: boolean }) {
  const t = useT();
  const canCompare = canRead || profiles.actual !== null || tuning.actual_inbound !== null || tuning.actual_outbound !== null;
  if (!canCompare) return <div className="stack"><Told status="unknown" text={t('protect.driftUnknown')} /><Applied applied={applied} /><p className="protect-note">{t('protect.scriptNeeds')}</p></div>;
  if (![scenarios, tuning, whitelist, profiles].some((part) => part.drift_detected)) return <div className="stack"><Told status="ok" text={t('protect.driftNone')} /><Applied applied={applied} /></div>;
  const score = (name: string, wanted: number, actual: number | null) => (actual === null || actual === wanted ? null : <tr key={name}><th scope="row">{name}</th><td className="num">{wanted}</td><td className="num">{actual}</td></tr>);
  return (
    <div className="stack">
      <Told status="warning" text={t('protect.driftFound')} />
      <table className="protect-drift">
        <thead><tr><td /><th scope="col">{t('protect.wanted')}</th><th scope="col">{t('protect.running')}</th></tr></thead>
        <tbody>
          {scenarios.actually_enabled.map((name) => <tr key={name}><th scope="row"><bdi className="mono">{name}</bdi></th><td>{t('protect.switchedOff')}</td><td>{t('protect.inUse')}</td></tr>)}
          {scenarios.still_disabled.map((name) => <tr key={name}><th scope="row"><bdi className="mono">{name}</bdi></th><td>{t('protect.inUse')}</td><td>{t('protect.switchedOff')}</td></tr>)}
          {whitelist.drift_detected ? <tr><th scope="row">{t('protect.driftAllowed')}</th><td className="num">{whitelist.expected}</td><td>{t('protect.driftAllowedDiff', { missing: whitelist.missing ?? 0, extra: whitelist.extra ?? 0 })}</td></tr> : null}
          {profiles.drift_detected ? <tr><th scope="row">{t('protect.driftDetect')}</th><td><Names all={profiles.expected} /></td><td><Names all={profiles.actual ?? []} /></td></tr> : null}
          {score(t('protect.scoreRequests'), tuning.expected_inbound, tuning.actual_inbound)}
          {score(t('protect.scoreAnswers'), tuning.expected_outbound, tuning.actual_outbound)}
        </tbody>
      </table>
      <Applied applied={applied} />
      <p className="protect-note">{t(applied?.watching ? 'protect.applyWaits' : 'protect.applyText')}</p>
      <CopyBlock label={t('protect.command')} text={APPLY} />
      <p className="protect-note">{t('protect.scriptNeeds')}</p>
    </div>
  );
}
