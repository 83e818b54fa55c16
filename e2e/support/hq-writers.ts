/** HQ's other programs: writers on sessions of their own, with short and long transactions, some of which fail. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

export interface WriterOptions {
  readonly number: number;
  readonly seconds: number;
  /** The longest that a transaction is held open. */
  readonly longSeconds: number;
}

export interface Written {
  readonly committed: number;
  readonly rolledBack: number;
  /** Committed transactions that were held open for a second or longer. */
  readonly long: number;
}

/** Keys a writer comes back to, so that rows are made, changed, removed and made again. */
const KEYS = 40;

/** Less would show nothing: on a busy machine a writer goes on beyond its time. */
const FEWEST = 15;

/** Writes until its time is up; 10 % of the transactions are rolled back, half take their id before they write. */
export async function write(client: pg.Client, options: WriterOptions): Promise<Written> {
  const random = randomOf(options.number);
  const until = performance.now() + options.seconds * 1000;
  const written = { committed: 0, rolledBack: 0, long: 0 };
  // Rows that all writers change: whoever waits too long for one gives up, as programs do.
  await client.query(`SET lock_timeout = '200ms'`);
  while (performance.now() < until || written.committed < FEWEST) {
    const isLong = random() < 0.08;
    const held = isLong ? 1000 + random() * (options.longSeconds - 1) * 1000 : random() * 60;
    try {
      await client.query('BEGIN');
      if (random() < 0.5) await client.query('SELECT pg_current_xact_id()');
      await sleep(held / 2);
      for (let count = 1 + Math.floor(random() * 4); count > 0; count -= 1) {
        await client.query(statement(options.number, random));
      }
      await sleep(held / 2);
      if (random() < 0.1) throw new Error('the program thinks better of it');
      await client.query('COMMIT');
      written.committed += 1;
      if (isLong) written.long += 1;
    } catch {
      await client.query('ROLLBACK');
      written.rolledBack += 1;
    }
  }
  return written;
}

/** One import under one transaction that stays open for a while. */
export async function importProducts(
  client: pg.Client,
  rows: number,
  seconds: number,
): Promise<void> {
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
     SELECT 'import-' || g, 'import-' || g, 'Imported ' || g, g, 'store-1', now() FROM generate_series(1, $1) g`,
    [rows],
  );
  await sleep(seconds * 1000);
  await client.query('COMMIT');
}

function statement(writer: number, random: () => number): string {
  const one = Math.floor(random() * KEYS);
  const id = `w${writer}-${one}`;
  const price = (random() * 100).toFixed(2);
  const product = (conflict: string): string =>
    `INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
     VALUES ('${id}', 'sku-${id}', 'Product ${id}', ${price}, 'store-1', now()) ON CONFLICT (id) DO ${conflict}`;
  const customer = (conflict: string): string =>
    `INSERT INTO customers (id, customer_code, first_name, store_id, updated_at)
     VALUES ('${id}', 'code-${id}', 'Name ${price}', 'store-1', now()) ON CONFLICT (id) DO ${conflict}`;
  const statements = [
    product('NOTHING'),
    product('UPDATE SET selling_price = excluded.selling_price, updated_at = now()'),
    product('UPDATE SET name = excluded.name || excluded.selling_price'),
    customer('NOTHING'),
    customer('UPDATE SET first_name = excluded.first_name'),
    `UPDATE products SET selling_price = selling_price + 1 WHERE id LIKE 'w${writer}-%'`,
    `UPDATE customers SET loyalty_points = loyalty_points + 1 WHERE id = 'common-${one % 5}'`,
    `INSERT INTO product_variants (id, product_id, sku, selling_price, updated_at)
     SELECT 'v-' || id, id, 'v-' || id, ${price}, now() FROM products WHERE id = '${id}'
     ON CONFLICT (id) DO UPDATE SET selling_price = excluded.selling_price`,
    `DELETE FROM product_variants WHERE product_id = '${id}'`,
    `WITH gone AS (DELETE FROM product_variants WHERE product_id = '${id}')
     DELETE FROM products p WHERE p.id = '${id}'
        AND NOT EXISTS (SELECT FROM product_variants v WHERE v.product_id = p.id)`,
    `DELETE FROM customers WHERE id = '${id}'`,
  ];
  return statements[Math.floor(random() * statements.length)] ?? '';
}

/** The same choices in every run (mulberry32); the timing differs enough. */
function randomOf(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
