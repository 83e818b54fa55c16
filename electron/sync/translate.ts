import type { ColumnPlan, TablePlan } from '../../shared/plan.ts';
import { hashText, UnholdableValue, type Canonical, type LocalValue } from './codec.ts';
import { hexOfBytes } from './codec/bytes.ts';
import { groupBy, type Run } from './engine.ts';
import { fixedReference } from './plan-index.ts';
import type { LocalRow } from './local-port.ts';

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

/** Where a row's reference points: the same for all rows, or named by each row; null: nowhere we know. */
function targetOf(
  run: Translator,
  table: TablePlan,
  column: ColumnPlan,
): (values: readonly Canonical[]) => string | null {
  const known = (name: string | null | undefined): string | null =>
    name != null && run.index.has(name) ? name : null;
  const fixed = fixedReference(column);
  if (fixed !== null) {
    const target = known(fixed.table);
    return () => target;
  }
  if (column.reference === null || !('tableFrom' in column.reference)) return () => null;
  const place = run.index.columnAt(table, column.reference.tableFrom);
  return (values) => known(values[place]);
}

/** Shared: thousands of rows of a bulk upload have none of these, and empty ones of their own cost them dearly. */
const NO_REFERENCES: CanonicalRow['unresolved'] = [];
const NO_COLUMNS: ReadonlySet<number> = new Set();
const NO_VALUES: ReadonlyMap<number, string> = new Map();

/** A row while it is being translated. */
type Draft = { -readonly [Name in keyof CanonicalRow]: CanonicalRow[Name] } & {
  /** Columns whose value is HQ's own, kept beside a null. */
  fromRefs: ReadonlySet<number>;
};

/** Encodes and translates rows of payflow.db: what HQ would hold if it held them. */
export function canonicalRows(
  run: Translator,
  table: TablePlan,
  rows: readonly LocalRow[],
): CanonicalRow[] {
  const drafts = rows.map((row) => encodeRow(run, table, row));
  for (const [index, column] of table.columns.entries())
    if (column.reference !== null) resolveReferences(run, table, column, index, drafts);
  return drafts;
}

/** Puts HQ's keys in the place of the local_ids of one column; what HQ does not know yet is noted on its row. */
function resolveReferences(
  run: Translator,
  table: TablePlan,
  column: ColumnPlan,
  index: number,
  drafts: readonly Draft[],
): void {
  const target = targetOf(run, table, column);
  const kind = fixedReference(column)?.hard === true ? 'unresolved' : 'soft';
  const referring = drafts.filter((row) => row.values[index] != null && !row.fromRefs.has(index));
  for (const [refTable, group] of groupBy(referring, (row) => target(row.values))) {
    if (refTable === null) continue;
    const localIds = new Set(group.map((row) => row.values[index] ?? ''));
    const serverIds = run.local.serverIds(run.index.table(refTable), [...localIds]);
    for (const row of group) {
      const localId = row.values[index] ?? '';
      const serverId = serverIds.get(localId);
      if (serverId === undefined) row[kind] = [...row[kind], { column: index, refTable, localId }];
      else row.values[index] = serverId;
    }
  }
}

function encodeRow(run: Translator, table: TablePlan, row: LocalRow): Draft {
  const { encode } = run.index.codec(table);
  const values = new Array<Canonical>(encode.length);
  let fromRefs: Set<number> | null = null;
  let unheld: Map<number, string> | null = null;
  let unholdable: CanonicalRow['unholdable'] = null;
  for (let index = 0; index < encode.length; index += 1) {
    const raw = row.values[index] ?? null;
    if (raw === null && row.refs !== null) {
      const kept = row.refs[table.columns[index]?.hq ?? ''];
      values[index] = kept ?? null;
      if (kept !== undefined) (fromRefs ??= new Set()).add(index);
      continue;
    }
    try {
      values[index] = encode[index]?.(raw) ?? null;
    } catch (error) {
      if (!(error instanceof UnholdableValue)) throw error;
      unholdable ??= { column: table.columns[index]?.local ?? '', reason: error.reason };
      (unheld ??= new Map()).set(index, shown(raw));
      values[index] = null;
    }
  }
  fillTerminal(run, table, values);
  return {
    localId: row.localId,
    values,
    unresolved: NO_REFERENCES,
    soft: NO_REFERENCES,
    unholdable,
    unheld: unheld ?? NO_VALUES,
    refs: row.refs,
    fromRefs: fromRefs ?? NO_COLUMNS,
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
