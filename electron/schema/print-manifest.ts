import { Document, isMap, isScalar } from 'yaml';
import type { Manifest, ManifestTable } from '../../shared/manifest.ts';
import type { Catalogue, CatalogueTable } from './catalogue.ts';

/**
 * What `payflow manifest` prints: the policy as YAML that `readManifest` accepts again, and above each table, as a
 * comment, what HQ's catalogue says of it. Facts are comments because the manifest must never repeat them: they
 * would be wrong after the next ALTER TABLE.
 */
export function printManifest(manifest: Manifest, catalogue: Catalogue): string {
  const policies = Object.entries(manifest.tables).map(([name, policy]) => [name, terse(policy)]);
  const document = new Document({ ...manifest, tables: Object.fromEntries(policies) as unknown });
  document.commentBefore =
    ' PayFlow manifest. The comments are what HQ says; only the rest is read.';
  const facts = new Map(catalogue.tables.map((table) => [table.name, table]));
  const tables: unknown = document.get('tables', true);
  for (const { key } of isMap(tables) ? tables.items : []) {
    if (isScalar(key)) key.commentBefore = describe(facts.get(String(key.value)));
  }
  return document.toString({ lineWidth: 110 });
}

/** Without what the reader fills in by itself. */
function terse(policy: ManifestTable): object {
  return Object.fromEntries(
    Object.entries(policy).filter(
      ([, value]) => typeof value !== 'object' || Object.keys(value).length > 0,
    ),
  );
}

function describe(table: CatalogueTable | undefined): string {
  if (!table) return ' HQ has no such table.';
  const columns = table.columns.map(
    ({ name, type, notNull, generated }) =>
      `   ${name} ${type}${notNull ? ' not null' : ''}${generated === null ? '' : ' generated'}`,
  );
  const keys = table.foreignKeys.map(
    ({ columns: own, refTable, refColumns }) =>
      `   (${own.join(', ')}) -> ${refTable} (${refColumns.join(', ')})`,
  );
  return [
    ` primary key (${table.primaryKey.join(', ')})`,
    ` columns:`,
    ...columns,
    ...(keys.length === 0 ? [] : [' foreign keys:', ...keys]),
    ...table.uniques.map(({ columns: own }) => ` unique (${own.join(', ')})`),
  ].join('\n');
}
