import { createHash } from 'node:crypto';
import { PayflowError } from '../../shared/errors.ts';
import type { Manifest, ManifestTable } from '../../shared/manifest.ts';
import type {
  ColumnPlan,
  DynamicReference,
  ForeignKey,
  Plan,
  Reference,
  Scope,
  TablePlan,
  UnsyncedColumn,
} from '../../shared/plan.ts';
import { byName } from './by-name.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Catalogue, CatalogueColumn, CatalogueTable } from './catalogue.ts';
import { kindOf, scaleOf } from './column-kind.ts';
import { checkManifest } from './manifest-check.ts';
import { rowColumns } from './row-columns.ts';
import { parentsFirst } from './table-order.ts';

/**
 * The manifest completed from HQ's catalogue. Pure. Throws `HQ_TABLE_MISSING` for a table that HQ lacks and a
 * `MANIFEST_*` code with `{ table, column }` for the first contradiction between the two.
 */
export function completePlan(manifest: Manifest, catalogue: Catalogue): Plan {
  requireTables(manifest, catalogue);
  const facts = new Map(catalogue.tables.map((table) => [table.name, table]));
  const names = Object.keys(manifest.tables).toSorted(byName);
  checkManifest(manifest, facts);
  const number = numbersOf(names);
  const tables = new Map(
    Object.entries(manifest.tables).flatMap(([name, policy]) => {
      const table = facts.get(name);
      return table
        ? [[name, planTable(manifest, policy, table, facts, number.get(name) ?? 0)]]
        : [];
    }),
  );
  const order = parentsFirst(
    new Map(names.map((name) => [name, dependenciesOf(facts.get(name), manifest)])),
  );
  const ordered = order.flatMap((name) => tables.get(name) ?? []);
  return {
    version: 1,
    terminals: manifest.terminals,
    tables: ordered,
    fingerprint: md5(canonicalJson([manifest, ordered.map((table) => table.fingerprint)])),
  };
}

/** Throws `HQ_TABLE_MISSING` for the first table, by name, that HQ lacks. */
export function requireTables(manifest: Manifest, catalogue: Catalogue): void {
  const there = new Set(catalogue.tables.map(({ name }) => name));
  const missing = Object.keys(manifest.tables)
    .toSorted(byName)
    .find((name) => !there.has(name));
  if (missing !== undefined) throw new PayflowError('HQ_TABLE_MISSING', { table: missing });
}

/**
 * A number per table that depends on its name alone: payflow.db keeps it in every row of `sync_row`, and a table
 * that joins the manifest later must not shift the others. 24 bits keep it short; two names that share one are
 * refused rather than mixed.
 */
function numbersOf(names: readonly string[]): ReadonlyMap<string, number> {
  const holders = new Map<number, string>();
  for (const name of names) {
    const number = Number.parseInt(md5(name).slice(0, 6), 16);
    const other = holders.get(number);
    if (other !== undefined) throw new PayflowError('MANIFEST_NAMES_CLASH', { table: name, other });
    holders.set(number, name);
  }
  return new Map([...holders].map(([number, name]) => [name, number]));
}

function planTable(
  manifest: Manifest,
  policy: ManifestTable,
  table: CatalogueTable,
  facts: ReadonlyMap<string, CatalogueTable>,
  number: number,
): TablePlan {
  const local = (column: string): string => policy.rename[column] ?? column;
  const foreignKeys = foreignKeysOf(table, manifest, facts);
  const [first] = table.primaryKey;
  const ownKey =
    table.primaryKey.length === 1 && foreignKeys.every(({ column }) => column !== first);
  const key = table.columns.find(({ name }) => name === first);
  const quiet = new Set(policy.quiet);
  const isSynced = (column: CatalogueColumn): boolean =>
    !(ownKey && column.name === first) &&
    !quiet.has(column.name) &&
    !(column.name in policy.fill) &&
    column.generated === null;
  const isUnsynced = (column: CatalogueColumn): boolean =>
    !isSynced(column) && !(ownKey && column.name === first) && !rowColumns.has(local(column.name));
  const hasTerminalColumn = table.columns.some(
    ({ name }) => local(name) === manifest.terminal_column,
  );
  return {
    name: table.name,
    schema: manifest.schema,
    number,
    direction: policy.direction,
    scope: scopeOf(policy.scope),
    key: table.primaryKey,
    ownKey,
    keyKind: ownKey && key ? kindOf(key) : 'text',
    keyCastType: ownKey && key ? key.base : 'text',
    keySequence: ownKey ? (key?.sequence ?? null) : null,
    columns: table.columns
      .filter(isSynced)
      .map((column) => planColumn(column, policy, foreignKeys, local(column.name))),
    foreignKeys,
    uniques: table.uniques,
    quiet: policy.quiet,
    ...(table.name === manifest.terminals.table
      ? { liveness: livenessOf(table, policy, local) }
      : {}),
    fill: policy.fill,
    exclude: policy.exclude ?? null,
    unsynced: table.columns
      .filter(isUnsynced)
      .map((column) => unsyncedColumn(column, local(column.name))),
    addsTerminalColumn: hasTerminalColumn ? null : manifest.terminal_column,
    terminalColumn: hasTerminalColumn ? manifest.terminal_column : null,
    fingerprint: table.fingerprint,
  };
}

function livenessOf(
  table: CatalogueTable,
  policy: ManifestTable,
  local: (column: string) => string,
): readonly ColumnPlan[] {
  return table.columns
    .filter(({ name }) => policy.quiet.includes(name) && policy.columns[name] === 'terminal')
    .map((column) => planColumn(column, policy, [], local(column.name)));
}

function scopeOf(scope: ManifestTable['scope']): Scope {
  if (scope === 'everyone') return { kind: 'everyone' };
  if ('via' in scope) return { kind: 'via', column: scope.via };
  if ('terminal' in scope) return { kind: 'terminal', column: scope.terminal };
  const { store: column, everyone_when: everyoneWhen } = scope;
  return { kind: 'store', column, ...(everyoneWhen === undefined ? {} : { everyoneWhen }) };
}

function planColumn(
  column: CatalogueColumn,
  policy: ManifestTable,
  foreignKeys: readonly ForeignKey[],
  local: string,
): ColumnPlan {
  return {
    hq: column.name,
    local,
    kind: kindOf(column),
    hqType: column.type,
    castType: column.base,
    scale: scaleOf(column),
    nullable: !column.notNull,
    strategy: policy.columns[column.name] ?? policy.strategy,
    reference: referenceOf(column.name, policy, foreignKeys),
    secret: policy.secret.includes(column.name),
    hqDefault: column.default,
  };
}

/** A real foreign key wins over a soft reference of the same column. */
function referenceOf(
  column: string,
  policy: ManifestTable,
  foreignKeys: readonly ForeignKey[],
): Reference | DynamicReference | null {
  const hard = foreignKeys.find((key) => key.column === column);
  if (hard) return { table: hard.refTable, hard: true };
  const soft = policy.soft[column];
  if (soft === undefined) return null;
  return typeof soft === 'string' ? { table: soft, hard: false } : { tableFrom: soft.table_from };
}

function unsyncedColumn(column: CatalogueColumn, local: string): UnsyncedColumn {
  return {
    hq: column.name,
    local,
    kind: kindOf(column),
    hqType: column.type,
    hqDefault: column.default,
    nullable: !column.notNull,
    generatedAs: column.generated,
  };
}

/** Single-column keys to a synced table's primary key; two constraints on one column are one reference. */
function foreignKeysOf(
  table: CatalogueTable,
  manifest: Manifest,
  facts: ReadonlyMap<string, CatalogueTable>,
): readonly ForeignKey[] {
  const found = new Map<string, ForeignKey>();
  for (const { columns, refTable, refColumns } of table.foreignKeys) {
    const [column] = columns;
    const parentKey = facts.get(refTable)?.primaryKey ?? [];
    if (column === undefined || columns.length > 1 || !(refTable in manifest.tables)) continue;
    if (parentKey.length !== 1 || parentKey[0] !== refColumns[0] || found.has(column)) continue;
    found.set(column, { column, refTable, nullable: isNullable(table, column) });
  }
  return [...found.values()].toSorted((a, b) => byName(a.column, b.column));
}

/** Every foreign key counts for the order of work, also those that are no `ForeignKey` of the plan. */
function dependenciesOf(table: CatalogueTable | undefined, manifest: Manifest) {
  return (table?.foreignKeys ?? [])
    .filter(({ refTable }) => refTable in manifest.tables)
    .map(({ columns, refTable }) => ({
      column: columns.join(', '),
      refTable,
      nullable: columns.some((column) => table && isNullable(table, column)),
    }));
}

const isNullable = (table: CatalogueTable, column: string): boolean =>
  table.columns.some(({ name, notNull }) => name === column && !notNull);

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
