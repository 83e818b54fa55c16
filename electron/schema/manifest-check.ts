import { PayflowError } from '../../shared/errors.ts';
import type { Manifest, ManifestTable } from '../../shared/manifest.ts';
import { byName } from './by-name.ts';
import type { CatalogueTable } from './catalogue.ts';
import { kindOf } from './column-kind.ts';
import { rowColumns } from './row-columns.ts';

type Facts = ReadonlyMap<string, CatalogueTable>;

/** Throws the first contradiction between the manifest and HQ's tables, all of which are in `facts`. */
export function checkManifest(manifest: Manifest, facts: Facts): void {
  checkTerminals(manifest, facts);
  for (const name of Object.keys(manifest.tables).toSorted(byName)) {
    const policy = manifest.tables[name];
    const table = facts.get(name);
    if (policy === undefined || table === undefined) continue;
    checkKey(policy, table);
    checkColumnsExist(policy, table);
    checkScope(manifest, name, facts);
    checkSoftReferences(manifest, policy, table);
    checkStrategies(policy, table);
    checkLocalNames(policy, table);
  }
}

function refuse(code: string, table: string, column?: string): never {
  throw new PayflowError(code, column === undefined ? { table } : { table, column });
}

const columnOf = (table: CatalogueTable, name: string) =>
  table.columns.find((column) => column.name === name);

function checkTerminals({ terminals, tables }: Manifest, facts: Facts): void {
  const table = facts.get(terminals.table);
  if (!(terminals.table in tables) || table === undefined) {
    refuse('MANIFEST_TABLE_UNKNOWN', terminals.table);
  }
  for (const column of [terminals.code, terminals.store]) {
    if (!columnOf(table, column)) refuse('MANIFEST_COLUMN_UNKNOWN', table.name, column);
  }
}

/** Rows are told apart by their key everywhere: it must be there, and must travel. */
function checkKey(policy: ManifestTable, table: CatalogueTable): void {
  if (table.primaryKey.length === 0) refuse('MANIFEST_NO_PRIMARY_KEY', table.name);
  for (const column of table.primaryKey) {
    const travels =
      !policy.quiet.includes(column) &&
      !(column in policy.fill) &&
      columnOf(table, column)?.generated === null;
    if (!travels) refuse('MANIFEST_KEY_NOT_SYNCED', table.name, column);
  }
}

function checkColumnsExist(policy: ManifestTable, table: CatalogueTable): void {
  const dynamic = Object.values(policy.soft).flatMap((target) =>
    typeof target === 'string' ? [] : [target.table_from],
  );
  const named = [
    ...Object.keys(policy.columns),
    ...Object.keys(policy.rename),
    ...Object.keys(policy.soft),
    ...dynamic,
    ...policy.quiet,
    ...policy.secret,
    ...Object.keys(policy.fill),
    ...(policy.exclude ? [policy.exclude.column] : []),
  ];
  const unknown = named.find((column) => !columnOf(table, column));
  if (unknown !== undefined) refuse('MANIFEST_COLUMN_UNKNOWN', table.name, unknown);
}

function checkScope(manifest: Manifest, name: string, facts: Facts): void {
  const table = facts.get(name);
  const scope = manifest.tables[name]?.scope;
  if (table === undefined || scope === undefined || scope === 'everyone') return;
  if ('via' in scope) {
    checkVia(manifest, name, facts);
    return;
  }
  const column = 'store' in scope ? scope.store : scope.terminal;
  if (!columnOf(table, column)) refuse('MANIFEST_SCOPE_COLUMN_MISSING', name, column);
  const everyone = 'store' in scope ? scope.everyone_when : undefined;
  if (everyone === undefined) return;
  const flag = columnOf(table, everyone);
  if (!flag) refuse('MANIFEST_SCOPE_COLUMN_MISSING', name, everyone);
  if (kindOf(flag) !== 'boolean') refuse('MANIFEST_SCOPE_NOT_BOOLEAN', name, everyone);
}

/** `via` climbs from parent to parent by real foreign keys and ends at a table that says who sees its rows. */
function checkVia(manifest: Manifest, name: string, facts: Facts): void {
  const seen = new Set<string>();
  for (let at = name; ;) {
    const scope = manifest.tables[at]?.scope;
    if (scope === undefined || scope === 'everyone' || !('via' in scope)) return;
    const via = scope.via;
    if (seen.has(at)) refuse('MANIFEST_SCOPE_CYCLE', at, via);
    seen.add(at);
    const table = facts.get(at);
    if (!table || !columnOf(table, via)) refuse('MANIFEST_SCOPE_COLUMN_MISSING', at, via);
    const parents = table.foreignKeys.filter(
      ({ columns }) => columns.length === 1 && columns[0] === via,
    );
    if (parents.length === 0) refuse('MANIFEST_VIA_NOT_FOREIGN_KEY', at, via);
    const parent = parents.find(({ refTable }) => refTable in manifest.tables);
    if (!parent) refuse('MANIFEST_VIA_PARENT_NOT_SYNCED', at, via);
    const parentKey = facts.get(parent.refTable)?.primaryKey ?? [];
    if (parentKey.length !== 1 || parentKey[0] !== parent.refColumns[0]) {
      refuse('MANIFEST_VIA_NOT_FOREIGN_KEY', at, via);
    }
    at = parent.refTable;
  }
}

function checkSoftReferences(
  manifest: Manifest,
  policy: ManifestTable,
  table: CatalogueTable,
): void {
  for (const [column, target] of Object.entries(policy.soft)) {
    if (typeof target === 'string' && !(target in manifest.tables)) {
      throw new PayflowError('MANIFEST_SOFT_TABLE_UNKNOWN', {
        table: table.name,
        column,
        refTable: target,
      });
    }
  }
}

/** `add` sums exact decimals (DESIGN 7.3): floats and texts have none. */
function checkStrategies(policy: ManifestTable, table: CatalogueTable): void {
  for (const column of table.columns) {
    const strategy = policy.columns[column.name] ?? policy.strategy;
    if (strategy !== 'add' || !travels(policy, table, column.name)) continue;
    const kind = kindOf(column);
    if (kind !== 'integer' && kind !== 'decimal') {
      refuse('MANIFEST_ADD_NOT_NUMERIC', table.name, column.name);
    }
  }
}

const travels = (policy: ManifestTable, table: CatalogueTable, column: string): boolean =>
  !table.primaryKey.includes(column) && !policy.quiet.includes(column) && !(column in policy.fill);

/** SQLite compares column names without case. */
function checkLocalNames(policy: ManifestTable, table: CatalogueTable): void {
  const taken = new Set<string>();
  for (const { name } of table.columns) {
    const local = (policy.rename[name] ?? name).toLowerCase();
    if (taken.has(local)) refuse('MANIFEST_RENAME_CLASH', table.name, name);
    taken.add(local);
    if (rowColumns.has(local) && travels(policy, table, name)) {
      refuse('MANIFEST_RESERVED_COLUMN', table.name, name);
    }
  }
}
