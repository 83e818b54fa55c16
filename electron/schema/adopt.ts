import type { Plan, TablePlan } from '../../shared/plan.ts';
import type { CaptureFacts } from '../local/capture-record.ts';
import { factsOf, insertChanges } from '../local/capture.ts';
import { nowSql, uuidSql } from '../local/defaults.ts';
import type { WritableDb } from '../local/open.ts';
import { id } from '../local/sql.ts';
import { META } from '../sync/meta.ts';

/**
 * DESIGN 4.5, inside the caller's transaction: every row that HQ does not have for sure goes into the outbox before the
 * first load, and every server_id that the file knows gets its mapping. Rows that have an entry already get no second one.
 */
export function adoptRows(db: WritableDb, plan: Plan): void {
  db.exec('UPDATE sync_session SET applying = 1');
  for (const table of plan.tables) {
    const facts = factsOf(db, table);
    if (facts !== null) adoptTable(db, table, facts);
  }
  db.exec('UPDATE sync_session SET applying = 0');
  db.prepare(
    `INSERT INTO sync_meta (name, value) VALUES (?, ${nowSql}) ON CONFLICT (name) DO NOTHING`,
  ).run(META.adopted);
}

function adoptTable(db: WritableDb, table: TablePlan, facts: CaptureFacts): void {
  const name = id(table.name);
  // A row without a local_id (SQLite allows it in a TEXT PRIMARY KEY) could be neither named nor sent.
  db.exec(`UPDATE ${name} SET local_id = ${uuidSql} WHERE local_id IS NULL`);
  // op U with changes null: HQ has the row, what was changed since is unknown (the base is HQ's current row, DESIGN 4.4).
  db.prepare(
    `INSERT INTO sync_outbox (tbl, local_id, old_local_id, op, changes, at, id)
     SELECT ?, r.local_id,
            CASE WHEN r.server_id IS NOT NULL THEN r.local_id END,
            CASE WHEN r.server_id IS NULL THEN 'I' ELSE 'U' END,
            CASE WHEN r.server_id IS NULL THEN ${insertChanges(table, 'r', facts)} END,
            ${nowSql}, lower(hex(randomblob(16)))
     FROM ${name} AS r
     WHERE (r.server_id IS NULL OR r.sync_status IS NOT 'synced')
       AND NOT EXISTS (SELECT 1 FROM sync_outbox AS o WHERE o.tbl = ? AND o.local_id = r.local_id)`,
  ).run(table.name, table.name);
  db.prepare(
    `INSERT INTO sync_row (tbl, local_id, server_id)
     SELECT ?, local_id, NULLIF(server_id, local_id) FROM ${name} WHERE server_id IS NOT NULL
     ON CONFLICT (tbl, local_id) DO NOTHING`,
  ).run(table.number);
  if (facts.marksRows) {
    const operation = `CASE WHEN server_id IS NULL THEN 'insert' ELSE 'update' END`;
    db.exec(
      `UPDATE ${name} SET sync_status = 'pending', sync_operation = ${operation}
       WHERE (server_id IS NULL OR sync_status IS NOT 'synced')
         AND (sync_status IS NOT 'pending' OR sync_operation IS NOT ${operation})`,
    );
  }
}
