// The browser beside the editor of a test.
import { useState } from 'react';
import { paths } from '../../api/paths';
import type { RunSettings } from '../../api/testing';
import { useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Form';
import { Icon } from '../../ui/Icon';
import { useLiveBrowser } from './live-browser';
import { Bar, type Place, Screen, TabStrip } from './LiveScreen';
import type { LiveSteps, Opened } from './live-steps';
import './healing.css';

/** Where the project is, by environment; `''` = its own address. */
export function useAddresses(project: string): { names: readonly string[]; of: (environment: string) => string | null; settings: RunSettings | undefined } {
  const settings = useResource(paths.runSettings(project)).data;
  return { settings, names: Object.keys(settings?.base_url ?? {}).sort(), of: (name) => settings?.base_url[name] ?? settings?.app_url ?? null };
}

export function LiveEdit({ live, environment, names, onEnvironment, onPick, start }: { live: LiveSteps; environment: string; names: readonly string[]; onEnvironment: (name: string) => void; onPick: (at: Place) => void; start: () => void }) {
  const t = useT();
  return (
    <section className="card live-browser live-beside" aria-label={t('healing.step.title')}>
      <header className="live-head">
        <h2>{t('healing.step.title')}</h2>
        {names.length > 0 ? <Select label={t('healing.step.environment')} hideLabel value={environment} onChange={onEnvironment} options={[{ id: '', text: t('healing.step.ownAddress') }, ...names.map((n) => ({ id: n, text: n }))]} /> : null}
        <Button small kind="quiet" icon="undo" busy={live.busy && live.opened === null} disabled={live.busy} onClick={start}>{t('healing.step.anew')}</Button>
        <Button small kind="quiet" icon="close" label={t('healing.step.close')} onClick={live.close} />
      </header>
      {live.opened ? <Browser key={live.opened.id} live={live} opened={live.opened} onPick={onPick} /> : <p className="live-note">{t(live.busy ? 'healing.live.wait' : 'healing.step.notOpen')}</p>}
    </section>
  );
}

function Browser({ live, opened, onPick }: { live: LiveSteps; opened: Opened; onPick: (at: Place) => void }) {
  const t = useT();
  const { state, picture, touch, way } = useLiveBrowser(opened.id);
  const [hidden, setHidden] = useState(false);
  const over = state?.closed === true || way === 'over';
  const note = over ? t('healing.step.over') : way === 'lost' ? t('healing.live.lost') : (state?.problem ?? null);
  return (
    <>
      <TabStrip tabs={state?.tabs ?? []} touch={touch} over={over || way === 'lost'} />
      <Bar state={state} touch={touch} over={over || way === 'lost'}><Button small kind="quiet" icon={hidden ? 'eye' : 'eye-off'} label={t(hidden ? 'healing.step.show' : 'healing.step.hide')} onClick={() => setHidden(!hidden)} /></Bar>
      {live.picking ? <p className="live-note live-pick-note" role="status"><Icon name="crosshair" />{t('healing.step.pickNow')}<Button small kind="quiet" onClick={() => live.setPicking(null)}>{t('healing.step.pickNot')}</Button></p> : null}
      {hidden && !live.picking ? null : <Screen picture={picture} view={opened.view} touch={touch} onPick={live.picking ? onPick : undefined} area={live.area} />}
      {note ? <p className="live-note" role="status">{note}</p> : null}
    </>
  );
}
