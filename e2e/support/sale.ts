import type { DatabaseSync } from 'node:sqlite';

export interface Sale {
  /** Name of the order; its other rows are named after it. Not a UUID: HQ will know the rows under other keys. */
  readonly id: string;
  readonly terminal: string;
  readonly product: string;
  readonly quantity: number;
  /** Price of one, in cents. */
  readonly cents: number;
}

const money = (cents: number): string => (cents / 100).toFixed(2);

/** What a POS writes for one sale, in one short transaction: order, line, payment, stock and its movement. */
export function sell(pos: DatabaseSync, { id, terminal, product, quantity, cents }: Sale): void {
  const now = new Date().toISOString();
  const total = money(cents * quantity);
  pos.exec('BEGIN IMMEDIATE');
  try {
    pos
      .prepare(
        `INSERT INTO orders (local_id, order_number, terminal_id, user_id, total_amount, order_date, source_terminal_id, updated_at)
         VALUES (?, ?, ?, 'user-1', ?, ?, ?, ?)`,
      )
      .run(id, id, terminal, total, now, terminal, now);
    pos
      .prepare(
        `INSERT INTO order_items (local_id, order_id, product_id, quantity, unit_price, line_total) VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(`${id}-line`, id, product, String(quantity), money(cents), total);
    pos
      .prepare(
        `INSERT INTO payments (local_id, order_id, payment_method, amount, tendered_amount, payment_date) VALUES (?, ?, 'cash', ?, ?, ?)`,
      )
      .run(`${id}-paid`, id, total, total, now);
    const { stock } = pos
      .prepare('SELECT stock_quantity AS stock FROM products WHERE local_id = ?')
      .get(product) as { stock: number };
    pos
      .prepare(
        `INSERT INTO inventory_transactions (local_id, product_id, terminal_id, order_id, store_id, transaction_type,
           quantity_change, stock_before, stock_after, source_terminal_id, transaction_date)
         VALUES (?, ?, ?, ?, 'store-1', 'sale', ?, ?, ?, ?, ?)`,
      )
      .run(`${id}-moved`, product, terminal, id, -quantity, stock, stock - quantity, terminal, now);
    pos
      .prepare(
        'UPDATE products SET stock_quantity = stock_quantity - ?, updated_at = ? WHERE local_id = ?',
      )
      .run(quantity, now, product);
    pos.exec('COMMIT');
  } catch (error) {
    if (pos.isTransaction) pos.exec('ROLLBACK');
    throw error;
  }
}
