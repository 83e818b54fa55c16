/** The POS program of a terminal: writes to payflow.db on a connection of its own and has never heard of PayFlow. */
import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import { COUNTERS, FIELDS, type Place } from './company.ts';
import type { PosWrite } from './history.ts';
import type { Ledger } from './ledger.ts';

/** The columns that a field's row is found by and shown with. */
interface Named {
  readonly local_id: string;
  readonly name: string;
  readonly value: string | number | null;
}

/** Tables whose rows no terminal may delete, and what their rows are named by. */
const HQS = [
  ['categories', 'name'],
  ['order_items', 'product_sku'],
  ['payments', 'authorization_code'],
] as const;

/** Tables whose rows get other local_ids, what they are named by, and who refers to them. */
const RENAMED = [
  { table: 'customers', name: 'customer_code', children: [['orders', 'customer_id']] },
  {
    table: 'orders',
    name: 'order_number',
    children: [
      ['order_items', 'order_id'],
      ['payments', 'order_id'],
      ['inventory_transactions', 'order_id'],
    ],
  },
  { table: 'payments', name: 'authorization_code', children: [] },
] as const;

/** One that names a row all over the company is passed on by nobody. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Customer {
  readonly first_name: string | null;
  readonly city: string | null;
  readonly server_id: string | null;
}

export const money = (cents: number): string => (cents / 100).toFixed(2);

export class PosProgram {
  readonly #db: Database.Database;
  readonly #place: Place;
  readonly #ledger: () => Ledger;
  readonly #statements = new Map<string, Database.Statement>();
  #now: string = '';

  /** `skew`: seconds by which the machine's clock is wrong, for the triggers too. */
  constructor(db: Database.Database, place: Place, ledger: () => Ledger, skew: () => number) {
    this.#db = db;
    this.#place = place;
    this.#ledger = ledger;
    // SQLite's own clock is the machine's: its only reader in the file is strftime('...', 'now').
    db.pragma('trusted_schema = ON');
    db.function('strftime', { varargs: true }, () => this.#now);
    this.#clock = () => {
      this.#now = new Date(Date.now() + skew() * 1000).toISOString();
    };
  }

  readonly #clock: () => void;

  /** One transaction, and what it committed is in the ledger; nothing where there is no row for it. */
  write(write: PosWrite): void {
    this.#clock();
    const note = this.#db.transaction(() => this.#perform(write)).immediate();
    note?.();
  }

  #perform(write: PosWrite): (() => void) | null {
    switch (write.do) {
      case 'sell':
        return this.#sell(write);
      case 'edit':
        return this.#edit(write);
      case 'count':
        return this.#count(write);
      case 'add-customer':
        return this.#addCustomer(write.code);
      case 'delete-customer':
        return this.#deleteCustomer(write.row);
      case 'replace-customer':
        return this.#replaceCustomer(write);
      case 'delete-hqs':
        return this.#deleteHqs(write);
      case 'add-category':
        return this.#addCategory(write.product);
      case 'rename':
        return this.#rename(write);
    }
  }

  #sell({
    product,
    quantity,
    customer,
    split,
  }: Extract<PosWrite, { do: 'sell' }>): (() => void) | null {
    const goods = this.#rows('products', 'sku', 'stock_quantity');
    const wanted = pick(goods, product);
    if (wanted === undefined) return null;
    const buyer =
      customer === null
        ? null
        : (pick(this.#rows('customers', 'customer_code', 'city'), customer) ?? null);
    const order = this.#ledger().nextOrder(this.#place.code);
    const number = `${this.#place.code}-${String(order)}`;
    // Every other order is named by a text that is no UUID: HQ will know it under another key.
    const id = order % 2 === 0 ? randomUUID() : `order-${number}`;
    const total = 250 * quantity;
    const { key, store, user } = this.#place;
    this.#run(
      `INSERT INTO orders (local_id, order_number, terminal_id, user_id, customer_id, total_amount, order_date, source_terminal_id, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      number,
      key,
      user,
      buyer?.local_id ?? null,
      money(total),
      this.#now,
      key,
      this.#now,
    );
    this.#run(
      `INSERT INTO order_items (local_id, order_id, product_id, quantity, unit_price, line_total, product_sku)
       VALUES (?, ?, ?, ?, '2.5', ?, ?)`,
      `${id}:1`,
      id,
      wanted.local_id,
      String(quantity),
      money(total),
      number,
    );
    const payments = split && total > 100 ? [100, total - 100] : [total];
    for (const [index, cents] of payments.entries())
      this.#run(
        `INSERT INTO payments (local_id, order_id, payment_method, amount, tendered_amount, payment_date, authorization_code)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        `${id}:paid-${String(index)}`,
        id,
        index === 0 ? 'cash' : 'card',
        money(cents),
        money(cents),
        this.#now,
        `${number}/${String(index)}`,
      );
    const stock = Number(wanted.value);
    this.#run(
      `INSERT INTO inventory_transactions (local_id, product_id, terminal_id, order_id, store_id, transaction_type, quantity_change,
         stock_before, stock_after, source_terminal_id, transaction_date) VALUES (?, ?, ?, ?, ?, 'sale', ?, ?, ?, ?, ?)`,
      `${id}:moved`,
      wanted.local_id,
      key,
      id,
      store,
      -quantity,
      stock,
      stock - quantity,
      key,
      this.#now,
    );
    this.#run(
      'UPDATE products SET stock_quantity = stock_quantity - ?, updated_at = ? WHERE local_id = ?',
      quantity,
      this.#now,
      wanted.local_id,
    );
    return () => {
      const ledger = this.#ledger();
      ledger.sales.set(number, {
        number,
        terminal: this.#place.code,
        parts: { order_items: 1, payments: payments.length, inventory_transactions: 1 },
        total,
      });
      ledger.added(`products.master_stock_quantity ${wanted.name}`, -100 * quantity);
    };
  }

  #edit({ field, row }: Extract<PosWrite, { do: 'edit' }>): (() => void) | null {
    const { table, column, name, stamped } = at(FIELDS, field);
    const found = pick(this.#rows(table, name, column), row);
    if (found === undefined) return null;
    const value = this.#ledger().value(this.#place.code);
    this.#run(`UPDATE ${table} SET ${column} = ? WHERE local_id = ?`, value, found.local_id);
    if (stamped !== false)
      this.#run(`UPDATE ${table} SET updated_at = ? WHERE local_id = ?`, this.#now, found.local_id);
    return () => {
      const saw = found.value === null ? null : String(found.value);
      this.#ledger().edited(
        value,
        { what: `${table}.${column} ${found.name}`, by: this.#place.code },
        saw,
      );
    };
  }

  #count({ counter, row, by }: Extract<PosWrite, { do: 'count' }>): (() => void) | null {
    const { table, column, local, name, step } = at(COUNTERS, counter);
    const found = pick(this.#rows(table, name, local), row);
    if (found === undefined) return null;
    const cents = Math.round(Number(found.value ?? 0) * 100) + by * step;
    const value = step === 100 ? cents / 100 : money(cents);
    this.#run(`UPDATE ${table} SET ${local} = ? WHERE local_id = ?`, value, found.local_id);
    return () => {
      this.#ledger().added(`${table}.${column} ${found.name}`, by * step);
    };
  }

  #addCustomer(code: number): (() => void) | null {
    const name = `C${String(code)}`;
    if (this.#rows('customers', 'customer_code', 'city').some((row) => row.name === name))
      return null;
    const value = this.#ledger().value(this.#place.code);
    this.#run(
      `INSERT INTO customers (local_id, customer_code, first_name, store_id, updated_at) VALUES (?, ?, ?, ?, ?)`,
      code % 2 === 0 ? randomUUID() : `customer-${name}-${value}`,
      name,
      value,
      this.#place.store,
      this.#now,
    );
    return () => {
      this.#ledger().edited(value, { what: `customers ${name}`, by: this.#place.code }, null);
    };
  }

  #deleteCustomer(row: number): (() => void) | null {
    const going = pick(
      this.#rows('customers', 'customer_code', 'city').filter(({ name }) => name.startsWith('C')),
      row,
    );
    if (going === undefined) return null;
    const gone = this.#goes(going.local_id);
    this.#run('DELETE FROM customers WHERE local_id = ?', going.local_id);
    return gone;
  }

  #replaceCustomer({
    row,
    code,
  }: Extract<PosWrite, { do: 'replace-customer' }>): (() => void) | null {
    const mortals = this.#mortals();
    const replaced = pick(mortals, row);
    if (replaced === undefined) return null;
    const name = `C${String(code)}`;
    const displaced = mortals.filter(
      (other) => other.name === name && other.local_id !== replaced.local_id,
    );
    const gone = displaced.map((other) => this.#goes(other.local_id));
    const seen = this.#seen(replaced.local_id);
    const value = this.#ledger().value(this.#place.code);
    this.#run(
      `INSERT OR REPLACE INTO customers (local_id, customer_code, first_name, store_id, updated_at) VALUES (?, ?, ?, ?, ?)`,
      replaced.local_id,
      name,
      value,
      this.#place.store,
      this.#now,
    );
    return () => {
      for (const note of gone) note();
      this.#ledger().edited(
        value,
        { what: `customers ${name}`, by: this.#place.code },
        seen.first_name,
      );
      this.#ledger().sawGo(seen.city);
    };
  }

  /** By mistake: HQ does not take it, and it comes back (DESIGN 6.6). */
  #deleteHqs({ table, row }: Extract<PosWrite, { do: 'delete-hqs' }>): (() => void) | null {
    const [name = '', by = ''] = at(HQS, table);
    // One that HQ has not heard of is the terminal's own, and gone.
    const known = this.#rows(name, by, 'server_id').filter(({ value }) => value !== null);
    const going = pick(known, row);
    if (going === undefined) return null;
    const { column } = FIELDS.find((field) => field.table === name) ?? {};
    const gone = this.#prepared(
      `SELECT server_id AS id, ${column ?? 'NULL'} AS value FROM ${name} WHERE local_id = ?`,
    ).get(going.local_id) as { id: string; value: string | null };
    this.#run(`DELETE FROM ${name} WHERE local_id = ?`, going.local_id);
    return () => {
      if (gone.value !== null)
        this.#ledger().wentWith.set(gone.value, { table: name, id: gone.id });
    };
  }

  /** A new row that HQ does not take, and a product that refers to it. */
  #addCategory(product: number): (() => void) | null {
    const goods = pick(this.#rows('products', 'sku', 'sku'), product);
    if (goods === undefined) return null;
    const id = randomUUID();
    this.#run(
      'INSERT INTO categories (local_id, name, store_id, updated_at) VALUES (?, ?, ?, ?)',
      id,
      `Own of ${this.#place.code}`,
      this.#place.store,
      this.#now,
    );
    this.#run('UPDATE products SET category_id = ? WHERE local_id = ?', id, goods.local_id);
    return () => undefined;
  }

  #rename({ table, row, other }: Extract<PosWrite, { do: 'rename' }>): (() => void) | null {
    const { table: of, name, children } = at(RENAMED, table);
    const rows = this.#rows(of, name, name);
    const found = pick(rows, row);
    const beside = other === null ? undefined : pick(rows, other);
    if (found === undefined) return null;
    const from = found.local_id;
    const fresh = `renamed-${this.#ledger().value(this.#place.code)}`;
    const move = (was: string, is: string): void => {
      this.#run(`UPDATE ${of} SET local_id = ? WHERE local_id = ?`, is, was);
      for (const [child, column] of children)
        this.#run(`UPDATE ${child} SET ${column} = ? WHERE ${column} = ?`, is, was);
    };
    this.#db.pragma('defer_foreign_keys = ON');
    move(from, fresh);
    const to = beside?.local_id ?? from;
    if (to !== from && !UUID.test(from) && !UUID.test(to)) {
      move(to, from);
      move(fresh, to);
    }
    return () => undefined;
  }

  /** What the ledger notes of a customer that is about to be deleted. */
  #goes(localId: string): () => void {
    const { first_name, city, server_id } = this.#seen(localId);
    return () => {
      const ledger = this.#ledger();
      ledger.sawGo(first_name);
      ledger.sawGo(city);
      if (server_id !== null) ledger.deleted.set(server_id, this.#place.code);
    };
  }

  #seen(localId: string): Customer {
    return this.#prepared(
      'SELECT first_name, city, server_id FROM customers WHERE local_id = ?',
    ).get(localId) as Customer;
  }

  #mortals(): Named[] {
    return this.#rows('customers', 'customer_code', 'city').filter(({ name }) =>
      name.startsWith('C'),
    );
  }

  /** Rows in an order that does not hang on their keys, which are different in every run. */
  #rows(table: string, name: string, column: string): Named[] {
    return this.#prepared(
      `SELECT local_id, CAST(${name} AS TEXT) AS name, ${column} AS value FROM ${table} ORDER BY 2, 1`,
    ).all() as Named[];
  }

  #prepared(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }

  #run(sql: string, ...values: unknown[]): void {
    this.#prepared(sql).run(...values);
  }
}

/** Round and round through a list. */
export function at<T>(list: readonly T[], index: number): T {
  const found = pick(list, index);
  if (found === undefined) throw new Error('an empty list');
  return found;
}

export function pick<T>(list: readonly T[], index: number): T | undefined {
  return list.length === 0 ? undefined : list[index % list.length];
}
