// The change log with "take back", and the configuration as a file: export, import with every difference first.
import { useRef, useState } from 'react';
import { asApiError, load, send } from '../../api/client';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import type { ChangeSet, ConfigPlan, SectionPlan } from '../../api/shapes';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button, Segmented } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { Switch } from '../../ui/Form';
import { saveFile } from '../../ui/download';
import { Icon } from '../../ui/Icon';
import { Layer } from '../../ui/Overlay';
import { PageHead } from '../../ui/PageHead';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import './backups.css';

/** The sections of the document, in its order. */
const parts = ['settings', 'identity', 'organizations', 'notifications', 'organization_notifications', 'alerts', 'schedules', 'organization_schedules', 'webhooks', 'edge', 'nodes', 'power', 'quality'] as const;
/** What only those move who move the whole instance. */
const guarded: readonly string[] = ['organizations', 'organization_notifications', 'organization_schedules', 'quality'];

export default function ChangesPage() {
  const t = useT();
  const changes = useResource(paths.configChanges);
  return (
    <>
      <PageHead title={t('changes.title')} sub={t('changes.sub')} />
      <div className="stack home-column">
        <div className="backups-settings"><Export /><Import /><InForce /></div>
        <Card title={t('changes.log')} flush>
          <Loaded from={changes} lines={6}>{(list) => (list.length === 0 ? <Empty icon="history" title={t('changes.none')} /> : <ul className="changes">{list.map((c) => <Change key={c.id} set={c} />)}</ul>)}</Loaded>
        </Card>
      </div>
    </>
  );
}

function Change({ set }: { set: ChangeSet }) {
  const t = useT();
  const may = useCan('settings:write');
  const revert = async () => {
    const done = await send<{ keys: string[] }>('POST', urls.configRevert(set.id));
    toast({ level: 'ok', text: t('changes.undone', { n: done.keys.length }) });
    invalidate('/api/config/changelog', '/api/settings');
  };
  return (
    <li>
      <p className="changes-head"><b>{set.username}</b> <span className="faint"><Age at={set.timestamp} /></span><ConfirmInline icon="undo" action={t('changes.undo')} effect={t('changes.undoEffect')} reason={may ? undefined : t('core.needsPermission', { permission: 'settings:write' })} run={revert} /></p>
      <Differences rows={set.changes.map((c) => ({ key: c.setting, old: c.old, new: c.new }))} />
    </li>
  );
}

function Differences({ rows }: { rows: readonly { key: string; old: string; new: string }[] }) {
  const t = useT();
  const show = (text: string) => (text === '' ? <span className="faint">{t('changes.empty')}</span> : <bdi className="mono">{text}</bdi>);
  return <ul className="changes-list">{rows.map((r) => <li key={r.key}><bdi className="mono changes-key">{r.key}</bdi><del>{show(r.old)}</del><Icon name="arrow-right" size={12} /><ins>{show(r.new)}</ins></li>)}</ul>;
}

function Export() {
  const t = useT();
  const may = useCan('config:backup');
  const mayMove = useCan('instance:export');
  const closed = (name: string) => !mayMove && guarded.includes(name);
  const [left, setLeft] = useState<readonly string[]>([]);
  const [format, setFormat] = useState<'yaml' | 'json'>('yaml');
  const [busy, setBusy] = useState(false);
  const chosen = parts.filter((name) => !left.includes(name) && !closed(name));
  // Asked for like everything else, because a fresh proof of identity may be wanted first.
  const save = async () => {
    setBusy(true);
    try {
      const name = `argos-configuration.${format}`;
      saveFile(name, format === 'json' ? 'application/json' : 'application/yaml', await load(paths.configDocument(chosen.join(','), format)));
      toast({ level: 'ok', text: t('changes.exported', { name }) });
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <Card title={t('changes.export')}>
      <div className="stack">
        <p className="muted">{t('changes.exportText')}</p>
        <div className="changes-parts">{parts.map((name) => <Switch key={name} label={tDynamic(`changes.sections.${name}`, name)} checked={chosen.includes(name)} reason={closed(name) ? t('core.needsPermission', { permission: 'instance:export' }) : undefined} onChange={(on) => setLeft(on ? left.filter((p) => p !== name) : [...left, name])} />)}</div>
        <div className="row"><Segmented label={t('changes.fileFormat')} value={format} options={[{ id: 'yaml', text: 'YAML' }, { id: 'json', text: 'JSON' }]} onChange={setFormat} /><Button icon="download" busy={busy} reason={may ? undefined : t('core.needsPermission', { permission: 'config:backup' })} disabled={chosen.length === 0} onClick={() => void save()}>{t('changes.download')}</Button></div>
      </div>
    </Card>
  );
}

function Import() {
  const t = useT();
  const may = useCan('config:restore');
  const input = useRef<HTMLInputElement>(null);
  const [replace, setReplace] = useState(false);
  const [chosen, setChosen] = useState<{ name: string; document: string; plan: ConfigPlan; mode: string } | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const look = async (file: File) => {
    setError(null);
    setBusy(true);
    const mode = replace ? 'replace' : 'merge';
    try {
      const document = await file.text();
      setChosen({ name: file.name, document, mode, plan: await send<ConfigPlan>('POST', urls.configPlan, { document, mode }) });
    } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  const apply = async () => {
    if (!chosen) return;
    setBusy(true);
    try {
      await send('POST', urls.configApply, { document: chosen.document, mode: chosen.mode });
      toast({ level: 'ok', text: t('changes.applied') });
      setChosen(null);
      invalidate('/api/config/changelog', '/api/settings', '/api/users');
    } catch (e) { setChosen(null); setError(asApiError(e).message); }
    setBusy(false);
  };
  const plan = chosen?.plan;
  const empty = plan !== undefined && (plan.settings?.changes.length ?? 0) === 0 && (plan.identity?.creates.length ?? 0) === 0 && Object.values(plan.sections).every((s) => s.creates.length + s.updates.length + s.removes.length === 0);
  const faults = plan ? [...(plan.settings?.faults.map((f) => `${f.key}: ${f.reason}`) ?? []), ...(plan.identity?.faults ?? []), ...Object.values(plan.sections).flatMap((s) => s.faults)] : [];
  return (
    <Card title={t('changes.import')}>
      <div className="stack">
        <p className="muted">{t('changes.importText')}</p>
        <Switch label={t('changes.replace')} checked={replace} onChange={setReplace} />
        <input ref={input} type="file" accept=".yaml,.yml,.json" hidden onChange={(e) => { const file = e.target.files?.[0]; e.target.value = ''; if (file) void look(file); }} />
        <div><Button icon="upload" busy={busy && !chosen} reason={may ? undefined : t('core.needsPermission', { permission: 'config:restore' })} writes onClick={() => input.current?.click()}>{t('changes.choose')}</Button></div>
        {error ? <p className="field-error" role="alert">{error}</p> : null}
      </div>
      {chosen && plan ? (
        <Layer wide title={t('changes.plan', { name: chosen.name })} onClose={() => setChosen(null)} footer={<><Button onClick={() => setChosen(null)}>{t('core.cancel')}</Button><Button kind="primary" busy={busy} writes disabled={!plan.ok || empty} onClick={() => void apply()}>{t('changes.apply')}</Button></>}>
          <div className="stack">
            {faults.length > 0 ? <section className="banner banner-critical changes-faults"><b>{t('changes.faults')}</b><ul>{faults.map((f) => <li key={f}>{f}</li>)}</ul></section> : null}
            {empty ? <p>{t('changes.nothing')}</p> : null}
            {plan.settings && plan.settings.changes.length > 0 ? <div className="backups-changes"><Differences rows={plan.settings.changes} /></div> : null}
            {plan.settings && plan.settings.unchanged > 0 ? <p className="faint">{t('changes.same', { n: plan.settings.unchanged })}</p> : null}
            {plan.identity && plan.identity.creates.length > 0 ? <p>{t('changes.people', { n: plan.identity.creates.length })}: <bdi className="mono">{plan.identity.creates.join(', ')}</bdi></p> : null}
            {Object.entries(plan.sections).map(([name, part]) => <PartPlan key={name} name={name} part={part} />)}
            {plan.settings && plan.settings.skipped.length > 0 ? <section><h3 className="backups-h3">{t('changes.skipped')}</h3><ul className="changes-list">{plan.settings.skipped.map((s) => <li key={s.key}><bdi className="mono changes-key">{s.key}</bdi><span className="faint">{s.reason}</span></li>)}</ul></section> : null}
          </div>
        </Layer>
      ) : null}
    </Card>
  );
}

function InForce() {
  const t = useT();
  const may = useCan('settings:write');
  const [busy, setBusy] = useState(false);
  const reload = async () => {
    setBusy(true);
    try { await send('POST', urls.configReload); toast({ level: 'ok', text: t('changes.reloaded') }); invalidate('/api/settings'); } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
    setBusy(false);
  };
  return (
    <Card title={t('changes.print')}>
      <div className="stack">
        <p className="muted">{t('changes.printText')}</p>
        <div className="row"><Button icon="external" onClick={() => window.open(urls.configEffective, '_blank', 'noopener')}>{t('changes.show')}</Button><Button icon="refresh" busy={busy} reason={may ? undefined : t('core.needsPermission', { permission: 'settings:write' })} writes onClick={() => void reload()}>{t('changes.reload')}</Button></div>
      </div>
    </Card>
  );
}

/** What an import does to one section: added, changed, removed, and what will differ from the file. */
function PartPlan({ name, part }: { name: string; part: SectionPlan }) {
  const t = useT();
  const rows = [...part.creates.map((text) => ({ kind: 'added' as const, text })), ...part.updates.map((text) => ({ kind: 'changed' as const, text })), ...part.removes.map((text) => ({ kind: 'removed' as const, text }))];
  if (rows.length + part.warnings.length + part.unchanged === 0) return null;
  return (
    <section>
      <h3 className="backups-h3">{tDynamic(`changes.sections.${name}`, name)}</h3>
      <ul className="changes-list">
        {rows.map((r) => <li key={`${r.kind} ${r.text}`}><span className={r.kind === 'removed' ? 'pill pill-warning' : 'pill pill-info'}>{tDynamic(`changes.${r.kind}`, r.kind)}</span><bdi className="changes-key">{r.text}</bdi></li>)}
        {part.warnings.map((text) => <li key={text}><span className="pill pill-warning">{t('changes.notice')}</span><span>{text}</span></li>)}
      </ul>
      {part.unchanged > 0 ? <p className="faint">{t('changes.stays', { n: part.unchanged })}</p> : null}
    </section>
  );
}
