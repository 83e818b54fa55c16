import { z } from 'zod';
import type { Catalogue } from '../schema/catalogue.ts';
import { literal } from './identifiers.ts';
import type { Queryable } from './queryable.ts';

/*
 * How a type, a default or a column prints depends on search_path. `pin` sets it inside the very statement that
 * prints (a materialized CTE is read before the first joined row comes out), so that the same HQ gives the same
 * catalogue to every login and a pool may be used.
 */
const pin = `pin AS MATERIALIZED (SELECT set_config('search_path', 'pg_catalog', true) AS path)`;

/** The tables of one schema, ordinary and partitioned, as `c`; $1 schema, $2 names. */
const wanted = `pg_class c
  JOIN pg_namespace ns ON ns.oid = c.relnamespace AND ns.nspname = $1
   AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p')`;

const liveColumns = `a.attnum > 0 AND NOT a.attisdropped`;

/** What one column contributes to a table's fingerprint: no oid (a dump changes them), no search_path. */
const fingerprintLine = `concat_ws(':', a.attname, t.typname, a.atttypmod, a.attnotnull, a.attgenerated)`;

/** Md5 over the columns and the primary key of `c`, kept in the plan (DESIGN 3.8). */
const fingerprintOf = (classAlias: string): string => `md5(concat_ws('|',
    (SELECT string_agg(${fingerprintLine}, ',' ORDER BY a.attname)
       FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = ${classAlias}.oid AND ${liveColumns}),
    (SELECT string_agg(a.attname, ',' ORDER BY k.place)
       FROM pg_catalog.pg_constraint p CROSS JOIN LATERAL unnest(p.conkey) WITH ORDINALITY AS k (attnum, place)
       JOIN pg_catalog.pg_attribute a ON a.attrelid = p.conrelid AND a.attnum = k.attnum
      WHERE p.conrelid = ${classAlias}.oid AND p.contype = 'p')))`;

/**
 * An expression: one md5 that changes whenever a column, a type or a primary key of these tables does, or a
 * table comes or goes; over the same facts as the fingerprints, but in one pass over the catalogue, since it stands in
 * every page of the feed.
 */
export function schemaStampSql(schema: string, tables: readonly string[]): string {
  const names = tables.map((table) => literal(table)).join(', ');
  const among = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace ns ON ns.oid = c.relnamespace
   AND ns.nspname = ${literal(schema)} AND c.relname = ANY (ARRAY[${names}]::text[]) AND c.relkind IN ('r', 'p')`;
  return `md5(concat_ws('|',
  (SELECT string_agg(concat_ws('=', c.relname, ${fingerprintLine}), ',' ORDER BY c.relname, a.attname)
     FROM ${among} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND ${liveColumns}
     JOIN pg_catalog.pg_type t ON t.oid = a.atttypid),
  (SELECT string_agg(concat_ws('=', c.relname, p.conkey::text), ',' ORDER BY c.relname)
     FROM ${among} JOIN pg_catalog.pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p')))`;
}

const tablesSql = `WITH ${pin}
SELECT c.relname AS name, c.relkind = 'p' AS partitioned, ${fingerprintOf('c')} AS fingerprint,
       coalesce((SELECT json_agg(json_build_object('schema', pn.nspname, 'name', pc.relname)
                        ORDER BY tree.level, pn.nspname, pc.relname)
                   FROM pg_partition_tree(c.oid) tree
                   JOIN pg_class pc ON pc.oid = tree.relid AND pc.oid <> c.oid AND pc.relkind IN ('r', 'p')
                   JOIN pg_namespace pn ON pn.oid = pc.relnamespace), '[]') AS partitions
  FROM pin CROSS JOIN ${wanted}
 ORDER BY c.relname COLLATE "C"`;

/** Domains are followed to their base type; the innermost modifier counts, and NOT NULL anywhere on the way. */
const columnsSql = `WITH RECURSIVE ${pin},
base AS (
  SELECT t.oid AS declared, t.oid AS type, -1 AS typmod, false AS not_null, 0 AS depth
    FROM pg_type t
   WHERE t.oid IN (SELECT a.atttypid FROM ${wanted} JOIN pg_attribute a ON a.attrelid = c.oid AND ${liveColumns})
  UNION ALL
  SELECT b.declared, t.typbasetype, t.typtypmod, b.not_null OR t.typnotnull, b.depth + 1
    FROM base b JOIN pg_type t ON t.oid = b.type AND t.typtype = 'd'
)
SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       format_type(t.oid, -1) AS base,
       t.typname AS "baseName", t.typcategory AS category,
       CASE WHEN b.depth = 0 THEN a.atttypmod ELSE b.typmod END AS "baseModifier",
       a.attnotnull OR b.not_null AS "notNull",
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS default,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
       coalesce(pg_get_serial_sequence(format('%I.%I', ns.nspname, c.relname), a.attname), used.sequence) AS sequence
  FROM pin CROSS JOIN ${wanted}
  JOIN pg_attribute a ON a.attrelid = c.oid AND ${liveColumns}
  JOIN base b ON b.declared = a.atttypid
  JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN LATERAL (SELECT format('%I.%I', sn.nspname, s.relname) AS sequence
                       FROM pg_depend dep
                       JOIN pg_class s ON s.oid = dep.refobjid AND s.relkind = 'S'
                       JOIN pg_namespace sn ON sn.oid = s.relnamespace
                      WHERE dep.classid = 'pg_attrdef'::regclass AND dep.objid = d.oid
                        AND dep.refclassid = 'pg_class'::regclass
                      LIMIT 1) used ON true
 ORDER BY c.relname COLLATE "C", a.attnum`;

/** Names of the columns of `relation` in the order of an array of column numbers. */
const namesOf = (relation: string, numbers: string): string =>
  `ARRAY(SELECT a.attname::text FROM unnest(${numbers}::int2[]) WITH ORDINALITY AS k (attnum, place)
      JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.attnum ORDER BY k.place)`;

/** Primary keys, and foreign keys between tables of the same schema. Partitions' own copies are left out. */
const constraintsSql = `SELECT c.relname AS table, con.conname AS name, con.contype AS kind,
       ${namesOf('con.conrelid', 'con.conkey')} AS columns,
       ref.relname AS "refTable", ${namesOf('con.confrelid', 'con.confkey')} AS "refColumns"
  FROM ${wanted}
  JOIN pg_constraint con ON con.conrelid = c.oid AND con.contype IN ('p', 'f') AND con.conparentid = 0
  LEFT JOIN pg_class ref ON ref.oid = con.confrelid AND ref.relnamespace = c.relnamespace
 WHERE con.contype = 'p' OR ref.oid IS NOT NULL
 ORDER BY c.relname COLLATE "C", con.conname COLLATE "C"`;

/** Unique constraints are unique indexes too; expressions and partial ones are HQ's own affair. */
const uniquesSql = `SELECT c.relname AS table, ic.relname AS name,
       ${namesOf('i.indrelid', '(i.indkey::int2[])[0:i.indnkeyatts - 1]')} AS columns
  FROM ${wanted}
  JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique AND NOT i.indisprimary AND i.indisvalid
   AND i.indpred IS NULL AND i.indexprs IS NULL
  JOIN pg_class ic ON ic.oid = i.indexrelid
 ORDER BY c.relname COLLATE "C", ic.relname COLLATE "C"`;

const fingerprintsSql = `SELECT c.relname AS table, ${fingerprintOf('c')} AS fingerprint
  FROM unnest($1::text[], $2::text[]) AS w (schema, name)
  JOIN pg_catalog.pg_namespace ns ON ns.nspname = w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = ns.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')`;

/** The fingerprint of each table as it is now; tables that are gone are absent. */
export async function schemaFingerprints(
  db: Queryable,
  tables: readonly { readonly schema: string; readonly table: string }[],
): Promise<Map<string, string>> {
  const { rows } = await db.query(fingerprintsSql, [
    tables.map(({ schema }) => schema),
    tables.map(({ table }) => table),
  ]);
  const parsed = z.array(z.object({ table: z.string(), fingerprint: z.string() })).parse(rows);
  return new Map(parsed.map(({ table, fingerprint }) => [table, fingerprint]));
}

const names = z.array(z.string());
const tableRow = z.object({
  name: z.string(),
  partitioned: z.boolean(),
  fingerprint: z.string(),
  partitions: z.array(z.object({ schema: z.string(), name: z.string() })),
});
const columnRow = z.object({
  table: z.string(),
  name: z.string(),
  type: z.string(),
  base: z.string(),
  baseName: z.string(),
  category: z.string(),
  baseModifier: z.number(),
  notNull: z.boolean(),
  default: z.string().nullable(),
  generated: z.string().nullable(),
  sequence: z.string().nullable(),
});
const constraintRow = z.object({
  table: z.string(),
  name: z.string(),
  kind: z.enum(['p', 'f']),
  columns: names,
  refTable: z.string().nullable(),
  refColumns: names,
});
const uniqueRow = z.object({ table: z.string(), name: z.string(), columns: names });

/** What HQ's catalogue says about these tables; a table that HQ lacks is simply absent. */
export async function readCatalogue(
  db: Queryable,
  schema: string,
  tables: readonly string[],
): Promise<Catalogue> {
  const read = async <Row>(sql: string, row: z.ZodType<Row>): Promise<Row[]> =>
    z.array(row).parse((await db.query(sql, [schema, tables])).rows);
  // Inside a transaction the pinned search_path would outlive our statements: it is put back.
  const path = z
    .tuple([z.object({ path: z.string() })])
    .parse((await db.query(`SELECT current_setting('search_path') AS path`)).rows)[0].path;
  const tableRows = await read(tablesSql, tableRow);
  const columns = await read(columnsSql, columnRow);
  await db.query(`SELECT set_config('search_path', $1, true)`, [path]);
  const constraints = await read(constraintsSql, constraintRow);
  const uniques = await read(uniquesSql, uniqueRow);

  const primary = new Map(constraints.filter(({ kind }) => kind === 'p').map((c) => [c.table, c]));
  return {
    schema,
    tables: tableRows.map((row) => ({
      ...row,
      columns: columns.filter(({ table }) => table === row.name).map(({ table: _, ...c }) => c),
      primaryKey: primary.get(row.name)?.columns ?? [],
      foreignKeys: constraints.flatMap(({ table, kind, columns: own, refTable, refColumns }) =>
        table === row.name && kind === 'f' && refTable !== null
          ? [{ columns: own, refTable, refColumns }]
          : [],
      ),
      uniques: uniques.filter(({ table }) => table === row.name).map(({ table: _, ...u }) => u),
    })),
  };
}
