// Where the rows of a data set come from: written here, or asked for when it is run.
import { useId } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useCan } from '../../app/session';
import { tDynamic, useT } from '../../i18n';
import { Select, TextField } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { asksOthers, formatOf, readsCsv, type SourceDraft, type SourceKind, sourceKinds } from './dataSource';
import { Pairs } from './Pairs';
import './editing.css';

interface Props { project: string; draft: SourceDraft; /** Rows of a set that programs keep can stay. */ keeps: boolean; onChange: (draft: SourceDraft) => void; /** Of the rows that are written here: how many, or what is wrong. */ said: string | null; fault: string | undefined }

export function SourceFields({ project, draft, keeps, onChange, said, fault }: Props) {
  const t = useT();
  const id = useId();
  const asks = useCan('integration:configure');
  const reads = useCan('project:read');
  const files = useResource(draft.kind === 'file' ? paths.projectFiles(project) : null).data?.files ?? [];
  const settings = useResource(draft.kind === 'database' && reads ? paths.projectSettings(project) : null).data?.settings.secrets;
  const secrets = typeof settings === 'object' && settings !== null ? Object.keys(settings) : [];
  const set = (change: Partial<SourceDraft>) => onChange({ ...draft, ...change });
  const kinds: SourceKind[] = [...(keeps ? ['kept' as const] : []), ...sourceKinds];
  const written = draft.kind === 'csv' || draft.kind === 'json';
  const csv = readsCsv(draft);
  const format = <Select label={t('tdata.format')} value={draft.format} onChange={(x) => set({ format: x })} options={[{ id: 'csv', text: t('testing.rows.csv') }, { id: 'json', text: t('testing.rows.json') }]} />;
  return (
    <>
      <Select label={t('testing.rows.source')} value={draft.kind} onChange={(kind) => set({ kind })} options={kinds.map((k) => ({ id: k, text: tDynamic(`tdata.kind.${k}`, k) }))} help={draft.kind === 'kept' || written ? undefined : t('tdata.askedFor')} />
      {asksOthers(draft.kind) && !asks ? <p className="tests-problem tedit-note" role="status"><Icon name="lock" />{t('core.needsPermission', { permission: 'integration:configure' })}</p> : null}
      {written ? (
        <div className="field">
          <label className="field-label" htmlFor={id}>{t('tdata.written')}</label>
          <textarea id={id} className="input mono tests-lines" rows={7} value={draft.content} onChange={(e) => set({ content: e.target.value })} spellCheck={false} placeholder={draft.kind === 'csv' ? 'email,password\nana@example.org,secret' : '[{ "email": "ana@example.org" }]'} aria-invalid={fault !== undefined || undefined} aria-describedby={`${id}-help`} />
          <p id={`${id}-help`} className={fault ? 'field-error' : 'field-help'}>{fault ?? said ?? t(draft.kind === 'csv' ? 'testing.rows.csvHelp' : 'testing.rows.jsonHelp')}</p>
        </div>
      ) : null}
      {draft.kind === 'file' ? <div className="tdata-two"><Listed label={t('tdata.file')} value={draft.file} onChange={(file) => set({ file, format: formatOf(file) })} offered={files.map((f) => f.name)} placeholder="rows.csv" help={t('tdata.fileHelp')} />{format}</div> : null}
      {draft.kind === 'env' ? <TextField label={t('tdata.names')} mono value={draft.names} onChange={(names) => set({ names })} placeholder="TEST_USER, TEST_PASSWORD" help={t('tdata.namesHelp')} /> : null}
      {draft.kind === 'variable' ? <div className="tdata-two"><TextField label={t('tdata.variable')} mono value={draft.variable} onChange={(variable) => set({ variable })} placeholder="TEST_ROWS" help={t('tdata.namesHelp')} />{format}</div> : null}
      {draft.kind === 'api' ? <>
        <div className="tdata-two"><TextField label={t('testing.address')} type="url" value={draft.url} onChange={(url) => set({ url })} placeholder="https://shop.example/rows" maxLength={2000} /><TextField label={t('tdata.path')} mono optional value={draft.path} onChange={(path) => set({ path })} placeholder="/data/rows" help={t('tdata.pathHelp')} /></div>
        <Pairs legend add={t('tproject.addHeader')} label={t('tproject.headers')} keyLabel={t('testing.name')} valueLabel={t('testing.value')} keyExample="accept" rows={draft.headers} onChange={(headers) => set({ headers })} />
        <p className="field-help">{t('tdata.headersPlain')}</p>
      </> : null}
      {draft.kind === 'database' ? <>
        <Listed label={t('tdata.connection')} value={draft.connection} onChange={(connection) => set({ connection })} offered={secrets} placeholder="shop_db" help={t('tdata.connectionHelp')} />
        <div className="field"><label className="field-label" htmlFor={id}>{t('tdata.query')}</label><textarea id={id} className="input mono tests-lines" rows={4} value={draft.query} onChange={(e) => set({ query: e.target.value })} spellCheck={false} placeholder="select email, password from customers where active" /><p className="field-help">{t('tdata.queryHelp')}</p></div>
      </> : null}
      {fault && !written ? <p className="field-error" role="alert"><Icon name="siren" size={14} />{fault}</p> : null}
      <details className="tdata-more" open={draft.filter !== '' || draft.delimiter !== '' || undefined}>
        <summary>{t('tdata.more')}</summary>
        <div className="tdata-two"><TextField label={t('tdata.filter')} mono optional value={draft.filter} onChange={(filter) => set({ filter })} placeholder="country == 'es'" />{csv ? <TextField label={t('tdata.delimiter')} mono optional value={draft.delimiter.replace('\t', '\\t')} onChange={(delimiter) => set({ delimiter: delimiter.replace('\\t', '\t') })} placeholder="," help={t('tdata.delimiterHelp')} error={draft.delimiter.length > 1 && draft.delimiter !== '\\' ? t('tdata.delimiterOne') : undefined} /> : null}</div>
      </details>
    </>
  );
}

function Listed({ label, value, onChange, offered, placeholder, help }: { label: string; value: string; onChange: (value: string) => void; offered: readonly string[]; placeholder: string; help: string }) {
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>{label}</label>
      <input id={id} className="input mono" list={`${id}-list`} value={value} onChange={(e) => onChange(e.target.value)} placeholder={placeholder} spellCheck={false} autoCapitalize="none" aria-describedby={`${id}-help`} />
      <datalist id={`${id}-list`}>{offered.map((x) => <option key={x} value={x} />)}</datalist>
      <p id={`${id}-help`} className="field-help">{help}</p>
    </div>
  );
}
