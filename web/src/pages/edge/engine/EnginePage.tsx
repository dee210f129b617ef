// What serves the sites: the built-in proxy or an external Caddy, how it stands, and what Caddy is or would be given.
import { useState } from 'react';
import type { EnginePreview, EngineStatus } from '../../../api/edge';
import { paths } from '../../../api/paths';
import { useResource } from '../../../api/resource';
import { useT } from '../../../i18n';
import { Age } from '../../../ui/Age';
import { Button } from '../../../ui/Button';
import { Card } from '../../../ui/Card';
import { saveFile } from '../../../ui/download';
import { CopyBlock } from '../../../ui/Form';
import { Icon, StatusMark } from '../../../ui/Icon';
import { PageHead } from '../../../ui/PageHead';
import { Loaded } from '../../../ui/StateBlock';
import { CausedBy, Obstacles } from '../../sites/Obstacles';
import { areas } from './areas';
import './engine.css';

export default function EnginePage() {
  const t = useT();
  const status = useResource(paths.engineStatus, { everyMs: 5_000 });
  const preview = useResource(paths.enginePreview);
  return (
    <>
      <PageHead title={t('nav.engine')} sub={status.data ? t(`engine.sub.${status.data.engine}`) : ' '} />
      <div className="stack">
        <Loaded from={status} lines={4}>{(s) => <Standing status={s} />}</Loaded>
        <Loaded from={preview} lines={6}>{(p) => <><WithCaddy preview={p} again={preview.reload} /><Changes preview={p} /></>}</Loaded>
      </div>
    </>
  );
}

function Standing({ status: s }: { status: EngineStatus }) {
  const t = useT();
  const mark = !s.ok || s.unrecorded || s.obstacles.some((o) => !o.goes_on) ? 'critical' : !s.wanted || s.sites === 0 ? 'paused' : s.warnings.length + s.obstacles.length > 0 ? 'warning' : 'ok';
  return (
    <Card title={t(`engine.name.${s.engine}`)} sub={t('engine.serves', { n: s.sites })}>
      <dl className="engine-facts">
        <div><dt>{t('engine.state')}</dt><dd><StatusMark status={mark} word={t(s.ok && s.unrecorded ? 'engine.state.blind' : `engine.state.${mark}`)} /></dd></div>
        {s.engine === 'caddy' ? <div><dt>{t('engine.admin')}</dt><dd><bdi className="mono">{s.address}</bdi></dd></div> : null}
        <div><dt>{t(s.engine === 'caddy' ? 'engine.pushed' : 'engine.applied')}</dt><dd>{s.applied_at ? <Age at={s.applied_at} /> : '–'}</dd></div>
        <div><dt>HTTP</dt><dd><bdi className="mono">{s.http ?? '–'}</bdi></dd></div>
        <div><dt>HTTPS</dt><dd><bdi className="mono">{s.https ?? '–'}</bdi></dd></div>
        {s.engine === 'embedded' ? <div><dt>{t('engine.connections')}</dt><dd className="num">{s.connections}</dd></div> : null}
      </dl>
      {s.wanted ? null : <p className="engine-told"><Icon name="info" size={14} /><span>{t('engine.noListener')}</span></p>}
      {s.error ? <p className="engine-told" role="alert"><StatusMark status="critical" bare word={t('engine.state.critical')} /><span>{s.error}<CausedBy of={s.refused} /></span></p> : null}
      <Obstacles of={s.obstacles} />
      {s.unrecorded ? <p className="engine-told" role="alert"><StatusMark status="critical" bare word={t('edge.unrecorded')} /><span>{t('edge.unrecorded')} <bdi>{s.unrecorded}</bdi></span></p> : null}
      {s.warnings.map((w) => <p key={w} className="engine-told"><StatusMark status="warning" bare word={t('engine.state.warning')} /><bdi>{w}</bdi></p>)}
    </Card>
  );
}

/** What Caddy lacks, and how one switches to it or back. */
function WithCaddy({ preview: p, again }: { preview: EnginePreview; again: () => void }) {
  const t = useT();
  const uses = p.engine === 'caddy';
  return (
    <Card title={t(uses ? 'engine.build' : 'engine.switch')} sub={t(uses ? 'engine.buildSub' : 'engine.switchSub')} actions={<Button small icon="refresh" onClick={again}>{t('engine.again')}</Button>}>
      {uses ? null : (
        <>
          <ol className="engine-steps"><li>{t('engine.step.run', { address: p.address })}</li><li>{t('engine.step.set')}<CopyBlock label={t('engine.step.set')} text={`ARGOS_EDGE_ENGINE=caddy\nARGOS_CADDY_ADMIN=${p.address}`} /></li><li>{t('engine.step.restart', { listen: p.listen.join(', ') })}</li></ol>
          {p.warnings.length === 0 ? <p className="engine-told"><StatusMark status="ok" bare word={t('engine.state.ok')} /><span>{t('engine.nothingLost')}</span></p> : <h3 className="engine-head">{t('engine.lost')}</h3>}
          {p.warnings.map((w) => <p key={w} className="engine-told"><StatusMark status="warning" bare word={t('engine.state.warning')} /><bdi>{w}</bdi></p>)}
        </>
      )}
      {uses && p.missing_modules.length === 0 ? <p className="engine-told"><StatusMark status={p.error ? 'unknown' : 'ok'} bare word={t(p.error ? 'engine.state.unknown' : 'engine.state.ok')} /><span>{t(p.error ? 'engine.state.unknown' : 'engine.noneMissing')}</span></p> : null}
      {p.missing_modules.length > 0 ? <><p className="engine-note">{t('engine.missing')}</p><ul className="engine-modules">{p.missing_modules.map((m) => <li key={m}><Icon name="close" size={14} /><bdi className="mono">{m}</bdi></li>)}</ul></> : null}
    </Card>
  );
}

function Changes({ preview: p }: { preview: EnginePreview }) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  const text = JSON.stringify(p.document, null, 2);
  const rows = p.changes ? areas(p.changes) : [];
  return (
    <Card title={t('engine.document')} sub={t(p.engine === 'caddy' ? 'engine.documentNow' : 'engine.documentThen')} actions={<><Button small icon="eye" onClick={() => setOpen(!isOpen)}>{t(isOpen ? 'engine.hide' : 'engine.show')}</Button><Button small icon="download" onClick={() => saveFile('caddy.json', 'application/json', text)}>{t('engine.download')}</Button></>}>
      {p.error ? <p className="engine-told"><StatusMark status={p.engine === 'caddy' ? 'critical' : 'unknown'} bare word={t('engine.state.unknown')} /><span>{p.error}</span></p> : null}
      {p.changes && rows.length === 0 ? <p className="engine-told"><StatusMark status="ok" bare word={t('engine.state.ok')} /><span>{t('engine.same')}</span></p> : null}
      {rows.length > 0 ? (
        <>
          <p className="engine-note">{t(p.more_changes ? 'engine.changesMore' : 'engine.changes', { n: p.changes?.length ?? 0 })}</p>
          <ul className="engine-changes">{rows.map((r) => <li key={r.area}><bdi className="mono">{r.area}</bdi><span className="faint num">{[r.added > 0 ? t('engine.added', { n: r.added }) : '', r.changed > 0 ? t('engine.changed', { n: r.changed }) : '', r.removed > 0 ? t('engine.removed', { n: r.removed }) : ''].filter(Boolean).join(' · ')}</span></li>)}</ul>
        </>
      ) : null}
      {isOpen ? <pre className="engine-json" tabIndex={0}>{text}</pre> : null}
    </Card>
  );
}
