import { z } from 'zod';
import type { Manifest } from '../../shared/manifest.ts';
import type { ConnectionTest } from '../../shared/views.ts';
import { id } from './identifiers.ts';
import type { Queryable } from './queryable.ts';

/** A list to choose from; a company with more types its code. */
const mostTerminals = 500;

const storeTables = z.array(z.object({ relation: z.string(), key: z.string() }));
type StoreTable = z.infer<typeof storeTables>[number];
const terminalRows = z.array(z.object({ code: z.string(), name: z.string(), store: z.string() }));

/** HQ's terminals with their stores' names, by code. `name` is whatever HQ has in a column of that name, else the code. */
export async function hqTerminals(
  db: Queryable,
  { schema, terminals: { table, code, store } }: Manifest,
): Promise<ConnectionTest['terminals']> {
  const relation = `${id(schema)}.${id(table)}`;
  const stores = await storeTable(db, relation, store);
  const named = stores !== null && (await hasName(db, stores.relation));
  const name = (await hasName(db, relation)) ? 't.name' : `t.${id(code)}`;
  const join =
    stores === null ? '' : `LEFT JOIN ${stores.relation} s ON s.${id(stores.key)} = t.${id(store)}`;
  const { rows } = await db.query(
    `SELECT t.${id(code)}::text AS code, coalesce(${name}::text, '') AS name,
            coalesce(${named ? 's.name::text, ' : ''}t.${id(store)}::text, '') AS store
       FROM ${relation} t ${join} WHERE t.${id(code)} IS NOT NULL ORDER BY 1 LIMIT ${String(mostTerminals)}`,
  );
  return terminalRows.parse(rows);
}

/** What the store column refers to; null where it is no foreign key. */
async function storeTable(
  db: Queryable,
  relation: string,
  column: string,
): Promise<StoreTable | null> {
  const { rows } = await db.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS relation, k.attname AS key
       FROM pg_catalog.pg_constraint f
       JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1] AND a.attname = $2
       JOIN pg_catalog.pg_class c ON c.oid = f.confrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_catalog.pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = f.confkey[1]
      WHERE f.contype = 'f' AND f.conrelid = $1::regclass AND cardinality(f.conkey) = 1 AND has_table_privilege(c.oid, 'SELECT')
      LIMIT 1`,
    [relation, column],
  );
  return storeTables.parse(rows)[0] ?? null;
}

async function hasName(db: Queryable, relation: string): Promise<boolean> {
  const { rows } = await db.query(
    `SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attname = 'name' AND NOT attisdropped`,
    [relation],
  );
  return rows.length > 0;
}
