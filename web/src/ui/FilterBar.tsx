// The filter line: free text and `key:value` tokens with key suggestions; tokens that cannot apply are marked, not dropped.
import { useEffect, useRef, useState } from 'react';
import { useKeys } from '../app/keys';
import { useT } from '../i18n';
import type { Fields, Token } from '../state/filter';
import { Icon } from './Icon';

export function FilterBar({ id, value, onChange, fields, tokens, placeholder }: { id: string; value: string; onChange: (value: string) => void; fields: Fields; tokens: readonly Token[]; placeholder?: string }) {
  const t = useT();
  const [text, setText] = useState(value);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useKeys([{ keys: 'f', label: 'keys.filter', run: () => input.current?.focus() }]);
  useEffect(() => { if (document.activeElement !== input.current) setText(value); }, [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 120);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  const problems = tokens.filter((x) => x.problem !== null);
  const last = /(\S*)$/.exec(text)?.[1] ?? '';
  const suggestions = open && !last.includes(':') ? Object.keys(fields).filter((k) => k.startsWith(last.replace(/^-/, '').toLowerCase())) : [];
  const take = (key: string) => {
    setText(`${text.slice(0, text.length - last.length)}${last.startsWith('-') ? '-' : ''}${key}:`);
    input.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: leaving the box closes the suggestions.
    <div className="filter" onBlur={(e) => { if (!(e.relatedTarget instanceof Node) || !e.currentTarget.contains(e.relatedTarget)) setOpen(false); }}>
      <Icon name="filter" size={14} />
      <input ref={input} id={id} type="text" value={text} placeholder={placeholder ?? t('table.filter')} aria-label={t('table.filter')} spellCheck={false} autoComplete="off" enterKeyHint="search"
        aria-invalid={problems.length > 0 || undefined} aria-describedby={problems.length > 0 ? `${id}-p` : undefined}
        onFocus={() => setOpen(true)} onChange={(e) => { setText(e.target.value); setOpen(true); }}
        onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); if (text !== '') setText(''); else e.currentTarget.blur(); } if (e.key === 'Enter') { onChange(text); setOpen(false); } }} />
      {text !== '' ? <button type="button" className="filter-clear" aria-label={t('table.clearFilter')} onClick={() => { setText(''); onChange(''); input.current?.focus(); }}><Icon name="close" size={14} /></button> : null}
      {suggestions.length > 0 ? <div className="filter-keys">{suggestions.map((k) => <button key={k} type="button" onClick={() => take(k)}><code>{k}:</code></button>)}<span className="faint">{t('table.filterHint')}</span></div> : null}
      {problems.length > 0 ? <p className="filter-problem" id={`${id}-p`}>{problems.map((p) => (p.problem === 'unknown_key' ? t('table.unknownKey', { token: p.text }) : t('table.numberExpected', { token: p.text }))).join(' ')}</p> : null}
    </div>
  );
}
