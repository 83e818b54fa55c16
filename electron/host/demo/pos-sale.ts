import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { cents, idOf, money, type Chance } from './chance.ts';

export interface Till {
  readonly db: DatabaseSync;
  readonly code: string;
  readonly terminal: { readonly local_id: string; readonly store_id: string };
  readonly chance: Chance;
  cashier: string;
  shift: string;
}

/** Something on the shelf: a product, or one size of it. */
interface Article {
  readonly product: string;
  readonly variant: string | null;
  readonly sku: string;
  readonly name: string;
  readonly price: string;
  readonly rate: string;
  readonly stock: number;
}

interface Line extends Article {
  readonly quantity: number;
  readonly net: number;
  readonly tax: number;
}

const products = `
  SELECT local_id AS product, NULL AS variant, sku, name, selling_price AS price, tax_rate AS rate, stock_quantity AS stock
    FROM products
   WHERE is_active = 1 AND is_variable = 0 AND deleted_at IS NULL AND stock_quantity > 5 AND local_id >= ?
   ORDER BY local_id LIMIT 1`;
const variants = `
  SELECT p.local_id AS product, v.local_id AS variant, v.sku, v.variant_name AS name, v.selling_price AS price,
         p.tax_rate AS rate, v.stock_quantity AS stock
    FROM product_variants v JOIN products p ON p.local_id = v.product_id
   WHERE p.is_active = 1 AND p.deleted_at IS NULL AND v.stock_quantity > 5 AND v.local_id >= ?
   ORDER BY v.local_id LIMIT 1`;

/** One sale in one transaction: order, items, payment, receipt, stock; returns what it came to, in cents. */
export function sell(till: Till, number: number): number {
  const { db } = till;
  db.exec('BEGIN IMMEDIATE');
  try {
    const lines = basket(till);
    const total = lines.reduce((sum, { net, tax }) => sum + net + tax, 0);
    const order = `ord_${String(number).padStart(4, '0')}`;
    const now = new Date().toISOString();
    writeOrder(till, order, number, lines, total, now);
    for (const [index, line] of lines.entries()) writeLine(till, order, index, line, now);
    db.exec('COMMIT');
    return total;
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

/** One to three different articles, each from a random place of the shelves. */
function basket({ db, chance }: Till): Line[] {
  const found = new Map<string, Line>();
  for (let count = chance.between(1, 3); count > 0; count -= 1) {
    const statement = db.prepare(chance.between(1, 4) === 1 ? variants : products);
    const article = (statement.get(idOf(`place ${chance.between(1, 1e9)}`)) ??
      statement.get('')) as unknown as Article | undefined;
    if (article === undefined) continue;
    const quantity = chance.between(1, 3);
    const net = cents(article.price) * quantity;
    const tax = Math.round(net * Number(article.rate));
    found.set(article.sku, { ...article, quantity, net, tax });
  }
  if (found.size === 0) throw new Error('the shop is sold out');
  return [...found.values()];
}

function writeOrder(
  { db, code, terminal, chance, cashier, shift }: Till,
  order: string,
  number: number,
  lines: readonly Line[],
  total: number,
  now: string,
): void {
  const net = lines.reduce((sum, line) => sum + line.net, 0);
  const cash = chance.between(1, 3) === 1;
  const customer = chance.between(1, 4) === 1 ? someCustomer(db, chance) : null;
  const tendered = cash ? Math.ceil(total / 500) * 500 : total;
  const paid = {
    payment_method: cash ? 'cash' : 'card',
    tendered_amount: money(tendered),
    change_amount: money(tendered - total),
  };
  insert(db, 'orders', {
    local_id: order,
    order_number: `${code}-${number}`,
    terminal_id: terminal.local_id,
    shift_id: shift,
    user_id: cashier,
    customer_id: customer,
    subtotal: money(net),
    tax_amount: money(total - net),
    total_amount: money(total),
    ...paid,
    payment_status: 'paid',
    order_date: now,
    completed_at: now,
    source_terminal_id: terminal.local_id,
    updated_at: now,
  });
  insert(db, 'payments', {
    local_id: randomUUID(),
    order_id: order,
    amount: money(total),
    ...paid,
    card_last_four: cash ? null : String(chance.between(1000, 9999)),
    payment_date: now,
  });
  const receipt = lines.map(({ quantity, name, price }) => `${quantity} x ${name}  ${price}`);
  insert(db, 'receipts', {
    local_id: randomUUID(),
    order_id: order,
    receipt_number: `R-${number}`,
    receipt_data: [...receipt, `TOTAL ${money(total)}`].join('\n'),
    printed_at: now,
    source_terminal_id: terminal.local_id,
  });
  if (customer !== null)
    db.prepare('UPDATE customers SET loyalty_points = loyalty_points + ? WHERE local_id = ?').run(
      Math.floor(total / 100),
      customer,
    );
}

function writeLine(
  { db, terminal }: Till,
  order: string,
  index: number,
  line: Line,
  now: string,
): void {
  const { product, variant, quantity, net, tax, stock } = line;
  insert(db, 'order_items', {
    local_id: `${order}_${index + 1}`,
    order_id: order,
    product_id: product,
    variant_id: variant,
    quantity: String(quantity),
    unit_price: line.price,
    tax_rate: line.rate,
    tax_amount: money(tax),
    line_total: money(net + tax),
    product_name: line.name,
    product_sku: line.sku,
  });
  db.prepare(
    variant === null
      ? 'UPDATE products SET stock_quantity = stock_quantity - ? WHERE local_id = ?'
      : 'UPDATE product_variants SET stock_quantity = stock_quantity - ? WHERE local_id = ?',
  ).run(quantity, variant ?? product);
  insert(db, 'inventory_transactions', {
    local_id: randomUUID(),
    product_id: product,
    variant_id: variant,
    terminal_id: terminal.local_id,
    order_id: order,
    store_id: terminal.store_id,
    transaction_type: 'sale',
    quantity_change: -quantity,
    stock_before: stock,
    stock_after: stock - quantity,
    source_terminal_id: terminal.local_id,
    transaction_date: now,
  });
}

function someCustomer(db: DatabaseSync, chance: Chance): string | null {
  const row = db
    .prepare(
      `SELECT local_id FROM customers WHERE deleted_at IS NULL AND local_id >= ? ORDER BY local_id LIMIT 1`,
    )
    .get(idOf(`place ${chance.between(1, 1e9)}`)) as { local_id: string } | undefined;
  return row?.local_id ?? null;
}

/** Columns that are not named take the table's defaults. */
export function insert(
  db: DatabaseSync,
  table: string,
  row: Readonly<Record<string, string | number | null>>,
): void {
  const columns = Object.keys(row);
  db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  ).run(...Object.values(row));
}
