import { createHash } from 'node:crypto';
import type { Plan, TablePlan, ValueKind } from '../../shared/plan.ts';
import { captureBody } from './capture-body.ts';
import { id, qualified } from './identifiers.ts';

/** A table or partition. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
}

/** pg_trigger.tgenabled: `O` fires in ordinary sessions, `R` in replica-role sessions, `A` in both. */
export type Firing = 'O' | 'R' | 'A';

/** Everything that is generated for one table (DESIGN 3.1, 3.2). */
export interface Capture {
  readonly table: string;
  readonly schema: string;
  readonly fingerprint: string;
  readonly functions: readonly {
    readonly name: string;
    readonly body: string;
    readonly sql: string;
  }[];
  readonly triggers: readonly string[];
  /** Md5 over all of it. */
  readonly definition: string;
}

interface TriggerKind {
  readonly name: string;
  readonly firing: Firing;
  /** The row-level twin stands on the root only: PostgreSQL clones it to every partition, future ones too. */
  readonly everyPartition: boolean;
  readonly events: string;
}

/**
 * Statement triggers do not fire in logical apply, whatever they are set to, and the others must not fire twice
 * there: hence ENABLE for statements, ENABLE REPLICA for the row-level twin, ENABLE ALWAYS for TRUNCATE.
 */
export const triggerKinds: readonly TriggerKind[] = [
  {
    name: 'payflow_insert',
    firing: 'O',
    everyPartition: true,
    events: 'INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT',
  },
  {
    name: 'payflow_update',
    firing: 'O',
    everyPartition: true,
    events:
      'UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT',
  },
  {
    name: 'payflow_delete',
    firing: 'O',
    everyPartition: true,
    events: 'DELETE ON %s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT',
  },
  {
    name: 'payflow_truncate',
    firing: 'A',
    everyPartition: true,
    events: 'TRUNCATE ON %s FOR EACH STATEMENT',
  },
  {
    name: 'payflow_replica',
    firing: 'R',
    everyPartition: false,
    events: 'INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW',
  },
];

const firingSql: Readonly<Record<Firing, string>> = {
  O: 'ENABLE TRIGGER',
  R: 'ENABLE REPLICA TRIGGER',
  A: 'ENABLE ALWAYS TRIGGER',
};

/** Tables whose changes at HQ a terminal wants to hear of. */
export const isCaptured = (table: TablePlan): boolean => table.direction !== 'upload';

/** Pure: the functions and triggers of one table and of all its partitions. */
export function captureOf(
  plan: Plan,
  table: TablePlan,
  partitions: readonly Relation[],
  notify: boolean,
): Capture {
  const partitioned = partitions.length > 0;
  const functions = (['statement', 'row'] as const).map((level) => {
    const body = captureBody(plan, table, { level, partitioned, notify });
    const name = functionName(table.name, level);
    return { name, body, sql: functionSql(table, name, body) };
  });
  const relations: readonly Relation[] = [table, ...partitions];
  const triggers = relations.flatMap((relation) =>
    triggerKinds
      .filter((kind) => kind.everyPartition || relation === table)
      .flatMap((kind) => triggerSql(table, relation, kind)),
  );
  const all = [...functions.map(({ sql }) => sql), ...triggers];
  return {
    table: table.name,
    schema: table.schema,
    fingerprint: table.fingerprint,
    functions,
    triggers,
    definition: md5(all.join('\n')),
  };
}

/** Identifiers end at 63 bytes, and two long table names must not share a function. */
export function functionName(table: string, level: 'statement' | 'row'): string {
  const short = table.length <= 40 ? table : `${table.slice(0, 30)}_${md5(table).slice(0, 8)}`;
  return `capture_${level}_${short}`;
}

function functionSql(table: TablePlan, name: string, body: string): string {
  const target = `payflow_sync.${id(name)}()`;
  return `CREATE OR REPLACE FUNCTION ${target} RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp${sessionPins(table)}
AS $payflow$${body}$payflow$;
REVOKE EXECUTE ON FUNCTION ${target} FROM PUBLIC;`;
}

/** Keys of these kinds always print the same; for others the session's settings must not decide. */
const plainKinds: ReadonlySet<ValueKind> = new Set([
  'text',
  'integer',
  'decimal',
  'uuid',
  'boolean',
]);

function sessionPins(table: TablePlan): string {
  const kinds = table.ownKey
    ? [table.keyKind]
    : table.columns.filter(({ hq }) => table.key.includes(hq)).map(({ kind }) => kind);
  if (kinds.every((kind) => plainKinds.has(kind))) return '';
  return `
SET "DateStyle" = 'ISO, YMD' SET "TimeZone" = 'UTC' SET "IntervalStyle" = 'postgres'
SET extra_float_digits = 1 SET bytea_output = 'hex'`;
}

function triggerSql(table: TablePlan, relation: Relation, kind: TriggerKind): string[] {
  const name = functionName(table.name, kind.everyPartition ? 'statement' : 'row');
  const on = qualified(relation);
  return [
    `CREATE OR REPLACE TRIGGER ${id(kind.name)} AFTER ${kind.events.replace('%s', () => on)} EXECUTE FUNCTION payflow_sync.${id(name)}()`,
    `ALTER TABLE ${on} ${firingSql[kind.firing]} ${id(kind.name)}`,
  ];
}

/** What pg_proc.prosrc must hash to. */
export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
