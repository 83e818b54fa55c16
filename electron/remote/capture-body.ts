import type { Plan, TablePlan } from '../../shared/plan.ts';
import { id, literal } from './identifiers.ts';
import { excludedSql, keySql, scopeLookup } from './scope-sql.ts';

export interface BodyOptions {
  /** `statement`: reads the transition tables; `row`: OLD and NEW of the replica twin. */
  readonly level: 'statement' | 'row';
  readonly partitioned: boolean;
  readonly notify: boolean;
}

/** The channel on which a change at HQ is announced, with an empty payload. */
export const feedChannel = 'payflow_feed';

/** Never a reason to fail HQ's own write, except for what must reach the client (DESIGN 3.2). */
const reraise = `IF left(SQLSTATE, 2) IN ('40', '53', '57') THEN RAISE; END IF;`;

const reloadEntry = `v_keys := ARRAY[NULL::text]; v_ops := ARRAY['T'::text]; v_scopes := ARRAY['*'::text];
    v_was := ARRAY[NULL::text]; v_edited := ARRAY[v_now];`;

/**
 * The body of a capture function. The block with the handler only reads, into arrays: a write inside would take a
 * transaction id of its own for every statement of HQ's programs.
 */
export function captureBody(plan: Plan, table: TablePlan, options: BodyOptions): string {
  const name = literal(table.name);
  return `
DECLARE
  v_now timestamptz := clock_timestamp();
  v_edits jsonb;
  v_keys text[]; v_ops text[]; v_scopes text[]; v_was text[]; v_edited timestamptz[];
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    ${reloadEntry}
  ELSE
  BEGIN
    ${editsSql(name)}
    IF TG_OP = 'INSERT' THEN
      ${byIsolation(table, (look) => insertOrDelete(plan, table, options, 'I', look))}
    ELSIF TG_OP = 'DELETE' THEN
      ${byIsolation(table, (look) => insertOrDelete(plan, table, options, 'D', look))}
    ELSE
      ${options.partitioned && options.level === 'statement' ? pairsSql : ''}
      ${byIsolation(table, (look) => update(plan, table, options, look))}
    END IF;
  EXCEPTION WHEN OTHERS THEN
    ${reraise}
    ${reloadEntry}
  END;
  END IF;
  IF v_keys IS NULL THEN RETURN NULL; END IF;
  INSERT INTO payflow_sync.feed (xid, tbl, key, op, scope, was, origin, edited_at, logged_at)
  SELECT (SELECT pg_current_xact_id()), ${name}, u.key, u.op::"char", u.scope, u.was,
         (SELECT coalesce(nullif(current_setting('payflow.origin', true), ''), session_user)), u.edited_at,
         (SELECT clock_timestamp())
    FROM unnest(v_keys, v_ops, v_scopes, v_was, v_edited) AS u (key, op, scope, was, edited_at);
  ${options.notify ? notifySql : ''}
  RETURN NULL;
END
`;
}

/** A transaction that has notified cannot be prepared, and a full queue fails a COMMIT: the poll is the safety net. */
const notifySql = `IF current_setting('max_prepared_transactions') = '0' AND pg_notification_queue_usage() < 0.5 THEN
    PERFORM pg_notify('${feedChannel}', '');
  END IF;`;

/** A moved row whose insert a BEFORE trigger of the other partition refused leaves an old row without a new one. */
const pairsSql = `IF (SELECT count(*) FROM old_rows) <> (SELECT count(*) FROM new_rows) THEN
        RAISE EXCEPTION 'old and new rows do not pair';
      END IF;`;

/** Edit times that an upload brought (DESIGN 7.4), once per statement; what cannot be read counts as absent. */
const editsSql = (
  name: string,
): string => `IF nullif(current_setting('payflow.edits', true), '') IS NOT NULL THEN
      BEGIN
        SELECT jsonb_object_agg(e.key, least(e.value::timestamptz, v_now)) INTO v_edits
          FROM jsonb_each_text(current_setting('payflow.edits', true)::jsonb -> ${name}) e;
      EXCEPTION WHEN OTHERS THEN
        ${reraise}
        v_edits := NULL;
      END;
    END IF;`;

/**
 * A writer that is not in READ COMMITTED reads no parents: its snapshot may be old, and a serializable one would get
 * new conflicts from our reads (DESIGN 3.6). The scope is everyone then; an entry carries only a key.
 */
function byIsolation(table: TablePlan, select: (lookUp: boolean) => string): string {
  if (table.scope.kind !== 'via') return select(true);
  return `IF current_setting('transaction_isolation') LIKE 'read %' THEN
      ${select(true)}
      ELSE
      ${select(false)}
      END IF;`;
}

/** Scope and presence of a row as the entry needs them. */
function rowSql(plan: Plan, table: TablePlan, alias: string, lookUp: boolean) {
  const excluded = excludedSql(table, alias);
  return {
    key: keySql(table, alias),
    scope: lookUp ? `coalesce(${scopeLookup(plan, table, alias)}, '*')` : `'*'::text`,
    included: excluded === null ? 'true' : `NOT ${excluded}`,
  };
}

/** Collects what `entries` (key, op, scope, was) selects into the arrays. */
const collect = (entries: string): string =>
  `SELECT array_agg(e.key), array_agg(e.op), array_agg(e.scope), array_agg(e.was),
             array_agg(coalesce((v_edits ->> e.key)::timestamptz, v_now))
        INTO v_keys, v_ops, v_scopes, v_was, v_edited
        FROM (${entries}) e;`;

function insertOrDelete(
  plan: Plan,
  table: TablePlan,
  { level }: BodyOptions,
  op: 'I' | 'D',
  lookUp: boolean,
): string {
  const [rows, record] = op === 'I' ? ['new_rows', 'NEW'] : ['old_rows', 'OLD'];
  const source = level === 'statement' ? rows : `(SELECT ${record}.*)`;
  const row = rowSql(plan, table, 'r', lookUp);
  return collect(`
        SELECT ${row.key} AS key, '${op}'::text AS op, ${row.scope} AS scope, NULL::text AS was
          FROM ${source} "r"
         WHERE ${row.included}`);
}

/**
 * Old and new rows are paired by their place in the two transition tables. The join is FULL because such a join is
 * never a nested loop: the plan is cached with the row counts of the session's first update, and the nested loop that
 * suits one row takes hours for a hundred thousand.
 */
function update(plan: Plan, table: TablePlan, { level }: BodyOptions, lookUp: boolean): string {
  const source = (rows: string, record: string): string =>
    level === 'statement'
      ? `(SELECT row_number() OVER () AS payflow_place, t.* FROM ${rows} t)`
      : `(SELECT row_number() OVER () AS payflow_place, ${record}.*)`;
  const before = rowSql(plan, table, 'o', lookUp);
  const after = rowSql(plan, table, 'n', lookUp);
  const values = (alias: string): string =>
    `ROW(${comparedColumns(table)
      .map((column) => `${id(alias)}.${id(column)}`)
      .join(', ')})::text`;
  return collect(`
        SELECT c.key, c.op, c.scope, c.was FROM (
          SELECT n.payflow_place AS place,
                 ${before.key} AS old_key, ${before.scope} AS old_scope, ${before.included} AS old_in,
                 ${after.key} AS new_key, ${after.scope} AS new_scope, ${after.included} AS new_in,
                 (${before.key}) COLLATE "C" <> (${after.key}) COLLATE "C" AS moved
            FROM ${source('old_rows', 'OLD')} "o"
            FULL JOIN ${source('new_rows', 'NEW')} "n" ON n.payflow_place = o.payflow_place
           WHERE ${values('o')} IS DISTINCT FROM ${values('n')}
        ) p CROSS JOIN LATERAL (
          SELECT 1 AS part, CASE WHEN p.moved THEN 'D' ELSE 'R' END AS op, p.old_key AS key, p.old_scope AS scope, NULL::text AS was
           WHERE p.old_in AND (p.moved OR NOT p.new_in OR p.old_scope COLLATE "C" <> p.new_scope COLLATE "C")
          UNION ALL
          SELECT 2, 'U', p.new_key, p.new_scope, CASE WHEN p.moved AND p.old_in THEN p.old_key END
           WHERE p.new_in
        ) c ORDER BY p.place, c.part`);
}

/** All columns but quiet and generated ones, the key included. */
function comparedColumns(table: TablePlan): readonly string[] {
  const data = [...table.columns.map(({ hq }) => hq), ...Object.keys(table.fill)];
  return [...table.key.filter((column) => !data.includes(column)), ...data];
}
