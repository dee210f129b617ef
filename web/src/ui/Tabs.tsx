// Tabs that are addresses: each is a link, so they open in new tabs and survive reloads. `[` and `]` move between them.
import { useEffect, useRef } from 'react';
import { Link } from '../app/Link';
import { useKeys } from '../app/keys';
import { navigate } from '../app/router';

export interface TabItem { id: string; text: string; to: string; count?: number | undefined }

export function Tabs({ label, items, active }: { label: string; items: readonly TabItem[]; active: string }) {
  const at = items.findIndex((i) => i.id === active);
  const go = (step: number) => { const next = items[(at + step + items.length) % items.length]; if (next) navigate(next.to); };
  const strip = useRef<HTMLElement>(null);
  // Where the tabs do not fit, the chosen one must not hide beyond the edge.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the mark moves with the choice.
  useEffect(() => {
    const [nav, chosen] = [strip.current, strip.current?.querySelector<HTMLElement>('[aria-current]')];
    if (nav && chosen) nav.scrollLeft = chosen.offsetLeft - nav.offsetLeft - (nav.clientWidth - chosen.offsetWidth) / 2;
  }, [active]);
  useKeys([{ keys: '[', label: 'keys.previousTab', run: () => go(-1) }, { keys: ']', label: 'keys.nextTab', run: () => go(1) }]);
  return (
    <nav className="tabs" ref={strip} aria-label={label}>
      {items.map((item) => (
        <Link key={item.id} to={item.to} className="tab" aria-current={item.id === active ? 'page' : undefined}>
          {item.text}{item.count !== undefined ? <span className="tab-count num">{item.count}</span> : null}
        </Link>
      ))}
    </nav>
  );
}
