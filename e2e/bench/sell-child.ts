/**
 * The POS of the upload benchmark, in a process of its own as a POS is: two SQLite libraries in one process do not see
 * each other's locks. Arguments: file, `customers` or `sales`, number of rows, name of the run.
 */
import { DatabaseSync } from 'node:sqlite';

const [file = '', goods = '', count = '0', run = ''] = process.argv.slice(2);
const NOW = '2026-11-22T10:00:00.000Z';
const PRODUCTS = 100;

const pos = new DatabaseSync(file, { timeout: 5000 });
pos.exec('BEGIN');
if (goods === 'sales') sales(Number(count));
else customers(Number(count));
pos.exec('COMMIT');
pos.close();

function customers(rows: number): void {
  const insert = pos.prepare(`
    INSERT INTO customers (local_id, customer_code, first_name, last_name, email, city, store_id, updated_at)
    VALUES (?, ?, 'Ada', 'Lovelace', ?, 'London', 'store-1', '${NOW}')`);
  for (let row = 0; row < rows; row += 1) {
    insert.run(crypto.randomUUID(), `C-${run}-${String(row)}`, `c${String(row)}@example.com`);
  }
}

/** Four rows each: an order, two lines, a payment. */
function sales(rows: number): void {
  const order = pos.prepare(`
    INSERT INTO orders (local_id, order_number, terminal_id, user_id, subtotal, tax_amount, total_amount, payment_method,
                        payment_status, order_date, source_terminal_id, updated_at)
    VALUES (?, ?, 'term-1', 'user-1', '16.80', '3.20', '20.00', 'cash', 'paid', '${NOW}', 'term-1', '${NOW}')`);
  const line = pos.prepare(`
    INSERT INTO order_items (local_id, order_id, product_id, quantity, unit_price, line_total, product_name, product_sku)
    VALUES (?, ?, ?, '1', '10.00', '10.00', 'Green tea', 'TEA')`);
  const payment = pos.prepare(`
    INSERT INTO payments (local_id, order_id, payment_method, amount, tendered_amount, payment_date)
    VALUES (?, ?, 'cash', '20.00', '20.00', '${NOW}')`);
  for (let sale = 0; sale < rows / 4; sale += 1) {
    const id = crypto.randomUUID();
    order.run(id, `O-${run}-${String(sale)}`);
    for (const product of [sale % PRODUCTS, (sale + 7) % PRODUCTS])
      line.run(crypto.randomUUID(), id, `tea-${String(product)}`);
    payment.run(crypto.randomUUID(), id);
  }
}
