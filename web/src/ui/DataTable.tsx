// The one table: sort in the address, typed filter, windowed rows, rows held still under the pointer, CSV, phone cards.
// Rows come from the caller; a refresh never touches filter, sort, selection or scroll.
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { asApiError } from '../api/client';
import { useKeys } from '../app/keys';
import { useQueryParam } from '../app/router';
import { useT } from '../i18n';
import { type Fields, type FieldValue, matches, parseFilter, toCsv } from '../state/filter';
import { preferences, setPreferences } from '../state/preferences';
import { useStore } from '../state/store';
import { Button } from './Button';
import { saveFile } from './download';
import { FilterBar } from './FilterBar';
import { Icon } from './Icon';
import { Menu } from './Overlay';
import { Empty } from './StateBlock';
import { compareValues, holdOrder, parseSort, type SortValue, sortText, windowOf } from './table-model';
import { toast } from './toasts';

export interface Column<T> {
  id: string;
  title: string;
  /** Sort, filter and CSV value. */
  value: (row: T) => SortValue;
  /** Orders by it instead of the value. */
  rank?: (row: T) => SortValue;
  cell?: (row: T) => ReactNode;
  /** numbers align to the end; `main` is the heading of a phone card. */
  kind?: 'text' | 'number' | 'main' | 'actions';
  width?: string;
  /** Hidden until chosen. */
  extra?: boolean;
  /** Not filterable or exported (buttons). */
  plain?: boolean;
}
export interface DataTableProps<T> {
  name: string; label: string; rows: readonly T[]; columns: readonly Column<T>[]; keyOf: (row: T) => string; initialSort?: string;
  onOpen?: (row: T) => void; empty?: ReactNode; filterable?: boolean; toolbar?: ReactNode; maxHeight?: number; liveSort?: boolean; caption?: ReactNode;
  /** The order as the address has it, when another one is chosen. */
  onSort?: (sort: string) => void;
  /** Every row there is, where `rows` are one page of them: what is saved. */
  allRows?: () => Promise<readonly T[]>;
  /** Keys of the rows that are chosen; with it, rows have a box to choose them by. `nameOf` is what the box is called. */
  chosen?: ReadonlySet<string>; onChoose?: (keys: ReadonlySet<string>) => void; nameOf?: (row: T) => string;
}

const windowFrom = 80;

/** Nothing to show: a phone's card leaves it out. */
function isEmpty<T>(c: Column<T>, row: T): boolean {
  if (c.plain || c.kind === 'main') return false;
  const value = c.value(row);
  return value === '' || (c.cell === undefined && (value === null || value === undefined));
}

export function DataTable<T>({ name, label, rows, columns, keyOf, initialSort = '', onOpen, empty, filterable = true, toolbar, maxHeight = 640, liveSort, caption, onSort, allRows, chosen: picked, onChoose, nameOf }: DataTableProps<T>) {
  const t = useT();
  const [filter, setFilter] = useQueryParam('q');
  const [sortParam, setSort] = useQueryParam('sort', initialSort);
  const chosen = useStore(preferences, (p) => p.columns[name]);
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const [focusRow, setFocusRow] = useState(-1);
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: maxHeight });
  const [rowHeight, setRowHeight] = useState(36);

  const shownColumns = useMemo(() => columns.filter((c) => (chosen ? c.kind === 'main' || c.plain || chosen.includes(c.id) : !c.extra)), [columns, chosen]);
  const data = useMemo(() => columns.filter((c) => !c.plain), [columns]);
  const fields = useMemo<Fields>(() => Object.fromEntries(data.map((c) => [c.id, c.kind === 'number' ? 'number' : 'text'])), [data]);
  const tokens = useMemo(() => (filterable ? parseFilter(filter, fields) : []), [filterable, filter, fields]);
  const sort = useMemo(() => parseSort(sortParam), [sortParam]);

  const ordered = useMemo(() => {
    const byId = new Map(data.map((c) => [c.id, c]));
    const asField = (v: SortValue): FieldValue => (typeof v === 'boolean' ? String(v) : v);
    const kept = tokens.length === 0 ? [...rows] : rows.filter((row) => matches(tokens, (key) => asField(byId.get(key)?.value(row)), () => data.map((c) => c.value(row) ?? '').join(' ')));
    const column = sort ? byId.get(sort.column) : undefined;
    const by = column?.rank ?? column?.value;
    if (by && sort) kept.sort((a, b) => compareValues(by(a), by(b), sort.down));
    return kept;
  }, [rows, tokens, sort, data]);
  const { rows: shown, moved } = useMemo(() => (held ? holdOrder(ordered, keyOf, held) : { rows: ordered, moved: 0 }), [ordered, held, keyOf]);

  const virtual = shown.length > windowFrom;
  const slice = virtual ? windowOf(shown.length, view.top, view.height, rowHeight) : { from: 0, to: shown.length };
  useLayoutEffect(() => {
    const row = scroller.current?.querySelector('tbody tr[data-row]');
    if (row && virtual) { const h = row.getBoundingClientRect().height; if (h > 10 && Math.abs(h - rowHeight) > 0.5) setRowHeight(h); }
  }, [virtual, rowHeight]);

  const hold = (on: boolean) => { if (liveSort) setHeld(on ? ordered.map(keyOf) : null); };
  const focusAt = (i: number) => {
    const next = Math.max(0, Math.min(shown.length - 1, i));
    setFocusRow(next);
    if (virtual && scroller.current) {
      const y = next * rowHeight;
      if (y < scroller.current.scrollTop || y > scroller.current.scrollTop + view.height - 2 * rowHeight) scroller.current.scrollTop = Math.max(0, y - view.height / 2);
    }
  };
  useEffect(() => { if (focusRow >= 0) scroller.current?.querySelector<HTMLElement>(`tr[data-row="${focusRow}"]`)?.focus({ preventScroll: virtual }); }, [focusRow, virtual]);
  useKeys([
    { keys: 'j', label: 'keys.nextRow', run: () => focusAt(focusRow + 1) },
    { keys: 'k', label: 'keys.previousRow', run: () => focusAt(focusRow - 1) },
  ]);

  const lastPick = useRef(-1);
  /** Chooses a row, or with Shift all from the last one to it. */
  const choose = (i: number, shift: boolean) => {
    if (!picked || !onChoose) return;
    const row = shown[i];
    if (row === undefined) return;
    const next = new Set(picked);
    const on = !next.has(keyOf(row));
    const [a, b] = shift && lastPick.current >= 0 ? [Math.min(i, lastPick.current), Math.max(i, lastPick.current)] : [i, i];
    for (const one of shown.slice(a, b + 1)) if (on) next.add(keyOf(one)); else next.delete(keyOf(one));
    lastPick.current = i;
    onChoose(next);
  };
  useKeys(onChoose ? [{ keys: 'x', label: 'keys.select', run: () => choose(Math.max(0, focusRow), false) }] : []);
  const allPicked = picked !== undefined && shown.length > 0 && shown.every((row) => picked.has(keyOf(row)));

  const clickSort = (column: Column<T>) => {
    const first = column.kind === 'number';
    setHeld(null);
    const next = sortText(sort?.column === column.id ? { column: column.id, down: !sort.down } : { column: column.id, down: first });
    setSort(next);
    onSort?.(next);
  };
  const exportCsv = async () => {
    try {
      const all = allRows ? await allRows() : ordered;
      saveFile(`argos-${name}.csv`, 'text/csv', toCsv(data.map((c) => c.id), all.map((row) => data.map((c) => { const v = c.value(row); return typeof v === 'boolean' ? String(v) : v; }))));
    } catch (e) { toast({ level: 'critical', text: asApiError(e).message }); }
  };

  // There is nothing to filter, count or export before the first row.
  const none = rows.length === 0 && filter === '';
  const bar = toolbar || (filterable && !none);
  const pad = (n: number) => (n > 0 ? <tr className="table-pad"><td colSpan={shownColumns.length + (picked ? 1 : 0)} style={{ blockSize: n * rowHeight }} /></tr> : null);
  return (
    <div className="table-wrap">
      {bar ? <div className="table-bar">
        {filterable && !none ? <FilterBar id={`filter-${name}`} value={filter} onChange={setFilter} fields={fields} tokens={tokens} /> : null}
        {toolbar}
        {none ? null : <><span className="table-count num" role="status">{tokens.length > 0 ? t('table.countOf', { shown: ordered.length, total: rows.length }) : t('table.count', { n: rows.length })}</span>
        {moved > 0 ? <Button small icon="refresh" onClick={() => setHeld(ordered.map(keyOf))}>{t('table.moved', { n: moved })}</Button> : null}
        <Menu label={t('table.columns')} icon="columns" items={data.map((c) => ({
          id: c.id, text: c.title, checked: shownColumns.includes(c), reason: c.kind === 'main' ? t('table.alwaysShown') : undefined,
          run: () => { const ids = shownColumns.map((x) => x.id); setPreferences({ columns: { ...preferences.get().columns, [name]: ids.includes(c.id) ? ids.filter((x) => x !== c.id) : [...ids, c.id] } }); },
        }))} />
        <Button kind="quiet" icon="download" label={t('table.csv')} onClick={() => void exportCsv()} /></>}
      </div> : null}
      {shown.length === 0 ? (
        tokens.length > 0
          ? <Empty icon="filter" title={t('table.noMatch', { total: rows.length })} text={filter} action={<Button small onClick={() => setFilter('')}>{t('table.clearFilter')}</Button>} />
          : (empty ?? <Empty title={t('table.empty')} />)
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: entering the table with pointer or focus only holds its order.
        <div className={virtual ? 'table-scroll table-virtual' : 'table-scroll'} ref={scroller} style={virtual ? { maxBlockSize: maxHeight } : undefined} tabIndex={virtual ? 0 : undefined}
          onScroll={virtual ? (e) => setView({ top: e.currentTarget.scrollTop, height: e.currentTarget.clientHeight }) : undefined}
          onMouseEnter={() => hold(true)} onMouseLeave={() => hold(false)} onFocus={() => { if (!held) hold(true); }} onBlur={(e) => { if (!(e.relatedTarget instanceof Node) || !e.currentTarget.contains(e.relatedTarget)) hold(false); }}>
          <table className="table" aria-label={label} aria-rowcount={shown.length + 1}>
            {caption ? <caption>{caption}</caption> : null}
            <thead>
              <tr>
                {picked && onChoose ? <th scope="col" className="cell-check"><input type="checkbox" aria-label={t('table.chooseAll')} checked={allPicked} onChange={() => onChoose(allPicked ? new Set() : new Set(shown.map(keyOf)))} /></th> : null}
                {shownColumns.map((c) => (
                  <th key={c.id} scope="col" className={c.kind === 'number' ? 'cell-number' : c.kind === 'actions' ? 'cell-actions' : undefined} style={c.width ? { inlineSize: c.width } : undefined} aria-sort={sort?.column === c.id ? (sort.down ? 'descending' : 'ascending') : undefined}>
                    {c.plain ? <span className={c.kind === 'actions' ? 'sr' : undefined}>{c.title}</span> : <button type="button" className="th" onClick={() => clickSort(c)}>{c.title}{sort?.column === c.id ? <Icon name={sort.down ? 'arrow-down' : 'arrow-up'} size={12} /> : null}</button>}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {pad(slice.from)}
              {shown.slice(slice.from, slice.to).map((row, n) => {
                const i = slice.from + n;
                return (
                  <tr key={keyOf(row)} data-row={i} aria-rowindex={i + 2} tabIndex={i === Math.max(0, focusRow) ? 0 : -1} className={onOpen ? 'row-open' : undefined}
                    onClick={(e) => { if (onOpen && !(e.target instanceof Element && e.target.closest('a, button, input'))) onOpen(row); }}
                    onKeyDown={(e) => {
                      if (e.target !== e.currentTarget) return;
                      if (e.key === 'Enter' && onOpen) { e.preventDefault(); onOpen(row); }
                      if (e.key === 'ArrowDown') { e.preventDefault(); focusAt(i + 1); }
                      if (e.key === 'ArrowUp') { e.preventDefault(); focusAt(i - 1); }
                    }}>
                    {picked ? <td className="cell-check"><input type="checkbox" tabIndex={-1} aria-label={t('table.choose', { name: nameOf?.(row) ?? keyOf(row) })} checked={picked.has(keyOf(row))} onChange={(e) => choose(i, e.nativeEvent instanceof MouseEvent && e.nativeEvent.shiftKey)} /></td> : null}
                    {shownColumns.map((c) => (
                      <td key={c.id} data-label={c.title} data-empty={isEmpty(c, row) || undefined} className={c.kind === 'number' ? 'cell-number num' : c.kind === 'main' ? 'cell-main' : c.kind === 'actions' ? 'cell-actions' : undefined}>
                        {c.cell ? c.cell(row) : (c.value(row) ?? <span className="faint">–</span>)}
                      </td>
                    ))}
                  </tr>
                );
              })}
              {pad(shown.length - slice.to)}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
