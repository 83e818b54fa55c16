import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../remote/queryable.ts';
import { idOf, money, type Chance } from './chance.ts';
import { nicePrice } from './shop-goods.ts';

/** One kind of work: a short transaction that returns how many rows it concerned. */
export interface Task {
  readonly name: string;
  run(hq: Queryable, chance: Chance, step: number): Promise<number>;
}

const utc = `now() AT TIME ZONE 'UTC'`;
const place = (chance: Chance): string => idOf(`place ${chance.between(1, 1e9)}`);

/** Some products that are sold, of any store. */
const someProducts = `SELECT id FROM products WHERE is_active AND deleted_at IS NULL AND id >= $1 ORDER BY id`;

async function count(hq: Queryable, sql: string, values: unknown[]): Promise<number> {
  return (await hq.query(`${sql} RETURNING id`, values)).rows.length;
}

const changePrices: Task = {
  name: 'price changes',
  run: (hq, chance) =>
    count(
      hq,
      `UPDATE products SET selling_price = round(selling_price * $2::numeric, 1) + 0.09, updated_at = ${utc}
        WHERE id IN (${someProducts} LIMIT 3)`,
      [place(chance), chance.pick(['0.95', '1.04', '1.08'])],
    ),
};

const takeDelivery: Task = {
  name: 'deliveries',
  run: (hq, chance) =>
    count(
      hq,
      `UPDATE products SET master_stock_quantity = master_stock_quantity + $2::integer
        WHERE id IN (${someProducts} LIMIT 2)`,
      [place(chance), chance.pick([12, 24, 48])],
    ),
};

const addProduct: Task = {
  name: 'new products',
  run: (hq, chance, step) => {
    const price = nicePrice(chance.between(199, 1999));
    return count(
      hq,
      `INSERT INTO products (id, sku, name, brand, category_id, cost_price, selling_price, tax_rate,
         master_stock_quantity, is_active, store_id, updated_at)
       SELECT $2, $3, brand || ' Seasonal Special', brand, category_id, $4, $5, tax_rate, 30, $6, store_id, ${utc}
         FROM products WHERE id >= $1 ORDER BY id LIMIT 1`,
      // Every other one is only planned so far.
      [
        place(chance),
        randomUUID(),
        `NEW-${step}-${chance.between(1000, 9999)}`,
        money(Math.round(price * 0.6)),
        money(price),
        chance.between(0, 1) === 1,
      ],
    );
  },
};

/** A planned product was never sold: it can go for good. */
const dropPlanned: Task = {
  name: 'products deleted',
  run: (hq, chance) =>
    count(
      hq,
      `DELETE FROM products WHERE id IN (
         SELECT id FROM products WHERE NOT is_active AND NOT is_variable AND deleted_at IS NULL
          ORDER BY id < $1, id LIMIT 1)`,
      [place(chance)],
    ),
};

/** What was sold stays in the books: it is only marked as deleted. */
const discontinue: Task = {
  name: 'products discontinued',
  run: (hq, chance) =>
    count(
      hq,
      `UPDATE products SET deleted_at = ${utc}, updated_at = ${utc}
        WHERE (SELECT count(*) FROM products WHERE is_active AND deleted_at IS NULL) > 24
          AND id IN (${someProducts} LIMIT 1)`,
      [place(chance)],
    ),
};

const editCustomer: Task = {
  name: 'customers edited',
  run: (hq, chance) =>
    count(
      hq,
      `UPDATE customers SET phone = $2, updated_at = ${utc}
        WHERE id IN (SELECT id FROM customers WHERE id >= $1 ORDER BY id LIMIT 1)`,
      [place(chance), `+1 555 ${chance.between(2000, 9999)}`],
    ),
};

/** The day of an office, again and again. */
export const officeWork: readonly Task[] = [
  changePrices,
  addProduct,
  dropPlanned,
  editCustomer,
  takeDelivery,
  changePrices,
  addProduct,
  discontinue,
];
