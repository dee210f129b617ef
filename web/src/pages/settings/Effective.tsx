// The configuration in force as text: what `argos config effective` prints, searchable, to copy or keep.
import { useState } from 'react';
import { paths } from '../../api/paths';
import { useResource } from '../../api/resource';
import { useT } from '../../i18n';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { saveFile } from '../../ui/download';
import { Icon } from '../../ui/Icon';
import { Empty, Loaded } from '../../ui/StateBlock';
import { toast } from '../../ui/toasts';

export function Effective() {
  const t = useT();
  const text = useResource(paths.effective);
  const [find, setFind] = useState('');
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const lines = (text.data ?? '').split('\n').filter((l) => l !== '' && words.every((w) => l.toLowerCase().includes(w)));
  return (
    <Card title={t('config.effective')} sub={text.data === undefined ? ' ' : t('config.lines', { n: lines.length })} flush actions={<><Button small icon="copy" disabled={text.data === undefined} onClick={() => { void navigator.clipboard.writeText(lines.join('\n')).then(() => toast({ level: 'ok', text: t('config.copied') })); }}>{t('config.copy')}</Button><Button small icon="download" disabled={text.data === undefined} onClick={() => saveFile('argos-effective.txt', 'text/plain', text.data ?? '')}>{t('config.download')}</Button></>}>
      <div className="config-find"><span className="filter"><Icon name="search" size={14} /><input type="search" value={find} onChange={(e) => setFind(e.target.value)} aria-label={t('config.search')} placeholder={t('config.search')} /></span></div>
      <Loaded from={text} lines={12}>{() => (lines.length === 0 ? <Empty compact icon="gear" title={t('config.none')} /> : (
        <ol className="effective">{lines.map((line) => { const at = line.lastIndexOf('  # '); const [key = '', ...rest] = line.slice(0, at).split(' = '); return <li key={key}><bdi className="effective-key">{key}</bdi><bdi className="effective-value">{rest.join(' = ') || t('config.empty')}</bdi><span className="faint">{line.slice(at + 4)}</span></li>; })}</ol>
      ))}</Loaded>
    </Card>
  );
}
