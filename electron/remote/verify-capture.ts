import { z } from 'zod';
import { byName } from '../schema/by-name.ts';
import { functionName, triggerKinds, type Firing, type Relation } from './capture-sql.ts';
import type { Queryable } from './queryable.ts';

/** What is wrong with the capture of one table or partition. */
export interface CaptureFinding {
  readonly table: string;
  /** The table itself or one of its partitions. */
  readonly relation: string;
  /** A trigger or a function, or null where the whole relation is meant. */
  readonly object: string | null;
  readonly problem: 'missing' | 'disabled' | 'changed' | 'table-missing' | 'schema-changed';
}

const capturedRow = z.object({
  table: z.string(),
  schema: z.string(),
  fingerprint: z.string(),
  definition: z.string(),
  bodies: z.record(z.string(), z.string()),
});
const relationRow = z.object({
  table: z.string(),
  schema: z.string(),
  name: z.string(),
  root: z.boolean(),
});
const triggerRow = z.object({
  schema: z.string(),
  relation: z.string(),
  name: z.string(),
  firing: z.string(),
  function: z.string(),
});
const functionRow = z.object({ name: z.string(), body: z.string() });

export type CapturedTable = z.infer<typeof capturedRow>;
type Trigger = z.infer<typeof triggerRow>;

/** Throws when nothing is installed. */
export async function readCaptured(db: Queryable): Promise<CapturedTable[]> {
  const { rows } = await db.query(
    `SELECT tbl AS table, schema, fingerprint, definition, bodies FROM payflow_sync.captured ORDER BY tbl COLLATE "C"`,
  );
  return z.array(capturedRow).parse(rows);
}

/** A captured table itself and its partitions of any depth, as they are now. */
const relationsSql = `SELECT k.tbl AS table, rn.nspname AS schema, rc.relname AS name, rc.oid = c.oid AS root
  FROM payflow_sync.captured k
  JOIN pg_catalog.pg_namespace n ON n.nspname = k.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = k.tbl AND c.relkind IN ('r', 'p')
 CROSS JOIN LATERAL (SELECT c.oid AS relid UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(c.oid) t) tree
  JOIN pg_catalog.pg_class rc ON rc.oid = tree.relid AND rc.relkind IN ('r', 'p')
  JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
 ORDER BY 1, rc.oid <> c.oid, 2, 3`;

/** Every trigger of ours, partitions' clones included. */
export const triggersSql = `SELECT rn.nspname AS schema, rc.relname AS relation, t.tgname AS name, t.tgenabled AS firing, p.proname AS function,
       t.tgparentid = 0 AS own
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
  JOIN pg_catalog.pg_namespace fn ON fn.oid = p.pronamespace AND fn.nspname = 'payflow_sync'
  JOIN pg_catalog.pg_class rc ON rc.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
 ORDER BY 1, 2, 3`;

const functionsSql = `SELECT p.proname AS name, md5(p.prosrc) AS body FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'payflow_sync'`;

/** Compares what was installed with what is there: functions, triggers, and how they fire. */
export async function verifyCapture(db: Queryable): Promise<CaptureFinding[]> {
  const captured = await readCaptured(db);
  const relations = z.array(relationRow).parse((await db.query(relationsSql)).rows);
  const triggers = z.array(triggerRow).parse((await db.query(triggersSql)).rows);
  const functions = z.array(functionRow).parse((await db.query(functionsSql)).rows);
  const bodies = new Map(functions.map(({ name, body }) => [name, body]));
  return captured.flatMap((table) => [
    ...functionFindings(table, bodies),
    ...relationFindings(table, relations, triggers),
  ]);
}

function functionFindings(
  { table, bodies: expected }: CapturedTable,
  bodies: ReadonlyMap<string, string>,
): CaptureFinding[] {
  return Object.entries(expected)
    .toSorted(([a], [b]) => byName(a, b))
    .flatMap(([object, body]): CaptureFinding[] => {
      const found = bodies.get(object);
      if (found === body) return [];
      return [
        { table, relation: table, object, problem: found === undefined ? 'missing' : 'changed' },
      ];
    });
}

function relationFindings(
  { table }: CapturedTable,
  relations: readonly z.infer<typeof relationRow>[],
  triggers: readonly Trigger[],
): CaptureFinding[] {
  const own = relations.filter((relation) => relation.table === table);
  if (own.length === 0) return [{ table, relation: table, object: null, problem: 'table-missing' }];
  return own.flatMap((relation) =>
    triggerKinds.flatMap(({ name, firing, everyPartition }): CaptureFinding[] => {
      const trigger = triggers.find((t) => isOn(t, relation) && t.name === name);
      const expected = functionName(table, everyPartition ? 'statement' : 'row');
      const problem = problemOf(trigger, expected, firing);
      return problem === null ? [] : [{ table, relation: relation.name, object: name, problem }];
    }),
  );
}

const isOn = (trigger: Trigger, relation: Relation): boolean =>
  trigger.schema === relation.schema && trigger.relation === relation.name;

function problemOf(
  trigger: Trigger | undefined,
  expectedFunction: string,
  firing: Firing,
): 'missing' | 'disabled' | 'changed' | null {
  if (!trigger) return 'missing';
  if (trigger.function !== expectedFunction) return 'changed';
  if (trigger.firing === firing) return null;
  return trigger.firing === 'D' ? 'disabled' : 'changed';
}
