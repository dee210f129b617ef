// The whole configuration of a node: read without secrets, written with the difference shown first, and the versions to
// go back to.
import { useMemo, useState } from 'react';
import { asApiError, send } from '../../api/client';
import type { ConfigVersion, LiveNode, MediaNode } from '../../api/media';
import { paths, urls } from '../../api/paths';
import { invalidate, useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Age } from '../../ui/Age';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ConfirmInline } from '../../ui/Confirm';
import { Field } from '../../ui/Form';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { differences } from './difference';

const pretty = (value: unknown) => JSON.stringify(value, null, 2);

export function ConfigTab({ node }: { node: MediaNode; live: LiveNode | undefined }) {
  const t = useT();
  const away = node.connected_at === null;
  return (
    <div className="grid">
      <div className="span-8">{away ? <section className="card"><Empty icon="radio" title={t('media.away')} text={t('media.awayText')} /></section> : <Editor node={node} />}</div>
      <div className="span-4"><Versions node={node} /></div>
    </div>
  );
}

function Editor({ node }: { node: MediaNode }) {
  const t = useT();
  const config = useResource(paths.mediaConfig(node.id));
  const [text, setText] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const relay = node.device_type === 'relay';
  const parsed = useMemo(() => { try { return text === null ? null : (JSON.parse(text) as unknown); } catch { return undefined; } }, [text]);
  const changes = parsed && config.data ? differences(config.data, parsed) : [];
  const save = async () => {
    setBusy(true);
    setError(null);
    try { await send('PUT', urls.mediaConfig(node.id), parsed); setText(null); invalidate(urls.mediaConfig(node.id), urls.mediaFlows(node.id)); toast({ level: 'ok', text: t('media.configSaved') }); } catch (e) { setError(asApiError(e).message); }
    setBusy(false);
  };
  return (
    <Card title={t('media.tab.configuration')} sub={t('media.configSub')} actions={relay ? undefined : text === null ? <Button small icon="edit" disabled={!config.data} onClick={() => setText(pretty(config.data))}>{t('core.edit')}</Button> : <><Button small onClick={() => { setText(null); setError(null); }}>{t('core.cancel')}</Button><Button small kind="primary" icon="send" busy={busy} disabled={parsed === undefined || changes.length === 0} writes onClick={() => void save()}>{t('media.apply')}</Button></>}>
      <Loaded from={config} lines={10}>
        {(c) => (text === null ? <pre className="media-json" tabIndex={0}>{pretty(c)}</pre> : (
          <div className="stack">
            <Field label={t('media.json')} error={error ?? (parsed === undefined ? t('media.notJson') : null)}>{({ id, describedBy, invalid }) => <textarea id={id} className="input mono media-json-edit" value={text} onChange={(e) => setText(e.target.value)} spellCheck={false} aria-describedby={describedBy} aria-invalid={invalid || undefined} />}</Field>
            {changes.length > 0 ? <ul className="media-diff" aria-label={t('media.changes')}>{changes.slice(0, 50).map((d) => <li key={d.path}><code>{d.path}</code>{d.before === undefined ? null : <del>{d.before}</del>}{d.after === undefined ? null : <ins>{d.after}</ins>}</li>)}</ul> : null}
          </div>
        ))}
      </Loaded>
    </Card>
  );
}

function Versions({ node }: { node: MediaNode }) {
  const t = useT();
  const versions = useResource(paths.mediaVersions(node.id), { everyMs: 10_000 });
  const back = async (v: ConfigVersion) => { await send('POST', urls.mediaVersion(node.id, v.id), {}); invalidate(urls.mediaConfig(node.id), urls.mediaFlows(node.id)); toast({ level: 'ok', text: t('media.configSaved') }); };
  return (
    <Card title={t('media.versions')} flush>
      <Loaded from={versions} lines={4} compact>
        {(list) => (list.length === 0 ? <Empty compact icon="history" title={t('media.noVersions')} text={t('media.noVersionsText')} /> : <ul className="media-versions">{list.map((v) => <li key={v.id}><span><b>{v.reason.replace('_', ' ')}</b><small className="faint"><bdi>{v.actor}</bdi> · <Age at={v.created_at} /></small></span><ConfirmInline action={t('media.goBack')} effect={t('media.goBackEffect')} icon="undo" reason={node.connected_at === null ? t('media.awayReason') : undefined} run={() => back(v)} /></li>)}</ul>)}
      </Loaded>
    </Card>
  );
}
