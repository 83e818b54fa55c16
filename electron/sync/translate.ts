import type { ColumnPlan, TablePlan } from '../../shared/plan.ts';
import { hashText, UnholdableValue, type Canonical, type LocalValue } from './codec.ts';
import { hexOfBytes } from './codec/bytes.ts';
import { groupBy, type Run } from './engine.ts';
import { fixedReference } from './plan-index.ts';
import type { LocalRow } from './ports.ts';

/** What translation needs of a run; `verify` has no run. */
export type Translator = Pick<Run, 'index' | 'local' | 'self' | 'hashing'>;

/** A local row in HQ's terms. */
export interface CanonicalRow {
  readonly localId: string;
  /** Canonical values in plan order; references are HQ keys. Undefined entries never occur. */
  readonly values: Canonical[];
  /** Hard references whose parent HQ does not know (yet): `values` holds the local_id there. */
  readonly unresolved: readonly {
    readonly column: number;
    readonly refTable: string;
    readonly localId: string;
  }[];
  /** Other references whose row HQ does not know (yet); they hold nothing. */
  readonly soft: CanonicalRow['unresolved'];
  /** Set: HQ cannot hold a value of this row. `values` is null there. */
  readonly unholdable: { readonly column: string; readonly reason: string } | null;
  /** All such values by column index, as far as they can be shown. */
  readonly unheld: ReadonlyMap<number, string>;
  /** HQ's values of references that are null in payflow.db, by HQ's column name. */
  readonly refs: LocalRow['refs'];
}

/** The table a reference of this very row points at; null where it points nowhere we know. */
function referencedTable(
  run: Translator,
  table: TablePlan,
  column: ColumnPlan,
  values: readonly Canonical[],
): string | null {
  const fixed = fixedReference(column);
  if (fixed !== null) return run.index.has(fixed.table) ? fixed.table : null;
  if (column.reference === null || !('tableFrom' in column.reference)) return null;
  const named = values[run.index.columnAt(table, column.reference.tableFrom)];
  return named != null && run.index.has(named) ? named : null;
}

/** By a row's place in the list. */
type OpenReferences = Map<number, { column: number; refTable: string; localId: string }[]>;

/** Shared: thousands of rows of a bulk upload have none of these, and empty ones of their own cost them dearly. */
const NO_REFERENCES: CanonicalRow['unresolved'] = [];
const NO_COLUMNS: ReadonlySet<number> = new Set();
const NO_VALUES: ReadonlyMap<number, string> = new Map();

/** Encodes and translates rows of payflow.db: what HQ would hold if it held them. */
export function canonicalRows(
  run: Translator,
  table: TablePlan,
  rows: readonly LocalRow[],
): CanonicalRow[] {
  const encoded = rows.map((row) => encodeRow(run, table, row));
  const references = table.columns.flatMap((column, index) =>
    column.reference === null ? [] : [{ column, index }],
  );
  const soft: OpenReferences = new Map();
  const unresolved: OpenReferences = new Map();
  for (const { column, index } of references) {
    const wanted = groupBy(encoded.entries(), ([, row]) =>
      referencedTable(run, table, column, row.values),
    );
    for (const [refTable, group] of wanted) {
      if (refTable === null) continue;
      const localIds = new Set(
        group.flatMap(([, row]) => (row.fromRefs.has(index) ? [] : (row.values[index] ?? []))),
      );
      const serverIds = run.local.serverIds(run.index.table(refTable), [...localIds]);
      for (const [position, row] of group) {
        const localId = row.values[index];
        if (localId == null || row.fromRefs.has(index)) continue;
        const serverId = serverIds.get(localId);
        if (serverId !== undefined) row.values[index] = serverId;
        else {
          const list = fixedReference(column)?.hard === true ? unresolved : soft;
          const open = list.get(position);
          const reference = { column: index, refTable, localId };
          if (open === undefined) list.set(position, [reference]);
          else open.push(reference);
        }
      }
    }
  }
  return encoded.map(({ localId, values, unholdable, unheld }, position) => ({
    localId,
    values,
    unholdable,
    unheld,
    refs: rows[position]?.refs ?? null,
    unresolved: unresolved.get(position) ?? NO_REFERENCES,
    soft: soft.get(position) ?? NO_REFERENCES,
  }));
}

function encodeRow(run: Translator, table: TablePlan, row: LocalRow) {
  const { encode } = run.index.codec(table);
  const values: Canonical[] = new Array<Canonical>(table.columns.length);
  let fromRefs: Set<number> | null = null;
  let unheld: Map<number, string> | null = null;
  let unholdable: { column: string; reason: string } | null = null;
  for (const [index, column] of table.columns.entries()) {
    const raw = row.values[index] ?? null;
    const kept = raw === null ? row.refs?.[column.hq] : undefined;
    if (kept !== undefined) {
      values[index] = kept;
      (fromRefs ??= new Set()).add(index);
      continue;
    }
    try {
      const encodeColumn = encode[index];
      values[index] = encodeColumn === undefined ? null : encodeColumn(raw);
    } catch (error) {
      if (!(error instanceof UnholdableValue)) throw error;
      unholdable ??= { column: column.local, reason: error.reason };
      (unheld ??= new Map()).set(index, shown(raw));
      values[index] = null;
    }
  }
  fillTerminal(run, table, values);
  return {
    localId: row.localId,
    values,
    fromRefs: fromRefs ?? NO_COLUMNS,
    unholdable,
    unheld: unheld ?? NO_VALUES,
  };
}

/** A value for people, in the conflict log. */
function shown(raw: LocalValue): string {
  return raw instanceof Uint8Array ? hexOfBytes(raw) : String(raw).toWellFormed();
}

/** A row that does not say whose it is belongs to this terminal (payflow-schema.md). The value is a local_id here. */
function fillTerminal(run: Translator, table: TablePlan, values: Canonical[]): void {
  if (table.terminalColumn === null) return;
  const index = table.columns.findIndex((column) => column.local === table.terminalColumn);
  if (index >= 0 && values[index] == null) values[index] = ownLocalId(run);
}

/** local_id of this terminal's own row; its HQ key until that row has arrived. */
export function ownLocalId(run: Translator): string {
  const terminals = run.index.table(run.index.plan.terminals.table);
  return run.local.known(terminals, [run.self.key]).get(run.self.key)?.localId ?? run.self.key;
}

/** The row hash of canonical values: the same sixteen digits HQ computes. */
export function hashOf(run: Translator, values: readonly Canonical[]): string {
  return run.hashing.rowHash(hashText(values));
}
