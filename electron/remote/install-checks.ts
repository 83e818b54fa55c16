import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { Relation } from './capture-sql.ts';
import type { Queryable } from './queryable.ts';

/** CREATE OR REPLACE TRIGGER, and partitioned tables with statement triggers that see moved rows. */
const oldestMajor = 14;

export interface ServerFacts {
  /** `server_version_num`, e.g. 180004. */
  readonly version: number;
  readonly maxPreparedTransactions: number;
}

const serverRow = z.object({
  version: z.number(),
  maxPreparedTransactions: z.number(),
  standby: z.boolean(),
  mayCreate: z.boolean(),
  database: z.string(),
});

const serverSql = `SELECT current_setting('server_version_num')::int AS version,
       current_setting('max_prepared_transactions')::int AS "maxPreparedTransactions",
       pg_is_in_recovery() AS standby, current_database() AS database,
       coalesce((SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_catalog.pg_namespace n WHERE n.nspname = 'payflow_sync'),
                has_database_privilege(current_database(), 'CREATE')) AS "mayCreate"`;

/** Refuses a server that is too old, a standby, and a login that may not make our schema. */
export async function checkServer(db: Queryable): Promise<ServerFacts> {
  const [server] = z.tuple([serverRow]).parse((await db.query(serverSql)).rows);
  if (server.version < oldestMajor * 10_000) {
    throw new PayflowError('HQ_VERSION_UNSUPPORTED', {
      version: Math.floor(server.version / 10_000),
      minimum: oldestMajor,
    });
  }
  if (server.standby) throw new PayflowError('HQ_STANDBY');
  if (!server.mayCreate) throw missingPrivilege('CREATE', server.database);
  return { version: server.version, maxPreparedTransactions: server.maxPreparedTransactions };
}

const ownershipSql = `SELECT c.relname AS name FROM unnest($1::text[], $2::text[]) AS w (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
 WHERE NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1 LIMIT 1`;

/** Triggers that fire in replica sessions can be made by a table's owner only. */
export async function checkOwnership(db: Queryable, relations: readonly Relation[]): Promise<void> {
  const { rows } = await db.query(ownershipSql, [
    relations.map(({ schema }) => schema),
    relations.map(({ name }) => name),
  ]);
  const [first] = z.array(z.object({ name: z.string() })).parse(rows);
  if (first) throw missingPrivilege('OWNER', first.name);
}

/** `privilege` is CREATE (of a database) or OWNER (of a table or schema). */
export function missingPrivilege(privilege: string, object: string, cause?: unknown): PayflowError {
  return new PayflowError('HQ_PRIVILEGE_MISSING', { privilege, object }, { cause });
}
