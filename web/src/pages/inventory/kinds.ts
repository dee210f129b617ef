// How kinds, links and facts of things are drawn and named. A kind nobody named here shows its own word.
import { type PlainKey, tDynamic } from '../../i18n';
import type { IconName } from '../../ui/Icon';

const icons: Readonly<Record<string, IconName>> = {
  machine: 'server', service: 'gear', disk: 'disk', filesystem: 'disk', container: 'package', interface: 'network', ups: 'bolt', pdu: 'bolt', sensor: 'thermometer', bmc: 'cpu', outlet: 'bolt', site: 'globe', pool: 'layers', node: 'radio', flow: 'radio', test: 'flask',
};
export function kindIcon(kind: string): IconName { return icons[kind] ?? 'boxes'; }
export function kindName(kind: string): string { return tDynamic(`kind.${kind}`, kind); }
export function kindNames(kind: string): string { return tDynamic(`kinds.${kind}`, kindName(kind)); }
export function factName(name: string): string { return tDynamic(`fact.${name}`, name.replaceAll('_', ' ')); }
/** The thing's page in the inventory; every thing has one. */
export function thingPage(ref: string): string { return `/inventory/${encodeURIComponent(ref)}`; }

/** A link reads differently from its other end. */
export function linkName(link: string, outward: boolean): string { return tDynamic(`link.${link}.${outward ? 'out' : 'in'}`, link.replaceAll('_', ' ')); }
export const linkTypes = ['depends_on', 'runs_on', 'fed_by', 'serves', 'checked_by', 'protected_by', 'carries'] as const;
export const sorts: readonly { id: 'status' | 'name' | 'kind' | 'since'; text: PlainKey }[] = [{ id: 'status', text: 'inventory.sortStatus' }, { id: 'name', text: 'inventory.sortName' }, { id: 'kind', text: 'inventory.sortKind' }, { id: 'since', text: 'inventory.sortSince' }];
