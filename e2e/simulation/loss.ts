import type Database from 'better-sqlite3';
import { hqBooks } from './books.ts';
import { COUNTERS, FIELDS } from './company.ts';
import type { House } from './house.ts';

/** An unsent change, with the sums it carries in hundredths. */
interface Unsent {
  readonly id: string;
  readonly sums: readonly (readonly [counter: string, hundredths: number])[];
}

/**
 * What goes with a file when an older copy is put in its place: whatever HQ did not have of it and the copy does not have
 * either. It is struck from the ledger; everything else must still be there at the end.
 */
export class Loss {
  readonly #house: House;
  readonly #code: string;
  #unsent: readonly Unsent[] = [];

  constructor(house: House, code: string) {
    this.#house = house;
    this.#code = code;
  }

  async before(file: Database.Database): Promise<void> {
    const { rows } = await this.#house.db.query<{ id: string }>(
      'SELECT unnest(entry_ids) AS id FROM payflow_sync.upload_entry',
    );
    const sent = new Set(rows.map(({ id }) => id));
    this.#unsent = unsent(file).filter(({ id }) => !sent.has(id));
    // What lost against another value was kept in the file that goes.
    for (const lost of file.prepare('SELECT lost FROM sync_conflict').pluck().all() as (
      string | null
    )[])
      this.#house.ledger.sawGo(lost);
    for (const { table, column } of COUNTERS)
      if (wasUndone(file, table, column)) this.#house.ledger.undone.add(`${table}.${column}`);
  }

  async after(file: Database.Database): Promise<void> {
    const { ledger, db } = this.#house;
    const hq = await hqBooks(db);
    const copied = new Set(unsent(file).map(({ id }) => id));
    for (const { id, sums } of this.#unsent)
      if (!copied.has(id))
        for (const [counter, hundredths] of sums) ledger.added(counter, -hundredths);

    const values = new Set<string | null>();
    for (const { table, column } of FIELDS) {
      for (const row of hq.get(table)?.values() ?? []) values.add(row[column] ?? null);
      for (const value of file.prepare(`SELECT ${column} FROM ${table}`).pluck().all() as (
        string | null
      )[])
        values.add(value);
    }
    ledger.forget(this.#code, (value) => values.has(value));
    for (const [id, by] of ledger.deleted)
      if (by === this.#code && hq.get('customers')?.has(id) === true) ledger.deleted.delete(id);

    const kept = new Set(file.prepare('SELECT order_number FROM orders').pluck().all() as string[]);
    const orders = [...(hq.get('orders') ?? [])];
    for (const sale of ledger.sales.values()) {
      if (sale.terminal !== this.#code || kept.has(sale.number)) continue;
      const order = orders.find(([, row]) => row['order_number'] === sale.number);
      if (order === undefined) {
        ledger.sales.delete(sale.number);
        continue;
      }
      const count = (table: string): number =>
        [...(hq.get(table)?.values() ?? [])].filter((row) => row['order_id'] === order[0]).length;
      ledger.sales.set(sale.number, {
        ...sale,
        parts: {
          order_items: count('order_items'),
          payments: count('payments'),
          inventory_transactions: count('inventory_transactions'),
        },
      });
    }
  }
}

/** Was a value of the column taken back as not the terminal's to say, and not merged? The file's conflict log tells. */
export function wasUndone(file: Database.Database, table: string, column: string): boolean {
  const undone = file.prepare(
    `SELECT count(*) FROM sync_conflict WHERE tbl = ? AND column = ? AND rule NOT IN ('newest', 'add')`,
  );
  return undone.pluck().get(table, column) !== 0;
}

/** The outbox of a file: what it would still send. */
function unsent(file: Database.Database): Unsent[] {
  const entries = file
    .prepare(
      `SELECT id, tbl AS "table", local_id AS localId, changes FROM sync_outbox WHERE op = 'U' AND changes IS NOT NULL`,
    )
    .all() as { id: string; table: string; localId: string; changes: string }[];
  return entries.map(({ id, table, localId, changes }) => {
    const changed = JSON.parse(changes) as Record<string, readonly (string | null)[]>;
    const sums = COUNTERS.filter((counter) => counter.table === table && counter.local in changed);
    return {
      id,
      sums: sums.map(({ column, local, name }) => {
        const [, was, , is] = changed[local] ?? [];
        const row = file
          .prepare(`SELECT CAST(${name} AS TEXT) FROM ${table} WHERE local_id = ?`)
          .pluck()
          .get(localId) as string | undefined;
        return [
          `${table}.${column} ${row ?? ''}`,
          Math.round((Number(is ?? 0) - Number(was ?? 0)) * 100),
        ] as const;
      }),
    };
  });
}
