// A recording as a test: its steps with how steady each is, a name, and the first run.
import { useEffect, useState } from 'react';
import { asApiError, send } from '../../api/client';
import { urls } from '../../api/paths';
import { invalidate } from '../../api/resource';
import type { Conversion, Json, RecordingRow } from '../../api/testing';
import { navigate } from '../../app/router';
import { useCan } from '../../app/session';
import { joined, percent } from '../../format/numbers';
import { tDynamic, useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Switch, TextField } from '../../ui/Form';
import { Layer } from '../../ui/Overlay';
import { Skeleton } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';
import { start } from './starting';
import { sentence, text } from './words';

const secret = '{{test_password}}';

export function RecordingTest({ recording, onClose }: { recording: RecordingRow; onClose: () => void }) {
  const t = useT();
  const runs = useCan('test:execute');
  const [name, setName] = useState(recording.name);
  const [waits, setWaits] = useState(false);
  const [general, setGeneral] = useState(true);
  const [password, setPassword] = useState('');
  const [made, setMade] = useState<Conversion | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState<'save' | 'run' | null>(null);
  const options = { include_waits: waits, generalize_data: general };
  useEffect(() => {
    const stop = new AbortController();
    send<Conversion>('POST', urls.recordingConvert(recording.id), { include_waits: waits, generalize_data: general }, { signal: stop.signal }).then((x) => { setMade(x); setFault(null); }).catch((e: unknown) => { if (!stop.signal.aborted) setFault(asApiError(e).message); });
    return () => stop.abort();
  }, [recording.id, waits, general]);
  const asks = made?.test.steps.some((s) => text(s, 'value') === secret) ?? false;
  const save = async (then: 'save' | 'run') => {
    setBusy(then);
    try {
      const saved = await send<Conversion>('POST', urls.recordingConvert(recording.id), { ...options, test_name: name.trim(), save: true });
      invalidate(urls.recordings, urls.tests);
      const id = saved.test.id ?? '';
      if (then === 'run') await start(send<{ run_id: string }>('POST', urls.testRunOne(id), { screenshot_mode: 'on', ...(asks ? { variables: { test_password: password } } : {}) }));
      else navigate(`/tests/${id}/edit`);
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); setBusy(null); }
  };
  return (
    <Layer title={t('healing.rec.make')} onClose={onClose} wide footer={<>
      <Button writes busy={busy === 'save'} disabled={!made || name.trim() === ''} onClick={() => void save('save')}>{t('healing.rec.save')}</Button>
      <Button kind="primary" icon="play" writes busy={busy === 'run'} reason={runs ? undefined : t('core.needsPermission', { permission: 'test:execute' })} disabled={!made || name.trim() === '' || (asks && password === '')} onClick={() => void save('run')}>{t('testing.saveAndRun')}</Button>
    </>}>
      <div className="stack">
        <TextField label={t('testing.name')} value={name} onChange={setName} required maxLength={255} />
        <Switch label={t('healing.rec.waits')} checked={waits} onChange={setWaits} />
        <Switch label={t('healing.rec.general')} checked={general} onChange={setGeneral} />
        {asks ? <TextField label={t('healing.rec.password')} type="password" value={password} onChange={setPassword} autoComplete="off" help={t('healing.rec.passwordHelp')} /> : null}
        {fault ? <p className="field-error">{fault}</p> : made ? <>
          {made.warnings.length > 0 ? <ul className="rec-warnings">{made.warnings.map((w) => <li key={w}>{w}</li>)}</ul> : null}
          <ol className="rec-steps">{made.test.steps.map((s, n) => <li key={`${n} ${JSON.stringify(s)}`}><span className="num faint">{n + 1}</span><b>{tDynamic(`testing.act.${text(s, 'action')}`, text(s, 'action').replaceAll('_', ' '))}</b><span className="mono">{sentence(s as Json)}</span><small className="faint num">{s.confidence < 0.6 ? t('healing.rec.weak') : joined(percent(s.confidence * 100, 0))}</small></li>)}</ol>
        </> : <Skeleton lines={6} />}
      </div>
    </Layer>
  );
}
