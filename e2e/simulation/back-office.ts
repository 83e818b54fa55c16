/** HQ's other programs: they write to PostgreSQL and have never heard of a terminal. */
import type pg from 'pg';
import { COUNTERS, FIELDS, STORES } from './company.ts';
import type { HqWrite } from './history.ts';
import type { Ledger } from './ledger.ts';
import { at, pick } from './pos-program.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Session {
  readonly client: pg.Client;
  /** What goes into the ledger with its COMMIT; null: no transaction is open. */
  notes: (() => void)[] | null;
}

export class BackOffice {
  readonly #db: pg.Client;
  readonly #sessions: readonly Session[];
  readonly #ledger: () => Ledger;
  #made = 0;
  #opened = 0;

  /** `slow`: sessions whose transactions stay open. */
  constructor(db: pg.Client, slow: readonly pg.Client[], ledger: () => Ledger) {
    this.#db = db;
    this.#sessions = slow.map((client) => ({ client, notes: null }));
    this.#ledger = ledger;
  }

  /** A new history begins. */
  reset(): void {
    this.#made = 0;
    this.#opened = 10;
  }

  /** Commits, or leaves open what stays open; what is committed is in the ledger. */
  async write(write: HqWrite): Promise<void> {
    switch (write.do) {
      case 'edit':
        return this.#edit(write);
      case 'count':
        return this.#count(write);
      case 'prices':
        return this.#run(
          'UPDATE products SET selling_price = selling_price + 0.05, updated_at = now()',
        );
      case 'add-customer':
        return this.#addCustomer(write.code);
      case 'delete-customer':
        return this.#deleteCustomer(write.row);
      case 'remake-customer':
        return this.#remakeCustomer(write.row);
      case 'move-customer':
        return this.#moveCustomer(write.row);
      case 'move-product':
        return this.#moveProduct(write.row);
      case 'rekey-product':
        return this.#rekeyProduct(write.row);
      case 'purge':
        return this.#run('SELECT payflow_sync.purge(0, 1000000)');
      case 'add-category':
        return this.#addCategory(write.parent);
      case 'rename-category':
        return this.#renameCategory(write.row);
      case 'delete-category':
        return this.#deleteCategory(write.row);
      case 'hang-product':
        return this.#hangProduct(write);
      case 'open-customer':
        return this.#openCustomer(write);
      case 'commit':
        return this.#end(this.#session(write.session), 'COMMIT');
      case 'roll-back':
        return this.#end(this.#session(write.session), 'ROLLBACK');
    }
  }

  /** Ends the open transactions. */
  async end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    for (const session of this.#sessions) await this.#end(session, how);
  }

  async #end(session: Session, how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const { notes } = session;
    if (notes === null) return;
    session.notes = null;
    await session.client.query(how);
    if (how === 'COMMIT') for (const note of notes) note();
  }

  #session(number: number): Session {
    return at(this.#sessions, number);
  }

  async #edit({ field, row }: Extract<HqWrite, { do: 'edit' }>): Promise<void> {
    const { table, column, name, stamped } = at(FIELDS, field);
    const found = pick(await this.#rows(table, name), row);
    if (found === undefined) return;
    const value = this.#ledger().value('HQ');
    const { rows } = await this.#db.query<{ saw: string | null }>(
      `WITH seen AS (SELECT id, ${column} AS saw FROM ${table} WHERE id = $2 FOR UPDATE)
       UPDATE ${table} t SET ${column} = $1 ${stamped === false ? '' : ', updated_at = now()'} FROM seen WHERE t.id = seen.id RETURNING seen.saw`,
      [value, found.id],
    );
    for (const { saw } of rows)
      this.#ledger().edited(value, { what: `${table}.${column} ${found.name}`, by: 'HQ' }, saw);
  }

  async #count({ counter, row, by }: Extract<HqWrite, { do: 'count' }>): Promise<void> {
    const { table, column, name, step } = at(COUNTERS, counter);
    const found = pick(await this.#rows(table, name), row);
    if (found === undefined) return;
    await this.#run(
      `UPDATE ${table} SET ${column} = ${column} + $1::numeric WHERE id = $2`,
      String((by * step) / 100),
      found.id,
    );
    this.#ledger().added(`${table}.${column} ${found.name}`, by * step);
  }

  async #addCustomer(code: number): Promise<void> {
    const insert = this.#newCustomer(code);
    const { rowCount } = await this.#db.query(insert.sql, insert.values);
    if (rowCount === 1) insert.note();
  }

  #newCustomer(code: number) {
    const name = `C${String(code)}`;
    const value = this.#ledger().value('HQ');
    return {
      sql: `INSERT INTO customers (id, customer_code, first_name, store_id, updated_at)
            SELECT $1, $2::text, $3, $4, now() WHERE NOT EXISTS (SELECT FROM customers WHERE customer_code = $2::text)`,
      values: [`hq-${name}-${value}`, name, value, STORES[code % 5 === 4 ? 1 : 0]],
      note: () => {
        this.#ledger().edited(value, { what: `customers ${name}`, by: 'HQ' }, null);
      },
    };
  }

  async #deleteCustomer(row: number): Promise<void> {
    const going = pick(await this.#mortals(), row);
    if (going !== undefined) await this.#deleted(going.id);
  }

  async #deleted(id: string): Promise<void> {
    const { rows } = await this.#db.query<{ first_name: string | null; city: string | null }>(
      'DELETE FROM customers WHERE id = $1 RETURNING first_name, city',
      [id],
    );
    const ledger = this.#ledger();
    for (const seen of rows) {
      ledger.sawGo(seen.first_name);
      ledger.sawGo(seen.city);
      ledger.deleted.set(id, 'HQ');
    }
  }

  async #remakeCustomer(row: number): Promise<void> {
    const going = pick(await this.#mortals(), row);
    if (going === undefined) return;
    const { rows } = await this.#db.query<{ store_id: string }>(
      'SELECT store_id FROM customers WHERE id = $1',
      [going.id],
    );
    await this.#deleted(going.id);
    const value = this.#ledger().value('HQ');
    await this.#run(
      `INSERT INTO customers (id, customer_code, first_name, store_id, updated_at) VALUES ($1, $2, $3, $4, now())`,
      going.id,
      going.name,
      value,
      rows[0]?.store_id,
    );
    this.#ledger().edited(value, { what: `customers ${going.name}`, by: 'HQ' }, null);
    this.#ledger().deleted.delete(going.id);
  }

  async #moveCustomer(row: number): Promise<void> {
    const moving = pick(await this.#mortals(), row);
    if (moving === undefined) return;
    await this.#run(
      `UPDATE customers SET store_id = CASE store_id WHEN $1 THEN $2 ELSE $1 END, updated_at = now() WHERE id = $3`,
      STORES[0],
      STORES[1],
      moving.id,
    );
  }

  async #moveProduct(row: number): Promise<void> {
    const moving = pick(await this.#rows('products', 'sku'), row);
    await this.#run(
      `UPDATE products SET store_id = CASE store_id WHEN $1 THEN $2 ELSE $1 END, updated_at = now() WHERE id = $3`,
      STORES[0],
      STORES[1],
      moving?.id,
    );
  }

  async #rekeyProduct(row: number): Promise<void> {
    const found = pick(await this.#rows('products', 'sku'), row);
    this.#made += 1;
    await this.#run(
      `UPDATE products SET id = $1, updated_at = now() WHERE id = $2`,
      `${found?.name ?? ''}-${String(this.#made)}`,
      found?.id,
    );
  }

  async #addCategory(parent: number): Promise<void> {
    const above = pick(await this.#rows('categories', 'name', `store_id = 'store-1'`), parent);
    this.#made += 1;
    await this.#run(
      `INSERT INTO categories (id, name, parent_id, store_id, updated_at) VALUES ($1, $2, $3, 'store-1', now())`,
      `category-${String(this.#made)}`,
      `Category ${String(this.#made)}`,
      above?.id,
    );
  }

  async #renameCategory(row: number): Promise<void> {
    const found = pick(await this.#rows('categories', 'name'), row);
    this.#made += 1;
    await this.#run(
      'UPDATE categories SET name = $1, updated_at = now() WHERE id = $2',
      `Renamed ${String(this.#made)}`,
      found?.id,
    );
  }

  async #deleteCategory(row: number): Promise<void> {
    const found = pick(await this.#rows('categories', 'name'), row);
    const { rows } = await this.#db.query<{ description: string | null }>(
      'DELETE FROM categories WHERE id = $1 RETURNING description',
      [found?.id],
    );
    for (const { description } of rows) this.#ledger().sawGo(description);
  }

  async #hangProduct({
    product,
    category,
  }: Extract<HqWrite, { do: 'hang-product' }>): Promise<void> {
    const goods = pick(await this.#rows('products', 'sku', `store_id = 'store-1'`), product);
    const under = pick(await this.#rows('categories', 'name', `store_id = 'store-1'`), category);
    await this.#run(
      'UPDATE products SET category_id = $1, updated_at = now() WHERE id = $2',
      under?.id,
      goods?.id,
    );
  }

  /** Inserts only: an open transaction that changed rows would make every program wait that wants them too. */
  async #openCustomer({
    session: number,
    code,
  }: Extract<HqWrite, { do: 'open-customer' }>): Promise<void> {
    const session = this.#session(number);
    if (session.notes === null) {
      await session.client.query('BEGIN');
      session.notes = [];
    }
    // Codes of its own, so that nobody waits for this transaction to know whether a code is free.
    this.#opened += 1;
    const insert = this.#newCustomer(100 * code + this.#opened);
    const { rowCount } = await session.client.query(insert.sql, insert.values);
    if (rowCount === 1) session.notes.push(insert.note);
  }

  /** Customers that come and go. */
  #mortals(): Promise<Named[]> {
    return this.#rows('customers', 'customer_code', `customer_code LIKE 'C%'`);
  }

  async #rows(table: string, name: string, where = 'true'): Promise<Named[]> {
    const { rows } = await this.#db.query<Named>(
      `SELECT id, ${name}::text AS name FROM ${table} WHERE ${where} ORDER BY ${name}::text COLLATE "C", 1`,
    );
    return rows;
  }

  async #run(sql: string, ...values: unknown[]): Promise<void> {
    await this.#db.query(
      sql,
      values.map((value) => value ?? null),
    );
  }
}
